"""Do commands stay quick while the bot retrains?  python -m benchmarks.lag [--seconds 30]

The bot in this process, connected to a Discord on loopback, with members who use it at a steady pace: first while
nothing else goes on, then while its worker process retrains again and again. A tick that is due every 5 ms tells by
how much the event loop is late. The Discord runs on the same loop, so its own work counts as well. Prints Markdown.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.machine import machine
from bot import Marquee, Settings
from tests.bot.wire import Answer, Wire, running

TICK = 0.005
PACE = 20  # commands a second
FILMS = 200  # the best known: members use these
RATED = 50  # and rate these


@dataclass(frozen=True)
class Measured:
    """In seconds: how long each answer took, and how late each tick was."""

    latencies: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        figures = [f"{1000 * f(times):.1f}" for times in (self.latencies, self.lags) for f in (_p50, _p99, max)]
        return f"| {name} | {len(self.latencies)} | {' | '.join(figures)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Latency and event-loop lag, idle and during retrains, as Markdown.")
    parser.add_argument("--seconds", type=float, default=30, help="how long each is measured")
    seconds = parser.parse_args().seconds
    torch.set_num_threads(1)  # as `python -m bot run` does
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        asyncio.run(_benchmark(Path(folder), monkeypatch, seconds))


async def _benchmark(folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    settings = Settings(_env_file=None, database=folder / "club.db", data_dir=folder, config="accurate", device="cpu")
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        async with running(settings, wire) as bot:
            commands = _commands(bot, wire)
            idle, during = Measured(), Measured()
            async with _observed(idle, commands):
                await asyncio.sleep(seconds)
            async with _observed(during, commands):
                retrains = await _retrain_for(seconds, bot)
    print("| | commands | latency, ms: p50 | p99 | max | loop lag, ms: p50 | p99 | max |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    print(idle.row("idle"))
    print(during.row(f"during {retrains} retrains"))
    print(f"\n{machine('torch', 'discord.py')}; {datetime.now(UTC):%Y-%m-%d}.")


def _commands(bot: Marquee, wire: Wire) -> Callable[[], Awaitable[Answer]]:
    """What members do next, each time it is called; always the same sequence."""
    ...
