"""Lists that were answered, kept for the buttons that turn their pages."""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from bot.store import values
from bot.store.database import Unavailable
from bot.store.engine import Run, Transaction
from bot.store.records import SavedList

PATIENCE = 1.0  # seconds that a list waits to be kept: its member wants to read it, and a busy loop turns late


class SavedLists:
    """The part of the store that is about these lists."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    async def save(
        self,
        member: int,
        command: str,
        request: dict[str, Any],
        movies: Iterable[int],
        at: int,
        matches: Iterable[float] = (),
    ) -> SavedList:
        """Keep an answer. The request must fit JSON. matches: see `SavedList`. Where it can't be kept it has no id: who only
        wants to read is not to suffer for it."""
        films, shares = [values.movie(movie) for movie in movies], list(matches)
        row = (
            values.member(member),
            command,
            values.json_text(request),
            values.json_text(films),
            values.json_text(shares),
            values.seconds(at),
        )
        list_id = None
        with suppress(Unavailable):
            async with self._transaction(PATIENCE) as run:
                rows = await run(
                    "INSERT INTO lists (member_id, command, request, movies, matches, created_at)"
                    " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
                    *row,
                )
            [[list_id]] = rows  # only now is it kept
        return SavedList(list_id, member, command, request, films, shares, at)

    async def get(self, list_id: int) -> SavedList | None:
        rows = await self._run(
            "SELECT id, member_id, command, request, movies, matches, created_at FROM lists WHERE id = ?", list_id
        )
        if not rows:
            return None
        key, member, command, request, movies, matches, created_at = rows[0]
        return SavedList(key, member, command, json.loads(request), json.loads(movies), json.loads(matches), created_at)

    async def recommended(self, member: int) -> set[int]:
        """The films of the lists that `/recommend` gave a member, as far back as lists are kept."""
        rows = await self._run(
            "SELECT DISTINCT value FROM lists, json_each(movies) WHERE member_id = ? AND command = 'recommend'", member
        )
        return {row["value"] for row in rows}

    async def prune(self, before: int) -> int:
        """Forget those from before then; returns how many."""
        return len(await self._run("DELETE FROM lists WHERE created_at < ? RETURNING 1", before))
