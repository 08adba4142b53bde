"""What is common to the sources of films: how an update goes through one."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from bot.films.fetch import Web
from bot.films.shelf import Shelf

# What is being fetched ("2019-07"), how much is done, and how much there is in all (None if unknown).
Progress = Callable[[str, int, int | None], None]


class Source(Protocol):
    """A place where films are known, each a small reader of its own."""

    @property
    def name(self) -> str:
        """Its folder on the shelf."""

    async def update(self, web: Web, shelf: Shelf, older_than: datetime, progress: Progress) -> int:
        """Fetch what is missing or was fetched before `older_than`; returns how many pieces failed and are as they were.

        What was fetched is kept, however the update ends. Raises FetchError where it can't go on, OSError where the folder
        can't be written.
        """
