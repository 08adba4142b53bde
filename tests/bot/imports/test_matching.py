"""Which films rows mean."""

import unicodedata
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.imports.matching import MOST, matches, only_by_title
from bot.imports.rows import Row
from bot.titles import TitleIndex
from recommender.catalogue import Catalogue
from recommender.filters import FilmTable

FILMS = (  # title, year, IMDb, TMDB
    ("The Matrix", 1999, 133093, 603),
    ("Dune", 1984, 87182, 841),
    ("Dune", 2021, 1160419, 438631),
    ("WALL·E", 2008, 910970, 10681),
    ("The Godfather: Part II", 1974, 71562, 240),
    ("Amelie (Fabuleux destin d'Amélie Poulain, Le)", 2001, None, None),
    ("Mission: Impossible - Fallout", 2018, None, None),
    ("Face/Off", 1997, None, None),
    ("Star Wars: Episode IV - A New Hope", 1977, None, None),
    ("Star Wars: Episode VII - The Force Awakens", 2015, None, None),
    ("Hansel & Gretel: Witch Hunters", 2013, None, None),
    ("9", 2009, None, None),
    ("Hamlet", 2000, None, None),
    ("Hamlet", 2000, None, None),
    ("The Batman", 2022, None, None),
    ("The Shawshank Redemption", 1994, None, None),
    ("Emma", 1996, None, None),
    ("Carrie", 1976, None, None),
    ("Carrie", 1978, None, None),
    ("Cosmos", None, None, None),
)
RATINGS = [100 if title.startswith("Star Wars: Episode IV") else 10 for title, *_ in FILMS]
FRAME = pd.DataFrame(FILMS, columns=["title", "year", "imdb", "tmdb"]).assign(movie=range(len(FILMS)))
FRAME = FRAME.astype({"year": "Int64", "imdb": "Int64", "tmdb": "Int64"})
CATALOGUE = Catalogue(FRAME)
TABLE = FilmTable(CATALOGUE)
INDEX = TitleIndex(CATALOGUE, np.array(RATINGS, dtype=np.int64))


def row(title: str = "", year: int | None = None, **ids: int) -> Row:
    return Row(1, title, year, "rated", 4.0, **ids)


def meant(*rows: Row, index: TitleIndex | None = INDEX) -> list[list[str]]:
    """The labels of the films that each may be."""
    return [[CATALOGUE[film].label for film in films] for films in matches(rows, TABLE, index)]


def test_an_id_says_more_than_a_title():
    dune = ["Dune (1984)"]
    assert meant(row("Dune", 2021, imdb=87182), row("?", tmdb=841), row(movielens=1), row(imdb=87182)) == [dune] * 4


def test_imdb_says_more_than_tmdb_and_tmdb_more_than_movielens():
    assert meant(row(imdb=87182, tmdb=603, movielens=3), row(tmdb=603, movielens=3)) == [
        ["Dune (1984)"],
        ["The Matrix (1999)"],
    ]


def test_a_row_is_no_film_that_has_another_imdb_id():
    assert meant(row("The Matrix", 1999, imdb=7), row("Matrx", 1999, imdb=7), row(tmdb=603, imdb=7)) == [[], [], []]
    assert meant(row("Emma", 1996, imdb=116191), row("The Matrix", 1999, tmdb=7)) == [
        ["Emma (1996)"],
        ["The Matrix (1999)"],
    ]


@pytest.mark.parametrize(
    ("title", "year", "label"),
    [
        ("the matrix", 1999, "The Matrix (1999)"),
        ("Matrix, The", 1999, "The Matrix (1999)"),
        ("Ｔｈｅ\u00a0Ｍａｔｒｉｘ", 1999, "The Matrix (1999)"),
        ("The Ma\u200btrix", 1998, "The Matrix (1999)"),
        ("The Matrix (1999)", None, "The Matrix (1999)"),
        ("WALL•E", 2008, "WALL·E (2008)"),
        ("Wall‑E", 2009, "WALL·E (2008)"),
        ("WALLE", 2008, "WALL·E (2008)"),
        ("The Godfather Part II", 1974, "The Godfather: Part II (1974)"),
        ("The Godfather, Part 2", 1974, "The Godfather: Part II (1974)"),
        ("Le Fabuleux Destin d’Amélie Poulain", 2001, "Amelie (2001)"),
        ("Amélie (Le fabuleux destin d'Amelie Poulain)", 2001, "Amelie (2001)"),
        ("Mission: Impossible – Fallout", 2018, "Mission: Impossible - Fallout (2018)"),
        ("Mission\u2009:\u2009Impossible — Fallout", 2017, "Mission: Impossible - Fallout (2018)"),
        ("Hansel and Gretel: Witch Hunters", 2013, "Hansel & Gretel: Witch Hunters (2013)"),
        ("Face⁄Off", 1997, "Face/Off (1997)"),
        ("Star Wars", 1977, "Star Wars: Episode IV - A New Hope (1977)"),
        ("Star Wars: The Force Awakens", 2015, "Star Wars: Episode VII - The Force Awakens (2015)"),
        ("Emma", None, "Emma (1996)"),
    ],
)
def test_a_title_is_known_however_it_is_written(title: str, year: int | None, label: str):
    assert meant(row(title, year)) == [[label]]


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("Nine", 2009),  # another film than "9"
        ("Hansel & Gretel", 2013),  # that too: half a title is enough for the best known alone
        ("Face", 1997),
        ("The Force Awakens", 1988),
        ("Batman", 2022),
        ("The Emma", 1996),
        ("Emma", 1999),
        ("Amelie (Another Film)", 2001),
        ("Dune", None),
        ("Dune", 2000),
        ("Carrie", 1977),
        ("Hamlet", 2000),
        ("The Shawshank Redemtion", 1994),
        ("", 1999),
        ("...", 1999),
    ],
)
def test_what_is_not_sure_is_never_found(title: str, year: int | None):
    [films] = meant(row(title, year))
    assert len(films) != 1


