"""What is in a member's zip: all as JSON, tables to read, and what Letterboxd imports."""

import csv
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import export
from bot.export import archive
from bot.store import MEMBER_TABLES
from recommender import Movie

ANNA = 2**60 + 1
HEAT, AMELIE, MINUS, GONE = 6, 7, 8, 9
DAY = 86_400


def movie(key, title, year, imdb=None):
    return Movie(key, title, year, (), (title,), f"{title} ({year})", imdb=imdb)


FILMS = {
    HEAT: movie(HEAT, "Heat", 1995, imdb=113277),
    AMELIE: movie(AMELIE, "Amélie", 2001),
    MINUS: movie(MINUS, "-30-", 1959),
}


def rating(film, stars=4.0, at=0):
    return {"member_id": str(ANNA), "movie_id": film, "stars": stars, "rated_at": at}


def unzipped(films=FILMS, **tables):
    """Name -> bytes of what is packed for a member with these rows and no others."""
    packed = archive(ANNA, {table: [] for table in MEMBER_TABLES} | tables, [], films.get)
    with zipfile.ZipFile(io.BytesIO(packed)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def table(content, encoding="utf-8"):
    return list(csv.DictReader(io.StringIO(content.decode(encoding), newline="")))


def sheet(files, name):
    """A table as a spreadsheet reads it."""
    return table(files[name], "utf-8-sig")


def test_ratings_are_told_by_title_year_stars_and_day_also_of_films_that_nobody_knows():
    waiting = {"id": 1, "title": "dune 3", "year": 2026, "written": "Dune 3 (2026)", "stars": 5.0, "rated_at": DAY}
    files = unzipped(ratings=[rating(AMELIE, 4.5), rating(GONE, 2.0, DAY)], unknown_ratings=[waiting])
    assert sheet(files, "ratings.csv") == [
        {"title": "Amélie", "year": "2001", "stars": "4.5", "date": "1970-01-01"},
        {"title": "Film 9", "year": "", "stars": "2", "date": "1970-01-02"},
        {"title": "Dune 3", "year": "2026", "stars": "5", "date": "1970-01-02"},
    ]


def test_every_table_of_films_is_one_to_read():
    row = {"member_id": str(ANNA), "movie_id": HEAT}
    files = unzipped(
        seen=[row | {"marked_at": DAY}], additions=[row | {"added_at": 0}], of_tomorrow=[row | {"noted_at": 0}]
    )
    assert sheet(files, "seen.csv") == [{"title": "Heat", "year": "1995", "date": "1970-01-02"}]
    assert "of_tomorrow.csv" in files
    assert "member" not in files["additions.csv"].decode()


def test_exclusions_and_lists_name_films_too():
    files = unzipped(
        exclusions=[
            {"id": 1, "kind": "movie", "value": str(GONE), "added_at": 0},
            {"id": 2, "kind": "words", "value": "zombie", "added_at": 0},
        ],
        lists=[{"command": "recommend", "movies": f"[{HEAT}, {AMELIE}]", "created_at": 0}],
    )
    assert [row["what"] for row in sheet(files, "exclusions.csv")] == ["Film 9", "zombie"]
    assert [row["films"] for row in sheet(files, "lists.csv")] == ["Heat (1995); Amélie (2001)"]


def test_the_json_holds_the_tables_as_they_are():
    document = json.loads(unzipped(ratings=[rating(HEAT)])["marquee-data.json"])
    assert document["member"] == str(ANNA)
    assert document["tables"]["ratings"] == [rating(HEAT)]
    assert set(document["tables"]) == set(MEMBER_TABLES)


def test_letterboxd_gets_what_was_rated_and_seen_by_imdbs_number_or_title_and_year():
    waiting = {"id": 1, "title": "dune 3", "year": 2026, "written": "Dune 3 (2026)", "stars": 3.0, "rated_at": 0}
    marks = [{"movie_id": film, "marked_at": 0} for film in (HEAT, AMELIE, GONE)]
    files = unzipped(ratings=[rating(HEAT, 4.5), rating(GONE)], seen=marks, unknown_ratings=[waiting])
    assert files["letterboxd.csv"].startswith(b"imdbID,Title,Year,Rating")
    assert sorted(map(tuple, map(dict.values, table(files["letterboxd.csv"])))) == [
        ("", "Amélie", "2001", ""),
        ("", "Dune 3", "2026", "3"),
        ("tt0113277", "Heat", "1995", "4.5"),
    ]


def test_letterboxd_gets_no_file_above_its_limit_and_no_film_twice(monkeypatch):
    monkeypatch.setattr(export, "LETTERBOXD_BYTES", 1000)
    films = {key: movie(key, f"Épisode {key}", 1999) for key in range(200)}
    files = unzipped(films=films, ratings=[rating(key) for key in films])
    parts = [content for name, content in files.items() if name.startswith("letterboxd-")]
    assert len(parts) > 2
    assert max(map(len, parts)) <= 1000
    assert [row["Title"] for part in parts for row in table(part)] == [film.title for film in films.values()]


def test_nobody_without_data_gets_an_empty_table():
    assert set(unzipped()) == {"marquee-data.json"}


@pytest.mark.parametrize("title", ["=1+1", "+1", "-30-", "@home", "\t=1", " =1", "＝1", "a;=1", "x\n@y"])
def test_no_title_runs_as_a_formula(title):
    """A spreadsheet may take a semicolon for the end of a cell."""
    files = unzipped(films={HEAT: movie(HEAT, title, 1995)}, ratings=[rating(HEAT)])
    told = sheet(files, "ratings.csv")[0]["title"]
    assert told != title
    assert not any(cell.strip()[:1] in tuple("=+-@＝") for cell in told.replace("\n", ";").split(";") if cell)


def test_a_title_that_letterboxd_looks_up_gets_no_more_than_a_space():
    assert table(unzipped(ratings=[rating(MINUS)])["letterboxd.csv"])[0]["Title"] == " -30-"


@given(st.text(max_size=30), st.integers(0, 2**62))
def test_whatever_a_film_is_called_its_row_can_be_read(title, at):
    at %= 4 * 10**9
    waiting = {"id": 1, "title": "", "year": None, "written": title, "stars": 0.5, "rated_at": at}
    files = unzipped(films={HEAT: movie(HEAT, title, 1995)}, ratings=[rating(HEAT)], unknown_ratings=[waiting])
    for name in ("ratings.csv", "letterboxd.csv"):
        assert len(table(files[name])) == 2
