"""PostgreSQL: a server, for as many processes as there are.

Whoever writes has one lock for the whole transaction. So transactions of all processes follow one another, as SQLite's do:
what one of them reads stays so until it is committed, and none waits for rows of another or has to be tried again.
"""

import asyncio
import itertools
import logging
import re
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
    DISK,
    FULL,
    UNKNOWN,
    BeforeMigration,
    FilmGone,
    Row,
    Run,
    StoreError,
    Trouble,
)
from bot.store.migrate import postgres_scripts

log = logging.getLogger(__name__)

OLDEST = 14  # the version of the server: PostgreSQL's own people mend none that is older
WRITERS = 0x4D617271756565  # the lock of whoever writes
READERS = 4  # connections for reading
READ_PATIENCE = 10.0  # seconds that a read may take
STATEMENT_PATIENCE = 60.0  # seconds that any other statement may take: a move of many films is long
MIGRATION_PATIENCE = 60.0  # seconds to wait while another process migrates
FROZEN = 10  # seconds after which a process that does nothing in the middle of a transaction loses it
CLOSING = 2.0  # seconds
STATEMENTS = 500  # that a connection keeps prepared

# By SQLSTATE, or by its class, the first two letters. Any other is a mistake in a statement.
_TROUBLES = {
    "55P03": BUSY,  # lock_not_available
    "57014": BUSY,  # query_canceled, after its time
    "53": BUSY,  # too many connections, or too little memory
    "40": BUSY,  # a deadlock
    "53100": FULL,
    "58": DISK,
    "XX001": DAMAGE,
    "XX002": DAMAGE,
    "08": AWAY,
    "57P": AWAY,
    "25P03": AWAY,  # this process did nothing for FROZEN seconds
    "25006": AWAY,  # the server is a standby now, which takes no writes
    "28": AWAY,
    "3D": AWAY,
}
_GONE = "MQ001"  # see migrations/postgres/0015_all.sql


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
    except asyncpg.InterfaceError as error:
        if isinstance(error, asyncpg.DataError):
            raise
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

    def __init__(self, address: Address, writer: "asyncpg.Connection[Any]", readers: "asyncpg.Pool[Any]") -> None:
        self._address, self._write, self._readers = address, _Statements(writer), readers
        self._changes = 0  # by connections that are gone
        self._has_part = False  # something was written since the savepoint `own`

    @classmethod
    @asynccontextmanager
    async def open(
        cls, address: Address, before_migration: BeforeMigration | None, opening_patience: float, patience: float
    ) -> AsyncIterator["Postgres"]:
        """The database made ready. patience: seconds to wait for the server, while it is opened, and for a connection later.
        Raises StoreError."""
        async with AsyncExitStack() as stack:
            with _refused():
                writer = await connect(address, opening_patience)
                stack.push_async_callback(_close, writer)
                await prepare(writer, before_migration)
                readers = asyncpg.create_pool(
                    address.url,
                    min_size=1,
                    max_size=READERS,
                    timeout=patience,
                    command_timeout=READ_PATIENCE,
                    statement_cache_size=STATEMENTS,
                    server_settings=_SETTINGS | {"default_transaction_read_only": "on"},
                    reset=_as_it_is,
                )
                stack.push_async_callback(_close_pool, readers)
                await readers
            engine = cls(address, writer, readers)
            stack.push_async_callback(engine._close)
            yield engine

    async def _close(self) -> None:
        await _close(self._write.connection)

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
            with _reached():
                await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:

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
            await self._readers.release(reader)

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
            self._has_part = False
        except BaseException:
            await self.rollback()
            raise

    async def _reconnect(self, patience: float) -> None:
        self._write.connection.terminate()
        self._changes += self._write.changes
        self._write = _Statements(await connect(self._address, max(patience, 0.1)))

    @asynccontextmanager
    async def part(self, *, several: bool) -> AsyncIterator[_Statements]:
        # An error would end the whole transaction, even of one statement.
        try:
            if self._has_part:
                with _reached():
                    await self._write.connection.execute("RELEASE own; SAVEPOINT own")
            self._has_part = True
            yield self._write
        except BaseException:
            await _or_terminate(self._write.connection, "ROLLBACK TO own")
            self._has_part = False
            raise

    async def commit(self) -> None:
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

    async def rewrite(self, patience: float) -> bool:
        return True  # the server's own cleaning (autovacuum) takes what was deleted from its files

    def told(self, error: Exception) -> tuple[Trouble, str] | FilmGone | None:
        if isinstance(error, Lost):
            return error.trouble, str(error)
        state = getattr(error, "sqlstate", None) or ""
        if state == _GONE:
            return FilmGone()
        trouble = _TROUBLES.get(state) or _TROUBLES.get(state[:3]) or _TROUBLES.get(state[:2])
        return None if trouble is None else (trouble, f"{error} ({state})")


_SETTINGS = {
    "application_name": "marquee",
    "jit": "off",  # it takes longer than the statements
    "idle_in_transaction_session_timeout": str(1000 * FROZEN),
    "tcp_keepalives_idle": "30",  # seconds: a machine that is gone holds no lock for hours
}


