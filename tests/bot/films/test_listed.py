import re
from collections import Counter
from collections.abc import Iterable

import pandas as pd
import pytest

from bot.films.film import Film
from bot.films.listed import listed_films
from bot.titles import TitleIndex
from recommender.catalogue import Catalogue, names_of
from recommender.datasets import load_movielens
from recommender.datasets.identity import LISTED, TYPED
from recommender.text import spaced_words

GENRES = {
    "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Film-Noir",
    "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
}  # fmt: skip

IDS, FILMS = zip(*listed_films(), strict=True)


def called(films: Iterable[Film]) -> list[str]:
    return [f"{film.title} ({film.year})" for film in films]


def keys(film: Film) -> set[tuple[str, int | None]]:
    return {(spaced_words(name), film.year) for name in (film.title, *film.others)}


def test_there_are_more_than_300_films_each_with_an_id_of_its_own() -> None:
    assert len(FILMS) >= 300
    assert len(set(IDS)) == len(IDS)
    assert all(LISTED < movie < TYPED for movie in IDS)


@pytest.mark.parametrize("year", range(2017, 2026))
def test_every_year_from_2017_on_has_many(year: int) -> None:
    assert sum(film.year == year for film in FILMS) >= 30


def test_the_facts_of_every_film_are_possible_ones() -> None:
    assert called(film for film in FILMS if film.year not in range(2017, 2027)) == []
    assert called(film for film in FILMS if film.minutes is not None and film.minutes not in range(40, 251)) == []
    assert (
        called(film for film in FILMS if film.language is not None and not re.fullmatch("[a-z]{2}", film.language))
        == []
    )


def test_every_film_has_genres_in_the_words_and_the_order_of_movielens() -> None:
    strange = (
        film for film in FILMS if not GENRES.issuperset(film.genres) or list(film.genres) != sorted(set(film.genres))
    )
    assert called(strange) == []
    assert called(film for film in FILMS if not film.genres) == []


def test_few_films_lack_a_fact() -> None:
    assert sum(film.minutes is None for film in FILMS) <= 0.05 * len(FILMS)
    assert sum(film.language is None for film in FILMS) <= 0.01 * len(FILMS)


def test_no_title_leads_to_two_films_of_a_year() -> None:
    uses = Counter(key for film in FILMS for key in keys(film))
    assert [key for key, count in uses.items() if count > 1] == []


def test_no_film_has_a_title_twice() -> None:
    assert called(film for film in FILMS if len(keys(film)) < 1 + len(film.others)) == []


def test_no_film_is_in_the_built_in_set() -> None:
    movies = load_movielens().movies.dropna(subset="year")
    written = zip(movies["title"], movies["year"], strict=True)
    there = {(spaced_words(name), year) for title, year in written for name in names_of(title)}
    beside = {(name, year + 1) for name, year in there}  # a year may be off by one
    assert called(film for film in FILMS if keys(film) & (there | beside)) == []


def test_labels_show_titles_as_they_are_written() -> None:
    catalogue = Catalogue(
        pd.DataFrame({"movie": IDS, "title": [film.title for film in FILMS], "year": [film.year for film in FILMS]})
    )
    assert [movie.label for movie in catalogue] == called(FILMS)


@pytest.fixture(scope="module")
def index() -> TitleIndex:
    """Of the built-in films and these, with all of their titles."""
    data = load_movielens()
    ours = pd.DataFrame(
        {
            "movie": IDS,
            "title": [film.title + "".join(f" ({name})" for name in film.others) for film in FILMS],
            "year": pd.array([film.year for film in FILMS], dtype="Int64"),
        }
    )
    catalogue = Catalogue(pd.concat([data.movies[["movie", "title", "year"]], ours], ignore_index=True))
    counts = data.ratings["movie"].value_counts()
    return TitleIndex(catalogue, counts.reindex(catalogue.ids, fill_value=0).to_numpy())


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Oppenheimer", "Oppenheimer (2023)"),
        ("기생충", "Parasite (2019)"),
        ("gisaengchung", "Parasite (2019)"),
        ("portrait de la jeune fille en feu", "Portrait of a Lady on Fire (2019)"),
        ("kimitachi wa do ikiru ka", "The Boy and the Heron (2023)"),
        ("君たちはどう生きるか", "The Boy and the Heron (2023)"),
        ("druk", "Another Round (2020)"),
        ("le mans 66", "Ford v Ferrari (2019)"),
        ("star wars episode ix", "Star Wars: The Rise of Skywalker (2019)"),
        ("snyder cut", "Zack Snyder's Justice League (2021)"),
        ("avatar 2", "Avatar: The Way of Water (2022)"),
        ("dune 2", "Dune: Part Two (2024)"),
        ("im westen nichts neues", "All Quiet on the Western Front (2022)"),
        ("Дылда", "Beanpole (2019)"),
        ("کیک محبوب من", "My Favourite Cake (2024)"),
    ],
)
def test_a_film_is_found_by_its_other_titles(index: TitleIndex, typed: str, label: str) -> None:
    assert index.search(typed)[0].movie.label == label
