"""How the rows of movie nights are read, by one statement alone or within a transaction."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from bot.store.engine import Row, Run
from bot.store.records import Ballot, GuildSettings, Night, NightFilm, NightWish

# In the order of the records' fields.
NIGHT = (
    "id, guild_id, channel_id, message_id, state, wish, starts_at, closes_at, seed, winner, event_id, vetoed, fit, reminded,"
    " concluded, announced, created_at, ended_at, listed"
)
SETTINGS = tuple(field.name for field in fields(GuildSettings))
FILM = "f.id, f.movie_id, f.title, f.score, EXISTS (SELECT 1 FROM night_suggestions AS s WHERE s.film_id = f.id), f.why"


async def settings_of(run: Run, guild: int) -> GuildSettings:
    """How a server holds its nights."""
    rows = await run(f"SELECT {', '.join(SETTINGS)} FROM guilds WHERE guild_id = ?", guild)
    if not rows:
        return GuildSettings()
    values = dict(rows[0])
    switches = {name: bool(values[name]) for name in ("reminders", "fairness")}
    return GuildSettings(**values | switches | {"services": tuple(json.loads(values["services"]))})


def values_of(settings: GuildSettings) -> list[object]:
    """The columns SETTINGS of a row."""
    return list((asdict(settings) | {"services": json.dumps(settings.services)}).values())


async def members_of(run: Run, night: int) -> list[int]:
    """Who is in, the host first."""
    rows = await run("SELECT member_id FROM night_members WHERE night_id = ? ORDER BY joined_at, rowid", night)
    return [row["member_id"] for row in rows]


async def films_of(run: Run, night: int) -> list[NightFilm]:
    """In the order they came."""
    rows = await run(f"SELECT {FILM} FROM night_films AS f WHERE night_id = ? ORDER BY f.id", night)
    return [film_of(row) for row in rows]


async def ballots_of(run: Run, night: int) -> dict[int, Ballot]:
    """Member -> ballot."""
    rows = await run("SELECT member_id, films, is_cast FROM night_votes WHERE night_id = ?", night)
    return {member: Ballot(frozenset(json.loads(films)), bool(cast)) for member, films, cast in rows}


async def identify(run: Run, film: int, movie: int) -> bool:
    """Let a title of an evening be a film of the catalogue; False where the evening has that film already."""
    changed = await run(
        "UPDATE night_films SET movie_id = ?1, title = NULL WHERE id = ?2 AND NOT EXISTS"
        " (SELECT 1 FROM night_films AS f WHERE f.night_id = night_films.night_id AND f.movie_id = ?1) RETURNING 1",
        movie,
        film,
    )
    return bool(changed)


def night_of(row: Row) -> Night:
    """A row of the columns NIGHT."""
    values: dict[str, Any] = dict(zip((field.name for field in fields(Night)), row, strict=True))
    values["wish"] = NightWish(**json.loads(values["wish"]))
    return Night(**values | {name: bool(values[name]) for name in ("reminded", "concluded", "announced")})


def film_of(row: Iterable[Any]) -> NightFilm:
    """A row of the columns FILM."""
    film, movie, title, score, suggested, why = row
    return NightFilm(film, movie, title, score, bool(suggested), why)
