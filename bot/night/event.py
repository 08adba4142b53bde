"""A night's event on the server: whether there may be one, making and naming it, finding it, and taking it away."""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import discord

from bot.app import Marquee
from bot.discord_faults import DISCORD_FAULTS, passes
from bot.films.look import CREDIT
from bot.store import Night, Unavailable

log = logging.getLogger(__name__)

HOURS = 3
GOING_ON = (discord.EventStatus.scheduled, discord.EventStatus.active)


def hindrance(bot: Marquee, night: Night) -> str | None:
    """Why a night becomes no event, for the members to read; None if it may."""
    guild = bot.get_guild(night.guild)
    place = None if guild is None else guild.get_channel_or_thread(night.channel)
    hidden = isinstance(place, discord.Thread) and place.is_private()
    if guild is None or place is None or hidden or not place.permissions_for(guild.default_role).view_channel:
        return (
            "An event would show this evening to those who can't see this channel, so I make none: remember the time."
        )
    if not guild.me.guild_permissions.create_events:
        return "I may not create events here (the permission is called Create Events), so remember the time."
    return None


async def find(bot: Marquee, night: Night) -> discord.ScheduledEvent | None:
    """The night's event; None if it has none, or somebody took it away. One of DISCORD_FAULTS if Discord can't tell."""
    guild = bot.get_guild(night.guild)
    if guild is None or night.event is None:
        return None
    try:
        return guild.get_scheduled_event(night.event) or await guild.fetch_scheduled_event(night.event)
    except discord.NotFound:
        return None


async def announce(bot: Marquee, night: Night, film: str | None = None, cover: bytes | None = None) -> bool:
    """See that the night has its event if it may, named after the film once one is chosen, with a cover if there is one. A night
    can do without. False if Discord could not take it just now."""
    name = ": ".join(part for part in (night.wish.title or "Movie night", film) if part)[:100]
    try:
        if night.event is None:
            return await _make(bot, night, name, cover)
        if (found := await find(bot, night)) is not None and found.status in GOING_ON:
            if found.name != name:
                await found.edit(name=name)
            return await _dress(found, cover)
    except DISCORD_FAULTS as error:
        log.warning("the event of a night could not be made or named: %r", error)
        if passes(error):
            return False
        if night.event is None:  # it will not be different later, so the clock need not try again
            await bot.store.nights.set_event(night.id, None)
    return True


async def _make(bot: Marquee, night: Night, name: str, cover: bytes | None) -> bool:
    """False if its picture could not be taken just now."""
    guild, now = bot.get_guild(night.guild), bot.now()
    wanted = not night.over and not night.announced and night.starts_at is not None and night.starts_at > now
    if guild is None or night.starts_at is None or not wanted or hindrance(bot, night) is not None:
        return True
    starts = datetime.fromtimestamp(night.starts_at, UTC)
    location = f"#{getattr(guild.get_channel_or_thread(night.channel), 'name', 'movies')}"[:100]
    made = await _unclaimed(bot, guild, starts, location) or await guild.create_scheduled_event(
        name=name,
        start_time=starts,
        end_time=starts + timedelta(hours=HOURS),
        entity_type=discord.EntityType.external,
        location=location,
        privacy_level=discord.PrivacyLevel.guild_only,
    )
    await bot.store.nights.set_event(night.id, made.id)
    dressed = await _dress(made, cover)
    after = await bot.store.nights.get(night.id)
    if after is None or after.over:  # it was watched or called off meanwhile
        await end(bot, night.id)
    return dressed


async def _unclaimed(
    bot: Marquee, guild: discord.Guild, starts: datetime, location: str
) -> discord.ScheduledEvent | None:
    """An event that was made for a night without the bot's knowing, since the connection broke before Discord said so."""
    for found in guild.scheduled_events:
        own = found.creator_id == guild.me.id and found.status in GOING_ON
        fits = own and (found.start_time, found.location) == (starts, location)
        if fits and await bot.store.nights.of_event(found.id) is None:
            return found
    return None


async def _dress(found: discord.ScheduledEvent, cover: bytes | None) -> bool:
    """Give an event a picture, if there is one and it has none. In a request of its own: where Discord refuses that, the event
    is as good. False if Discord could not take it just now."""
    if cover is not None and found.cover_image is None:
        try:
            await found.edit(image=cover, description=found.description or CREDIT)
        except DISCORD_FAULTS as error:
            log.warning("the event of a night has no picture: %r", error)
            return not passes(error)
    return True


async def end(bot: Marquee, night_id: int) -> None:
    """Delete the event of a night that is over, unless the event itself is over. If Discord can't just now, the clock does."""
    night = await bot.store.nights.get(night_id)
    if night is None or night.event is None:
        return
    try:
        found = await find(bot, night)
        if found is not None and found.status in GOING_ON:
            await found.delete()
    except DISCORD_FAULTS as error:
        log.warning("the event of a night that is over could not be removed: %r", error)
        if passes(error):
            return
    with suppress(Unavailable):  # it is in the log, and the clock asks again
        await bot.store.nights.set_event(night_id, None)
