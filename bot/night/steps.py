"""The steps of an evening. Each happens once, whoever asks for it; afterwards the channel's card shows how things stand."""

import asyncio
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import discord

from bot import cards
from bot.app import Marquee
from bot.night import event, tally
from bot.night.group import ANONYMOUS, Group, judge, pick, read_group, reasons
from bot.night.tally import Tally
from bot.refusal import Refusal
from bot.store import Ballot, GuildSettings, Night, NightFilm
from recommender import GroupPick, Movie

log = logging.getLogger(__name__)

MOST_MEMBERS = 25
FETCH_SECONDS = 1.0
BEFORE_START = 5 * 60  # seconds before the evening begins, at which its vote is over
# What fewer than half approved of isn't picked again for so many evenings.
PASSED_OVER = 5
OVER = ("watched", "cancelled")
_WHAT_NOW = {
    "gathering": "The vote hasn't begun yet. The host starts it with **Pick for us**.",
    "voting": "The vote is open. Press **Vote** on the evening's card.",
    "planned": "The vote is over and the film is chosen. See `/night status`.",
    "watched": "This evening is over. Start another with `/night start`.",
    "cancelled": "This evening was cancelled. Start another with `/night start`.",
}
_editing: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()


class WrongState(Refusal):
    """What to tell somebody who asks for what this evening is past, or has not come to."""

    def __init__(self, night: Night) -> None:
        super().__init__(_WHAT_NOW[night.state])


@dataclass(frozen=True)
class Reading:
    """All that the card of an evening shows."""

    night: Night
    settings: GuildSettings
    members: list[int]
    films: list[NightFilm]
    ballots: dict[int, Ballot]
    group: Group
    judged: dict[int, GroupPick]  # by movie id

    @property
    def host(self) -> int | None:
        """Whoever has been in the longest; if they leave, the next."""
        return self.members[0] if self.members else None

    @property
    def tally(self) -> Tally | None:
        """Once the vote is over."""
        if self.night.winner is None or self.night.seed is None:
            return None
        return tally.count(self.films, self.ballots, self.night.seed)

    @property
    def winner(self) -> NightFilm | None:
        return next((film for film in self.films if film.id == self.night.winner), None)


def name(bot: Marquee, film: NightFilm) -> str:
    """The film in bold, whether the catalogue has it or somebody typed it."""
    if film.movie is None:
        return f"**{cards.escape(film.title or '', cards.TITLE_LENGTH)}**"
    return cards.film_of(bot.serving.recommender.catalogue, film.movie)


def plain_name(bot: Marquee, film: NightFilm) -> str:
    """The same without markdown, for pictures and events."""
    known = None if film.movie is None else bot.serving.recommender.catalogue.get(film.movie)
    return known.label if known else film.title or f"Film {film.movie}"


async def find(bot: Marquee, night_id: int) -> Night:
    """The evening, or a Refusal."""
    night = await bot.store.nights.get(night_id)
    if night is None:
        raise Refusal("I no longer know that evening. Start another with `/night start`.")
    return night


async def read_night(bot: Marquee, night: Night) -> Reading:
    """Read how an evening stands."""
    nights = bot.store.nights
    settings, members = await nights.settings(night.guild), await nights.members(night.id)
    films, ballots = await nights.films(night.id), await nights.ballots(night.id)
    group = await read_group(bot.store, bot.serving, night, members, settings)
    movies = [film.movie for film in films if film.movie is not None]
    judged = await judge(bot.serving, group, movies) if movies and members else {}
    return Reading(night, settings, members, films, ballots, group, judged)


async def check_member(bot: Marquee, night: Night, member: int) -> None:
    if member not in await bot.store.nights.members(night.id):
        raise Refusal("You aren't in this evening. Press **Join** on its card first.")


def manages_events(user: discord.User | discord.Member) -> bool:
    """On the server as a whole, whatever a channel says."""
    return isinstance(user, discord.Member) and user.guild_permissions.manage_events


