"""A database brought from one engine to another: all of one moment, or nothing. The source is only read.

What is written is read again and compared, table by table and row by row, before it counts.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import asyncpg

from bot.address import Address, located
from bot.store.copies import backup_file, named_when_whole
from bot.store.engine import StoreError
from bot.store.engines import server
from bot.store.engines.postgres import fit
from bot.store.engines.sqlite import Sqlite, read_only
from bot.store.migrate import shipped_scripts
from bot.store.reading import Place

BATCH = 10_000  # rows that are held at once
# Whoever is named in a foreign key comes before whoever names them.
TABLES = (
    "meta",
    "aliases",
    "typed_films",
    "additions",
    "guilds",
    "nights",
    "night_films",
    "night_members",
    "night_suggestions",
    "night_votes",
    "ratings",
    "seen",
    "unseen",
    "watchlist",
    "exclusions",
    "privacy",
    "lists",
    "unknown_ratings",
    "unknown_marks",
    "imports",
    "import_changes",
    "trainings",
)
ORDERED = {"ratings", "seen", "unseen", "watchlist", "night_members"}  # whose rows keep in which order they came

Told = Callable[[str, int], None]  # a table, and how many of its rows are copied


@dataclass
class Digest:
    """What two tables of the same rows, in the same order, have in common: how many they are, and a hash of every value."""

    rows: int = 0
    hash: int = 0

    def add(self, batch: Sequence[Sequence[Any]]) -> None:
        self.rows += len(batch)
        for row in batch:
            self.hash = hash((self.hash, *row))  # 4 and 4.0, which may be one value to two engines, have one hash


class Source(Protocol):
    """A database that is read at one moment. version: of its schema."""

    version: int

    def rows(self, table: str, columns: Sequence[str]) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """In batches, in the same order on either engine."""

    async def last_ids(self) -> dict[str, int]:
        """Table -> the highest id that it ever gave."""


class Target(Source, Protocol):
    """One that is filled. Nothing is there until the block ends in which it was opened."""

    async def write(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None: ...

    async def set_last_ids(self, ids: dict[str, int]) -> None: ...


def copy(source: Place, target: Place, told: Told = lambda *_: None) -> dict[str, int]:
    """Bring all that `source` has into `target`, which must be new: no file yet, or a database of PostgreSQL's with nothing in
    it. Of an older version a file is made first, and brought up to date. Gives how many rows each table has. Call it in a thread;
    what `told` raises ends it.

    Raises StoreError if it can't be done; then `target` is as it was.
    """
    source, target = located(source), located(target)
    if not 0 < asyncio.run(_version(source)) < len(shipped_scripts()):
        return asyncio.run(_copy(source, target, told))
    with TemporaryDirectory(prefix="marquee-") as folder:
        renewed = Path(folder) / "renewed.db"
        backup(source, renewed)
        asyncio.run(_renew(renewed))
        return asyncio.run(_copy(renewed, target, told))


def backup(place: Place, to: str | Path, stopped: Callable[[], bool] = lambda: False) -> None:
    """Copy the database, whole and consistent, into a file of SQLite's, while the bot writes. The copy is checked, and for the
    owner's eyes alone. stopped: asked now and then whether to give up.

    Raises StoreError if `to` is there or it can't be done, also where the database is damaged; then there is no copy.
    """
    place = located(place)
    if not isinstance(place, Address):
        backup_file(place, Path(to), stopped)
        return

    def go_on(*_: object) -> None:
        if stopped():
            raise StoreError("stopped before the copy was whole")

    asyncio.run(_copy(place, Path(to), go_on))


async def _copy(source: Path | Address, target: Path | Address, told: Told) -> dict[str, int]:
    """Into a file also of a version that a newer program is about to change; the file is of the same."""
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(_reading(source))
        if not 0 < there.version <= (newest := len(shipped_scripts())):
            raise StoreError(f"{source} is no database of this program's, version {newest}")
        here: Target = (
            await stack.enter_async_context(_filling_server(target))
            if isinstance(target, Address)
            else stack.enter_context(_filling_file(target, there.version))
        )
        columns = _columns(there.version)
        read = {table: Digest() for table in columns}
        for table in columns:
            async for rows in there.rows(table, columns[table]):
                fitted = [tuple(map(fit, row)) for row in rows] if isinstance(target, Address) else rows
                await here.write(table, columns[table], fitted)
                read[table].add(fitted)
                told(table, read[table].rows)
        ids = await there.last_ids()
        await here.set_last_ids(ids)
        for table in columns:
            written = Digest()
            async for rows in here.rows(table, columns[table]):
                written.add(rows)
            if written != read[table]:
                raise StoreError(f"the copy of the table {table} differs: {written.rows} rows of {read[table].rows}")
        if await here.last_ids() != ids:
            raise StoreError("the copy's counters differ from the original's, so it is not kept")
    return {table: each.rows for table, each in read.items()}


async def _version(place: Path | Address) -> int:
    async with _reading(place) as there:
        return there.version


async def _renew(path: Path) -> None:
    async with Sqlite.open(path, None, 0, 0):
        pass  # it is brought up to date as it is opened


@asynccontextmanager
async def _reading(place: Path | Address) -> AsyncIterator[Source]:
    if isinstance(place, Address):
        async with server.reading(place) as connection:
            yield _Server(connection, await server.version(connection))
    else:
        with _reading_file(place) as there:
            yield there


def _columns(version: int) -> dict[str, list[str]]:
    """Table -> its columns, as the schema of this version has them."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(";\n".join(shipped_scripts()[:version]))
        made = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        found = {
            table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")] for table in TABLES if table in made
        }
    assert made - {"sqlite_sequence"} == set(found), made
    return {table: names + ["rowid"] * (table in ORDERED) for table, names in found.items()}


