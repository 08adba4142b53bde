"""How the bot is: what its heartbeat says of it, for a health check and for systemd."""

import asyncio
import os
import time
from contextlib import suppress
from importlib import metadata

from bot import systemd
from bot.app import Marquee
from bot.heartbeat import AWAY_SECONDS, Heartbeat, remove_old
from bot.store.database import PATIENCE

WRITE_EVERY = 4  # heartbeats: one write to the disk a minute says enough, and wears nothing out
WRITTEN = "heartbeat"  # in meta
FOLLOWING_SECONDS = 900  # that a process may wait for the first model of the one that learns


class Health:
    """Looks at a bot now and then, and tells."""

    def __init__(self, bot: Marquee) -> None:
        self._bot = bot
        self._beats = 0
        self._write: asyncio.Task[None] | None = None
        self._is_writable = True

    async def beat(self) -> None:
        """Leave a heartbeat; with the first, none of processes that are no more. Raises OSError where the folder takes none."""
        settings = self._bot.settings
        if self._beats == 0:
            with suppress(OSError):
                remove_old(settings.data_dir, self._bot.now(), alone=settings.process is None)
        if self._beats % WRITE_EVERY == 0:
            self._is_writable = await self._try_to_write()
        self._beats += 1
        since = self._bot.connections.away_since
        away = None if since is None else self._bot.now() - since
        troubles = self._troubles(away)
        sentence = " ".join(troubles) or self._well(away)
        # A restart brings Discord back where the client hangs. It mends no disk, and what can still be read would not be there.
        if not _is_lost(away):
            systemd.notify(systemd.ALIVE, f"STATUS={sentence}")
        heartbeat = Heartbeat(
            time=self._bot.now(),
            healthy=not troubles,
            sentence=sentence,
            away_since=since,
            database_writable=self._is_writable,
            model_serves=self._bot.is_serving,
            version=metadata.version("marquee"),
            pid=os.getpid(),
        )
        await asyncio.to_thread(heartbeat.write, settings.data_dir, settings.process)

    async def _try_to_write(self) -> bool:
        """Whether the database takes a write in time. One that hangs is not followed by another."""
        if self._write is None:
            write = self._bot.store.set_meta(WRITTEN, str(self._bot.now()))
            self._write = asyncio.create_task(write, name="see whether the database can be written")
        await asyncio.wait([self._write], timeout=PATIENCE + 1)
        if not self._write.done():
            return False
        done, self._write = self._write, None
        return done.exception() is None

    def _troubles(self, away: int | None) -> list[str]:
        troubles = []
        if (until := self._bot.connections.waits_until) is not None:
            minutes = max(0, until - self._bot.now()) // 60
            troubles.append(f"Discord lets the bot connect too few times still; it waits for {minutes} minutes more.")
        if away is not None and _is_lost(away):
            troubles.append(f"Discord has been away for {away // 60} minutes.")
        elif lost := self._bot.connections.lost_since(self._bot.now() - AWAY_SECONDS):
            shards = ", ".join(map(str, lost))
            troubles.append(f"Discord has been away for more than {AWAY_SECONDS // 60} minutes on shards {shards}.")
        if not self._is_writable:
            troubles.append("The database can't be written; the log says why.")
        if not (self._bot.is_serving or self._is_starting()):
            troubles.append(
                "No model serves, and the last try to learn one failed; the log says why."
                if self._bot.is_learning
                else f"No model serves: none that can be read is in {self._bot.folder.folder}, where another process learns."
            )
        return troubles

    def _is_starting(self) -> bool:
        if not self._bot.is_learning:
            return time.perf_counter() - self._bot.started < FOLLOWING_SECONDS
        return not self._bot.loading.done() or self._bot.trainer.running is not None

    def _well(self, away: int | None) -> str:
        if not self._bot.is_serving:
            return str(self._bot.starting)
        return "All is well." if away is None else f"Discord has been away for {away} s; I connect again."


def _is_lost(away: int | None) -> bool:
    """Whether Discord has been away for too many seconds; None: it is there."""
    return away is not None and away > AWAY_SECONDS
