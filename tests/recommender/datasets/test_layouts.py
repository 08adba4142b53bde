import csv
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.datasets.identity import ML_100K
from recommender.datasets.layouts import comma_separated
from recommender.datasets.movielens import Counts, DatasetError, MovieLens, load_movielens
from tests.recommender.datasets.download_site import (
    LINKS_CSV,
    MOVIES_CSV,
    RATINGS_CSV,
    SMALL,
    Site,
    assert_documented_types,
    expect,
    zipped,
)


def films(data: MovieLens) -> list[tuple[int, str, int | None, str]]:
    rows = data.movies.astype({"year": object}).itertuples(index=False, name=None)
    return [(movie, title, None if pd.isna(year) else year, genres) for movie, title, year, genres in rows]


def links(data: MovieLens) -> list[tuple[int, int | None, int | None]]:
    rows = data.links.astype("object").itertuples(index=False, name=None)
    return [(movie, *(None if pd.isna(number) else number for number in numbers)) for movie, *numbers in rows]


def ratings(data: MovieLens) -> list[tuple[int, int, float, int]]:
    return list(data.ratings.itertuples(index=False, name=None))


def test_ml_100k_is_read_from_tabs_and_bars_and_its_films_get_their_ids(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(monkeypatch, "ml-100k", SMALL)
    flags = {"unknown": "1" + 18 * "|0", "none": "0" + 18 * "|0", "drama and war": "|".join("0000000010000000010")}
    items = [
        f"1|Misérables, Les (1995)|01-Jan-1995||http://example.org/1|{flags['drama and war']}",
        f"267|unknown||||{flags['unknown']}",
        f"300|Heidi Fleiss: Hollywood Madam (1995) |09-Feb-1996|||{flags['none']}",
    ]
    data = "196\t1\t3\t881250949\n186\t267\t4\t891717742\n196\t300\t1\t0\n"
    site.files["/ml-100k.zip"] = zipped({"ml-100k/u.data": data, "ml-100k/u.item": "\n".join(items)}, "latin-1")
    loaded = load_movielens("ml-100k", tmp_path, site.url)
    assert_documented_types(loaded)
    assert ratings(loaded) == [(196, 1, 3.0, 881250949), (186, ML_100K + 267, 4.0, 891717742), (196, 1608, 1.0, 0)]
    assert films(loaded) == [
        (1, "Misérables, Les", 1995, "Drama|War"),
        (ML_100K + 267, "unknown", None, "(no genres listed)"),
        (1608, "Heidi Fleiss: Hollywood Madam", 1995, "(no genres listed)"),
    ]
    assert links(loaded) == []


@pytest.mark.parametrize(
    ("name", "folder", "encoding"), [("ml-1m", "ml-1m", "latin-1"), ("ml-10m", "ml-10M100K", "utf-8")]
)
def test_dat_files_are_split_at_double_colons(
    name: str, folder: str, encoding: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(monkeypatch, name, SMALL)
    movies = [
        "1::Star Wars: Episode IV (1977)::Action|Sci-Fi",
        "2::Cité: des::enfants:: perdus, La (1995)::Adventure",
        "3::Associate, The (L'Associé)(1982)::Comedy",
    ]
    members = {
        "ratings.dat": "1::2::5::978300760\n1::3::3::978302109\n9::1::4::978301968\n",
        "movies.dat": "\n".join(movies),
    }
    packed = zipped({f"{folder}/{member}": text for member, text in members.items()}, encoding)
    site.files[f"/{name}.zip"] = packed
    loaded = load_movielens(name, tmp_path, site.url)
    assert_documented_types(loaded)
    assert ratings(loaded) == [(1, 2, 5.0, 978300760), (1, 3, 3.0, 978302109), (9, 1, 4.0, 978301968)]
    assert films(loaded) == [
        (1, "Star Wars: Episode IV", 1977, "Action|Sci-Fi"),
        (2, "Cité: des::enfants:: perdus, La", 1995, "Adventure"),
        (3, "Associate, The (L'Associé)", 1982, "Comedy"),
    ]
    assert links(loaded) == []


@pytest.mark.parametrize("name", ["ml-20m", "ml-25m", "ml-32m", "ml-latest"])
def test_csv_files_are_read_by_their_header(
    name: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(monkeypatch, name, SMALL)
    members = {"ratings.csv": RATINGS_CSV, "movies.csv": MOVIES_CSV, "links.csv": LINKS_CSV}
    site.files[f"/{name}.zip"] = zipped({f"{name}/{member}": text for member, text in members.items()})
    loaded = load_movielens(name, tmp_path, site.url)
    assert_documented_types(loaded)
    assert ratings(loaded) == [(1, 31, 2.5, 1260759144), (1, 1029, 3.0, 1260759179), (2, 31, 5.0, 835355493)]
    assert films(loaded) == [
        (31, "Net, The", 1995, "Action|Thriller"),
        (1029, "Dumbo", 1941, "Animation"),
        (7, "Cosmos", None, "Sci-Fi"),
    ]
    assert links(loaded) == [(31, 113957, 1642), (1029, 33563, None), (7, None, None)]


def test_a_csv_set_without_links_is_whole(site: Site, tmp_path: Path) -> None:
    site.files["/ml-latest.zip"] = zipped({"ml-latest/ratings.csv": RATINGS_CSV, "ml-latest/movies.csv": MOVIES_CSV})
    loaded = load_movielens("ml-latest", tmp_path, site.url)
    assert_documented_types(loaded)
    assert links(loaded) == []


NUMBERS = st.none() | st.integers(1, 99_999_999)


@given(st.dictionaries(st.integers(1, 999_999_999), st.tuples(NUMBERS, NUMBERS)))
def test_any_links_are_read_as_they_are_written(written: dict[int, tuple[int | None, int | None]]) -> None:
    lines = [
        f"{movie},{'' if imdb is None else f'{imdb:07}'},{'' if tmdb is None else tmdb}\n"
        for movie, (imdb, tmdb) in written.items()
    ]
    table = "movieId,imdbId,tmdbId\n" + "".join(lines)
    members = {"ratings.csv": RATINGS_CSV, "movies.csv": MOVIES_CSV, "links.csv": table}
    packed = zipped({f"set/{member}": text for member, text in members.items()})
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        loaded = MovieLens("set", *comma_separated(archive, "set"))
    assert_documented_types(loaded)
    assert links(loaded) == [(movie, *numbers) for movie, numbers in written.items()]


def titles_read_back(written: list[str]) -> list[tuple[str, int | None]]:
    table = io.StringIO()
    csv.writer(table).writerows([("movieId", "title", "genres"), *((i, t, "Drama") for i, t in enumerate(written, 1))])
    packed = zipped({"set/ratings.csv": RATINGS_CSV, "set/movies.csv": table.getvalue()})
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        _, movies, _ = comma_separated(archive, "set")
    return [(title, year) for _, title, year, _ in films(MovieLens("set", pd.DataFrame(), movies))]


def test_the_year_is_taken_off_the_title_however_it_is_written() -> None:
    expected = {
        "Matrix, The (1999)": ("Matrix, The", 1999),
        "Runaway Brain (1995) ": ("Runaway Brain", 1995),
        "Pressure Point  (1962)": ("Pressure Point", 1962),
        "Fawlty Towers (1975-1979)": ("Fawlty Towers", 1975),
        "Death Note: Desu nôto (2006–2007)": ("Death Note: Desu nôto", 2006),
        "Big Bang Theory, The (2007-)": ("Big Bang Theory, The", 2007),
        "Diplomatic Immunity (2009– )": ("Diplomatic Immunity", 2009),
        "Mona (Mona ja aika) (1983))": ("Mona (Mona ja aika)", 1983),
        "Land Before Time III (1995) (V)": ("Land Before Time III", 1995),
        "1990: The Bronx Warriors (1990: I guerrieri) (1982)": ("1990: The Bronx Warriors (1990: I guerrieri)", 1982),
        '"Great Performances" Cats (1998)': ('"Great Performances" Cats', 1998),
        "2001: A Space Odyssey (1968)": ("2001: A Space Odyssey", 1968),
        "Seven (a.k.a. Se7en) (1995)": ("Seven (a.k.a. Se7en)", 1995),
        "Millions Game, The (Das Millionenspiel)": ("Millions Game, The (Das Millionenspiel)", None),
        "1-900 (06)": ("1-900 (06)", None),
        "Babylon 5": ("Babylon 5", None),
        "(1999)": ("(1999)", None),
        "NA": ("NA", None),
    }
    assert dict(zip(expected, titles_read_back(list(expected)), strict=True)) == expected


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1), st.integers(1874, 2099))
def test_any_title_survives_with_its_year(title: str, year: int) -> None:
    assert titles_read_back([f"<{title}> ({year})"]) == [(f"<{title}>", year)]


@pytest.mark.parametrize("line", ["1", "1::Dumbo (1941)", "one::Dumbo (1941)::Drama"])
def test_a_film_line_with_a_missing_field_is_refused(
    line: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(monkeypatch, "ml-1m", Counts(1, 1, 1))
    site.files["/ml-1m.zip"] = zipped({"ml-1m/ratings.dat": "1::1::2::9\n", "ml-1m/movies.dat": line})
    with pytest.raises(DatasetError, match="damaged"):
        load_movielens("ml-1m", tmp_path, site.url)
