"""Copies of a SQLite file, made while the bot writes it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from bot.durable import sync
from bot.store.engine import StoreError
from bot.store.engines.sqlite import BESIDE, beside, read_only

STEP = 2000  # pages that are copied between two looks at whether to stop: 8 MB
STEPS = 1_000_000  # of SQLite's machine, the same while it checks
MAPPED = 1 << 30  # bytes: the check jumps about in the file, and its cache is small
PART = ".part"  # after the name of a copy that is not whole yet


def backup_file(path: Path, to: Path, stopped: Callable[[], bool] = lambda: False) -> None:
    """Copy the database, whole and consistent, while the bot writes. The copy is checked, and for the owner's eyes alone. A
    million ratings take 6 seconds, 5 of which are the check. stopped: asked now and then whether to give up.

    Raises StoreError if `to` is there or it can't be done, also where the database is damaged; then there is no copy.
    """
    if not path.exists():
        raise StoreError(f"There is no database at {path} yet, so there is nothing to copy. See MARQUEE_DATABASE.")
    checked_copy(path, to, read_only(path), stopped)


def checked_copy(path: Path, to: Path, address: str, stopped: Callable[[], bool] = lambda: False) -> None:
    """The same of any database, which SQLite opens by this address."""
    with named_when_whole(to, f"{path} to {to}") as part:
        with closing(sqlite3.connect(address, uri=True)) as db, closing(sqlite3.connect(part)) as copy:
            # In steps, all of one moment: without a transaction each step would begin anew once somebody has written.
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            db.backup(copy, pages=STEP, progress=partial(_go_on, stopped))
            copy.execute(f"PRAGMA mmap_size = {MAPPED}")
            copy.set_progress_handler(stopped, STEPS)
            [problem] = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if problem != "ok":
            raise StoreError(f"{path} is damaged, so no copy of it is kept: {problem}")


@contextmanager
def named_when_whole(to: Path, what: str) -> Iterator[Path]:
    """A new file for a database, for the owner's eyes alone, that gets the name `to` at the end of the block: half a copy would
    be taken for one, and be in the way of the next. what: for the sentence where it can't be copied.

    Raises StoreError if `to` is there, or for what SQLite or the disk refuses; then nothing of it is left."""
    if to.exists():
        raise StoreError(f"{to} is there already; choose another name")
    part = to.with_name(f"{to.name}{PART}")
    try:
        remove(part)
        part.touch(mode=0o600)
        yield part
        sync(part)
        part.rename(to)
        sync(to.parent)
    except sqlite3.Error as error:
        raise StoreError(f"can't copy {what}: {error}") from error
    except OSError as error:
        raise StoreError(f"can't copy {what}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            remove(part)


def _go_on(stopped: Callable[[], bool], *_: int) -> None:
    if stopped():
        raise StoreError("stopped before the copy was whole")


def remove(database: Path) -> None:
    """Remove a database file, and what SQLite keeps beside it."""
    database.unlink(missing_ok=True)
    for suffix in BESIDE:
        beside(database, suffix).unlink(missing_ok=True)
