"""What other processes take from the database while the bot writes: through a connection of their own, for reading alone.

All of it waits, for the disk or the server: on an event loop, call it in a thread.
"""

import asyncio
import sqlite3
from array import array
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from bot.address import Address, located
from bot.store.engine import StoreError
from bot.store.engines import server
from bot.store.engines.postgres import numbered
from bot.store.engines.sqlite import beside, read_only
from bot.store.records import AddedFilm, Counts
from bot.store.typed import FILMS

Place = str | Path | Address  # a file, or an address of PostgreSQL

BATCH = 20_000  # ratings that are on their way from the server at once
COUNTS = "SELECT count(DISTINCT member_id), count(*) FROM ratings"
# Of an import all count: its ratings keep the time at which they were given elsewhere.
RATINGS_SINCE = (
    "SELECT (SELECT count(*) FROM ratings WHERE rated_at >= ?1)"
    " + (SELECT CAST(coalesce(sum(ratings), 0) AS BIGINT) FROM imports WHERE taken_at >= ?1)"
)
_SNAPSHOT = "SELECT member_id AS member, movie_id AS movie, stars, rated_at FROM ratings ORDER BY member_id, movie_id"
_TYPES = {"member": "int64", "movie": "int64", "stars": "float64", "rated_at": "int64"}


def exists(place: Place) -> bool:
    """Whether a bot has ever been started with it. Raises StoreError if the server can't be asked."""
    place = located(place)
    return _version(place) > 0 if isinstance(place, Address) else place.exists() and place.stat().st_size > 0


def size(place: Place) -> int:
    """In bytes, with what is not merged into it yet. Raises StoreError, OSError."""
    place = located(place)
    if isinstance(place, Address):
        [[found]] = _rows(place, "SELECT pg_database_size(current_database())")
        return int(found)
    wal = beside(place, "-wal")
    return place.stat().st_size + (wal.stat().st_size if wal.exists() else 0)


class Contents(NamedTuple):
    version: int
    counts: Counts


def server_version(address: Address) -> str:
    """Of a PostgreSQL server that a bot can use. Raises StoreError, which says what to do, for one that it can't."""

    async def look() -> str:
        async with server.writing(address) as connection:
            await server.check(connection)
            found = connection.get_server_version()
            return f"{found.major}.{found.minor}"

    return asyncio.run(look())


def contents_of_server(address: Address) -> Contents:
    """What a database of PostgreSQL's holds. Raises StoreError if it can't be read."""
    [counts] = _rows(address, COUNTS)
    return Contents(_version(address), Counts(*counts))


def snapshot(place: Place) -> pd.DataFrame:
    """All ratings at one moment, read from any process while the bot writes.

    Columns member, movie, rated_at: int64; stars: float64. Raises StoreError if there is no such database, or it is damaged.
    """
    place = located(place)
    if isinstance(place, Address):
        return asyncio.run(_ratings(place))
    try:
        with closing(_read_only(place)) as db:
            return pd.read_sql_query(_SNAPSHOT, db, dtype=_TYPES)
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise StoreError(f"can't read the ratings in {place}: {error}") from error


def aliases(place: Place) -> dict[int, int]:
    """An id that a film was known by -> its id, read as `snapshot` does."""
    return dict(map(tuple, _rows(place, "SELECT old, movie_id FROM aliases")))


def added_films(place: Place) -> list[AddedFilm]:
    """The films that members added, read as `snapshot` does; those that turned out to be other films last."""
    return [AddedFilm.of(*row) for row in _rows(place, FILMS)]


def films_of_members(place: Place) -> set[int]:
    """The ids of all films that members said something of or had in an evening, read as `snapshot` does."""
    rows = _rows(
        place,
        "SELECT movie_id FROM ratings UNION SELECT movie_id FROM seen UNION SELECT movie_id FROM watchlist"
        " UNION SELECT movie_id FROM unseen"
        " UNION SELECT CAST(value AS BIGINT) FROM exclusions WHERE kind = 'movie'"
        " UNION SELECT movie_id FROM night_films WHERE movie_id IS NOT NULL",
    )
    return {movie for (movie,) in rows}


class Tally(NamedTuple):
    """How many ratings there are, of how many members, and how many of them came since a time."""

    members: int
    ratings: int
    since: int


def tally(place: Place, since: int) -> Tally:
    """Read as `snapshot` does. since: UTC seconds."""
    [counts], [new] = _rows(place, COUNTS), _rows(place, RATINGS_SINCE, since)
    return Tally(*counts, *new)


def _rows(place: Place, sql: str, *values: object) -> list[Any]:
    place = located(place)
    if isinstance(place, Address):
        return asyncio.run(_fetched(place, sql, *values))
    try:
        with closing(_read_only(place)) as db:
            return db.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"can't read {place}: {error}") from error


async def _fetched(address: Address, sql: str, *values: object) -> list[Any]:
    async with server.reading(address) as connection:
        return await connection.fetch(numbered(sql), *values)


async def _ratings(address: Address) -> pd.DataFrame:
    columns = [array("d" if kind == "float64" else "q") for kind in _TYPES.values()]
    async with server.reading(address) as connection:
        cursor = await connection.cursor(_SNAPSHOT)
        while rows := await cursor.fetch(BATCH):
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column.extend(values)
    return pd.DataFrame(
        {name: pd.Series(column, dtype=_TYPES[name]) for name, column in zip(_TYPES, columns, strict=True)}
    )


def _version(address: Address) -> int:
    async def ask() -> int:
        async with server.reading(address) as connection:
            return await server.version(connection)

    return asyncio.run(ask())


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(read_only(path), uri=True)
