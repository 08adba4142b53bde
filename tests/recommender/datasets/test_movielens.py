from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from recommender.datasets import layouts
from recommender.datasets.movielens import DATASETS, Counts, DatasetError, MovieLens, load_movielens
from tests.recommender.datasets.download_site import (
    CACHE,
    LINKS_CSV,
    MOVIES_CSV,
    RATINGS_CSV,
    Site,
    assert_documented_types,
    expect,
    names_in,
    zipped,
)

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def assert_same(one: MovieLens, other: MovieLens) -> None:
    pd.testing.assert_frame_equal(one.ratings, other.ratings)
    pd.testing.assert_frame_equal(one.movies, other.movies)
    pd.testing.assert_frame_equal(one.links, other.links)


def test_the_embedded_set_is_the_one_of_october_2016() -> None:
    data = load_movielens()
    assert data.name == "ml-latest-small"
    assert Counts(len(data.ratings), data.ratings["user"].nunique(), len(data.movies)) == Counts(100_004, 671, 9_066)
    assert sorted(data.ratings["rating"].unique()) == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]
    assert not data.ratings.duplicated(["user", "movie"]).any()
    assert set(data.ratings["movie"]) == set(data.movies["movie"])
    assert_documented_types(data)


def test_the_embedded_films_have_title_year_and_genres() -> None:
    data = load_movielens()
    films = set(data.movies[["movie", "title", "year", "genres"]].itertuples(index=False, name=None))
    known = {
        (2571, "Matrix, The", 1999, "Action|Sci-Fi|Thriller"),
        (1, "Toy Story", 1995, "Adventure|Animation|Children|Comedy|Fantasy"),
        (293, "Léon: The Professional (a.k.a. The Professional) (Léon)", 1994, "Action|Crime|Drama|Thriller"),
    }
    assert known <= films
    assert not data.movies.isna().any(axis=None)
    assert data.movies["title"].str.strip().eq(data.movies["title"]).all()
    assert not data.movies["title"].str.contains(r"\(\d{4}\)$").any()


def test_the_five_films_that_came_without_title_have_theirs() -> None:
    titles = load_movielens().movies.set_index("movie")["title"]
    assert titles[[108583, 108548, 143410, 151307, 162376]].tolist() == [
        "Fawlty Towers",
        "Big Bang Theory, The",
        "Hyena Road",
        "The Lovers and the Despot",
        "Stranger Things",
    ]


def test_the_embedded_set_touches_neither_network_nor_disk(site: Site, tmp_path: Path) -> None:
    assert_same(load_movielens("ml-latest-small", tmp_path, site.url), load_movielens())
    assert site.asked == []
    assert names_in(tmp_path) == set()


def test_the_shares_of_a_set_have_its_users_between_them(small_latest: Site, tmp_path: Path) -> None:
    for read in (
        lambda share: load_movielens(share=share),
        lambda share: load_movielens("ml-latest", tmp_path, small_latest.url, share=share),
    ):
        whole, parts = read((0, 1)), [read((number, 3)) for number in range(3)]
        together = pd.concat([part.ratings for part in parts]).sort_values(["user", "movie"], ignore_index=True)
        pd.testing.assert_frame_equal(together, whole.ratings.sort_values(["user", "movie"], ignore_index=True))
        assert sum(part.ratings["user"].nunique() for part in parts) == whole.ratings["user"].nunique()
        for part in parts:
            pd.testing.assert_frame_equal(part.movies, whole.movies)


def test_an_unknown_name_is_answered_with_the_names() -> None:
    with pytest.raises(ValueError, match=", ".join(DATASETS)):
        load_movielens("ml-99")


def test_a_fixed_set_with_other_counts_is_refused(site: Site, tmp_path: Path) -> None:
    site.files["/ml-20m.zip"] = zipped({"ml-20m/ratings.csv": RATINGS_CSV, "ml-20m/movies.csv": MOVIES_CSV})
    with pytest.raises(DatasetError, match="3 ratings by 2 users and 3 films, not 20,000,263 ratings by 138,493 users"):
        load_movielens("ml-20m", tmp_path, site.url)
    assert names_in(tmp_path) == set()