async def connect(address: Address, patience: float) -> "asyncpg.Connection[Any]":
    """A connection that may write. Waits so many seconds for it."""
    return await asyncpg.connect(
        address.url,
        timeout=patience,
        command_timeout=STATEMENT_PATIENCE,
        statement_cache_size=STATEMENTS,
        server_settings=_SETTINGS,
    )


async def _read(reader: _Reader, sql: str, *values: object) -> list[Row]:
    with _reached():
        return list[Row](await reader.fetch(numbered(sql), *map(fit, values)))


async def _or_terminate(
    connection: "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]", sql: str
) -> None:
    """Run it, or end the connection, with which the server undoes what was open."""
    if connection.is_closed():
        return
    try:
        async with asyncio.timeout(CLOSING):
            await connection.execute(sql)
    except BaseException as error:
        connection.terminate()
        if not isinstance(error, Exception):
            raise


async def _as_it_is(_: object) -> None:
    """A connection that only reads has nothing to be reset."""


async def _close(connection: "asyncpg.Connection[Any]") -> None:
    with suppress(Exception):
        await connection.close(timeout=CLOSING)


async def _close_pool(pool: "asyncpg.Pool[Any]") -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await pool.close()
    except Exception:
        pool.terminate()


@contextmanager
def _refused() -> Iterator[None]:
    """What keeps a database from being opened becomes a StoreError, which never has the password."""
    try:
        yield
    except asyncpg.InvalidPasswordError as error:
        raise StoreError(f"{error}: see the name and the password in MARQUEE_DATABASE") from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise StoreError(f"the server lets nobody in like that: {error}. See its pg_hba.conf") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise StoreError(
            f"{error}: make it, with CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
        ) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise StoreError(f"{error}: let the user own the database, with ALTER DATABASE name OWNER TO user") from error
    except TimeoutError as error:
        raise StoreError("the server doesn't answer. Is it running, and may this machine reach it?") from error
    except asyncpg.PostgresError as error:
        raise StoreError(f"{error} ({error.sqlstate})") from error
    except (asyncpg.ClientConfigurationError, ValueError) as error:
        raise StoreError("its address can't be read, or asks for what can't be done") from error
    except (OSError, asyncpg.InterfaceError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no connection"
        raise StoreError(f"the server can't be reached ({why}). Is it running, and are host and port right?") from error


async def prepare(connection: "asyncpg.Connection[Any]", before_migration: BeforeMigration | None = None) -> None:
    """Bring the schema up to date, all of it or nothing, also where several processes start at once. Raises StoreError."""
    said = connection.get_server_version()
    if said.major < OLDEST:
        raise StoreError(f"the server is PostgreSQL {said.major}; this program needs {OLDEST} or newer")
    [[encoding, commits, standby]] = await connection.fetch(
        "SELECT current_setting('server_encoding'), current_setting('synchronous_commit'), pg_is_in_recovery()"
    )
    if encoding != "UTF8":
        raise StoreError(
            f"it keeps text as {encoding}: make one with CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
        )
    if standby:
        raise StoreError("the server is a standby, which takes no writes: give the address of its primary")
    if commits in ("off", "local"):
        raise StoreError(
            f"it has synchronous_commit = {commits}, so that it may lose what it said was saved: set it to on, with "
            "ALTER DATABASE name SET synchronous_commit = on"
        )
    scripts = postgres_scripts()
    if await _version(connection) != max(scripts):
        await _migrate(connection, scripts, before_migration)


async def _version(connection: "asyncpg.Connection[Any]") -> int:
    """Of the schema; 0 for a database without one."""
    if not await connection.fetchval("SELECT to_regclass('schema_version') IS NOT NULL"):
        return 0
    return int(await connection.fetchval("SELECT version FROM schema_version"))


async def _migrate(
    connection: "asyncpg.Connection[Any]", scripts: dict[int, str], before_migration: BeforeMigration | None
) -> None:
    newest = max(scripts)
    async with connection.transaction():
        # The copy that is made before may take long.
        await connection.execute(
            f"SET LOCAL lock_timeout = {round(1000 * MIGRATION_PATIENCE)}; SET LOCAL idle_in_transaction_session_timeout = 0;"
            f" SELECT pg_advisory_xact_lock({WRITERS})",
            timeout=MIGRATION_PATIENCE + CLOSING,
        )
        version = await _version(connection)
        if version > newest:
            raise StoreError(
                f"the database has version {version}, newer than this program's {newest}: use a newer program"
            )
        if 0 < version < newest and before_migration is not None:
            await asyncio.to_thread(before_migration, newest)
        for number, script in scripts.items():
            if number > version:
                await connection.execute(script)
        if version == 0:
            await connection.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)")
            await connection.execute("INSERT INTO schema_version VALUES ($1)", newest)
        else:
            await connection.execute("UPDATE schema_version SET version = $1", newest)
