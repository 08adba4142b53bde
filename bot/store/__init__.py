"""The database: what members rated, saw and excluded, and what the bot remembers for itself.

Times are UTC seconds since 1970 and come from the caller. A write returns once it is safe on disk.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self, get_args

from bot.address import Address, located
from bot.store import values
from bot.store.clubs import Clubs
from bot.store.copying import backup, copy
from bot.store.database import Database, Unavailable
from bot.store.engine import BeforeMigration, FilmGone, Row, Run, StoreError
from bot.store.film_ids import FilmIds, film_today
from bot.store.imports import Imports
from bot.store.lists import SavedLists
from bot.store.member_films import MemberFilms
from bot.store.nights import Nights, NoRoom
from bot.store.past import PastNights
from bot.store.privacy import Privacy
from bot.store.reading import (
    COUNTS,
    RATINGS_SINCE,
    Contents,
    added_films,
    aliases,
    exists,
    films_of_members,
    server_version,
    size,
    snapshot,
    tally,
)
from bot.store.records import (
    AddedFilm,
    Ballot,
    Brought,
    ClubFilm,
    Counts,
    Exclusion,
    GuildSettings,
    Kind,
    LastImport,
    LaterFilm,
    Lists,
    Night,
    NightFilm,
    NightWish,
    OwnNight,
    Rating,
    SavedList,
    SeenRule,
    Shown,
    Taken,
    Training,
    UnknownMark,
    UnknownRating,
    WaitingImport,
    WatchedNight,
)
from bot.store.restoring import contents, restore
from bot.store.trainings import Trainings
from bot.store.typed import TypedFilms
from bot.store.unknown import UnknownTitles
from bot.store.unseen import UnseenFilms
from bot.store.votes import Votes
from bot.store.watchlists import Watchlists

__all__ = [
    "AddedFilm",
    "Ballot",
    "Brought",
    "ClubFilm",
    "Clubs",
    "Contents",
    "Counts",
    "Exclusion",
    "FilmGone",
    "GuildSettings",
    "Imports",
    "Kind",
    "LastImport",
    "LaterFilm",
    "Lists",
    "Night",
    "NightFilm",
    "NightWish",
    "Nights",
    "NoRoom",
    "OwnNight",
    "PastNights",
    "Privacy",
    "Rating",
    "SavedList",
    "SeenRule",
    "Shown",
    "Store",
    "StoreError",
    "Taken",
    "Training",
    "TypedFilms",
    "Unavailable",
    "UnknownMark",
    "UnknownRating",
    "UnknownTitles",
    "UnseenFilms",
    "WaitingImport",
    "WatchedNight",
    "Watchlists",
    "added_films",
    "aliases",
    "backup",
    "contents",
    "copy",
    "exists",
    "films_of_members",
    "restore",
    "server_version",
    "size",
    "snapshot",
    "tally",
]

# The tables that export and delete go through: all that have a member_id.
MEMBER_TABLES = (
    "ratings",
    "unknown_ratings",
    "unknown_marks",
    "seen",
    "unseen",
    "watchlist",
    "exclusions",
    "privacy",
    "additions",
    "lists",
    "imports",
    "import_changes",
    "night_members",
    "night_suggestions",
    "night_votes",
)
# What holds an id of Discord's in an export: columns of these tables, and in a list's request the server.
DISCORD_IDS = ("member_id", "guild")


_PROCESS = "process "  # keys of meta begin with it, and the name follows
_SET_META = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
UNCLEAN = "deleted data may be left in the file"  # in meta


class Store:
    """Every read and write of the bot. Writing wrong stars, ids or times is a ValueError; what the database can't do now is
    Unavailable; to write of a film that was removed is FilmGone."""

    def __init__(self, database: Database) -> None:
        self._database, self._run = database, database.run
        self._transaction, self._turn = database.transaction, database.turn
        self._seen = MemberFilms(self._run, "seen", "marked_at")
        self.clubs = Clubs(self._run)
        self.films = FilmIds(self._run, self._transaction)
        self.imports = Imports(self._run, self._transaction)
        self.lists = SavedLists(self._run, self._transaction)
        self.nights = Nights(self._run, self._transaction)
        self.past = PastNights(self._run)
        self.privacy = Privacy(self._run, self._transaction)
        self.trainings = Trainings(self._run)
        self.typed = TypedFilms(self._run, self._transaction)
        self.unknown = UnknownTitles(self._run, self._transaction)
        self.unseen = UnseenFilms(self._run)
        self.votes = Votes(self._run, self._transaction)
        self.watchlists = Watchlists(self._run, self._transaction)
        self._cleaning = asyncio.Lock()
        self._cleanings = set[asyncio.Task[None]]()  # that nobody waits for

    @classmethod
    @asynccontextmanager
    async def open(
        cls, place: str | Path | Address, before_migration: BeforeMigration | None = None
    ) -> AsyncIterator[Self]:
        """The database at `place`, a file or an address of PostgreSQL, made or brought up to date if need be. Raises StoreError
        if it can't be used, also where `before_migration` does."""
        place = located(place)
        async with AsyncExitStack() as stack:
            try:
                store = cls(await stack.enter_async_context(Database.open(place, before_migration)))
                if isinstance(place, Path):  # on a server another process's may run
                    await store.trainings.interrupt()
            except (StoreError, Unavailable) as error:
                raise StoreError(f"can't use {place} as the database: {error}") from error
            stack.push_async_callback(store._close)
            yield store

    async def _close(self) -> None:
        for task in self._cleanings:
            task.cancel()
        await asyncio.gather(*self._cleanings, return_exceptions=True)

    @property
    def damage(self) -> str | None:
        """What SQLite said of damage that it came upon since the start; None if it came upon none."""
        return self._database.damage

    @property
    def writes_waiting(self) -> int:
        """How many writes wait for their turn."""
        return self._database.waiting

    # Ratings

    async def rate(self, member: int, movie: int, stars: float, at: int) -> float | None:
        """Save a rating in place of an earlier one, whose stars are returned."""
        row = (values.member(member), values.movie(movie), values.stars(stars), values.seconds(at))
        async with self._turn() as run:
            before = await run(
                f"SELECT stars FROM ratings WHERE member_id = ?1 AND movie_id = {film_today('?2')}", *row[:2]
            )
            await run(
                f"INSERT INTO ratings (member_id, movie_id, stars, rated_at) VALUES (?1, {film_today('?2')}, ?3, ?4)"
                " ON CONFLICT (member_id, movie_id) DO UPDATE SET stars = excluded.stars, rated_at = excluded.rated_at,"
                " rowid = excluded.rowid",  # as the last row that was written
                *row,
            )
        return _value(before)

    async def unrate(self, member: int, movie: int) -> float | None:
        """Remove a rating and return its stars."""
        return _value(
            await self._run(
                f"DELETE FROM ratings WHERE member_id = ?1 AND movie_id = {film_today('?2')} RETURNING stars",
                values.member(member),
                values.movie(movie),
            )
        )

    async def history(self, member: int) -> dict[int, float]:
        """Movie -> stars, newest first."""
        rows = await self._run(
            "SELECT movie_id, stars FROM ratings WHERE member_id = ? ORDER BY rated_at DESC, rowid DESC", member
        )
        return dict(map(tuple, rows))

    async def histories(self, members: Iterable[int]) -> dict[int, dict[int, float]]:
        """Member -> movie -> stars, for each of the members; without ratings, nothing."""
        found: dict[int, dict[int, float]] = {member: {} for member in members}
        rows = await self._run(
            "SELECT member_id, movie_id, stars FROM ratings WHERE member_id IN (SELECT value FROM json_each(?))"
            " ORDER BY rated_at DESC, rowid DESC",
            values.json_text(list(found)),
        )
        for member, movie, stars in rows:
            found[member][movie] = stars
        return found

    async def ratings(self, member: int) -> list[Rating]:
        """Newest first; of those of one second, the later write first."""
        rows = await self._run(
            "SELECT movie_id, stars, rated_at FROM ratings WHERE member_id = ? ORDER BY rated_at DESC, rowid DESC",
            member,
        )
        return [Rating(*row) for row in rows]

    async def rating_count(self, member: int) -> int:
        [[count]] = await self._run("SELECT count(*) FROM ratings WHERE member_id = ?", member)
        return int(count)

    async def stars_of(self, movie: int, guild: int, limit: int) -> dict[int, float]:
        """Member -> the stars they gave a film, of at most so many: those who were in an evening of the server before others,
        then the newest."""
        rows = await self._run(
            "SELECT member_id, stars FROM ratings WHERE movie_id = ?1 ORDER BY member_id IN"
            " (SELECT m.member_id FROM night_members AS m JOIN nights AS n ON n.id = m.night_id WHERE n.guild_id = ?2) DESC,"
            " rated_at DESC LIMIT ?3",
            movie,
            guild,
            limit,
        )
        return dict(map(tuple, rows))

    async def ratings_since(self, at: int) -> int:
        """How many of the present ratings were made, changed or imported at that second or later."""
        [[count]] = await self._run(RATINGS_SINCE, at)
        return int(count)

    async def counts(self) -> Counts:
        [row] = await self._run(COUNTS)
        return Counts(*row)

    # Films seen, whether rated or not

    async def mark_seen(self, member: int, movie: int, at: int) -> bool:
        """True if the film was not marked yet; a mark that is there keeps its time."""
        rows = await self._run(
            f"INSERT INTO seen (member_id, movie_id, marked_at) VALUES (?1, {film_today('?2')}, ?3)"
            " ON CONFLICT DO NOTHING RETURNING 1",
            values.member(member),
            values.movie(movie),
            values.seconds(at),
        )
        return bool(rows)

    async def unmark_seen(self, member: int, movie: int) -> bool:
        """True if the film was marked."""
        return await self._seen.remove(member, movie)

    async def seen(self, member: int) -> dict[int, int]:
        """Movie -> when it was marked, newest first."""
        return await self._seen.of(member)

    async def seen_by(self, members: Iterable[int]) -> dict[int, set[int]]:
        """Member -> the movies they marked."""
        return await self._seen.of_all(members)

    # Exclusions

    async def exclude(self, member: int, kind: Kind, value: str, at: int) -> Exclusion | None:
        """The new exclusion, or None if the member has it already."""
        return await _exclude(self._run, member, kind, value, at)

    async def exclude_words(self, member: int, phrases: Iterable[str], at: int) -> list[Exclusion]:
        """The new exclusions, all of them or none; the member may have some already."""
        async with self._transaction() as run:
            added = [await _exclude(run, member, "words", phrase, at) for phrase in phrases]
        return [entry for entry in added if entry is not None]

    async def exclusions(self, member: int) -> list[Exclusion]:
        """In the order they were added."""
        rows = await self._run("SELECT id, kind, value FROM exclusions WHERE member_id = ? ORDER BY id", member)
        return [Exclusion(*row) for row in rows]

    async def exclusions_of(self, members: Iterable[int]) -> dict[int, list[Exclusion]]:
        """Member -> exclusions, in the order they were added."""
        found: dict[int, list[Exclusion]] = {member: [] for member in members}
        rows = await self._run(
            "SELECT member_id, id, kind, value FROM exclusions WHERE member_id IN (SELECT value FROM json_each(?))"
            " ORDER BY id",
            values.json_text(list(found)),
        )
        for member, *entry in rows:
            found[member].append(Exclusion(*entry))
        return found

    async def unexclude(self, member: int, exclusion: int) -> Exclusion | None:
        """Remove one of the member's own exclusions and return it; None if they have none with this id."""
        rows = await self._run(
            "DELETE FROM exclusions WHERE member_id = ? AND id = ? RETURNING id, kind, value", member, exclusion
        )
        return Exclusion(*rows[0]) if rows else None

    # Small things the bot remembers

    async def get_meta(self, key: str) -> str | None:
        rows = await self._run("SELECT value FROM meta WHERE key = ?", key)
        return rows[0]["value"] if rows else None

    async def set_meta(self, key: str, value: str) -> None:
        await self._run(_SET_META, key, value)

    async def remove_meta(self, key: str) -> None:
        await self._run("DELETE FROM meta WHERE key = ?", key)

    async def tell_process(self, name: str, told: str) -> None:
        """Keep what a process of the bot tells of itself, in place of what it told before."""
        await self.set_meta(f"{_PROCESS}{name}", told)

    async def forget_process(self, name: str) -> None:
        await self.remove_meta(f"{_PROCESS}{name}")

    async def processes(self) -> list[str]:
        """What each told last."""
        return [row["value"] for row in await self._run("SELECT value FROM meta WHERE key LIKE ?", f"{_PROCESS}%")]

    # A member's own data

    async def export(self, member: int) -> dict[str, list[dict[str, Any]]]:
        """Table -> rows: all that is stored under the member's id, fit for JSON. Discord's ids are text, as Discord itself sends
        them: JavaScript and many others would round them as numbers."""
        async with self._database.moment() as run:
            tables = {table: await run(f"SELECT * FROM {table} WHERE member_id = ?", member) for table in MEMBER_TABLES}
        return {table: [_portable(dict(row)) for row in rows] for table, rows in tables.items()}

    async def delete(self, member: int) -> int:
        """Delete all that is stored under the member's id; returns the number of rows. On a server, what is left of them in its
        files is cleaned after this has returned."""
        deleted = 0
        async with self._transaction() as run:
            for table in MEMBER_TABLES:
                deleted += len(await run(f"DELETE FROM {table} WHERE member_id = ? RETURNING 1", member))
            if deleted:
                await run(_SET_META, UNCLEAN, secrets.token_hex())  # no other deletion's
        if deleted and self._database.cleans_aside:
            task = asyncio.create_task(self._try_to_clean(), name="clean")
            self._cleanings.add(task)
            task.add_done_callback(self._cleanings.discard)
        elif deleted:
            await self._try_to_clean()
        return deleted

    async def prune(self, before: int) -> int:
        """Forget the lists, the imports and the trainings from before then, but never the last training; returns how many. What a
        deletion left to be cleaned is cleaned."""
        pruned = sum([await room.prune(before) for room in (self.lists, self.trainings, self.imports)])
        await self._clean()
        return pruned

    async def _try_to_clean(self) -> None:
        with suppress(Unavailable):  # it is in the log, and `prune` cleans later
            await self._clean()

    async def _clean(self) -> None:
        async with self._cleaning:
            mark = await self.get_meta(UNCLEAN)
            # Another process may delete something, and leave a mark of its own, after this has looked through the table.
            if mark is not None and await self._database.clean():
                await self._run("DELETE FROM meta WHERE key = ? AND value = ?", UNCLEAN, mark)


async def _exclude(run: Run, member: int, kind: Kind, value: str, at: int) -> Exclusion | None:
    if kind not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}, not {kind!r}")
    place = f"CAST({film_today('?3')} AS TEXT)" if kind == "movie" else "?3"
    rows = await run(
        f"INSERT INTO exclusions (member_id, kind, value, added_at) VALUES (?1, ?2, {place}, ?4)"
        " ON CONFLICT DO NOTHING RETURNING id, kind, value",
        values.member(member),
        kind,
        values.movie(int(value)) if kind == "movie" else value,
        values.seconds(at),
    )
    return Exclusion(*rows[0]) if rows else None


def _portable(row: dict[str, Any]) -> dict[str, Any]:
    """The row, with Discord's ids as text, and without its place among the others."""
    row.pop("rowid", None)
    ids = {name: str(row[name]) for name in DISCORD_IDS if name in row}
    request = {"request": values.json_text(_portable(json.loads(row["request"])))} if "request" in row else {}
    return row | ids | request


def _value(rows: Iterable[Row]) -> float | None:
    return next((row[0] for row in rows), None)
