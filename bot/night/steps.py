"""The steps of a night. Each happens once, whoever asks for it; afterwards the channel's card shows how things stand."""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import replace
from weakref import WeakValueDictionary

import discord

from bot import cards, filtering
from bot.app import Marquee
from bot.discord_faults import DISCORD_FAULTS
from bot.night import event, tally
from bot.night.group import judge, read_group, reasons, satisfaction
from bot.night.picking import pick_for
from bot.refusal import Refusal
from bot.store import Ballot, Night, NightFilm, NoRoom, Store
from bot.store.nights import MOST_MEMBERS
from recommender import Movie

FETCH_SECONDS = 1.0
# Seconds. A vote ends two hours before the night, so that everybody can still come, but is open for a quarter of an hour at
# least; without a time, for an hour. One for which the host said how long ends five minutes before the night at the latest.
BEFORE_NIGHT, AT_LEAST, WITHOUT_TIME, BEFORE_START = 2 * 3600, 15 * 60, 3600, 5 * 60
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


async def find_here(interaction: discord.Interaction[Marquee], night_id: int) -> Night:
    """The night whose button was pressed, or a Refusal: in another server or channel than its own there is no such button."""
    night = await find(interaction.client.store, night_id)
    if (night.guild, night.channel) != (interaction.guild_id, interaction.channel_id):
        raise Refusal("That evening isn't in this channel. `/night status` shows the one that is.")
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
    except DISCORD_FAULTS:
        return False


async def join(store: Store, night: Night, members: Iterable[int], at: int) -> list[int]:
    """Who came in anew."""
    try:
        added = await store.nights.join(night.id, members, at)
    except NoRoom as full:
        left = f"{full.room} more can join" if full.room else "this one is full"
        raise Refusal(f"An evening has room for {MOST_MEMBERS} people; {left}.") from None
    if added is None:
        raise WrongState(await find(store, night.id))
    return added


async def leave(store: Store, night: Night, member: int) -> bool:
    """True if all who are still in have voted, and the vote is over."""
    if night.over:
        raise WrongState(night)
    if not await store.nights.leave(night.id, member):
        raise Refusal("You aren't in this evening, so there is nothing to leave.")
    return await close_vote(store, night, if_all_voted=True)


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
        case "over" | "stranger":  # since it was checked
            await check_member(bot.store, night, member)
            raise WrongState(await find(bot.store, night.id))
        case "known":
            raise Refusal(f"{shown} is in already. Suggest another, or vote for it.")
        case "enough":
            raise Refusal("You have put in three films, which is as many as one person may.")
        case "full":
            raise Refusal("The list is full. Vote for one of the films on it.")
    return shown


async def score(bot: Marquee, night: Night, movie: int) -> None:
    """Judge a film that was suggested while the vote was open or being opened: the others are judged when it begins."""
    async with editing(night.id):
        night = await find(bot.store, night.id)
        if night.state == "voting":
            [judged] = await judge(bot.serving, await read_group(bot.store, bot.serving, night), [movie])
            await bot.store.nights.set_score(night.id, movie, judged.score)


async def begin_vote(bot: Marquee, night: Night) -> None:
    """Make the slate for the people who are in, and open the vote."""
    async with editing(night.id):  # two presses at once make one slate
        await _begin_vote(bot, await find(bot.store, night.id))


async def _begin_vote(bot: Marquee, night: Night) -> None:
    serving = bot.serving
    if night.state != "gathering":
        raise WrongState(night)
    group = await read_group(bot.store, serving, night)
    if not group.members:
        raise Refusal("Nobody is in this evening. Press **Join** first.")
    films = await bot.store.nights.films(night.id)
    suggested = [film.movie for film in films if film.movie is not None]
    picked = await pick_for(bot, night, group, suggested)
    if not picked.movies and not films:
        anew = f" with a wider choice of {filtering.widen(night.wish)}" if night.wish.given else ""
        services_too = " on your services" if night.wish.on_our_services else ""
        raise Refusal(
            f"No film{services_too} is left that fits, besides what you have seen and what is excluded. Suggest one, or "
            f"`/night cancel` and start anew{anew}."
        )
    judged = await judge(serving, group, [*suggested, *picked.movies])
    await bot.store.votes.open(
        night.id,
        {film.movie: film.score for film in judged},
        # Stored now and not updated: a change when somebody joins would show what that member likes or excludes.
        reasons(serving, group, judged, picked.wanted),
        closes_at=vote_end(night, bot.now()),
        seed=secrets.randbelow(10**6),
        vetoed=group.vetoed,
        fit=filtering.counted(serving, night.wish),
        listed=picked.listed,
    )


def vote_end(night: Night, now: int) -> int:
    """When a vote that is open now shall end, in UTC seconds since 1970."""
    minutes, starts_at = night.wish.minutes, night.starts_at
    if minutes is None:
        return now + WITHOUT_TIME if starts_at is None else max(starts_at - BEFORE_NIGHT, now + AT_LEAST)
    closes_at = night.closes_at or now + minutes * 60
    return closes_at if starts_at is None else max(min(closes_at, starts_at - BEFORE_START), now + 60)


async def vote(store: Store, night: Night, member: int, film: int | None) -> tuple[Ballot, bool]:
    """Press a film on a member's ballot, or with None cast it. The ballot, and whether with it everybody has voted, and the
    vote is over."""
    ballot = await store.votes.cast(night.id, member, film)
    if ballot is None:
        await check_member(store, night, member)
        raise WrongState(await find(store, night.id))
    return ballot, ballot.cast and await close_vote(store, night, if_all_voted=True)


async def close_vote(store: Store, night: Night, *, if_all_voted: bool = False) -> bool:
    """Count the votes and plan the winner; False if it was done meanwhile, or with `if_all_voted` not all have voted."""
    if night.state != "voting" or night.seed is None:
        return False
    seed = night.seed
    return await store.votes.close(
        night.id, lambda films, ballots: tally.count(films, ballots, seed).winner.id, if_all_voted=if_all_voted
    )


async def move(store: Store, night: Night, starts_at: int, now: int) -> None:
    """Begin the night at another time; a vote that is open, or is just being opened, ends accordingly."""
    async with editing(night.id):
        night = await find(store, night.id)
        closes_at = vote_end(replace(night, starts_at=starts_at), now) if night.state == "voting" else None
        await store.nights.set_start(night.id, starts_at, closes_at)


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
