"""How alike titles are."""

import numpy as np
import pandas as pd
import pytest

from recommender.catalogue import Catalogue
from recommender.title_likeness import TitleLikeness

TITLES = [
    "Alien",
    "Aliens",
    "Alien: Resurrection",
    "Rambo: First Blood Part II",
    "First Blood",
    "Jaws",
    "Jaws 2",
    "Godfather: Part III, The",
    "Godfather, The",
    "Rocky IV",
    "Rocky V",
    "300",
    "300: Rise of an Empire",
    "Love Story",
    "Love Affair",
    "Love Actually",
    "Ghost Story",
    "Lost Love",
    "Brief Love",
    "2001: A Space Odyssey",
    "Heat",
]


@pytest.fixture(scope="module")
def titles() -> TitleLikeness:
    return TitleLikeness(Catalogue(pd.DataFrame({"movie": range(len(TITLES)), "title": TITLES})))


def alike(titles: TitleLikeness, one: str, other: str) -> float:
    return float(titles.likeness(TITLES.index(one))[TITLES.index(other)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alien", "Aliens"),
        ("Alien", "Alien: Resurrection"),
        ("First Blood", "Rambo: First Blood Part II"),
        ("Jaws", "Jaws 2"),
        ("Godfather, The", "Godfather: Part III, The"),
        ("Rocky IV", "Rocky V"),
        ("300", "300: Rise of an Empire"),
    ],
)
def test_the_films_of_a_series_are_called_alike(titles: TitleLikeness, one: str, other: str) -> None:
    assert alike(titles, one, other) > 0.4
    assert alike(titles, one, other) == pytest.approx(alike(titles, other, one))


def test_a_rare_word_in_common_counts_for_more(titles: TitleLikeness) -> None:
    assert alike(titles, "Love Story", "Ghost Story") > alike(titles, "Lost Love", "Brief Love") > 0


def test_a_number_of_a_part_makes_no_series(titles: TitleLikeness) -> None:
    assert alike(titles, "Rambo: First Blood Part II", "Jaws 2") == 0
    assert alike(titles, "Godfather: Part III, The", "Rambo: First Blood Part II") < 0.2


def test_a_title_is_as_much_like_itself_as_can_be(titles: TitleLikeness) -> None:
    for row in range(len(TITLES)):
        likeness = titles.likeness(row)
        assert likeness[row] == pytest.approx(1)
        assert np.all((likeness >= 0) & (likeness <= 1 + 1e-9))


def test_titles_without_a_word_are_like_nothing() -> None:
    for frame in ({"movie": [1, 2], "title": ["", ""]}, {"movie": [1, 2], "title": ["...", "?"]}):
        assert not TitleLikeness(Catalogue(pd.DataFrame(frame))).likeness(0).any()
