"""Is everybody answered where many ask at once, and where one never stops?  python -m benchmarks.crowd

The bot in a process of its own, as a host runs it, connected to a Discord on loopback in this one. A thousand members rate a film
at once, twice; then a member with very many ratings sends commands without a pause, beside others. Prints Markdown.
"""

import asyncio
import itertools
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import options as command_line
from benchmarks.apart import Apart, apart
from benchmarks.machine import seconds_of_sync
from benchmarks.report import Report
from bot import Settings
from bot.store import Store
from recommender.datasets import EMBEDDED, load_movielens
from tests.bot.wire import Answer, Wire

BURST = 1_000  # members, who rate a film each
DEADLINE = 3.0  # seconds that Discord waits for an answer
FLOODER, OWN_RATINGS = 7, 9_000
FLOOD_SECONDS = 5.0
FLOOD, OTHERS = 200, 112  # commands of one member, and of all others, in that time
ANSWERED = ("sent", "within 3 s", "p50, ms", "p99, ms", "longest, ms")

Told = list[Answer]


def main() -> None:
    options = command_line.parser("Bursts and floods, as Markdown.", seeds=1).parse_args()
    with tempfile.TemporaryDirectory() as folder, Report("crowd", options.results, options.seeds[:1]) as report:
        asyncio.run(_measure(Path(folder), random.Random(options.seeds[0]), report))


async def _measure(folder: Path, chance: random.Random, report: Report) -> None:
    settings = Settings(_env_file=None, database=folder / "club.db", data_dir=folder, device="cpu", films="off")
    await _fill(settings, chance)
    async with Wire.open() as wire, apart(settings, wire) as bot:
        films = await _films(wire)
        members = itertools.count(10_000)
        report.heading("A burst")
        rows = [await _burst(name, wire, settings, films, members, bot) for name in ("once", "and again")]
        report.table(("1,000 × `/rate` at once", *ANSWERED, "stored", "commits"), rows)
        report.line(f"One fsync takes {1000 * seconds_of_sync(folder):.2f} ms here.")
        report.heading("A flood")
        rows = [
            *await _flood(wire, films, chance, commands=0),
            *await _flood(wire, films, chance, commands=FLOOD),
        ]
        report.table(("", *ANSWERED), rows)


async def _fill(settings: Settings, chance: random.Random) -> None:
    """One member has rated nearly all films."""
    data = load_movielens(EMBEDDED, settings.data_dir)
    async with Store.open(settings.database) as store:
        for movie in data.movies["movie"].tolist()[:OWN_RATINGS]:
            await store.rate(FLOODER, movie, chance.randint(1, 10) / 2, at=1)


async def _films(wire: Wire) -> list[str]:
    """The best known ones of each letter."""
    return [film for letter in "abcdefghmst" for film in (await wire.autocomplete("rate", movie=letter)).choices]


async def _burst(
    name: str,
    wire: Wire,
    settings: Settings,
    films: list[str],
    members: Iterator[int],
    bot: Apart,
) -> list[str]:
    before, had = bot.commits, _stored(settings)
    asked = [
        await wire.send("rate", {"movie": films[number % len(films)], "stars": 4.0}, by=member)
        for number, member in enumerate(itertools.islice(members, BURST))
    ]
    told = [await asyncio.wait_for(each.answer, 60) for each in asked]
    assert all("Undo" in str(answer.data) for answer in told), told[-1].text
    return [name, *_answered(told), str(_stored(settings) - had), str(bot.commits - before)]


def _stored(settings: Settings) -> int:
    with closing(sqlite3.connect(settings.database)) as db:
        [count] = db.execute("SELECT count(*) FROM ratings").fetchone()
    return int(count)


async def _flood(wire: Wire, films: list[str], chance: random.Random, commands: int) -> list[list[str]]:
    """What others are answered while one member sends so many commands, and what that member is."""

    def anything() -> tuple[str, dict[str, Any]]:
        film = chance.choice(films)
        kinds: list[tuple[str, dict[str, Any]]] = [
            ("recommend", {}),
            ("similar", {"movie": film}),
            ("rate", {"movie": film, "stars": chance.randint(1, 10) / 2}),
            ("film", {"movie": film}),
        ]
        return chance.choice(kinds)

    async def send(count: int, members: Iterator[int]) -> Told:
        start, asked = time.perf_counter(), []
        for number, member in zip(range(count), members, strict=False):
            await asyncio.sleep(max(0.0, start + number * FLOOD_SECONDS / count - time.perf_counter()))
            asked.append(await wire.send(*anything(), by=member))
        return [await asyncio.wait_for(each.answer, 60) for each in asked]

    one, others = await asyncio.gather(
        send(commands, itertools.repeat(FLOODER)), send(OTHERS, itertools.cycle(range(10_000, 10_040)))
    )
    if not commands:
        return [["others, alone", *_answered(others)]]
    return [["others, beside the flood", *_answered(others)], ["who floods", *_answered(one)]]


def _answered(told: Told) -> list[str]:
    seconds = [answer.seconds for answer in told]
    figures = [*np.quantile(seconds, [0.5, 0.99]), max(seconds)]
    return [
        f"{len(told):,}",
        f"{sum(each <= DEADLINE for each in seconds):,}",
        *(f"{1000 * figure:,.0f}" for figure in figures),
    ]


if __name__ == "__main__":
    main()