async def check_host(bot: Marquee, night: Night, user: discord.User | discord.Member) -> None:
    """The host, or somebody who manages the server's events."""
    members, manages = await bot.store.nights.members(night.id), manages_events(user)
    if not manages and (await bot.store.nights.settings(night.guild)).hosts == "managers":
        raise Refusal("On this server only those who manage events can do that. Ask one of them.")
    while members and user.id != members[0] and not manages and await _has_left(bot, night, members[0]):
        await bot.store.nights.leave(night.id, members.pop(0))
    if members and user.id != members[0] and not manages:
        others = " You can vote, join and suggest." if night.state in ("gathering", "voting") else ""
        raise Refusal(f"Only the host, <@{members[0]}>, can do that.{others}")


async def _has_left(bot: Marquee, night: Night, member: int) -> bool:
    """Whether somebody is no longer on the server."""
    guild = bot.get_guild(night.guild)
    try:
        async with asyncio.timeout(FETCH_SECONDS):  # whoever pressed is waiting
            return guild is not None and not await guild.fetch_member(member)
    except discord.NotFound:
        return True
    except (discord.HTTPException, TimeoutError):
        return False


async def join(bot: Marquee, night: Night, members: Iterable[int]) -> list[int]:
    """Who came in anew."""
    if night.state not in ("gathering", "voting", "planned"):
        raise WrongState(night)
    there = await bot.store.nights.members(night.id)
    room = MOST_MEMBERS - len(there)
    wanted = [member for member in members if member not in there]
    if len(wanted) > room:
        left = f"{room} more can join" if room > 0 else "this one is full"
        raise Refusal(f"An evening has room for {MOST_MEMBERS} people; {left}.")
    return await bot.store.nights.join(night.id, wanted, bot.now())


async def leave(bot: Marquee, night: Night, member: int) -> bool:
    """True if all who are still in have voted, and the vote is over."""
    if night.state not in ("gathering", "voting", "planned"):
        raise WrongState(night)
    if not await bot.store.nights.leave(night.id, member):
        raise Refusal("You aren't in this evening, so there is nothing to leave.")
    return night.state == "voting" and await _close_if_all_voted(bot, night)


async def check_suggesting(bot: Marquee, night: Night, member: int) -> None:
    await check_member(bot, night, member)
    if night.state not in ("gathering", "voting"):
        raise WrongState(night)


async def suggest(bot: Marquee, night: Night, member: int, film: Movie | str) -> str:
    """Put in a film of the catalogue, or another by its title as typed; returns its name."""
    await check_suggesting(bot, night, member)
    movie, title = (None, film) if isinstance(film, str) else (film.id, None)
    shown = name(bot, NightFilm(0, movie, title, 0.5, True))
    match await bot.store.nights.suggest(night.id, member, movie, title):
        case "known":
            raise Refusal(f"{shown} is in already. Suggest another, or vote for it.")
        case "enough":
            raise Refusal("You have put in three films, which is as many as one person may.")
        case "full":
            raise Refusal("The list is full. Vote for one of the films on it.")
    if movie is not None:
        await _score(bot, night, [movie])
    return shown


async def begin_vote(bot: Marquee, night: Night) -> None:
    """Make the slate for the people who are in, and open the vote."""
    async with editing(night.id):  # pressed twice at once, it still makes one slate
        await _begin_vote(bot, await find(bot, night.id))


