"""The tastes that lists are read for, and what is counted of their lists."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.personas import (
    SETS,
    Persona,
    best_rated,
    famous_and_off,
    has_series_twice,
    in_common,
    own_genre,
    personas,
    strangers_in_common,
)
from recommender import Catalogue, load_movielens

SHIPPED = Catalogue(load_movielens().movies)


@pytest.fixture(scope="module")
def people() -> list[Persona]:
    return personas(SHIPPED)


def test_there_are_six_tastes_of_either_set_with_eight_films_each(people: list[Persona]) -> None:
    assert Counter(person.set for person in people) == dict.fromkeys(SETS, 6)
    assert {len(person.history) for person in people} == {8}
    assert {person.genre for person in people} <= set(SHIPPED.genres)


def test_what_a_taste_likes_is_of_its_genre_and_what_it_dislikes_is_not(people: list[Persona]) -> None:
    for person in people:
        wrong = [
            film for film, stars in person.history.items() if (person.genre in SHIPPED[film].genres) != (stars >= 4)
        ]
        assert [SHIPPED[film].label for film in wrong] == []


@pytest.fixture
def films() -> Catalogue:
    titles = ["Heat (1995)", "True Grit (1969)", "True Grit (2010)", "Misérables, Les (1995)"]
    return Catalogue(
        pd.DataFrame({"movie": [1, 2, 3, 4], "title": titles, "genres": ["Crime", "Western", "Western", "Drama"]})
    )


def written(folder: Path, title: str) -> Path:
    path = folder / "personas.tsv"
    path.write_text(f"set\ttaste\tgenre\tfilm\tstars\nseen\tx\tWestern\t{title}\t4.5\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("title", "movie"), [("heat", 1), ("True Grit (2010)", 3), ("Les Miserables", 4)])
def test_titles_are_found_as_people_write_them(tmp_path: Path, films: Catalogue, title: str, movie: int) -> None:
    [person] = personas(films, written(tmp_path, title))
    assert person.history == {movie: 4.5}


@pytest.mark.parametrize(("title", "number"), [("True Grit", 2), ("Alien", 0), ("Heat (1986)", 0)])
def test_a_title_of_no_film_or_of_several_is_refused(tmp_path: Path, films: Catalogue, title: str, number: int) -> None:
    with pytest.raises(ValueError, match=f"names {number} films"):
        personas(films, written(tmp_path, title))


def test_a_list_looks_like_its_taste_by_its_genre_and_by_what_is_famous_and_of_another(films: Catalogue) -> None:
    assert own_genre(films, "Western", [1, 2, 3, 4]) == 0.5
    assert famous_and_off(films, "Western", [1, 2, 3, 4], famous={1, 2}) == 1


def test_lists_share_the_mean_over_all_pairs() -> None:
    assert in_common([[1, 2], [2, 3], [1, 2]]) == pytest.approx((1 + 2 + 1) / 3)


def test_groups_of_strangers_are_those_without_a_common_member() -> None:
    ann, bob, cy, dee = (Persona("seen", name, "Drama", {}) for name in ("ann", "bob", "cy", "dee"))
    groups = [(ann, bob), (ann, cy), (cy, dee)]
    assert strangers_in_common(groups, [[1, 2], [1, 2], [2, 3]]) == 1


def test_the_best_rated_films_are_not_those_that_a_few_love() -> None:
    loved_by_few = pd.DataFrame({"movie": 1, "rating": [5.0] * 2})
    liked_by_many = pd.DataFrame({"movie": 2, "rating": [4.5] * 200})
    others = pd.DataFrame({"movie": [film for film in range(3, 27) for _ in range(200)], "rating": 4.0})
    disliked = pd.DataFrame({"movie": 99, "rating": [1.0] * 2000})
    best = best_rated(pd.concat([loved_by_few, liked_by_many, others, disliked]))
    assert 2 in best
    assert 1 not in best


def test_a_series_shows_twice_only_where_it_has_a_name() -> None:
    assert has_series_twice(["Alien", None, "Alien"])
    assert not has_series_twice(["Alien", None, None, "Rocky"])