def test_half_stars_are_off_the_scale_of_whole_stars(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(monkeypatch, "ml-1m", Counts(1, 1, 1))
    site.files["/ml-1m.zip"] = zipped(
        {"ml-1m/ratings.dat": "1::1::2.5::9\n", "ml-1m/movies.dat": "1::Dumbo (1941)::Drama\n"}
    )
    with pytest.raises(DatasetError, match=r"not on the scale from 1.0 to 5 stars"):
        load_movielens("ml-1m", tmp_path, site.url)


@pytest.mark.parametrize(
    ("member", "text", "complaint"),
    [
        ("ratings.csv", RATINGS_CSV + "3,31,5.5,9\n", "not on the scale"),
        ("ratings.csv", RATINGS_CSV + "3,31,0.0,9\n", "not on the scale"),
        ("ratings.csv", RATINGS_CSV + "3,31,3.7,9\n", "not on the scale"),
        ("ratings.csv", RATINGS_CSV + "3,31,nan,9\n", "not on the scale"),
        ("ratings.csv", RATINGS_CSV + "3,31,,9\n", "damaged"),
        ("ratings.csv", RATINGS_CSV + "3,,4.0,9\n", "damaged"),
        ("ratings.csv", RATINGS_CSV + "3,31\n", "damaged"),
        ("ratings.csv", RATINGS_CSV + "0,31,4.0,9\n", "not positive"),
        ("ratings.csv", RATINGS_CSV + "3,-1,4.0,9\n", "not positive"),
        ("ratings.csv", RATINGS_CSV + "3,31,4.0,-9\n", "timestamp is negative"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n", "empty"),
        ("ratings.csv", "user,film,stars\n1,31,4.0\n", "damaged"),
        ("ratings.csv", "", "damaged"),
        ("movies.csv", MOVIES_CSV + "31,Sabrina (1954),Comedy\n", "listed twice"),
        ("movies.csv", MOVIES_CSV + "thirty,Sabrina (1954),Comedy\n", "damaged"),
        ("movies.csv", MOVIES_CSV + "1000000000,Sabrina (1954),Comedy\n", "above 999,999,999"),
        ("ratings.csv", RATINGS_CSV + "3,1000000000,4.0,9\n", "above 999,999,999"),
        ("links.csv", LINKS_CSV + "31,0113957,1642\n", "two rows of links"),
        ("links.csv", LINKS_CSV + "8,tt0113957,1642\n", "damaged"),
        ("links.csv", LINKS_CSV + "8,0113957\n", "damaged"),
        ("links.csv", LINKS_CSV + ",0113957,1642\n", "damaged"),
        ("links.csv", LINKS_CSV + "8,0113957,16.42\n", "damaged"),
        ("links.csv", LINKS_CSV + "0,0113957,1642\n", "links is impossible"),
        ("links.csv", LINKS_CSV + "1000000000,0113957,1642\n", "links is impossible"),
        ("links.csv", LINKS_CSV + "8,0000000,1642\n", "links is impossible"),
        ("links.csv", LINKS_CSV + "8,99000000000,1642\n", "links is impossible"),
        ("links.csv", LINKS_CSV + "8,0113957,-1\n", "links is impossible"),
        ("links.csv", "movieId,imdbId\n31,0113957\n", "damaged"),
        ("links.csv", "", "damaged"),
    ],
)
def test_a_file_with_impossible_content_is_refused_and_deleted(
    member: str, text: str, complaint: str, site: Site, tmp_path: Path
) -> None:
    members = {"ratings.csv": RATINGS_CSV, "movies.csv": MOVIES_CSV, "links.csv": LINKS_CSV} | {member: text}
    site.files["/ml-latest.zip"] = zipped({f"ml-latest/{name}": content for name, content in members.items()})
    with pytest.raises(DatasetError, match=complaint):
        load_movielens("ml-latest", tmp_path, site.url)
    assert names_in(tmp_path) == set()


def test_a_zip_without_the_expected_member_is_refused(site: Site, tmp_path: Path) -> None:
    site.files["/ml-latest.zip"] = zipped({"ml-latest/ratings.csv": RATINGS_CSV})
    with pytest.raises(DatasetError, match=r"ml-latest/movies\.csv"):
        load_movielens("ml-latest", tmp_path, site.url)
    assert names_in(tmp_path) == set()


def test_what_is_no_zip_is_refused(site: Site, tmp_path: Path) -> None:
    site.files["/ml-latest.zip"] = b"<html>Please log in to this network</html>"
    with pytest.raises(DatasetError, match="damaged"):
        load_movielens("ml-latest", tmp_path, site.url)
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("place", range(60, 130, 10))
def test_a_flipped_bit_in_the_packed_ratings_is_noticed(place: int, small_latest: Site, tmp_path: Path) -> None:
    damaged = bytearray(small_latest.files["/ml-latest.zip"])
    damaged[place] ^= 1
    small_latest.files["/ml-latest.zip"] = bytes(damaged)
    with pytest.raises(DatasetError, match="damaged"):
        load_movielens("ml-latest", tmp_path, small_latest.url)


def test_a_member_that_would_fill_the_memory_is_refused(
    small_latest: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts, "LARGEST", 50)
    with pytest.raises(DatasetError, match="would unpack to more than 50 bytes"):
        load_movielens("ml-latest", tmp_path, small_latest.url)


def test_names_in_a_zip_never_become_paths(site: Site, tmp_path: Path) -> None:
    outside = {"../outside": "x", str(tmp_path / "absolute"): "x", "ml-latest/../../outside": "x"}
    good = {"ml-latest/ratings.csv": RATINGS_CSV, "ml-latest/movies.csv": MOVIES_CSV}
    site.files["/ml-latest.zip"] = zipped(outside | good)
    load_movielens("ml-latest", tmp_path / "data", site.url)
    assert names_in(tmp_path) == {"data"} | {f"data/{name}" for name in CACHE}


def test_the_second_load_needs_no_server(tmp_path: Path) -> None:
    site = Site()
    site.files["/ml-latest.zip"] = zipped({"ml-latest/ratings.csv": RATINGS_CSV, "ml-latest/movies.csv": MOVIES_CSV})
    first = load_movielens("ml-latest", tmp_path, site.url)
    site.close()
    assert_same(load_movielens("ml-latest", tmp_path, site.url), first)


@pytest.mark.parametrize("kind", ["ratings", "movies", "links"])
@pytest.mark.parametrize("damage", ["missing", "cut short", "empty", "a flipped bit", "other columns"])
def test_a_damaged_cache_is_built_anew(kind: str, damage: str, small_latest: Site, tmp_path: Path) -> None:
    first = load_movielens("ml-latest", tmp_path, small_latest.url)
    path = tmp_path / f"ml-latest.{kind}.parquet"
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "a flipped bit":
        place = content.index(ZSTD_MAGIC) + 8  # in the values of the first column
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    else:
        pd.DataFrame({"other": [1]}).to_parquet(path)
    assert_same(load_movielens("ml-latest", tmp_path, small_latest.url), first)
    assert path.read_bytes() == content


def test_a_copy_without_links_is_built_anew(small_latest: Site, tmp_path: Path) -> None:
    first = load_movielens("ml-latest", tmp_path, small_latest.url)
    (tmp_path / "ml-latest.links.parquet").unlink()
    assert_same(load_movielens("ml-latest", tmp_path, small_latest.url), first)
    assert names_in(tmp_path) == CACHE


def test_a_copy_without_links_serves_until_they_can_be_had(
    small_latest: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = load_movielens("ml-latest", tmp_path, small_latest.url)
    (tmp_path / "ml-latest.links.parquet").unlink()
    packed = small_latest.files.pop("/ml-latest.zip")
    older = load_movielens("ml-latest", tmp_path, small_latest.url)
    assert older.links.empty
    assert_same(replace(older, links=first.links), first)
    assert "links of ml-latest to other databases are not there yet" in caplog.text
    small_latest.files["/ml-latest.zip"] = packed
    assert_same(load_movielens("ml-latest", tmp_path, small_latest.url), first)


def test_the_copy_of_ml_100k_keeps_its_own_numbers(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expect(monkeypatch, "ml-100k", Counts(1, 1, 1))
    star_wars = f"50|Star Wars (1977)|01-Jan-1977||{'|0' * 19}"
    site.files["/ml-100k.zip"] = zipped({"ml-100k/u.data": "1\t50\t5\t9\n", "ml-100k/u.item": star_wars})
    first = load_movielens("ml-100k", tmp_path, site.url)
    assert first.ratings["movie"].tolist() == first.movies["movie"].tolist() == [260]
    assert pd.read_parquet(tmp_path / "ml-100k.ratings.parquet")["movie"].tolist() == [50]
    assert_same(load_movielens("ml-100k", tmp_path, "http://127.0.0.1:9/nowhere"), first)


def test_a_film_that_ml_100k_does_not_have_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(monkeypatch, "ml-100k", Counts(1, 1, 1))
    item = f"1683|Sabrina (1954)|01-Jan-1954||{'|0' * 19}"
    site.files["/ml-100k.zip"] = zipped({"ml-100k/u.data": "1\t1683\t5\t9\n", "ml-100k/u.item": item})
    with pytest.raises(DatasetError, match="above 1,682"):
        load_movielens("ml-100k", tmp_path, site.url)
