"""What members bring from elsewhere: it waits until they take it, is written as a whole, and the last that was can be undone."""

import asyncio
import json
from collections.abc import Iterable, Sequence

from bot.store import import_changes, values
from bot.store.engine import Run, Statements, Transaction
from bot.store.import_changes import CHANGED, held
from bot.store.records import Brought, LastImport, Taken, WaitingImport
from bot.store.unknown import title_of
from bot.store.watchlists import MOST_WANTED
from recommender.datasets.identity import TYPED

_BROUGHT = (
    "kind TEXT, movie_id BIGINT, title TEXT, year BIGINT, written TEXT, stars DOUBLE PRECISION, at BIGINT, place BIGINT"
)


class Imports:
    """The part of the store that is about these files. A member has one that waits, and one that can be undone."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction
        self._taking = asyncio.Lock()  # for the table of what is brought

    async def keep(self, member: int, source: str, plan: str, at: int) -> int:
        """Let a plan wait, in place of one that waits already; returns the id of the import."""
        async with self._transaction() as run:
            await run("DELETE FROM imports WHERE member_id = ? AND taken_at IS NULL", values.member(member))
            [[key]] = await run(
                "INSERT INTO imports (member_id, source, plan, read_at) VALUES (?, ?, ?, ?) RETURNING id",
                *(member, source, plan, values.seconds(at)),
            )
        return int(key)

    async def waiting(self, member: int, key: int) -> WaitingImport | None:
        """The member's import that waits; None if this one doesn't any more."""
        rows = await self._run(
            "SELECT id, plan, picks FROM imports WHERE id = ? AND member_id = ? AND taken_at IS NULL", key, member
        )
        return WaitingImport.of(*rows[0]) if rows else None

    async def pick(self, member: int, key: int, place: int, movie: int) -> None:
        """Say which film a row of a plan that waits is. movie: an id, or a number below 0 for what is none."""
        async with self._transaction() as run:
            rows = await run(
                "SELECT picks FROM imports WHERE id = ? AND member_id = ? AND taken_at IS NULL", key, member
            )
            for (picks,) in rows:
                await run(
                    "UPDATE imports SET picks = ? WHERE id = ?",
                    values.json_text(json.loads(picks) | {str(place): movie}),
                    key,
                )

    async def drop(self, member: int, key: int) -> bool:
        """True if the import waited: it does no more."""
        rows = await self._run(
            "DELETE FROM imports WHERE id = ? AND member_id = ? AND taken_at IS NULL RETURNING 1", key, member
        )
        return bool(rows)

    async def take(self, member: int, key: int, brought: Iterable[Brought], theirs: bool, at: int) -> Taken | None:
        """Write what a plan that waits brings, all of it or nothing, and let it wait no more; None if it doesn't wait.

        Where the member has other stars, they stay, unless `theirs`. What they have rated or seen is wanted no more, and a
        watchlist takes the newest that it has room for. An import that changes nothing leaves the last one to be undone.
        """
        rows = await asyncio.to_thread(_rows, brought)
        async with self._taking:
            async with self._transaction(saves=False) as run:  # of its own, so that nobody waits for both
                await _bring(run, rows)
            return await self._take(member, key, theirs, values.seconds(at))

    async def _take(self, member: int, key: int, theirs: bool, at: int) -> Taken | None:
        """Write what the table `brought` says."""
        async with self._transaction() as run:
            if not await run(
                "UPDATE imports SET plan = NULL, picks = '{}', taken_at = ?3 WHERE member_id = ?1 AND id = ?2"
                " AND taken_at IS NULL RETURNING 1",
                *(member, key, at),
            ):
                return None
            await run(f"CREATE TEMP TABLE held AS SELECT member_id, {CHANGED} FROM import_changes WHERE false")
            await run(f"INSERT INTO held {held()}", member)
            await _write(run, member, theirs)
            taken = await _taken(run, member)
            if taken.anything:
                await _remember(run, member, key)
            else:
                await run("DELETE FROM imports WHERE id = ?", key)
            for table in ("held", "brought", "changes"):
                await run(f"DROP TABLE {table}")
        return taken

    async def last(self, member: int) -> LastImport | None:
        """The import that can be undone, if there is one."""
        rows = await self._run(
            "SELECT id, source, taken_at FROM imports WHERE member_id = ?1 AND taken_at IS NOT NULL"
            " AND EXISTS (SELECT 1 FROM import_changes WHERE member_id = ?1) ORDER BY id DESC LIMIT 1",
            member,
        )
        return LastImport(*rows[0]) if rows else None

    async def undo(self, member: int, key: int) -> int | None:
        """Put back what was there before the last import, and leave what the member has changed since. Returns how many rows
        went or came back, in one transaction; None if this is not the last import, or it was undone."""
        async with self._transaction() as run:
            rows = await run("SELECT max(id) FROM imports WHERE member_id = ? AND taken_at IS NOT NULL", member)
            if rows[0][0] != key or not await run("SELECT 1 FROM import_changes WHERE member_id = ? LIMIT 1", member):
                return None
            changed = await import_changes.undo(run, member)
            await run("DELETE FROM imports WHERE id = ?", key)
        return changed

    async def prune(self, before: int) -> int:
        """Forget imports from before then: they no longer wait, and can't be undone. Returns how many."""
        async with self._transaction() as run:
            await run(
                "DELETE FROM import_changes WHERE member_id IN (SELECT member_id FROM imports WHERE taken_at IS NOT NULL"
                " GROUP BY member_id HAVING max(read_at) < ?)",
                before,
            )
            return len(await run("DELETE FROM imports WHERE read_at < ? RETURNING 1", before))


