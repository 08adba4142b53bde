"""Films that members have not seen: remembered until they are rated or seen."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Store
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT

TWIN = 10**9 + 113277  # another id of HEAT

steps = st.lists(
    st.tuples(st.sampled_from(["unseen", "rate", "see"]), st.sampled_from([ANNA, BEN]), st.integers(1, 6)), max_size=20
)
moves = st.dictionaries(st.integers(4, 6), st.integers(1, 3), max_size=3)


async def test_it_is_remembered_newest_first_until_it_is_taken_back(store: Store) -> None:
    assert await store.unseen.say(ANNA, HEAT, at=1)
    assert await store.unseen.say(ANNA, ALIEN, at=2)
    assert list((await store.unseen.of(ANNA)).items()) == [(ALIEN, 2), (HEAT, 1)]
    assert await store.unseen.of(BEN) == {}
    assert await store.unseen.remove(ANNA, ALIEN)
    assert not await store.unseen.remove(ANNA, ALIEN)
    assert await store.unseen.of(ANNA) == {HEAT: 1}


async def test_said_twice_it_counts_from_the_second_time(store: Store) -> None:
    for at in (1, 2):
        assert await store.unseen.say(ANNA, HEAT, at)
    assert await store.unseen.of(ANNA) == {HEAT: 2}


@pytest.mark.parametrize("how", ["rated", "marked", "rated by its title"])
async def test_a_film_that_is_rated_or_marked_has_been_seen(store: Store, how: str) -> None:
    for member in (ANNA, BEN):
        await store.unseen.say(member, HEAT, at=1)
    if how == "rated":
        await store.rate(ANNA, HEAT, 4, at=2)
    elif how == "marked":
        await store.mark_seen(ANNA, HEAT, at=2)
    else:
        await store.unknown.rate(ANNA, "Heat (1995)", 4, at=2)
        await store.unknown.settle({("heat", 1995): HEAT})
    assert await store.unseen.of(ANNA) == {}
    assert await store.unseen.of(BEN) == {HEAT: 1}
    assert not await store.unseen.say(ANNA, HEAT, at=3)
    assert await store.unseen.of(ANNA) == {}


async def test_a_film_that_turns_out_to_be_another_is_unseen_by_its_id(store: Store) -> None:
    await store.unseen.say(ANNA, TWIN, at=2)
    await store.unseen.say(ANNA, HEAT, at=1)
    await store.unseen.say(BEN, TWIN, at=3)
    await store.rate(BEN, FARGO, 3, at=3)
    assert await store.films.move({TWIN: HEAT}) == 2
    assert await store.unseen.of(ANNA) == {HEAT: 1}
    assert await store.unseen.say(ANNA, TWIN, at=4)
    assert await store.unseen.remove(ANNA, TWIN)
    await store.films.move({HEAT: FARGO})
    assert await store.unseen.of(BEN) == {}


async def take(store: Store, step: str, member: int, movie: int, at: int) -> None:
    match step:
        case "unseen":
            await store.unseen.say(member, movie, at)
        case "rate":
            await store.rate(member, movie, 3, at)
        case "see":
            await store.mark_seen(member, movie, at)


@settings(max_examples=60, deadline=None)
@given(steps, moves)
async def test_whatever_happens_nobody_has_seen_what_they_have_not(
    new_database: Path, steps: list[tuple[str, int, int]], moves: dict[int, int]
) -> None:
    with TemporaryDirectory() as folder:
        async with Store.open(shutil.copy(new_database, folder)) as store:
            for at, (step, member, movie) in enumerate(steps):
                await take(store, step, member, movie, at)
            said = {(member, movie) for _, member, movie in steps}
            for _ in range(2):
                for member in (ANNA, BEN):
                    seen = {*await store.history(member), *await store.seen(member)}
                    assert not seen & (await store.unseen.of(member)).keys()
                    assert seen | (await store.unseen.of(member)).keys() == {
                        film for who, film in said if who == member
                    }
                await store.films.move(moves)
                said = {(member, moves.get(movie, movie)) for member, movie in said}


async def test_a_film_that_is_removed_is_no_longer_known_as_unseen(store: Store) -> None:
    movie = await store.typed.add(ANNA, "A film of mine", 2020, [], at=1)
    await store.unseen.say(BEN, movie, at=2)
    await store.typed.remove(movie)
    assert await store.unseen.of(BEN) == {}
