"""What members want to see. A film that its member rates or marks as seen leaves it: triggers of the database see to that."""

from bot.store import values
from bot.store.engine import Run, Transaction
from bot.store.film_ids import film_today
from bot.store.member_films import MemberFilms

MOST_WANTED = 500  # films on one member's list


class Full(Exception):  # noqa: N818 (nothing is wrong)
    """A member has as many films on the list as one may."""


class Watchlists(MemberFilms):
    """The part of the store that is about these lists."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        super().__init__(run, "watchlist", "added_at")
        self._transaction = transaction

    async def add(self, member: int, movie: int, at: int) -> bool:
        """True if the film came onto the list; False if it was there, or if the member rated it or marked it as seen. Raises
        Full, and adds nothing, for a list of MOST_WANTED films."""
        row = (values.member(member), values.movie(movie), values.seconds(at))
        async with self._transaction() as run:
            added = await run(
                f"INSERT INTO watchlist (member_id, movie_id, added_at) VALUES (?1, {film_today('?2')}, ?3)"
                " ON CONFLICT DO NOTHING RETURNING 1",
                *row,
            )
            [[count]] = await run("SELECT count(*) FROM watchlist WHERE member_id = ?", member)
            if count > MOST_WANTED:
                raise Full
        return bool(added)
