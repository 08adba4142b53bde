"""Films that turn out to be others: all that members have follows, and nothing else changes."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import aiosqlite
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Store, aliases
from bot.store.engines.sqlite import migrate
from bot.store.migrate import shipped_scripts
from recommender.datasets import ml_100k_ids
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import begun, opened

TWIN, OTHER_TWIN = 10**9 + 113277, 2 * 10**11 + 1  # other ids of HEAT

films = st.integers(1, 6)
rated = st.lists(st.tuples(st.sampled_from([ANNA, BEN]), films, st.integers(1, 10).map(lambda n: n / 2)), max_size=12)
marked = st.lists(st.tuples(st.sampled_from([ANNA, BEN]), films), max_size=8)
moves = st.dictionaries(st.integers(4, 6), st.integers(1, 3), max_size=3)


async def test_a_rating_a_mark_and_an_exclusion_follow_their_film(store: Store) -> None:
    await store.rate(ANNA, TWIN, 4.5, at=1)
    await store.rate(ANNA, ALIEN, 3, at=2)
    await store.mark_seen(BEN, TWIN, at=3)
    entry = await store.exclude(BEN, "movie", str(TWIN), at=4)
    assert await store.films.move({TWIN: HEAT}) == 3
    assert await store.history(ANNA) == {HEAT: 4.5, ALIEN: 3}
    assert await store.seen(BEN) == {HEAT: 3}
    [excluded] = await store.exclusions(BEN)
    assert entry is not None
    assert (excluded.id, excluded.value) == (entry.id, str(HEAT))


async def test_of_two_ratings_of_one_film_the_newer_one_stays(store: Store) -> None:
    for member, (own, twin) in {ANNA: (5, 9), BEN: (9, 5)}.items():
        await store.rate(member, HEAT, 1, at=own)
        await store.rate(member, TWIN, 5, at=twin)
    await store.films.move({TWIN: HEAT})
    assert await store.history(ANNA) == {HEAT: 5}
    assert await store.history(BEN) == {HEAT: 1}


async def test_what_is_written_by_an_old_id_later_is_written_for_its_film(store: Store) -> None:
    await store.films.move({TWIN: HEAT})
    await store.rate(ANNA, TWIN, 4, at=1)
    await store.mark_seen(ANNA, TWIN, at=2)
    await store.exclude(ANNA, "movie", str(TWIN), at=3)
    assert await store.history(ANNA) == {HEAT: 4}
    assert await store.seen(ANNA) == {HEAT: 2}
    assert [entry.value for entry in await store.exclusions(ANNA)] == [str(HEAT)]
    night = await begun(store)
    assert await store.nights.suggest(night.id, ANNA, HEAT, None) == "added"
    assert await store.nights.suggest(night.id, BEN, TWIN, None) == "known"
    assert await store.unrate(ANNA, TWIN) == 4
    assert await store.unmark_seen(ANNA, TWIN)


async def test_an_id_is_remembered_for_ever_and_leads_to_the_last_film(store: Store, path: Path) -> None:
    await store.rate(ANNA, OTHER_TWIN, 2.5, at=1)
    await store.films.move({OTHER_TWIN: TWIN})
    await store.films.move({TWIN: HEAT})
    assert await store.films.aliases() == {OTHER_TWIN: HEAT, TWIN: HEAT}
    assert aliases(path) == {OTHER_TWIN: HEAT, TWIN: HEAT}
    assert await store.history(ANNA) == {HEAT: 2.5}
    assert await store.films.move({OTHER_TWIN: HEAT, TWIN: HEAT}) == 0


async def test_a_chain_of_ids_and_a_ring_of_them_end(store: Store) -> None:
    await store.films.move({OTHER_TWIN: TWIN, TWIN: HEAT, HEAT: HEAT})
    assert await store.films.aliases() == {OTHER_TWIN: HEAT, TWIN: HEAT}


async def test_a_list_shows_its_films_once_each_with_how_well_they_fit(store: Store) -> None:
    saved = await store.lists.save(
        ANNA, "similar", {"movie": TWIN}, [ALIEN, HEAT, TWIN, FARGO], 1, [0.9, 0.8, 0.7, 0.6]
    )
    plain = await store.lists.save(ANNA, "top", {}, [TWIN, ALIEN], 1)
    await store.films.move({TWIN: HEAT})
    found = await store.lists.get(saved.id)
    assert found is not None
    assert (found.request, found.movies, found.matches) == ({"movie": HEAT}, [ALIEN, HEAT, FARGO], [0.9, 0.8, 0.6])
    found = await store.lists.get(plain.id)
    assert found is not None
    assert (found.movies, found.matches) == ([HEAT, ALIEN], [])


async def test_an_evening_with_a_film_twice_counts_its_votes_together(store: Store) -> None:
    night = await begun(store)
    await store.nights.suggest(night.id, ANNA, TWIN, None)
    first, second, _ = await opened(store, night, {HEAT: 0.5, ALIEN: 0.4})
    await store.votes.cast(night.id, ANNA, first.id)
    await store.votes.cast(night.id, BEN, second.id)
    await store.votes.close(night.id, lambda films, ballots: first.id)
    await store.films.move({TWIN: HEAT})
    kept, _ = await store.nights.films(night.id)
    assert (kept.movie, kept.suggested) == (HEAT, True)
    assert {ballot.films for ballot in (await store.votes.ballots(night.id)).values()} == {frozenset([kept.id])}
    planned = await store.nights.get(night.id)
    assert planned is not None
    assert planned.winner == kept.id


@settings(max_examples=60, deadline=None)
@given(rated, marked, moves)
async def test_members_have_what_they_would_have_if_the_ids_had_always_been_those(
    new_database: Path, rated: list[tuple[int, int, float]], marked: list[tuple[int, int]], moves: Mapping[int, int]
) -> None:
    with TemporaryDirectory() as folder:
        databases = [shutil.copy(new_database, Path(folder) / name) for name in ("moved.db", "always.db")]
        await _both_ways(*databases, rated, marked, moves)


async def _both_ways(
    one: Path,
    other: Path,
    rated: list[tuple[int, int, float]],
    marked: list[tuple[int, int]],
    moves: Mapping[int, int],
) -> None:
    async with Store.open(one) as moved, Store.open(other) as always:
        for at, (member, movie, stars) in enumerate(rated):
            await moved.rate(member, movie, stars, at)
            await always.rate(member, moves.get(movie, movie), stars, at)
        for at, (member, movie) in enumerate(marked):
            await moved.mark_seen(member, movie, at)
            await moved.exclude(member, "movie", str(movie), at)
            await always.mark_seen(member, moves.get(movie, movie), at)
            await always.exclude(member, "movie", str(moves.get(movie, movie)), at)
        await moved.films.move(moves)
        for member in (ANNA, BEN):
            assert await moved.ratings(member) == await always.ratings(member)
            assert await moved.seen(member) == await always.seen(member)
            values = [sorted(e.value for e in await store.exclusions(member)) for store in (moved, always)]
            assert values[0] == values[1]


async def test_members_who_rate_during_a_move_lose_nothing(store: Store) -> None:
    for member in range(1, 30):
        await store.rate(member, TWIN, 3, at=1)
    rating = [store.rate(member, TWIN if member % 2 else HEAT, 5, at=2) for member in range(1, 30)]
    await asyncio.gather(store.films.move({TWIN: HEAT}), *rating)
    assert await store.histories(range(1, 30)) == {member: {HEAT: 5} for member in range(1, 30)}


# Databases from before films had one id in all data sets


async def old(path: Path, dataset: str | None, outcome: str = "published") -> None:
    """A database of version 6 that served a data set, in which Anna rated films 50 and 260, Ben marked and excluded film 50, and
    both had film 50 in a list and in an evening."""
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:6])
        if dataset:
            await db.execute(
                "INSERT INTO trainings (started_at, reason, outcome, report) VALUES (1, 'there is no model yet', ?, ?)",
                (outcome, json.dumps({"dataset": dataset})),
            )
        await db.execute(f"INSERT INTO ratings VALUES ({ANNA}, 50, 5, 1), ({ANNA}, 260, 2, 2)")
        await db.execute(f"INSERT INTO seen VALUES ({BEN}, 50, 1)")
        await db.execute(f"INSERT INTO exclusions (member_id, kind, value, added_at) VALUES ({BEN}, 'movie', '50', 1)")
        await db.execute(
            f"INSERT INTO lists (member_id, command, request, movies, created_at) VALUES ({ANNA}, 'top', '{{}}', '[260,50]', 1)"
        )
        await db.execute(
            "INSERT INTO nights (guild_id, channel_id, state, wish, created_at) VALUES (7, 1, 'watched', '{}', 1)"
        )
        await db.execute("INSERT INTO night_films (night_id, movie_id) VALUES (1, 50)")
        await db.commit()


async def test_what_members_have_of_ml_100k_means_the_same_films_as_before(path: Path) -> None:
    await old(path, "ml-100k")
    new = ml_100k_ids()
    for _ in range(2):  # and once only
        async with Store.open(path) as store:
            assert await store.history(ANNA) == {new[50]: 5, new[260]: 2}
            assert await store.seen(BEN) == {new[50]: 1}
            assert [entry.value for entry in await store.exclusions(BEN)] == [str(new[50])]
            saved = await store.lists.get(1)
            assert saved is not None
            assert saved.movies == [new[260], new[50]]
            assert [film.movie for film in await store.nights.films(1)] == [new[50]]
            assert await store.films.aliases() == {}, "the old ids are other films' today"
            assert await store.films.renumbered_at() > 1


async def test_an_id_that_is_one_films_old_one_and_anothers_new_one_is_taken_for_neither(path: Path) -> None:
    new = ml_100k_ids()
    one, other = next(
        (one, other) for one, other in new.items() if other != one and new.get(other, other) not in (one, other)
    )
    await old(path, "ml-100k")
    with closing(sqlite3.connect(path)) as db, db:
        for at, film in enumerate((one, other), 1):
            db.execute("INSERT INTO ratings VALUES (?, ?, ?, ?)", (BEN, film, at, at))
            db.execute(
                "INSERT INTO exclusions (member_id, kind, value, added_at) VALUES (?, 'movie', ?, ?)",
                (ANNA, str(film), at),
            )
            db.execute("INSERT INTO night_films (night_id, movie_id) VALUES (1, ?)", (film,))
    async with Store.open(path) as store:
        assert await store.history(BEN) == {other: 1, new[other]: 2}
        assert [entry.value for entry in await store.exclusions(ANNA)] == [str(other), str(new[other])]
        assert [film.movie for film in await store.nights.films(1)][1:] == [other, new[other]]


@pytest.mark.parametrize("dataset", ["ml-latest-small", "ml-1m", None])
async def test_what_members_have_of_other_data_sets_stays_as_it_is(path: Path, dataset: str | None) -> None:
    await old(path, dataset)
    async with Store.open(path) as store:
        assert await store.history(ANNA) == {50: 5, 260: 2}
        assert await store.films.renumbered_at() == 0


async def test_what_was_published_last_tells_which_data_set_it_was(path: Path) -> None:
    await old(path, "ml-100k")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO trainings (started_at, reason, outcome, report) VALUES (2, '', 'rejected', '{\"dataset\": \"ml-1m\"}')"
        )
    async with Store.open(path) as store:
        assert await store.history(ANNA) == {ml_100k_ids()[50]: 5, ml_100k_ids()[260]: 2}
