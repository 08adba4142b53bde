"""A million ratings, fifty thousand members, three thousand servers: is the bot still quick?  python -m benchmarks.million

The database is filled with made-up ratings of the built-in films: few members and films have most of them. The bot, in a process
of its own and connected to a Discord on loopback in this one, starts with a model that knows none of them, answers each command
of many members one after another, and learns from all. All members are on all servers, and Discord tells who is there as often
as it is asked. Prints Markdown.
"""

import argparse
import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import options as command_line
from benchmarks.apart import Apart, apart, serves
from benchmarks.generated import insert, of_films
from benchmarks.report import Report
from bot import Settings, loop
from bot.store import snapshot
from recommender import Catalogue, Movie
from recommender.datasets import EMBEDDED, MovieLens, load_movielens
from tests.bot.patience import patiently
from tests.bot.wire import Answer, Wire
from tests.bot.wire_payloads import ALICE, CHANNEL, GUILD, SERVER, server

EVENINGS, GUESTS = 3, 8  # watched on each server, and who were there
SHOWN = 0.05  # of the members let themselves be shown in clubs
ASKERS = 200  # members who use each command
KNOWN = 300  # the films with the most ratings, of which they speak
NOW = 1_780_000_000  # UTC seconds since 1970
POLL = 0.2  # seconds between two looks at how a retrain goes

Ask = Callable[[int], Awaitable[Answer]]


def main() -> None:
    parser = command_line.parser("A bot with a million ratings, as Markdown.", seeds=1)
    parser.add_argument("--ratings", type=int, default=1_000_000, help="fewer members and servers with fewer ratings")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Report("million", options.results, options.seeds[:1]) as report:
        loop.run(_measure(Path(folder), options, report))


async def _measure(folder: Path, options: argparse.Namespace, report: Report) -> None:
    members, servers = options.ratings // 20, max(1, options.ratings * 3 // 1000)
    settings = Settings(
        _env_file=None,
        database=folder / "club.db",
        data_dir=folder,
        device="cpu",
        films="off",
        retrain_ratings=10**9,  # only when told to
    )
    data, chance = load_movielens(EMBEDDED, folder), random.Random(options.seeds[0])
    async with Wire.open() as wire, apart(settings, wire):  # the first model, of the public ratings alone
        pass
    _fill(settings.database, data, of_films(data, members, options.ratings, options.seeds[0]), servers, chance)
    report.heading(f"{options.ratings:,} ratings of {members:,} members, {servers:,} servers")
    async with Wire.open() as wire:
        wire.guilds = [SERVER, *(server(number) for number in range(1, servers))]
        started = time.perf_counter()
        async with apart(settings, wire, ready=False, questions=10**6) as bot:
            connected = time.perf_counter() - started
            await serves(wire)
            serving = time.perf_counter() - started
            row = ["started", f"{connected:.1f}", f"{serving:.1f}", f"{bot.memory:.0f}"]
            report.table(("", "connected, s", "its model serves, s", "memory, MB"), [row])
            report.table(("", "p50, ms", "p99, ms"), await _commands(wire, data, members, chance))
            report.table(("", "seconds", "MB"), _copies(settings.database, folder))
            used = bot.memory
            retrain = await wire.send("admin retrain", {}, by=ALICE)
            await patiently(retrain.answer)
            row = await _learned(settings.database, bot)
            report.table(("a retrain", "seconds", "its memory at most, MB", "the bot's at most, MB"), [row])
            report.line(f"The bot had {used:.0f} MB after the commands, and {bot.memory:.0f} MB after the retrain.")


