"""IMDb's files: read whole, or not at all."""

import gzip

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.films.fetch import FetchError
from bot.films.film import LONGEST_TITLE, Film
from bot.films.imdb import BASICS, BASICS_COLUMNS, BLOCK, RATINGS, RATINGS_COLUMNS, Imdb, films_of, votes_of
from bot.films.update import WEEKLY
from tests.bot.films.loopback import cut_off, enormous, status, tsv
from tests.bot.films.test_shelf import rows

NONE = r"\N"
BASICS_HEADER = [*BASICS_COLUMNS[:6], "endYear", *BASICS_COLUMNS[6:]]
MATRIX = ("tt0133093", "movie", "The Matrix", "The Matrix", 0, 1999, NONE, 136, "Action,Sci-Fi")
TITLES = [
    MATRIX,
    ("tt6751668", "movie", "Parasite", "Gisaengchung", 0, 2019, NONE, 132, "Drama,Thriller"),
    ("tt0000001", "short", "Carmencita", "Carmencita", 0, 1894, NONE, 1, "Documentary,Short"),
    ("tt0944947", "tvSeries", "Game of Thrones", "Game of Thrones", 0, 2011, 2019, 60, "Action,Drama"),
    ("tt0000002", "movie", "Not for children", "Not for children", 1, 1999, NONE, 90, "Adult"),
    ("tt0000003", "movie", "Hardly known", "Hardly known", 0, 1999, NONE, 90, "Drama"),
    ("tt12345678", "tvMovie", 'The "Quoted', "Der Zitierte", 0, NONE, NONE, NONE, NONE),
    ("tt0000004", "movie", "Shifted", "Shifted", 0, 1999, NONE, "Drama", "Drama"),
    ("tt0000005", "movie", "Off the scale", "Off the scale", 0, 1999, NONE, 90, "Drama"),
]
VOTES = [
    ("tt0133093", 8.7, 2_000_000),
    ("tt6751668", "8.5", 900_000),
    ("tt0000001", 5.7, 2_000),
    ("tt0944947", 9.2, 2_000_000),
    ("tt0000002", 5.0, 2_000),
    ("tt0000003", 5.0, 749),
    ("tt12345678", 10.0, 750),
    ("tt0000004", 5.0, 2_000),
    ("tt0000005", 87, 2_000),
]


def files(titles=TITLES, votes=VOTES):
    return {BASICS: tsv(BASICS_HEADER, *titles), RATINGS: tsv(RATINGS_COLUMNS, *votes)}


@pytest.fixture
def update(server, web, shelf, time):
    server.files = files()

    async def update(progress=lambda *_: None, least_films=1):
        return await Imdb(server.url, least_films).update(web, shelf, time.today - WEEKLY, progress)

    return update


@pytest.fixture
def titles(shelf):
    return lambda: [film.title for film in rows(shelf.read("imdb"))]


async def test_titles_are_as_long_as_titles_are(server, update, shelf):
    server.files = files([("tt0133093", "movie", "x" * 10_000, "y" * 10_000, *MATRIX[4:])])
    await update()
    [film] = rows(shelf.read("imdb"))
    assert (film.title, film.others) == ("x" * LONGEST_TITLE, ("y" * LONGEST_TITLE,))


async def test_films_with_enough_votes_are_read_and_nothing_else(update, shelf):
    await update()
    assert rows(shelf.read("imdb")) == [
        Film("The Matrix", 1999, 133093, None, (), 136, ("Action", "Sci-Fi"), None, 2_000_000, 8.7, 2e6),
        Film("Parasite", 2019, 6751668, None, ("Gisaengchung",), 132, ("Drama", "Thriller"), None, 900_000, 8.5, 9e5),
        Film('The "Quoted', None, 12345678, None, ("Der Zitierte",), None, (), None, 750, 10.0, 750.0),
        Film("Shifted", 1999, 4, None, (), None, ("Drama",), None, 2_000, 5.0, 2_000.0),
    ]


async def test_genres_are_in_movielens_words(server, update, shelf):
    server.files = files(titles=[(*MATRIX[:-1], "Family,Biography,Film-Noir")])
    await update()
    assert rows(shelf.read("imdb"))[0].genres == ("Children", "Film-Noir")


async def test_a_row_with_too_few_or_too_many_columns_is_left_out(server, update, titles):
    server.files = files(titles=[("tt6751668", "movie"), (*MATRIX, "more"), MATRIX])
    await update()
    assert titles() == ["The Matrix"]


