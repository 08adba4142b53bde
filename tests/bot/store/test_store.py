"""The store on real files: what members and the bot put in comes back."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Counts, Exclusion, NightWish, Rating, Store
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT

# Ratings


async def test_the_first_rating_replaces_nothing(store: Store) -> None:
    assert await store.rate(ANNA, HEAT, 4.5, at=100) is None
    assert await store.ratings(ANNA) == [Rating(HEAT, 4.5, 100)]


async def test_a_second_rating_replaces_the_first_and_returns_its_stars(store: Store) -> None:
    await store.rate(ANNA, HEAT, 4.5, at=100)
    assert await store.rate(ANNA, HEAT, 2, at=200) == 4.5
    assert await store.ratings(ANNA) == [Rating(HEAT, 2.0, 200)]


async def test_several_histories_at_once_are_those_of_each(store: Store) -> None:
    await store.rate(ANNA, HEAT, 4.5, at=100)
    await store.rate(ANNA, ALIEN, 1, at=200)
    await store.rate(BEN, FARGO, 3, at=100)
    histories = await store.histories([BEN, 404, ANNA])
    assert list(histories) == [BEN, 404, ANNA]
    for member, history in histories.items():
        alone = await store.history(member)
        assert list(history.items()) == list(alone.items())


async def test_members_ratings_are_their_own(store: Store) -> None:
    await store.rate(ANNA, HEAT, 4.5, at=100)
    await store.rate(BEN, HEAT, 1, at=100)
    assert await store.history(ANNA) == {HEAT: 4.5}
    assert await store.history(BEN) == {HEAT: 1.0}


async def test_a_removed_rating_is_returned_once(store: Store) -> None:
    await store.rate(ANNA, HEAT, 4.5, at=100)
    assert await store.unrate(ANNA, HEAT) == 4.5
    assert await store.unrate(ANNA, HEAT) is None
    assert await store.history(ANNA) == {}


async def test_ratings_come_newest_first_even_within_a_second(store: Store) -> None:
    await store.rate(ANNA, HEAT, 4, at=100)
    await store.rate(ANNA, ALIEN, 4, at=100)
    await store.rate(ANNA, FARGO, 4, at=99)
    await store.rate(ANNA, HEAT, 5, at=100)
    assert [rating.movie for rating in await store.ratings(ANNA)] == [HEAT, ALIEN, FARGO]


async def test_ratings_made_or_changed_since_a_moment_are_counted(store: Store) -> None:
    await store.rate(ANNA, HEAT, 4, at=100)
    await store.rate(ANNA, ALIEN, 4, at=100)
    await store.rate(ANNA, ALIEN, 5, at=200)
    assert [await store.ratings_since(at) for at in (100, 101, 200, 201)] == [2, 1, 1, 0]


async def test_what_members_gave_a_film_begins_with_those_of_the_servers_evenings_and_then_the_newest(
    store: Store,
) -> None:
    for at, (member, stars) in enumerate([(ANNA, 4.5), (BEN, 2), (BEN - 1, 3), (BEN - 2, 5)], start=1):
        await store.rate(member, HEAT, stars, at=at)
    await store.rate(ANNA, FARGO, 1, at=5)
    await store.nights.start(7, 1, NightWish(), None, [ANNA], at=6)
    await store.nights.start(8, 2, NightWish(), None, [BEN], at=6)
    assert list(await store.stars_of(HEAT, 7, 3)) == [ANNA, BEN - 2, BEN - 1]
    assert await store.stars_of(FARGO, 7, 3) == {ANNA: 1}


async def test_a_members_ratings_are_counted(store: Store) -> None:
    await store.rate(ANNA, HEAT, 4, at=1)
    await store.rate(ANNA, ALIEN, 4, at=1)
    await store.rate(ANNA, ALIEN, 5, at=2)
    await store.rate(BEN, HEAT, 4, at=1)
    assert [await store.rating_count(member) for member in (ANNA, BEN, 404)] == [2, 1, 0]


async def test_members_and_ratings_are_counted(store: Store) -> None:
    assert await store.counts() == Counts(members=0, ratings=0)
    await store.rate(ANNA, HEAT, 4, at=1)
    await store.rate(ANNA, ALIEN, 4, at=1)
    await store.rate(BEN, HEAT, 4, at=1)
    await store.mark_seen(77, HEAT, at=1)
    assert await store.counts() == Counts(members=2, ratings=3)


async def test_numpys_numbers_are_as_good_as_pythons(store: Store) -> None:
    await store.rate(ANNA, np.int64(HEAT), np.float32(4.5), at=1)  # type: ignore[arg-type]
    await store.lists.save(ANNA, "top", {}, np.array([HEAT, ALIEN]), at=1)
    assert await store.history(ANNA) == {HEAT: 4.5}


@pytest.mark.parametrize("stars", [0, 0.4, 0.75, 5.5, -1, float("nan"), float("inf")])
async def test_stars_off_the_scale_are_refused_by_name(store: Store, stars: float) -> None:
    with pytest.raises(ValueError, match="stars"):
        await store.rate(ANNA, HEAT, stars, at=1)
    assert await store.counts() == Counts(0, 0)


@pytest.mark.parametrize(("member", "movie", "name"), [(0, 1, "member"), (2**63, 1, "member"), (1, -1, "movie")])
async def test_impossible_ids_are_refused_by_name(store: Store, member: int, movie: int, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        await store.rate(member, movie, 4, at=1)
    with pytest.raises(ValueError, match=name):
        await store.unrate(member, movie)
    with pytest.raises(ValueError, match=name):
        await store.mark_seen(member, movie, at=1)


async def test_a_time_before_1970_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="at must be"):
        await store.rate(ANNA, HEAT, 4, at=-1)


STEPS = st.tuples(
    st.sampled_from([ANNA, BEN]),
    st.sampled_from([HEAT, ALIEN, FARGO]),
    st.none() | st.sampled_from([half / 2 for half in range(1, 11)]),
)


@settings(max_examples=30)
@given(steps=st.lists(STEPS, max_size=25))
def test_any_run_of_ratings_and_removals_ends_as_a_dict_would(
    new_database: Path, steps: list[tuple[int, int, float | None]]
) -> None:
    async def run(path: Path) -> None:
        expected: dict[int, dict[int, float]] = {ANNA: {}, BEN: {}}
        async with Store.open(path) as store:
            for at, (member, movie, stars) in enumerate(steps):
                previous = expected[member].pop(movie, None)
                if stars is None:
                    assert await store.unrate(member, movie) == previous
                else:
                    assert await store.rate(member, movie, stars, at) == previous
                    expected[member][movie] = stars
        async with Store.open(path) as store:
            for member, history in expected.items():
                newest_first = [(rating.movie, rating.stars) for rating in await store.ratings(member)]
                assert newest_first == list(reversed(history.items()))

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(shutil.copy(new_database, folder))))


# Seen


async def test_a_film_is_marked_seen_once_and_keeps_its_first_time(store: Store) -> None:
    assert await store.mark_seen(ANNA, HEAT, at=100)
    assert not await store.mark_seen(ANNA, HEAT, at=200)
    assert await store.seen(ANNA) == {HEAT: 100}


async def test_films_seen_come_newest_first(store: Store) -> None:
    for movie, at in [(HEAT, 100), (FARGO, 300), (ALIEN, 300)]:
        await store.mark_seen(ANNA, movie, at)
    assert list(await store.seen(ANNA)) == [ALIEN, FARGO, HEAT]


async def test_a_mark_is_taken_back_once(store: Store) -> None:
    await store.mark_seen(ANNA, HEAT, at=100)
    assert await store.unmark_seen(ANNA, HEAT)
    assert not await store.unmark_seen(ANNA, HEAT)
    assert await store.seen(ANNA) == {}


async def test_rating_and_unrating_leave_the_mark_alone(store: Store) -> None:
    await store.mark_seen(ANNA, HEAT, at=100)
    await store.rate(ANNA, HEAT, 3, at=200)
    await store.unrate(ANNA, HEAT)
    assert await store.seen(ANNA) == {HEAT: 100}


# Exclusions


async def test_what_several_marked_and_excluded_is_that_of_each(store: Store) -> None:
    for member, movie, words in ((ANNA, HEAT, "war"), (ANNA, ALIEN, "love"), (BEN, ALIEN, "war")):
        await store.mark_seen(member, movie, at=1)
        await store.exclude(member, "words", words, at=1)
    seen, excluded = await store.seen_by([BEN, 404, ANNA]), await store.exclusions_of([BEN, 404, ANNA])
    assert list(seen) == list(excluded) == [BEN, 404, ANNA]
    for member in (ANNA, BEN, 404):
        assert seen[member] == set(await store.seen(member))
        assert excluded[member] == await store.exclusions(member)


async def test_exclusions_come_in_the_order_they_were_added(store: Store) -> None:
    added = [
        await store.exclude(ANNA, "words", "Star Wars", at=1),
        await store.exclude(ANNA, "genre", "Horror", at=1),
        await store.exclude(ANNA, "movie", str(HEAT), at=1),
    ]
    assert await store.exclusions(ANNA) == added
    assert [entry.kind for entry in added if entry] == ["words", "genre", "movie"]


async def test_the_same_exclusion_is_kept_once_for_each_member(store: Store) -> None:
    assert await store.exclude(ANNA, "words", "war", at=1)
    assert await store.exclude(ANNA, "words", "war", at=2) is None
    assert await store.exclude(ANNA, "genre", "war", at=3)
    assert await store.exclude(BEN, "words", "war", at=4)
    assert len(await store.exclusions(ANNA)) == 2


async def test_several_words_are_excluded_together_or_not_at_all(store: Store) -> None:
    await store.exclude(ANNA, "words", "zombie", at=1)
    added = await store.exclude_words(ANNA, ["alien", "zombie", "shark"], at=2)
    assert [entry.value for entry in added] == ["alien", "shark"]
    with pytest.raises(ValueError, match="at must be"):
        await store.exclude_words(ANNA, ["star"], at=-1)
    assert [entry.value for entry in await store.exclusions(ANNA)] == ["zombie", "alien", "shark"]


async def test_only_ones_own_exclusion_is_removed(store: Store) -> None:
    entry = await store.exclude(ANNA, "words", "war", at=1)
    assert entry
    assert await store.unexclude(BEN, entry.id) is None
    assert await store.unexclude(ANNA, entry.id) == entry
    assert await store.unexclude(ANNA, entry.id) is None


async def test_the_id_of_a_removed_exclusion_is_never_used_again(store: Store) -> None:
    old = await store.exclude(ANNA, "words", "war", at=1)
    assert old
    await store.unexclude(ANNA, old.id)
    assert await store.exclude(ANNA, "words", "peace", at=2) == Exclusion(old.id + 1, "words", "peace")


async def test_an_unknown_kind_of_exclusion_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="kind must be one of words, movie, genre"):
        await store.exclude(ANNA, "actor", "Nicolas Cage", at=1)  # type: ignore[arg-type]


@settings(max_examples=30)
@given(phrases=st.sets(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=8))
def test_any_phrase_comes_back_as_it_was_typed(new_database: Path, phrases: set[str]) -> None:
    async def run(path: Path) -> None:
        async with Store.open(path) as store:
            for phrase in phrases:
                await store.exclude(ANNA, "words", phrase, at=1)
            assert {entry.value for entry in await store.exclusions(ANNA)} == phrases

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(shutil.copy(new_database, folder))))


# Small things


async def test_small_things_are_remembered_and_replaced(path: Path) -> None:
    async with Store.open(path) as store:
        assert await store.get_meta("commands") is None
        await store.set_meta("commands", "abc")
        await store.set_meta("commands", "def")
    async with Store.open(path) as store:
        assert await store.get_meta("commands") == "def"


# Several at once


async def test_tasks_that_rate_one_film_at_once_each_replace_another(store: Store) -> None:
    given_stars = [half / 2 for half in range(1, 11)]
    replaced = await asyncio.gather(*(store.rate(ANNA, HEAT, stars, at=1) for stars in given_stars))
    last = (await store.history(ANNA))[HEAT]
    assert sorted(stars for stars in (*replaced, last) if stars is not None) == given_stars
    assert replaced.count(None) == 1


async def test_two_connections_see_each_others_writes(store: Store, path: Path) -> None:
    async with Store.open(path) as other:
        await asyncio.gather(
            *(store.rate(ANNA, movie, 4, at=1) for movie in range(1, 20)),
            *(other.rate(BEN, movie, 2, at=1) for movie in range(1, 20)),
        )
        assert len(await store.history(BEN)) == len(await other.history(ANNA)) == 19
