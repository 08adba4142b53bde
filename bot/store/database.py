"""The two connections to the database, one that writes and one that reads, and what a member is told where neither can."""

import asyncio
import logging
import math
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import aiosqlite

from bot.refusal import Refusal
from bot.store.migrate import BeforeMigration, prepare

log = logging.getLogger(__name__)

PATIENCE = 2.5  # seconds that a write waits, and all writes of one answer: Discord takes none after three
OPENING_PATIENCE = 5.0

_LATER = "Whoever hosts me has been told; try again later."


NOTHING_SAVED, PART_SAVED = ", so nothing was saved", ", so only a part of it was saved"


class _Trouble(NamedTuple):
    what: str
    advice: str
    level: int


class Unavailable(Refusal):
    """What the database can't do now. A write that it refuses is never stored later."""

    def __init__(self, trouble: _Trouble, unsaved: str = "") -> None:
        super().__init__(f"{trouble.what}{unsaved}. {trouble.advice}")
        self.trouble, self.is_write = trouble, bool(unsaved)


_BUSY = _Trouble("The database is busy with something else", "Try again in a moment.", logging.WARNING)
_FULL = _Trouble("My disk is full", _LATER, logging.ERROR)
_DISK = _Trouble("My disk doesn't work as it should", _LATER, logging.ERROR)
_DAMAGE = _Trouble("Something in my database is damaged", _LATER, logging.ERROR)
# By SQLite's primary result code. Any other is a mistake in a statement.
_TROUBLES = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_READONLY: _DISK,
    sqlite3.SQLITE_CANTOPEN: _DISK,
    sqlite3.SQLITE_PROTOCOL: _DISK,
    sqlite3.SQLITE_CORRUPT: _DAMAGE,
    sqlite3.SQLITE_NOTADB: _DAMAGE,
}


