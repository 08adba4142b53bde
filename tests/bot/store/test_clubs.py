"""What several members rated and saw together."""

import shutil
from pathlib import Path
from statistics import fmean, pstdev
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store import ClubFilm, Store
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT

CLARA = 5


async def test_a_film_counts_once_enough_of_the_members_rated_it(store: Store) -> None:
    for member, stars in ((ANNA, 5), (BEN, 4), (CLARA, 3)):
        await store.rate(member, HEAT, stars, at=1)
    await store.rate(ANNA, ALIEN, 2, at=1)
    assert await store.clubs.films([ANNA, BEN], 2) == [ClubFilm(HEAT, 2, 4.5, 0.5)]
    assert await store.clubs.films([ANNA, BEN, CLARA], 4) == []
    assert [film.movie for film in await store.clubs.films([ANNA, BEN], 1)] == [HEAT, ALIEN]
    assert await store.clubs.films([], 1) == []


async def test_who_has_seen_most_comes_first_and_a_film_counts_once(store: Store) -> None:
    for movie in (HEAT, ALIEN):
        await store.rate(ANNA, movie, 3, at=1)
        await store.mark_seen(BEN, movie, at=1)
    await store.mark_seen(ANNA, HEAT, at=2)
    await store.mark_seen(BEN, FARGO, at=2)
    await store.rate(CLARA, HEAT, 3, at=1)
    assert list((await store.clubs.seen_most([ANNA, BEN, 1], 5)).items()) == [(BEN, 3), (ANNA, 2)]
    assert list(await store.clubs.seen_most([ANNA, BEN, CLARA], 1)) == [BEN]


@given(st.lists(st.integers(1, 10), min_size=1, max_size=12))
async def test_mean_and_sd_are_those_of_the_stars(new_database: Path, halves: list[int]) -> None:
    stars = [half / 2 for half in halves]
    with TemporaryDirectory() as folder:
        async with Store.open(shutil.copy(new_database, folder)) as store:
            for member, own in enumerate(stars, 1):
                await store.rate(member, HEAT, own, at=1)
            [film] = await store.clubs.films(range(1, len(stars) + 1), 1)
    assert (film.mean, film.sd) == pytest.approx((fmean(stars), pstdev(stars)), abs=1e-6)
