"""What the bot gave out, it takes back."""

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.export import archive
from bot.imports.reading import read
from bot.imports.rows import Unreadable
from bot.store import MEMBER_TABLES
from recommender import Movie
from recommender.datasets.identity import IMDB, ML_100K, TYPED
from tests.bot.imports import files
from tests.bot.imports.told import day, marked, one, rated

AT = 1704164645
HEAT, UP, CURSED, OLD, TYPED_BY_HAND, GONE = 6, IMDB + 1049413, 8, ML_100K + 3, TYPED + 5, 9


def movie(key, title, year, imdb=None):
    return Movie(key, title, year, (), (title,), title, imdb=imdb)


FILMS = {
    HEAT: movie(HEAT, "Heat", 1995, 113277),
    UP: movie(UP, "Up", 2009, 1049413),
    CURSED: movie(CURSED, "=Curse; -30-", 1959),
    OLD: movie(OLD, "Old", 1940),
    TYPED_BY_HAND: movie(TYPED_BY_HAND, "By Hand", 2026),
}


def export(films=FILMS, **tables):
    """A member's zip."""
    rows = {
        table: [{"member_id": "1", "movie_id": key, **said} for key, said in some.items()]
        for table, some in tables.items()
    }
    waiting = [{"id": 1, "title": "dune 3", "year": 2026, "written": "Dune 3 (2026)", "stars": 5.0, "rated_at": AT}]
    marks = [
        {"id": 1, "kind": "seen", "title": "up 2", "year": 2027, "written": "Up 2 (2027)", "marked_at": AT},
        {"id": 2, "kind": "wanted", "title": "heat 2", "year": None, "written": "Heat 2", "marked_at": AT},
    ]
    everything = {table: [] for table in MEMBER_TABLES} | rows
    everything |= {"unknown_ratings": waiting, "unknown_marks": marks}
    return archive(1, everything, [], films.get)


def stars(given):
    return {"stars": given, "rated_at": AT}


MINE = export(
    ratings={HEAT: stars(4.5), CURSED: stars(1.0), OLD: stars(2.0), TYPED_BY_HAND: stars(3.0), GONE: stars(0.5)},
    seen={UP: {"marked_at": AT}},
    watchlist={UP: {"added_at": AT}, CURSED: {"added_at": AT}, IMDB + 78748: {"added_at": AT}},
)


def unpacked(name):
    with zipfile.ZipFile(io.BytesIO(MINE)) as pack:
        return pack.read(name)


def test_the_zip_has_ids_titles_and_times():
    reading = read(MINE)
    assert reading.source == "Marquee"
    assert rated(reading) == {**{"Heat": 4.5, "=Curse; -30-": 1.0, "Old": 2.0, "By Hand": 3.0, "": 0.5, "Dune 3": 5.0}}
    assert [row.at for row in reading.rows] == [AT] * len(reading.rows)
    assert one(reading, "Heat").movielens == HEAT
    assert one(reading, "Up").imdb == 1049413
    assert one(reading, "Dune 3").year == 2026
    assert list(marked(reading, "seen")) == ["Up", "Up 2"]
    assert [(row.imdb, row.written) for row in reading.rows if row.kind == "wanted"] == [
        (78748, ""),  # no film in the export: its number there is no title
        (None, "Heat 2"),
    ]


def test_the_ids_of_typed_films_are_another_bots_too_and_go_by_title():
    by_hand = one(read(MINE), "By Hand")
    assert (by_hand.movielens, by_hand.imdb, by_hand.year) == (None, None, 2026)


def test_the_data_alone_has_ids_and_no_titles():
    reading = read(unpacked("marquee-data.json"))
    assert {row.movielens: row.stars for row in reading.rows if row.movielens} == {
        HEAT: 4.5,
        CURSED: 1.0,
        OLD: 2.0,
        GONE: 0.5,
    }
    assert [each.reason for each in reading.skipped] == ["no film"]


def test_a_table_alone_has_titles_without_what_guards_them():
    reading = read(unpacked("ratings.csv"))
    assert rated(reading)["=Curse; -30-"] == 1.0
    assert day(one(reading, "Heat")) == "2024-01-02"


def test_tables_of_marks_are_told_apart_by_their_names():
    assert list(marked(read(unpacked("seen.csv"), name="seen.csv"), "seen")) == ["Up", "Up 2"]
    assert "=Curse; -30-" in marked(read(unpacked("watchlist.csv"), name="my-watchlist.csv"), "wanted")
    with pytest.raises(Unreadable, match="whole zip"):
        read(unpacked("seen.csv"))


def test_what_it_makes_for_letterboxd_is_read_too():
    reading = read(unpacked("letterboxd.csv"))
    assert rated(reading)["Heat"] == 4.5
    assert one(reading, "Up").kind == "seen"


def test_the_same_headings_with_another_scale_are_not_its_own():
    assert read(b"imdbID,Title,Year,Rating\ntt0113277,Heat,1995,9\n").highest == 9


def test_a_table_that_was_changed_lends_no_titles():
    with zipfile.ZipFile(io.BytesIO(MINE)) as pack:
        held = {name: pack.read(name) for name in pack.namelist()}
    held["ratings.csv"] = b"title,year,stars,date\nOther,2000,1,2024-01-01\n"
    reading = read(files.packed(held))
    assert "Other" not in rated(reading)
    assert HEAT in [row.movielens for row in reading.rows]


@pytest.mark.parametrize("row", [3, None, {}, {"movie_id": "6"}, {"movie_id": 6, "rated_at": 10**30, "stars": "x"}])
def test_a_row_of_the_data_that_is_nothing_is_told(row):
    data = json.dumps({"member": "1", "tables": {"ratings": [row], "seen": 5, "watchlist": {}}})
    assert [each.line for each in read(data.encode()).skipped] == [1]


TITLES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80)


@given(st.dictionaries(st.integers(1, 10**6), st.tuples(TITLES, st.sampled_from([0.5, 2.0, 5.0])), max_size=20))
def test_whatever_films_are_called_all_their_stars_come_back(films):
    held = {key: movie(key, title, 1999) for key, (title, _) in films.items()}
    given_stars = {key: given for key, (_, given) in films.items()}
    reading = read(export(films=held, ratings={key: stars(given) for key, given in given_stars.items()}))
    assert {row.movielens: row.stars for row in reading.rows if row.movielens} == given_stars
