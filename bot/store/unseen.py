"""Films that members said they have not seen. One that is rated or marked as seen is none of them any more: triggers of the
database see to that."""

from bot.store import values
from bot.store.engine import Run
from bot.store.film_ids import film_today
from bot.store.member_films import MemberFilms


class UnseenFilms(MemberFilms):
    """The part of the store that is about these films."""

    def __init__(self, run: Run) -> None:
        super().__init__(run, "unseen", "said_at")

    async def say(self, member: int, movie: int, at: int) -> bool:
        """True if the member has not seen the film, whether they said so now or before; False if they rated it or marked it as
        seen: that stays."""
        rows = await self._run(
            f"INSERT INTO unseen (member_id, movie_id, said_at) VALUES (?1, {film_today('?2')}, ?3)"
            " ON CONFLICT (member_id, movie_id) DO UPDATE SET said_at = excluded.said_at RETURNING 1",
            values.member(member),
            values.movie(movie),
            values.seconds(at),
        )
        return bool(rows)
