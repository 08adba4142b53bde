"""How a database is made ready: its schema, from numbered .sql scripts, and the connection's settings."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from importlib import resources

import aiosqlite

from bot.store.film_ids import renumber_ml_100k

# Called with the version to which a database with data is about to be brought, in a thread. A StoreError keeps it as it is.
BeforeMigration = Callable[[int], object]


class StoreError(Exception):
    """The database can't be used; the message says why."""


def shipped_scripts() -> list[str]:
    """The project's migrations, oldest first. The first brings an empty database to version 1."""
    files = resources.files("bot.store.migrations").iterdir()
    scripts = sorted((file for file in files if file.name.endswith(".sql")), key=lambda file: file.name)
    return [script.read_text(encoding="utf-8") for script in scripts]


def changes(version: int) -> list[str]:
    """What a database of this version has yet to get: the first line of each script that it lacks."""
    return [script.partition("\n")[0].removeprefix("-- ") for script in shipped_scripts()[version:]]


async def prepare(db: aiosqlite.Connection, before_migration: BeforeMigration | None = None) -> None:
    """Bring the schema up to date and make writes durable. Raises StoreError if the file is damaged, and as migrate does."""
    db.row_factory = sqlite3.Row
    # Each page is looked at: of a million ratings it takes half a second.
    [[problem]] = await db.execute_fetchall("PRAGMA quick_check(1)")
    if problem != "ok":
        raise StoreError(
            f"it is damaged ({problem}). `python -m bot restore` puts a backup in its place, and keeps it: sqlite3's .recover "
            "may save more of it"
        )
    scripts = shipped_scripts()
    [[version]] = await db.execute_fetchall("PRAGMA user_version")
    if before_migration is not None and 0 < version < len(scripts):
        await asyncio.to_thread(before_migration, len(scripts))
    await migrate(db, scripts)
    # Fetched, not only executed: an unread answer keeps its statement open, and then no commit works.
    await db.execute_fetchall("PRAGMA journal_mode = WAL")
    await db.execute_fetchall("PRAGMA synchronous = FULL")  # NORMAL may lose the last transactions when the power fails
    await db.execute_fetchall("PRAGMA foreign_keys = ON")
    await db.execute_fetchall("PRAGMA secure_delete = ON")  # deleted rows are overwritten in the file
    await renumber_ml_100k(db)


async def migrate(db: aiosqlite.Connection, scripts: Sequence[str]) -> None:
    """Apply the scripts that the database lacks by its user_version, all of them or none.

    Raises StoreError if the database is newer than the scripts, sqlite3.Error if a script fails.
    """
    [[version]] = await db.execute_fetchall("PRAGMA user_version")
    if version > len(scripts):
        raise StoreError(
            f"the database has version {version}, newer than this program's {len(scripts)}: use a newer program"
        )
    if version == len(scripts):
        return
    # executescript commits any open transaction first, so BEGIN and COMMIT are part of the script.
    steps = ["BEGIN IMMEDIATE", *scripts[version:], f"PRAGMA user_version = {len(scripts)}", "COMMIT"]
    try:
        await db.executescript(";\n".join(steps) + ";")
    except sqlite3.Error:
        await db.rollback()
        raise