async def test_more_than_one_block_is_read(server, update, titles):
    filler = [(f"tt{number:07}", "short", "A short film " * 20, *MATRIX[3:]) for number in range(BLOCK // 200)]
    server.files = files(titles=[*filler, MATRIX])
    await update()
    assert titles() == ["The Matrix"]


async def test_progress_is_told_for_both_files(update):
    told = []
    await update(lambda *progress: told.append(progress))
    assert dict.fromkeys(what for what, *_ in told) == dict.fromkeys([RATINGS, BASICS, "reading"])


async def test_nothing_is_left_of_the_files(update, shelf):
    await update()
    assert [path.name for path in (shelf.folder / "imdb").iterdir()] == ["all.parquet"]


async def test_what_is_less_than_a_week_old_is_not_fetched_again(server, update, titles, time):
    await update()
    server.requests.clear()
    await time.sleep(6 * 86_400)
    await update()
    assert server.requests == []
    await time.sleep(2 * 86_400)
    server.files = files(titles=[MATRIX])
    await update()
    assert titles() == ["The Matrix"]


WHOLE = files()
FAULTS = {
    "cut within": {BASICS: WHOLE[BASICS][:-20]},
    "cut at the sum": {BASICS: WHOLE[BASICS][:-8]},
    "another sum": {BASICS: WHOLE[BASICS][:-8] + bytes(8)},
    "changed within": {BASICS: WHOLE[BASICS][:60] + bytes([WHOLE[BASICS][60] ^ 8]) + WHOLE[BASICS][61:]},
    "empty": {RATINGS: b""},
    "packed nothing": {RATINGS: gzip.compress(b"")},
    "not packed": {BASICS: b"<html>Sorry</html>"},
    "another page": {BASICS: gzip.compress(b"<html>\n<p>Sorry\n</html>\n")},
    "another header": {BASICS: tsv([*BASICS_HEADER[:-1], "kinds"], *TITLES)},
    "not text": {BASICS: gzip.compress(gzip.decompress(WHOLE[BASICS]).replace(b"Parasite", b"Parasit\xff"))},
    "one long line": {BASICS: gzip.compress(gzip.decompress(WHOLE[BASICS]) + b"x" * 3 * BLOCK)},
    "missing": {RATINGS: None},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_broken_file_changes_nothing_and_is_fetched_anew(server, update, titles, time, fault):
    await update()
    known = titles()
    server.files = {name: body for name, body in (WHOLE | fault).items() if body is not None}
    await time.sleep(8 * 86_400)
    with pytest.raises(FetchError):
        await update()
    assert titles() == known
    server.files = files(titles=[MATRIX])
    await update()
    assert titles() == ["The Matrix"]


async def test_too_few_films_are_not_believed(update, titles):
    with pytest.raises(FetchError, match="hold 4 known films"):
        await update(least_films=5)
    assert titles() == []


async def test_a_file_that_breaks_off_goes_on_from_there_even_in_a_later_update(server, update, titles):
    half = WHOLE[BASICS][:100]
    server.faults = [None, cut_off(half, len(WHOLE[BASICS]), ETag='"first"'), *[status(503)] * 3]
    with pytest.raises(FetchError, match="answered 503"):
        await update()
    server.requests.clear()
    await update()
    assert len(titles()) == 4
    assert server.requests[-1].headers["Range"] == "bytes=100-"


async def test_an_enormous_file_changes_nothing(server, update, titles, monkeypatch):
    monkeypatch.setattr("bot.films.imdb.MOST_BYTES", 100_000)
    server.faults = [enormous]
    with pytest.raises(FetchError, match="more than the 100,000 bytes"):
        await update()
    assert titles() == []


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.none() | st.sampled_from(["tt0000001", "movie", "0", "1999"]) | st.text()] * 8)))
def test_any_rows_are_read_as_films_that_can_be_kept(titles):
    block = pa.RecordBatch.from_arrays(
        [pa.array([title[at] for title in titles], pa.string()) for at in range(8)], names=BASICS_COLUMNS
    )
    for film in films_of(block, {"tt0000001": (5.0, 1_000)}):
        assert film.imdb == 1
        assert film.title


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.none() | st.sampled_from(["8.7", "1000", "-1", "1e9"]) | st.text()] * 3)))
def test_any_rows_are_read_as_votes(ratings):
    block = pa.RecordBatch.from_arrays(
        [pa.array([rating[at] for rating in ratings], pa.string()) for at in range(3)], names=RATINGS_COLUMNS
    )
    assert all(votes >= 750 and 1 <= mean <= 10 for mean, votes in votes_of(block).values())
