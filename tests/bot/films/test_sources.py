"""All films there are: which sources are asked, and whom they are believed."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from bot.films.film import Film
from bot.films.look import Details, Offers
from bot.films.look_store import Kept, LookStore
from bot.films.shelf import FOLDER, Shelf
from bot.films.sources import all_films, fetched_at
from recommender import load_movielens
from recommender.datasets import MovieLens
from recommender.datasets.identity import IMDB, LISTED

AT = datetime(2026, 11, 1, tzinfo=UTC)
MATRIX = Film("The Matrix", 1999, imdb=133093, minutes=136, genres=("Action",), votes=2_000_000, mean=8.7)
SMALL = Film("Small Hours", 2025, imdb=30_000_001, genres=("Drama",), votes=900, mean=7.5)
OPPENHEIMER = Film("Oppenheimer", 2023, imdb=15398776, votes=800_000, mean=8.3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Shelf(tmp_path / FOLDER).write("imdb", [MATRIX, SMALL, OPPENHEIMER, Film("Unnumbered", 2020)], AT)
    return tmp_path


def rows(films: pd.DataFrame, title: str) -> pd.DataFrame:
    return films[films["title"].str.startswith(title)]


def test_the_chosen_source_adds_films_and_what_it_knows_of_others(folder: Path) -> None:
    catalogue = all_films(load_movielens(), folder, folder / FOLDER, "imdb")
    films = catalogue.movies()
    assert rows(films, "Small Hours")["movie"].tolist() == [IMDB + 30_000_001]
    [matrix] = rows(films, "Matrix, The").to_dict("records")
    assert (matrix["movie"], matrix["outside_mean"], matrix["outside_votes"]) == (2571, 8.7, 2_000_000)
    assert rows(films, "Oppenheimer")["movie"].tolist() == [IMDB + 15398776]
    assert rows(films, "Unnumbered").empty, "without an id it could not stay the same film"
    assert catalogue.aliases[IMDB + 133093] == 2571
    assert any(old > LISTED and movie == IMDB + 15398776 for old, movie in catalogue.aliases.items())


def test_of_a_source_that_is_not_chosen_any_more_only_what_somebody_has_stays(folder: Path) -> None:
    small = IMDB + 30_000_001
    assert rows(all_films(load_movielens(), folder, folder / FOLDER).movies(), "Small Hours").empty
    kept = all_films(load_movielens(), folder, folder / FOLDER, "off", {small}).movies()
    assert rows(kept, "Small Hours")["movie"].tolist() == [small]
    assert kept["outside_mean"].notna().sum() == 1


def test_the_links_of_a_data_set_say_more_than_titles(folder: Path) -> None:
    movies = pd.DataFrame({"movie": [7], "title": ["The Matrix Reloaded"], "year": [2003], "genres": ["Action"]})
    links = pd.DataFrame({"movie": [7], "imdb": [133093], "tmdb": [603]}, dtype="Int64")
    data = MovieLens("ml-latest", pd.DataFrame(), movies, links)
    assert all_films(data, folder, folder / FOLDER, "imdb").aliases[IMDB + 133093] == 7


def test_it_is_known_when_films_were_fetched(folder: Path) -> None:
    assert fetched_at(folder / FOLDER, "imdb") == AT.timestamp()
    assert fetched_at(folder / FOLDER, "wikidata") == 0 == fetched_at(folder / "nowhere", "imdb")


def test_what_films_look_like_is_nothing_that_is_learned_from(folder: Path) -> None:
    before = all_films(load_movielens(), folder, folder / FOLDER, "imdb").movies()
    store = LookStore(folder / FOLDER)
    details = Details(tmdb=603, imdb=133093, minutes=999, overview="Learn from me.", certifications={"DE": "16"})
    offers = {"DE": Offers(None, flatrate=("Netflix",))}
    for language in ("de", "en-US"):
        for film in ("imdb 133093", "imdb 15398776", "tmdb 862", "title 2025 small hours"):
            store.put((film, language), Kept(details, offers), AT.timestamp())
    pd.testing.assert_frame_equal(all_films(load_movielens(), folder, folder / FOLDER, "imdb").movies(), before)