def test_films_of_one_title_and_year_are_asked_about():
    assert len(meant(row("Hamlet", 2000))[0]) == 2
    assert meant(row("Dune"), row("Carrie", 1977)) == [
        ["Dune (1984)", "Dune (2021)"],
        ["Carrie (1976)", "Carrie (1978)"],
    ]


def test_a_title_with_a_typing_error_is_asked_about_and_the_film_comes_first():
    [typed] = meant(row("The Shawshank Redemtion", 1995))
    assert typed[0] == "The Shawshank Redemption (1994)"
    assert 1 < len(typed) <= MOST


def test_without_an_index_titles_are_still_found_and_no_more():
    rows = row("the matrix", 1999), row("The Godfather, Part 2", 1974)
    assert meant(*rows, index=None) == [["The Matrix (1999)"], []]
    assert matches([], TABLE, INDEX) == []


def test_a_film_without_a_year_is_not_surely_the_one_of_a_year():
    assert meant(row("Cosmos", 1980))[0] != ["Cosmos"]
    assert meant(row("Cosmos")) == [["Cosmos"]]


DISGUISES: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    lambda title: unicodedata.normalize("NFD", title),
    lambda title: title.replace(" ", "\u00a0"),
    lambda title: title.replace(" ", " \u2009"),
    lambda title: title.replace("-", "‑").replace(" ‑ ", " – "),
    lambda title: title.replace("'", "’"),
    lambda title: title.replace(": ", " — "),
    lambda title: title.replace("&", "and"),
    lambda title: title.replace(" and ", " & "),
    lambda title: f"\ufeff{title}\u200b",
    lambda title: f" {title}!",
    lambda title: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in title),
    lambda title: f"{title.removeprefix('The ')}, The" if title.startswith("The ") else title,
)


@given(
    st.sampled_from([film for film in CATALOGUE if film.year]),
    st.data(),
    st.lists(st.sampled_from(DISGUISES), max_size=3),
    st.sampled_from([0, 0, 1, -1]),
)
def test_a_disguised_name_is_the_film_or_asked_about_but_never_another(film, data, disguises, off):
    name = data.draw(st.sampled_from(film.names))
    for disguise in disguises:
        name = disguise(name)
    [found] = matches([row(name, film.year + off)], TABLE, INDEX)
    assert len(found) != 1 or found == (film.id,), name
    if len(disguises) < 2:  # several may make what nobody writes: "Matrix, The!"
        assert film.id in found, name
        assert len(found) == 1 or film.title in ("Hamlet", "Carrie"), name


@given(st.text(), st.none() | st.integers(), st.none() | st.integers(0), st.none() | st.integers(0))
def test_any_text_and_numbers_come_to_films_of_the_catalogue_or_none(title, year, imdb, tmdb):
    [found] = matches([Row(1, title, year, "seen", imdb=imdb, tmdb=tmdb, movielens=tmdb)], TABLE, INDEX)
    assert len(set(found)) == len(found) <= MOST
    assert all(film in CATALOGUE for film in found)


def test_a_number_that_a_film_had_before_it_turned_out_to_be_another_is_that_film():
    assert matches([row(movielens=10_000)], TABLE, INDEX, {10_000: 0}) == [(0,)]
    assert matches([row(movielens=10_000)], TABLE, INDEX) == [()]


def test_titles_of_films_that_have_another_id_are_told_apart_from_unknown_ones():
    rows = [
        row("The Matrix", 1999, imdb=7),
        row("The Matrix", 1998, imdb=7),
        row("The Matrix", 1990, imdb=7),
        row("Solaris", 1972, imdb=7),
        row("The Matrix", 1999, imdb=133093),
        row("Solaris", 1972),
    ]
    assert only_by_title(rows, matches(rows, TABLE, INDEX), TABLE) == [0, 1]
