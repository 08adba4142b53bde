"""How many requests a second are answered, of each kind?  python -m benchmarks.requests [--seconds 10] [--flying 32]

The bot in a process of its own, connected to a Discord on loopback in this one. So many requests are in flight at any time, each
of another member than the others: as soon as one is answered, the next is sent. First while nothing else goes on, then while the
bot learns anew, again and again. How much of a core the bot takes, and how much the simulated Discord, says which of them is the
limit; what the Discord could do at most is told by a client that answers everything at once. Prints Markdown.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import random
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, cast

import aiohttp
import numpy as np
import orjson
from discord import InteractionType
from discord.gateway import DiscordWebSocket as Op

from benchmarks import options as command_line
from benchmarks.apart import apart, processor_seconds
from benchmarks.report import Report
from bot import Settings, loop
from bot.items import AskStars
from bot.store import Store
from recommender import Catalogue, Movie
from recommender.datasets import EMBEDDED, load_movielens
from tests.bot.patience import patiently
from tests.bot.wire import Answer, Interaction, Wire

MEMBERS, OWN_RATINGS = 2_000, 20  # who use it, and how many ratings each has
FIRST = 10_000  # the id of the first of them
KNOWN = 300  # the films with the most ratings, of which they speak
UNSAVED = "Try again in a moment", "can't save anything"  # says an answer where the database took too long
# A list that could not be kept lacks the button that turns it. So many films take two pages.
PAGED, PAGED_COUNT, NEXT = "`/recommend`", 10, "More ›"
HEAD = ("", "a second", "p50, ms", "p99, ms", "not saved", "the bot, % of a core", "Discord, % of a core")

PAUSE = 5.0  # seconds in which the training process starts
IDLE = "`/help`"  # answered without a look at anything
BARE = "a client that does nothing but answer"

Send = Callable[[int], Awaitable[Interaction]]


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder, Report("requests", options.results, options.seeds[:1]) as report:
        loop.run(_measure(Path(folder), options, report))


def _options() -> argparse.Namespace:
    parser = command_line.parser("Requests a second by kind, as Markdown.", seeds=1)
    parser.add_argument("--seconds", type=float, default=10, help="how long each kind is measured")
    parser.add_argument("--flying", type=int, default=32, help="requests in flight at any time")
    return parser.parse_args()


async def _measure(folder: Path, options: argparse.Namespace, report: Report) -> None:
    chance, data = random.Random(options.seeds[0]), load_movielens(EMBEDDED, folder)
    catalogue, most_rated = Catalogue(data.movies), data.ratings["movie"].value_counts().index[:KNOWN]
    films = [catalogue[movie] for movie in most_rated.tolist()]
    settings = Settings(
        _env_file=None,
        database=folder / "club.db",
        data_dir=folder,
        device="cpu",
        films="off",
        retrain_ratings=10**9,  # only when told to
    )
    await _fill(settings, films, chance)
    async with Wire.open() as wire:
        asks = kinds(wire, films, chance)
        async with apart(settings, wire) as bot:
            report.heading(f"While nothing else goes on, {options.flying} in flight")
            report.table(HEAD, [await _row(name, send, bot.pid, options) for name, send in asks.items()])
            async with _learning(wire, settings) as times:
                rows = [await _row(name, send, bot.pid, options) for name, send in asks.items()]
            report.heading("While the model learns anew")
            report.table(HEAD, rows)
            report.line(f"Times that it learned anew: {len(times)}.")
    async with Wire.open() as bare, echo(bare) as pid:
        bare.commands = wire.commands
        report.heading("What the simulated Discord can do")
        row = await _row(BARE, kinds(bare, films, chance)[IDLE], pid, options)
        report.table(HEAD, [row])


async def _fill(settings: Settings, films: list[Movie], chance: random.Random) -> None:
    rows = [
        (FIRST + member, film.id, chance.randint(1, 10) / 2)
        for member in range(MEMBERS)
        for film in chance.sample(films, OWN_RATINGS)
    ]
    async with Store.open(settings.database):
        pass
    with closing(sqlite3.connect(settings.database)) as db, db:
        db.executemany("INSERT INTO ratings (member_id, movie_id, stars, rated_at) VALUES (?, ?, ?, 1)", rows)


def kinds(wire: Wire, films: Sequence[Movie], chance: random.Random) -> dict[str, Send]:
    """What a member sends, by the name of its kind. Each member is on one server."""

    def of(member: int) -> dict[str, int]:
        return {"by": member, "guild": int(wire.guilds[member % len(wire.guilds)]["id"])}

    def plain(command: str) -> Send:
        return lambda member: wire.send(command, {}, **of(member))

    def about(command: str) -> Send:
        return lambda member: wire.send(command, {"movie": chance.choice(films).label}, **of(member))

    def rating(member: int) -> Awaitable[Interaction]:
        options = {"movie": chance.choice(films).label, "stars": chance.randint(1, 10) / 2}
        return wire.send("rate", options, **of(member))

    def typing(member: int) -> Awaitable[Interaction]:
        label = chance.choice(films).label
        typed = {"movie": label[: chance.randint(1, min(10, len(label)))]}
        return wire.send("rate", typed, kind=InteractionType.autocomplete, **of(member))

    def pressing(member: int) -> Awaitable[Interaction]:
        return wire.forge(AskStars.layout.of(owner=member, movie=chance.choice(films).id, replace=False), **of(member))

    return {
        IDLE: plain("help"),
        "`/rate`, on disk": rating,
        "`/recommend`": lambda member: wire.send("recommend", {"count": PAGED_COUNT}, **of(member)),
        "`/ratings`": plain("ratings"),
        "`/similar`": about("similar"),
        "`/film`": about("film"),
        "a title is typed": typing,
        "a press of *Rate it*": pressing,
    }


async def _row(name: str, send: Send, pid: int, options: argparse.Namespace) -> list[str]:
    members = itertools.cycle(range(FIRST, FIRST + MEMBERS))
    told, ours, theirs = list[Answer](), time.process_time(), processor_seconds(pid)
    started = time.perf_counter()
    end = started + options.seconds

    async def one_after_another() -> None:
        while time.perf_counter() < end:
            interaction = await send(next(members))
            told.append(await patiently(interaction.answer))

    await asyncio.gather(*(one_after_another() for _ in range(options.flying)))
    took = time.perf_counter() - started
    shares = (processor_seconds(pid) - theirs) / took, (time.process_time() - ours) / took
    p50, p99 = 1000 * np.quantile([answer.seconds for answer in told], [0.5, 0.99])
    unsaved = sum(is_unsaved(name, str(answer.data)) for answer in told)
    figures = f"{len(told) / took:.0f}", f"{p50:.0f}", f"{p99:.0f}", str(unsaved)
    return [name, *figures, *(f"{share:.0%}" for share in shares)]


def is_unsaved(name: str, answer: str) -> bool:
    """Whether an answer to this kind says, or shows, that something could not be saved."""
    return any(sentence in answer for sentence in UNSAVED) or (name == PAGED and NEXT not in answer)


@asynccontextmanager
async def _learning(wire: Wire, settings: Settings) -> AsyncIterator[list[None]]:
    """The bot learns anew, again and again, until the end of the block."""
    times = list[None]()

    async def again_and_again() -> None:
        while True:
            retrain = await wire.send("admin retrain", {})  # held on to, since its card is edited
            await patiently(retrain.answer)
            while _learns(settings.database):  # noqa: ASYNC110 (another process's)
                await asyncio.sleep(0.5)
            times.append(None)

    task = asyncio.create_task(again_and_again())
    await asyncio.sleep(PAUSE)
    try:
        yield times
    finally:
        task.cancel()


def _learns(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as db:
        return bool(db.execute("SELECT count(*) FROM trainings WHERE finished_at IS NULL").fetchone()[0])


@asynccontextmanager
async def echo(wire: Wire) -> AsyncIterator[int]:
    """A client in a process of its own, whose id is given, answers each interaction at once with nothing."""
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_answer_all, args=(wire.rest, str(wire.gateway)), daemon=True)
    process.start()
    await wire.connected()
    try:
        yield cast(int, process.pid)
    finally:
        process.kill()


def _answer_all(rest: str, gateway: str) -> None:
    loop.run(_answering(rest, gateway))


async def _answering(rest: str, gateway: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(gateway) as socket:
        await socket.send_json({"op": Op.IDENTIFY, "d": {"shard": [0, 1]}})

        async def answer(event: dict[str, Any]) -> None:
            path = f"{rest}/interactions/{event['id']}/{event['token']}/callback"
            async with session.post(path, json={"type": 4, "data": {}}) as response:
                await response.read()

        async with asyncio.TaskGroup() as answers:
            async for message in socket:
                event = orjson.loads(message.data)
                if event.get("t") == "INTERACTION_CREATE":
                    answers.create_task(answer(event["d"]))


if __name__ == "__main__":
    main()
