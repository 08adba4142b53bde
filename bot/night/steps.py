"""The steps of a night. Each happens once, whoever asks for it; afterwards the channel's card shows how things stand."""

import asyncio
import secrets
from collections.abc import Iterable
from weakref import WeakValueDictionary

import discord

from bot import cards
from bot.app import Marquee
from bot.night import event, tally
from bot.night.group import judge, pick, read_group, reasons, satisfaction
from bot.refusal import Refusal
from bot.store import Ballot, Night, NightFilm, Store
from recommender import Movie

MOST_MEMBERS = 25
FETCH_SECONDS = 1.0
BEFORE_START = 5 * 60  # seconds before the night begins, at which its vote is over
# Nights for which a film isn't picked again after fewer than half approved of it.
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
    """The night is not in the state that this step needs."""

    def __init__(self, night: Night) -> None:
        super().__init__(_WHAT_NOW[night.state])


def editing(night_id: int) -> asyncio.Lock:
    """Held while a night's card or slate is made: one at a time, always from the latest state."""
    return _editing.setdefault(night_id, asyncio.Lock())


async def find(store: Store, night_id: int) -> Night:
    """The night, or a Refusal."""
    night = await store.nights.get(night_id)
    if night is None:
        raise Refusal("I no longer know that evening. Start another with `/night start`.")
    return night


async def check_member(store: Store, night: Night, member: int) -> None:
    if member not in await store.nights.members(night.id):
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
        async with asyncio.timeout(FETCH_SECONDS):  # the member who pressed is waiting
            return guild is not None and not await guild.fetch_member(member)
    except discord.NotFound:
        return True
    except (discord.HTTPException, TimeoutError):
        return False


async def join(store: Store, night: Night, members: Iterable[int], at: int) -> list[int]:
    """Who came in anew."""
    if night.state in OVER:
        raise WrongState(night)
    there = await store.nights.members(night.id)
    room = MOST_MEMBERS - len(there)
    wanted = [member for member in members if member not in there]
    if len(wanted) > room:
        left = f"{room} more can join" if room > 0 else "this one is full"
        raise Refusal(f"An evening has room for {MOST_MEMBERS} people; {left}.")
    return await store.nights.join(night.id, wanted, at)


async def leave(store: Store, night: Night, member: int, at: int) -> bool:
    """True if all who are still in have voted, and the vote is over."""
    if night.state in OVER:
        raise WrongState(night)
    if not await store.nights.leave(night.id, member):
        raise Refusal("You aren't in this evening, so there is nothing to leave.")
    return night.state == "voting" and await _close_if_all_voted(store, night, at)


async def check_suggesting(store: Store, night: Night, member: int) -> None:
    await check_member(store, night, member)
    if night.state not in ("gathering", "voting"):
        raise WrongState(night)


async def suggest(bot: Marquee, night: Night, member: int, film: Movie | str) -> str:
    """Put in a film of the catalogue, or another by its title as typed; returns its name."""
    await check_suggesting(bot.store, night, member)
    movie, title = (None, film) if isinstance(film, str) else (film.id, None)
    shown = cards.candidate(NightFilm(0, movie, title, 0.5, True), bot.serving.recommender.catalogue)
    match await bot.store.nights.suggest(night.id, member, movie, title):
        case "known":
            raise Refusal(f"{shown} is in already. Suggest another, or vote for it.")
        case "enough":
            raise Refusal("You have put in three films, which is as many as one person may.")
        case "full":
            raise Refusal("The list is full. Vote for one of the films on it.")
    if movie is not None:
        [judged] = await judge(bot.serving, await read_group(bot.store, bot.serving, night), [movie])
        await bot.store.nights.add_films(night.id, {movie: judged.score})
    return shown


async def begin_vote(bot: Marquee, night: Night) -> None:
    """Make the slate for the people who are in, and open the vote."""
    async with editing(night.id):  # two presses at once make one slate
        await _begin_vote(bot, await find(bot.store, night.id))


async def _begin_vote(bot: Marquee, night: Night) -> None:
    nights, serving = bot.store.nights, bot.serving
    if night.state != "gathering":
        raise WrongState(night)
    group = await read_group(bot.store, serving, night)
    if not group.members:
        raise Refusal("Nobody is in this evening. Press **Join** first.")
    films = await nights.films(night.id)
    suggested = [film.movie for film in films if film.movie is not None]
    stale = await bot.store.past.passed_over(night.guild, PASSED_OVER)
    picked = await pick(serving, night, group, suggested, stale)
    if not picked and not films:
        raise Refusal(
            "No film fits these wishes, what you have seen and everyone's exclusions. Suggest one, or `/night cancel` and start "
            "anew with a wider wish."
        )
    judged = await judge(serving, group, [*suggested, *picked])
    await nights.add_films(night.id, {film.movie: film.score for film in judged})
    # Stored now and not updated: a change when somebody joins would show what that member likes or excludes.
    await nights.set_reasons(night.id, reasons(serving, group, judged))
    closes_at = bot.now() + night.wish.minutes * 60
    if night.starts_at is not None:  # the film must be chosen before the night begins
        closes_at = max(min(closes_at, night.starts_at - BEFORE_START), bot.now() + 60)
    opened = {"closes_at": closes_at, "seed": secrets.randbelow(10**6), "vetoed": group.vetoed}
    await nights.change(night.id, ["gathering"], "voting", bot.now(), **opened)


async def vote(store: Store, night: Night, member: int, film: int | None, at: int) -> tuple[Ballot, bool]:
    """Press a film on a member's ballot, or with None cast it. The ballot, and whether with it everybody has voted, and the
    vote is over."""
    await check_member(store, night, member)
    ballot = await store.nights.vote(night.id, member, film)
    if ballot is None:
        raise WrongState(await find(store, night.id))
    return ballot, await _close_if_all_voted(store, night, at)


async def _close_if_all_voted(store: Store, night: Night, at: int) -> bool:
    ballots, members = await store.nights.ballots(night.id), await store.nights.members(night.id)
    if members and all(member in ballots and ballots[member].cast for member in members):
        return await close_vote(store, night, at)
    return False


async def close_vote(store: Store, night: Night, at: int) -> bool:
    """Count the votes and plan the winner; False if it was done meanwhile."""
    nights = store.nights
    if night.state != "voting" or night.seed is None:
        raise WrongState(night)
    result = tally.count(await nights.films(night.id), await nights.ballots(night.id), night.seed)
    if not await nights.change(night.id, ["voting"], "planned", at, winner=result.winner.id):
        return False
    # Count again: ballots may have come in before the state changed. Now no more can.
    final = tally.count(await nights.films(night.id), await nights.ballots(night.id), night.seed)
    if final.winner.id != result.winner.id:
        await nights.change(night.id, ["planned"], "planned", at, winner=final.winner.id)
    return True


async def watched(bot: Marquee, night: Night) -> None:
    """Log the film for those who were there."""
    nights = bot.store.nights
    if night.state != "planned":
        raise WrongState(night)
    movie = next((film.movie for film in await nights.films(night.id) if film.id == night.winner), None)
    histories = await bot.store.histories(await nights.members(night.id))
    shares = await satisfaction(bot.serving, histories, movie)
    if not await nights.watched(night.id, movie, shares, bot.now()):
        raise WrongState(await find(bot.store, night.id))
    await event.end(bot, night.id)


async def cancel(bot: Marquee, night: Night) -> None:
    """Call it off, and its event with it."""
    if not await bot.store.nights.change(night.id, ["gathering", "voting", "planned"], "cancelled", bot.now()):
        raise WrongState(await find(bot.store, night.id))
    await event.end(bot, night.id)