def _fill(database: Path, data: MovieLens, ratings: pd.DataFrame, servers: int, chance: random.Random) -> None:
    films, members = data.movies["movie"].tolist(), int(ratings["user"].max())
    everybody, guilds = range(1, members + 1), [GUILD, *(int(server(number)["id"]) for number in range(1, servers))]
    nights = list(enumerate([guild for guild in guilds for _ in range(EVENINGS)], start=1))
    with closing(sqlite3.connect(database)) as db, db:
        insert(db, ratings)
        db.executemany(
            "INSERT INTO privacy (member_id, clubs) VALUES (?, 1)",
            [(member,) for member in chance.sample(everybody, int(SHOWN * members))],
        )
        db.executemany(
            "INSERT INTO nights (id, guild_id, channel_id, state, wish, winner, created_at, ended_at)"
            " VALUES (?, ?, ?, 'watched', '{}', ?, ?, ?)",
            [(night, guild, CHANNEL, night, NOW - night, NOW - night) for night, guild in nights],
        )
        db.executemany(
            "INSERT INTO night_films (id, night_id, movie_id) VALUES (?, ?, ?)",
            [(night, night, chance.choice(films)) for night, _ in nights],
        )
        db.executemany(
            "INSERT INTO night_members (night_id, member_id, joined_at, satisfaction) VALUES (?, ?, ?, 0.5)",
            [(night, member, NOW - night) for night, _ in nights for member in chance.sample(everybody, GUESTS)],
        )


async def _commands(wire: Wire, data: MovieLens, members: int, chance: random.Random) -> list[list[str]]:
    catalogue, most_rated = Catalogue(data.movies), data.ratings["movie"].value_counts().index[:KNOWN]
    films = [catalogue[movie] for movie in most_rated.tolist()]
    askers = chance.sample(range(1, members + 1), min(ASKERS, members))
    rows = []
    for name, ask in _kinds(wire, films, chance).items():
        times = [(await ask(member)).seconds for member in askers]
        rows.append([name, *(f"{1000 * figure:.0f}" for figure in np.quantile(times, [0.5, 0.99]))])
    return rows


def _kinds(wire: Wire, films: Sequence[Movie], chance: random.Random) -> dict[str, Ask]:
    def plain(command: str) -> Ask:
        return lambda member: wire.command(command, member)

    def about(command: str) -> Ask:
        return lambda member: wire.command(command, member, movie=chance.choice(films).label)

    def deferred(command: str) -> Ask:
        """Until what was promised has come."""

        async def ask(member: int) -> Answer:
            interaction = await wire.send(command, {}, by=member)
            answer = await patiently(interaction.answer)
            return answer if "components" in answer.data else await patiently(interaction.edits.get())

        return ask

    return {
        "`/rate`": lambda member: wire.command("rate", member, movie=chance.choice(films).label, stars=4.0),
        "a title is typed": lambda member: wire.autocomplete("rate", member, movie=chance.choice(films).label[:5]),
        "`/recommend`": plain("recommend"),
        "`/similar`": about("similar"),
        "`/film`": about("film"),
        "`/ratings`": plain("ratings"),
        "`/top`": plain("top"),
        "`/taste`": deferred("taste"),
        "`/club`": deferred("club"),
        "`/night history`": plain("night history"),
        "`/data export`": deferred("data export"),
        "`/admin status`": lambda _: wire.command("admin status", ALICE),
    }


def _copies(database: Path, folder: Path) -> list[list[str]]:
    started = time.perf_counter()
    snapshot(database)
    read, copy = time.perf_counter() - started, folder / "copy.db"
    started = time.perf_counter()
    backup = [sys.executable, "-m", "bot", "backup", str(copy)]
    environment = {"MARQUEE_DATABASE": str(database), "MARQUEE_DATA_DIR": str(folder)}
    subprocess.run(backup, check=True, env=os.environ | environment, stdout=subprocess.DEVNULL)
    copied, size = time.perf_counter() - started, copy.stat().st_size / 1e6
    return [["a snapshot of the ratings", f"{read:.1f}", ""], ["a backup, checked", f"{copied:.1f}", f"{size:.0f}"]]


async def _learned(database: Path, bot: Apart) -> list[str]:
    """How the last retrain ended, and what it took."""
    most, last = 0.0, "SELECT outcome, finished_at - started_at FROM trainings ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(database)) as db:
        while (row := db.execute(last).fetchone())[0] is None:
            most = max(most, bot.learning() or 0.0)
            await asyncio.sleep(POLL)
    outcome, seconds = row
    return [outcome, str(seconds), f"{most:.0f}", f"{bot.most_memory:.0f}"]


if __name__ == "__main__":
    main()