def _rows(brought: Iterable[Brought]) -> list[tuple[object, ...]]:
    """As rows of the table `brought`: what isn't known has a title in place of a film, and what may be gone has both."""
    return [
        (
            each.kind,
            each.movie if each.movie is None else values.movie(each.movie),
            *(title_of(each.written) if each.movie is None or each.movie >= TYPED else (None, None)),
            each.written,
            each.stars if each.stars is None else values.stars(each.stars),
            values.seconds(each.at),
            place,
        )
        for place, each in enumerate(brought)
    ]


async def _bring(run: Statements, rows: Iterable[Sequence[object]]) -> None:
    """Make the table `brought`, with films as they are known today. One that was removed while the plan waited is kept by its
    title, as one that is not known, if it has one."""
    await run("DROP TABLE IF EXISTS brought")  # of one that failed
    await run(f"CREATE TEMP TABLE brought ({_BROUGHT})")
    await run.fill("brought", [column.split()[0] for column in _BROUGHT.split(", ")], rows)
    await run("UPDATE brought SET movie_id = a.movie_id FROM aliases AS a WHERE a.old = brought.movie_id")
    await run(
        "UPDATE brought SET movie_id = NULL WHERE movie_id >= ? AND movie_id NOT IN (SELECT id FROM typed_films)", TYPED
    )
    await run("DELETE FROM brought WHERE movie_id IS NULL AND written = ''")


def _newest(which: str) -> str:
    """SQL for what is brought, each film or title once: two rows may be one by now, and then the newer counts."""
    return (
        "(SELECT *, row_number() OVER (PARTITION BY movie_id, title, coalesce(year, 0) ORDER BY at DESC, place) AS nth"
        f" FROM brought WHERE {which}) AS b"
    )


