"""A PostgreSQL server: how it is reached, what it has to be, and its schema."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg

from bot.address import KEEPALIVE, Address
from bot.store.engine import BeforeMigration, StoreError
from bot.store.migrate import postgres_scripts

NAME = "marquee"  # under which the server knows the program
OLDEST = 14  # the version of the server: the oldest that was tried
WRITERS = 0x4D617271756565  # the lock of whoever writes
UNHURRIED = WRITERS + 1  # a second one of who may take long over it
STATEMENT_PATIENCE = 60.0  # seconds that any other statement may take: a move of many films is long
MIGRATION_PATIENCE = 60.0  # seconds to wait while another process migrates
FROZEN = 10  # seconds after which a process that does nothing in the middle of a transaction loses it
STATEMENTS = 500  # that a connection keeps prepared
OPENING, CLOSING = 5.0, 2.0  # seconds
SETTINGS = {
    "application_name": NAME,
    "synchronous_commit": "on",  # what was acknowledged is saved, whatever the database or its address say
    "jit": "off",  # it takes longer than the statements
    "idle_in_transaction_session_timeout": str(1000 * FROZEN),
    **KEEPALIVE,
}


async def connect(address: Address, patience: float) -> "asyncpg.Connection[Any]":
    """A connection that may write. Waits so many seconds for it."""
    try:
        return await asyncpg.connect(
            address.url,
            timeout=patience,
            command_timeout=STATEMENT_PATIENCE,
            statement_cache_size=STATEMENTS,
            max_cached_statement_lifetime=0,  # what is prepared stays so
            server_settings=SETTINGS,
        )
    except (asyncpg.ClientConfigurationError, ValueError) as error:  # which may repeat a part of it
        raise StoreError("its address can't be read, or asks for what can't be done") from error
    except asyncpg.UndefinedObjectError as error:  # of a server so old that `check` never comes to ask for its version
        raise StoreError(
            f"the server doesn't know what is asked of it: {error}. This program needs PostgreSQL {OLDEST} or newer, and its "
            "address no settings but PostgreSQL's own"
        ) from error


@asynccontextmanager
async def writing(address: Address) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection of one's own. Raises StoreError, also for what is raised within."""
    try:
        with refused():
            connection = await connect(address, OPENING)
            try:
                yield connection
            finally:
                await close(connection)
    except StoreError as error:
        raise StoreError(f"can't use {address}: {error}") from error


@asynccontextmanager
async def reading(address: Address) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection that reads one moment. Raises StoreError, also for what is raised within."""
    async with writing(address) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        # It holds nobody up, and what is made of it may take long.
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection


async def close(connection: "asyncpg.Connection[Any]") -> None:
    with suppress(Exception):
        await connection.close(timeout=CLOSING)


_POOLER = (
    "that is a pooler, not PostgreSQL: it keeps neither the settings of a connection nor the locks by which processes take "
    "turns. Give PostgreSQL's own address"
)
_NEW = "make a database for this program alone, with CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"


@contextmanager
def refused() -> Iterator[None]:
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
    except (asyncpg.DuplicateTableError, asyncpg.DuplicateFunctionError) as error:
        raise StoreError(f"{error}, and is another program's: {_NEW}") from error
    except asyncpg.LockNotAvailableError as error:
        raise StoreError("another process is bringing it up to date: start again in some minutes") from error
    except TimeoutError as error:
        raise StoreError("the server doesn't answer. Is it running, and may this machine reach it?") from error
    except asyncpg.ProtocolViolationError as error:
        raise StoreError(f"{_POOLER} ({error})") from error
    except asyncpg.PostgresError as error:
        raise StoreError(f"{error} ({error.sqlstate})") from error
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else "no connection"
        raise StoreError(f"the server can't be reached ({why}). Is it running, and are host and port right?") from error


async def check(connection: "asyncpg.Connection[Any]") -> None:
    """Raises StoreError, which says what to do, for a server that won't do."""
    said = connection.get_server_version()
    if said.major < OLDEST:
        raise StoreError(f"the server is PostgreSQL {said.major}; this program needs {OLDEST} or newer")
    [[process, encoding, standby]] = await connection.fetch(
        "SELECT pg_backend_pid(), current_setting('server_encoding'), pg_is_in_recovery()"
    )
    if process != connection.get_server_pid():  # a pooler tells its clients numbers of its own
        raise StoreError(_POOLER)
    if encoding != "UTF8":
        raise StoreError(
            f"it keeps text as {encoding}: make one with CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0"
        )
    if standby:
        raise StoreError("the server is a standby, which takes no writes: give the address of its primary")


async def prepare(connection: "asyncpg.Connection[Any]", before_migration: BeforeMigration | None = None) -> None:
    """Bring the schema up to date, all of it or nothing, also where several processes start at once. Raises StoreError, also for
    a server that won't do."""
    await check(connection)
    scripts = postgres_scripts()
    if await version(connection) != max(scripts):
        await _migrate(connection, scripts, before_migration)
    if not await connection.fetchval("SELECT has_table_privilege('ratings', 'INSERT, UPDATE')"):
        raise StoreError("its user may only read: let it own the database, with ALTER DATABASE name OWNER TO user")


async def version(connection: "asyncpg.Connection[Any]") -> int:
    """Of the schema; 0 for a database without one."""
    # A query, not to_regclass, which may still not know what another process has just made.
    if not await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version')"
    ):
        return 0
    found = None
    with suppress(asyncpg.UndefinedColumnError):
        found = await connection.fetchval("SELECT version FROM schema_version")
    if not isinstance(found, int):
        raise StoreError(f"its table schema_version is another program's: {_NEW}")
    return found


async def take_unhurried_turn(connection: "asyncpg.Connection[Any]", patience: float) -> None:
    """The lock of whoever writes, in this transaction, which may then do nothing for as long as it likes, as while a copy is made
    elsewhere. Waits so many seconds for it."""
    await connection.execute(
        f"SET LOCAL lock_timeout = {round(1000 * patience)}; SET LOCAL idle_in_transaction_session_timeout = 0;"
        f" SELECT pg_advisory_xact_lock({WRITERS}), pg_advisory_xact_lock({UNHURRIED})",
        timeout=patience + CLOSING,
    )


async def _migrate(
    connection: "asyncpg.Connection[Any]", scripts: dict[int, str], before_migration: BeforeMigration | None
) -> None:
    newest = max(scripts)
    async with connection.transaction():
        await take_unhurried_turn(connection, MIGRATION_PATIENCE)
        found = await version(connection)
        if found > newest:
            raise StoreError(
                f"the database has version {found}, newer than this program's {newest}: use a newer program"
            )
        if 0 < found < newest and before_migration is not None:
            await asyncio.to_thread(before_migration, newest)
        for number, script in scripts.items():
            if number > found:
                await connection.execute(script)
        if found == 0:
            await connection.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)")
            await connection.execute("INSERT INTO schema_version VALUES ($1)", newest)
        else:
            await connection.execute("UPDATE schema_version SET version = $1", newest)
