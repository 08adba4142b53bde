import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.titles import Suggestions, TitleIndex
from recommender.catalogue import Catalogue, Movie
from recommender.datasets import load_movielens


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(load_movielens("ml-latest-small").movies)


@pytest.fixture(scope="module")
def index(catalogue: Catalogue) -> TitleIndex:
    counts = load_movielens("ml-latest-small").ratings["movie"].value_counts()
    return TitleIndex(catalogue, counts.reindex(catalogue.ids, fill_value=0).to_numpy())


def small_index(*films: tuple[str, int], ratings: list[int] | None = None) -> TitleIndex:
    frame = pd.DataFrame(films, columns=["title", "year"]).assign(movie=range(len(films)))
    return TitleIndex(Catalogue(frame), np.array(ratings or [1] * len(films), dtype=np.int64))


def first(index: TitleIndex, text: str) -> str:
    return index.search(text)[0].movie.label


def test_what_people_type_finds_what_they_mean(index: TitleIndex) -> None:
    with (Path(__file__).parent / "title_queries.csv").open(newline="") as file:
        queries = list(csv.DictReader(file))
    found = {query["query"]: [match.movie.label for match in index.search(query["query"], 5)] for query in queries}
    not_first = [query for query in queries if found[query["query"]][0] != query["label"]]
    not_in_five = [query for query in queries if query["label"] not in found[query["query"]]]
    assert len(queries) >= 150
    assert len(not_first) <= 0.05 * len(queries), not_first
    assert len(not_in_five) <= 0.01 * len(queries), not_in_five


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("shawshenk redemtion", "The Shawshank Redemption (1994)"),  # misspelled
        ("leon", "Léon: The Professional (1994)"),  # no accent
        ("Das Leben der Anderen", "The Lives of Others (2006)"),  # the foreign name
        ("redemption shawshank", "The Shawshank Redemption (1994)"),  # another order
        ("starwars", "Star Wars: Episode IV - A New Hope (1977)"),  # no space
        ("back to the future 2", "Back to the Future Part II (1989)"),  # a Roman numeral
        ("twelve angry men", "12 Angry Men (1957)"),  # a number in words
        ("dumb and dumber", "Dumb & Dumber (1994)"),
        ("et", "E.T. the Extra-Terrestrial (1982)"),  # initials with points
        ("termin", "The Terminator (1984)"),  # the beginning of a word
        ("the empire strikes back", "Star Wars: Episode V - The Empire Strikes Back (1980)"),  # the second half
        ("sabrina 1954", "Sabrina (1954)"),  # a year
        ("harry potter 3", "Harry Potter and the Prisoner of Azkaban (2004)"),  # the third, though no title says so
        ("alien 2", "Aliens (1986)"),
        ("die hard 4", "Live Free or Die Hard (2007)"),  # the series' name comes last
        ("lotr", "The Lord of the Rings: The Fellowship of the Ring (2001)"),
        ("ratatooie", "Ratatouille (2007)"),  # by its sound
    ],
)
def test_the_film_meant_comes_first(index: TitleIndex, typed: str, label: str) -> None:
    assert first(index, typed) == label


def test_the_better_known_of_two_films_with_one_title_comes_first() -> None:
    index = small_index(("Titanic", 1953), ("Titanic", 1997), ratings=[5, 500])
    assert first(index, "titanic") == "Titanic (1997)"


def test_a_year_is_stronger_than_fame() -> None:
    index = small_index(("Titanic", 1953), ("Titanic", 1997), ratings=[5, 500])
    assert first(index, "titanic 1953") == "Titanic (1953)"


def test_a_well_known_film_misspelled_is_likelier_than_one_nobody_knows() -> None:
    index = small_index(("Inglorious Bastards", 1978), ("Inglourious Basterds", 2009), ratings=[2, 300])
    assert first(index, "inglorious bastards") == "Inglourious Basterds (2009)"


@pytest.mark.parametrize("typed", ["ofice", "offiss", "ophice", "offise"])
def test_a_word_spelled_by_its_sound_is_understood(typed: str) -> None:
    index = small_index(("Orifice", 2001), ("The Office", 2002), ("Osiris", 2003))
    assert first(index, typed) == "The Office (2002)"


@pytest.mark.parametrize("typed", ["fünf freunde", "funf freunde", "fuenf freunde", "FÜNF FREUNDE!"])
def test_umlauts_may_be_typed_in_any_way(typed: str) -> None:
    index = small_index(("Fünf Freunde", 2012), ("Freunde", 2000), ("Fun", 1994))
    assert first(index, typed) == "Fünf Freunde (2012)"