async def _begin_vote(bot: Marquee, night: Night) -> None:
    nights = bot.store.nights
    if night.state != "gathering":
        raise WrongState(night)
    members = await nights.members(night.id)
    if not members:
        raise Refusal("Nobody is in this evening. Press **Join** first.")
    settings = await nights.settings(night.guild)
    group = await read_group(bot.store, bot.serving, night, members, settings)
    films = await nights.films(night.id)
    suggested = [film.movie for film in films if film.movie is not None]
    stale = await nights.passed_over(night.guild, PASSED_OVER)
    picked = await pick(bot.serving, night, group, {*suggested, *stale})
    if not picked and not films:
        raise Refusal(
            "No film fits these wishes, what you have seen and everyone's exclusions. Suggest one, or `/night cancel` and start "
            "anew with a wider wish."
        )
    await nights.add_films(night.id, picked)
    await _score(bot, night, suggested)
    judged = await judge(bot.serving, group, [*suggested, *picked])
    # As it is now: if this changed as people join, it would tell what one of them likes or excludes.
    shown = {
        "why": reasons(bot.serving, group, judged.values()),
        "vetoed": group.vetoed if len(members) >= ANONYMOUS else 0,
    }
    await nights.set_wish(night.id, {**night.wish, **shown})
    closes_at = bot.now() + night.wish["minutes"] * 60
    if night.starts_at is not None:  # there has to be a film by then
        closes_at = max(min(closes_at, night.starts_at - BEFORE_START), bot.now() + 60)
    await nights.change(
        night.id, ["gathering"], "voting", bot.now(), closes_at=closes_at, seed=secrets.randbelow(10**6)
    )


async def _score(bot: Marquee, night: Night, movies: list[int]) -> None:
    """The group's scores for films that members put in."""
    members = await bot.store.nights.members(night.id)
    settings = await bot.store.nights.settings(night.guild)
    group = await read_group(bot.store, bot.serving, night, members, settings)
    judged = await judge(bot.serving, group, movies)
    await bot.store.nights.add_films(night.id, {movie: pick.score for movie, pick in judged.items()})


async def vote(bot: Marquee, night: Night, member: int, film: int | None) -> tuple[Ballot, bool]:
    """Press a film on a member's ballot; None: this is all. The ballot, and whether with it everybody has voted, and the
    vote is over."""
    await check_member(bot, night, member)
    ballot = await bot.store.nights.vote(night.id, member, film)
    if ballot is None:
        raise WrongState(await find(bot, night.id))
    return ballot, await _close_if_all_voted(bot, night)


async def _close_if_all_voted(bot: Marquee, night: Night) -> bool:
    ballots, members = await bot.store.nights.ballots(night.id), await bot.store.nights.members(night.id)
    if members and all(member in ballots and ballots[member].cast for member in members):
        return await close_vote(bot, night)
    return False


async def close_vote(bot: Marquee, night: Night) -> bool:
    """Count the votes and plan the winner; False if it was done meanwhile."""
    nights = bot.store.nights
    if night.state != "voting" or night.seed is None:
        raise WrongState(night)
    result = tally.count(await nights.films(night.id), await nights.ballots(night.id), night.seed)
    if not await nights.change(night.id, ["voting"], "planned", bot.now(), winner=result.winner.id):
        return False
    # Ballots that came meanwhile count; from now on, there are no more.
    final = tally.count(await nights.films(night.id), await nights.ballots(night.id), night.seed)
    if final.winner.id != result.winner.id:
        await nights.change(night.id, ["planned"], "planned", bot.now(), winner=final.winner.id)
    return True


async def watched(bot: Marquee, night: Night) -> None:
    """Log the film for those who were there."""
    if night.state != "planned":
        raise WrongState(night)
    now = await read_night(bot, night)
    movie = now.winner.movie if now.winner else None
    judged = now.judged.get(movie) if movie is not None else None  # of a title that was typed nothing is known
    shares = dict(zip(now.members, judged.percentiles, strict=True)) if judged else {}
    if not await bot.store.nights.watched(night.id, movie, shares, bot.now()):
        raise WrongState(await find(bot, night.id))
    await event.end(bot, night.id)


async def cancel(bot: Marquee, night: Night) -> None:
    """Call it off, and its event with it."""
    if not await bot.store.nights.change(night.id, ["gathering", "voting", "planned"], "cancelled", bot.now()):
        raise WrongState(await find(bot, night.id))
    await event.end(bot, night.id)


def editing(night_id: int) -> asyncio.Lock:
    """Held while an evening's card is edited: one edit at a time, always to the latest state."""
    return _editing.setdefault(night_id, asyncio.Lock())


def channel(bot: Marquee, night: Night) -> discord.PartialMessageable:
    return bot.get_partial_messageable(night.channel, guild_id=night.guild)
