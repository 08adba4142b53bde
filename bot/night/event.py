"""A night's event on the server: whether there may be one, making it, finding it, and taking it away."""

import logging
from datetime import UTC, datetime, timedelta

import discord

from bot.app import Marquee
from bot.store import Night

log = logging.getLogger(__name__)

HOURS = 3
_GOING_ON = (discord.EventStatus.scheduled, discord.EventStatus.active)


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
    """The night's event; None if it has none, or somebody took it away. HTTPException if Discord can't tell."""
    guild = bot.get_guild(night.guild)
    if guild is None or night.event is None:
        return None
    try:
        return guild.get_scheduled_event(night.event) or await guild.fetch_scheduled_event(night.event)
    except discord.NotFound:
        return None


async def make(bot: Marquee, night: Night, film: str) -> None:
    """Make an event for the film, if its time is still to come and the bot may. A night can do without one."""
    guild, now = bot.get_guild(night.guild), bot.now()
    wanted = night.state == "planned" and night.event is None and night.starts_at is not None and night.starts_at > now
    if guild is None or night.starts_at is None or not wanted or hindrance(bot, night) is not None:
        return
    starts = datetime.fromtimestamp(night.starts_at, UTC)
    try:
        made = await guild.create_scheduled_event(
            name=f"Movie night: {film}"[:100],
            start_time=starts,
            end_time=starts + timedelta(hours=HOURS),
            entity_type=discord.EntityType.external,
            location=f"#{getattr(guild.get_channel_or_thread(night.channel), 'name', 'movies')}"[:100],
            privacy_level=discord.PrivacyLevel.guild_only,
        )
    except discord.HTTPException as error:
        log.warning("no event could be made for a night: %s", error)
        return
    await bot.store.nights.set_event(night.id, made.id)
    after = await bot.store.nights.get(night.id)
    if after is not None and after.state != "planned":  # it was watched or called off meanwhile
        await end(bot, night.id)


async def end(bot: Marquee, night_id: int) -> None:
    """Delete the event of a night that is over, unless the event itself is over."""
    night = await bot.store.nights.get(night_id)
    try:
        found = None if night is None else await find(bot, night)
        if found is not None and found.status in _GOING_ON:
            await found.delete()
    except discord.HTTPException as error:
        log.warning("the event of a night that is over could not be removed: %s", error)
