"""The ids of films, and the table of those of MovieLens 100K."""

import pandas as pd
import pytest

from recommender.catalogue import Catalogue
from recommender.datasets import load_movielens, ml_100k_ids
from recommender.datasets.identity import FILMS_OF_ML_100K, IMDB, LISTED, ML_100K, TYPED, renumbered

# Numbers in MovieLens 100K, with the films that they are there.
KNOWN = {
    1: "Toy Story (1995)",
    50: "Star Wars: Episode IV - A New Hope (1977)",
    100: "Fargo (1996)",
    127: "The Godfather (1972)",
    172: "Star Wars: Episode V - The Empire Strikes Back (1980)",
    174: "Raiders of the Lost Ark (1981)",
    181: "Star Wars: Episode VI - Return of the Jedi (1983)",
    211: "M*A*S*H (1970)",
    258: "Contact (1997)",
    268: "Chasing Amy (1997)",
    313: "Titanic (1997)",
    665: "Alien³ (1992)",
    679: "Conan the Barbarian (1982)",
}
TWINS = [246, 297, 348, 500, 573, 680, 711, 865, 881, 1003, 1256, 1606, 1607, 1617, 1625, 1650, 1654, 1680]
ITS_OWN = [267, 510, 643, 839, 1358, 1359, 1373, 1420, 1548, 1592]


def test_the_ranges_stand_in_their_order() -> None:
    assert load_movielens().movies["movie"].max() < IMDB < ML_100K < LISTED < TYPED


def test_each_film_of_ml_100k_has_an_id_of_its_own() -> None:
    ids = ml_100k_ids()
    assert list(ids) == list(range(1, FILMS_OF_ML_100K + 1))
    assert len(set(ids.values())) == len(ids)


def test_most_films_of_ml_100k_have_the_id_that_they_have_elsewhere() -> None:
    elsewhere = {own for own, film in ml_100k_ids().items() if 0 < film < IMDB}
    assert sorted(set(ml_100k_ids()) - elsewhere) == sorted(TWINS + ITS_OWN)
    assert all(ml_100k_ids()[own] == ML_100K + own for own in TWINS + ITS_OWN)


def test_well_known_films_of_ml_100k_are_the_films_of_the_built_in_set() -> None:
    films = Catalogue(load_movielens().movies)
    assert {own: films[ml_100k_ids()[own]].label for own in KNOWN} == KNOWN


def test_ml_100k_has_no_film_from_after_it_was_made() -> None:
    films = Catalogue(load_movielens().movies)
    known = [film for id in ml_100k_ids().values() if (film := films.get(id)) is not None]
    assert len(known) > 1_300
    assert max(film.year or 0 for film in known) == 1998


def test_numbers_are_replaced_and_all_else_is_kept() -> None:
    ratings = pd.DataFrame({"user": [1, 2], "movie": [50, 267], "rating": [5.0, 1.0]})
    expected = pd.DataFrame({"user": [1, 2], "movie": [260, ML_100K + 267], "rating": [5.0, 1.0]})
    pd.testing.assert_frame_equal(renumbered(ratings), expected)
    assert ratings["movie"].tolist() == [50, 267]


@pytest.mark.parametrize("number", [0, -1, 1_683])
def test_a_number_that_ml_100k_does_not_have_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"no film {number}"):
        renumbered(pd.DataFrame({"movie": [1, number]}))
