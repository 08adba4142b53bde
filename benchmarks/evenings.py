"""What does an evening's card cost, and what do its decisions?  python -m benchmarks.evenings

An evening of 25 members goes from its start to its film, on a server that watched 30 with all of them. Each repeat begins with
a copy of the same database. The bot's own steps, store and model do the work; Discord answers each request at once.
"""

import asyncio
import gc
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np
from discord.http import HTTPClient

from benchmarks import options as command_line
from benchmarks.report import Report
from bot import Marquee, Settings
from bot.night import board, history, steps
from bot.night.group import judge, read_group
from bot.serving import Serving
from bot.store import NightWish, SavedList, Store
from recommender import Recommender, load_movielens
from recommender.datasets import MovieLens
from recommender.devices import limit_threads
from tests.bot.wire_payloads import CHANNEL, GUILD, message

REPEATS = 30
EVENINGS, MEMBERS = 30, 25
RATINGS, MARKS = 300, 20  # of each member, besides 5 exclusions
RARE = ("Western", "Musical", "War", "Film-Noir")  # a genre that each excludes: the other films must be enough
BEGAN, WEEK = 1_780_000_000, 7 * 24 * 3600  # UTC seconds since 1970; seconds
JOIN = "a member joins: a durable write"

Result = TypeVar("Result")


class Offline(Marquee):
    """The bot without a connection. Time stands still unless `clock` is moved."""

    def __init__(self, store: Store, serving: Serving, clock: int) -> None:
        super().__init__(Settings(_env_file=None))
        self.store, self.clock, self._served = store, clock, serving

    @property
    def serving(self) -> Serving:
        return self._served

    def now(self) -> int:
        return self.clock


class Stopwatch:
    """What was done -> how long it took each time, in milliseconds."""

    def __init__(self) -> None:
        self.times: defaultdict[str, list[float]] = defaultdict(list)

    async def of(self, label: str, work: Awaitable[Result]) -> Result:
        started = time.perf_counter()
        result = await work
        self.times[label].append((time.perf_counter() - started) * 1000)
        return result


def main() -> None:
    options = command_line.parser("Milliseconds of a movie night's card and steps, as Markdown.", seeds=1).parse_args()
    seed = options.seeds[0]
    limit_threads(1)  # as in `python -m bot run`
    data = load_movielens()
    serving = Serving.of(Recommender.fit(data.ratings, data.movies, device="cpu", seed=seed))
    gc.freeze()  # as the bot does once a model serves
    with tempfile.TemporaryDirectory() as folder, patch.object(HTTPClient, "request", _answer):
        times = asyncio.run(_measured(Path(folder), data, serving, random.Random(seed)))
    with Report("evenings", options.results, options.seeds) as report:
        report.heading(f"{MEMBERS} members with {RATINGS} ratings each, {EVENINGS} evenings before; {REPEATS} repeats")
        report.table(["", "p50, ms", "p99, ms", "p50, in joins"], _rows(times))


async def _answer(*_: object, **__: object) -> dict[str, Any]:
    """Discord's, to whatever is sent or edited."""
    return message(1)


async def _measured(folder: Path, data: MovieLens, serving: Serving, chance: random.Random) -> dict[str, list[float]]:
    """What an evening's parts take."""
    async with _bot(folder / "club.db", serving, BEGAN) as bot:
        members = await _club(bot, data, chance)
        for _ in range(EVENINGS):
            await _evening(bot, members, Stopwatch(), chance)
            bot.clock += WEEK
    watch = Stopwatch()
    for repeat in range(REPEATS):
        copy = folder / f"{repeat}.db"
        shutil.copy(folder / "club.db", copy)
        async with _bot(copy, serving, bot.clock) as again:
            await _evening(again, members, watch, chance)
    return watch.times


@asynccontextmanager
async def _bot(database: Path, serving: Serving, clock: int) -> AsyncIterator[Offline]:
    async with Store.open(database) as store:
        yield Offline(store, serving, clock)


