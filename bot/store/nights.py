"""Movie nights in the database: who is in, what may be watched, who approves of what, and what became of it."""

import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, astuple, fields
from typing import Any

import aiosqlite

from bot.store.records import Ballot, GuildSettings, Night, NightFilm, NightWish, State, WatchedNight
from recommender.text import unaccented

MOST_SUGGESTIONS = 3  # of one member
MOST_FILMS = 20
FORGOTTEN_SECONDS = 3 * 24 * 3600

# In the order of the records' fields.
NIGHT = (
    "id, guild_id, channel_id, message_id, state, wish, starts_at, closes_at, seed, winner, event_id, vetoed, reminded,"
    " concluded, created_at, ended_at"
)
FILM = "f.id, f.movie_id, f.title, f.score, EXISTS (SELECT 1 FROM night_suggestions AS s WHERE s.film_id = f.id), f.why"

Run = Callable[..., Awaitable[list[sqlite3.Row]]]
Transaction = Callable[[], AbstractAsyncContextManager[aiosqlite.Connection]]


class Nights:
    """The part of the store that is about movie nights. A change of state happens once, whoever asks for it at the same time."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    # Servers

    async def settings(self, guild: int) -> GuildSettings:
        rows = await self._run(
            "SELECT time_zone, style, seen, hosts, reminders, fairness FROM guilds WHERE guild_id = ?", guild
        )
        if not rows:
            return GuildSettings()
        zone, style, seen, hosts, reminders, fairness = rows[0]
        return GuildSettings(zone, style, seen, hosts, bool(reminders), bool(fairness))

    async def save_settings(self, guild: int, settings: GuildSettings) -> None:
        await self._run("INSERT OR REPLACE INTO guilds VALUES (?, ?, ?, ?, ?, ?, ?)", guild, *astuple(settings))

    # The night

    async def start(
        self, guild: int, channel: int, wish: NightWish, starts_at: int | None, members: Sequence[int], at: int
    ) -> Night | None:
        """A new night with its members, the host first; None if one is being decided in that channel.

        One that nobody brought to a vote for FORGOTTEN_SECONDS makes way, unless its time is still to come.
        """
        async with self._transaction() as db:
            await db.execute(
                "UPDATE nights SET state = 'cancelled', ended_at = ?1 WHERE channel_id = ?2 AND state = 'gathering'"
                " AND created_at <= ?3 AND coalesce(starts_at, 0) <= ?1",
                (at, channel, at - FORGOTTEN_SECONDS),
            )
            rows = list(
                await db.execute_fetchall(
                    "INSERT INTO nights (guild_id, channel_id, state, wish, starts_at, created_at)"
                    f" VALUES (?, ?, 'gathering', ?, ?, ?) ON CONFLICT DO NOTHING RETURNING {NIGHT}",
                    (guild, channel, json.dumps(asdict(wish)), starts_at, at),
                )
            )
            if not rows:
                return None
            night = _night(rows[0])
            await db.executemany(
                "INSERT INTO night_members (night_id, member_id, joined_at) VALUES (?, ?, ?)",
                [(night.id, member, at) for member in dict.fromkeys(members)],
            )
        return night

    async def get(self, night: int) -> Night | None:
        return _first(await self._run(f"SELECT {NIGHT} FROM nights WHERE id = ?", night))

    async def latest(self, channel: int) -> Night | None:
        """The channel's newest night that was not cancelled: of those that are not over, if there is one."""
        return _first(
            await self._run(
                f"SELECT {NIGHT} FROM nights WHERE channel_id = ? AND state <> 'cancelled'"
                " ORDER BY state = 'watched', id DESC LIMIT 1",
                channel,
            )
        )

    async def due(self, at: int) -> list[Night]:
        """Nights whose vote should have closed by then, or has closed without an end of what follows from it."""
        rows = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE state = 'voting' AND closes_at <= ? OR state = 'planned' AND NOT concluded",
            at,
        )
        return [_night(row) for row in rows]

    async def beginning(self, by: int) -> list[Night]:
        """Planned nights that begin by then and whose channel has not been reminded."""
        rows = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE state = 'planned' AND starts_at <= ? AND NOT reminded", by
        )
        return [_night(row) for row in rows]

    async def set_reminded(self, night: int) -> bool:
        """The channel is told, or not to be told any more; False if that was so before."""
        return bool(await self._run("UPDATE nights SET reminded = 1 WHERE id = ? AND NOT reminded RETURNING 1", night))

    async def of_event(self, event: int) -> Night | None:
        return _first(await self._run(f"SELECT {NIGHT} FROM nights WHERE event_id = ?", event))

    async def change(self, night: int, sources: Sequence[State], state: State, at: int, **columns: int | None) -> bool:
        """Move a night to a state, from one of the sources only, and set columns with it; False if it was in no source."""
        if state in ("watched", "cancelled"):
            columns["ended_at"] = at
        sets = "".join(f", {name} = ?" for name in columns)
        places = ", ".join("?" * len(sources))
        rows = await self._run(
            f"UPDATE nights SET state = ?{sets} WHERE id = ? AND state IN ({places}) RETURNING 1",
            state,
            *columns.values(),
            night,
            *sources,
        )
        return bool(rows)

    async def set_message(self, night: int, message: int) -> None:
        await self._run("UPDATE nights SET message_id = ? WHERE id = ?", message, night)

    async def set_concluded(self, night: int) -> None:
        """All that follows from the vote is done."""
        await self._run("UPDATE nights SET concluded = 1 WHERE id = ?", night)

    async def over(self, by: int) -> list[Night]:
        """Planned nights with an event that began by then."""
        rows = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE state = 'planned' AND event_id IS NOT NULL AND starts_at <= ?", by
        )
        return [_night(row) for row in rows]

    async def set_start(self, night: int, starts_at: int) -> None:
        """Move a night. The channel is to be reminded of the new time."""
        await self._run("UPDATE nights SET starts_at = ?, reminded = 0 WHERE id = ?", starts_at, night)

    async def set_event(self, night: int, event: int | None) -> None:
        await self._run("UPDATE nights SET event_id = ? WHERE id = ?", event, night)

    # Who is in

    async def members(self, night: int) -> list[int]:
        """Who is in, the host first."""
        rows = await self._run(
            "SELECT member_id FROM night_members WHERE night_id = ? ORDER BY joined_at, rowid", night
        )
        return [row["member_id"] for row in rows]

    async def guests(self, night: int) -> int:
        """How many of those who are in have no ratings."""
        [[count]] = await self._run(
            "SELECT count(*) FROM night_members AS m WHERE night_id = ?"
            " AND NOT EXISTS (SELECT 1 FROM ratings AS r WHERE r.member_id = m.member_id)",
            night,
        )
        return int(count)

    async def join(self, night: int, members: Iterable[int], at: int) -> list[int]:
        """Those of the members who were not in yet."""
        async with self._transaction() as db:
            added = [
                await db.execute_fetchall(
                    "INSERT INTO night_members (night_id, member_id, joined_at) VALUES (?, ?, ?)"
                    " ON CONFLICT DO NOTHING RETURNING member_id",
                    (night, member, at),
                )
                for member in members
            ]
        return [row["member_id"] for rows in added for row in rows]

    async def leave(self, night: int, member: int) -> bool:
        """True if the member was in. While there is no result, their ballot goes with them; what they suggested stays."""
        async with self._transaction() as db:
            await db.execute(
                "DELETE FROM night_votes WHERE night_id = ? AND member_id = ?"
                " AND (SELECT winner IS NULL FROM nights WHERE id = night_id)",
                (night, member),
            )
            gone = await db.execute("DELETE FROM night_members WHERE night_id = ? AND member_id = ?", (night, member))
        return gone.rowcount > 0

    # What may be watched

    async def films(self, night: int) -> list[NightFilm]:
        """In the order they came."""
        rows = await self._run(f"SELECT {FILM} FROM night_films AS f WHERE night_id = ? ORDER BY f.id", night)
        return [_film(row) for row in rows]

    async def add_films(self, night: int, scores: dict[int, float]) -> None:
        """Put in films of the catalogue with the group's scores; of those that are in, the score is renewed."""
        async with self._transaction() as db:
            await db.executemany(
                "INSERT INTO night_films (night_id, movie_id, score) VALUES (?, ?, ?)"
                " ON CONFLICT (night_id, movie_id) DO UPDATE SET score = excluded.score",
                [(night, movie, score) for movie, score in scores.items()],
            )

    async def set_reasons(self, night: int, why: dict[int, str]) -> None:
        """Movie -> what it is for the group, for films that are in."""
        async with self._transaction() as db:
            await db.executemany(
                "UPDATE night_films SET why = ? WHERE night_id = ? AND movie_id = ?",
                [(text, night, movie) for movie, text in why.items()],
            )

    async def passed_over(self, guild: int, nights: int) -> set[int]:
        """Films that fewer than half of the voters approved of, in one of the server's last nights with a result."""
        rows = await self._run(
            "SELECT f.movie_id FROM night_films AS f JOIN night_votes AS v USING (night_id)"
            " WHERE f.movie_id IS NOT NULL AND f.night_id IN"
            " (SELECT id FROM nights WHERE guild_id = ? AND winner IS NOT NULL ORDER BY id DESC LIMIT ?)"
            " GROUP BY f.id HAVING 2 * sum(f.id IN (SELECT value FROM json_each(v.films))) < count(*)",
            guild,
            nights,
        )
        return {row["movie_id"] for row in rows}

    async def suggest(self, night: int, member: int, movie: int | None, title: str | None) -> str:
        """Put in a member's film: "added", or why not: "known" (it is in), "enough" (of theirs), "full"."""
        async with self._transaction() as db:
            films = await db.execute_fetchall("SELECT movie_id, title FROM night_films WHERE night_id = ?", (night,))
            [[own]] = await db.execute_fetchall(
                "SELECT count(*) FROM night_suggestions AS s JOIN night_films AS f ON f.id = s.film_id"
                " WHERE f.night_id = ? AND s.member_id = ?",
                (night, member),
            )
            named = {unaccented(row["title"]) for row in films if row["title"]}
            known = {row["movie_id"] for row in films if row["movie_id"]}
            if movie in known or (title is not None and unaccented(title) in named):
                return "known"
            if own >= MOST_SUGGESTIONS:
                return "enough"
            if len(list(films)) >= MOST_FILMS:
                return "full"
            [[film]] = await db.execute_fetchall(
                "INSERT INTO night_films (night_id, movie_id, title) VALUES (?, ?, ?) RETURNING id",
                (night, movie, title),
            )
            await db.execute("INSERT INTO night_suggestions (film_id, member_id) VALUES (?, ?)", (film, member))
        return "added"

    # The vote

    async def ballot(self, night: int, member: int) -> Ballot:
        return (await self.ballots(night)).get(member, Ballot(frozenset(), False))

    async def ballots(self, night: int) -> dict[int, Ballot]:
        """Member -> ballot."""
        rows = await self._run("SELECT member_id, films, is_cast FROM night_votes WHERE night_id = ?", night)
        return {member: Ballot(frozenset(json.loads(films)), bool(cast)) for member, films, cast in rows}

    async def vote(self, night: int, member: int, film: int | None) -> Ballot | None:
        """Add a film to a member's ballot, or take it off; None: this is all. Returns the ballot, None if no vote is open."""
        async with self._transaction() as db:
            found = await db.execute_fetchall(
                "SELECT v.films FROM nights AS n LEFT JOIN night_votes AS v ON v.night_id = n.id AND v.member_id = ?"
                " WHERE n.id = ? AND n.state = 'voting'",
                (member, night),
            )
            if not found:
                return None
            [[saved]] = found
            films = frozenset(json.loads(saved or "[]"))
            ballot = Ballot(films if film is None else films ^ {film}, cast=film is None)
            await db.execute(
                "INSERT OR REPLACE INTO night_votes (night_id, member_id, films, is_cast) VALUES (?, ?, ?, ?)",
                (night, member, json.dumps(sorted(ballot.films)), ballot.cast),
            )
        return ballot

    # Afterwards

    async def watched(self, night: int, movie: int | None, satisfaction: dict[int, float], at: int) -> bool:
        """A planned night is over: keep what each member was predicted to get from the film, and that they have seen it, if it
        is one of the catalogue. False if it was not planned."""
        async with self._transaction() as db:
            ended = await db.execute_fetchall(
                "UPDATE nights SET state = 'watched', ended_at = ? WHERE id = ? AND state = 'planned' RETURNING 1",
                (at, night),
            )
            if not ended:
                return False
            await db.executemany(
                "UPDATE night_members SET satisfaction = ? WHERE night_id = ? AND member_id = ?",
                [(value, night, member) for member, value in satisfaction.items()],
            )
            if movie is not None:
                await db.executemany(
                    # Only for those who are still in: others have left, or deleted their data.
                    "INSERT INTO seen (member_id, movie_id, marked_at) SELECT member_id, ?, ? FROM night_members"
                    " WHERE night_id = ? AND member_id = ? ON CONFLICT DO NOTHING",
                    [(movie, at, night, member) for member in satisfaction],
                )
        return True

    async def watched_nights(self, guild: int) -> list[WatchedNight]:
        """The server's watched nights, newest first."""
        nights = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE guild_id = ? AND state = 'watched' ORDER BY ended_at DESC, id DESC",
            guild,
        )
        films = await self._run(
            f"SELECT {FILM} FROM night_films AS f JOIN nights AS n ON n.winner = f.id WHERE n.guild_id = ?", guild
        )
        members = await self._run(
            "SELECT night_id, member_id, satisfaction FROM night_members AS m JOIN nights AS n ON n.id = m.night_id"
            " WHERE n.guild_id = ? AND n.state = 'watched'",
            guild,
        )
        film = {row[0]: _film(row) for row in films}
        got: dict[int, dict[int, float]] = {}
        for night, member, satisfaction in members:
            got.setdefault(night, {})[member] = 0.5 if satisfaction is None else satisfaction
        found = [_night(row) for row in nights]
        return [
            WatchedNight(night, film[night.winner], got.get(night.id, {})) for night in found if night.winner in film
        ]

    async def night_ratings(self, guild: int) -> dict[int, list[float]]:
        """Watched night -> the stars that those who were there gave its film; nights without any are left out."""
        rows = await self._run(
            "SELECT n.id, r.stars FROM nights AS n JOIN night_films AS f ON f.id = n.winner"
            " JOIN night_members AS m ON m.night_id = n.id"
            " JOIN ratings AS r ON r.member_id = m.member_id AND r.movie_id = f.movie_id"
            " WHERE n.guild_id = ? AND n.state = 'watched'",
            guild,
        )
        given: dict[int, list[float]] = {}
        for night, stars in rows:
            given.setdefault(night, []).append(stars)
        return given


def _night(row: sqlite3.Row) -> Night:
    values: dict[str, Any] = dict(zip((field.name for field in fields(Night)), row, strict=True))
    values["wish"] = NightWish(**json.loads(values["wish"]))
    return Night(**values | {name: bool(values[name]) for name in ("reminded", "concluded")})


def _first(rows: list[sqlite3.Row]) -> Night | None:
    return _night(rows[0]) if rows else None


def _film(row: sqlite3.Row) -> NightFilm:
    film, movie, title, score, suggested, why = row
    return NightFilm(film, movie, title, score, bool(suggested), why)
