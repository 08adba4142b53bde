"""How the database is written and read, whichever its engine, and what a member is told where it can't be."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.address import Address
from bot.refusal import Refusal
from bot.store.engine import (
    AWAY,
    BUSY,
    DAMAGE,
    NOTHING_SAVED,
    PART_SAVED,
    BeforeMigration,
    Engine,
    FilmGone,
    Row,
    Run,
    Statements,
    Trouble,
)
from bot.store.engines.postgres import Postgres
from bot.store.engines.sqlite import Sqlite

log = logging.getLogger(__name__)

PATIENCE = 2.5  # seconds that a write waits, and all writes of one answer: Discord takes none after three
OPENING_PATIENCE = 5.0
READERS_PATIENCE = 60.0  # seconds that cleaning waits for those who read what was deleted, where nobody waits for it


class Unavailable(Refusal):
    """What the database can't do now. A write that it refuses is never stored later."""

    def __init__(self, trouble: Trouble, unsaved: str = "") -> None:
        super().__init__(f"{trouble.what}{unsaved}. {trouble.advice}")
        self.trouble, self.is_write = trouble, bool(unsaved)


@dataclass
class _Answer:
    """How many seconds the writes for it may still wait, whether one of them has changed something, and whether it is given."""

    left: float
    has_saved: bool = False
    is_over: bool = False


_answer: ContextVar[_Answer | None] = ContextVar("answer", default=None)


@contextmanager
def one_answer(waited: float = 0.0) -> Iterator[None]:
    """All that is written within the block waits for PATIENCE in all, less the seconds for which it has waited already, and an
    Unavailable that leaves it says whether something was saved before. A task that was begun within and outlives the block is as
    patient as any other."""
    answer = _Answer(PATIENCE - waited)
    token = _answer.set(answer)
    try:
        yield
    except Unavailable as error:
        if error.is_write and answer.has_saved and error.trouble.unsaved == NOTHING_SAVED:
            raise Unavailable(error.trouble, PART_SAVED) from error
        raise
    finally:
        answer.is_over = True
        _answer.reset(token)


def _current() -> _Answer:
    """That for which something is written now. What nobody waits for has one of its own for each write."""
    answer = _answer.get()
    return _Answer(math.inf) if answer is None or answer.is_over else answer


@contextmanager
def _waiting(answer: _Answer) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        answer.left -= time.perf_counter() - began