async def _club(bot: Offline, data: MovieLens, chance: random.Random) -> list[int]:
    """Store what members rated, marked and excluded: random users of the data with ratings enough."""
    store, films = bot.store, list(bot.serving.recommender.catalogue)
    counts = data.ratings["user"].value_counts()
    members = chance.sample(sorted(counts.index[counts >= RATINGS].tolist()), MEMBERS)
    for member in members:
        own = data.ratings[data.ratings["user"] == member]
        rated = list(zip(own["movie"].tolist(), own["rating"].tolist(), strict=True))
        for movie, stars in chance.sample(rated, RATINGS):
            await store.rate(member, movie, stars, BEGAN)
        for film in chance.sample(films, MARKS):
            await store.mark_seen(member, film.id, BEGAN)
        await store.exclude(member, "genre", chance.choice(RARE), BEGAN)
        for film, other in zip(chance.sample(films, 2), chance.sample(films, 2), strict=True):
            await store.exclude(member, "movie", str(film.id), BEGAN)
            await store.exclude(member, "words", other.title, BEGAN)
    return members


async def _evening(bot: Offline, members: list[int], watch: Stopwatch, chance: random.Random) -> None:
    """From the first card until the film is watched, and half of the members have rated it."""
    store, serving, [host, *others] = bot.store, bot.serving, members
    begun = await store.nights.start(GUILD, CHANNEL, NightWish(), None, [host], bot.now())
    assert begun is not None
    night = begun
    await board.refresh(bot, night.id)
    await steps.join(store, night, others[:-1], bot.now())
    await watch.of(JOIN, steps.join(store, night, others[-1:], bot.now()))
    first, second = chance.sample(list(serving.recommender.catalogue), 2)
    await watch.of("a film is suggested", steps.suggest(bot, night, host, first))
    await watch.of("the card, gathering", board.refresh(bot, night.id))

    await watch.of("the vote begins", steps.begin_vote(bot, night))
    night = await steps.find(store, night.id)
    await watch.of("a film is suggested while the vote is open", steps.suggest(bot, night, host, second))
    candidates = await store.nights.films(night.id)
    for member in others:
        for choice in chance.sample(candidates, 2):
            await steps.vote(store, night, member, choice.id)
        await steps.vote(store, night, member, None)
    await watch.of("the card, voting", board.refresh(bot, night.id))
    group = await watch.of("what is known of the members, read", read_group(store, serving, night))
    movies = [each.movie for each in candidates if each.movie is not None]
    await watch.of("the candidates, judged", judge(serving, group, movies))

    await watch.of("the vote closes", steps.close_vote(store, night))
    await watch.of("what follows is done", board.decided(bot, night.id))
    await watch.of("the card, planned", board.refresh(bot, night.id))
    await _history(bot, watch)

    night = await steps.find(store, night.id)
    await watch.of("the film is watched", steps.watched(bot, night))
    winner = next(each.movie for each in candidates if each.id == night.winner)
    assert winner is not None
    for member in chance.sample(members, MEMBERS // 2):
        await store.rate(member, winner, chance.randint(1, 10) / 2, bot.now())


async def _history(bot: Offline, watch: Stopwatch) -> None:
    """What `/night history` does: one reading, the page, the picture."""
    catalogue, saved = bot.serving.recommender.catalogue, SavedList(1, 1, "night history", {}, [], [], bot.now())

    async def shown() -> None:
        past = await history.read_past(bot.store, GUILD)
        history.page(past, catalogue, saved, 0)

    async def answered() -> None:
        past = await history.read_past(bot.store, GUILD)
        history.page(past, catalogue, saved, 0)
        await history.year(past, catalogue, bot.now())

    await watch.of("history, its page", shown())
    await watch.of("history, its page and its picture", answered())


def _rows(times: dict[str, list[float]]) -> list[list[str]]:
    join = float(np.median(times[JOIN]))
    return [
        [label, *(f"{figure:.1f}" for figure in np.quantile(own, [0.5, 0.99])), f"{np.median(own) / join:.1f}"]
        for label, own in times.items()
    ]


if __name__ == "__main__":
    main()
