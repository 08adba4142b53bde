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
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from benchmarks.report import Report
from bot import Marquee, Settings, loop
from bot.training.run import Outcome, Run
from tests.bot.wire import Answer, Wire, running

TICK = 0.005
PACE = 20  # commands a second
MEMBERS = range(10_000, 10_020)  # who use it; one alone is not admitted so often
FILMS = 100  # the best known ones, of which the members speak

QUANTILES = ("p50", "p99", "max")
HEAD = ("", "commands answered", *(f"{what}, {q}, ms" for what in ("latency", "loop lag") for q in QUANTILES))


@dataclass(frozen=True)
class Measured:
    """How long each answer took, and how late each tick was, in seconds."""

    latencies: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description="Latency and loop lag, idle and during retrains, as Markdown.")
    parser.add_argument("--seconds", type=float, default=30, help="how long each of the two is measured")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        loop.run(_compare(Path(folder), monkeypatch, seconds))


async def _compare(folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    settings = Settings(_env_file=None, database=folder / "club.db", data_dir=folder, config="accurate", device="cpu")
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        async with running(settings, wire) as bot:
            members = uses(bot, wire)
            async with measuring(members) as idle:
                await asyncio.sleep(seconds)
            async with measuring(members) as busy:
                retrains = await _retrain(bot, seconds)
    with Report("lag") as report:
        report.ran_with("discord.py", version("discord.py"))
        report.table(HEAD, [row("idle", idle), row("while the model learns anew", busy)])
        report.line(f"Times that it learned anew: {retrains}.")


def row(name: str, measured: Measured) -> list[str]:
    figures = [
        f"{1000 * figure:.1f}"
        for times in (measured.latencies, measured.lags)
        for figure in (*np.quantile(times, [0.5, 0.99]), max(times))
    ]
    return [name, str(len(measured.latencies)), *figures]


def uses(bot: Marquee, wire: Wire) -> Iterator[Awaitable[Answer]]:
    """What members do, one thing after another: the same in every run."""
    chance = random.Random(0)
    films = [match.movie.label for match in bot.serving.titles.search("", FILMS)]
    while True:
        film, by = chance.choice(films), chance.choice(MEMBERS)
        yield wire.autocomplete("rate", by, movie=film[: chance.randint(1, 10)])
        yield wire.command("rate", by, movie=film, stars=chance.randint(1, 10) / 2)
        yield wire.command("recommend", by)
        yield wire.command("similar", by, movie=film)


@asynccontextmanager
async def measuring(uses: Iterator[Awaitable[Answer]]) -> AsyncIterator[Measured]:
    """Members use the bot, and the loop's lag is measured, until the end of the block."""
    measured = Measured()
    async with asyncio.TaskGroup() as group:

        async def use(answer: Awaitable[Answer]) -> None:
            measured.latencies.append((await answer).seconds)

        async def members() -> None:
            async for _ in _schedule(1 / PACE):
                group.create_task(use(next(uses)))

        async def ticks() -> None:
            async for lag in _schedule(TICK):
                measured.lags.append(lag)

        endless = group.create_task(members()), group.create_task(ticks())
        yield measured
        for task in endless:
            task.cancel()


async def _schedule(pause: float) -> AsyncIterator[float]:
    """How late each is, of moments that are `pause` seconds apart. None is left out, however late."""
    due = time.perf_counter()
    while True:
        due += pause
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        yield time.perf_counter() - due


async def _retrain(bot: Marquee, seconds: float) -> int:
    """Retrain, again and again for so long, and return how often."""
    retrains, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        outcome = await _ended(await bot.trainer.start("benchmark"))
        assert outcome.kind == "published", outcome
        retrains += 1
    return retrains


async def _ended(run: Run) -> Outcome:
    ended = asyncio.Event()
    run.subscribe(lambda run: ended.set() if run.outcome else None)
    await ended.wait()
    assert run.outcome is not None
    return run.outcome


if __name__ == "__main__":
    main()
