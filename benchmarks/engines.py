"""What does PostgreSQL cost beside SQLite?  python -m benchmarks.engines [--ratings N]

The same store on both, each with the same million ratings. SQLite in a file of a temporary folder; PostgreSQL on a server of its
own on this machine, which waits for the disk as it does by default. Each kind of read and write is asked one after another, then
a thousand members rate at once. Prints Markdown; takes some minutes.
"""

import asyncio
import logging
import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks import options as command_line
from benchmarks.report import Report
from bot.address import Address, located
from bot.store import Store, Unavailable, copy, snapshot
from tests import postgres

FILMS, OWN = 10_000, 100  # films there are, and ratings of one member
CROWD = 1000  # who rate at once
CLUB = 250  # members of a club
TIMES = 300  # how often each is asked

Place = Path | Address


def main() -> None:
    parser = command_line.parser("SQLite and PostgreSQL side by side, as Markdown.", seeds=1)
    parser.add_argument("--ratings", type=int, default=1_000_000, help="how many there are")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # who is refused is counted
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.server(is_durable=True) as server,
        Report("engines", options.results, options.seeds[:1]) as report,
    ):
        file = Path(folder) / "club.db"
        asyncio.run(_fill(file, options.ratings, options.seeds[0]))
        address = located(asyncio.run(server.create()))
        there, back = _seconds(lambda: copy(file, address)), _seconds(lambda: copy(address, Path(folder) / "back.db"))
        places: dict[str, Place] = {"SQLite": file, "PostgreSQL": address}
        report.heading(f"{options.ratings:,} ratings")
        asked = {name: asyncio.run(_asked(place)) for name, place in places.items()}
        report.table(["p50 / p99, ms", *places], _rows(asked))
        at_once = {name: asyncio.run(_at_once(place)) for name, place in places.items()}
        read = {name: _seconds(lambda: snapshot(place)) for name, place in places.items()}  # noqa: B023
        report.table(
            ["once", *places],
            [
                *_rows(at_once),
                ["all ratings as a frame, s", *(f"{seconds:.1f}" for seconds in read.values())],
                ["`copy` from the other, compared, s", f"{back:.1f}", f"{there:.1f}"],
            ],
        )


def _rows(found: dict[str, dict[str, str]]) -> list[list[str]]:
    """A row for each thing that was measured, with each engine's figure."""
    return [[what, *(each[what] for each in found.values())] for what in next(iter(found.values()))]


async def _fill(file: Path, ratings: int, seed: int) -> None:
    async with Store.open(file):
        pass
    drawn = random.Random(seed)
    rows = (
        (member, movie, drawn.randrange(1, 11) / 2, drawn.randrange(10**9))
        for member in range(1, ratings // OWN + 1)
        for movie in drawn.sample(range(1, FILMS), OWN)
    )
    with closing(sqlite3.connect(file)) as db, db:
        db.executemany("INSERT INTO ratings (member_id, movie_id, stars, rated_at) VALUES (?, ?, ?, ?)", rows)
    async with Store.open(file) as store:
        for member in range(1, 300):
            await store.exclude(member, "words", "Star Wars", 1)


async def _asked(place: Place) -> dict[str, str]:
    """What was asked -> p50 and p99 in milliseconds."""
    async with Store.open(place) as store:

        async def recommend(member: int) -> None:
            for read in (store.history, store.exclusions, store.seen, store.lists.recommended):
                await read(member)

        asked: dict[str, Callable[[int], Awaitable[object]]] = {
            "rate": lambda member: store.rate(member, FILMS + 1, 4, 1),
            "save a list": lambda member: store.lists.save(member, "recommend", {}, range(50), 1),
            "a member's history": store.history,
            "what a recommendation reads": recommend,
            "who rated a film": lambda movie: store.stars_of(movie, 1, 200),
            f"what {CLUB} members rated": lambda first: store.clubs.films(range(first, first + CLUB), 3),
        }
        return {what: await _times(ask) for what, ask in asked.items()}


async def _at_once(place: Place) -> dict[str, str]:
    """How a thousand who rate at once fared."""
    async with Store.open(place) as store:
        began, commits = time.perf_counter(), _counted(store)
        told = await asyncio.gather(
            *(store.rate(member, FILMS + 2, 4, 1) for member in range(1, CROWD + 1)), return_exceptions=True
        )
        seconds = time.perf_counter() - began
    refused = sum(isinstance(each, Unavailable) for each in told)
    return {
        f"{CROWD:,} rate at once, s": f"{seconds:.2f}",
        "their commits": str(len(commits)),
        "of them refused": str(refused),
    }


async def _times(ask: Callable[[int], Awaitable[object]]) -> str:
    took = []
    for number in range(1, TIMES + 1):
        began = time.perf_counter()
        await ask(number)
        took.append(1000 * (time.perf_counter() - began))
    return " / ".join(f"{np.percentile(took, share):.2f}" for share in (50, 99))


def _counted(store: Store) -> list[float]:
    """Gets longer with each commit from now on."""
    engine, commits = store._database._engine, []
    commit = engine.commit

    async def counted() -> None:
        commits.append(time.perf_counter())
        await commit()

    engine.commit = counted  # type: ignore[method-assign]
    return commits


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
