"""The channel's card of a night, kept up to date."""

import logging

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.night import event, look
from bot.night.reading import read_night
from bot.night.steps import editing, find
from bot.store import Night

log = logging.getLogger(__name__)

# Two of Discord's error codes, and the first HTTP status that means "try again later".
UNKNOWN_MESSAGE, THREAD_ARCHIVED, SERVER_ERROR = 10008, 50083, 500


async def decided(bot: Marquee, night_id: int) -> None:
    """Show that the vote is over, and make the event. If the bot stops in between, the clock does it again (see `Nights.due`)."""
    shown = await refresh(bot, night_id)
    async with editing(night_id):  # so that the event is made once
        night = await find(bot.store, night_id)
        if not night.concluded:
            winner = (await read_night(bot.store, night)).winner
            if winner is not None:
                await event.make(bot, night, cards.candidate_label(winner, bot.serving.recommender.catalogue))
            if shown:
                await bot.store.nights.set_concluded(night_id)
    if (await find(bot.store, night_id)).event is not None:
        await refresh(bot, night_id)


async def refresh(bot: Marquee, night_id: int) -> bool:
    """Bring the channel's card up to date; if there is none, or somebody deleted it, show it anew. False if Discord could not
    take it just now."""
    async with editing(night_id):
        night = await find(bot.store, night_id)
        try:
            await _show(bot, night, look.card(bot, await read_night(bot.store, night)))
        except discord.HTTPException as error:
            log.warning("the card of a night can't be shown: %s", error)
            return error.status < SERVER_ERROR  # a 4xx will not be different later
    return True


async def _show(bot: Marquee, night: Night, view: ui.LayoutView) -> None:
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
