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
        heartbeat.remove_all(settings.data_dir)
        # Here first, so that what is wrong with the database is told once.
        async with Store.open(settings.database, partial(make_before, settings=settings, now=int(time.time()))):
            pass
        shards = await _shards(settings, token)
        parts = shards.parts(settings.shards_a_process)
        log.info("starting %d processes for shards %s", len(parts), shards)
        stopped = asyncio.Event()
        when_stopped(stopped.set, END_SECONDS)
        processes = [Process(settings, number, part) for number, part in enumerate(parts)]
        watching = asyncio.create_task(_watch(settings.data_dir, processes, stopped))
        try:
            systemd.notify(systemd.READY)
            await asyncio.gather(*(process.run(stopped) for process in processes))
        finally:
            watching.cancel()
            systemd.notify(systemd.STOPPING)
            heartbeat.remove_all(settings.data_dir)


async def _shards(settings: Settings, token: str) -> Shards:
    """Those that the settings say, or Discord advises."""
    async with discord.AutoShardedClient(intents=discord.Intents(guilds=True)) as client:
        await client.login(token)
        advised, _, _ = await client.http.get_bot_gateway()
    return settings.shards or Shards(0, advised - 1, advised)


class Process:
    """The process with some of the shards."""

    def __init__(self, settings: Settings, number: int, shards: Shards) -> None:
        self.name = shards.name
        self._command = [sys.executable, *sys.orig_argv[1:-1], "run"]  # as this was started, but for the command
        self._environment = _environment(settings, number, shards)
        self._running: asyncio.subprocess.Process | None = None
        self._began = 0.0
        self._deaths = 0  # in a row
        self._beat: tuple[int, float] | None = None  # the last heartbeat's time, and when it was first seen here

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
        self._began = time.monotonic()
        try:
            process = await asyncio.create_subprocess_exec(*self._command, env=self._environment)
        except OSError as error:
            return f"it can't be started: {error.strerror}"
        log.info("process %s has been started: %d", self.name, process.pid)
        self._running = process
        if await _first(stopped.wait(), process.wait()):
            await self._end(process)
            return None
        self._running = None
        status = process.returncode or 0
        return signal.Signals(-status).name if status < 0 else f"status {status}"

    def trouble(self, folder: Path) -> str | None:
        """Why it is not well, if it isn't. One that hangs or lost Discord for long is killed, and `run` starts it again."""
        if self._running is None and not self._deaths:
            return None
        if self._running is None:
            return f"Process {self.name} ended by itself {self._deaths} times in a row, and is started again."
        try:
            last = Heartbeat.read(folder, self.name)
        except NoHeartbeatError:
            last = None
        if last is None or last.pid != self._running.pid:
            hangs = time.monotonic() - self._began > START_SECONDS
        else:
            # Not by the clock, which may be set: all processes would seem to hang, or one that does would not.
            if self._beat is None or self._beat[0] != last.time:
                self._beat = last.time, time.monotonic()
            away = 0 if last.away_since is None else last.time - last.away_since
            hangs = time.monotonic() - self._beat[1] > heartbeat.LIVES or away > AWAY_SECONDS
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


async def _watch(folder: Path, processes: list[Process], stopped: asyncio.Event) -> None:
    """Leave a heartbeat about all of them, until `stopped`."""
    while not stopped.is_set():
        troubles = [told for process in processes if (told := process.trouble(folder)) is not None]
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
        except OSError as error:
            log.error("no heartbeat can be written: %s", error)
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
