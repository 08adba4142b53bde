"""Does anything grow while the bot runs for a month?  python -m benchmarks.month [--days 30]

The bot on a simulated Discord, with a clock that skips what lies between: each day has ratings, lists and their pages, an evening
from its start to the stars for its film with an event and a reminder, an import, a retrain, a backup and what is due once a day.
What the simulated Discord remembers is forgotten each day, so that what grows is the bot's. Prints Markdown.
"""

import asyncio
import gc
import random
import sys
import tempfile
import threading
from collections.abc import Iterator, Sized
from contextlib import AsyncExitStack
from functools import partialmethod
from pathlib import Path
from unittest.mock import patch

import simcord
from simcord import Env

from benchmarks import options as command_line
from benchmarks.report import Report
from bot import Marquee, Settings
from bot.backups import backups
from bot.cogs.upkeep import Upkeep
from bot.night.clock import REMIND_SECONDS
from bot.training import trainer
from tests.bot import tiny_movielens
from tests.bot.cogs.test_night import Table, choices, start
from tests.bot.patience import PATIENCE
from tests.bot.retrains import end
from tests.bot.simulated import Club, Member

DAY, HOUR = 86_400, 3_600  # seconds
PEOPLE, RATED, IMPORTED = 4, 4, 40  # of the club; films that each rates in a day; rows of a file
FILMS = 150  # of the small data set, whose retrains take seconds
SHOWN = (1, 2, 3, 5, 10, 15, 20, 25, 30)  # days
HEAD = (
    "day",
    "memory, MB",
    "objects",
    "handles",
    "tasks",
    "threads",
    "kept by the bot",
    "words remembered",
    "database, MB",
    "backups",
    "backups, MB",
)


class Ahead(Marquee):
    """The bot, whose clock can be put forward."""

    ahead = 0  # seconds

    def now(self) -> int:
        return super().now() + self.ahead