async def _write(run: Run, member: int, theirs: bool) -> None:
    newest = "ORDER BY at DESC, place"
    had = _of_member("ratings", "seen", "watchlist")
    for table, columns, key, which in (
        ("ratings", "movie_id", "movie_id", "kind = 'rated' AND movie_id IS NOT NULL"),
        ("unknown_ratings", "title, year, written", "title, coalesce(year, 0)", "kind = 'rated' AND movie_id IS NULL"),
    ):
        better = (
            f"UPDATE SET stars = excluded.stars, rated_at = excluded.rated_at WHERE {table}.stars <> excluded.stars"
        )
        await run(
            f"INSERT INTO {table} (member_id, {columns}, stars, rated_at) SELECT CAST(? AS BIGINT), {columns}, stars, at"
            f" FROM {_newest(which)} WHERE nth = 1 {'ORDER BY at, place DESC' if theirs else newest}"
            f" ON CONFLICT (member_id, {key}) DO {better if theirs else 'NOTHING'}",
            member,
        )
    await run(
        "INSERT INTO seen (member_id, movie_id, marked_at) SELECT CAST(?1 AS BIGINT), movie_id, at FROM brought"
        f" WHERE kind = 'seen' AND movie_id IS NOT NULL AND movie_id NOT IN ({_of_member('ratings')}) ORDER BY place"
        " ON CONFLICT DO NOTHING",
        member,
    )
    [[listed]] = await run("SELECT count(*) FROM watchlist WHERE member_id = ?", member)
    await run(
        "INSERT INTO watchlist (member_id, movie_id, added_at) SELECT CAST(?1 AS BIGINT), movie_id, at FROM brought"
        f" WHERE kind = 'wanted' AND movie_id IS NOT NULL AND movie_id NOT IN ({had}) {newest}"
        " LIMIT ?2 ON CONFLICT DO NOTHING",
        *(member, max(0, MOST_WANTED - listed)),
    )
    rated = (
        "SELECT 1 FROM unknown_ratings AS r WHERE r.member_id = ?1 AND r.title = b.title"
        " AND coalesce(r.year, 0) = coalesce(b.year, 0)"
    )
    await run(
        "INSERT INTO unknown_marks (member_id, kind, title, year, written, marked_at)"
        " SELECT CAST(?1 AS BIGINT), kind, title, year, written, at FROM brought AS b"
        f" WHERE kind <> 'rated' AND movie_id IS NULL AND NOT EXISTS ({rated}) ORDER BY place ON CONFLICT DO NOTHING",
        member,
    )


async def _taken(run: Run, member: int) -> Taken:
    """Compare what is there now with what was `held`: the table `changes`, and how many they are."""
    came = f"SELECT 1 AS came, * FROM (SELECT * FROM ({held()}) AS now EXCEPT SELECT * FROM held) AS came"
    went = f"SELECT 0, * FROM (SELECT * FROM held EXCEPT SELECT * FROM ({held()}) AS now) AS went"
    await run("CREATE TEMP TABLE changes AS SELECT 1 AS came, * FROM held WHERE false")
    await run(f"INSERT INTO changes {came} UNION ALL {went}", member)
    counts = {
        (part, came): count
        for part, came, count in await run("SELECT part, came, count(*) FROM changes GROUP BY part, came")
    }
    no_room = await run(
        "SELECT movie_id FROM brought WHERE kind = 'wanted' AND movie_id IS NOT NULL"
        f" AND movie_id NOT IN ({_of_member('ratings', 'seen', 'watchlist')})",
        member,
    )
    changed = counts.get(("ratings", 0), 0)
    return Taken(
        ratings=counts.get(("ratings", 1), 0) - changed,
        changed=changed,
        seen=counts.get(("seen", 1), 0),
        wanted=counts.get(("watchlist", 1), 0),
        unknown=counts.get(("unknown_ratings", 1), 0) + counts.get(("unknown_marks", 1), 0),
        no_room=frozenset(movie for (movie,) in no_room),
    )


async def _remember(run: Run, member: int, key: int) -> None:
    """Keep the `changes`, in place of those of the import before."""
    await run("DELETE FROM import_changes WHERE member_id = ?", member)
    await run(f"INSERT INTO import_changes (member_id, came, {CHANGED}) SELECT member_id, came, {CHANGED} FROM changes")
    await run(
        "UPDATE imports SET ratings = (SELECT count(*) FROM changes WHERE came = 1 AND part = 'ratings') WHERE id = ?",
        key,
    )


def _of_member(*tables: str) -> str:
    """SQL for the films that the member ?1 has in one of these tables."""
    return " UNION ALL ".join(f"SELECT movie_id FROM {table} WHERE member_id = ?1" for table in tables)
