"""What does the store survive?  python -m benchmarks.faults

A process with five writers is killed again and again, another program holds the lock, the disk takes nothing, each table is
damaged. Lost is what was acknowledged and isn't there, or what was refused and is there.
"""

import asyncio
import itertools
import logging
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

from benchmarks import options as command_line
from benchmarks.report import Report
from bot.store import MEMBER_TABLES, Store, Unavailable
from tests.bot.store.test_store_personal import fill_every_table
from tests.bot.trouble import damage, locked, unwritable

KILLS = 200
WRITERS = 5
LONGEST_LIFE = 0.15  # seconds after the first acknowledged write
MEMBER = 7
HEAD = ("", "injected", "survived", "lost", "longest answer, s")

Write = Callable[[Store, int], Awaitable[object]]
# By the table that keeps them; each number is written once.
WRITES: dict[str, Write] = {
    "ratings": lambda store, n: store.rate(MEMBER, n, 4, at=1),
    "seen": lambda store, n: store.mark_seen(MEMBER, n, at=1),
    "exclusions": lambda store, n: store.exclude(MEMBER, "words", str(n), at=1),
    "unknown_ratings": lambda store, n: store.unknown.rate(MEMBER, f"Film {n}", 4, at=1),
    "lists": lambda store, n: store.lists.save(MEMBER, str(n), {}, [n], at=1),
}
NUMBERS = {
    "ratings": "movie_id",
    "seen": "movie_id",
    "exclusions": "CAST(value AS INTEGER)",
    "unknown_ratings": "CAST(substr(written, 6) AS INTEGER)",
    "lists": "CAST(command AS INTEGER)",
}


def main() -> None:
    options = command_line.parser("What the store survives, as Markdown.", 1).parse_args()
    logging.disable()  # each refusal is logged
    chance = random.Random(options.seeds[0])
    rows = [_kills(chance), *asyncio.run(_refusals()), asyncio.run(_damaged())]
    with Report("faults", options.results, options.seeds[:1]) as report:
        report.table(HEAD, rows)


def _kills(chance: random.Random) -> list[str]:
    acknowledged, lives, began = set[tuple[str, int]](), multiprocessing.get_context("fork"), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "club.db"
        for life in range(KILLS):
            reading, writing = os.pipe()
            process = lives.Process(target=_write_without_end, args=(path, life * 1_000_000 + 1, writing))
            process.start()
            os.close(writing)
            with os.fdopen(reading) as lines:
                told = [lines.readline()]
                time.sleep(chance.uniform(0, LONGEST_LIFE))
                process.kill()
                told += lines.readlines()
            process.join()
            began += told[0] != ""
            acknowledged |= {(table, int(n)) for table, n in (line.split() for line in told if line.endswith("\n"))}
        there = asyncio.run(_opened(path))
    doubled, lost = sum(count - 1 for count in there.values()), len(acknowledged - there.keys())
    what = f"{KILLS} kills, {len(acknowledged):,} acknowledged writes of five kinds"
    return [what, str(KILLS), str(began), f"{lost} ({doubled} doubled)", ""]


def _write_without_end(path: Path, first: int, told: int) -> None:
    async def writer(store: Store, numbers: "itertools.count[int]") -> None:
        for n in numbers:
            table, write = list(WRITES.items())[n % len(WRITES)]
            await write(store, n)
            os.write(told, f"{table} {n}\n".encode())

    async def writers() -> None:
        async with Store.open(path) as store:
            numbers = itertools.count(first)
            await asyncio.gather(*(writer(store, numbers) for _ in range(WRITERS)))

    asyncio.run(writers())


async def _opened(path: Path) -> Counter[tuple[str, int]]:
    async with Store.open(path):  # each page is looked at
        return _there(path)


def _there(path: Path) -> Counter[tuple[str, int]]:
    with closing(sqlite3.connect(path)) as db:
        return Counter(
            (table, n)
            for table, number in NUMBERS.items()
            for (n,) in db.execute(f"SELECT {number} FROM {table} WHERE member_id = ?", (MEMBER,))
        )


async def _refusals() -> list[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "club.db"
        async with Store.open(path) as store:
            return [
                await _refused("another program holds the lock", store, path, locked(path)),
                await _refused("the disk takes nothing", store, path, unwritable()),
            ]


async def _refused(name: str, store: Store, path: Path, trouble: AbstractContextManager[None]) -> list[str]:
    """All kinds of writes and reads at once, twice. Survived is a sentence for a write, an answer for a read and a list."""
    with trouble:
        asked = [write(store, n) for n in (1, 2) for write in WRITES.values()]
        asked += [store.history(MEMBER), store.export(MEMBER)]
        told = await asyncio.gather(*map(_timed, asked))
    longest = max(seconds for _, seconds in told)
    survived = sum(not isinstance(answer, Exception) or isinstance(answer, Unavailable) for answer, _ in told)
    await store.set_meta("afterwards", "")  # what waits in a queue would be stored before
    return [name, str(len(told)), str(survived), str(_there(path).total()), f"{longest:.2f}"]


async def _timed(asked: Awaitable[object]) -> tuple[object, float]:
    start = time.perf_counter()
    try:
        answer: object = await asked
    except Exception as error:
        answer = error
    return answer, time.perf_counter() - start


async def _damaged() -> list[str]:
    """Survived: whoever reads the table gets a sentence or the right rows, and whoever reads another is answered."""
    survived = 0
    for table in MEMBER_TABLES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "club.db"
            async with Store.open(path) as store:
                await fill_every_table(store, MEMBER)
            async with Store.open(path) as store:
                damage(path, table)
                told, _ = await _timed(store.export(MEMBER))
                await store.set_meta("still", "written")
                survived += isinstance(told, Unavailable) and await store.get_meta("still") == "written"
    return ["a table's pages are damaged while the bot runs", str(len(MEMBER_TABLES)), str(survived), "", ""]


if __name__ == "__main__":
    main()
