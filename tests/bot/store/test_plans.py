"""How SQLite looks things up: what a member or a card asks goes by an index, however much there is."""

import inspect
import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from bot.store import Brought, NightWish, Store
from bot.store.copying import TABLES
from recommender.datasets.identity import TYPED
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import CHANNEL, GUILD
from tests.bot.store.test_store_personal import fill_every_table

SMALL = {"meta", "trainings"}
OF_FILMS = {"aliases", "typed_films"}  # a row for a film, not for what a member says of it
# Who reads all rows of a table that grows.
MAY_READ_ALL = {
    # The owner asks, or the trainer, whose imports are those of a month.
    "counts": {"ratings"},
    "ratings_since": {"imports"},
    # Those who are shown, by an index that has nobody else.
    "privacy.in_clubs": {"privacy"},
    # Whoever serves films holds all of them.
    "films.aliases": {"aliases"},
    "films.moves": OF_FILMS,
    "typed.films": {"typed_films"},
    # A new model.
    "films.move": OF_FILMS | {"ratings", "seen", "unseen", "watchlist", "exclusions", "night_films", "lists"},
    "unknown.titles": {"unknown_ratings", "unknown_marks"},
    "unknown.settle": OF_FILMS,
    # The owner removes a film, or lets it be another.
    "typed.merge": OF_FILMS | {"ratings", "seen", "unseen", "watchlist", "exclusions", "night_films", "lists"},
    "typed.remove": {"aliases", "seen", "unseen", "watchlist", "exclusions", "night_films"},
    # Once a day.
    "prune": {"lists", "imports"},
    "lists.prune": {"lists"},
    "imports.prune": {"imports"},
}

TITLE = "A film to come"
BROUGHT = [Brought("rated", FARGO, "", 4, 1), Brought("rated", None, TITLE, 3, 1), Brought("wanted", 72, "", None, 1)]

# All that the store can be asked, in an order in which each finds something.
ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("rate", (ANNA, HEAT, 4, 9), {}),
    ("history", (ANNA,), {}),
    ("histories", ([ANNA, BEN],), {}),
    ("ratings", (ANNA,), {}),
    ("rating_count", (ANNA,), {}),
    ("stars_of", (HEAT, 1, 9), {}),
    ("ratings_since", (1,), {}),
    ("counts", (), {}),
    ("mark_seen", (ANNA, 72, 9), {}),
    ("seen", (ANNA,), {}),
    ("seen_by", ([ANNA, BEN],), {}),
    ("unmark_seen", (ANNA, 72), {}),
    ("exclude", (ANNA, "movie", str(TYPED + 1), 9), {}),
    ("exclude_words", (ANNA, ["war"], 9), {}),
    ("exclusions", (ANNA,), {}),
    ("exclusions_of", ([ANNA, BEN],), {}),
    ("unexclude", (ANNA, 1), {}),
    ("set_meta", ("a key", "a value"), {}),
    ("get_meta", ("a key",), {}),
    ("remove_meta", ("a key",), {}),
    ("tell_process", ("one", "all is well"), {}),
    ("processes", (), {}),
    ("forget_process", ("one",), {}),
    ("lists.save", (ANNA, "recommend", {}, [HEAT], 9), {}),
    ("lists.get", (1,), {}),
    ("lists.recommended", (ANNA,), {}),
    ("trainings.start", ("nightly", 9), {}),
    ("trainings.finish", (1, "published", {}, 9), {}),
    ("trainings.latest", (), {}),
    ("trainings.interrupt", (), {}),
    ("unseen.say", (ANNA, 73, 9), {}),
    ("unseen.of", (ANNA,), {}),
    ("unseen.of_all", ([ANNA, BEN],), {}),
    ("unseen.remove", (ANNA, 73), {}),
    ("watchlists.add", (ANNA, 74, 9), {}),
    ("watchlists.of", (ANNA,), {}),
    ("watchlists.of_all", ([ANNA, BEN],), {}),
    ("watchlists.remove", (ANNA, 74), {}),
    ("privacy.change", (ANNA,), {"clubs": False}),
    ("privacy.of", (ANNA,), {}),
    ("privacy.of_all", ([ANNA, BEN],), {}),
    ("privacy.in_clubs", (1, 9), {}),
    ("clubs.films", ([ANNA, BEN], 1), {}),
    ("clubs.seen_most", ([ANNA, BEN], 9), {}),
    ("unknown.rate", (ANNA, TITLE, 3, 9), {}),
    ("unknown.ratings", (ANNA,), {}),
    ("unknown.remove", (ANNA, 1), {}),
    ("unknown.marks", (ANNA,), {}),
    ("unknown.remove_mark", (ANNA, 1), {}),
    ("unknown.titles", (), {}),
    ("imports.pick", (ANNA, 2, 0, HEAT), {}),
    ("imports.waiting", (ANNA, 2), {}),
    ("imports.drop", (ANNA, 2), {}),
    ("imports.keep", (ANNA, "IMDb", "{}", 9), {}),
    ("imports.take", (ANNA, 5, BROUGHT, True, 9), {}),
    ("imports.last", (ANNA,), {}),
    ("films.aliases", (), {}),
    ("films.renumbered_at", (), {}),
    ("films.moves", ({FARGO: 1},), {}),
    ("films.move", ({FARGO: 1},), {}),
    ("imports.undo", (ANNA, 5), {}),
    ("typed.films", (), {}),
    ("typed.raters", ([HEAT],), {}),
    ("typed.add", (ANNA, "Another film", 2001, [], 9), {}),
    ("typed.rename", (TYPED + 2, "A third film", 2001, []), {}),
    ("typed.merge", (TYPED + 2, HEAT), {}),
    ("typed.remove", (TYPED + 1,), {}),
    ("unknown.settle", ({("a film to come", None): HEAT},), {}),
    ("nights.settings", (GUILD,), {}),
    ("nights.change_settings", (GUILD,), {"max_minutes": 90}),
    ("nights.start", (GUILD, CHANNEL, NightWish(), 99, [ANNA], 9), {}),
    ("nights.get", (3,), {}),
    ("nights.latest", (CHANNEL,), {}),
    ("nights.going_on", (CHANNEL,), {}),
    ("nights.servers", (), {}),
    ("nights.on_server", (GUILD,), {}),
    ("nights.beginning", (99,), {}),
    ("nights.set_reminded", (3,), {}),
    ("nights.set_message", (3, 7), {}),
    ("nights.set_event", (3, 7), {}),
    ("nights.of_event", (7,), {}),
    ("nights.with_event", (), {}),
    ("nights.unannounced", (9,), {}),
    ("nights.set_start", (3, 50), {}),
    ("nights.join", (3, [BEN], 9), {}),
    ("nights.leave", (3, BEN), {}),
    ("nights.members", (3,), {}),
    ("nights.guests", (3,), {}),
    ("nights.suggest", (3, ANNA, None, TITLE), {}),
    ("nights.identify", (3, ANNA, TITLE, ALIEN), {}),
    ("nights.films", (3,), {}),
    ("nights.set_score", (3, ALIEN, 0.5), {}),
    ("votes.open", (3, {HEAT: 0.5}, {}), {"closes_at": 9, "seed": 1, "vetoed": 0}),
    ("votes.cast", (3, ANNA, 3), {}),
    ("votes.ballot", (3, ANNA), {}),
    ("votes.ballots", (3,), {}),
    ("nights.due", (9,), {}),
    ("votes.close", (3, lambda films, _: films[0].id), {}),
    ("nights.set_concluded", (3,), {}),
    ("nights.watched", (3, ALIEN, {ANNA: 0.5}, 9), {}),
    ("nights.change", (2, ["voting"], "cancelled", 9), {}),
    ("past.watched", (GUILD,), {}),
    ("past.of", (ANNA,), {}),
    ("past.ratings", (GUILD,), {}),
    ("past.suggested", (GUILD,), {}),
    ("past.passed_over", (GUILD, 9), {}),
    ("past.later", (GUILD,), {}),
    ("unrate", (ANNA, HEAT), {}),
    ("export", (ANNA,), {}),
    ("delete", (ANNA,), {}),
    ("prune", (99,), {}),
    ("lists.prune", (99,), {}),
    ("trainings.prune", (99,), {}),
    ("imports.prune", (99,), {}),
]


