"""Wikidata: films by the time they were published, a piece at a time."""

import asyncio
import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.films import wikidata
from bot.films.fetch import BusyError, FetchError, UnreachableError
from bot.films.film import LONGEST_TITLE, MOST_OTHERS, Film
from bot.films.update import WEEKLY
from bot.films.wikidata import Wikidata, films_of, genres_of, items_of, pieces
from tests.bot.films.loopback import cut_off, document, enormous, film, plain, sparql, status, typed, worded
from tests.bot.films.test_shelf import rows
from tests.bot.patience import patiently

PIECES = 2 + 3 * 12  # before 1997, 1997, and the months of 1998 to 2000
# How Blazegraph ends an answer that takes too long: in the middle, with status 200.
TIMED_OUT = (
    document(["film"], [])[:-3] + b"\njava.util.concurrent.TimeoutException\n\tat java.util.concurrent.FutureTask.get"
)


@pytest.fixture
def update(server, web, shelf, time):
    """Updates what is older than a week; gives how many pieces failed."""

    async def update(progress=lambda *_: None):
        return await Wikidata(f"{server.url}/sparql").update(web, shelf, time.today - WEEKLY, progress)

    return update


@pytest.fixture
def titles(shelf):
    return lambda: sorted(shelf.read("wikidata")["title"])


def read(*facts: tuple[str, dict[str, str]]) -> Film:
    """The film that Wikidata tells these facts of, beside its title and its id."""
    told = [("title", worded("en", "The Matrix")), ("imdb", plain("tt0133093")), *facts]
    item = {"type": "uri", "value": "http://www.wikidata.org/entity/Q83495"}
    answer = document(
        ["film", "fact", "value"], [{"film": item, "fact": plain(fact), "value": term} for fact, term in told]
    )
    [only] = films_of(answer)
    return only


# --- what is read


async def test_a_film_with_all_that_is_known_of_it(server, update, shelf):
    server.items = [
        film(
            133093,
            "The Matrix",
            "1999-03-31",
            "1999-06-17",
            tmdb=[plain("603")],
            original=[worded("en", "The Matrix")],
            title=[worded("en", "The Matrix"), worded("de", "Matrix"), worded("fr", "Matrix")],
            minutes=[typed("decimal", "136")],
            genre=[worded("en", "film"), worded("en", "science fiction film"), worded("en", "action film")],
            language=[plain("en")],
            sitelinks=[typed("integer", "104")],
        )
    ]
    assert await update() == 0
    expected = Film(
        "The Matrix", 1999, 133093, 603, ("Matrix",), 136, ("Action", "Sci-Fi"), "en", votes=None, mean=None, fame=104.0
    )
    assert rows(shelf.read("wikidata")) == [expected]


def test_titles_are_as_long_and_as_many_as_titles_are():
    many = [("original", worded("en", f"{number} {'x' * 10_000}")) for number in range(100)]
    film = read(("title", worded("de", "y" * 10_000)), *many)
    assert len(film.others) == MOST_OTHERS
    assert all(len(title) <= LONGEST_TITLE for title in film.others)
    [unnamed] = [read(("title", worded("en", "")), ("any title", worded("ja", "z" * 10_000)))]
    assert len(unnamed.title) <= LONGEST_TITLE


def test_the_title_is_english_else_the_common_one_else_the_original_one_else_any():
    def titled(*facts):
        item = {"type": "uri", "value": "http://www.wikidata.org/entity/Q1"}
        known = [("imdb", plain("tt0133093")), *facts]
        answer = document([], [{"film": item, "fact": plain(fact), "value": term} for fact, term in known])
        return [(film.title, film.others) for film in films_of(answer)]

    everything = [
        ("title", worded("en", "Parasite")),
        ("title", worded("mul", "Gisaengchung")),
        ("original", worded("ko", "기생충")),
        ("title", worded("de", "Parasit")),
        ("any title", worded("cs", "Parazit")),
    ]
    assert titled(*everything) == [("Parasite", ("기생충", "Parasit"))]
    assert titled(*everything[1:]) == [("Gisaengchung", ("기생충", "Parasit"))]
    assert titled(*everything[2:]) == [("기생충", ("Parasit",))]
    assert titled(*everything[3:]) == [("Parasit", ())]
    assert titled(*everything[4:]) == [("Parazit", ())]
    assert titled() == [], "a film without a title is none"


def test_of_several_imdb_ids_the_first_well_formed_one_counts():
    assert read(("imdb", plain("tt0000012"))).imdb == 12
    assert read(("imdb", plain("nm0000012")), ("imdb", plain("tt12")), ("imdb", plain("tt0000000x"))).imdb == 133093


