"""What do imports cost, and those who don't import?  python -m benchmarks.importing [--seconds 20] [--members 1000]

First the bot in this process, connected to a Discord on loopback, with members who use it at a steady pace as in `lag`: while
nothing else goes on, and while another member imports again and again, each time a file of a Letterboxd export's form that is
read, matched, shown and taken. Then many members import a thousand rows each into one database. Prints Markdown.
"""

import asyncio
import io
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import options as command_line
from benchmarks.lag import HEAD, measuring, row, uses
from benchmarks.report import Report
from bot import Marquee, Settings, advice, importing, loop
from bot.advice import Wish
from tests.bot.wire import Wire, running

SIZES = (2_000, 20_000)  # rows of a file: many, and the most
OF_A_MEMBER = 1_000
UNKNOWN = 0.1  # of the rows: films that nobody knows
LISTS = 200


def main() -> None:
    parser = command_line.parser("What imports cost, as Markdown.", seeds=1)
    parser.add_argument("--seconds", type=float, default=20, help="how long each is measured")
    parser.add_argument("--members", type=int, default=1_000, help="who import into one database")
    options = parser.parse_args()
    with Report("importing", options.results, options.seeds) as report:
        loop.run(_beside_others(report, options.seconds, options.seeds[0]))
        loop.run(_many(report, options.members, options.seeds[0]))


@asynccontextmanager
async def _bot() -> AsyncIterator[tuple[Marquee, Wire]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        settings = Settings(_env_file=None, database=folder / "club.db", data_dir=folder, device="cpu", films="off")
        wire = await stack.enter_async_context(Wire.open())
        wire.redirect(monkeypatch)
        yield await stack.enter_async_context(running(settings, wire)), wire


def _letterboxd(bot: Marquee, rows: int, chance: random.Random) -> bytes:
    """A ratings.csv of so many rows: films of the catalogue, each once, and others."""
    films = [film for film in bot.serving.recommender.catalogue.movies if film.year is not None]
    known = chance.sample(films, min(round(rows * (1 - UNKNOWN)), len(films)))
    named = [(film.title.replace('"', ""), film.year) for film in known]
    named += [(f"Nobody Knows {number}", 2030) for number in range(rows - len(known))]
    chance.shuffle(named)
    text = io.StringIO()
    text.write("Date,Name,Year,Letterboxd URI,Rating\n")
    for number, (title, year) in enumerate(named):
        text.write(f'2021-03-04,"{title}",{year},https://boxd.it/{number},{chance.randint(1, 10) / 2}\n')
    return text.getvalue().encode()


@dataclass
class Import:
    """A member's import, as the command and the button make it: what Discord is told is kept."""

    bot: Marquee
    member: int
    told: list[Any] = field(default_factory=list)

    async def run(self, data: bytes) -> tuple[float, float]:
        """Seconds from the file to the summary, and from the press to the end."""
        started = time.perf_counter()
        await importing.arrive(self._interaction, _File(data))  # type: ignore[arg-type]
        shown = time.perf_counter()
        waiting = next(item for item in self.told[-1].walk_children() if isinstance(item, importing.Press))
        await waiting.act(self._interaction)
        return shown - started, time.perf_counter() - shown

    @property
    def _interaction(self) -> Any:
        async def told(view: Any, attachments: Any) -> None:
            self.told.append(view)

        async def defer() -> None: ...

        return SimpleNamespace(
            client=self.bot,
            user=SimpleNamespace(id=self.member),
            response=SimpleNamespace(defer=defer),
            edit_original_response=told,
        )


@dataclass
class _File:
    data: bytes
    filename: str = "ratings.csv"

    @property
    def size(self) -> int:
        return len(self.data)

    async def read(self) -> bytes:
        return self.data


async def _beside_others(report: Report, seconds: float, seed: int) -> None:
    chance, rows, spent = random.Random(seed), [], []
    async with _bot() as (bot, wire):
        members = uses(bot, wire)
        async with measuring(members) as idle:
            await asyncio.sleep(seconds)
        rows.append(row("idle", idle))
        for size in SIZES:
            data = _letterboxd(bot, size, chance)
            async with measuring(members) as busy:
                times = await _again_and_again(bot, data, seconds)
            name = f"{size:,} rows"
            rows.append(row(f"while {name} are imported", busy))
            shown, taken = np.median(times, axis=0)
            spent.append([name, f"{shown:.2f}", f"{taken:.2f}", f"{shown + taken:.2f}", str(len(times))])
    report.heading("Beside others")
    report.table(HEAD, rows)
    report.table(["", "until it is shown, s", "until it is taken, s", "both, s", "files"], spent)


async def _again_and_again(bot: Marquee, data: bytes, seconds: float) -> list[tuple[float, float]]:
    """One file after another, each of another member, for so long."""
    end, times = time.perf_counter() + seconds, list[tuple[float, float]]()
    first = await _members(bot)
    while time.perf_counter() < end:
        times.append(await Import(bot, first + len(times)).run(data))
    return times


async def _members(bot: Marquee) -> int:
    """An id above which nobody is a member yet."""
    return 1_000_000 * (2 + (await bot.store.counts()).members)


async def _many(report: Report, members: int, seed: int) -> None:
    chance = random.Random(seed)
    async with _bot() as (bot, _):
        files = [_letterboxd(bot, OF_A_MEMBER, chance) for _ in range(20)]
        database, times = bot.settings.database, list[float]()
        for member in range(1, members + 1):
            times.append(sum(await Import(bot, member).run(files[member % len(files)])))
        lists = await _timed(
            LISTS, lambda number: advice.recommend(bot.store, bot.serving, 1 + number % members, Wish())
        )
        size = sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))
        counts = await bot.store.counts()
    report.heading("Many members into one database")
    p50, p99 = (1000 * np.quantile(lists, [0.5, 0.99])).tolist()
    head = [
        "",
        "ratings",
        "an import, s",
        "the slowest, s",
        "all, s",
        "database, MB",
        "a list, p50, ms",
        "a list, p99, ms",
    ]
    spent = [f"{np.median(times):.2f}", f"{max(times):.2f}", f"{sum(times):.0f}"]
    name = f"{members:,} × {OF_A_MEMBER:,} rows"
    report.table(head, [[name, f"{counts.ratings:,}", *spent, f"{size / 1e6:.0f}", f"{p50:.1f}", f"{p99:.1f}"]])


async def _timed(calls: int, call: Callable[[int], Any]) -> list[float]:
    times = []
    for number in range(calls):
        started = time.perf_counter()
        await call(number)
        times.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
