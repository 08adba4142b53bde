"""The bot in a process of its own, as a host runs it, connected to a Discord on loopback in this one."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, cast

import aiosqlite
import yarl
from discord.gateway import DiscordWebSocket, GatewayRatelimiter
from discord.http import Route

from bot import Settings, create_bot, loop
from tests.bot.wire import TOKEN, Wire

PATIENCE = 600  # seconds for the first model


@dataclass(frozen=True)
class Apart:
    """The bot's process, seen from outside. Memory and processor time are read as Linux tells them."""

    pid: int
    _commits: "Synchronized[int]"

    @property
    def commits(self) -> int:
        """How many commits its store has made."""
        return self._commits.value

    @property
    def memory(self) -> float:
        """Megabytes that it has now, without its training process."""
        return _megabytes(self.pid, "VmRSS")

    @property
    def most_memory(self) -> float:
        """The most megabytes that it ever had."""
        return _megabytes(self.pid, "VmHWM")

    @property
    def seconds(self) -> float:
        """Of a processor's time, that it has had."""
        return processor_seconds(self.pid)

    def learning(self) -> float | None:
        """The most megabytes that its training process has had so far; None while there is none."""
        for child in children(self.pid):
            # Python's resource tracker is a child too.
            with suppress(OSError, ValueError):  # it has ended meanwhile
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return _megabytes(child, "VmHWM")
        return None


@asynccontextmanager
async def apart(settings: Settings, wire: Wire, *, ready: bool = True, questions: int = 110) -> AsyncIterator[Apart]:
    """The bot is connected until the end of the block, and at its begin its model serves, unless it need not be `ready`.
    questions: how many times in a minute it may ask Discord who is on a server."""
    spawn = multiprocessing.get_context("spawn")
    stop, commits = spawn.Event(), spawn.Value("i", 0)
    process = spawn.Process(target=_run, args=(settings, wire.rest, str(wire.gateway), questions, stop, commits))
    process.start()
    try:
        await wire.connected()
        if ready:
            await serves(wire)
        yield Apart(cast(int, process.pid), commits)
    finally:
        stop.set()
        await asyncio.to_thread(process.join)


async def serves(wire: Wire) -> None:
    """Returns once a model serves."""
    async with asyncio.timeout(PATIENCE):
        while "getting to know" in (await wire.command("recommend")).text:  # noqa: ASYNC110 (another process's)
            await asyncio.sleep(1)


def children(pid: int) -> list[int]:
    """The processes that a process has started, and that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def processor_seconds(pid: int) -> float:
    """Of a processor's time, that a process has had."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int, what: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


def _run(
    settings: Settings, rest: str, gateway: str, questions: int, stop: Event, commits: "Synchronized[int]"
) -> None:
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = rest, yarl.URL(gateway)
    GatewayRatelimiter.__init__.__defaults__ = (questions, 60.0)
    execute = aiosqlite.Connection._execute

    async def counted(connection: aiosqlite.Connection, function: Any, *values: Any) -> Any:
        commits.value += values[:1] == ("COMMIT",)
        return await execute(connection, function, *values)

    aiosqlite.Connection._execute = counted  # type: ignore[method-assign]
    loop.run(_until(stop, settings))


async def _until(stop: Event, settings: Settings) -> None:
    async with create_bot(settings) as bot:
        await bot.login(TOKEN)
        connection = asyncio.create_task(bot.connect())
        await asyncio.to_thread(stop.wait)
    await connection
