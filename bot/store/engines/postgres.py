"""PostgreSQL: a server, for as many processes as there are.

Whoever writes has one lock for the whole transaction. So transactions of all processes follow one another, as SQLite's do:
what one of them reads stays so until it is committed, and none waits for rows of another or has to be tried again.
"""

import asyncio
import itertools
import logging
import re
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import lru_cache
from typing import Any, TypeAlias

import asyncpg

from bot.address import Address
from bot.store.engine import (
    AWAY,
    BUSY,
    DAMAGE,
    SERVER_DISK,
    SERVER_FULL,
    UNKNOWN,
    BeforeMigration,
    FilmGone,
    Row,
    Run,
    Trouble,
)
from bot.store.engines.server import (
    CLOSING,
    OPENING,
    SETTINGS,
    STATEMENTS,
    UNHURRIED,
    WRITERS,
    close,
    connect,
    prepare,
    refused,
)

log = logging.getLogger(__name__)

READERS = 4  # connections for reading
READ_PATIENCE = 10.0  # seconds that a read may take
DAY = 86_400.0  # seconds that cleaning may take: then it is begun again anyway
AGAIN = 0.2  # seconds until it is looked again whether somebody reads what is to be cleaned

# By SQLSTATE, or by its class, the first two letters. Any other is a mistake in a statement.
_TROUBLES = {
    "55P03": BUSY,  # lock_not_available
    "57014": BUSY,  # query_canceled, after its time
    "53": BUSY,  # too many connections, or too little memory
    "40": BUSY,  # a deadlock
    "53100": SERVER_FULL,
    "58": SERVER_DISK,
    "XX001": DAMAGE,
    "XX002": DAMAGE,
    "08": AWAY,
    "57P": AWAY,
    "25P03": AWAY,  # this process did nothing for FROZEN seconds
    "25006": AWAY,  # the server is a standby now, which takes no writes
    "28": AWAY,
    "3D": AWAY,
    "42P01": AWAY,  # undefined_table: a temporary one went with its connection
}
_GONE = "MQ001"  # see migrations/postgres/0015_all.sql
# Whoever has the lock and is in the middle of a statement, of which the server has long waited for the rest, or for somebody to
# take its answer. The server itself ends only those who do nothing between two statements. Who migrates or copies is not frozen.
_END_FROZEN = f"""
    WITH holders AS (
        SELECT pid, (classid::BIGINT << 32) + objid::BIGINT AS held FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
    )
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid IN (SELECT pid FROM holders WHERE held = {WRITERS} EXCEPT SELECT pid FROM holders WHERE held = {UNHURRIED})
        AND datname = current_database() AND wait_event_type = 'Client'
        AND clock_timestamp() - state_change > current_setting('idle_in_transaction_session_timeout')::INTERVAL
"""
_MEMBER_TABLES = """
    SELECT quote_ident(table_name) FROM information_schema.columns
    WHERE table_schema = current_schema() AND column_name = 'member_id'
"""
_NOW = "SELECT pg_snapshot_xmax(pg_current_snapshot())::XID"  # the next transaction
# Whether somebody reads, or may begin to read while an older one writes, what was there before a transaction. Who cleans is not
# one of them, though it looks like that.
_OLDER = """
    SELECT age(pg_snapshot_xmin(pg_current_snapshot())::XID) > age($1::XID) OR EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND age(backend_xmin) > age($1::XID) AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)
    )
"""


_Reader: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Any]"


class Lost(Exception):  # noqa: N818 (no fault of this program)
    """The server can't be reached, or was not in time."""

    def __init__(self, trouble: Trouble, why: str) -> None:
        super().__init__(why)
        self.trouble = trouble


@contextmanager
def _reached() -> Iterator[None]:
    """What the network says becomes Lost."""
    try:
        yield
    except TimeoutError as error:
        raise Lost(BUSY, "the server did not answer in time") from error
    except OSError as error:
        raise Lost(AWAY, f"{type(error).__name__}: {error.strerror or 'no connection'}") from error
    except asyncpg.DataError as error:  # a mistake in a statement; what it goes on to say is what a member typed
        raise type(error)(str(error).partition(":")[0]) from None
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:  # the second where it was cut amid an answer
        raise Lost(AWAY, str(error)) from error