class FilmGone(Refusal):
    """Something was to be written of a film that members added and the owner removed."""

    def __init__(self) -> None:
        super().__init__("That film is no longer in my catalogue. Look for it with `/rate`.")


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
        if error.is_write and answer.has_saved:
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
    """Reads never wait for a writer: in WAL mode a connection of their own sees what was committed last. A write that gets no
    turn in time is refused. What either can't do is Unavailable, and told in the log.

    Writes that wait for their turn at the same time share one commit, since waiting for the disk is what takes long. One may
    fail alone, and none returns before the commit.
    """

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self.damage: str | None = None  # what SQLite said of it, if it came upon any since the start
        self._writer, self._reader = writer, reader
        # All tasks share the connections. The locks keep one task's statement out of another's transaction.
        self._writing, self._reading = asyncio.Lock(), asyncio.Lock()
        self.waiting = 0  # writes that wait for their turn
        self._commit: asyncio.Future[None] | None = None  # that of the open transaction, which others may still join
        self._committing: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, before_migration: BeforeMigration | None = None) -> AsyncIterator[Self]:
        """Raises OSError, sqlite3.Error and, as `prepare` does, StoreError."""
        _make(path)
        async with aiosqlite.connect(path, isolation_level=None, timeout=OPENING_PATIENCE) as writer:
            await prepare(writer, before_migration)
            async with aiosqlite.connect(read_only(path), uri=True, isolation_level=None, timeout=PATIENCE) as reader:
                reader.row_factory = sqlite3.Row
                database = cls(writer, reader)
                try:
                    yield database
                finally:
                    await database._end()

    async def run(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """One statement; what it changes is committed when this returns."""
        if not sql.startswith("SELECT"):
            async with self.turn() as db:
                return list(await db.execute_fetchall(sql, values))
        async with self._reading:
            with self._told(is_write=False):
                return list(await self._reader.execute_fetchall(sql, values))

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[aiosqlite.Connection]:
        """Several reads of one moment."""
        async with self._reading:
            with self._told(is_write=False):
                try:
                    await self._reader.execute("BEGIN")
                    yield self._reader
                finally:
                    await self._reader.rollback()

    @asynccontextmanager
    async def transaction(self, patience: float | None = None) -> AsyncIterator[aiosqlite.Connection]:
        """Several statements, all of which are committed when this returns; an error, or a task that is cancelled in between,
        undoes them all. patience: how many seconds it may wait for its turn, PATIENCE by default."""
        async with self.turn(patience) as db:
            try:
                await db.execute("SAVEPOINT own")
                yield db
            except BaseException:
                # Where the disk is full SQLite may have undone the whole transaction already.
                with suppress(sqlite3.Error):
                    await db.execute("ROLLBACK TO own")
                    await db.execute("RELEASE own")
                raise
            await db.execute("RELEASE own")

    @asynccontextmanager
    async def turn(self, patience: float | None = None) -> AsyncIterator[aiosqlite.Connection]:
        """The same for statements of which at most one writes: SQLite itself undoes one that fails. It takes half as long."""
        answer = _current()
        async with self._alone(PATIENCE if patience is None else patience, answer) as left:
            with _waiting(answer):
                commit = self._commit or await self._begin(left)
            changes = self._writer.total_changes
            try:
                with self._told(is_write=True):
                    yield self._writer
            except BaseException as error:
                if not self._writer.in_transaction:  # all who share it are told
                    self._settle(error)
                raise
            has_changed = self._writer.total_changes > changes
        await asyncio.shield(commit)
        answer.has_saved |= has_changed

    async def rewrite(self) -> bool:
        """Write the file anew, and empty the write-ahead log: 2.5 s for a million ratings. False if the log could not be emptied,
        since another process still reads what it has."""
        async with self._alone(PATIENCE, _current()) as left:
            await self._finish()
            await self._wait_at_most(left)
            await self._writer.execute_fetchall("VACUUM")
            [[is_busy, *_]] = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        return not is_busy

    @asynccontextmanager
    async def _alone(self, patience: float, answer: _Answer) -> AsyncIterator[float]:
        """The writing connection for one task alone. Gives what the wait for other tasks has left of `patience`, for which SQLite
        may then wait for other processes."""
        patience = max(0.0, min(patience, answer.left))
        until = time.perf_counter() + patience
        self.waiting += 1
        try:
            with _waiting(answer):
                async with asyncio.timeout(patience):
                    await self._writing.acquire()
        except TimeoutError:
            raise _unavailable(_BUSY, "other writes took too long", is_write=True) from None
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
        await self._wait_at_most(patience)
        try:
            await self._writer.execute("BEGIN IMMEDIATE")
        except BaseException:
            await self._writer.rollback()
            raise
        self._commit = asyncio.get_running_loop().create_future()
        self._committing = asyncio.create_task(self._end(), name="commit")
        return self._commit

    async def _wait_at_most(self, seconds: float) -> None:
        await self._writer.execute_fetchall(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    async def _end(self) -> None:
        async with self._writing:
            await self._finish()

    async def _finish(self) -> None:
        """Commit the open transaction, if there is one. Whoever has a part in it hears what becomes of it."""
        if self._commit is None:
            return
        try:
            with self._told(is_write=True):
                await self._writer.execute("COMMIT")  # `commit` would say nothing where SQLite has undone it all
            self._settle(None)
        except BaseException as error:
            await self._writer.rollback()
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
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CONSTRAINT_TRIGGER:  # see 0015_gone.sql
                raise FilmGone from error
            # The last byte is the primary code. Python's own errors, as of a closed connection, have none.
            trouble = _TROUBLES.get(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF)
            if trouble is None:
                raise
            if trouble is _DAMAGE:
                self.damage = str(error)
            raise _unavailable(trouble, f"{error} ({error.sqlite_errorname})", is_write=is_write) from error


def read_only(path: str | Path) -> str:
    """The address by which SQLite opens a database for reading alone."""
    return f"{Path(path).resolve().as_uri()}?mode=ro"


def _unavailable(trouble: _Trouble, why: str, *, is_write: bool) -> Unavailable:
    log.log(trouble.level, "the database could not be %s: %s", "written" if is_write else "read", why)
    return Unavailable(trouble, NOTHING_SAVED if is_write else "")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # what members rate is nobody else's business
    # Tried here first: aiosqlite leaves a thread behind if it can't open a file.
    sqlite3.connect(path).close()
