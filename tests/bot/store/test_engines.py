"""Whatever is asked of it, a store on PostgreSQL answers as one on SQLite does, and has the same in its tables."""

import asyncio
import shutil
import sqlite3
import tempfile
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.store import UNCLEAN, Brought, NightFilm, NightWish, Store
from bot.store.copying import ORDERED, TABLES, _columns, _select
from bot.store.migrate import shipped_scripts
from recommender.datasets.identity import TYPED
from tests.postgres import Server, empty

MEMBERS = st.integers(1, 3)
FILMS = st.sampled_from([1, 2, 3, 4, TYPED + 1, TYPED + 2])
STARS = st.sampled_from([1.0, 3.5, 5.0])
TIMES = st.integers(1, 4)
TITLES = st.sampled_from(["Alien", "Heat (1995)", "héat 1995", "Fargo", "100% _ 'wolf'"])
IDS = st.integers(1, 4)
MANY = st.lists(MEMBERS, min_size=1, max_size=3)
KNOWN = st.dictionaries(st.sampled_from([("alien", None), ("heat", 1995), ("fargo", None)]), FILMS, max_size=2)
BROUGHT = st.lists(
    st.builds(
        lambda kind, movie, written, stars, at: Brought(kind, movie, written, stars if kind == "rated" else None, at),
        st.sampled_from(["rated", "seen", "wanted"]),
        st.none() | FILMS,
        TITLES,
        STARS,
        TIMES,
    ),
    max_size=6,
)


SHARES = st.dictionaries(st.integers(1, 3), st.floats(0, 1), max_size=3)  # of films, or of members


class Step(NamedTuple):
    """A method of the store, and with what it is called."""

    name: str
    values: tuple[Any, ...]
    others: dict[str, Any]

    async def on(self, store: Store) -> object:
        """What it returns or raises."""
        try:
            if self.name == "import":
                return await brought(store, *self.values)
            return await attrgetter(self.name)(store)(*self.values, **self.others)
        except Exception as error:
            return type(error)


async def brought(store: Store, member: int, rows: list[Brought], theirs: bool, at: int) -> object:
    key = await store.imports.keep(member, "a file", "{}", at)
    await store.imports.pick(member, key, 0, 5)
    return await store.imports.take(member, key, rows, theirs, at)


def first(films: list[NightFilm], _: object) -> int:
    return films[0].id if films else 0


def do(name: str, *values: st.SearchStrategy[Any], **others: object) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.just(name), st.tuples(*values), st.just(others))


STEPS = st.one_of(
    do("rate", MEMBERS, FILMS, STARS, TIMES),
    do("unrate", MEMBERS, FILMS),
    do("mark_seen", MEMBERS, FILMS, TIMES),
    do("unmark_seen", MEMBERS, FILMS),
    do("unseen.say", MEMBERS, FILMS, TIMES),
    do("watchlists.add", MEMBERS, FILMS, TIMES),
    do("exclude", MEMBERS, st.just("words"), TITLES, TIMES),
    do("exclude", MEMBERS, st.just("movie"), FILMS.map(str), TIMES),
    do("unexclude", MEMBERS, IDS),
    do("privacy.change", MEMBERS, clubs=True),
    do("lists.save", MEMBERS, st.just("recommend"), st.just({}), MANY, TIMES),
    do("unknown.rate", MEMBERS, TITLES, STARS, TIMES),
    do("unknown.settle", KNOWN),
    do("typed.add", MEMBERS, TITLES, st.none(), st.just(["War"]), TIMES),
    do("typed.rename", FILMS, TITLES, st.none(), st.just([])),
    do("typed.merge", FILMS, FILMS),
    do("typed.remove", FILMS),
    do("films.move", st.dictionaries(FILMS, FILMS, max_size=2)),
    do("import", MEMBERS, BROUGHT, st.booleans(), TIMES),
    do("imports.undo", MEMBERS, IDS),
    do("nights.start", st.just(1), TIMES, st.just(NightWish()), TIMES, MANY, TIMES),
    do("nights.join", IDS, MANY, TIMES),
    do("nights.leave", IDS, MEMBERS),
    do("nights.suggest", IDS, MEMBERS, FILMS, st.none()),
    do("nights.suggest", IDS, MEMBERS, st.none(), TITLES),
    do("nights.identify", IDS, MEMBERS, TITLES, FILMS),
    do("votes.open", IDS, SHARES, st.just({}), closes_at=3, seed=1, vetoed=0),
    do("votes.cast", IDS, MEMBERS, st.none() | IDS),
    do("votes.close", IDS, st.just(first)),
    do("nights.watched", IDS, st.none() | FILMS, SHARES, TIMES),
    do("nights.change_settings", IDS, max_minutes=90),
    do("delete", MEMBERS),
    do("prune", TIMES),
)


async def answers(store: Store) -> list[object]:
    """What is read of it."""
    return [
        *[await store.history(member) for member in (1, 2, 3)],
        *[await store.seen(member) for member in (1, 2, 3)],
        *[await store.past.of(member) for member in (1, 2, 3)],
        *[await store.lists.recommended(member) for member in (1, 2, 3)],
        *[await store.watchlists.of(member) for member in (1, 2, 3)],
        await store.stars_of(1, 1, 9),
        await store.clubs.films([1, 2, 3], 1),
        await store.clubs.seen_most([1, 2, 3], 9),
        await store.privacy.in_clubs(1, 9),
        await store.nights.due(9),
        await store.nights.beginning(9),
        await store.past.watched(1),
        await store.past.ratings(1),
        await store.past.passed_over(1, 9),
        await store.past.later(1),
        await store.unknown.titles(),
        await store.ratings_since(2),
    ]


async def compare(file: Path, url: str, steps: list[Step]) -> None:
    await empty(url)
    columns = _columns(len(shipped_scripts()))
    admin = await asyncpg.connect(url)
    with closing(sqlite3.connect(file)) as db:
        async with Store.open(file) as one, Store.open(url) as other:
            for step in steps:
                # Ids that a refused row took are taken for good on PostgreSQL, and not on SQLite.
                last = dict(db.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
                ids = [(table, last.get(table, 0) + 1) for table, (key, *_) in columns.items() if key == "id"]
                await admin.execute("; ".join(f"SELECT setval('{table}_id_seq', {new}, false)" for table, new in ids))
                assert await step.on(one) == await step.on(other), step
            assert await answers(one) == await answers(other)
            while await other.get_meta(UNCLEAN) is not None:  # a file is clean once a member's data are deleted
                await other.prune(before=0)
            for table in TABLES:
                wanted: list[Any] = db.execute(_select(table, columns[table])).fetchall()
                found: list[Any] = await admin.fetch(_select(table, columns[table]))
                width = len(columns[table]) - (table in ORDERED)  # only the order of rows counts, not their places
                in_sqlite = [row[:width] for row in wanted if row[0] != "ids of ml-100k"]
                assert [tuple(row)[:width] for row in found] == in_sqlite, table
    await admin.close()


@pytest.fixture
def url(postgres: Server, addresses: list[str]) -> str:
    if not addresses:
        addresses.append(asyncio.run(postgres.create()))
    return addresses[0]


def test_both_engines_answer_alike_and_have_the_same_in_their_tables(url: str, new_database: Path) -> None:
    async def make() -> None:
        async with Store.open(url):
            pass

    asyncio.run(make())

    @given(st.lists(STEPS, min_size=1, max_size=40))
    @settings(max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # to shrink takes minutes
    def alike(steps: list[Step]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(compare(Path(shutil.copy(new_database, folder)), url, steps))

    alike()
