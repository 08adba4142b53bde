"""What the last import of each member changed, so that it can be undone whatever its films are called by now."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from bot.store.engine import Run, Statements

T = TypeVar("T")

# All that an import may change, in the columns of import_changes.
CHANGED = "part, movie_id, entry, kind, title, year, written, stars, at"
_HELD = (
    "SELECT member_id, 'ratings' AS part, movie_id, CAST(NULL AS BIGINT) AS entry, CAST(NULL AS TEXT) AS kind,"
    " CAST(NULL AS TEXT) AS title, CAST(NULL AS BIGINT) AS year, CAST(NULL AS TEXT) AS written, stars, rated_at AS at"
    " FROM ratings",
    "SELECT member_id, 'seen', movie_id, NULL, NULL, NULL, NULL, NULL, NULL, marked_at FROM seen",
    "SELECT member_id, 'unseen', movie_id, NULL, NULL, NULL, NULL, NULL, NULL, said_at FROM unseen",
    "SELECT member_id, 'watchlist', movie_id, NULL, NULL, NULL, NULL, NULL, NULL, added_at FROM watchlist",
    "SELECT member_id, 'unknown_ratings', NULL, id, NULL, title, year, written, stars, rated_at FROM unknown_ratings",
    "SELECT member_id, 'unknown_marks', NULL, id, kind, title, year, written, NULL, marked_at FROM unknown_marks",
)
# Part -> its columns besides the member's, and the same of import_changes. Stars and marks come before what they rule out: a
# film that is rated or seen is neither unseen nor wanted.
_PARTS = {
    "ratings": ("movie_id, stars, rated_at", "movie_id, stars, at"),
    "seen": ("movie_id, marked_at", "movie_id, at"),
    "unseen": ("movie_id, said_at", "movie_id, at"),
    "watchlist": ("movie_id, added_at", "movie_id, at"),
    "unknown_ratings": ("id, title, year, written, stars, rated_at", "entry, title, year, written, stars, at"),
    "unknown_marks": ("id, kind, title, year, written, marked_at", "entry, kind, title, year, written, at"),
}
_ONE = "member_id = ?1"
_NEAR = "member_id IN (SELECT member_id FROM near)"
_CONCERNED = "(movie_id IN (SELECT film FROM concerned) OR title IN (SELECT title FROM concerned))"


def held(members: str = _ONE, rows: str = "true") -> str:
    """SQL for all that members have, in the columns member_id and CHANGED. members, rows: which, as SQL."""
    return f"SELECT * FROM ({' UNION ALL '.join(f'{each} WHERE {members}' for each in _HELD)}) AS held_now WHERE {rows}"


async def undo(run: Run, member: int) -> int:
    """Remove what came with a member's last import and is still as it came, then bring back what went, unless there is something
    else in its place, or was. Returns how many rows went or came back."""
    changed = await _take_back(run, _ONE, "true", member) + await _put_back(run, _ONE, "true", member)
    await run("DELETE FROM import_changes WHERE member_id = ?", member)
    return changed


async def as_if_undone(
    run: Statements, films: Iterable[int], titles: Iterable[str], change: Callable[[], Awaitable[T]]
) -> T:
    """Change films and titles within a transaction, so that an import that is undone later leaves what there would be if it had
    been undone before: what that is, is tried first. films, titles: all that the change is about, by old names and new ones."""
    concerned = [*((film, None) for film in films), *((None, title) for title in titles)]
    await run("CREATE TEMP TABLE concerned (film BIGINT, title TEXT)")
    await run.fill("concerned", ("film", "title"), concerned)
    await run(  # not by OR, with which PostgreSQL would read all of them
        "CREATE TEMP TABLE near AS SELECT member_id FROM import_changes WHERE movie_id IN (SELECT film FROM concerned)"
        " UNION SELECT member_id FROM import_changes WHERE title IN (SELECT title FROM concerned)"
    )
    if await run("SELECT 1 FROM near LIMIT 1"):
        await run("SAVEPOINT undone")
        await _take_back(run, _NEAR, _CONCERNED)
        await _put_back(run, _NEAR, _CONCERNED)
        await change()
        undone = [tuple(row) for row in await run(held(_NEAR, _CONCERNED))]
        await run("ROLLBACK TO undone")
        await run("RELEASE undone")
        changed = await change()
        await _compare(run, undone)
    else:
        changed = await change()
    await run("DROP TABLE near")
    await run("DROP TABLE concerned")
    return changed


async def _compare(run: Statements, undone: list[tuple[object, ...]]) -> None:
    """Let import_changes say how what members have differs from what they would have."""
    await run(f"CREATE TEMP TABLE undone AS SELECT member_id, {CHANGED} FROM import_changes WHERE false")
    await run.fill("undone", ("member_id", *CHANGED.split(", ")), undone)
    # A title that the change made has another id in a trial.
    await run(
        "UPDATE undone AS u SET entry = (SELECT id FROM unknown_ratings AS r WHERE r.member_id = u.member_id"
        " AND r.title = u.title AND coalesce(r.year, 0) = coalesce(u.year, 0)) WHERE part = 'unknown_ratings'"
    )
    await run(f"DELETE FROM import_changes WHERE {_NEAR} AND {_CONCERNED}")
    now, then = held(_NEAR, _CONCERNED), "SELECT * FROM undone"
    for came, some, others in ((1, now, then), (0, then, now)):
        await run(
            f"INSERT INTO import_changes (member_id, came, {CHANGED}) SELECT member_id, CAST(? AS BIGINT), {CHANGED}"
            f" FROM (SELECT * FROM ({some}) AS these EXCEPT SELECT * FROM ({others}) AS those) AS differ",
            came,
        )
    await run("DROP TABLE undone")


async def _take_back(run: Run, members: str, rows: str, *bound: object) -> int:
    """Remove what came and is still as it came, and let import_changes say no more that it did."""
    await run(
        f"CREATE TEMP TABLE still AS SELECT member_id, {CHANGED} FROM import_changes WHERE came = 1 AND {members}"
        f" AND {rows} INTERSECT SELECT * FROM ({held(members, rows)}) AS now",
        *bound,
    )
    for part, (columns, _) in _PARTS.items():
        key = columns.split(",")[0]
        await run(
            f"DELETE FROM {part} WHERE (member_id, {key}) IN"
            " (SELECT member_id, coalesce(movie_id, entry) FROM still WHERE part = ?)",
            part,
        )
    removed = await run(
        "DELETE FROM import_changes WHERE came = 1 AND (member_id, part, coalesce(movie_id, entry)) IN"
        " (SELECT member_id, part, coalesce(movie_id, entry) FROM still) RETURNING 1"
    )
    await run("DROP TABLE still")
    return len(removed)


async def _put_back(run: Run, members: str, rows: str, *bound: object) -> int:
    """Bring back what went, unless there is something else in its place, or was."""
    back = []
    for part, (columns, changed) in _PARTS.items():
        back += await run(
            f"INSERT INTO {part} (member_id, {columns}) SELECT member_id, {changed} FROM import_changes"
            f" WHERE part = '{part}' AND came = 0 AND {members} AND {rows}"
            # Not NOT EXISTS: PostgreSQL would look through all that came for each that went.
            " AND (member_id, coalesce(movie_id, entry)) NOT IN (SELECT member_id, coalesce(movie_id, entry)"
            f" FROM import_changes WHERE part = '{part}' AND came = 1 AND {members}) ON CONFLICT DO NOTHING RETURNING 1",
            *bound,
        )
    return len(back)
