"""What several members rated and saw together. The database counts it, since that may be a quarter of a million ratings."""

from collections.abc import Iterable

from bot.store import values
from bot.store.engine import Run
from bot.store.records import ClubFilm


class Clubs:
    """The part of the store that is about that. It changes nothing."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def films(self, members: Iterable[int], fewest: int) -> list[ClubFilm]:
        """The films that at least so many of the members rated, the smallest id first."""
        rows = await self._run(
            "SELECT movie_id, count(*), avg(stars), avg(stars * stars) FROM ratings"
            " WHERE member_id IN (SELECT value FROM json_each(?)) GROUP BY movie_id HAVING count(*) >= ? ORDER BY movie_id",
            values.json_text(list(members)),
            fewest,
        )
        return [
            ClubFilm(movie, ratings, mean, max(squares - mean**2, 0) ** 0.5) for movie, ratings, mean, squares in rows
        ]

    async def seen_most(self, members: Iterable[int], limit: int) -> dict[int, int]:
        """Member -> how many films they rated or marked as seen, most first, of at most so many of the members; who has seen
        none is left out."""
        rows = await self._run(
            "SELECT * FROM (SELECT m.value AS member, (SELECT count(*) FROM ratings WHERE member_id = m.value)"
            " + (SELECT count(*) FROM seen AS s WHERE s.member_id = m.value AND NOT EXISTS"
            " (SELECT 1 FROM ratings AS r WHERE r.member_id = s.member_id AND r.movie_id = s.movie_id)) AS films"
            " FROM json_each(?) AS m) AS counted WHERE films > 0 ORDER BY films DESC, member LIMIT ?",
            values.json_text(list(members)),
            limit,
        )
        return dict(map(tuple, rows))
