"""Which film an id means: what happens to all that carries an id when its film comes to be known by another."""

import json
import time
from collections.abc import Collection, Iterable, Mapping

from bot.store import values
from bot.store.engine import Run, Statements, Transaction
from bot.store.import_changes import as_if_undone
from recommender.datasets import ml_100k_ids
from recommender.datasets.identity import TYPED

RENUMBERED = "renumbered at"  # in meta: cards that are older carry ids that mean other films today


def film_today(parameter: str) -> str:
    """SQL for the film that a statement's parameter means today: within the statement, or a move might come in between."""
    return f"coalesce((SELECT movie_id FROM aliases WHERE old = {parameter}), {parameter})"


class FilmIds:
    """The part of the store that knows films' other ids."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    async def aliases(self) -> dict[int, int]:
        """An id that a film was known by -> its id."""
        return dict(map(tuple, await self._run("SELECT old, movie_id FROM aliases")))

    async def renumbered_at(self) -> int:
        """Cards from before then carry ids that mean other films today. 0: there are none."""
        rows = await self._run("SELECT value FROM meta WHERE key = ?", RENUMBERED)
        return int(rows[0]["value"]) if rows else 0

    async def move(self, to: Mapping[int, int]) -> int:
        """Films turned out to be others: let all that carries their ids carry the others', in one transaction, and remember it
        for ever. Returns how many ratings, marks, films unseen and wanted, exclusions and films of evenings moved; where a member
        rated both, the newer rating stays. What is known already is passed over."""
        if not to:
            return 0
        async with self._transaction() as run:
            return await move(run, to)

    async def moves(self, to: Mapping[int, int]) -> dict[int, int]:
        """What of it `move` would do: what is not known already, with the films at the ends of chains."""
        return await _new(self._run, to)


async def move(run: Statements, to: Mapping[int, int]) -> int:
    """The same, within a transaction."""
    new = await _new(run, to)
    if not new:
        return 0
    moved = await renumber(run, new)
    await run.fill("aliases", ("old", "movie_id"), new.items())
    await run("UPDATE aliases AS a SET movie_id = b.movie_id FROM aliases AS b WHERE b.old = a.movie_id")
    return moved


async def _new(run: Run, to: Mapping[int, int]) -> dict[int, int]:
    """What of it is not known yet, with the films at the ends of chains. None moves to one that was removed."""
    known = dict(map(tuple, await run("SELECT old, movie_id FROM aliases")))
    both = {**known, **to}
    ends = {old: _last(both, old) for old in to if old not in known}
    there = await films_there(run, ends.values())
    return {old: movie for old, movie in ends.items() if movie != old and movie in there}


async def films_there(run: Run, movies: Iterable[int]) -> set[int]:
    """Those of the films that were not removed: all but some that members had added."""
    rows = await run("SELECT id FROM typed_films")
    added = {movie for (movie,) in rows}
    return {movie for movie in movies if movie < TYPED or movie in added}


def _last(to: Mapping[int, int], movie: int) -> int:
    """The film at the end of a chain of ids."""
    for _ in to:
        if movie not in to:
            break
        movie = to[movie]
    return movie


async def renumber_ml_100k(run: Statements) -> None:
    """Give the films of a database that has served ml-100k the ids that they have today, once, within a transaction."""
    if not await run("DELETE FROM meta WHERE key = 'ids of ml-100k' RETURNING 1"):
        return
    rows = await run(
        "SELECT report FROM trainings WHERE report IS NOT NULL ORDER BY outcome = 'published' DESC, id DESC"
    )
    served = filter(None, (json.loads(report).get("dataset") for (report,) in rows))
    if next(served, None) == "ml-100k":
        await renumber(run, ml_100k_ids())
        await run("INSERT INTO meta (key, value) VALUES (?, ?)", RENUMBERED, str(int(time.time())))


async def renumber(run: Statements, new: Mapping[int, int]) -> int:
    """Let all rows that carry an id of `new` carry the id it is there for, within a transaction. An old id may also be a new one,
    for another film. Returns how many ratings, marks, films unseen and wanted, exclusions and films of evenings changed."""
    await run("CREATE TEMP TABLE renumbered (old BIGINT PRIMARY KEY, new BIGINT NOT NULL)")
    await run.fill("renumbered", ("old", "new"), [(old, film) for old, film in new.items() if old != film])
    moved = await as_if_undone(run, {*new, *new.values()}, [], lambda: _of_members(run))
    moved += await _exclusions(run) + await _night_films(run)
    await _lists(run, new)
    await run("DROP TABLE renumbered")
    return moved


# What members have of a film by its id alone: the table, its time, and which of two that a member has of one film stays.
_OF_MEMBERS = (
    ("ratings", "rated_at", "the newer"),
    ("seen", "marked_at", "the older"),
    ("unseen", "said_at", "the older"),
    ("watchlist", "added_at", "the older"),
)


async def _of_members(run: Statements) -> int:
    """Give what they have of films by id alone the new ids; returns how many rows had old ones."""
    await run(
        "CREATE TEMP TABLE moved (part TEXT, member_id BIGINT, movie_id BIGINT, stars DOUBLE PRECISION, at BIGINT, place BIGINT)"
    )
    # All go before any comes back, since an id may be one film's old id and another's new one.
    for table, at, _ in _OF_MEMBERS:
        stars = "stars" if table == "ratings" else "NULL"
        await run(
            f"INSERT INTO moved SELECT '{table}', member_id, new, {stars}, {at}, t.rowid FROM {table} AS t"
            " JOIN renumbered ON old = movie_id"
        )
        await run(f"DELETE FROM {table} WHERE rowid IN (SELECT place FROM moved WHERE part = '{table}')")
    for table, at, stays in _OF_MEMBERS:
        order, comes_before = ("at DESC, place", ">") if stays == "the newer" else ("at, place", "<")
        stars, sets = ("stars, ", "stars = excluded.stars, ") if table == "ratings" else ("", "")
        await run(
            f"INSERT INTO {table} (member_id, movie_id, {stars}{at}) SELECT member_id, movie_id, {stars}at FROM"
            f" (SELECT *, row_number() OVER (PARTITION BY member_id, movie_id ORDER BY {order}) AS nth FROM moved"
            f" WHERE part = '{table}') AS m WHERE nth = 1 ORDER BY at, place ON CONFLICT (member_id, movie_id)"
            f" DO UPDATE SET {sets}{at} = excluded.{at} WHERE excluded.{at} {comes_before} {table}.{at}"
        )
    [[count]] = await run("SELECT count(*) FROM moved")
    await run("DROP TABLE moved")
    return int(count)


async def _exclusions(run: Statements) -> int:
    await run(
        "CREATE TEMP TABLE excluded AS SELECT id, member_id, kind, CAST(new AS TEXT) AS value, added_at FROM exclusions"
        " JOIN renumbered ON old = CASE kind WHEN 'movie' THEN CAST(value AS BIGINT) END"
    )
    await run("DELETE FROM exclusions WHERE id IN (SELECT id FROM excluded)")
    await run(
        "INSERT INTO exclusions (id, member_id, kind, value, added_at) SELECT * FROM excluded ORDER BY id"
        " ON CONFLICT (member_id, kind, value) DO NOTHING"
    )
    [[count]] = await run("SELECT count(*) FROM excluded")
    await run("DROP TABLE excluded")
    return int(count)


async def _night_films(run: Statements) -> int:
    await run("CREATE TEMP TABLE shown (id BIGINT PRIMARY KEY, night_id BIGINT NOT NULL, new BIGINT NOT NULL)")
    await run("INSERT INTO shown SELECT id, night_id, new FROM night_films JOIN renumbered ON old = movie_id")
    # Numbers that no film has, so that none meets another's old id.
    await run("UPDATE night_films SET movie_id = -id WHERE id IN (SELECT id FROM shown)")
    films = await run(
        "SELECT id, night_id, coalesce((SELECT f.id FROM night_films AS f WHERE f.night_id = s.night_id AND f.movie_id = s.new),"
        " min(id) OVER (PARTITION BY night_id, new)) AS kept FROM shown AS s ORDER BY id"
    )
    for film, night, kept in films:
        if film != kept:
            await _merge(run, night, film, kept)
    await run("UPDATE night_films SET movie_id = s.new FROM shown AS s WHERE s.id = night_films.id")
    await run("DROP TABLE shown")
    return len(films)


async def _merge(run: Statements, night: int, gone: int, kept: int) -> None:
    """An evening had one film twice: who wanted or approved of either wanted that film."""
    await run("UPDATE nights SET winner = ? WHERE winner = ?", kept, gone)
    await run(
        "UPDATE night_suggestions SET film_id = ?1 WHERE film_id = ?2"
        " AND NOT EXISTS (SELECT 1 FROM night_suggestions WHERE film_id = ?1)",
        kept,
        gone,
    )
    await run("DELETE FROM night_suggestions WHERE film_id = ?", gone)
    for row in await run("SELECT member_id, films FROM night_votes WHERE night_id = ?", night):
        films = _renumbered(json.loads(row["films"]), {gone: kept})
        await run(
            "UPDATE night_votes SET films = ? WHERE night_id = ? AND member_id = ?",
            json.dumps(sorted(films)),
            night,
            row["member_id"],
        )
    await run("DELETE FROM night_films WHERE id = ?", gone)


async def _lists(run: Statements, new: Mapping[int, int]) -> None:
    rows = await run(
        "SELECT id, request, movies, matches FROM lists WHERE request LIKE '%\"movie\"%' OR EXISTS"
        " (SELECT 1 FROM json_each(movies) WHERE value IN (SELECT old FROM renumbered))"
    )
    changed = []
    for row in rows:
        request, movies, matches = (json.loads(row[name]) for name in ("request", "movies", "matches"))
        # A film that was there by two ids keeps its first place. A list has a match for each film, or none at all.
        fits = dict(zip(reversed([new.get(film, film) for film in movies]), reversed(matches), strict=False))
        films = _renumbered(movies, new)
        if "movie" in request:
            request["movie"] = new.get(request["movie"], request["movie"])
        kept = [fits[film] for film in films if film in fits]
        changed.append((*map(values.json_text, (request, films, kept)), row["id"]))
    await run.many("UPDATE lists SET request = ?, movies = ?, matches = ? WHERE id = ?", changed)


def _renumbered(films: Collection[int], new: Mapping[int, int]) -> list[int]:
    """In the same order, each once."""
    return list(dict.fromkeys(new.get(film, film) for film in films))
