"""What the store asks of a database engine. What SQLite and PostgreSQL differ in is below it, in `engines`, and nowhere else."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

from bot.refusal import Refusal

# Called with the version to which a database with data is about to be brought, in a thread. A StoreError keeps it as it is.
BeforeMigration = Callable[[int], object]

_LATER = "Whoever hosts me has been told; try again later."
_TELL = "Please tell whoever hosts me: nobody else sees that."


class StoreError(Exception):
    """The database can't be used; the message says why."""


class FilmGone(Refusal):
    """Something was to be written of a film that members added and the owner removed."""

    def __init__(self) -> None:
        super().__init__("That film is no longer in my catalogue. Look for it with `/rate`.")


NOTHING_SAVED, PART_SAVED = ", so nothing was saved", ", so only a part of it was saved"


class Trouble(NamedTuple):
    """What a database can't do now: what a member is told, also of what was to be saved, and how loud the log is."""

    what: str
    advice: str
    level: int
    unsaved: str = NOTHING_SAVED


BUSY = Trouble("The database is busy with something else", "Try again in a moment.", logging.WARNING)
FULL = Trouble("My disk is full", _LATER, logging.ERROR)
DISK = Trouble("My disk doesn't work as it should", _LATER, logging.ERROR)
SERVER_FULL = Trouble("My database's disk is full", _TELL, logging.ERROR)
SERVER_DISK = Trouble("My database's disk doesn't work as it should", _TELL, logging.ERROR)
DAMAGE = Trouble("Something in my database is damaged", _LATER, logging.ERROR)
AWAY = Trouble("My database can't be reached", "Try again in a minute.", logging.ERROR)
UNKNOWN = Trouble(
    "I lost my database just as it was saving",
    "Please look first, before you do that again.",
    logging.ERROR,
    ", so I don't know whether it did",
)


class Row(Protocol):
    """Its values by their places and by their columns' names."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Any: ...


Run = Callable[..., Awaitable[list[Row]]]  # run(sql, *values): one statement


class Statements(Protocol):
    """Statements of one transaction. Values stand as `?`, or as `?1` where one is needed twice."""

    async def __call__(self, sql: str, *values: object) -> list[Row]:
        """One statement."""

    async def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """One statement for each of the rows of values."""

    async def fill(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """All of the rows at once: each is numbers, text and None."""


class Transaction(Protocol):
    """Opens one. patience: seconds to wait for its turn, if not as long as others. saves: False where it only fills temporary
    tables, which a member is not told of as something saved."""

    def __call__(
        self, patience: float | None = None, *, saves: bool = True
    ) -> AbstractAsyncContextManager[Statements]: ...


class Engine(Protocol):
    """An open database. One task at a time writes; any may read."""

    errors: tuple[type[Exception], ...]  # what its statements raise
    cleans_aside: bool  # whether others may write while it cleans

    @property
    def changes(self) -> int:
        """How many rows were written since it was opened: more after a statement that wrote than before."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open for writing. Some errors end it."""

    async def read(self, sql: str, *values: object) -> list[Row]:
        """A SELECT, of what was committed last. It never waits for a writer."""

    def moment(self) -> AbstractAsyncContextManager[Run]:
        """Several reads of one moment."""

    async def begin(self, patience: float) -> None:
        """Open a transaction for writing. patience: how many seconds to wait for other processes. Leaves none open where it
        fails."""

    def part(self, *, several: bool) -> AbstractAsyncContextManager[Statements]:
        """A part of the open transaction that is undone alone where it fails. several: whether more than one of its statements
        writes."""

    async def commit(self) -> None:
        """Once this returns, power loss takes nothing of it."""

    async def rollback(self) -> None:
        """Undo the open transaction, if there is one."""

    async def clean(self, patience: float) -> bool:
        """Leave nothing of what was deleted in the files; False if somebody who still reads it keeps it from that, for whom it
        waits so many seconds. Unless it cleans aside, no transaction is open."""

    def told(self, error: Exception) -> tuple[Trouble, str] | FilmGone | None:
        """What an error means, and what the log says of it. None: a mistake in a statement."""


def upsert(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """SQL that writes a row of values for these columns, in place of one that has the key."""
    places = ", ".join("?" * (len(key) + len(columns)))
    sets = ", ".join(f"{column} = excluded.{column}" for column in columns)
    return (
        f"INSERT INTO {table} ({', '.join([*key, *columns])}) VALUES ({places})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"
    )
