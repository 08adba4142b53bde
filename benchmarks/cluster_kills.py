"""Processes of a cluster are killed, one after another, while members write: what is lost, and how long are they away?

Lost is what was acknowledged and isn't there. Twice is what is there more often than it was asked for. Wrong is what was refused
and is there. What a member was not answered, since their process was killed, may be there or not.
"""

import argparse
import asyncio
import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np

from benchmarks.launched import Launched, in_time, serves
from benchmarks.requests import NEXT, PAGED_COUNT
from recommender import Movie
from tests.bot.patience import patiently
from tests.bot.wire import Wire

FIRST = 10**9  # the id of the first who writes; each writes once
QUIET, MOST_QUIET = 0.5, 2.0  # seconds from when all serve to the next kill

# By the table that keeps it: the command, and what only an answer has that says, or shows, that it is kept.
WRITES = {"ratings": ("rate", "Undo"), "exclusions": ("exclude words", "leave out"), "lists": ("recommend", NEXT)}


@dataclass(frozen=True)
class Write:
    """What a member asked to be kept. acknowledged: None without an answer in time."""

    table: str
    member: int
    acknowledged: bool | None
    seconds: float | None
    was_killed: bool  # its process, meanwhile


class Writers:
    """Members who write on all servers, as many at a time as may be in flight."""

    def __init__(self, wire: Wire, films: Sequence[Movie], chance: random.Random) -> None:
        self.wire, self._films, self._chance = wire, films, chance
        self.away = set[int]()  # the shards of a process that was killed and doesn't serve yet
        self.writes: list[Write] = []
        self._members = itertools.count(FIRST)

    async def go_on(self) -> None:
        """One after another, without end."""
        while True:
            member = next(self._members)
            table = list(WRITES)[member % len(WRITES)]
            guild = int(self._chance.choice(self.wire.guilds)["id"])
            shard = self.wire.shard_of(guild)
            was_away, (command, mark) = shard in self.away, WRITES[table]
            interaction = await self.wire.send(command, self._options(table, member), by=member, guild=guild)
            answer = await in_time(interaction)
            acknowledged = None if answer is None else mark in str(answer.data)
            seconds = None if answer is None else answer.seconds
            self.writes.append(Write(table, member, acknowledged, seconds, was_away or shard in self.away))

    def _options(self, table: str, member: int) -> dict[str, object]:
        match table:
            case "ratings":
                return {"movie": self._chance.choice(self._films).label, "stars": self._chance.randint(1, 10) / 2}
            case "exclusions":
                return {"text": f"zorblax {member}"}
            case _:
                return {"count": PAGED_COUNT}


async def kills(
    wire: Wire, bot: Launched, address: str, films: Sequence[Movie], options: argparse.Namespace
) -> list[list[str]]:
    """Rows of two cells: what, and how many."""
    chance = random.Random(options.seeds[0])
    writers, away = Writers(wire, films, chance), list[float]()
    tasks = [asyncio.create_task(writers.go_on()) for _ in range(options.flying)]
    try:
        for number in range(options.kills):
            await asyncio.sleep(chance.uniform(QUIET, MOST_QUIET))
            away.append(await patiently(_kill(writers, bot, number)))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return judged(writers.writes, await _there(address), away)


def judged(writes: Sequence[Write], there: Counter[tuple[str, int]], away: Sequence[float]) -> list[list[str]]:
    """Rows of two cells: what, and how many. there: how often what is kept is there, by table and member; away: for how many
    seconds each process was, that was killed."""
    acknowledged, refused, unanswered = (
        [write for write in writes if write.acknowledged is how] for how in (True, False, None)
    )
    elsewhere = [write.seconds for write in writes if not write.was_killed and write.seconds is not None]
    return [
        ["processes killed", f"{len(away)}"],
        ["away until its model served again, s (median, longest)", f"{np.median(away):.1f}, {max(away):.1f}"],
        ["acknowledged writes", f"{len(acknowledged):,}"],
        ["of them lost", f"{sum(not there[_key(write)] for write in acknowledged)}"],
        ["there twice", f"{sum(count - 1 for count in there.values())}"],
        ["refused", f"{len(refused):,}"],
        ["of them there", f"{sum(there[_key(write)] > 0 for write in refused)}"],
        ["not answered, by a process that was killed", f"{sum(write.was_killed for write in unanswered):,}"],
        ["not answered, by another", f"{sum(not write.was_killed for write in unanswered):,}"],
        ["answers of the others meanwhile, p99, ms", f"{1000 * np.quantile(elsewhere, 0.99):.0f}"],
    ]


async def _kill(writers: Writers, bot: Launched, number: int) -> float:
    """Seconds until the shards of the process that was killed are served again. Each process has its turn."""
    processes = sorted(bot.processes().items(), key=lambda process: process[1].first)
    pid, shards = processes[number % len(processes)]
    writers.away = set(shards.ids)
    began = time.perf_counter()
    os.kill(pid, signal.SIGKILL)
    guilds = [int(guild["id"]) for guild in writers.wire.guilds]
    for shard in shards.ids:
        await serves(writers.wire, next(guild for guild in guilds if writers.wire.shard_of(guild) == shard))
    writers.away = set()
    return time.perf_counter() - began


def _key(write: Write) -> tuple[str, int]:
    return write.table, write.member


async def _there(address: str) -> Counter[tuple[str, int]]:
    """How often what is kept is there, by table and member."""
    found = Counter[tuple[str, int]]()
    connection = await asyncpg.connect(address)
    try:
        for table in WRITES:
            rows = await connection.fetch(f"SELECT member_id FROM {table} WHERE member_id >= {FIRST}")
            found.update((table, row["member_id"]) for row in rows)
    finally:
        await connection.close()
    return found
