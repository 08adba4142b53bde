"""What members want to see. A film that its member rates or marks as seen leaves it: triggers of the database see to that."""

from collections.abc import Iterable

from bot.store import values
from bot.store.film_ids import film_today
from bot.store.night_rows import Run, Transaction, within

MOST_WANTED = 500  # films on one member's list


class Full(Exception):  # noqa: N818 (nothing is wrong)
    """A member has as many films on the list as one may."""


class Watchlists:
    """The part of the store that is about these lists."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    async def add(self, member: int, movie: int, at: int) -> bool:
        """True if the film came onto the list; False if it was there, or if the member rated it or marked it as seen. Raises
        Full, and adds nothing, for a list of MOST_WANTED films."""
        row = (values.member(member), values.movie(movie), values.seconds(at))
        async with self._transaction() as db:
            run = within(db)
            added = await run(
                f"INSERT INTO watchlist (member_id, movie_id, added_at) VALUES (?1, {film_today('?2')}, ?3)"
                " ON CONFLICT DO NOTHING RETURNING 1",
                *row,
            )
            [[count]] = await run("SELECT count(*) FROM watchlist WHERE member_id = ?", member)
            if count > MOST_WANTED:
                raise Full
        return bool(added)

    async def remove(self, member: int, movie: int) -> bool:
        """True if the film was on the list."""
        rows = await self._run(
            f"DELETE FROM watchlist WHERE member_id = ?1 AND movie_id = {film_today('?2')} RETURNING 1",
            values.member(member),
            values.movie(movie),
        )
        return bool(rows)

    async def of(self, member: int) -> dict[int, int]:
        """Movie -> when it was added, newest first."""
        rows = await self._run(
            "SELECT movie_id, added_at FROM watchlist WHERE member_id = ? ORDER BY added_at DESC, rowid DESC", member
        )
        return dict(map(tuple, rows))

    async def of_all(self, members: Iterable[int]) -> dict[int, set[int]]:
        """Member -> the movies on their list, for each of the members."""
        found: dict[int, set[int]] = {member: set() for member in members}
        rows = await self._run(
            "SELECT member_id, movie_id FROM watchlist WHERE member_id IN (SELECT value FROM json_each(?))",
            values.json_text(list(found)),
        )
        for member, movie in rows:
            found[member].add(movie)
        return found
