"""`cluster`: a process for so many shards each. What dies is started again, and on SIGTERM all end."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import discord

from bot import heartbeat, systemd
from bot.backups import make_before
from bot.heartbeat import AWAY_SECONDS, Heartbeat, NoHeartbeatError
from bot.lock import alone_with
from bot.settings import Settings
from bot.shards import Shards
from bot.stopping import SECONDS, when_stopped
from bot.store import Store

# Seconds before a process that died is started again: twice as many each time, and again from the start once it has run for
# long enough. Discord takes back the token of a bot that connects a thousand times a day.
FIRST_PAUSE, LONGEST_PAUSE, LONG_ENOUGH = 1, 600, 600
PARENT = "CLUSTER_PID"  # in a process's environment: that of `cluster`, with which it ends
START_SECONDS = 300  # until the first heartbeat
KILL_SECONDS = SECONDS + 2  # from SIGTERM; a process ends by itself before
END_SECONDS = SECONDS + 4  # for all of them

log = logging.getLogger(__name__)


async def run(settings: Settings, token: str) -> None:
    """Until SIGTERM or Ctrl+C. Raises what can't be used: AlreadyRunningError, StoreError, discord.py's errors."""
    with alone_with(settings.data_dir / "cluster"):
        # Here first, so that what is wrong with the database is told once.
        async with Store.open(settings.database, partial(make_before, settings=settings, now=int(time.time()))):
            pass
        shards = await _shards(settings, token)
        parts = shards.parts(settings.shards_a_process)
        log.info("starting %d processes for shards %s", len(parts), shards)
        stopped = asyncio.Event()
        when_stopped(stopped.set, END_SECONDS)
        heartbeat.remove_all(settings.data_dir)
        processes = [Child(settings, number, part) for number, part in enumerate(parts)]
        watching = asyncio.create_task(_watch(settings.data_dir, processes, stopped))
        try:
            systemd.notify(systemd.READY)
            await asyncio.gather(*(process.run(stopped) for process in processes))
        finally:
            watching.cancel()
            systemd.notify(systemd.STOPPING)
            with suppress(OSError):
                heartbeat.remove(settings.data_dir, os.getpid())


async def _shards(settings: Settings, token: str) -> Shards:
    """Those that the settings say, or Discord advises."""
    async with discord.AutoShardedClient(intents=discord.Intents(guilds=True)) as client:
        await client.login(token)
        advised, _, _ = await client.http.get_bot_gateway()
    return settings.shards or Shards(0, advised - 1, advised)


class Child:
    """The process with some of the shards."""

    def __init__(self, settings: Settings, number: int, shards: Shards) -> None:
        self.name = shards.name
        self._folder = settings.data_dir
        self._command = [sys.executable, *sys.orig_argv[1:-1], "run"]  # as this was started, but for the command
        self._environment = _environment(settings, number, shards)
        self._running: asyncio.subprocess.Process | None = None
        self._began = 0.0
        self._deaths = 0  # in a row
        self._last: Heartbeat | None = None  # of those that it has left since it began
        self._seen = 0.0  # when that was first seen here, or it began

    async def run(self, stopped: asyncio.Event) -> None:
        """Start it, and again whenever it ends, until `stopped`; then end it."""
        while (why := await self._once(stopped)) is not None:
            self._deaths = 1 if time.monotonic() - self._began >= LONG_ENOUGH else self._deaths + 1
            pause = min(FIRST_PAUSE * 2 ** (self._deaths - 1), LONGEST_PAUSE)
            log.error("process %s ended by itself (%s); it is started again in %g s", self.name, why, pause)
            if await _first(stopped.wait(), asyncio.sleep(pause)):
                return

    async def _once(self, stopped: asyncio.Event) -> str | None:
        """Start it and wait for its end, which is brought about once `stopped`. Why it ended else."""
        self._began = self._seen = time.monotonic()
        self._last = None
        try:
            process = await asyncio.create_subprocess_exec(*self._command, env=self._environment)
        except OSError as error:
            return f"it can't be started: {error.strerror}"
        log.info("process %s has been started: %d", self.name, process.pid)
        self._running = process
        if is_stopped := await _first(stopped.wait(), process.wait()):
            await self._end(process)
        self._running = None
        with suppress(OSError):
            heartbeat.remove(self._folder, process.pid, self.name)
        if is_stopped:
            return None
        status = process.returncode or 0
        return signal.Signals(-status).name if status < 0 else f"status {status}"

    def trouble(self, since: float) -> str | None:
        """Why it is not well, if it isn't. One that hangs or lost Discord for long is killed, and `run` starts it again. since:
        from when on heartbeats could be left, by the monotonic clock."""
        if self._running is None and not self._deaths:
            return None
        if self._running is None:
            return f"Process {self.name} ended by itself {self._deaths} times in a row, and is started again."
        now = time.monotonic()  # the clock may be set: all processes would seem to hang, or one that does would not
        with suppress(NoHeartbeatError):  # whoever lives writes another soon
            left = Heartbeat.read(self._folder, self.name)
            if left.pid == self._running.pid and left != self._last:
                self._last, self._seen = left, now
        if self._last is None:
            hangs = now - max(self._seen, since) > START_SECONDS
        else:
            away = 0 if self._last.away_since is None else self._last.time - self._last.away_since
            hangs = now - max(self._seen, since) > heartbeat.LIVES or away > AWAY_SECONDS
        if not hangs:
            return None
        log.error("process %s hangs, or finds no way to Discord, and is killed", self.name)
        with suppress(ProcessLookupError):
            self._running.kill()
        return f"Process {self.name} hangs."

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(KILL_SECONDS):
                await process.wait()
        except TimeoutError:
            log.error("process %s didn't end within %g s, and is killed", self.name, KILL_SECONDS)
            process.kill()
            await process.wait()


def _environment(settings: Settings, number: int, shards: Shards) -> dict[str, str]:
    """Its settings: those of this process, with files and a port of its own."""
    ours = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}  # systemd hears one process
    ours["MARQUEE_SHARDS"], ours[PARENT] = str(shards), str(os.getpid())
    if settings.log_file is not None:
        ours["MARQUEE_LOG_FILE"] = str(settings.log_file.with_stem(f"{settings.log_file.stem}-{shards.name}"))
    if settings.metrics_port:
        ours["MARQUEE_METRICS_PORT"] = str(settings.metrics_port + 1 + number)
    return ours


async def _watch(folder: Path, processes: list[Child], stopped: asyncio.Event) -> None:
    """Leave a heartbeat about all of them, until `stopped`."""
    since, fault = time.monotonic(), ""  # from when on heartbeats could be left here, and why none can
    while not stopped.is_set():
        troubles = [told for process in processes if (told := process.trouble(since)) is not None]
        if fault:
            troubles.append(fault)
        sentence = " ".join(troubles) or "All is well."
        systemd.notify(systemd.ALIVE, f"STATUS={sentence}")
        beat = Heartbeat(
            time=int(time.time()),
            healthy=not troubles,
            sentence=sentence,
            away_since=None,
            database_writable=True,
            model_serves=True,
            version=metadata.version("marquee"),
            pid=os.getpid(),
        )
        try:
            await asyncio.to_thread(beat.write, folder)
            await asyncio.to_thread(Heartbeat.read, folder)
            fault = ""
        except (OSError, NoHeartbeatError) as error:  # as on a full disk, where processes live on
            if not fault:
                log.error("no heartbeat can be written or read, which is said once: %s", error)
            since, fault = time.monotonic(), "No heartbeat can be written or read; the log says why."
        await asyncio.sleep(heartbeat.SECONDS)


async def _first(one: Coroutine[Any, Any, object], other: Coroutine[Any, Any, object]) -> bool:
    """Wait for either; whether the first one is done."""
    tasks = [asyncio.create_task(one), asyncio.create_task(other)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
