"""What Letterboxd's zip and its files say."""

import pytest

from bot.imports.reading import read
from bot.imports.rows import Unreadable
from tests.bot.imports import files
from tests.bot.imports.told import day, marked, one, rated, skipped

FIRST_LINE = files.WATCHED.splitlines(keepends=True)[0]


def letterboxd(folder="", **changed):
    """A zip, with other texts for some of its files; None leaves one out."""
    held = files.LETTERBOXD | {f"{name}.csv": text for name, text in changed.items()}
    return read(files.packed({folder + name: text for name, text in held.items() if text is not None}))


@pytest.mark.parametrize("folder", ["", "letterboxd-somebody-2024-06-01/"])
def test_stars_come_from_the_ratings_and_the_rest_from_the_other_files(folder):
    reading = letterboxd(folder)
    assert reading.source == "Letterboxd"
    assert rated(reading) == {"Heat": 4.5, "WALL·E": 0.5, "Good, the Bad and the Ugly, The": 5.0}
    assert marked(reading, "seen") == {"Alien": "2022-03-04", "Amélie": "2023-05-07"}
    assert marked(reading, "wanted") == {"Up": "2024-04-05"}
    assert reading.skipped == ()


def test_a_rating_keeps_its_own_day():
    assert day(one(letterboxd(), "Heat")) == "2024-01-02"


def test_without_the_ratings_the_diary_has_stars_and_the_newest_count():
    assert rated(letterboxd(ratings=None)) == {"Alien": 3.5, "Heat": 1.0}
    alone = read(files.DIARY.encode())
    assert rated(alone) == {"Alien": 3.5, "Heat": 1.0}
    assert skipped(alone) == {"Alien": "older"}


def test_ratings_alone_are_read_whatever_they_are_called():
    assert rated(read(files.RATINGS.encode(), name="watchlist.csv")) == rated(letterboxd())


def test_the_name_decides_only_between_files_that_are_written_alike():
    assert marked(read(files.WATCHED.encode(), name="watched (1).csv"), "seen")["Alien"] == "2023-05-06"
    assert marked(read(files.WATCHLIST.encode(), name="Watchlist.csv"), "wanted")["Up"] == "2024-04-05"
    for name in ("", "films.csv"):
        with pytest.raises(Unreadable, match="whole zip"):
            read(files.WATCHED.encode(), name=name)


def test_reviews_are_not_read():
    with pytest.raises(Unreadable, match="reviews, which I don't read"):
        read(files.LETTERBOXD["reviews.csv"].encode())


def test_only_the_exact_paths_are_read():
    with pytest.raises(Unreadable, match="no ratings in that zip"):
        read(files.packed({"deleted/ratings.csv": files.RATINGS, "a/b/ratings.csv": files.RATINGS}))


def test_two_exports_in_one_zip_are_refused():
    with pytest.raises(Unreadable, match="several exports"):
        read(files.packed({"a/ratings.csv": files.RATINGS, "b/ratings.csv": files.RATINGS}))


def test_two_films_of_one_title_and_year_stay_two():
    twins = f"{FIRST_LINE}2024-01-01,Eden,2019,https://boxd.it/a\n2024-01-02,Eden,2019,https://boxd.it/b\n"
    diary = files.DIARY.splitlines(keepends=True)[0] + "2024-01-03,Eden,2019,https://boxd.it/e,,,,2020-01-01\n"
    reading = letterboxd(ratings=None, watchlist=None, watched=twins, diary=diary)
    assert [(row.written, day(row)) for row in reading.rows] == [("Eden", "2024-01-01"), ("Eden", "2024-01-02")]


def test_a_film_that_was_rated_off_the_scale_still_was_seen():
    reading = letterboxd(ratings=files.RATINGS.replace("4.5", "9"))
    assert skipped(reading) == {"Heat": "out of scale"}
    assert "Heat" in marked(reading, "seen")


@pytest.mark.parametrize("stars", ["", "0"])
def test_a_rating_of_nothing_is_a_film_that_was_seen(stars):
    assert "Heat" in marked(read(files.RATINGS.replace("4.5", stars).encode()), "seen")


def test_a_file_in_it_that_is_damaged_stops_it_all():
    with pytest.raises(Unreadable, match=r"`watched\.csv` in that zip"):
        letterboxd(watched="nothing,of,this\n1,2,3\n")


def test_a_file_in_it_that_is_empty_says_nothing():
    assert "Amélie" not in marked(letterboxd(watched=""), "seen")


def test_ratings_that_a_spreadsheet_saved_in_another_country_are_the_same():
    saved = "Date;Name;Year;Letterboxd URI;Rating\r\n02.01.2024;Heat;1995;https://boxd.it/1;4,5\r\n31.01.2024;Up;2009;x;5\r\n"
    reading = read(saved.encode("cp1252"))
    assert rated(reading) == {"Heat": 4.5, "Up": 5.0}
    assert day(one(reading, "Heat")) == "2024-01-02"
