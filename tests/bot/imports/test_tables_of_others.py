"""Tables of unknown origin: films, ratings, and a scale that is asked for."""

import pytest

from bot.imports.reading import read
from bot.imports.rows import Unreadable
from tests.bot.imports.told import day, marked, one, rated, skipped


def text(content, scale=None, encoding="utf-8"):
    return read(content.encode(encoding), scale)


def test_a_table_of_titles_years_and_ratings_asks_for_its_scale():
    reading = text("Title,Year,My Rating\nHeat,1995,8\nAlien,1979,6.5\n")
    assert (reading.rows, reading.highest) == ((), 8.0)


@pytest.mark.parametrize(
    ("scale", "stars"),
    [(5, {"Heat": 3.0, "Alien": 2.5}), (10, {"Heat": 1.5, "Alien": 1.5}), (100, {"Heat": 0.5, "Alien": 0.5})],
)
def test_with_a_scale_it_has_stars(scale, stars):
    assert rated(text("Title,Year,Rating\nHeat,1995,3\nAlien,1979,2.5\n", scale)) == stars


def test_of_very_many_columns_only_the_first_are_looked_at():
    others = "".join(f",c{number}" for number in range(30_000))
    assert rated(text(f"Title,Year,Rating{others}\nHeat,1995,3\n", 5)) == {"Heat": 3.0}
    with pytest.raises(Unreadable, match="can't tell"):
        text(f"x{others},Title,Year,Rating\n")


def test_ratings_that_tell_their_scale_need_no_question():
    reading = text("Title,Year,Rating\nHeat,1995,8/10\nAlien,1979,★★★½\nUp,2009,⭐️⭐️\nCats,2019,0/5\nJaws,1975,6/5\n")
    assert (rated(reading), reading.highest) == ({"Heat": 4.0, "Alien": 3.5, "Up": 2.0}, None)
    assert skipped(reading) == {"Cats": "no rating", "Jaws": "out of scale"}


def test_among_others_they_count_by_their_own_scale():
    mixed = "Title,Year,Rating\nHeat,1995,80\nAlien,1979,4/5\n"
    assert text(mixed).highest == 80
    assert rated(text(mixed, 100)) == {"Heat": 4.0, "Alien": 4.0}


@pytest.mark.parametrize("row", ["Heat,4,5,1995", "Good, the Bad and the Ugly, The,1966,5", "Heat,1995,4,,x"])
def test_a_row_with_more_cells_than_headings_may_have_them_in_the_wrong_places(row):
    reading = text(f"Title,Rating,Year\n{row}\nAlien,3,1979,,\n", 5)
    assert (rated(reading), list(skipped(reading).values())) == ({"Alien": 3.0}, ["unreadable"])


def test_what_is_above_the_scale_is_told():
    assert skipped(text("Title,Year,Rating\nHeat,1995,8\n", 5)) == {"Heat": "out of scale"}


def test_a_column_of_imdbs_ids_is_enough_whatever_it_is_called():
    reading = text("what,stars\nhttps://www.imdb.com/title/tt0113277/,4\ntt0078748,3\n,5\n", 5)
    assert [(row.imdb, row.stars) for row in reading.rows] == [(113277, 4.0), (78748, 3.0)]
    assert [each.reason for each in reading.skipped] == ["no film"]


def test_a_year_may_stand_behind_the_title():
    reading = text("Movie,Score\nHeat (1995),4\n", 5)
    assert (one(reading, "Heat").year, rated(reading)) == (1995, {"Heat": 4.0})
    assert one(text("Movie,Year,Score\nHeat (1995),1995,4\n", 5), "Heat").year == 1995


