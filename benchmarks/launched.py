"""The bot as a host starts it, by `run` or `cluster`, connected to a Discord on loopback in this process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.apart import children, processor_seconds
from bot.shards import Shards
from tests.bot.wire import TOKEN, Answer, Interaction, Wire

ROOT = Path(__file__).parents[1]
DEADLINE = 3.0  # seconds that Discord waits for an answer
PATIENCE, END_SECONDS = 300, 30  # until all serve; from SIGTERM
LOG = "bot.log"
TOLD = 3_000  # characters of the log, where it ended by itself


@dataclass(frozen=True)
class Launched:
    """What was started, seen from outside. Linux only."""

    pid: int

    def processes(self) -> dict[int, Shards]:
        """Those of a cluster that have shards: their ids."""
        found = {}
        for child in children(self.pid):
            with suppress(OSError, KeyError):  # it has ended meanwhile, or only helps
                words = Path(f"/proc/{child}/environ").read_bytes().decode().split("\0")
                found[child] = Shards.parsed(
                    dict(word.split("=", 1) for word in words if "=" in word)["MARQUEE_SHARDS"]
                )
        return found

    def megabytes(self) -> list[float]:
        """What it and each that it has started hold: a page that several share counts once in all."""
        return [_megabytes(pid) for pid in _family(self.pid)]


@asynccontextmanager
async def launched(command: str, folder: Path, wire: Wire, **settings: object) -> AsyncIterator[Launched]:
    """`python -m bot COMMAND` until the end of the block, with these settings and its files in `folder`. At the begin of the
    block each of its processes serves. RuntimeError with the end of its log where it ends before."""
    own = {f"MARQUEE_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DISCORD_TOKEN": TOKEN,
        "MARQUEE_DATA_DIR": str(folder),
        **own,
    }
    words = [sys.executable, "-m", "benchmarks.elsewhere", wire.rest, str(wire.gateway), command]
    with (folder / LOG).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    ended = asyncio.create_task(process.wait())
    serving = asyncio.create_task(all_serve(wire))
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait((ended, serving), return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            raise RuntimeError(f"the bot ended by itself:\n{(folder / LOG).read_text()[-TOLD:]}")
        yield Launched(process.pid)
    finally:
        serving.cancel()
        with suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait((ended,), timeout=END_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await ended


async def all_serve(wire: Wire) -> None:
    """Returns once a model serves on each shard."""
    await wire.connected()
    for guild in {wire.shard_of(int(guild["id"])): int(guild["id"]) for guild in wire.guilds}.values():
        await serves(wire, guild)


async def serves(wire: Wire, guild: int) -> None:
    """Returns once a model serves on the shard of this server."""
    while True:
        answer = await in_time(await wire.send("recommend", {}, guild=guild))
        if answer is not None and "getting to know" not in answer.text:
            return
        await asyncio.sleep(0.5)


async def in_time(interaction: Interaction) -> Answer | None:
    """Its answer; None where there is none within Discord's three seconds. Then none is taken any more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE):
            return await interaction.answer
    return None


def seconds_of(pid: int) -> dict[int, float]:
    """Of a processor's time, that a process and those that it has started have had, each by its id."""
    found = {}
    for one in _family(pid):
        with suppress(OSError):
            found[one] = processor_seconds(one)
    return found


def _family(pid: int) -> list[int]:
    return [pid, *children(pid)]


def _megabytes(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(rollup.partition("\nPss:")[2].split()[0]) / 1024
