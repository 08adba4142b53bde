"""SQLite: one file of this machine, for one process."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiosqlite

from bot.store.engine import (
    BUSY,
    DAMAGE,
    DISK,
    FULL,
    BeforeMigration,
    FilmGone,
    Row,
    Run,
    StoreError,
    Trouble,
)
from bot.store.film_ids import renumber_ml_100k
from bot.store.migrate import shipped_scripts

BESIDE = ("-journal", "-wal", "-shm")  # after a database's name: what SQLite keeps of it elsewhere while it is open
# By the primary result code. Any other is a mistake in a statement.
_TROUBLES = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_READONLY: DISK,
    sqlite3.SQLITE_CANTOPEN: DISK,
    sqlite3.SQLITE_PROTOCOL: DISK,
    sqlite3.SQLITE_CORRUPT: DAMAGE,
    sqlite3.SQLITE_NOTADB: DAMAGE,
}


class _Statements:
    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def __call__(self, sql: str, *values: object) -> list[Row]:
        return list(await self._connection.execute_fetchall(sql, values))

    async def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        await self._connection.executemany(sql, rows)

    async def fill(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        # One statement, not one a row: between two the thread would wait for its turn, and everybody for it.
        text = await asyncio.to_thread(lambda: json.dumps(list(rows)))
        places = ", ".join(f"json_extract(value, '$[{place}]')" for place, _ in enumerate(columns))
        await self(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {places} FROM json_each(?)", text)


class Sqlite:
    """Two connections: in WAL mode one for reading sees what was committed last, and never waits for the one that writes."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    cleans_aside = False

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer, self._reader = writer, reader
        self._write, self._read = _Statements(writer), _Statements(reader)
        # All tasks share the connection. The lock keeps one task's statement out of another's moment.
        self._reading = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, before_migration: BeforeMigration | None, opening_patience: float, patience: float
    ) -> AsyncIterator["Sqlite"]:
        """Made ready, and made if it isn't there. patience: seconds to wait for other programs, while it is opened and later.
        Raises StoreError."""
        async with AsyncExitStack() as stack:
            try:
                _make(path)
                connection = aiosqlite.connect(path, isolation_level=None, timeout=opening_patience)
                writer = await stack.enter_async_context(connection)
                await prepare(writer, before_migration)
                connection = aiosqlite.connect(read_only(path), uri=True, isolation_level=None, timeout=patience)
                reader = await stack.enter_async_context(connection)
            except sqlite3.Error as error:
                is_locked = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
                why = f"another program is writing to it ({error}). End that, and start again" if is_locked else error
                raise StoreError(str(why)) from error
            except OSError as error:
                raise StoreError(str(error)) from error
            reader.row_factory = sqlite3.Row
            yield cls(writer, reader)

    @property
    def changes(self) -> int:
        return self._writer.total_changes

    @property
    def in_transaction(self) -> bool:
        return self._writer.in_transaction

    async def read(self, sql: str, *values: object) -> list[Row]:
        async with self._reading:
            return await self._read(sql, *values)

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[Run]:
        async with self._reading:
            try:
                await self._reader.execute("BEGIN")
                yield self._read
            finally:
                await self._reader.rollback()

    async def begin(self, patience: float) -> None:
        await self._wait_at_most(patience)
        try:
            await self._writer.execute("BEGIN IMMEDIATE")
        except BaseException:
            await self._writer.rollback()
            raise

    @asynccontextmanager
    async def part(self, *, several: bool) -> AsyncIterator[_Statements]:
        if not several:  # SQLite itself undoes a statement that fails
            yield self._write
            return
        try:
            await self._write("SAVEPOINT own")
            yield self._write
        except BaseException:
            # Where the disk is full SQLite may have undone the whole transaction already.
            with suppress(sqlite3.Error):
                await self._write("ROLLBACK TO own")
                await self._write("RELEASE own")
            raise
        await self._write("RELEASE own")

    async def commit(self) -> None:
        await self._writer.execute("COMMIT")  # `commit` would say nothing where SQLite has undone it all

    async def rollback(self) -> None:
        await self._writer.rollback()

    async def clean(self, patience: float) -> bool:
        # Where SQLite once moved a row to another page it left a copy, which secure_delete doesn't reach. So the file is written
        # anew: 2.5 s for a million ratings. The write-ahead log still holds what was deleted, until it is emptied.
        await self._wait_at_most(patience)
        await self._write("VACUUM")
        [[is_busy, *_]] = await self._write("PRAGMA wal_checkpoint(TRUNCATE)")
        return not is_busy

    async def _wait_at_most(self, seconds: float) -> None:
        await self._write(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def told(self, error: Exception) -> tuple[Trouble, str] | FilmGone | None:
        # Python's own errors, as of a closed connection, have no code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:  # see 0015_gone.sql
            return FilmGone()
        trouble = _TROUBLES.get(code & 0xFF)  # the last byte is the primary code
        return None if trouble is None else (trouble, f"{error} ({getattr(error, 'sqlite_errorname', '')})")


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
    await db.execute("BEGIN IMMEDIATE")
    try:
        await renumber_ml_100k(_Statements(db))
        await db.commit()
    except BaseException:
        await db.rollback()
        raise


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


def read_only(path: str | Path) -> str:
    """The address by which SQLite opens a database for reading alone."""
    return f"{Path(path).resolve().as_uri()}?mode=ro"


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # what members rate is nobody else's business
    # Tried here first: aiosqlite leaves a thread behind if it can't open a file.
    sqlite3.connect(path).close()


def beside(database: Path, suffix: str) -> Path:
    """One of the files BESIDE a database."""
    return database.with_name(database.name + suffix)