def main() -> None:
    parser = command_line.parser("What a month does to the bot, as Markdown.", seeds=1)
    parser.add_argument("--days", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Report("month", options.results, options.seeds[:1]) as report:
        asyncio.run(_month(Path(folder), options.days, random.Random(options.seeds[0]), report))


async def _month(folder: Path, days: int, chance: random.Random, report: Report) -> None:
    async with AsyncExitStack() as stack:
        settings = Settings(
            _env_file=None,
            database=folder / "club.db",
            data_dir=folder,
            device="cpu",
            films="off",
            movielens=tiny_movielens.NAME,
            movielens_url=stack.enter_context(tiny_movielens.mirror(folder)),
        )
        bot = Ahead(settings)
        Upkeep.measure_lag.change_interval(seconds=60)  # or most of the ticks would be its own
        # Of so few ratings it is chance whether a new model is better.
        stack.enter_context(patch.object(trainer, "verdict", lambda report: None))
        # Its own limits are of seconds, and a retrain takes longer.
        stack.enter_context(patch.object(Env, "__init__", partialmethod(Env.__init__, settle_timeout=PATIENCE)))
        env = await stack.enter_async_context(simcord.run(bot))
        stack.push_async_callback(bot.close)
        await bot.model_ready()
        club = Club(env)
        people = [club.alice, club.bob, *(club.join(f"member {number}") for number in range(2, PEOPLE))]
        rows, kept = [], dict[int, dict[str, int]]()
        for day in range(1, days + 1):
            await _day(club, bot, people, day, chance)
            _forget(env)
            if day in SHOWN or day == days:
                kept[day] = _kept(bot)
                rows.append([str(day), *_sizes(bot, kept[day])])
        report.heading(f"{days} days of {PEOPLE} people")
        report.table(HEAD, rows)
        report.line(_growing(kept))
        counts = await bot.store.counts()
        published = [training.outcome for training in await bot.store.trainings.latest(days + 2)].count("published")
        report.line(f"{counts.ratings:,} ratings, {days} evenings, {published} new models.")


async def _day(club: Club, bot: Ahead, people: list[Member], day: int, chance: random.Random) -> None:
    bot.ahead += DAY - 4 * HOUR
    for member in people:
        for number in chance.sample(range(1, FILMS + 1), RATED):
            await member.says("rate", movie=_label(number), stars=chance.randint(1, 10) / 2)
        card = await member.says("recommend", count=5)
        if "More ›" in card.labels:
            await member.presses(card, "More ›")
        await member.says("similar", movie=_label(chance.randint(1, FILMS)))
        await member.says("film", movie=_label(chance.randint(1, FILMS)))
        await member.types("rate", "movie", f"fil {chance.randint(1, FILMS)}")
        await _pass(club, 31)
    await _evening(club, bot, people, chance)
    await _import(people[day % PEOPLE], day, chance)
    await _due(club, bot)


async def _evening(club: Club, bot: Ahead, people: list[Member], chance: random.Random) -> None:
    host, *others = people
    table = await start(host, title="Film", when="in 4 hours")
    for member in others:
        await table.press(member, "Join")
    await host.says("night suggest", movie=_label(chance.randint(1, FILMS)))
    await table.press(host, "Pick for us")
    await _pass(club, 31)
    films = await choices(table, host)
    for member in people:
        await _vote(table, member, chance.sample(films, 2))
    bot.ahead += 4 * HOUR - REMIND_SECONDS
    await _pass(club, 61)  # the reminder
    bot.ahead += HOUR
    await table.press(host, "We watched it")
    for member in others:
        await table.press(member, "★★★★")
    await _pass(club, 61)


async def _vote(table: Table, member: Member, films: list[str]) -> None:
    ballot = await table.press(member, "Vote")
    for film in films:
        ballot = await member.presses(
            ballot, next(label for label in ballot.labels if label.removeprefix("✓ ") == film)
        )
    await member.presses(ballot, "Done")


async def _import(member: Member, day: int, chance: random.Random) -> None:
    films = [f"Film {number},2001" for number in chance.sample(range(1, FILMS + 1), IMPORTED)]
    named = enumerate([*films, f"Nobody Knows {day},2030"])
    rows = [f"2021-03-04,{film},https://boxd.it/{number},{chance.randint(1, 10) / 2}" for number, film in named]
    data = "\n".join(["Date,Name,Year,Letterboxd URI,Rating", *rows, ""]).encode()
    card = await member.says("import file", file=("ratings.csv", data))
    await member.presses(card, "Take it")


async def _due(club: Club, bot: Ahead) -> None:
    """What the bot does once a day, and the retrain that is due."""
    upkeep = bot.cogs["Upkeep"]
    await upkeep.prune()
    await upkeep.back_up()
    await upkeep.retrain_when_due()
    if (run := bot.trainer.running) is not None:
        await end(run)
    await club.env.settle()


async def _pass(club: Club, seconds: float) -> None:
    """So long that timers and limits notice."""
    await club.env.advance_time(seconds)


def _label(number: int) -> str:
    return f"Film {number} (2001)"


def _forget(env: Env) -> None:
    """What the simulated Discord remembers of the day."""
    backend = env.backend
    for remembered in (backend.http_requests, backend.transcript, backend.interactions, backend.interaction_tokens):
        remembered.clear()
    for messages in backend.messages.values():
        messages.clear()
    backend.cdn._blobs.clear()
    gc.collect()


def _sizes(bot: Marquee, kept: dict[str, int]) -> Iterator[str]:
    """Handles, memory and threads as Linux tells them."""
    status = Path("/proc/self/status").read_text()
    yield f"{int(status.partition('VmRSS:')[2].split()[0]) / 1024:.0f}"
    yield f"{len(gc.get_objects()):,}"
    yield str(len(list(Path("/proc/self/fd").iterdir())))
    yield str(len(asyncio.all_tasks()))
    yield str(threading.active_count())
    yield f"{sum(kept.values()):,}"
    caches = {id(each): each for module in _modules() for each in vars(module).values() if hasattr(each, "cache_info")}
    yield f"{sum(cache.cache_info().currsize for cache in caches.values()):,}"
    files = bot.settings.database.parent.glob(f"{bot.settings.database.name}*")
    yield f"{sum(file.stat().st_size for file in files) / 1e6:.1f}"
    made = backups(bot.settings.backup_dir)
    yield str(len(made))
    yield f"{sum(each.path.stat().st_size for each in made) / 1e6:.1f}"


def _modules() -> list[object]:
    return [module for name, module in sys.modules.items() if name.startswith(("bot.", "recommender."))]


def _kept(bot: Marquee) -> dict[str, int]:
    """Entries of all collections that the bot, its cogs, its parts and its connection hold, by their names; not of those that
    have a limit."""
    connection = bot._connection
    owners = [
        bot,
        bot.limits,
        bot.trainer,
        bot.tree,
        bot.store,
        connection,
        connection._view_store,
        *bot.guilds,
        *bot.cogs.values(),
    ]
    return {
        f"{type(owner).__name__}.{name}": len(value)
        for owner in owners
        for name, value in _attributes(owner)
        if isinstance(value, Sized) and not isinstance(value, str | bytes) and getattr(value, "maxlen", None) is None
    }


def _attributes(owner: object) -> Iterator[tuple[str, object]]:
    yield from getattr(owner, "__dict__", {}).items()
    for kind in type(owner).__mro__:
        for name in getattr(kind, "__slots__", ()):
            yield name, getattr(owner, name, None)


def _growing(kept: dict[int, dict[str, int]]) -> str:
    """Which collections had more entries at each of the last three looks."""
    first, second, last = list(kept.values())[-3:]
    growing = [name for name in last if first.get(name, 0) < second.get(name, 0) < last[name]]
    return f"Collections that grew to the end: {', '.join(growing) or 'none'}."


if __name__ == "__main__":
    main()
