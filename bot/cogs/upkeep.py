"""What the bot does by the clock, unasked: learning anew, fetching films, backups, clearing away."""

import asyncio
import logging
import os
import time
from contextlib import ExitStack, suppress

import discord
from discord.ext import commands, tasks

from bot import backups, emojis, heartbeat, metrics, processes, systemd, troubles
from bot.alerts import Kind
from bot.app import Marquee
from bot.cluster import FAULTS, Word, Work
from bot.discord_faults import passes
from bot.films.sources import fetched_at
from bot.films.update import update
from bot.health import Health
from bot.lock import AlreadyRunningError
from bot.store import StoreError, Unavailable
from bot.training.trainer import AlreadyTraining

log = logging.getLogger(__name__)

LIST_DAYS = 30
LAG_INTERVAL = 0.5
FOLLOW_INTERVAL = 30  # seconds between two looks at the folder: one `stat`
SHARE_MINUTES = 5  # between two looks whether films have changed


class Upkeep(commands.Cog):
    """Loops, from the bot's start to its end. A loop that raises never runs again, so whatever goes wrong is only logged."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot
        self._last_tick: float | None = None
        self._health = Health(bot)
        self._is_silent = False  # no heartbeat could be written, which the log was told
        self._served = ExitStack()
        self._loops = (
            self.retrain_when_due,
            self.follow,
            self.share_films,
            self.update_films,
            self.take_emojis,
            self.back_up,
            self.prune,
            self.tell_the_owner,
            self.measure_lag,
            self.live,
            self.tell_of_itself,
        )

    async def cog_load(self) -> None:
        self._served.enter_context(metrics.served(self.bot))
        self.bot.cluster.hear(Word.RETRAIN, self._retrain_if_due)
        for loop in self._loops:
            loop.start()

    async def cog_unload(self) -> None:
        for loop in self._loops:
            loop.cancel()
        systemd.notify(systemd.STOPPING)
        with suppress(OSError):
            heartbeat.remove(self.bot.settings.data_dir, os.getpid(), self.bot.settings.process)
        await asyncio.to_thread(self._served.close)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        systemd.notify(systemd.READY)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard: int) -> None:
        self.bot.connections.found(shard)

    @commands.Cog.listener()
    async def on_shard_resumed(self, shard: int) -> None:
        self.bot.connections.found(shard)

    @commands.Cog.listener()
    async def on_shard_disconnect(self, shard: int) -> None:
        self.bot.connections.lose(shard, self.bot.now())

    @tasks.loop(minutes=5)
    async def retrain_when_due(self) -> None:
        """Start a retrain if one is due."""
        await self._retrain_if_due()

    async def _retrain_if_due(self) -> None:
        await self.bot.loading
        try:
            if await self.bot.try_to_learn() and (reason := await self.bot.trainer.due(self.bot.films_at)) is not None:
                await self.bot.trainer.start(reason)
        except AlreadyTraining:
            log.info("a retrain is running already")
        except Unavailable:
            pass  # the store has told the log
        except Exception:
            log.exception("no retrain could be started")

    @tasks.loop(seconds=FOLLOW_INTERVAL)
    async def follow(self) -> None:
        """Also where nobody tells of a new model, as between bots that share its folder alone."""
        await self.bot.follow()

    @tasks.loop(minutes=SHARE_MINUTES)
    async def share_films(self) -> None:
        """So seldom, since it writes the model's whole file."""
        await self.bot.loading
        await self.bot.share_films()

    @tasks.loop(hours=1)
    async def update_films(self) -> None:
        """Fetch films that came since, and learn with them."""
        settings = self.bot.settings
        try:
            if settings.films == "off" or not await self.bot.try_to_learn():
                return
            # Before too: an earlier run may have been stopped in between.
            self.bot.films_at = await asyncio.to_thread(fetched_at, settings.films_dir, settings.films)
            outcome = await update(settings)
            self.bot.films_at = await asyncio.to_thread(fetched_at, settings.films_dir, settings.films)
            if outcome.problem is None:
                self.bot.alerts.mended("films")
            else:
                log.warning("%s", outcome.problem)
                if outcome.is_refused:
                    self.bot.alerts.tell("films", outcome.problem)
            await self._retrain_if_due()
            await asyncio.sleep(outcome.wait)
        except Exception:
            log.exception("films could not be updated")

    @tasks.loop(hours=1)
    async def take_emojis(self) -> None:
        """Ends with emojis, or with a refusal: that may be another at the next start. What else goes wrong passes by itself."""
        try:
            async with self.bot.cluster.alone(Work.EMOJIS):  # two at once would make them twice
                self.bot.glyphs = await emojis.glyphs(self.bot)
        except FAULTS:  # of the database
            return
        except Exception as error:
            log.warning("Stars stay text, since Discord gave no emojis for them: %s", error)
            if passes(error) or not isinstance(error, discord.HTTPException):
                return
        self.take_emojis.stop()

    @tasks.loop(hours=1)
    async def back_up(self) -> None:
        """Copy the database if it is time, or clear away what was copied here before. What goes wrong is tried again the next
        hour."""
        await self.bot.loading
        try:
            now = self.bot.now()
            if not await self.bot.try_to_lead():
                if last := await self.bot.store.get_meta(backups.LAST):
                    await asyncio.to_thread(backups.remove_outlived, self.bot.settings, int(last))
                return
            if (made := await backups.back_up(self.bot.settings, now)) is not None:
                log.info("backed up the database to %s", made)
                self.bot.alerts.mended("backup")
                await self.bot.store.set_meta(backups.LAST, str(now))
        except Unavailable:
            pass  # the store has told the log
        except StoreError as error:
            log.error("no backup could be made, and it is tried again in an hour: %s", error)
            self.bot.alerts.tell("backup", f"It is tried again in an hour: {error}.")
        except Exception:
            log.exception("no backup could be made")

    @tasks.loop(hours=24)
    async def prune(self) -> None:
        """Remove what is kept for a time only."""
        try:
            if await self.bot.try_to_lead():
                await self.bot.store.prune(before=self.bot.now() - LIST_DAYS * 86_400)
                await processes.prune(self.bot)
        except Unavailable:
            pass  # the store has told the log
        except Exception:
            log.exception("old lists could not be removed")
        if self.bot.looks is not None:
            await self.bot.looks.prune()

    @tasks.loop(minutes=5)
    async def tell_the_owner(self) -> None:
        """Look whether something needs the owner's hand, and tell it."""
        leads, found = False, dict[Kind, str]()
        try:
            if leads := await self.bot.try_to_lead():
                found = await troubles.look(self.bot)
                found["database"] = await processes.damage(self.bot)  # after that, which may have come upon some
            # Without the database nobody leads, so it is always the process with the first shard.
            if self.bot.shard_ids is None or 0 in self.bot.shard_ids:
                found["server"] = await troubles.away(self.bot.store)
        except Exception:
            log.exception("what needs the owner's hand could not be seen")
        for kind, sentence in found.items():
            if sentence:
                self.bot.alerts.tell(kind, sentence)
            else:
                self.bot.alerts.mended(kind)
        await self.bot.alerts.deliver(leads=leads)

    @tasks.loop(seconds=heartbeat.SECONDS)
    async def live(self) -> None:
        """Say that the bot is alive, and how it is."""
        try:
            await self.bot.cluster.keep()
            if self.bot.cluster.has_joined:  # before, those in the folder may be of processes that run
                await self._health.beat()
            self._is_silent = False
        except OSError as error:
            if not self._is_silent:  # a full disk stays full for longer than a heartbeat
                log.error("no heartbeat can be written, which is said once: %s", error)
            self._is_silent = True
        except AlreadyRunningError as error:
            self.bot.ended_by = error
            self._closing = asyncio.create_task(self.bot.close(), name="end")  # which cancels this loop
        except Exception:
            log.exception("no heartbeat could be made")

    @tasks.loop(seconds=processes.SECONDS)
    async def tell_of_itself(self) -> None:
        """Let the other processes know how this one is, if it is one of several."""
        try:
            if self.bot.settings.process is not None:
                await processes.tell(self.bot)
        except Unavailable:
            pass  # the store has told the log
        except Exception:
            log.exception("other processes could not be told of this one")

    @tell_the_owner.before_loop
    @tell_of_itself.before_loop
    async def _until_ready(self) -> None:
        await self.bot.wait_until_ready()

    @tasks.loop(seconds=LAG_INTERVAL)
    async def measure_lag(self) -> None:
        """How much later than asked for the loop comes round: what every member waits besides."""
        now = time.perf_counter()
        if self._last_tick is not None:
            late = max(0.0, now - self._last_tick - LAG_INTERVAL)
            self.bot.lags.append(late)
            self.bot.meters.lag.observe(late)
        self._last_tick = now


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Upkeep(bot))