def test_the_year_is_that_of_the_first_publication_and_of_no_unknown_one():
    dates = [typed("dateTime", "2003-01-01T00:00:00Z"), typed("dateTime", "1999-12-01T00:00:00Z")]
    unknown = {"type": "uri", "value": "http://www.wikidata.org/.well-known/genid/2b6d"}
    assert read(*(("published", date) for date in [*dates, unknown])).year == 1999
    assert read(("published", typed("dateTime", "-0044-03-15T00:00:00Z"))).year is None


@pytest.mark.parametrize(
    ("amount", "minutes"), [("136", 136), ("+136", 136), ("95.5", 95), ("0", None), ("long", None)]
)
def test_minutes_are_whole(amount, minutes):
    assert read(("minutes", typed("decimal", amount))).minutes == minutes


def test_of_several_languages_the_one_of_the_original_title_counts():
    spoken = [("language", plain(code)) for code in ("de", "ko", "en")]
    assert read(*spoken, ("original", worded("ko", "기생충"))).language == "ko"
    assert read(*spoken).language == "de"
    assert read(("language", plain("old Norse"))).language is None


@pytest.mark.parametrize(
    ("name", "genres"),
    [
        ("romantic comedy film", ("Comedy", "Romance")),
        ("Science fiction horror film", ("Horror", "Sci-Fi")),
        ("live-action/animated film", ("Animation",)),
        ("spaghetti Western", ("Western",)),
        ("anti-war film", ("War",)),
        ("family film", ("Children",)),
        ("superhero film", ("Action",)),
        ("comedy drama", ("Comedy", "Drama")),
        ("film noir", ("Film-Noir",)),
        ("flashback film", ()),
        ("award-winning film", ()),
    ],
)
def test_genres_are_in_movielens_words(name, genres):
    assert genres_of([name]) == genres


def test_a_row_that_lacks_something_is_left_out():
    item = {"type": "uri", "value": "http://www.wikidata.org/entity/Q1"}
    assert films_of(document(["film"], [{}, {"film": item}])) == []
    assert items_of(document(["film"], [{}, {"film": plain("Q1")}, {"film": item}])) == ["Q1"]


# JSON can have halves of surrogate pairs, which no file can.
TEXTS = st.sampled_from(["en", "tt0133093", "1999-03-31T00:00:00Z", "136"]) | st.text(
    st.characters(exclude_categories=())
)
TERMS = st.fixed_dictionaries({"value": TEXTS}, optional={"type": st.text(), "xml:lang": TEXTS})
FACTS = ["imdb", "tmdb", "published", "original", "title", "any title", "minutes", "language", "genre", "sitelinks"]
ROWS = st.lists(
    st.fixed_dictionaries({"film": TERMS, "fact": st.sampled_from(FACTS).map(plain), "value": TERMS})
    | st.dictionaries(st.sampled_from(["film", "fact", "value", "other"]), TERMS)
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["results", "bindings", "film", "value"]) | st.text(), inner)
    ),
)


@settings(max_examples=50)
@given(ROWS)
def test_any_result_is_read_as_films_that_can_be_kept(rows):
    answer = document(["film"], rows)
    for read in films_of(answer):
        assert read.imdb
        assert read.title.encode()
        assert all(other.encode() for other in read.others)
    assert all(re.fullmatch("Q[0-9]+", item) for item in items_of(answer))


