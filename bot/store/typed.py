"""Films that members added: a title, a year and genres, under ids of their own."""

from collections.abc import Collection

from bot.store import values
from bot.store.engine import Run, Statements, Transaction
from bot.store.film_ids import film_today, move
from bot.store.import_changes import as_if_undone
from bot.store.records import AddedFilm
from bot.store.unknown import Title
from recommender.datasets.identity import TYPED
from recommender.text import title_key

A_DAY = 86_400  # seconds
MOST_A_DAY = 5  # films that one member may add

# The films that are others' today come last: what is said of those counts before.
FILMS = (
    "SELECT id, coalesce(movie_id, id) AS movie, title, year, genres, added_at FROM typed_films"
    " LEFT JOIN aliases ON old = id ORDER BY movie_id IS NOT NULL, id"
)


class Enough(Exception):  # noqa: N818 (nothing is wrong)
    """A member has added as many films within a day as one may."""


class Taken(Exception):  # noqa: N818
    """Another film has this title and year."""

    def __init__(self, movie: int) -> None:
        super().__init__(f"film {movie} has this title and year")
        self.movie = movie


class TypedFilms:
    """The part of the store that is about such films. There is one for a title and year."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    async def add(self, member: int, title: str, year: int | None, genres: Collection[str], at: int) -> int:
        """The id of the film with this title and year: the one that is there, or else a new one. Raises Enough, and adds nothing,
        for a member who has added MOST_A_DAY within a day."""
        member, at = values.member(member), values.seconds(at)
        async with self._transaction() as run:
            if (known := await _known(run, title, year)) is not None:
                return known
            [[added]] = await run(
                "SELECT count(*) FROM additions WHERE member_id = ? AND added_at > ?", member, at - A_DAY
            )
            if added >= MOST_A_DAY:
                raise Enough
            [[movie]] = await run(
                "INSERT INTO typed_films (title, name, year, genres, added_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
                title,
                title_key(title),
                year,
                "|".join(genres),
                at,
            )
            await run("INSERT INTO additions (member_id, movie_id, added_at) VALUES (?, ?, ?)", member, movie, at)
        return int(movie)

    async def films(self) -> list[AddedFilm]:
        """All that were added and not removed; those that turned out to be other films last."""
        return [AddedFilm.of(*row) for row in await self._run(FILMS)]

    async def raters(self, movies: Collection[int]) -> dict[int, int]:
        """Movie -> how many members rated it."""
        rows = await self._run(
            "SELECT movie_id, count(*) FROM ratings WHERE movie_id IN (SELECT value FROM json_each(?)) GROUP BY movie_id",
            values.json_text(list(movies)),
        )
        return dict.fromkeys(movies, 0) | dict(map(tuple, rows))

    async def rename(self, movie: int, title: str, year: int | None, genres: Collection[str]) -> bool:
        """Say what a film is; False if there is no such film, or it is another today. Raises Taken if another one has this title
        and year; one that was merged into the film gives them up."""
        facts = title_key(title), year
        async with self._transaction() as run:
            if not await _is_own(run, movie):
                return False
            known = await _known(run, title, year)
            if known not in (None, movie):
                raise Taken(known or 0)
            await run(
                "DELETE FROM typed_films WHERE name = ? AND coalesce(year, 0) = ? AND id <> ?",
                title_key(title),
                year or 0,
                movie,
            )
            await run(
                "UPDATE typed_films SET title = ?, name = ?, year = ?, genres = ? WHERE id = ?",
                *(title, *facts, "|".join(genres), movie),
            )
        return True

    async def merge(self, movie: int, other: int) -> int | None:
        """Let a film be another one from now on, as `FilmIds.move` does; returns how much moved. None, and nothing changes, if
        there is no such film, if it is another today, or if the other one was removed."""
        async with self._transaction() as run:
            [[other]] = await run(f"SELECT {film_today('?1')}", other)
            is_there = other < TYPED or await _is_own(run, other)
            if other == movie or not is_there or not await _is_own(run, movie):
                return None
            return await move(run, {movie: other})

    async def remove(self, movie: int) -> bool:
        """Take a film away, with those that were merged into it; False if there is no such film, or it is another today. Stars
        for it are kept under its title, as those for any film that is not known, and evenings keep the title too. Marks,
        exclusions, its place on watchlists and who hasn't seen it go with it."""
        async with self._transaction() as run:
            if not await _is_own(run, movie):
                return False
            rows = await run("SELECT title, name, year FROM typed_films WHERE id = ?", movie)
            title, name, year = rows[0]
            written = title if year is None else f"{title} ({year})"
            await as_if_undone(run, [movie], [name], lambda: _forget(run, movie, (name, year), written))
            await run("DELETE FROM exclusions WHERE kind = 'movie' AND value = ?", str(movie))
            await run("UPDATE night_films SET movie_id = NULL, title = ?2 WHERE movie_id = ?1", movie, written)
            await run(
                "DELETE FROM typed_films WHERE id = ?1 OR id IN (SELECT old FROM aliases WHERE movie_id = ?1)", movie
            )
        return True


async def _forget(run: Run, movie: int, title: Title, written: str) -> None:
    """Let members have stars for a title in place of a film, and nothing else of it."""
    await run(
        "INSERT INTO unknown_ratings (member_id, title, year, written, stars, rated_at)"
        " SELECT member_id, CAST(?2 AS TEXT), CAST(?3 AS BIGINT), CAST(?4 AS TEXT), stars, rated_at FROM ratings"
        " WHERE movie_id = ?1"
        " ON CONFLICT (member_id, title, coalesce(year, 0)) DO UPDATE SET stars = excluded.stars,"
        " rated_at = excluded.rated_at",
        *(movie, *title, written),
    )
    for table in ("ratings", "seen", "unseen", "watchlist"):
        await run(f"DELETE FROM {table} WHERE movie_id = ?", movie)


async def _is_own(run: Run, movie: int) -> bool:
    """Whether such a film was added, and is no other today."""
    return bool(
        await run("SELECT 1 FROM typed_films WHERE id = ? AND id NOT IN (SELECT old FROM aliases)", movie),
    )


async def _known(run: Statements, title: str, year: int | None) -> int | None:
    """The film, as it is known today, that was added with this title and year."""
    rows = await run(
        f"SELECT {film_today('id')} FROM typed_films WHERE name = ? AND coalesce(year, 0) = ?",
        title_key(title),
        year or 0,
    )
    return rows[0][0] if rows else None
