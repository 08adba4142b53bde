"""How much do several processes over PostgreSQL answer, and what is lost where one is killed?

    python -m benchmarks.cluster [--ratings 100000] [--seconds 8] [--flying 32] [--kills 6]

The bot as `run` and `cluster` start it, connected to a Discord on loopback in this process, over a database of made-up ratings:
with SQLite in one process, and the same rows in PostgreSQL for each number of shards and processes. So many requests are in
flight at any time: first a mix of kinds, then /rate alone. Then processes of one cluster are killed while members write. The
server is on this machine, and everything it commits is on the disk; all that runs shares the cores, so what each of them takes
stands beside. Prints Markdown.
"""

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import options as command_line
from benchmarks.cluster_kills import kills
from benchmarks.generated import insert, of_films
from benchmarks.launched import Launched, in_time, launched, seconds_of
from benchmarks.machine import seconds_of_sync
from benchmarks.report import Report
from benchmarks.requests import BARE, IDLE, KNOWN, echo, is_unsaved, kinds
from bot import loop
from bot.store import copy
from recommender import Catalogue, Movie
from recommender.datasets import EMBEDDED, MovieLens, load_movielens
from tests import postgres
from tests.bot.wire import Answer, Wire
from tests.bot.wire_payloads import server

LAYOUTS = ((1, 1), (4, 1), (4, 2), (4, 4), (8, 1), (8, 2), (8, 4))  # shards, and processes that share them
KILLED = (8, 4)
SERVERS = 64
RATE = "`/rate`, on disk"
# Of so many requests, how many are of a kind. Those about films that others rated are left out: Discord lets a shard ask only
# so often in a minute who is on a server, and that would be the limit.
MIX = {"a title is typed": 4, RATE: 2, "`/recommend`": 1, "`/ratings`": 1, "a press of *Rate it*": 1, IDLE: 1}
SORTS = {"A mix": (MIX, 1.0), "`/rate` alone": ({RATE: 1}, 0.5)}  # and for how much of the seconds
# First and last: whatever else the machine does shows in how far they are apart. Once as many is their mean.
SQLITE, AGAIN = "SQLite, 1 shard in 1 process", "SQLite again, last"
HEAD = (
    "",
    "a second",
    "times SQLite's",
    "p50, ms",
    "p99, ms",
    "not saved",
    "not within 3 s",
    "the bot, % of a core",
    "PostgreSQL, % of a core",
    "Discord, % of a core",
)
BARE_HEAD = ("", "a second", "p50, ms", "p99, ms", "the client, % of a core", "Discord, % of a core")


@dataclass(frozen=True)
class Setting:
    """Where all of it is, and who asks about what."""

    folder: Path
    database: postgres.Server
    address: str  # of the database on it
    films: list[Movie]
    options: argparse.Namespace

    @property
    def file(self) -> Path:
        return self.folder / "club.db"

    @property
    def members(self) -> int:
        return int(self.options.ratings) // 20


@dataclass(frozen=True)
class Measured:
    """What was answered within some seconds, and how much of a core each took; Discord, which is this process, comes last."""

    seconds: float
    answers: list[tuple[str, Answer | None]]  # each with its kind
    shares: list[float]

    @property
    def a_second(self) -> float:
        return sum(answer is not None for _, answer in self.answers) / self.seconds

    def row(self, name: str, once: float) -> list[str]:
        """once: how many a second are called one time as many."""
        there = [(kind, answer) for kind, answer in self.answers if answer is not None]
        p50, p99 = 1000 * np.quantile([answer.seconds for _, answer in there], [0.5, 0.99])
        unsaved = sum(is_unsaved(kind, str(answer.data)) for kind, answer in there)
        figures = f"{self.a_second:.0f}", f"{self.a_second / once:.2f}", f"{p50:.0f}", f"{p99:.0f}", f"{unsaved}"
        return [name, *figures, f"{len(self.answers) - len(there)}", *(f"{share:.0%}" for share in self.shares)]


def main() -> None:
    parser = command_line.parser("Several processes over PostgreSQL beside one with SQLite, as Markdown.", seeds=1)
    parser.add_argument("--ratings", type=int, default=100_000, help="in the database; a twentieth as many members")
    parser.add_argument("--seconds", type=float, default=8, help="how long the mix is measured, and /rate half as long")
    parser.add_argument("--flying", type=int, default=32, help="requests in flight at any time")
    parser.add_argument("--kills", type=int, default=6, help="of processes of a cluster, one after another")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.server(is_durable=True) as database,
        Report("cluster", options.results, options.seeds[:1]) as report,
    ):
        loop.run(_measure(Path(folder), database, options, report))


