"""A copy put in the database's place, and what a copy holds."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from bot.address import Address, located
from bot.durable import second, sync
from bot.store.copies import checked_copy, remove
from bot.store.engine import StoreError
from bot.store.engines.sqlite import BESIDE, beside, read_only
from bot.store.migrate import shipped_scripts
from bot.store.reading import COUNTS, Contents, Place, contents_of_server
from bot.store.records import Counts

_TABLES = {"ratings", "exclusions", "trainings", "meta"}  # every version has them
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def contents(place: Place) -> Contents:
    """What a database or a copy of one holds. Leaves nothing beside a file. Raises StoreError if it is none, or can't be read."""
    path = located(place)
    if isinstance(path, Address):
        return contents_of_server(path)
    if not path.is_file():
        raise StoreError(f"There is no file {path}.")
    try:
        with closing(sqlite3.connect(_at_rest(path), uri=True)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            if not tables >= _TABLES:
                raise StoreError(f"{path} is not a database of Marquee's.")
            [version] = db.execute("PRAGMA user_version").fetchone()
            counts = db.execute(COUNTS).fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path} can't be read as a database: {error}.") from error
    return Contents(version, Counts(*counts))


def damage(path: Path) -> str | None:
    """What is wrong with a database's pages, None if nothing is. It is read as `contents` does. Raises StoreError."""
    try:
        with closing(sqlite3.connect(_at_rest(path), uri=True)) as db:
            [problem] = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path} can't be read as a database: {error}.") from error
    return None if problem == "ok" else str(problem)


def restore(path: Path, copy: Path, aside: Path) -> Contents:
    """Put a copy of the database in its place, at `path`, and keep under the name `aside` what it replaces. Gives what the copy
    holds. Nobody else may have the database open.

    Whatever stops it, the database is whole: the old one or the new one. Raises StoreError if the copy is damaged, none of
    Marquee's or newer than this program, and where it can't be done; then all is as it was.
    """
    held, newest = contents(copy), len(shipped_scripts())
    if held.version > newest:
        raise StoreError(f"{copy} has version {held.version}, newer than this program's {newest}: use a newer program.")
    if aside.exists():
        raise StoreError(f"{aside} is there already; wait a second and try again.")
    fresh = path.with_name(f"{path.name}.restored")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(fresh)
        checked_copy(copy, fresh, _at_rest(copy))
        if path.exists():
            _fold(path)
            second(path, aside).chmod(0o600)
        _move_log(path, aside)
        fresh.replace(path)
        sync(path.parent)
    except OSError as error:
        raise StoreError(f"can't put {copy} in the place of {path}: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            remove(fresh)
    return held


def _at_rest(path: Path) -> str:
    """The address by which SQLite opens a file that nobody writes: on a disk that can't be written too, without files beside it.
    Only if there are such files, as where somebody copied all three, SQLite has to read and make them."""
    has_more = any(beside(path, suffix).exists() for suffix in BESIDE)
    return read_only(path) if has_more else f"{read_only(path)}&immutable=1"


def _fold(path: Path) -> None:
    """Bring what the write-ahead log holds into the database's file, or leave both if they are damaged."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as db:
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            [is_busy, *_] = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _DAMAGE:
            return
        raise StoreError(f"{path} can't be set aside: {error}.") from error
    if is_busy:
        raise StoreError(f"{path} can't be set aside, since another program has it open. End that, and try again.")


def _move_log(path: Path, aside: Path) -> None:
    """Take away what SQLite would believe to be the new database's. A damaged database needs it to be mended."""
    for suffix in BESIDE:
        if beside(path, suffix).exists():
            beside(path, suffix).replace(beside(aside, suffix))