class Database:
    """Reads never wait for a writer. A write that gets no turn in time is refused. What either can't do is Unavailable, and told
    in the log.

    Writes that wait for their turn at the same time share one commit, since waiting for the disk is what takes long. One may
    fail alone, and none returns before the commit.
    """

    def __init__(self, engine: Engine) -> None:
        self.damage: str | None = None  # what the engine said of it, if it came upon any since the start
        self._engine = engine
        self._writing = asyncio.Lock()  # keeps one task's statement out of another's part of a transaction
        self.waiting = 0  # writes that wait for their turn
        self._commit: asyncio.Future[None] | None = None  # that of the open transaction, which others may still join
        self._committing: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, place: Path | Address, before_migration: BeforeMigration | None = None) -> AsyncIterator[Self]:
        """Raises StoreError if it can't be used, also where `before_migration` does."""
        async with AsyncExitStack() as stack:
            engine: Engine
            if isinstance(place, Address):
                opening = Postgres.open(place, before_migration, OPENING_PATIENCE, PATIENCE)
                engine = await stack.enter_async_context(opening)
            else:
                engine = await stack.enter_async_context(
                    Sqlite.open(place, before_migration, OPENING_PATIENCE, PATIENCE)
                )
            database = cls(engine)
            try:
                yield database
            finally:
                await database._end()

    async def run(self, sql: str, *values: object) -> list[Row]:
        """One statement; what it changes is committed when this returns."""
        if not sql.startswith("SELECT"):
            async with self.turn() as run:
                return await run(sql, *values)
        with self._told(is_write=False):
            return await self._engine.read(sql, *values)

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[Run]:
        """Several reads of one moment."""
        with self._told(is_write=False):
            async with self._engine.moment() as run:
                yield run

    def transaction(
        self, patience: float | None = None, *, saves: bool = True
    ) -> AbstractAsyncContextManager[Statements]:
        """Several statements, all of which are committed when this returns; an error, or a task that is cancelled in between,
        undoes them all. patience: how many seconds it may wait for its turn, PATIENCE by default. saves: as in `Transaction`."""
        return self._part(patience, several=True, saves=saves)

    def turn(self, patience: float | None = None) -> AbstractAsyncContextManager[Statements]:
        """The same for statements of which at most one writes, which may take half as long."""
        return self._part(patience, several=False, saves=True)

    @asynccontextmanager
    async def _part(self, patience: float | None, *, several: bool, saves: bool) -> AsyncIterator[Statements]:
        answer = _current()
        async with self._alone(PATIENCE if patience is None else patience, answer) as left:
            with _waiting(answer):
                commit = self._commit or await self._begin(left)
            changes = self._engine.changes
            try:
                with self._told(is_write=True):
                    async with self._engine.part(several=several) as run:
                        yield run
            except BaseException as error:
                if not self._engine.in_transaction:  # all who share it are told, of what is no matter of one alone
                    is_shared = isinstance(error, Unavailable)
                    self._settle(error if is_shared else _unavailable(AWAY, "a transaction was lost", is_write=True))
                raise
            has_changed = self._engine.changes > changes
        await asyncio.shield(commit)
        answer.has_saved |= saves and has_changed

    @property
    def cleans_aside(self) -> bool:
        """Whether others may write while it is cleaned, which may take long then."""
        return self._engine.cleans_aside

    async def clean(self) -> bool:
        """Leave nothing of what was deleted in the database's files. False if that could not be done yet, since somebody still
        reads it."""
        if self.cleans_aside:
            with self._told(is_write=True):
                return await self._engine.clean(READERS_PATIENCE)
        async with self._alone(PATIENCE, _current()) as left:
            await self._finish()
            return await self._engine.clean(left)

    @asynccontextmanager
    async def _alone(self, patience: float, answer: _Answer) -> AsyncIterator[float]:
        """The writing connection for one task alone. Gives what the wait for other tasks has left of `patience`, for which the
        engine may then wait for other processes."""
        patience = max(0.0, min(patience, answer.left))
        until = time.perf_counter() + patience
        self.waiting += 1
        try:
            with _waiting(answer):
                async with asyncio.timeout(patience):
                    await self._writing.acquire()
        except TimeoutError:
            raise _unavailable(BUSY, "other writes took too long", is_write=True) from None
        finally:
            self.waiting -= 1
        try:
            with self._told(is_write=True):
                yield max(0.0, until - time.perf_counter())
        finally:
            self._writing.release()

    async def _begin(self, patience: float) -> "asyncio.Future[None]":
        """Open a transaction. All who wait for their turn by now join it: the lock is given in the order in which it was asked
        for, and its commit asks for it here."""
        await self._engine.begin(patience)
        self._commit = asyncio.get_running_loop().create_future()
        self._committing = asyncio.create_task(self._end(), name="commit")
        return self._commit

    async def _end(self) -> None:
        async with self._writing:
            await self._finish()

    async def _finish(self) -> None:
        """Commit the open transaction, if there is one. Whoever has a part in it hears what becomes of it."""
        if self._commit is None:
            return
        try:
            with self._told(is_write=True):
                await self._engine.commit()
            self._settle(None)
        except BaseException as error:
            await self._engine.rollback()
            self._settle(error)

    def _settle(self, error: BaseException | None) -> None:
        assert self._commit is not None
        commit, self._commit = self._commit, None
        if error is None:
            commit.set_result(None)
        else:
            commit.set_exception(error)
            commit.exception()  # they may all have been cancelled, and then nobody else asks for it

    @contextmanager
    def _told(self, *, is_write: bool) -> Iterator[None]:
        try:
            yield
        except self._engine.errors as error:
            told = self._engine.told(error)
            if told is None:
                raise
            if isinstance(told, FilmGone):
                raise told from error
            trouble, why = told
            if trouble is DAMAGE:
                self.damage = str(error)
            raise _unavailable(trouble, why, is_write=is_write) from error


def _unavailable(trouble: Trouble, why: str, *, is_write: bool) -> Unavailable:
    log.log(trouble.level, "the database could not be %s: %s", "written" if is_write else "read", why)
    return Unavailable(trouble, trouble.unsaved if is_write else "")