@pytest.mark.parametrize(
    "content",
    [
        "TITLE , Year , RATING \nAmélie, 2001, 4\n",
        "title;year;rating\n Amélie ;2001;4,0\n",
        "Title\tYear\tRating\nAmélie\t2001\t4\n",
        "Title|Year|Rating\nAmélie|2001|4\n",
        "sep=;\r\nTitle;Year;Rating\r\nAmélie;2001;4,0\r\n",
        '\n"Title","Year","Rating"\r\n\r\n"Amélie","2001","4"\r\n',
        "Title,Year,Rating\rAmélie,2001,4\r",
        "Titel;Jahr;Bewertung\nAmélie;2001;4\n",
        "Rating,Title,Year,Note\n4,Amélie,2001,4\n",
        "imdbID,Title,Year,Rating10,WatchedDate\n,Amélie,2001,4,2024-01-02\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_headings_ends_of_lines_and_encodings(content, encoding, mark):
    if encoding != "cp1252":
        content = mark + content
    assert rated(text(content, 5, encoding)) == {"Amélie": 4.0}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("title", ["Брат", "千と千尋の神隠し", "기생충", "شب یلدا"])
def test_titles_in_other_scripts(title, encoding):
    assert rated(text(f"Название;Год;Моя оценка\n{title};1997;4\n", 5, encoding)) == {title: 4.0}


def test_one_line_in_another_encoding_garbles_no_other():
    reading = read("Title,Year,Rating\nAmélie,2001,4\n".encode() + "Délicatessen,1991,5\n".encode("cp1252"), 5)
    assert rated(reading) == {"Amélie": 4.0, "Délicatessen": 5.0}


def test_quoted_cells_go_over_lines():
    reading = text('Title,Year,Review,Rating\nHeat,1995,"one\n\ntwo ""three"", four",4\nAlien,1979,,3\n', 5)
    assert rated(reading) == {"Heat": 4.0, "Alien": 3.0}
    assert one(reading, "Alien").line == 5


def test_a_quotation_mark_within_a_title_is_part_of_it():
    assert rated(text('Title,Year,Rating\nThe "Burbs,1989,4\n', 5)) == {'The "Burbs': 4.0}


def test_html_in_the_middle_costs_no_other_row():
    reading = text(
        "Year,Title,Rating\n1995,Heat,4\n<html>\n<body class='x'>502, try later</body>\n</html>\n1979,Alien,3\n", 5
    )
    assert rated(reading) == {"Heat": 4.0, "Alien": 3.0}
    assert len(reading.skipped) == 3


def test_dates_are_read_by_the_whole_column():
    reading = text("Title,Year,Rating,Date Watched\nHeat,1995,4,01/02/2024\nAlien,1979,3,31/12/2023\n", 5)
    assert day(one(reading, "Heat")) == "2024-02-01"


def test_what_nobody_sees_is_no_part_of_a_title():
    assert rated(text("Title,Year,Rating\nHe\u200bat\u00a0 2,1995,4\n", 5)) == {"Heat 2": 4.0}


def test_a_title_that_is_too_long_to_be_one_is_told():
    reading = text(f"Title,Year,Rating\n{'x' * 5000},1995,4\nHeat,1995,4\n", 5)
    assert [(len(each.written), each.reason) for each in reading.skipped] == [(300, "unreadable")]
    assert rated(reading) == {"Heat": 4.0}


def test_the_same_film_twice_counts_by_its_newest_rating():
    reading = text("Title,Year,Rating,Date\nHeat,1995,5,2020-01-01\nHEAT,1995,1,2024-01-01\nHeat,1995,2,\n", 5)
    assert rated(reading) == {"HEAT": 1.0}
    assert [(each.line, each.reason) for each in reading.skipped] == [(2, "older"), (4, "older")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b,c\n1,2,3\n", "can't tell what that file is"),
        ("Title,Rating\nHeat,4\n", "can't tell what that file is"),
        ("Title,Year\nHeat,1995\n", "no column that is called"),
        ("Title,Year,Rating\n", "no rating in that file"),
        ("Title,Year,Rating\nHeat,1995,good\nAlien,1979,1000\n", "no rating in that file"),
        ("Name;Date;Subject\nDear Sir;2024-01-01;hello\n", "can't tell what that file is"),
    ],
)
def test_what_tells_no_films_or_no_ratings_is_refused_with_a_next_step(content, sentence):
    with pytest.raises(Unreadable, match=sentence):
        text(content)


def test_nothing_unrated_is_taken_for_seen():
    reading = text("Title,Year,Rating\nHeat,1995,\nAlien,1979,0\n", 5)
    assert (marked(reading, "seen"), set(skipped(reading).values())) == ({}, {"no rating"})