def public(thing: object, prefix: str = "") -> set[str]:
    """What may be asked of it, by name."""
    found = inspect.getmembers(type(thing), inspect.iscoroutinefunction)
    return {f"{prefix}{name}" for name, _ in found if not name.startswith("_")}


def test_all_that_the_store_can_be_asked_is_asked_here(path: Path, store: Store) -> None:
    rooms = {name: room for name, room in vars(store).items() if not name.startswith("_")}
    asked = {name for name, *_ in ASKED}
    assert asked == public(store).union(*(public(room, f"{name}.") for name, room in rooms.items()))


def read_whole(db: sqlite3.Connection, statements: Iterable[str]) -> set[str]:
    """The tables that grow, and of which SQLite goes through all rows for one of the statements."""
    found = set()
    for sql in statements:
        if re.match("SELECT|INSERT|UPDATE|DELETE|CREATE TEMP TABLE .* AS", sql) and not sql.endswith("WHERE false"):
            plan = [detail.split() for *_, detail in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            names = {words[1] for words in plan if words[0] == "SCAN"}
            named = {table for name in names for table in re.findall(rf"(\w+) AS {re.escape(name)}\b", sql)}
            found |= (names | named) & set(TABLES) - SMALL
        if re.match("CREATE TEMP TABLE|DROP TABLE", sql):  # for the statements that follow
            db.execute(sql)
    return found


async def test_whoever_reads_all_of_a_table_that_grows_is_named_above(
    path: Path, new_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(new_database, path)
    said, connect = [], sqlite3.connect

    def listening(*values: Any, **others: Any) -> sqlite3.Connection:
        db = connect(*values, **others)
        db.set_trace_callback(said.append)
        return db

    with closing(connect(path, isolation_level=None)) as db:
        monkeypatch.setattr(sqlite3, "connect", listening)
        async with Store.open(path) as store:
            for member in (ANNA, BEN):
                await fill_every_table(store, member)
            found: dict[str, set[str]] = {}
            for name, values, others in ASKED:
                said.clear()
                assert await attrgetter(name)(store)(*values, **others) is not False, name
                found.setdefault(name, set()).update(read_whole(db, dict.fromkeys(said)))
    assert {name: tables for name, tables in found.items() if tables} == MAY_READ_ALL