def test_a_sharp_s_is_a_double_s() -> None:
    assert first(small_index(("Der Straßenfeger", 1960), ("Der Strand", 1990)), "strassenfeger").startswith("Der Straß")


def test_titles_in_other_scripts_are_found() -> None:
    index = small_index(("Сталкер", 1979), ("千と千尋の神隠し", 2001), ("Heat", 1995))
    assert first(index, "сталкер") == "Сталкер (1979)"
    assert first(index, "千と千尋") == "千と千尋の神隠し (2001)"


def test_films_count_as_a_series_by_year_unless_a_title_bears_the_number() -> None:
    index = small_index(
        ("Zog: The Beginning", 2001), ("Zog: The Return", 2005), ("Zog: The End", 2003), ("Zog 2", 2010)
    )
    assert first(index, "zog 3") == "Zog: The Return (2005)"
    assert first(index, "zog 2") == "Zog 2 (2010)"


def test_a_revival_long_after_starts_its_own_series() -> None:
    index = small_index(("Zog: Old", 1960), ("Zog: One", 2001), ("Zog: Two", 2004), ratings=[50, 90, 80])
    assert first(index, "zog 2") == "Zog: Two (2004)"


def test_matches_come_best_first(index: TitleIndex) -> None:
    scores = [match.score for match in index.search("star trek")]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 100


def test_a_film_is_listed_once_however_many_of_its_names_fit(index: TitleIndex) -> None:
    labels = [match.movie.label for match in index.search("godzilla")]
    assert len(labels) == len(set(labels)) == 25


@pytest.mark.parametrize("typed", ["", "   ", "?!"])
def test_text_without_words_lists_the_best_known_films(index: TitleIndex, typed: str) -> None:
    assert [match.movie.label for match in index.search(typed, 2)] == ["Forrest Gump (1994)", "Pulp Fiction (1994)"]


def test_every_label_resolves_to_its_film(index: TitleIndex, catalogue: Catalogue) -> None:
    assert all(index.resolve(movie.label) is movie for movie in catalogue)


@pytest.mark.parametrize(
    ("typed", "label"),
    [("matrix", "The Matrix (1999)"), ("alien", "Alien (1979)"), ("shawshenk redemtion", "The Shawshank Redemption (1994)"),
     ("se7en", "Seven (1995)"), ("godfather 2", "The Godfather: Part II (1974)"),
     ("toy story", "Toy Story (1995)"), ("titanic", "Titanic (1997)"), ("xmen", "X-Men (2000)")],
)  # fmt: skip
def test_text_that_is_sure_enough_is_a_film(index: TitleIndex, typed: str, label: str) -> None:
    movie = index.resolve(typed)
    assert isinstance(movie, Movie)
    assert movie.label == label


@pytest.mark.parametrize("typed", ["girl with the dragon tattoo", "star wars", "god", "lord"])
def test_text_that_may_mean_several_films_suggests_them(index: TitleIndex, typed: str) -> None:
    answer = index.resolve(typed)
    assert isinstance(answer, Suggestions)
    assert 2 <= len(answer.movies) <= 5


@pytest.mark.parametrize("typed", ["xyzzy qwerty", "zzzzzz", "everything everywhere all at once", "", "!!!"])
def test_nothing_is_suggested_for_what_is_like_no_film(index: TitleIndex, typed: str) -> None:
    assert index.resolve(typed) == Suggestions(())


def test_an_empty_catalogue_finds_nothing() -> None:
    index = small_index()
    assert index.search("matrix") == []
    assert index.search("") == []
    assert index.resolve("matrix") == Suggestions(())


def test_a_title_without_a_single_word_does_no_harm() -> None:
    index = small_index(("???", 1999), ("Heat", 1995))
    assert first(index, "heat") == "Heat (1995)"
    assert isinstance(index.resolve("??? (1999)"), Movie)


def test_films_that_nobody_rated_are_found() -> None:
    assert first(small_index(("Heat", 1995), ("Pi", 1998), ratings=[0, 0]), "pi") == "Pi (1998)"


@given(st.text() | st.text(st.characters(codec=None), max_size=40), st.integers(1, 25))
def test_whatever_is_typed_a_search_answers(index: TitleIndex, text: str, limit: int) -> None:
    matches = index.search(text, limit)
    assert 0 < len(matches) <= limit
    assert all(0 <= match.score <= 100 for match in matches)
    assert isinstance(index.resolve(text), Movie | Suggestions)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.text(max_size=20))
def test_whatever_the_titles_a_search_answers(titles: list[str], text: str) -> None:
    index = small_index(*((title, 2000) for title in titles))
    assert len(index.search(text)) == len(titles)
