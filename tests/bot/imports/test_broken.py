"""Files that are too large, too many, damaged, or something else: one sentence each, and little memory."""

import io
import json
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.imports.opening import ENTRIES, ENTRY, UPLOADED
from bot.imports.reading import read
from bot.imports.rows import REASONS, Reading, Unreadable
from bot.imports.tables import ROWS
from tests.bot.imports import files
from tests.bot.imports.told import rated

HEAD = "Date,Name,Year,Letterboxd URI,Rating\n"
MB = 1 << 20


def said(data, **options):
    """The sentence that a file is refused with."""
    with pytest.raises(Unreadable) as refused:
        read(data, **options)
    return str(refused.value)


def rows(count):
    return HEAD + "".join(f"2024-01-02,Film {number},1999,https://boxd.it/{number},4\n" for number in range(count))


def bomb(size, method=zipfile.ZIP_DEFLATED):
    """A zip of one file with so many zeros."""
    return files.packed({"ratings.csv": b"0" * size}, method)


# Over the limits


def test_as_many_rows_as_are_taken_are_read_and_no_more():
    assert len(read(rows(ROWS).encode()).rows) == ROWS
    assert "more than 20,000 rows" in said(rows(ROWS + 1).encode())


def test_what_many_files_say_together_is_no_more_either():
    other = rows(ROWS // 2 + 1).replace("boxd.it/", "boxd.it/other")
    assert "more than 20,000 rows" in said(files.packed({"ratings.csv": rows(ROWS // 2), "watched.csv": other}))


@pytest.mark.parametrize("line", ["a\n", "\n", ",,,,\n", '""\n', "\r"])
def test_millions_of_tiny_rows_are_not_read_to_their_end(line):
    assert "more than 20,000 rows" in said((HEAD + line * 2_000_000).encode()[:UPLOADED])


def test_an_upload_over_the_limit_is_not_looked_at():
    assert "larger than 10 MB" in said(HEAD.encode() + b"\n" * UPLOADED)


def test_a_zip_bomb_is_not_unpacked():
    assert "unpacks to more" in said(bomb(ENTRY + 1))
    assert "unpacks to more" in said(files.packed({f"{name}.csv": b"0" * (18 * MB) for name in "abc"}))


def test_sizes_that_a_zip_makes_smaller_than_they_are_do_not_help():
    data = bytearray(bomb(60 * MB))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(mark) + at
        data[place : place + 4] = (100).to_bytes(4, "little")
    assert "damaged" in said(bytes(data))


def test_all_that_is_read_of_a_zip_is_counted_together():
    row = "2024-01-02,Film,1999,https://boxd.it/1," + "x" * 100_000 + "\n"
    large = HEAD.replace("Rating", "Tags") + row * 150
    held = dict.fromkeys(("watched.csv", "watchlist.csv", "diary.csv", "ratings.csv"), large)
    assert "unpacks to more" in said(files.packed(held))


def test_too_many_files_are_refused():
    assert f"more than {ENTRIES} files" in said(
        files.packed(files.LETTERBOXD | {f"{n}.txt": "" for n in range(ENTRIES)})
    )


def test_a_zip_in_a_zip_is_refused():
    assert "zip inside that zip" in said(files.packed({"mine.zip": files.packed(files.LETTERBOXD)}))
    assert "zip inside that zip" in said(files.packed({"ratings.csv": files.packed(files.LETTERBOXD)}))


@pytest.mark.parametrize(
    "path", ["../ratings.csv", "/etc/ratings.csv", "a/../../ratings.csv", "..\\ratings.csv", "C:\\ratings.csv"]
)
def test_paths_that_lead_out_of_a_zip_are_refused(path):
    assert "lead out of it" in said(files.packed({path: files.RATINGS}))


def test_a_file_without_a_name_is_one_as_any_other():
    nameless = zipfile.ZipInfo("x")
    nameless.filename = ""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as pack:
        pack.writestr(nameless, "x")
        pack.writestr("ratings.csv", files.RATINGS)
    assert "Heat" in rated(read(held.getvalue()))


def test_what_systems_put_into_zips_is_no_matter():
    held = {"ratings.csv": files.RATINGS, "__MACOSX/._ratings.csv": b"\0\5", ".DS_Store": b"\0"}
    assert "Heat" in rated(read(files.packed(held)))
    assert rated(read(files.packed({"mine.csv": files.IMDB, "__MACOSX/._mine.csv": b"\0\5"})))["Heat"] == 4.5


@pytest.mark.parametrize("name", ["letterboxd\\ratings.csv", "./ratings.csv", "./letterboxd/ratings.csv"])
def test_zips_that_spell_their_paths_in_another_way_are_read(name):
    assert "Heat" in rated(read(files.packed({name: files.RATINGS})))


def test_of_several_files_in_a_zip_the_one_with_ratings_is_read():
    others = {"movielens-tags.csv": "x\n", "movielens-wishlist.csv": "x\n"}
    assert "Heat" in rated(read(files.packed({"movielens-ratings.csv": files.MOVIELENS_ORG, **others})))
    assert "no ratings in that zip" in said(files.packed({"ratings-1.csv": files.IMDB, "ratings-2.csv": files.IMDB}))


def test_what_is_not_taken_tells_in_which_file_it_stands():
    wrong = {"ratings.csv": files.RATINGS.replace("4.5", "9"), "watched.csv": files.WATCHED.replace("Alien", "x" * 400)}
    assert [(each.file, each.line) for each in read(files.packed(files.LETTERBOXD | wrong)).skipped] == [
        ("ratings.csv", 2),
        ("watched.csv", 3),
    ]
    assert {each.file for each in read(files.IMDB.encode()).skipped} == {""}


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_ways_of_packing_that_take_any_memory_are_not_unpacked(method):
    assert "can't open that zip" in said(files.packed(files.LETTERBOXD, method))


def test_a_zip_with_a_password_is_refused():
    data = bytearray(files.packed(files.LETTERBOXD))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            data[place + at] |= 1
    assert "password" in said(bytes(data))


@pytest.mark.parametrize("cut", [10, 300, 1000])
def test_half_a_zip_is_refused(cut):
    assert "can't open that zip" in said(files.packed(files.LETTERBOXD)[:-cut])


# Something else


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
        (b"MZ\x90\0\3\0\0\0" + b"\0" * 100, "no text"),
        (b"\x7fELF\2\1\1\0" * 20, "no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "no text"),
        (b"\x1f\x8b\x08\0\0\0", "no text"),
        (HEAD.encode() + b"2024-01-02,He\0at,1995,x,4\n", "no text"),
        (HEAD.encode("utf-32"), "no text"),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "web page"),
        (b"\xef\xbb\xbf\n <html>", "web page"),
        (b"<?xml version='1.0'?><rss/>", "web page"),
        (files.CRITICKER_XML[:300].encode(), "XML is damaged"),
        (b'<!DOCTYPE x [<!ENTITY a "aaa">]><recentratings/>', "web page"),
        (b'<recentratings><!DOCTYPE x [<!ENTITY a "aaa">]></recentratings>', "XML is damaged"),
        (b"<recentratings>" + b"<film/>" * 600_000, "more than 20,000 rows"),
        (b"hello", "can't tell what that file is"),
        (b"{}", "can't tell what that JSON is"),
        (b"[]", "can't tell what that JSON is"),
        (b"{", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b'{"a":' * 100_000, "damaged"),
        (b'[{"movie":{"ids":{}},"rating":' + b"9" * 5000 + b"}]", "damaged"),
        (b"PK\x05\x06" + b"\0" * 18, "no ratings in that zip"),
        (b"PK\x03\x04", "can't open that zip"),
        (files.packed({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), "spreadsheet"),
        (files.packed({"a.txt": "x", "b.txt": "y"}), "no ratings in that zip"),
        (files.packed({"ratings-movies.json": "{}"}), "can't tell what that JSON is"),
        (files.packed({"marquee-data.json": '{"tables": {}}'}), "can't tell what that JSON is"),
    ],
)
def test_what_is_no_file_of_ratings_is_refused_in_a_sentence(data, sentence):
    assert sentence in said(data, name="ratings.csv")


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 4000, "true", "null", "[]", '"\\ud800"']
)
def test_numbers_of_json_that_are_none_cost_their_row_alone(value):
    data = json.dumps(files.TRAKT_RATINGS).replace('"rating": 8', f'"rating": {value}').replace("episode", "movie")
    reading = read(data.replace('"show"', '"other"').encode())
    assert rated(reading) == {"Heat": 4.5}
    assert len(reading.skipped) == 1


def test_half_a_pair_in_json_is_left_out_of_the_title():
    [row] = read(json.dumps(files.TRAKT_RATINGS[:1]).replace("Heat", "He\\ud800at").encode()).rows
    assert row.written == "Heat"


# Quotes


@pytest.mark.parametrize("lines", [1, 3, 30_000])
def test_a_quote_that_never_closes_says_where(lines):
    whole = "2024-01-02,Heat,1995,https://boxd.it/1,4\n"
    broken = HEAD + whole + '2024-01-02,"Alien,1979,https://boxd.it/2,4\n' + whole * lines
    assert "begins in line 3 never ends" in said(broken.encode())


def test_a_cell_of_ten_megabytes_is_one_that_never_ends():
    for cell in ("x" * (9 * MB), '"' + "x\n" * (4 * MB) + '"'):
        assert "begins in line 2 never ends" in said(f"{HEAD}2024-01-02,{cell},1995,x,4\n".encode())


def test_a_row_of_millions_of_cells_is_one_that_never_ends():
    assert "begins in line 2 never ends" in said((HEAD + "ab," * (3 * MB)).encode())
    assert "never ends" in said(b"ab," * (3 * MB))


# Memory


@pytest.mark.parametrize(
    "data",
    [
        pytest.param((HEAD + "a\n" * (5 * MB))[: 10 * MB].encode(), id="tiny rows"),
        pytest.param(f"{HEAD}{'x' * (9 * MB)}\n".encode(), id="one cell"),
        pytest.param(("\ufeff" + HEAD + "é," * (2 * MB)).encode("utf-16-le"), id="utf-16"),
        pytest.param(b"[" + b"{}," * (3 * MB) + b"{}]", id="tiny objects"),
        pytest.param(b"[" + b"[]," * 330_000 + b"{}]", id="as many values as are read"),
        pytest.param(bomb(ENTRY), id="as much as is unpacked"),
        pytest.param(b"<recentratings>" + b"<film>" * 499_000, id="as many elements as are read"),
    ],
)
def test_memory_stays_within_bounds(data):
    tracemalloc.start()
    said(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 120 * MB


# Anything


def outcome(data, scale=None):
    """Anything is read as a Reading whose every value is in range, or refused."""
    try:
        reading = read(data, scale)
    except Unreadable:
        return
    assert isinstance(reading, Reading)
    for row in reading.rows:
        assert row.line > 0
        assert row.written or row.imdb or row.tmdb or row.movielens
        assert len(row.written.encode()) <= 1200
        assert (row.stars in [half / 2 for half in range(1, 11)]) if row.kind == "rated" else row.stars is None
        assert row.at is None or 0 <= row.at < 4_102_444_800
        assert row.year is None or 1800 <= row.year < 2100
        assert all(number is None or 0 < number < 10**12 for number in (row.imdb, row.tmdb, row.movielens))
    assert all(each.reason in REASONS and each.written.encode() is not None for each in reading.skipped)


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=80)
SCALES = st.sampled_from([None, 5, 10, 100])
SPLINTERS = st.sampled_from([b'"', b"\n", b",", b"\xff", b"\0", b"PK", b"<html>"])


@given(
    st.lists(TEXTS | st.from_regex(r"[-+]?\d{0,3}[.,]?\d{0,2} ?/ ?\d{0,3}|[★⭐☆]*½?[★☆]*", fullmatch=True), max_size=5),
    SCALES,
)
def test_any_rating(ratings, scale):
    for separator in ",;":
        rows = "".join(f'"Film {number}"{separator}1999{separator}"{text}"\n' for number, text in enumerate(ratings))
        outcome(f"Title{separator}Year{separator}Rating\n{rows}".encode(), scale)


@given(st.binary(max_size=500), SCALES)
def test_any_bytes(data, scale):
    outcome(data, scale)
    outcome(b"PK\x03\x04" + data)
    outcome(HEAD.encode() + data)
    outcome(b"Title,Year,Rating\n" + data, scale)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_damage_to_any_file(data):
    content = bytearray(data.draw(st.sampled_from(list(files.ALL.values()))))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 60)))
        content[start:end] = data.draw(st.binary(max_size=20) | SPLINTERS)
    outcome(bytes(content), data.draw(SCALES))


NAMES = st.sampled_from([*files.LETTERBOXD, *files.TRAKT, *files.TRAKT_OLD, "marquee-data.json", "x/ratings.csv"])
CONTENTS = st.sampled_from([*files.LETTERBOXD.values(), *files.TRAKT.values(), files.IMDB, "", "[]"]) | TEXTS


@given(st.dictionaries(NAMES | TEXTS.filter(str.strip), CONTENTS, max_size=6))
def test_any_files_under_any_names_in_a_zip(held):
    outcome(files.packed(held))


KEYS = st.sampled_from(
    [
        *("movie", "ids", "title", "year", "rating", "imdb", "rated_at"),
        *("tables", "member", "ratings", "movie_id", "stars"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(JSON, st.sampled_from([files.TRAKT_RATINGS, files.TRAKT_WATCHED, []]))
def test_any_json(anything, among):
    outcome(json.dumps(anything).encode())
    outcome(json.dumps([*among, anything]).encode())
    outcome(json.dumps({"member": "1", "tables": anything}).encode())
    outcome(json.dumps({"member": "1", "tables": {"ratings": [anything], "unknown_ratings": anything}}).encode())
