"""Watchlists: what is added stays until it is taken off, rated or seen."""

import asyncio
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Store, films_of_members
from bot.store.watchlists import MOST_WANTED, Full
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import begun

TWIN = 10**9 + 113277  # another id of HEAT

steps = st.lists(
    st.tuples(st.sampled_from(["want", "drop", "rate", "see"]), st.sampled_from([ANNA, BEN]), st.integers(1, 6)),
    max_size=20,
)
moves = st.dictionaries(st.integers(4, 6), st.integers(1, 3), max_size=3)


async def test_a_film_is_added_once_and_the_newest_come_first(store: Store) -> None:
    assert await store.watchlists.add(ANNA, HEAT, at=1)
    assert await store.watchlists.add(ANNA, ALIEN, at=2)
    assert not await store.watchlists.add(ANNA, HEAT, at=3)
    assert list((await store.watchlists.of(ANNA)).items()) == [(ALIEN, 2), (HEAT, 1)]
    assert await store.watchlists.of(BEN) == {}
    assert await store.watchlists.of_all([ANNA, BEN]) == {ANNA: {HEAT, ALIEN}, BEN: set()}
    assert await store.watchlists.remove(ANNA, HEAT)
    assert not await store.watchlists.remove(ANNA, HEAT)
    assert await store.watchlists.of(ANNA) == {ALIEN: 2}


@pytest.mark.parametrize("how", ["rated", "seen", "rated by its title", "watched in an evening"])
async def test_a_film_that_is_rated_or_seen_leaves_its_members_list_and_no_other(store: Store, how: str) -> None:
    for member in (ANNA, BEN):
        await store.watchlists.add(member, HEAT, at=1)
        await store.watchlists.add(member, ALIEN, at=1)
    if how == "rated":
        await store.rate(ANNA, HEAT, 4, at=2)
    elif how == "seen":
        await store.mark_seen(ANNA, HEAT, at=2)
    elif how == "rated by its title":
        await store.unknown.rate(ANNA, "Heat (1995)", 4, at=2)
        await store.unknown.settle({("heat", 1995): HEAT})
    else:
        night = await begun(store, ANNA)
        await store.nights.suggest(night.id, ANNA, HEAT, None)
        [film] = await store.nights.films(night.id)
        await store.nights.change(night.id, ["gathering"], "planned", 3, winner=film.id)
        await store.nights.watched(night.id, HEAT, {ANNA: 0.8}, 4)
    assert await store.watchlists.of_all([ANNA, BEN]) == {ANNA: {ALIEN}, BEN: {HEAT, ALIEN}}
    assert not await store.watchlists.add(ANNA, HEAT, at=5)
    assert HEAT not in await store.watchlists.of(ANNA)


async def test_a_list_has_an_end(store: Store) -> None:
    for movie in range(MOST_WANTED):
        assert await store.watchlists.add(ANNA, movie, at=1)
    with pytest.raises(Full):
        await store.watchlists.add(ANNA, MOST_WANTED, at=2)
    assert not await store.watchlists.add(ANNA, 0, at=2)
    assert len(await store.watchlists.of(ANNA)) == MOST_WANTED
    assert await store.watchlists.add(BEN, MOST_WANTED, at=2)


async def test_two_presses_at_once_add_it_once(store: Store) -> None:
    assert sorted(await asyncio.gather(*(store.watchlists.add(ANNA, HEAT, at=1) for _ in range(5)))) == [False] * 4 + [
        True
    ]


async def test_a_film_that_turns_out_to_be_another_is_wanted_by_its_id(store: Store, path: Path) -> None:
    await store.watchlists.add(ANNA, TWIN, at=2)
    await store.watchlists.add(ANNA, HEAT, at=1)
    await store.watchlists.add(BEN, TWIN, at=3)
    assert films_of_members(path) == {TWIN, HEAT}
    assert await store.films.move({TWIN: HEAT}) == 2
    assert await store.watchlists.of(ANNA) == {HEAT: 1}
    assert await store.watchlists.of(BEN) == {HEAT: 3}
    assert not await store.watchlists.add(BEN, TWIN, at=4)
    assert await store.watchlists.remove(BEN, TWIN)


async def test_a_film_that_turns_out_to_be_a_rated_one_is_wanted_no_more(store: Store) -> None:
    await store.watchlists.add(ANNA, HEAT, at=1)
    await store.rate(ANNA, TWIN, 4, at=2)
    await store.watchlists.add(BEN, TWIN, at=1)
    await store.rate(BEN, FARGO, 3, at=2)
    await store.films.move({TWIN: HEAT, HEAT: FARGO})
    assert await store.watchlists.of_all([ANNA, BEN]) == {ANNA: set(), BEN: set()}


async def take(store: Store, step: str, member: int, movie: int, at: int) -> None:
    match step:
        case "want":
            await store.watchlists.add(member, movie, at)
        case "drop":
            await store.watchlists.remove(member, movie)
        case "rate":
            await store.rate(member, movie, 3, at)
        case "see":
            await store.mark_seen(member, movie, at)


@settings(max_examples=60, deadline=None)
@given(steps, moves)
async def test_whatever_happens_nobody_wants_to_see_what_they_saw(
    new_database: Path, steps: list[tuple[str, int, int]], moves: dict[int, int]
) -> None:
    with TemporaryDirectory() as folder:
        async with Store.open(shutil.copy(new_database, folder)) as store:
            for at, (step, member, movie) in enumerate(steps):
                await take(store, step, member, movie, at)
            wanted, known = await _lists(store)
            await store.films.move(moves)
            left, rated_or_seen = await _lists(store)
            for member in (ANNA, BEN):
                assert not left[member] & rated_or_seen[member]
                moved = {moves.get(movie, movie) for movie in wanted[member]}
                assert left[member] == moved - {moves.get(movie, movie) for movie in known[member]}


async def _lists(store: Store) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Member -> what they want to see, and what they rated or saw."""
    known = {member: {*await store.history(member), *await store.seen(member)} for member in (ANNA, BEN)}
    return await store.watchlists.of_all([ANNA, BEN]), known


async def test_a_film_that_is_removed_is_on_no_list(store: Store) -> None:
    movie = await store.typed.add(ANNA, "A film of mine", 2020, [], at=1)
    await store.watchlists.add(BEN, movie, at=2)
    await store.typed.remove(movie)
    assert await store.watchlists.of(BEN) == {}


async def test_a_list_is_exported(store: Store) -> None:
    await store.watchlists.add(ANNA, HEAT, at=2)
    export = json.loads(json.dumps(await store.export(ANNA)))
    assert export["watchlist"] == [{"member_id": str(ANNA), "movie_id": HEAT, "added_at": 2}]
