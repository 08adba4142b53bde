"""What happens to nights by itself: votes close, nights begin, and their events on Discord change."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import discord
from discord.ext import commands, tasks

from bot import cards
from bot.app import Marquee
from bot.discord_faults import foreseen
from bot.night import event as events
from bot.night import look, steps
from bot.night.board import announced, channel, decided, link, refresh
from bot.night.reading import read_night
from bot.refusal import Refusal
from bot.replies import note
from bot.store import Night, Unavailable

log = logging.getLogger(__name__)

REMIND_SECONDS = 15 * 60


class Clock(commands.Cog):
    """The timers of nights, and what is done with their events."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        self._tick.start()

    async def cog_unload(self) -> None:
        self._tick.cancel()

    @tasks.loop(seconds=30)
    async def _tick(self) -> None:
        """All timers of nights, from the database: what fell due while the bot was away is done now."""
        if not self.bot.is_serving or not self.bot.is_ready():  # until it is ready, it knows of no server
            return
        with _told("the nights' timers failed"):  # a loop that raises never runs again
            nights, now = self.bot.store.nights, self.bot.now()
            for guild in filter(self.bot.serves, await nights.servers()):
                if self.bot.get_guild(guild) is None:  # one that is away for a while is known nevertheless
                    await self._server_gone(guild)
            # Events first: an evening that was moved while the bot was away is not due at its old time.
            await self._all(self._follow_event, await nights.with_event())
            await self._all(self._announce, await nights.unannounced(now))
            await self._all(self._close, await nights.due(now))
            await self._all(self._remind, await nights.beginning(now + REMIND_SECONDS))

    async def _all(self, step: Callable[[Night], Awaitable[None]], nights: Iterable[Night]) -> None:
        """Of this process's servers; the others' are other processes'. A night that fails doesn't hold up the rest."""

        async def one(night: Night) -> None:
            with _told("a night's timer failed"):
                await step(night)

        await asyncio.gather(*(one(night) for night in nights if self.bot.serves(night.guild)))

    async def _announce(self, night: Night) -> None:
        await announced(self.bot, night.id)

    async def _close(self, night: Night) -> None:
        guild = self.bot.get_guild(night.guild)
        if guild is not None and guild.unavailable:  # an outage: its channels and events are unknown until it is back
            return
        await steps.close_vote(self.bot.store, night)
        await decided(self.bot, night.id)

    async def _remind(self, night: Night) -> None:
        # Marked first: if sending fails, better no reminder than one every half minute.
        if not await self.bot.store.nights.set_reminded(night.id):
            return
        # Read anew: its vote may have closed just now, or the host called it off.
        night = await steps.find(self.bot.store, night.id)
        reading = await read_night(self.bot.store, night)
        wanted = reading.settings.reminders and reading.members and not night.over
        if wanted and night.starts_at and night.starts_at > self.bot.now():
            text = look.reminder(self.bot.serving.recommender.catalogue, reading, link(night))
            await channel(self.bot, night).send(view=note(text, accent=cards.ACCENT))

    @commands.Cog.listener()
    async def on_scheduled_event_update(self, before: discord.ScheduledEvent, after: discord.ScheduledEvent) -> None:
        await self._event_changed(after.id, after)

    @commands.Cog.listener()
    async def on_scheduled_event_delete(self, event: discord.ScheduledEvent) -> None:
        await self._event_changed(event.id, None)

    async def _event_changed(self, event_id: int, event: discord.ScheduledEvent | None) -> None:
        with _told("a night's event could not be followed"):
            night = await self.bot.store.nights.of_event(event_id)
            # Without a model the card can't be drawn; the timer follows the event later.
            if night is not None and not night.over and self.bot.is_serving:
                await self._follow(night, event)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._channel_gone(channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self._channel_gone(payload.thread_id)

    async def _channel_gone(self, channel_id: int) -> None:
        """Call off what was to be in a channel that somebody deleted: no command reaches it any more."""
        with _told("the nights of a channel that is gone could not be called off"):
            await self._all(partial(steps.cancel, self.bot), await self.bot.store.nights.going_on(channel_id))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self._server_gone(guild.id)

    async def _server_gone(self, guild_id: int) -> None:
        """The same of a server that removed the bot, or was deleted. If the bot comes back, another evening can begin."""
        with _told("the nights of a server that is gone could not be called off"):
            await self._all(partial(steps.cancel, self.bot), await self.bot.store.nights.on_server(guild_id))

    async def _follow_event(self, night: Night) -> None:
        """Look what became of a night's event: it may have changed while the bot was away, or outlived its night."""
        guild = self.bot.get_guild(night.guild)
        if guild is not None and guild.unavailable:
            return
        if night.over:
            await events.end(self.bot, night.id)
        else:
            await self._follow(night, await events.find(self.bot, night))

    async def _follow(self, night: Night, event: discord.ScheduledEvent | None) -> None:
        """Change the night as its event was changed: completed, moved, or removed. If no film is chosen, none was watched."""
        if event is not None and event.status is discord.EventStatus.completed and night.state == "planned":
            await steps.watched(self.bot, night)
        elif event is None or event.status not in events.GOING_ON:
            await self.bot.store.nights.set_event(night.id, None)
        elif (starts_at := int(event.start_time.timestamp())) != night.starts_at:
            await steps.move(self.bot.store, night, starts_at, self.bot.now())
        else:
            return
        await refresh(self.bot, night.id)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """What goes wrong in here goes to the log, and no further: in a line if it was to be expected."""
    try:
        yield
    except Unavailable:
        pass  # the store has told the log
    except Exception as error:
        if isinstance(error, Refusal) or foreseen(error):
            log.warning("%s: %r", what, error)
        else:
            log.exception("%s", what)


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Clock(bot))
