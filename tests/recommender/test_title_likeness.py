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
    "The Heat",
    "Body Heat",
    "Alien Contamination",
    "Requiem for a Dream",
    "Requiem for a Heavyweight",
    "Harry Potter and the Goblet of Fire",
    "Harry Potter and the Chamber of Secrets",
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


def test_no_title_is_more_like_another_than_the_same(titles: TitleLikeness) -> None:
    for row in range(len(TITLES)):
        likeness = titles.likeness(row)
        assert np.all((likeness >= 0) & (likeness <= 1 + 1e-6))
    assert alike(titles, "Alien", "Aliens") == pytest.approx(1)


def named_alike(titles: TitleLikeness, one: str, other: str) -> bool:
    return bool(titles.named_alike(TITLES.index(one))[TITLES.index(other)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alien", "Alien: Resurrection"),
        ("First Blood", "Rambo: First Blood Part II"),
        ("Rocky IV", "Rocky V"),
        ("300", "300: Rise of an Empire"),
        ("Harry Potter and the Goblet of Fire", "Harry Potter and the Chamber of Secrets"),
    ],
)
def test_a_series_has_a_whole_title_or_two_words_in_common(titles: TitleLikeness, one: str, other: str) -> None:
    assert named_alike(titles, one, other)
    assert named_alike(titles, other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Heat", "The Heat"),
        ("Heat", "Body Heat"),
        ("Alien", "Alien Contamination"),
        ("Requiem for a Dream", "Requiem for a Heavyweight"),
        ("Love Story", "Love Affair"),
    ],
)
def test_one_word_in_common_or_the_same_title_names_no_series(titles: TitleLikeness, one: str, other: str) -> None:
    assert not named_alike(titles, one, other)


def test_words_are_in_company_where_the_films_that_share_them_are_alike(titles: TitleLikeness) -> None:
    """The two Rockys point one way; of the films of heat, each points another way."""
    points = np.zeros((len(TITLES), 4))
    for coordinate, names in enumerate((["Rocky IV", "Rocky V"], ["Heat"], ["The Heat"], ["Body Heat"])):
        points[[TITLES.index(name) for name in names], coordinate] = 1
    company = titles.company(points.T)
    rocky = titles.likeness(TITLES.index("Rocky IV"), company)[TITLES.index("Rocky V")]
    heat = titles.likeness(TITLES.index("Heat"), company)[TITLES.index("Body Heat")]
    assert rocky == pytest.approx(alike(titles, "Rocky IV", "Rocky V"))
    assert heat == pytest.approx(0)
    assert alike(titles, "Heat", "Body Heat") > 0


def test_titles_without_a_word_are_like_nothing() -> None:
    for frame in ({"movie": [1, 2], "title": ["", ""]}, {"movie": [1, 2], "title": ["...", "?"]}):
        assert not TitleLikeness(Catalogue(pd.DataFrame(frame))).likeness(0).any()
