"""What the processes of one bot agree on through PostgreSQL: whose a shard is, who does what is done once, whose turn it is.

Everything is an advisory lock that ends with its connection, so whatever a process had is free once it is gone.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from enum import IntEnum, StrEnum
from typing import Any

import asyncpg

from bot.address import KEEPALIVE
from bot.lock import AlreadyRunningError

# https://discord.com/developers/docs/events/gateway#rate-limiting: of the shards with one remainder by `max_concurrency`, one
# may identify itself in so many seconds.
SPACING = 5.0
PATIENCE = 10.0  # seconds: for an answer of the server's, and for what a process that has just died still holds
CHANNEL = "marquee"
FAULTS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # where the server was cut off amid an answer
)
AGAIN = 0.2  # seconds until a lock that another has is tried again
_TRY, _TRY_SHARED = "SELECT pg_try_advisory_lock($1, $2)", "SELECT pg_try_advisory_lock_shared($1, $2)"
# What other processes hold of some work, by the second numbers of their locks.
_OTHERS = """
    SELECT DISTINCT objid::int FROM pg_locks
    WHERE locktype = 'advisory' AND classid = $1::int AND objsubid = 2 AND granted AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_WHICH = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE (pid, backend_start) = ($1, $2)"

log = logging.getLogger(__name__)


class Work(IntEnum):
    """What one process at a time does, by the first number of its lock."""

    SHARD = 0x4D510001
    LEADING = 0x4D510002
    IDENTIFYING = 0x4D510003
    COMMANDS = 0x4D510004
    EMOJIS = 0x4D510005
    DIVIDING = 0x4D510006  # the second number is how many shards there are in all


class Word(StrEnum):
    """What processes tell each other."""

    MODEL = "model"  # another is published
    FILMS = "films"  # those that members added have changed
    RETRAIN = "retrain"  # the owner wants the model to be learned anew


class Alone:
    """For the only process of a bot: it has all shards, leads, and tells nobody."""

    def __init__(self) -> None:
        self.has_joined = True  # no other process has its shards
        self._turns = defaultdict[tuple[Work, int], asyncio.Lock](asyncio.Lock)
        self._identifying = set[asyncio.Task[None]]()

    async def join(self, shards: Collection[int], count: int) -> None:
        """These shards, of so many, are this process's from now on. Raises AlreadyRunningError where one is another's, or where
        another divides servers among another number of shards; else one of FAULTS."""

    async def keep(self) -> None:
        """See that they still are. Raises AlreadyRunningError where another took one, as after the connection was lost."""

    async def try_to_lead(self) -> bool:
        """Whether this process does what is done once. If nobody does, it does from now on."""
        return True

    async def tell(self, word: Word) -> None:
        """Tell the other processes. One of FAULTS where they can't be told now: they are once the connection is found again."""

    def hear(self, word: Word, act: Callable[[], Awaitable[None]]) -> None:
        """Call this whenever another process tells the word."""

    async def close(self) -> None:
        for task in self._identifying:
            task.cancel()
        await asyncio.gather(*self._identifying, return_exceptions=True)

    @asynccontextmanager
    async def alone(self, work: Work, number: int = 0) -> AsyncIterator[None]:
        """No other block of this work, here or in another process, runs at the same time. One of FAULTS where that can't be."""
        async with self._turns[work, number], self._elsewhere(work, number):
            yield

    @asynccontextmanager
    async def _elsewhere(self, work: Work, number: int) -> AsyncIterator[None]:
        yield

    async def may_identify(self, bucket: int) -> None:
        """Returns when a shard of this bucket may identify itself. Its next may SPACING later, wherever that is."""
        begun = asyncio.Event()
        task = asyncio.create_task(self._identify(bucket, begun), name="space out identifying")
        self._identifying.add(task)
        task.add_done_callback(self._identifying.discard)
        try:
            await begun.wait()
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def _identify(self, bucket: int, begun: asyncio.Event) -> None:
        async with self._turns[Work.IDENTIFYING, bucket]:
            try:
                async with self._elsewhere(Work.IDENTIFYING, bucket):
                    begun.set()
                    await asyncio.sleep(SPACING)
            except FAULTS as error:  # members are better served by a bot that can't save than by none
                log.warning(
                    "the database doesn't say whose turn it is to connect to Discord; this process just does: %r",
                    error,
                )
                begun.set()
                await asyncio.sleep(SPACING)