@lru_cache(STATEMENTS)
def numbered(sql: str) -> str:
    """A statement with $1, $2 for each ?, and $3 for ?3."""
    places = itertools.count(1)
    return re.sub(r"\?(\d*)", lambda place: f"${place[1] or next(places)}", sql)


def fit(value: object) -> object:
    """What PostgreSQL can keep: no text of its has the character 0."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


class _Statements:
    """On the connection that writes. Each statement is prepared once: so it says how many rows it wrote."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self.connection, self.changes = connection, 0
        self._prepared: dict[str, asyncpg.prepared_stmt.PreparedStatement[Any]] = {}

    async def __call__(self, sql: str, *values: object) -> list[Row]:
        with _reached():
            if (statement := self._prepared.get(sql)) is None:
                if len(self._prepared) >= STATEMENTS:
                    self._prepared.clear()
                statement = self._prepared[sql] = await self.connection.prepare(numbered(sql))
            rows = await statement.fetch(*map(fit, values))
        if not sql.startswith("SELECT"):
            count = (statement.get_statusmsg() or "").split()[-1]
            self.changes += int(count) if count.isdigit() else 0
        return list[Row](rows)

    async def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        if values := [tuple(map(fit, row)) for row in rows]:
            with _reached():
                await self.connection.executemany(numbered(sql), values)
            self.changes += len(values)

    async def fill(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        records = [tuple(map(fit, row)) for row in rows]
        with _reached():
            await self.connection.copy_records_to_table(table, records=records, columns=list(columns))
        self.changes += len(records)


class Postgres:
    """One connection that writes, and a few that read. Those that break are made anew by the next who needs one."""

    errors: tuple[type[Exception], ...] = (asyncpg.PostgresError, asyncpg.InterfaceError, Lost)
    cleans_aside = True

    def __init__(self, address: Address, writer: "asyncpg.Connection[Any]", readers: "asyncpg.Pool[Any]") -> None:
        self._address, self._write, self._readers = address, _Statements(writer), readers
        self._changes = 0  # by connections that are gone
        self._is_used = False  # the savepoint `own`, by a part of the transaction

    @classmethod
    @asynccontextmanager
    async def open(
        cls, address: Address, before_migration: BeforeMigration | None, opening_patience: float, patience: float
    ) -> AsyncIterator["Postgres"]:
        """The database made ready. patience: seconds to wait for the server, while it is opened, and for a connection later.
        Raises StoreError."""
        async with AsyncExitStack() as stack:
            with refused():
                writer = await connect(address, opening_patience)
                readers = asyncpg.create_pool(
                    address.url,
                    min_size=0,  # with more, asyncpg tries all the time to reach a server that is away, and logs each try
                    max_size=READERS,
                    max_inactive_connection_lifetime=0,  # kept open: after a quiet while nobody waits for a new one
                    timeout=patience,
                    command_timeout=READ_PATIENCE,
                    statement_cache_size=STATEMENTS,
                    max_cached_statement_lifetime=0,
                    server_settings=SETTINGS | {"default_transaction_read_only": "on"},
                    reset=_as_it_is,
                )
                engine = cls(address, writer, readers)
                stack.push_async_callback(engine._close)
                await prepare(writer, before_migration)
                stack.push_async_callback(_close_pool, readers)
                await readers
            yield engine

    async def _close(self) -> None:
        await close(self._write.connection)

    @property
    def changes(self) -> int:
        return self._changes + self._write.changes

    @property
    def in_transaction(self) -> bool:
        writer = self._write.connection
        return not writer.is_closed() and writer.is_in_transaction()

    async def read(self, sql: str, *values: object) -> list[Row]:
        async with self._reader() as reader:
            return await _read(reader, sql, *values)

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[Run]:
        async with self._reader() as reader:
            try:
                with _reached():
                    await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

                async def run(sql: str, *values: object) -> list[Row]:
                    return await _read(reader, sql, *values)

                yield run
            finally:
                await _or_terminate(reader, "ROLLBACK")

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[_Reader]:
        with _reached():
            reader = await self._readers.acquire(timeout=READ_PATIENCE)
        try:
            yield reader
        finally:
            # One that is in the middle of a statement is ended first. Where its server is silent, that is in vain.
            with suppress(TimeoutError):
                await self._readers.release(reader, timeout=CLOSING)

    async def begin(self, patience: float) -> None:
        milliseconds = max(1, round(1000 * patience))  # 0 would be for ever
        try:
            with _reached():
                if self._write.connection.is_closed() or self._write.connection.is_in_transaction():
                    await self._reconnect(patience)
                async with asyncio.timeout(patience + CLOSING):
                    await self._write.connection.execute(
                        f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {milliseconds};"
                        f" SELECT pg_advisory_xact_lock({WRITERS}); SAVEPOINT own"
                    )
            self._is_used = False
        except BaseException as error:
            # Whether it has begun isn't known where this was cancelled. It does no harm where it has not.
            await _or_terminate(self._write.connection, "ROLLBACK")
            if isinstance(error, asyncpg.LockNotAvailableError):
                await _or_terminate(self._write.connection, _END_FROZEN)
            raise

    async def _reconnect(self, patience: float) -> None:
        self._write.connection.terminate()
        writer = await connect(self._address, max(patience, 0.1))
        self._changes += self._write.changes
        self._write = _Statements(writer)

    @asynccontextmanager
    async def part(self, *, several: bool) -> AsyncIterator[_Statements]:
        # An error would end the whole transaction, even of one statement.
        try:
            if self._is_used:
                with _reached():
                    await self._write.connection.execute("RELEASE own; SAVEPOINT own")
            self._is_used = True
            yield self._write
        except BaseException:
            await _or_terminate(self._write.connection, "ROLLBACK TO own")
            self._is_used = False
            raise

    async def commit(self) -> None:
        if self._write.connection.is_closed():
            raise Lost(AWAY, "the connection was lost before the commit")
        try:
            with _reached():
                done = await self._write.connection.execute("COMMIT")
        except (Lost, asyncpg.PostgresError) as error:
            # It may have come as far as the disk. A mere error is one that came before.
            if isinstance(error, Lost) or self._write.connection.is_closed():
                self._write.connection.terminate()
                raise Lost(UNKNOWN, str(error)) from error
            raise
        if done != "COMMIT":
            raise Lost(AWAY, "the transaction was undone")

    async def rollback(self) -> None:
        if self.in_transaction:
            await _or_terminate(self._write.connection, "ROLLBACK")

    async def clean(self, patience: float) -> bool:
        # The server cleans a table by itself once a fifth of it has changed, which one member of thousands never brings about.
        with _reached():
            connection = await connect(self._address, OPENING)
            try:
                is_seen = await _is_seen(connection, patience)
                tables = [name for (name,) in await connection.fetch(_MEMBER_TABLES)]
                await connection.execute(f"VACUUM (INDEX_CLEANUP ON) {', '.join(tables)}", timeout=DAY)
            finally:
                await close(connection)
        return not is_seen

    def told(self, error: Exception) -> tuple[Trouble, str] | FilmGone | None:
        if isinstance(error, Lost):
            return error.trouble, str(error)
        state = getattr(error, "sqlstate", None) or ""
        if state == _GONE:
            return FilmGone()
        trouble = _TROUBLES.get(state) or _TROUBLES.get(state[:3]) or _TROUBLES.get(state[:2])
        return None if trouble is None else (trouble, f"{error} ({state})")


async def _is_seen(connection: "asyncpg.Connection[Any]", patience: float) -> bool:
    """Whether somebody still reads what was there before now, and does so for longer than that."""
    now, until = await connection.fetchval(_NOW), time.monotonic() + patience
    while await connection.fetchval(_OLDER, now):
        if time.monotonic() > until:
            return True
        await asyncio.sleep(AGAIN)
    return False


async def _read(reader: _Reader, sql: str, *values: object) -> list[Row]:
    with _reached():
        return list[Row](await reader.fetch(numbered(sql), *map(fit, values)))


async def _or_terminate(
    connection: "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]", sql: str
) -> None:
    """Run it, or end the connection, with which the server undoes what was open."""
    try:
        async with asyncio.timeout(CLOSING):
            await connection.execute(sql)
    except BaseException as error:
        with suppress(asyncpg.InterfaceError):  # one of the pool's that is lost is given back by itself
            connection.terminate()
        if not isinstance(error, Exception):
            raise


async def _as_it_is(_: object) -> None:
    """A connection that only reads has nothing to be reset."""


async def _close_pool(pool: "asyncpg.Pool[Any]") -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await pool.close()
    except Exception:
        pool.terminate()
