"""Stars for films that no data set knows yet: kept by title, counted once the film comes to be known."""

from collections.abc import Mapping

from bot.store import values
from bot.store.film_ids import film_today
from bot.store.night_rows import Run, Transaction, within
from bot.store.records import UnknownRating
from recommender.catalogue import name_and_year
from recommender.text import title_key

Title = tuple[str, int | None]  # as titles are compared, and the year where it is known

_RATING = "id, written, stars, rated_at"


def title_of(written: str) -> Title:
    """ "Dune: Part Two (2024)" -> ("dune part two", 2024)."""
    name, year = name_and_year(" ".join(written.split()))
    return title_key(name), year


class UnknownTitles:
    """The part of the store that is about such films. A member has one rating for a title and year."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    async def rate(self, member: int, written: str, stars: float, at: int) -> UnknownRating:
        """Save stars for a title as somebody wrote it, with its year or without, in place of earlier ones."""
        title, year = title_of(written)
        [row] = await self._run(
            "INSERT INTO unknown_ratings (member_id, title, year, written, stars, rated_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (member_id, title, coalesce(year, 0)) DO UPDATE SET written = excluded.written,"
            f" stars = excluded.stars, rated_at = excluded.rated_at RETURNING {_RATING}",
            values.member(member),
            title,
            year,
            written,
            values.stars(stars),
            values.seconds(at),
        )
        return UnknownRating(*row)

    async def ratings(self, member: int) -> list[UnknownRating]:
        """Newest first."""
        rows = await self._run(
            f"SELECT {_RATING} FROM unknown_ratings WHERE member_id = ? ORDER BY rated_at DESC, id DESC", member
        )
        return [UnknownRating(*row) for row in rows]

    async def remove(self, member: int, entry: int) -> UnknownRating | None:
        """Remove one of the member's own and return it; None if they have none with this id."""
        rows = await self._run(
            f"DELETE FROM unknown_ratings WHERE member_id = ? AND id = ? RETURNING {_RATING}", member, entry
        )
        return UnknownRating(*rows[0]) if rows else None

    async def titles(self) -> set[Title]:
        """All that is waiting to be known: what was rated, and what evenings have, for it may be rated yet."""
        rated = await self._run("SELECT DISTINCT title, year FROM unknown_ratings")
        put_in = await self._run("SELECT DISTINCT title FROM night_films WHERE title IS NOT NULL")
        return {(row["title"], row["year"]) for row in rated} | {title_of(row["title"]) for row in put_in}

    async def settle(self, known: Mapping[Title, int]) -> int:
        """Titles -> the films that they turned out to be: their stars become ratings, and evenings that watched them have watched
        these films, in one transaction; returns how many stars. What a member rated as a film of the catalogue stays; of several
        titles of one film, the newest stars count."""
        async with self._transaction() as db:
            run = within(db)
            waiting = await run(
                "SELECT id, title, year, member_id, stars, rated_at FROM unknown_ratings ORDER BY rated_at DESC, id DESC"
            )
            found = [(row, known[title]) for row in waiting if (title := (row["title"], row["year"])) in known]
            for row, film in found:
                await run(
                    f"INSERT INTO ratings (member_id, movie_id, stars, rated_at) VALUES (?1, {film_today('?2')}, ?3, ?4)"
                    " ON CONFLICT DO NOTHING",
                    row["member_id"],
                    film,
                    row["stars"],
                    row["rated_at"],
                )
                await run("DELETE FROM unknown_ratings WHERE id = ?", row["id"])
            for row in await run("SELECT id, title FROM night_films WHERE title IS NOT NULL"):
                if (movie := known.get(title_of(row["title"]))) is not None:
                    # Not where the evening has that film already.
                    await run(
                        f"UPDATE OR IGNORE night_films SET movie_id = {film_today('?1')}, title = NULL WHERE id = ?2",
                        movie,
                        row["id"],
                    )
        return len(found)