async def _measure(folder: Path, database: postgres.Server, options: argparse.Namespace, report: Report) -> None:
    began, data = time.perf_counter(), load_movielens(EMBEDDED, folder)
    catalogue, most_rated = Catalogue(data.movies), data.ratings["movie"].value_counts().index[:KNOWN]
    films = [catalogue[movie] for movie in most_rated.tolist()]
    setting = Setting(folder, database, await database.create(), films, options)
    async with _bot(setting, 1) as (wire, _):  # the model of all
        commands = wire.commands
    copied = await asyncio.to_thread(_fill, setting, data)
    report.heading(f"{options.ratings:,} ratings of {setting.members:,} members")
    report.table(("", "seconds"), [["copied from SQLite to PostgreSQL, and compared", f"{copied:.1f}"]])
    loads = {SQLITE: await _load(setting, 1)}
    for shards, processes in LAYOUTS:
        loads[_name(shards, processes)] = await _load(setting, shards, processes)
    loads[AGAIN] = await _load(setting, 1)
    for sort in SORTS:
        report.heading(f"{sort}, {options.flying} in flight")
        once = (loads[SQLITE][0][sort].a_second + loads[AGAIN][0][sort].a_second) / 2
        report.table(HEAD, [measured[sort].row(name, once) for name, (measured, _) in loads.items()])
    report.heading("Memory of the bot")
    rows = [[name, f"{sum(megabytes):.0f}", f"{megabytes[0]:.0f}"] for name, (_, megabytes) in loads.items()]
    report.table(("", "in all, MB", "what was started, MB"), rows)
    report.heading("Processes are killed while members write")
    async with _bot(setting, *KILLED) as (wire, bot):
        report.table(("", _name(*KILLED)), await kills(wire, bot, setting.address, films, options))
    report.heading("What the simulated Discord can do")
    report.table(BARE_HEAD, [await _bare(setting, commands)])
    report.line(f"One fsync takes {1000 * seconds_of_sync(folder):.2f} ms here.")
    report.line(f"All of this took {(time.perf_counter() - began) / 60:.0f} minutes.")


def _name(shards: int, processes: int) -> str:
    return f"PostgreSQL, {shards} shard{'s' * (shards > 1)} in {processes} process{'es' * (processes > 1)}"


def _fill(setting: Setting, data: MovieLens) -> float:
    """Both databases, with the same rows. The seconds of copying them."""
    options = setting.options
    with closing(sqlite3.connect(setting.file)) as db, db:
        insert(db, of_films(data, setting.members, options.ratings, options.seeds[0]))
    began = time.perf_counter()
    copy(setting.file, setting.address)
    return time.perf_counter() - began


@asynccontextmanager
async def _bot(setting: Setting, shards: int, processes: int | None = None) -> AsyncIterator[tuple[Wire, Launched]]:
    """It serves until the end of the block: a cluster over PostgreSQL, or one process over SQLite if none are said."""
    settings: dict[str, object] = {"device": "cpu", "films": "off", "retrain_ratings": 10**9, "backup_hours": 0}
    if processes is None:
        command, settings["database"] = "run", setting.file
    else:
        command, settings["database"] = "cluster", setting.address
        settings["shards_a_process"] = shards // processes
    async with Wire.open(shards) as wire:
        wire.guilds = [server(number) for number in range(SERVERS)]
        wire.concurrency = shards  # as Discord lets large bots, and else each start takes five seconds a shard
        async with launched(command, setting.folder, wire, **settings) as bot:
            yield wire, bot


async def _load(setting: Setting, shards: int, processes: int | None = None) -> tuple[dict[str, Measured], list[float]]:
    """What is answered of each of SORTS; and the megabytes that the bot has then."""
    async with _bot(setting, shards, processes) as (wire, bot):
        pids = bot.pid, setting.database.pid
        loads = {sort: await _measured(wire, *of, setting, pids) for sort, of in SORTS.items()}
        return loads, bot.megabytes()


async def _bare(setting: Setting, commands: list[dict[str, Any]]) -> list[str]:
    async with Wire.open() as wire, echo(wire) as pid:
        wire.commands = commands
        measured = await _measured(wire, {IDLE: 1}, 0.5, setting, (pid,))
    figures = dict(zip(HEAD, measured.row(BARE, once=1), strict=False))  # it has one process less
    client, discord = (f"{share:.0%}" for share in measured.shares)
    return [BARE, *(figures[column] for column in BARE_HEAD[1:4]), client, discord]


async def _measured(wire: Wire, mix: Mapping[str, int], part: float, setting: Setting, pids: Sequence[int]) -> Measured:
    """part: of the seconds. pids: whose processor time is told, with that of the processes they started."""
    chance = random.Random(setting.options.seeds[0])
    asks, answers = kinds(wire, setting.films, chance), list[tuple[str, Answer | None]]()
    before, ours, began = [seconds_of(pid) for pid in pids], time.process_time(), time.perf_counter()
    end = began + part * setting.options.seconds

    async def one_after_another() -> None:
        while time.perf_counter() < end:
            [kind] = chance.choices(list(mix), list(mix.values()))
            interaction = await asks[kind](chance.randint(1, setting.members))
            answers.append((kind, await in_time(interaction)))

    await asyncio.gather(*(one_after_another() for _ in range(setting.options.flying)))
    took = time.perf_counter() - began
    spent = [
        sum(now - then.get(one, 0.0) for one, now in seconds_of(pid).items())
        for pid, then in zip(pids, before, strict=True)
    ]
    return Measured(took, answers, [each / took for each in (*spent, time.process_time() - ours)])


if __name__ == "__main__":
    main()
