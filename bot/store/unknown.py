"""Stars for films that no data set knows yet: kept by title, counted once the film comes to be known."""

from collections.abc import Mapping

from bot.store import values
from bot.store.engine import Run, Statements, Transaction
from bot.store.film_ids import films_there
from bot.store.import_changes import as_if_undone
from bot.store.night_rows import identify
from bot.store.records import UnknownMark, UnknownRating
from recommender.catalogue import name_and_year
from recommender.text import title_key

Title = tuple[str, int | None]  # as titles are compared, and the year where it is known

_RATING = "id, written, stars, rated_at"
_MARK = "id, kind, written, marked_at"
# Where rows go whose film comes to be known: their table, which of them and their columns; the films' table and its columns.
_BECOMES = (
    ("unknown_ratings", "true", "stars, rated_at", "ratings", "stars, rated_at"),
    ("unknown_marks", "kind = 'seen'", "marked_at", "seen", "marked_at"),
    ("unknown_marks", "kind = 'wanted'", "marked_at", "watchlist", "added_at"),
)


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

    async def marks(self, member: int) -> list[UnknownMark]:
        """What a member has seen or wants to see, newest first."""
        rows = await self._run(
            f"SELECT {_MARK} FROM unknown_marks WHERE member_id = ? ORDER BY marked_at DESC, id DESC", member
        )
        return [UnknownMark(*row) for row in rows]

    async def remove_mark(self, member: int, entry: int) -> UnknownMark | None:
        """Remove one of the member's own and return it; None if they have none with this id."""
        rows = await self._run(
            f"DELETE FROM unknown_marks WHERE member_id = ? AND id = ? RETURNING {_MARK}", member, entry
        )
        return UnknownMark(*rows[0]) if rows else None

    async def titles(self) -> set[Title]:
        """All that is waiting to be known: what was rated, seen or wanted, and what evenings have, for it may be rated yet."""
        rated = await self._run("SELECT title, year FROM unknown_ratings UNION SELECT title, year FROM unknown_marks")
        put_in = await self._run("SELECT DISTINCT title FROM night_films WHERE title IS NOT NULL")
        return {(row["title"], row["year"]) for row in rated} | {title_of(row["title"]) for row in put_in}

    async def settle(self, known: Mapping[Title, int]) -> int:
        """Titles -> the films that they turned out to be: their stars become ratings, marks are those of films, and evenings that
        watched them have watched these films, in one transaction; returns how many stars. What a member rated as a film of the
        catalogue stays; of several titles of one film, the newest stars count."""
        async with self._transaction() as run:
            aliases = dict(map(tuple, await run("SELECT old, movie_id FROM aliases")))
            known = {title: aliases.get(movie, movie) for title, movie in known.items()}
            there = await films_there(run, known.values())
            known = {title: movie for title, movie in known.items() if movie in there}
            rated = await as_if_undone(
                run, known.values(), (name for name, _ in known), lambda: _become_films(run, known)
            )
            for row in await run("SELECT id, title FROM night_films WHERE title IS NOT NULL"):
                if (movie := known.get(title_of(row["title"]))) is not None:
                    await identify(run, row["id"], movie)
        return rated


async def _become_films(run: Statements, known: Mapping[Title, int]) -> int:
    """Let what members have of titles be theirs of films; returns how many stars."""
    rated, *_ = [await _become(run, known, *tables) for tables in _BECOMES]
    return rated


async def _become(
    run: Statements, known: Mapping[Title, int], unknown: str, which: str, given: str, part: str, columns: str
) -> int:
    """Let rows of a table of titles, which are `concerned`, be rows of one of films, newest first; returns how many."""
    waiting = await run(
        f"SELECT id, title, year FROM {unknown} WHERE {which} AND title IN (SELECT title FROM concerned)"
        f" ORDER BY {given.split()[-1]} DESC, id DESC"
    )
    found = [(key, known[title, year]) for key, title, year in waiting if (title, year) in known]
    await run.many(
        f"INSERT INTO {part} (member_id, movie_id, {columns}) SELECT member_id, CAST(?2 AS BIGINT), {given}"
        f" FROM {unknown} WHERE id = ?1 ON CONFLICT DO NOTHING",
        found,
    )
    await run.many(f"DELETE FROM {unknown} WHERE id = ?", [(key,) for key, _ in found])
    return len(found)
