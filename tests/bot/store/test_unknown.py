"""Stars for films that no data set knows yet."""

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store import Store
from bot.store.unknown import title_of
from bot.titles.known import films_of, settle
from recommender import Catalogue
from recommender.filters import FilmTable
from recommender.text import title_key
from tests.bot.store import ANNA, BEN, HEAT
from tests.bot.store.evenings import begun


def films(movies: pd.DataFrame) -> FilmTable:
    return FilmTable(Catalogue(movies))


FILMS = films(
    pd.DataFrame(
        {
            "movie": [1, 2, 3, 4, 5],
            "title": [
                "Dune: Part Two (2024)",
                "Heat (1995)",
                "Heat (1972)",
                "Amelie (Fabuleux destin, Le) (2001)",
                "Up (2009)",
            ],
        }
    )
)


async def test_a_title_has_one_rating_of_a_member_however_it_is_written(store: Store) -> None:
    for written, stars in (("Dune: Part Two (2024)", 3.0), ("dune  part TWO (2024)", 4.0)):
        await store.unknown.rate(ANNA, written, stars, at=1)
    await store.unknown.rate(ANNA, "Dune: Part Two", 2, at=2)
    await store.unknown.rate(BEN, "Dune: Part Two (2024)", 1, at=1)
    found = [(rating.written, rating.stars) for rating in await store.unknown.ratings(ANNA)]
    assert found == [("Dune: Part Two", 2.0), ("dune  part TWO (2024)", 4.0)]


async def test_each_removes_only_their_own(store: Store) -> None:
    kept = await store.unknown.rate(ANNA, "Dune", 3, at=1)
    assert await store.unknown.remove(BEN, kept.id) is None
    assert await store.unknown.remove(ANNA, kept.id) == kept
    assert await store.unknown.remove(ANNA, kept.id) is None


@pytest.mark.parametrize(
    ("written", "film"),
    [
        ("dune part two (2024)", 1),
        ("Dune: Part Two (2023)", 1),  # a year beside
        ("Dune: Part Two (2022)", None),
        ("Dune: Part Two", 1),
        ("Dune", None),
        ("Heat", None),  # two films
        ("Heat (1995)", 2),
        ("Heat (1973)", 3),
        ("AMÉLIE", 4),
        ("le fabuleux destin", 4),
        ("Up!", 5),
    ],
)
async def test_stars_count_for_the_one_film_that_has_this_very_title(
    store: Store, written: str, film: int | None
) -> None:
    await store.unknown.rate(ANNA, written, 4.5, at=7)
    await settle(store, FILMS)
    assert await store.history(ANNA) == ({film: 4.5} if film else {})
    assert len(await store.unknown.ratings(ANNA)) == (0 if film else 1)
    assert all(rating.rated_at == 7 for rating in await store.ratings(ANNA)), "it keeps its date"


async def test_what_was_rated_as_a_film_stays_and_of_two_titles_the_newer_counts(store: Store) -> None:
    await store.rate(BEN, 1, 5, at=1)
    for member in (ANNA, BEN):
        await store.unknown.rate(member, "Dune: Part Two", 3, at=9)
        await store.unknown.rate(member, "Dune: Part Two (2024)", 2, at=8)
    await settle(store, FILMS)
    assert (await store.history(ANNA), await store.history(BEN)) == ({1: 3.0}, {1: 5.0})
    assert await store.unknown.titles() == set()


async def test_an_evening_that_has_the_film_already_keeps_both(store: Store) -> None:
    night = await begun(store)
    await store.nights.suggest(night.id, ANNA, HEAT, None)
    await store.nights.suggest(night.id, ANNA, None, "A night on fire")
    await store.unknown.settle({("a night on fire", None): HEAT})
    assert [(film.movie, film.title) for film in await store.nights.films(night.id)] == [
        (HEAT, None),
        (None, "A night on fire"),
    ]


@given(st.text(min_size=1).filter(lambda text: title_key(text) != ""))
def test_what_looks_alike_is_one_title(text: str) -> None:
    keys = {title_key(form) for form in (text, unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text))}
    assert len(keys) == 1


@given(st.text(min_size=1), st.integers(1900, 2030))
def test_a_year_is_told_from_a_title(text: str, year: int) -> None:
    name, found = title_of(f"x{text} ({year})")
    assert found == year
    assert str(year) not in name or str(year) in text


def test_a_title_of_signs_alone_is_a_title() -> None:
    assert films_of(films(pd.DataFrame({"movie": [7], "title": ["!!! (1999)"]})), [("!!!", 1999)]) == {("!!!", 1999): 7}


@pytest.mark.parametrize(
    ("member", "stars", "at"), [(0, 4, 1), (2**63, 4, 1), (ANNA, 4.25, 1), (ANNA, 5.5, 1), (ANNA, 4, -1)]
)
async def test_wrong_values_are_refused_and_nothing_is_kept(store: Store, member: int, stars: float, at: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        await store.unknown.rate(member, "Dune", stars, at)
    assert await store.unknown.titles() == set()
