"""What other processes take from the database while the bot writes: through a connection of their own, for reading alone."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from bot.durable import sync
from bot.store.engine import StoreError
from bot.store.engines.sqlite import read_only
from bot.store.records import AddedFilm
from bot.store.typed import FILMS

STEP = 2000  # pages that are copied between two looks at whether to stop: 8 MB
STEPS = 1_000_000  # of SQLite's machine, the same while it checks
MAPPED = 1 << 30  # bytes: the check jumps about in the file, and its cache is small
PART = ".part"  # after the name of a copy that is not whole yet
BESIDE = ("-journal", "-wal", "-shm")  # after a database's name: what SQLite keeps of it elsewhere while it is open
COUNTS = "SELECT count(DISTINCT member_id), count(*) FROM ratings"
# Of an import all count: its ratings keep the time at which they were given elsewhere.
RATINGS_SINCE = (
    "SELECT (SELECT count(*) FROM ratings WHERE rated_at >= ?1)"
    " + (SELECT CAST(coalesce(sum(ratings), 0) AS BIGINT) FROM imports WHERE taken_at >= ?1)"
)


def snapshot(path: str | Path) -> pd.DataFrame:
    """All ratings at one moment, read from any process while the bot writes.

    Columns member, movie, rated_at: int64; stars: float64. Raises StoreError if there is no such file, or it is damaged.
    """
    try:
        with closing(_read_only(path)) as db:
            return pd.read_sql_query(
                "SELECT member_id AS member, movie_id AS movie, stars, rated_at FROM ratings ORDER BY member, movie",
                db,
                dtype={"member": "int64", "movie": "int64", "stars": "float64", "rated_at": "int64"},
            )
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise StoreError(f"can't read the ratings in {path}: {error}") from error


def aliases(path: str | Path) -> dict[int, int]:
    """An id that a film was known by -> its id, read as `snapshot` does."""
    return dict(_rows(path, "SELECT old, movie_id FROM aliases"))


def added_films(path: str | Path) -> list[AddedFilm]:
    """The films that members added, read as `snapshot` does; those that turned out to be other films last."""
    return [AddedFilm.of(*row) for row in _rows(path, FILMS)]


def films_of_members(path: str | Path) -> set[int]:
    """The ids of all films that members said something of or had in an evening, read as `snapshot` does."""
    rows = _rows(
        path,
        "SELECT movie_id FROM ratings UNION SELECT movie_id FROM seen UNION SELECT movie_id FROM watchlist"
        " UNION SELECT movie_id FROM unseen"
        " UNION SELECT CAST(value AS BIGINT) FROM exclusions WHERE kind = 'movie'"
        " UNION SELECT movie_id FROM night_films WHERE movie_id IS NOT NULL",
    )
    return {movie for (movie,) in rows}


def _rows(path: str | Path, sql: str, *values: object) -> list[Any]:
    try:
        with closing(_read_only(path)) as db:
            return db.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"can't read {path}: {error}") from error


class Tally(NamedTuple):
    """How many ratings there are, of how many members, and how many of them came since a time."""

    members: int
    ratings: int
    since: int


def tally(path: str | Path, since: int) -> Tally:
    """Read as `snapshot` does. since: UTC seconds."""
    [counts], [new] = _rows(path, COUNTS), _rows(path, RATINGS_SINCE, since)
    return Tally(*counts, *new)


def backup(path: str | Path, to: str | Path, stopped: Callable[[], bool] = lambda: False) -> None:
    """Copy the database, whole and consistent, while the bot writes. The copy is checked, and for the owner's eyes alone. A
    million ratings take 6 seconds, 5 of which are the check. stopped: asked now and then whether to give up.

    Raises StoreError if `to` is there or it can't be done, also where the database is damaged; then there is no copy.
    """
    path = Path(path)
    if not path.exists():
        raise StoreError(f"There is no database at {path} yet, so there is nothing to copy. See MARQUEE_DATABASE.")
    checked_copy(path, Path(to), read_only(path), stopped)


def checked_copy(path: Path, to: Path, address: str, stopped: Callable[[], bool] = lambda: False) -> None:
    """The same of any database, which SQLite opens by this address."""
    if to.exists():
        raise StoreError(f"{to} is there already; choose another name")
    # It gets its name when it is whole: half a copy would be taken for one, and be in the way of the next.
    part = to.with_name(f"{to.name}{PART}")
    try:
        remove(part)
        part.touch(mode=0o600)
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
        part.rename(to)
        sync(to.parent)
    except sqlite3.Error as error:
        raise StoreError(f"can't copy {path} to {to}: {error}") from error
    except OSError as error:
        raise StoreError(f"can't copy {path} to {to}: {error.strerror}") from error
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


def beside(database: Path, suffix: str) -> Path:
    return database.with_name(database.name + suffix)


def _read_only(path: str | Path) -> sqlite3.Connection:
    return sqlite3.connect(read_only(path), uri=True)