class Cluster(Alone):
    """One of several processes with the database at `address`. `name` is shown in PostgreSQL's list of its connections."""

    def __init__(self, address: str, name: str) -> None:
        super().__init__()
        self.has_joined = False
        self._address, self._name = address, name
        self._shards: Collection[int] = ()
        self._count = 0  # of all processes' shards
        self._connection: asyncpg.Connection[Any] | None = None
        self._session: asyncpg.Record | None = None  # what the server knows the last connection by
        self._using = asyncio.Lock()  # a connection does one thing at a time
        self._is_leading = False
        self._was_deaf = False  # it may have been told something while it had no connection
        self._acts = dict[str, Callable[[], Awaitable[None]]]()
        self._acting = set[asyncio.Task[None]]()
        self._untold = set[Word]()  # what the others could not be told yet
        self._act_turns = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self._to_act = set[str]()  # words that were heard, and nothing was begun since

    async def join(self, shards: Collection[int], count: int) -> None:
        self._shards, self._count = shards, count
        async with self._use() as connection:
            await self._take_shards(connection)
        self.has_joined = True

    async def keep(self) -> None:
        with suppress(*FAULTS):  # the store tells what it notices of that
            # Not longer, though others may wait for the server before: the heartbeat comes after this.
            async with asyncio.timeout(2.5 * PATIENCE):
                await self._tell_what_is_untold()

    async def try_to_lead(self) -> bool:
        try:
            async with self._use() as connection:
                if self._is_leading:
                    await connection.execute("SELECT 1")  # raises where the connection, and the lock with it, is lost
                else:
                    self._is_leading = await connection.fetchval(_TRY, Work.LEADING, 0)
        except (*FAULTS, AlreadyRunningError):
            self._is_leading = False
        return self._is_leading

    async def tell(self, word: Word) -> None:
        self._untold.add(word)
        try:
            try:
                await self._tell_what_is_untold()
            except FAULTS:  # the connection may have been lost long ago, and this is the first to see it
                await self._tell_what_is_untold()
        except AlreadyRunningError as error:  # `keep` hears of it too, and ends this process
            raise ConnectionError(str(error)) from error

    async def _tell_what_is_untold(self) -> None:
        async with self._use() as connection:
            await connection.execute("SELECT 1")  # raises where it is lost
            while self._untold:
                word = self._untold.pop()
                try:
                    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, word)
                except BaseException:
                    self._untold.add(word)
                    raise

    def hear(self, word: Word, act: Callable[[], Awaitable[None]]) -> None:
        self._acts[word] = act

    async def close(self) -> None:
        await super().close()
        for task in self._acting:
            task.cancel()
        await asyncio.gather(*self._acting, return_exceptions=True)
        if self._connection is not None:
            with suppress(*FAULTS):
                await self._connection.close(timeout=1)

    @asynccontextmanager
    async def _elsewhere(self, work: Work, number: int) -> AsyncIterator[None]:
        # On a connection of its own. Asked again and again: one that waits for an answer would not notice that it was cut.
        connection = await self._connect()
        try:
            while not await connection.fetchval(_TRY, work, number):  # noqa: ASYNC110 (the server tells nobody)
                await asyncio.sleep(AGAIN)
            yield
        finally:
            connection.terminate()

    async def _connect(self) -> "asyncpg.Connection[Any]":
        settings = {"application_name": f"marquee {self._name}", **KEEPALIVE}
        return await asyncpg.connect(
            self._address,
            timeout=PATIENCE,
            command_timeout=PATIENCE,
            server_settings=settings,
            max_cached_statement_lifetime=0,  # what is prepared stays so
        )

    @asynccontextmanager
    async def _use(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """The connection with the locks, for one thing at a time. Where it fails, the next one gets another."""
        async with self._using:
            connection = await self._connected()
            try:
                yield connection
            except (*FAULTS, AlreadyRunningError):
                connection.terminate()
                raise

    async def _connected(self) -> "asyncpg.Connection[Any]":
        """Where it was lost, another is made, which takes the locks of the shards."""
        if self._connection is None or self._connection.is_closed():
            self._was_deaf = self._was_deaf or self._connection is not None
            self._connection, self._is_leading = None, False
            connection = await self._connect()
            try:
                # Where the network fell silent, the server still has the old one, and for it the shards.
                if self._session is not None:
                    await connection.execute(_END, *self._session)
                self._session = await connection.fetchrow(_WHICH)
                await connection.add_listener(CHANNEL, self._heard)
                await self._take_shards(connection)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection
            if self._was_deaf:
                self._was_deaf = False
                for word in (Word.MODEL, Word.FILMS):
                    self._act(word)
        return self._connection

    async def _take_shards(self, connection: "asyncpg.Connection[Any]") -> None:
        if not self._shards:
            return
        why = None
        try:
            async with asyncio.timeout(PATIENCE):
                await connection.fetchval(_TRY_SHARED, Work.DIVIDING, self._count)  # always had: nobody takes it alone
                wanted = set(self._shards)
                while (why := await self._refused(connection, wanted)) is not None:  # noqa: ASYNC110
                    await asyncio.sleep(AGAIN)
        except TimeoutError:
            if why is None:  # a server that is slow has not said that another has them
                raise
            raise AlreadyRunningError(why) from None

    async def _refused(self, connection: "asyncpg.Connection[Any]", wanted: set[int]) -> str | None:
        """Take what is free of the wanted shards out of them. Why this process can't have all of its own, if it can't."""
        counts = {count for (count,) in await connection.fetch(_OTHERS, Work.DIVIDING)} - {self._count}
        if counts:
            return (
                f"Another Marquee with this database has its servers on {min(counts)} shards, this one on {self._count}: both "
                "would answer the same people. Stop it first, or give both one number: MARQUEE_SHARDS."
            )
        wanted -= {shard for shard in wanted if await connection.fetchval(_TRY, Work.SHARD, shard)}
        if wanted:
            return (
                f"Another Marquee with this database has shards {', '.join(map(str, sorted(wanted)))}. Stop it first, or give "
                "this one others: MARQUEE_SHARDS."
            )
        return None

    def _heard(self, connection: object, process: int, channel: str, word: object) -> None:
        if self._connection is not None and process != self._connection.get_server_pid():
            self._act(str(word))

    def _act(self, word: str) -> None:
        if (act := self._acts.get(word)) is None or word in self._to_act:
            return
        self._to_act.add(word)
        task = asyncio.create_task(self._told(word, act), name=f"heard of {word}")
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _told(self, word: str, act: Callable[[], Awaitable[None]]) -> None:
        async with self._act_turns[word]:
            self._to_act.discard(word)
            try:
                await act()
            except Exception:
                log.exception("the %s that another process told of can't be served yet", word)
