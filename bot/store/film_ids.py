"""Which film an id means: what happens to all that carries an id when its film comes to be known by another."""

import json
import time
from collections.abc import Collection, Iterable, Mapping

from bot.store import values
from bot.store.engine import Row, Run, Statements, Transaction
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
    moved = await renumber(run, new) if new else 0
    await run.many("INSERT INTO aliases (old, movie_id) VALUES (?, ?)", new.items())
    await run.many("UPDATE aliases SET movie_id = ?2 WHERE movie_id = ?1", new.items())
    return moved


async def _new(run: Run, to: Mapping[int, int]) -> dict[int, int]:
    """What of it is not known yet, with the films at the ends of chains. None moves to one that was removed."""
    known = dict(map(tuple, await run("SELECT old, movie_id FROM aliases")))
    ends = {old: _last({**known, **to}, old) for old in to if old not in known}
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


# What members have of a film by its id alone: the table, its columns besides, and what stays where a member has two.
_OF_MEMBERS = (
    (
        "ratings",
        "stars, rated_at",
        "UPDATE SET stars = excluded.stars, rated_at = excluded.rated_at WHERE excluded.rated_at > ratings.rated_at",
    ),
    ("seen", "marked_at", "UPDATE SET marked_at = excluded.marked_at WHERE excluded.marked_at < seen.marked_at"),
    ("unseen", "said_at", "UPDATE SET said_at = excluded.said_at WHERE excluded.said_at < unseen.said_at"),
    ("watchlist", "added_at", "UPDATE SET added_at = excluded.added_at WHERE excluded.added_at < watchlist.added_at"),
)


async def _of_members(run: Statements) -> int:
    """The newest of a member's ratings of a film stays, and the oldest of all else that they have of it."""
    rows = dict[str, list[Row]]()
    # All go before any comes back, since an id may be one film's old id and another's new one.
    for table, columns, _ in _OF_MEMBERS:
        time = columns.split()[-1]
        rows[table] = await run(
            f"SELECT member_id, new, {columns} FROM {table} AS t JOIN renumbered ON old = movie_id ORDER BY {time}, t.rowid"
        )
        await run(f"DELETE FROM {table} WHERE movie_id IN (SELECT old FROM renumbered)")
    for table, columns, both in _OF_MEMBERS:
        places = ", ".join("?" * (2 + len(columns.split(", "))))
        await run.many(
            f"INSERT INTO {table} (member_id, movie_id, {columns}) VALUES ({places})"
            f" ON CONFLICT (member_id, movie_id) DO {both}",
            map(tuple, rows[table]),
        )
    return sum(map(len, rows.values()))


async def _exclusions(run: Statements) -> int:
    # With a minus first, so that none meets another's old id.
    moved = await run(
        "UPDATE exclusions SET value = '-' || value WHERE kind = 'movie' AND value IN"
        " (SELECT CAST(old AS TEXT) FROM renumbered) RETURNING id, member_id, value"
    )
    new = {f"-{old}": str(film) for old, film in await run("SELECT old, new FROM renumbered")}
    for entry, member, value in sorted(map(tuple, moved)):
        twin = "SELECT 1 FROM exclusions WHERE member_id = ? AND kind = 'movie' AND value = ?"
        if await run(twin, member, new[value]):
            await run("DELETE FROM exclusions WHERE id = ?", entry)
        else:
            await run("UPDATE exclusions SET value = ? WHERE id = ?", new[value], entry)
    return len(moved)


async def _night_films(run: Statements) -> int:
    moved = await run(
        "UPDATE night_films SET movie_id = -movie_id WHERE movie_id IN (SELECT old FROM renumbered)"
        " RETURNING id, night_id, (SELECT new FROM renumbered WHERE old = -movie_id) AS new"
    )
    for film in sorted(moved, key=lambda row: row["id"]):
        twin = await run(
            "SELECT id FROM night_films WHERE night_id = ? AND movie_id = ?", film["night_id"], film["new"]
        )
        if twin:
            await _merge(run, film["night_id"], film["id"], twin[0]["id"])
        else:
            await run("UPDATE night_films SET movie_id = ? WHERE id = ?", film["new"], film["id"])
    return len(moved)


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
    for row in await run("SELECT id, request, movies, matches FROM lists"):
        request, movies, matches = (json.loads(row[name]) for name in ("request", "movies", "matches"))
        if new.keys().isdisjoint([*movies, request.get("movie")]):
            continue
        # A film that was there by two ids keeps its first place. A list has a match for each film, or none at all.
        fits = dict(zip(reversed([new.get(film, film) for film in movies]), reversed(matches), strict=False))
        films = _renumbered(movies, new)
        if "movie" in request:
            request["movie"] = new.get(request["movie"], request["movie"])
        await run(
            "UPDATE lists SET request = ?, movies = ?, matches = ? WHERE id = ?",
            values.json_text(request),
            values.json_text(films),
            values.json_text([fits[film] for film in films if film in fits]),
            row["id"],
        )


def _renumbered(films: Collection[int], new: Mapping[int, int]) -> list[int]:
    """In the same order, each once."""
    return list(dict.fromkeys(new.get(film, film) for film in films))
