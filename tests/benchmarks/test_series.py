"""The lists of series and of neighbours that similar films are measured on."""

import csv
from collections import Counter

import pytest

from benchmarks.expected import NEIGHBOURS, Listed, for_tuning, found, listed, neighbours
from benchmarks.similar import SEEDS
from recommender import Catalogue, load_movielens

SHIPPED = Catalogue(load_movielens().movies)


@pytest.fixture(scope="module")
def places() -> dict[Listed, int]:
    """The films of the series that the shipped set has, and their rows."""
    return found(listed(), SHIPPED)


@pytest.fixture(scope="module")
def wanted() -> dict[int, tuple[str, set[int]]]:
    """The neighbours of films, by row."""
    return neighbours(SHIPPED)


def test_each_film_is_in_the_shipped_set_or_is_known_to_be_missing(places: dict[Listed, int]) -> None:
    assert [film for film in listed() if (film in places) != film.shipped] == []


def test_no_film_is_in_two_series(places: dict[Listed, int]) -> None:
    assert [SHIPPED.movies[row].label for row, times in Counter(places.values()).items() if times > 1] == []


def test_a_series_has_more_than_one_film() -> None:
    assert [series for series, films in Counter(film.series for film in listed()).items() if films < 2] == []


def test_the_films_to_read_are_thirty_of_the_shipped_set() -> None:
    assert len(set(SEEDS)) == 30
    assert [label for label in SEEDS if SHIPPED.by_label(label) is None] == []


def test_every_film_with_its_neighbours_is_in_the_shipped_set(wanted: dict[int, tuple[str, set[int]]]) -> None:
    with NEIGHBOURS.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(wanted) == len(lines) >= 100
    assert sum(len(others) for _, others in wanted.values()) == sum(line["neighbours"].count("|") + 1 for line in lines)


def test_a_film_has_five_to_twelve_neighbours_and_is_none_of_them(wanted: dict[int, tuple[str, set[int]]]) -> None:
    for row, (film, others) in wanted.items():
        assert 5 <= len(others) <= 12, film
        assert row not in others, film


def test_about_half_of_the_films_with_neighbours_are_held_out_from_tuning(
    wanted: dict[int, tuple[str, set[int]]],
) -> None:
    held_out = [not for_tuning(film) for film, _ in wanted.values()]
    assert 0.4 < sum(held_out) / len(held_out) < 0.6
