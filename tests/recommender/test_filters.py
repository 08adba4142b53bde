"""Which films a wish admits."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalogue import Catalogue
from recommender.filters import FilmTable, Filters
from recommender.text import spaced_words

FILMS = [
    (1, "War Horse", 2011, "Drama|War"),
    (2, "Award Night", 1999, "Comedy"),
    (3, "Amélie (Fabuleux destin d'Amélie Poulain, Le)", 2001, "Comedy|Romance"),
    (4, "Star Wars: Episode IV - A New Hope", 1977, "Action|Sci-Fi"),
    (5, "WALL·E", 2008, "Animation"),
    (6, "Lost Reel", None, "(no genres listed)"),
    (7, "Shrek (Ogre)", 2001, "Animation|Comedy"),
    (8, "Schindler's List", 1993, "Drama|War"),
    (9, "Oceans Eleven", 2001, "Crime"),
    (10, "Lock, Stock & Two Smoking Barrels", 1998, "Crime"),
    (11, "Count to Ten Ten", 1985, "Musical"),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    frame = pd.DataFrame(FILMS, columns=["movie", "title", "year", "genres"])
    return Catalogue(frame.astype({"year": "Int64"}))


@pytest.fixture(scope="module")
def films(catalogue: Catalogue) -> FilmTable:
    return FilmTable(catalogue)


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("war", [1]),
        ("WAR HORSE", [1]),
        ("horse war", []),
        ("wars", [4]),
        ("star wars", [4]),
        ("wars episode iv", [4]),
        ("ÁMELIE", [3]),
        ("amelie poulain", [3]),
        ("le fabuleux destin", [3]),
        ("wall e", [5]),
        ("  horse!  ", [1]),
        ("shrek ogre", []),
        ("night amelie", []),
        ("barrels count", []),
        ("ten ten", [11]),
        ("ten", [11]),
        ("ten ten ten", []),
        ("award unheard", []),
        ("ogre", [7]),
        ("Schindlers List", [8]),
        ("schindler’s list", [8]),
        ("Ocean's Eleven", [9]),
        ("d'amélie", [3]),
        ("Lock, Stock & Two", [10]),
        ("lock stock and two", [10]),
        ("", []),
        ("...", []),
        ("|", []),
    ],
)
def test_a_phrase_finds_whole_words_of_one_name(films: FilmTable, phrase: str, found: list[int]) -> None:
    assert [movie[0] for movie, fits in zip(FILMS, films.with_phrase(phrase), strict=True) if fits] == found


@given(start=st.integers(0, 5), length=st.integers(1, 4), film=st.integers(0, len(FILMS) - 1))
def test_any_words_that_stand_together_in_a_name_find_it(
    catalogue: Catalogue, films: FilmTable, start: int, length: int, film: int
) -> None:
    for name in catalogue.movies[film].names:
        words = name.split()[start : start + length]
        assert not spaced_words(" ".join(words)).strip() or films.with_phrase(" ".join(words))[film]


@given(phrase=st.text(max_size=20))
def test_no_phrase_is_an_error(films: FilmTable, phrase: str) -> None:
    assert films.with_phrase(phrase).sum() <= len(FILMS)


def admitted(catalogue: Catalogue, films: FilmTable, **wish: Any) -> list[int]:
    return [int(movie) for movie in catalogue.ids[films.admitted(Filters(**wish))]]


def test_no_wish_admits_every_film(catalogue: Catalogue, films: FilmTable) -> None:
    assert admitted(catalogue, films) == [movie for movie, *_ in FILMS]


def test_a_genre_admits_its_films_alone(catalogue: Catalogue, films: FilmTable) -> None:
    assert admitted(catalogue, films, genre="Comedy") == [2, 3, 7]
    assert admitted(catalogue, films, genre="Western") == []


def test_both_ends_of_a_span_of_years_are_admitted(catalogue: Catalogue, films: FilmTable) -> None:
    assert admitted(catalogue, films, from_year=1999, to_year=2001) == [2, 3, 7, 9]


def test_a_film_without_a_year_is_of_no_years(catalogue: Catalogue, films: FilmTable) -> None:
    assert 6 not in admitted(catalogue, films, from_year=1)
    assert 6 not in admitted(catalogue, films, to_year=9999)


def test_wishes_add_up(catalogue: Catalogue, films: FilmTable) -> None:
    assert admitted(catalogue, films, genre="Animation", to_year=2001) == [7]


def test_a_film_is_most_like_itself(catalogue: Catalogue, films: FilmTable) -> None:
    row = catalogue.ids.tolist().index(7)
    for likeness in (
        films.genres_alike(np.array([row]), slice(None)),
        films.years_alike(np.array([row]), slice(None), 12),
    ):
        assert likeness[0, row] == pytest.approx(1.0)
        assert likeness.max() <= 1 + 1e-6
        assert likeness.min() >= 0


def test_a_rare_genre_in_common_counts_for_more() -> None:
    genres = ["Drama|Western", "Drama|Comedy", "Western|Comedy", "Drama", "Drama", "Comedy"]
    frame = pd.DataFrame({"movie": range(6), "title": "x", "year": 2000, "genres": genres})
    _, drama, western, *_ = FilmTable(Catalogue(frame)).genres_alike(np.array([0]), slice(None))[0]
    assert western > drama > 0


def test_films_grow_less_alike_as_years_lie_apart() -> None:
    frame = pd.DataFrame({"movie": [1, 2, 3], "title": "x", "year": [2000, 2005, 1960], "genres": "Comedy"})
    same, near, far = FilmTable(Catalogue(frame)).years_alike(np.array([0]), slice(None), span=12.0)[0]
    assert same > near > far > 0


TITLES = ("War Horse", "Horse War (Love and War)", "Award Night", "Amélie", "Amelie 2: War", "???", "Heat", "The Heat")
some_films = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(TITLES),
        st.sampled_from([1999, None]),
        st.sampled_from(["", "War", "Drama|War"]),
    ),
    max_size=7,
    unique_by=lambda film: film[0],
)


@given(some_films, some_films)
def test_a_table_that_takes_over_what_is_known_is_one_built_anew(first: list[Any], then: list[Any]) -> None:
    before, after = (
        Catalogue(pd.DataFrame(films, columns=["movie", "title", "year", "genres"])) for films in (first, then)
    )
    whole, grown = FilmTable(after), FilmTable(after, before=FilmTable(before))
    for phrase in ("war", "horse", "love and war", "amelie", "heat"):
        assert np.array_equal(grown.with_phrase(phrase), whole.with_phrase(phrase))
    assert all(map(np.array_equal, grown.genre_coordinates(), whole.genre_coordinates()))
    for row in range(len(after)):
        assert np.array_equal(grown.titles.likeness(row), whole.titles.likeness(row))
        assert np.array_equal(grown.titles.named_alike(row), whole.titles.named_alike(row))


def test_a_film_is_found_by_the_whole_of_a_name_and_by_no_part_of_it() -> None:
    names = ["Heat (1995)", "HEAT (1972)", "White Heat (1949)", "!!! (2004)", "Amélie (Heat) (2001)", "?? (1999)"]
    films = FilmTable(Catalogue(pd.DataFrame({"movie": range(len(names)), "title": names})))
    asked = ["heat!", "white  heat", "white", "!!!", "amelie", "...", ""]
    assert [rows.tolist() for rows in films.named(asked)] == [[0, 1, 4], [2], [], [3], [4], [], []]
    assert films.named([]) == []