@settings(max_examples=50)
@given(st.binary() | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_no_result_or_an_empty_one(answer):
    try:
        films = films_of(answer)
    except FetchError:
        films = []
    assert films == []


# --- how it is asked for


def test_the_pieces_follow_one_another_without_a_gap_up_to_the_next_year():
    days = sorted((piece.start, piece.end) for piece in pieces(2026))
    assert all(before[1] == after[0] for before, after in itertools.pairwise(days))
    assert days[-1][1].isoformat() == "2028-01-01"
    assert len({piece.name for piece in pieces(2026)}) == len(days)


async def test_a_film_is_asked_for_where_it_was_first_published(server, update):
    server.items = [film(1, "Everywhere", "1998-05-01", "1998-07-01", "1999-01-01")]
    await update()
    assert sum("wd:Q1 " in query for query in server.queries) == 1


async def test_many_films_are_asked_for_some_at_once(server, update, titles, monkeypatch):
    monkeypatch.setattr(wikidata, "AT_ONCE", 3)
    server.items = [film(number, f"Film {number}", "1998-05-01") for number in range(1, 8)]
    await update()
    assert len(titles()) == 7
    assert len(server.queries) == PIECES + 3


async def test_only_every_other_second_is_the_services(server, update, time):
    async def slowly(request):
        time.now += 40
        return sparql(["film"], [])

    server.faults = [slowly, slowly]
    await update()
    assert time.slept[:3] == [40, 40, wikidata.LEAST_PAUSE]


async def test_each_query_declares_what_it_abbreviates_and_closes_what_it_opens(server, update):
    server.items = [film(1, "A film", "1998-05-01")]
    await update()
    assert server.queries
    for query in server.queries:
        declared = set(re.findall(r"PREFIX (\w+):", query))
        assert set(re.findall(r"(?<![\w<:/])(\w+):\w", query.split("SELECT", 1)[1].replace("00:00:00", ""))) <= declared
        assert query.count("{") == query.count("}")


# --- again, and again


async def test_what_is_less_than_a_week_old_is_not_asked_for_again(server, update, titles, time):
    server.items = [film(1, "Old", "1998-05-01")]
    await update()
    server.items.append(film(2, "New", "1999-05-01"))
    server.queries.clear()
    await time.sleep(6 * 86_400)
    await update()
    assert server.queries == []
    await time.sleep(2 * 86_400)
    await update()
    assert titles() == ["New", "Old"]


async def test_a_film_that_is_gone_or_changed_is_so_after_a_week(server, update, titles, time):
    server.items = [film(1, "Gone", "1998-05-01"), film(2, "Mispelt", "1998-06-01")]
    await update()
    server.items = [film(2, "Misspelt", "1998-06-01")]
    await time.sleep(8 * 86_400)
    await update()
    assert titles() == ["Misspelt"]


async def test_progress_goes_from_nothing_to_all(update):
    told = []
    await update(lambda *progress: told.append(progress))
    assert told[0] == ("2000-12", 0, PIECES)
    assert told[-1] == ("", PIECES, PIECES)


FAULTS = {
    "not JSON": status(200, b"<html>Wikimedia Error</html>"),
    "another JSON": status(200, b'{"error": "no"}'),
    "rows that are none": status(200, b'{"results": {"bindings": [[]]}}'),
    "timed out in the middle": status(200, TIMED_OUT),
    "refused": status(400, b"MalformedQueryException"),
    "enormous": enormous,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_piece_that_fails_keeps_what_it_had_and_the_others_are_renewed(
    server, update, titles, time, caplog, fault
):
    server.items = [film(1, "First", "2000-12-24"), film(2, "Second", "2000-11-24")]
    await update()
    server.items = [film(3, "Third", "2000-12-24"), film(4, "Fourth", "2000-11-24")]
    server.faults = [fault]
    await time.sleep(8 * 86_400)
    assert await update() == 1
    assert titles() == ["First", "Fourth"]
    assert "Films of 2000-12 could not be fetched" in caplog.text
    assert await update() == 0
    assert titles() == ["Fourth", "Third"]


async def test_a_piece_of_which_half_arrived_keeps_what_it_had(server, update, titles, time, monkeypatch):
    monkeypatch.setattr(wikidata, "AT_ONCE", 1)
    server.items = [film(1, "First", "2000-12-24"), film(2, "Second", "2000-12-24")]
    await update()
    server.items = [film(1, "Changed", "2000-12-24"), film(2, "Changed too", "2000-12-24")]
    server.faults = [None, None, status(400)]
    await time.sleep(8 * 86_400)
    assert await update() == 1
    assert titles() == ["First", "Second"]


@pytest.mark.parametrize("fault", [status(500), status(429, retry_after="3"), cut_off(b'{"head"', 500)])
async def test_what_passes_costs_nothing_but_time(server, update, titles, fault):
    server.items = [film(1, "First", "1998-05-01")]
    server.faults = [fault, None, fault]
    assert await update() == 0
    assert titles() == ["First"]


async def test_a_service_that_fails_again_and_again_is_left_alone(server, update):
    server.faults = [status(400)] * 100
    with pytest.raises(FetchError):
        await update()
    assert len(server.requests) == wikidata.FAULTS


async def test_a_service_that_wants_a_rest_is_left_alone(server, update):
    server.faults = [status(429, retry_after="100000")]
    with pytest.raises(BusyError):
        await update()
    assert len(server.requests) == 1


async def test_without_a_network_nothing_else_is_tried(web, shelf, time):
    with pytest.raises(UnreachableError):
        await Wikidata("http://127.0.0.1:1/sparql").update(web, shelf, time.today, lambda *_: None)


async def test_that_all_films_of_a_piece_are_gone_is_not_believed(server, update, titles, time):
    server.items = [film(number, f"Film {number:02}", "1998-05-01") for number in range(1, wikidata.BELIEVED + 1)]
    await update()
    server.items = []
    await time.sleep(8 * 86_400)
    assert await update() == 1
    assert len(titles()) == wikidata.BELIEVED


async def test_stopped_in_the_middle_it_ends_at_once_and_goes_on_from_there(server, update, titles):
    server.items = [film(1, "Late", "2000-12-24"), film(2, "Early", "1998-01-24")]
    server.faults = [*[None] * 10, server.hangs]
    stopped = asyncio.create_task(update())
    await patiently(server.hanging.wait())
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert titles() == ["Late"]
    before = len(server.requests)
    await update()
    assert titles() == ["Early", "Late"]
    assert len(server.requests) - before == PIECES + 2 - 10