def _select(table: str, columns: Sequence[str]) -> str:
    order = "rowid" if "rowid" in columns else ", ".join(columns)
    return f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"


class _File:
    """SQLite's. Nobody else is on this loop, so it may wait for the disk."""

    def __init__(self, db: sqlite3.Connection, version: int) -> None:
        self._db, self.version = db, version

    async def rows(self, table: str, columns: Sequence[str]) -> AsyncIterator[Sequence[Sequence[Any]]]:
        cursor = self._db.execute(_select(table, columns))
        while rows := cursor.fetchmany(BATCH):
            yield rows

    async def last_ids(self) -> dict[str, int]:
        rows = self._db.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
        return dict(rows.fetchall())

    async def write(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        places = ", ".join("?" * len(columns))
        self._db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    async def set_last_ids(self, ids: dict[str, int]) -> None:
        self._db.execute("DELETE FROM sqlite_sequence")
        self._db.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", ids.items())


@contextmanager
def _reading_file(path: Path) -> Iterator[_File]:
    if not path.is_file():
        raise StoreError(f"there is no file {path}")
    try:
        with closing(sqlite3.connect(read_only(path), uri=True, isolation_level=None)) as db:
            db.execute("BEGIN")
            [version] = db.execute("PRAGMA user_version").fetchone()
            yield _File(db, version)
    except sqlite3.Error as error:
        raise StoreError(f"can't copy {path}: {error}") from error


@contextmanager
def _filling_file(path: Path, version: int) -> Iterator[_File]:
    with named_when_whole(path, f"to {path}") as part, closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.executescript(";\n".join([*shipped_scripts()[:version], f"PRAGMA user_version = {version}"]))
        db.execute("DELETE FROM meta")
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:  # what was written by older programs stays as it is
            db.execute(f"DROP TRIGGER {name}")
        db.execute("BEGIN")
        yield _File(db, version)
        for _, sql in triggers:
            db.execute(sql)
        db.execute("COMMIT")
        [problem] = db.execute("PRAGMA integrity_check(1)").fetchone()
        if problem != "ok":
            raise StoreError(f"the copy is damaged, so it is not kept: {problem}")


class _Server:
    """PostgreSQL's, within a transaction."""

    def __init__(self, connection: "asyncpg.Connection[Any]", version: int) -> None:
        self._connection, self.version = connection, version

    async def rows(self, table: str, columns: Sequence[str]) -> AsyncIterator[Sequence[Sequence[Any]]]:
        # A cursor of SQL's own, since one that is still open would keep the table from its triggers.
        name = f"rows_of_{table}"
        await self._connection.execute(f"DECLARE {name} CURSOR FOR {_select(table, columns)}")
        while rows := await self._connection.fetch(f"FETCH {BATCH} FROM {name}"):
            yield [tuple(row) for row in rows]
        await self._connection.execute(f"CLOSE {name}")

    async def last_ids(self) -> dict[str, int]:
        found = {}
        for table, sequence in await self._sequences("id"):
            last, is_given = await self._connection.fetchrow(f"SELECT last_value, is_called FROM {sequence}") or (
                0,
                False,
            )
            found[table] = last if is_given else last - 1
        return {table: last for table, last in found.items() if last > 0}

    async def write(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        await self._connection.copy_records_to_table(table, records=rows, columns=list(columns))

    async def set_last_ids(self, ids: dict[str, int]) -> None:
        for table, sequence in await self._sequences("id"):
            await self._restart(sequence, ids.get(table))
        for table, sequence in await self._sequences("rowid"):
            await self._restart(sequence, await self._connection.fetchval(f"SELECT max(rowid) FROM {table}"))

    async def _restart(self, sequence: str, last: int | None) -> None:
        """Let it go on after that number, or begin anew. Not by setval, which stays when all else is undone."""
        behind = "" if last is None else f" WITH {last + 1}"
        await self._connection.execute(f"ALTER SEQUENCE {sequence} RESTART{behind}")

    async def _sequences(self, column: str) -> list[tuple[str, str]]:
        """Tables, and what numbers this column of theirs."""
        rows = await self._connection.fetch(
            "SELECT table_name, pg_get_serial_sequence(table_name, column_name) FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND column_name = $1 AND is_identity = 'YES'",
            column,
        )
        return [tuple(row) for row in rows]


@asynccontextmanager
async def _filling_server(address: Address) -> AsyncIterator[_Server]:
    async with server.writing(address) as connection:
        others = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1"
            " AND pid <> pg_backend_pid()",
            server.NAME,
        )
        if others:
            raise StoreError(f"a bot has {address} open: stop it first")
        await server.prepare(connection)
        async with connection.transaction():
            await server.take_unhurried_turn(connection, server.STATEMENT_PATIENCE)
            for table in TABLES:
                if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table})"):
                    raise StoreError(f"{address} holds something already: make a new database for the copy")
                # What was written by older programs stays as it is.
                await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield _Server(connection, len(shipped_scripts()))
            for table in TABLES:
                await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        await connection.execute("ANALYZE")
