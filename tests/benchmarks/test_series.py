"""The list of series that neighbours are measured on."""

from collections import Counter

from benchmarks.similar import SEEDS, found, listed
from recommender import Catalogue, load_movielens

SHIPPED = Catalogue(load_movielens().movies)


def test_each_film_is_in_the_shipped_set_or_is_known_to_be_missing() -> None:
    there = found(listed(), SHIPPED)
    assert [film for film in listed() if (film in there) != film.shipped] == []


def test_no_film_is_in_two_series() -> None:
    places = Counter(found(listed(), SHIPPED).values())
    assert [SHIPPED.movies[row].label for row, times in places.items() if times > 1] == []


def test_a_series_has_more_than_one_film() -> None:
    assert [series for series, films in Counter(film.series for film in listed()).items() if films < 2] == []


def test_the_films_to_read_are_thirty_of_the_shipped_set() -> None:
    assert len(set(SEEDS)) == 30
    assert [label for label in SEEDS if SHIPPED.by_label(label) is None] == []
