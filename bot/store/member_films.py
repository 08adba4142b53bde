"""Films that members said one thing of, in a table of its own: who, which film, and when."""

from collections.abc import Iterable

from bot.store import values
from bot.store.engine import Run
from bot.store.film_ids import film_today


class MemberFilms:
    """The films of one such table. table: its name; time: its column of times."""

    def __init__(self, run: Run, table: str, time: str) -> None:
        self._run, self._table, self._time = run, table, time

    async def of(self, member: int) -> dict[int, int]:
        """Movie -> when the member said so, newest first."""
        rows = await self._run(
            f"SELECT movie_id, {self._time} FROM {self._table} WHERE member_id = ? ORDER BY {self._time} DESC, rowid DESC",
            member,
        )
        return dict(map(tuple, rows))

    async def of_all(self, members: Iterable[int]) -> dict[int, set[int]]:
        """Member -> movies, for each of the members."""
        found: dict[int, set[int]] = {member: set() for member in members}
        rows = await self._run(
            f"SELECT member_id, movie_id FROM {self._table} WHERE member_id IN (SELECT value FROM json_each(?))",
            values.json_text(list(found)),
        )
        for member, movie in rows:
            found[member].add(movie)
        return found

    async def remove(self, member: int, movie: int) -> bool:
        """True if the member had said so."""
        rows = await self._run(
            f"DELETE FROM {self._table} WHERE member_id = ?1 AND movie_id = {film_today('?2')} RETURNING 1",
            values.member(member),
            values.movie(movie),
        )
        return bool(rows)
