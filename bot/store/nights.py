"""Movie nights in the database: who is in, what may be watched, and what became of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from bot.store.engine import Row, Run, Transaction, upsert
from bot.store.film_ids import film_today
from bot.store.night_rows import (
    NIGHT,
    SETTINGS,
    films_of,
    identify,
    members_of,
    night_of,
    settings_of,
    values_of,
)
from bot.store.records import GuildSettings, Night, NightFilm, NightWish, State
from recommender.text import title_key

MOST_MEMBERS = 25
MOST_SUGGESTIONS = 3  # of one member
MOST_FILMS = 20
FORGOTTEN_SECONDS = 3 * 24 * 3600

_ON = "state IN ('gathering', 'voting', 'planned')"


class NoRoom(Exception):  # noqa: N818 (nothing is wrong)
    """More people than an evening has room for: `room` is how many more could come in."""

    def __init__(self, room: int) -> None:
        super().__init__(f"there is room for {room} more")
        self.room = room


class Nights:
    """The part of the store that is about movie nights. A change of state happens once, whoever asks for it at the same time."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    # Servers

    async def settings(self, guild: int) -> GuildSettings:
        return await settings_of(self._run, guild)

    async def change_settings(self, guild: int, **changes: Any) -> None:
        """Change some of a server's settings, by their names. Two who change different ones at once both have their way."""
        async with self._transaction() as run:
            settings = replace(await settings_of(run, guild), **changes)
            await run(
                upsert("guilds", ("guild_id",), SETTINGS),
                guild,
                *values_of(settings),
            )

    # The night

    async def start(
        self,
        guild: int,
        channel: int,
        wish: NightWish,
        starts_at: int | None,
        members: Sequence[int],
        at: int,
        fit: str = "",
    ) -> Night | None:
        """A new night with its members, the host first; None if one is being decided in that channel. fit: see `Night`.

        One that nobody brought to a vote for FORGOTTEN_SECONDS makes way, unless its time is still to come.
        """
        async with self._transaction() as run:
            await run(
                "UPDATE nights SET state = 'cancelled', ended_at = ?1 WHERE channel_id = ?2 AND state = 'gathering'"
                " AND created_at <= ?3 AND coalesce(starts_at, 0) <= ?1",
                at,
                channel,
                at - FORGOTTEN_SECONDS,
            )
            rows = list(
                await run(
                    "INSERT INTO nights (guild_id, channel_id, state, wish, starts_at, created_at, fit)"
                    f" VALUES (?, ?, 'gathering', ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING {NIGHT}",
                    guild,
                    channel,
                    json.dumps(asdict(wish)),
                    starts_at,
                    at,
                    fit,
                )
            )
            if not rows:
                return None
            night = night_of(rows[0])
            await run.many(
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

    async def going_on(self, channel: int) -> list[Night]:
        """The channel's nights that are on."""
        rows = await self._run(f"SELECT {NIGHT} FROM nights WHERE channel_id = ? AND {_ON} ORDER BY id", channel)
        return [night_of(row) for row in rows]

    async def servers(self) -> list[int]:
        """Those on which a night is on."""
        return [
            guild for (guild,) in await self._run(f"SELECT DISTINCT guild_id FROM nights WHERE {_ON} ORDER BY guild_id")
        ]

    async def on_server(self, guild: int) -> list[Night]:
        """The server's nights that are on."""
        rows = await self._run(f"SELECT {NIGHT} FROM nights WHERE guild_id = ? AND {_ON} ORDER BY id", guild)
        return [night_of(row) for row in rows]

    async def due(self, at: int) -> list[Night]:
        """Nights whose vote should have closed: by its time, or since all have voted, as when the last who has not deletes their
        data. And those whose vote has closed without an end of what follows from it."""
        rows = await self._run(
            f"SELECT {NIGHT} FROM nights AS n WHERE state = 'planned' AND concluded = 0 OR state = 'voting' AND (closes_at <= ?"
            " OR (SELECT min(coalesce(v.is_cast, 0)) FROM night_members AS m"
            " LEFT JOIN night_votes AS v USING (night_id, member_id) WHERE m.night_id = n.id) = 1) ORDER BY n.id",
            at,
        )
        return [night_of(row) for row in rows]

    async def beginning(self, by: int) -> list[Night]:
        """Nights that begin by then, decided or not, and whose channel has not been reminded."""
        rows = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE {_ON} AND starts_at <= ? AND reminded = 0 ORDER BY id", by
        )
        return [night_of(row) for row in rows]

    async def set_reminded(self, night: int) -> bool:
        """The channel is told, or not to be told any more; False if that was so before."""
        return bool(await self._run("UPDATE nights SET reminded = 1 WHERE id = ? AND reminded = 0 RETURNING 1", night))

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

    async def with_event(self) -> list[Night]:
        """Nights with an event: those that are on, and those whose event could not be taken away when they were over."""
        rows = await self._run(f"SELECT {NIGHT} FROM nights WHERE event_id IS NOT NULL ORDER BY event_id")
        return [night_of(row) for row in rows]

    async def unannounced(self, at: int) -> list[Night]:
        """Nights that begin later, and have never had an event."""
        rows = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE {_ON} AND announced = 0 AND starts_at > ? ORDER BY id", at
        )
        return [night_of(row) for row in rows]

    async def set_start(self, night: int, starts_at: int, closes_at: int | None = None) -> None:
        """Move a night, and the end of its vote if one is given. The channel is to be reminded of the new time."""
        await self._run(
            "UPDATE nights SET starts_at = ?, closes_at = coalesce(?, closes_at), reminded = 0 WHERE id = ?",
            starts_at,
            closes_at,
            night,
        )

    async def set_event(self, night: int, event: int | None) -> None:
        """The night's event on the server. Once it had one, it is announced; None: somebody took it away."""
        await self._run("UPDATE nights SET event_id = ?, announced = 1 WHERE id = ?", event, night)

    # Who is in

    async def members(self, night: int) -> list[int]:
        """Who is in, the host first."""
        return await members_of(self._run, night)

    async def guests(self, night: int) -> int:
        """How many of those who are in have no ratings."""
        [[count]] = await self._run(
            "SELECT count(*) FROM night_members AS m WHERE night_id = ?"
            " AND NOT EXISTS (SELECT 1 FROM ratings AS r WHERE r.member_id = m.member_id)",
            night,
        )
        return int(count)

    async def join(self, night: int, members: Iterable[int], at: int) -> list[int] | None:
        """Those of the members who were not in yet; None if the night is over. NoRoom if not all fit: then nobody comes in."""
        async with self._transaction() as run:
            on = await run(f"SELECT 1 FROM nights WHERE id = ? AND {_ON}", night)
            if not on:
                return None
            rows = await run("SELECT member_id FROM night_members WHERE night_id = ?", night)
            there = {row["member_id"] for row in rows}
            new = [member for member in dict.fromkeys(members) if member not in there]
            if new and len(new) > (room := max(MOST_MEMBERS - len(there), 0)):
                raise NoRoom(room)
            await run.many(
                "INSERT INTO night_members (night_id, member_id, joined_at) VALUES (?, ?, ?)",
                [(night, member, at) for member in new],
            )
        return new

    async def leave(self, night: int, member: int) -> bool:
        """True if the member was in. While there is no result, their ballot goes with them; what they suggested stays."""
        async with self._transaction() as run:
            await run(
                "DELETE FROM night_votes WHERE night_id = ? AND member_id = ?"
                " AND (SELECT winner IS NULL FROM nights WHERE id = night_id)",
                night,
                member,
            )
            gone = await run(
                "DELETE FROM night_members WHERE night_id = ? AND member_id = ? RETURNING 1", night, member
            )
        return bool(gone)

    # What may be watched

    async def films(self, night: int) -> list[NightFilm]:
        """In the order they came."""
        return await films_of(self._run, night)

    async def set_score(self, night: int, movie: int, score: float) -> None:
        """The group's score of a film that is in."""
        await self._run(
            f"UPDATE night_films SET score = ?1 WHERE night_id = ?2 AND movie_id = {film_today('?3')}",
            score,
            night,
            movie,
        )

    async def suggest(self, night: int, member: int, movie: int | None, title: str | None) -> str:
        """Put in a member's film: "added", or why not: "over" (the vote is), "stranger" (the member isn't in), "known" (the film
        is), "enough" (of theirs), "full"."""
        async with self._transaction() as run:
            [[state, is_in, movie]] = await run(
                "SELECT state, EXISTS (SELECT 1 FROM night_members WHERE night_id = id AND member_id = ?1),"
                f" {film_today('?3')} FROM nights WHERE id = ?2",
                member,
                night,
                movie,
            )
            if state not in ("gathering", "voting"):
                return "over"
            if not is_in:
                return "stranger"
            films = await run("SELECT movie_id, title FROM night_films WHERE night_id = ?", night)
            [[own]] = await run(
                "SELECT count(*) FROM night_suggestions AS s JOIN night_films AS f ON f.id = s.film_id"
                " WHERE f.night_id = ? AND s.member_id = ?",
                night,
                member,
            )
            there = {row["movie_id"] or title_key(row["title"]) for row in films}
            if (movie or title_key(title or "")) in there:
                return "known"
            if own >= MOST_SUGGESTIONS:
                return "enough"
            if len(list(films)) >= MOST_FILMS:
                return "full"
            [[film]] = await run(
                "INSERT INTO night_films (night_id, movie_id, title) VALUES (?, ?, ?) RETURNING id",
                night,
                movie,
                title,
            )
            await run("INSERT INTO night_suggestions (film_id, member_id) VALUES (?, ?)", film, member)
        return "added"

    async def identify(self, night: int, member: int, title: str, movie: int) -> bool:
        """Say which film it is that a member put in by a title. False, and nothing changes, if there is no such title, if
        somebody has voted for it, or if the evening has the film already."""
        async with self._transaction() as run:
            rows = await run(
                "SELECT f.id, f.title FROM night_films AS f JOIN night_suggestions AS s ON s.film_id = f.id"
                " JOIN nights AS n ON n.id = f.night_id AND n.state IN ('gathering', 'voting')"
                " WHERE f.night_id = ?1 AND s.member_id = ?2 AND f.title IS NOT NULL AND NOT EXISTS"
                " (SELECT 1 FROM night_votes AS v, json_each(v.films) WHERE v.night_id = ?1 AND value = f.id)",
                night,
                member,
            )
            found = [row["id"] for row in rows if title_key(row["title"]) == title_key(title)]
            [[movie]] = await run(f"SELECT {film_today('?1')}", movie)
            changed = [await identify(run, film, movie) for film in found]
        return any(changed)

    # Afterwards

    async def watched(self, night: int, movie: int | None, satisfaction: dict[int, float], at: int) -> bool:
        """A planned night is over: keep what each member was predicted to get from the film, and that they have seen it, if it
        is one of the catalogue. False if it was not planned."""
        async with self._transaction() as run:
            ended = await run(
                "UPDATE nights SET state = 'watched', ended_at = ? WHERE id = ? AND state = 'planned' RETURNING 1",
                at,
                night,
            )
            if not ended:
                return False
            await run.many(
                "UPDATE night_members SET satisfaction = ? WHERE night_id = ? AND member_id = ?",
                [(value, night, member) for member, value in satisfaction.items()],
            )
            if movie is not None:
                await run.many(
                    # Only for those who are still in: others have left, or deleted their data.
                    f"INSERT INTO seen (member_id, movie_id, marked_at) SELECT member_id, {film_today('?1')}, ?2"
                    " FROM night_members WHERE night_id = ?3 AND member_id = ?4 ON CONFLICT DO NOTHING",
                    [(movie, at, night, member) for member in satisfaction],
                )
        return True


def _first(rows: list[Row]) -> Night | None:
    return night_of(rows[0]) if rows else None
