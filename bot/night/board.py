"""The channel's card of a night, kept up to date."""

import asyncio
import logging
from dataclasses import replace

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.discord_faults import DISCORD_FAULTS, THREAD_ARCHIVED, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, passes
from bot.looking import Looks
from bot.night import event, look
from bot.night.cover import cover as drawn
from bot.night.reading import Reading, read_night
from bot.night.steps import cancel, editing, find
from bot.store import Night

log = logging.getLogger(__name__)


async def announced(bot: Marquee, night_id: int) -> None:
    """Make the event of a night that has none yet, and show it. What Discord can't take just now, the clock tries again."""
    async with editing(night_id):
        reading = await read_night(bot.store, await find(bot.store, night_id))
        looks = await look.looks_of(bot, reading)
        await event.announce(bot, reading.night, _film(bot, reading), await _cover(bot, reading, looks))
        await _show_event(bot, reading, looks)


async def decided(bot: Marquee, night_id: int) -> None:
    """Show that the vote is over, and name the event. If the bot stops in between, the clock does it again (see `Nights.due`)."""
    async with editing(night_id):  # so that the event is made once
        reading = await read_night(bot.store, await find(bot.store, night_id))
        looks = await look.looks_of(bot, reading)
        shown = await _show(bot, reading, looks)
        if reading.winner is None or reading.night.concluded:
            return
        cover = await _cover(bot, reading, looks)
        if await event.announce(bot, reading.night, _film(bot, reading), cover) and shown:
            await bot.store.nights.set_concluded(night_id)
        await _show_event(bot, reading, looks)


async def refresh(bot: Marquee, night_id: int) -> Night:
    """Bring the channel's card up to date; if there is none, or somebody deleted it, show it anew. The night afterwards."""
    async with editing(night_id):
        reading = await read_night(bot.store, await find(bot.store, night_id))
        await _show(bot, reading, await look.looks_of(bot, reading))
        return await find(bot.store, night_id)


def _film(bot: Marquee, reading: Reading) -> str | None:
    """The name of the film, once one is chosen."""
    if reading.winner is None:
        return None
    return cards.candidate_label(reading.winner, bot.serving.recommender.catalogue)


async def _cover(bot: Marquee, reading: Reading, looks: Looks) -> bytes | None:
    """The film's poster as the picture of an event, once a film is chosen, if it comes in time."""
    if bot.looks is None or reading.winner is None or reading.winner.movie is None:
        return None
    seen = looks.get(reading.winner.movie)
    poster = await bot.looks.picture(seen.poster) if seen and seen.poster else None
    return None if poster is None else await asyncio.to_thread(drawn, poster)


async def _show_event(bot: Marquee, before: Reading, looks: Looks) -> None:
    """Show the event, if the night got one since it was read."""
    night = await find(bot.store, before.night.id)
    if night.event != before.night.event:
        await _show(bot, replace(before, night=night), looks)


async def _show(bot: Marquee, reading: Reading, looks: Looks) -> bool:
    """False if Discord could not take the card just now. Where its channel is gone, so is the night."""
    try:
        await _put(bot, reading.night, look.card(bot, reading, looks))
    except DISCORD_FAULTS as error:
        log.warning("the card of a night can't be shown: %r", error)
        if getattr(error, "code", None) == UNKNOWN_CHANNEL and not reading.night.over:
            await cancel(bot, reading.night)
        return not passes(error)
    return True


async def _put(bot: Marquee, night: Night, view: ui.LayoutView) -> None:
    place = channel(bot, night)
    if night.message is not None:
        try:
            await place.get_partial_message(night.message).edit(view=view)
            return
        except discord.HTTPException as error:
            # An archived thread takes no edits, but a new message opens it again.
            if error.code not in (UNKNOWN_MESSAGE, THREAD_ARCHIVED):
                raise
    await bot.store.nights.set_message(night.id, (await place.send(view=view)).id)


def channel(bot: Marquee, night: Night) -> discord.PartialMessageable:
    """Where the night's card stands."""
    return bot.get_partial_messageable(night.channel, guild_id=night.guild)


def link(night: Night) -> str | None:
    """The address of the night's card, if it is shown."""
    if night.message is None:
        return None
    return f"https://discord.com/channels/{night.guild}/{night.channel}/{night.message}"
