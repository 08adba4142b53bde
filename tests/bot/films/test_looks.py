"""What films look like, from a loopback TMDB with real shapes and with all that can go wrong."""

import asyncio
import json
import logging
import socket
import sqlite3
import threading
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.films import tmdb as client
from bot.films.film import Film
from bot.films.look import Offers
from bot.films.look_store import DAY, LookStore
from bot.films.looks import Looks
from bot.films.tmdb import Tmdb, brief, matching, parsed
from tests.bot.patience import PATIENCE, patiently

TOKEN = "eyJhbGciOiJIUzI1NiJ9.a-secret.of-the-operator"
MATRIX = Film("The Matrix", 1999, imdb=133093)
TYPED = Film("The Matrix", 1999)  # as a member may have written it: its title is nothing for the log
LINK = "https://www.themoviedb.org/movie/603-the-matrix/watch?locale=DE"


def movie(number=603, **facts):
    """What /movie answers."""
    return {
        "adult": False,
        "id": number,
        "imdb_id": "tt0133093",
        "title": "Matrix",
        "original_title": "The Matrix",
        "overview": "Der Hacker Neo ist nicht allein. Er folgt einem Kaninchen. Dann erwacht er.",
        "poster_path": "/f89U3ADr1oiB1s9GkdPOEpXUk5H.jpg",
        "release_date": "1999-03-31",
        "runtime": 136,
        "videos": {
            "results": [
                {"site": "YouTube", "type": "Clip", "key": "clipclipcli", "official": True},
                {"site": "YouTube", "type": "Trailer", "key": "fanfanfanfa", "official": False},
                {"site": "YouTube", "type": "Trailer", "key": "m8e-FF8MsqU", "official": True},
            ]
        },
        "release_dates": {
            "results": [
                {
                    "iso_3166_1": "DE",
                    "release_dates": [{"certification": "18", "type": 1}, {"certification": "16", "type": 3}],
                },
                {"iso_3166_1": "FR", "release_dates": [{"certification": "", "type": 3}]},
            ]
        },
        "watch/providers": {
            "results": {
                "DE": {
                    "link": LINK,
                    "flatrate": [{"provider_name": "Netflix", "provider_id": 8, "logo_path": "/n.jpg"}],
                    "rent": [{"provider_name": "Apple TV", "provider_id": 2}],
                }
            }
        },
    } | facts


class Service:
    """TMDB on loopback. Each of the `faults` answers one request, whatever that asks for; None lets one through."""

    def __init__(self):
        self.asked = []
        self.queries = []
        self.tokens = set()
        self.faults = []
        self.found = {"tt0133093": 603}
        self.movies = {603: movie()}
        self.searched = []
        self.at_once = self.most_at_once = 0
        self.free = asyncio.Event()
        self.free.set()
        self.came = asyncio.Event()

    async def answer(self, request):
        self.came.set()
        path = request.path.removeprefix("/3")
        self.asked.append(path)
        self.queries.append(dict(request.query))
        self.tokens.add(request.headers["Authorization"])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.free.wait()
            await asyncio.sleep(0.002)  # as long as others need to come
            if self.faults and (fault := self.faults.pop(0)) is not None:
                return await fault(request)
            return self._answer(path, request.query)
        finally:
            self.at_once -= 1

    def _answer(self, path, query):
        name = path.rsplit("/", 1)[1]
        if path.startswith("/find/"):
            rows = [{"id": self.found[name]}] if name in self.found else []
            return web.json_response({"movie_results": rows, "person_results": [], "tv_results": []})
        if path == "/search/movie":
            rows = [
                row for row in self.searched if query.get("year", row["release_date"][:4]) == row["release_date"][:4]
            ]
            return web.json_response({"page": 1, "results": rows, "total_pages": 1, "total_results": len(rows)})
        known = self.movies.get(int(name))
        if known is None:
            return web.json_response({"success": False, "status_code": 34}, status=404)
        if isinstance(known, dict) and query["language"] in known:
            known = known[query["language"]]
        return web.json_response(known)

    @asynccontextmanager
    async def open(self):
        app = web.Application()
        app.router.add_get("/{path:.*}", self.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/3"
            yield self
        finally:
            self.free.set()
            await runner.cleanup()


def status(code, **headers):
    async def fault(_):
        return web.Response(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return fault


def body(text):
    async def fault(_):
        return web.Response(body=text, content_type="application/json")

    return fault


async def cut_off(request):
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"id": 603,')
    request.transport.abort()
    return response


FAULTS = {
    "500": status(500),
    "cut off": cut_off,
    "no JSON": body("<html>"),
    "no object": body("[]"),
    "deep": body("[" * 100_000),
    "a long number": body('{"id": ' + "9" * 5_000 + "}"),
    "no Unicode": body(b"\xff\xfe\xfd"),
    "enormous": body(b" " * (client.MOST_BYTES + 1)),
    "a redirect": status(302, Location="http://127.0.0.1:1/elsewhere"),
    "forbidden": status(403),
}


@pytest_asyncio.fixture
async def service():
    async with Service().open() as service:
        yield service


@pytest.fixture
def store(tmp_path):
    return LookStore(tmp_path / "films" / "looks")


@asynccontextmanager
async def opened(service, store, time, patience=PATIENCE, address=None):
    async with Tmdb(SecretStr(TOKEN), address or service.url, clock=lambda: time.now) as tmdb:
        looks = Looks(tmdb, store, lambda: time.now, patience=patience)
        try:
            yield looks
        finally:
            await looks.close()


@pytest_asyncio.fixture
async def looks(service, store, time):
    async with opened(service, store, time) as looks:
        yield looks


async def test_a_film_has_all_that_a_card_shows(looks, service):
    look = await looks.of(MATRIX, "de", "DE")
    assert look.poster == "https://image.tmdb.org/t/p/w342/f89U3ADr1oiB1s9GkdPOEpXUk5H.jpg"
    assert look.thumbnail == "https://image.tmdb.org/t/p/w154/f89U3ADr1oiB1s9GkdPOEpXUk5H.jpg"
    assert look.minutes == 136
    assert look.overview == "Der Hacker Neo ist nicht allein. Er folgt einem Kaninchen."
    assert look.trailer == "https://www.youtube.com/watch?v=m8e-FF8MsqU"
    assert look.certification == "16"
    assert look.offers == Offers(LINK, flatrate=("Netflix",), rent=("Apple TV",))
    assert service.asked == ["/find/tt0133093", "/movie/603"]
    assert service.tokens == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("region", [None, "US"])
async def test_no_country_is_taken_for_another(looks, region):
    look = await looks.of(MATRIX, "de", region)
    assert look.poster
    assert (look.certification, look.offers) == (None, None)


async def test_an_overview_that_a_language_lacks_comes_in_english(looks, service):
    service.movies[603] = {
        "de": movie(overview="", videos={"results": []}),
        "en-US": movie(overview="A hacker wakes up."),
    }
    look = await looks.of(MATRIX, "de", "DE")
    assert look.overview == "A hacker wakes up."
    assert look.trailer == "https://www.youtube.com/watch?v=m8e-FF8MsqU"
    assert [query.get("language") for query in service.queries[1:]] == ["de", "en-US"]


async def test_a_film_is_found_by_its_number_where_no_imdb_id_is_known(looks, service):
    assert await looks.of(Film("The Matrix", 1999, tmdb=603), "de", "DE")
    assert service.asked == ["/movie/603"]


async def test_a_number_that_is_another_films_by_its_imdb_id_is_not_taken(looks, service):
    service.found = {}
    service.movies[604] = movie(604, imdb_id="tt0234215")
    assert await looks.of(MATRIX._replace(tmdb=604), "de", "DE") is None


async def test_without_an_id_a_film_is_looked_for_by_title_and_year(looks, service):
    service.searched = [
        {"id": 1, "title": "The Matrix", "release_date": "2030-01-01"},
        {"id": 2, "title": "The Matrix Revisited", "release_date": "1999-05-05"},
        {"id": 603, "title": "Matrix", "original_title": "The Matrix", "release_date": "1999-03-31"},
    ]
    assert (await looks.of(Film("the matrix", 1999), "de", "DE")).minutes == 136
    assert service.asked == ["/search/movie", "/movie/603"]


def test_a_year_beside_counts_only_where_one_film_fits():
    beside = {"id": 1, "title": "Suspiria", "release_date": "2017-01-01"}
    assert matching([beside], "Suspiria", 2018) == 1
    assert matching([beside, beside | {"id": 2, "release_date": "2019-01-01"}], "Suspiria", 2018) is None
    assert matching([beside, beside | {"id": 3, "release_date": "2018-01-01"}], "Suspiria", 2018) == 3
    assert matching([beside], "Suspiria", 2019) is None
    assert matching([beside, beside | {"id": 2}], "Suspiria", 2017) is None
    assert matching([beside | {"release_date": ""}], "Suspiria", 2017) is None


async def test_a_film_that_is_kept_is_not_asked_for_and_offers_are_renewed_daily(looks, service, time):
    first = await looks.of(MATRIX, "de", "DE")
    asked = len(service.asked)
    time.now += DAY - 1
    assert await looks.of(MATRIX, "de", "DE") == first
    assert len(service.asked) == asked
    time.now += 2
    service.movies[603] = movie(**{"watch/providers": {"results": {}}})
    assert (await looks.of(MATRIX, "de", None)).poster
    assert len(service.asked) == asked
    assert (await looks.of(MATRIX, "de", "DE")).offers is None
    assert len(service.asked) > asked


async def test_details_are_shown_without_old_offers_where_nothing_new_comes(looks, service, time):
    first = await looks.of(MATRIX, "de", "DE")
    time.now += DAY
    service.faults = [status(500)]
    assert await looks.of(MATRIX, "de", "DE") == first._replace(offers=None)


async def test_a_film_that_isnt_there_is_asked_for_once_a_day(looks, service, time):
    unknown = Film("Our Holidays", 2024)
    assert await looks.of(unknown, "de", "DE") is None
    asked = len(service.asked)
    assert await looks.of(unknown, "de", "DE") is None
    assert len(service.asked) == asked
    time.now += DAY
    await looks.of(unknown, "de", "DE")
    assert len(service.asked) == 2 * asked


async def test_what_is_old_is_removed_from_the_file_itself(looks, store, time):
    await looks.of(MATRIX, "de", "DE")
    file = store._file
    assert b"Netflix" in file.read_bytes()
    time.now += DAY
    await looks.prune()
    assert b"Netflix" not in file.read_bytes()
    assert b"Kaninchen" in file.read_bytes()
    time.now += 29 * DAY
    await looks.prune()
    assert b"Kaninchen" not in file.read_bytes()


async def test_many_who_ask_for_a_film_make_one_request(looks, service):
    seen = await asyncio.gather(*(looks.of(MATRIX, "de", "DE") for _ in range(30)))
    assert len(set(map(str, seen))) == 1
    assert seen[0].poster
    assert service.asked == ["/find/tt0133093", "/movie/603"]


async def test_many_films_are_had_at_once_in_their_order_with_none_for_those_that_arent_there(looks, service):
    service.movies |= {number: movie(number, imdb_id=None, runtime=number) for number in range(1, 21)}
    films = [Film("", 2000, tmdb=number) for number in (7, 5, 999, 7)]
    found = await looks.of_all(films, "de", "DE")
    assert [look and look.minutes for look in found] == [7, 5, None, 7]
    asked = len(service.asked)
    assert await looks.of_all(films, "de", "DE") == found
    assert len(service.asked) == asked
    assert await looks.of_all([], "de", "DE") == []


async def test_many_films_wait_no_longer_than_one_and_show_what_has_come(looks, service):
    first = await looks.of(MATRIX, "de", "DE")
    assert first
    service.free.clear()
    films = [MATRIX, *(Film("", 2000, tmdb=number) for number in range(1, 21))]
    assert await looks.of_all(films, "de", "DE", patience=0.1) == [first, *[None] * 20]


async def test_what_is_kept_is_not_waited_for_where_the_file_is_held(service, store, time, monkeypatch):
    monkeypatch.setattr("bot.films.looks.FASTEST", 0.1)
    free, get = threading.Event(), store.get
    monkeypatch.setattr(store, "get", lambda *asked: free.wait() and get(*asked))
    async with opened(service, store, time, patience=0.1) as looks:
        assert await looks.of_all([MATRIX, MATRIX], "de", "DE") == [None, None]
        free.set()
    async with opened(service, store, time) as looks:
        assert (await looks.of(MATRIX, "de", "DE")).minutes == 136


async def test_a_spanish_that_only_discord_has_is_asked_for_as_mexicos(looks, service):
    assert await looks.of(MATRIX, "es-419", None)
    assert service.queries[1]["language"] == "es-MX"


async def test_posters_come_from_where_they_are_said_to(service, store, time):
    async with Tmdb(SecretStr(TOKEN), service.url, images="http://127.0.0.1:9") as tmdb:
        look = await Looks(tmdb, store, lambda: time.now).of(MATRIX, "de", None)
    assert look.poster == "http://127.0.0.1:9/w342/f89U3ADr1oiB1s9GkdPOEpXUk5H.jpg"


async def test_at_most_four_requests_are_made_at_a_time(looks, service):
    service.movies |= {number: movie(number, imdb_id=None) for number in range(1, 21)}
    await asyncio.gather(*(looks.of(Film("", 2000, tmdb=number), "de", "DE") for number in range(1, 21)))
    assert service.most_at_once == 4
    assert len(service.asked) == 20


async def test_an_answer_does_not_wait_and_the_next_one_has_it(service, store, time):
    async with opened(service, store, time, patience=0.05) as looks:
        service.free.clear()
        assert await looks.of(MATRIX, "de", "DE") is None
        service.free.set()
        for _ in range(100 * PATIENCE):
            if store.get([("imdb 133093", "de")], time.now):
                break
            await asyncio.sleep(0.01)
        assert await looks.of(MATRIX, "de", "DE")
        assert len(service.asked) == 2


async def test_who_stops_waiting_ends_nothing_for_others(looks, service):
    service.free.clear()
    impatient = asyncio.create_task(looks.of(MATRIX, "de", "DE"))
    other = asyncio.create_task(looks.of(MATRIX, "de", "DE"))
    await patiently(service.came.wait())
    impatient.cancel()
    service.free.set()
    assert (await other).poster


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_goes_wrong_shows_nothing_and_is_tried_again_some_minutes_later(looks, service, time, caplog, fault):
    service.faults, service.searched = [fault], [movie()]
    assert await looks.of(TYPED, "de", "DE") is None
    assert caplog.text.count("A film is shown without its look: TMDB") + caplog.text.count("sends more") >= 1
    assert TYPED.title not in caplog.text
    assert await looks.of(TYPED, "de", "DE") is None
    assert len(service.asked) == 1
    time.now += 301
    assert await looks.of(TYPED, "de", "DE")


async def test_what_nobody_thought_of_reaches_no_card(looks, monkeypatch, caplog):
    async def broken(*_):
        raise RuntimeError("the session is closed")

    monkeypatch.setattr(Tmdb, "find", broken)
    assert await looks.of(TYPED, "de", "DE") is None
    assert "A film is shown without its look" in caplog.text
    assert TYPED.title not in caplog.messages[-1]


async def test_an_answer_that_is_no_film_is_not_kept(looks, service, time):
    service.faults = [None, body("{}")]
    assert await looks.of(MATRIX, "de", "DE") is None
    time.now += 301
    assert await looks.of(MATRIX, "de", "DE")


@pytest.mark.parametrize(("header", "seconds"), [("120", 120), ("Tue, 01 Jun 1999 00:03:00 GMT", 180), ("soon", 60)])
async def test_tmdb_is_left_alone_for_as_long_as_it_asks(looks, service, time, header, seconds):
    service.faults = [status(429, Retry_After=header)]
    assert await looks.of(MATRIX, "de", "DE") is None
    time.now += seconds - 1
    assert await looks.of(Film("Alien", 1979, imdb=78748), "de", "DE") is None
    assert len(service.asked) == 1
    time.now += 1
    assert await looks.of(MATRIX, "de", "DE")


async def test_a_token_that_isnt_accepted_turns_it_off_and_says_once_what_to_do(looks, service, caplog):
    service.faults = [status(401)] * 4
    films = [MATRIX, *(Film("", 2000, tmdb=number) for number in range(1, 9))]
    assert await asyncio.gather(*(looks.of(film, "de", "DE") for film in films)) == [None] * 9
    asked = len(service.asked)
    assert await looks.of(Film("Alien", 1979, imdb=78748), "de", "DE") is None
    assert len(service.asked) == asked
    assert caplog.text.count("Copy the API Read Access Token") == 1


async def test_a_host_that_cant_be_reached_is_left_alone_for_a_minute(store, time, caplog):
    caplog.set_level(logging.INFO)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/3"
        async with opened(None, store, time, address=address) as looks:
            assert await looks.of(MATRIX, "de", "DE") is None
            assert await looks.of(Film("Alien", 1979, imdb=78748), "de", "DE") is None
    assert caplog.text.count("TMDB can't be reached, or doesn't answer.") == 1


async def raised_by(finding):
    """The error that comes of it, which is logged as errors are."""
    try:
        await finding
    except Exception as error:
        logging.getLogger("test").debug("raised", exc_info=True)
        return error


async def test_the_token_is_nowhere_in_what_is_logged_or_raised(service, store, time, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    async with Tmdb(SecretStr(TOKEN), service.url, clock=lambda: time.now) as tmdb:
        for fault in [*FAULTS.values(), status(429), status(404), status(401)]:
            service.faults = [fault]
            time.now += 1_000
            if (error := await raised_by(tmdb.find(MATRIX, "de"))) is not None:
                assert TOKEN not in repr(error) + repr(error.args) + repr(vars(error))
        assert TOKEN not in repr(tmdb) + repr(vars(tmdb))
        async with opened(service, store, time) as looks:
            for fault in [*FAULTS.values(), status(429), status(401)]:
                service.faults = [fault]
                time.now += 1_000
                await looks.of(MATRIX, "de", "DE")
    async with Tmdb(SecretStr(f"{TOKEN}\nX-Other: 1"), service.url) as tmdb:
        with pytest.raises(Exception, match="TMDB") as raised:
            await tmdb.find(MATRIX, "de")
        assert TOKEN not in str(raised.getrepr(chain=True)) + repr(raised.value)
    written = capfd.readouterr()
    assert service.tokens == {f"Bearer {TOKEN}"}
    assert TOKEN not in caplog.text + written.out + written.err
    assert all(TOKEN not in str(record.__dict__) for record in caplog.records)


async def test_a_folder_that_cant_be_written_costs_only_requests(service, time, tmp_path, caplog):
    (tmp_path / "films").write_text("a file")
    async with opened(service, LookStore(tmp_path / "films" / "looks"), time) as looks:
        assert await looks.of(MATRIX, "de", "DE")
        assert await looks.of(MATRIX, "de", "DE")
    assert caplog.text.count("can't be kept") == 1


@pytest.mark.parametrize("damage", ["no database", "another layout", "no object"])
async def test_a_damaged_file_is_begun_anew(looks, store, damage, caplog, service):
    first = await looks.of(MATRIX, "de", "DE")
    if damage == "no database":
        store._file.write_bytes(b"not a database at all" * 100)
    else:
        with sqlite3.connect(store._file) as database:
            database.execute("UPDATE looks SET details = ?", ('{"color": 1}' if damage == "another layout" else "7",))
    assert await looks.of(MATRIX, "de", "DE") == first
    assert "is damaged" in caplog.text
    asked = len(service.asked)
    assert await looks.of(MATRIX, "de", "DE") == first
    assert len(service.asked) == asked


def test_an_overview_is_a_sentence_or_two_and_never_long():
    assert brief(" One.\n\nTwo!  Three. ") == "One. Two!"
    assert brief("No end") == "No end"
    assert brief("") == ""
    assert brief("Short. " + "long " * 100) == "Short."
    assert len(brief("long " * 100)) <= client.OVERVIEW


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


def paths(value, before=()):
    """The places of all values in a JSON text."""
    yield before
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from paths(inner, (*before, name))


@given(st.sampled_from(list(paths(movie()))[1:]), JSON)
def test_a_part_that_is_anything_else_breaks_nothing_and_can_be_kept(place, instead):
    answer = json.loads(json.dumps(movie()))
    *way, last = place
    inner = answer
    for name in way:
        inner = inner[name]
    inner[last] = instead
    found = parsed(answer)
    if found is not None:
        json.dumps([found.details._asdict(), found.offers])
        look = found.details.look(found.offers, "DE", client.IMAGES)
        assert look.poster is None or look.poster.startswith(f"{client.IMAGES}/w342/")
        assert look.trailer is None or look.trailer.startswith("https://www.youtube.com/watch?v=")
        assert look.minutes is None or 0 < look.minutes <= 1_000


@given(JSON)
def test_any_answer_is_a_film_or_none(answer):
    assert parsed(answer) is None


async def test_a_service_that_takes_requests_and_never_answers_is_left_alone_too(service, store, time, monkeypatch):
    monkeypatch.setattr(client, "MOST_SECONDS", 0.2)
    async with opened(service, store, time) as looks:
        service.free.clear()
        assert await looks.of(MATRIX, "de", "DE") is None
        asked = len(service.asked)
        assert await looks.of(Film("Alien", 1979, imdb=78748), "de", "DE") is None
        assert len(service.asked) == asked
        service.free.set()
        time.now += client.SILENT_WAIT
        assert await looks.of(MATRIX, "de", "DE")
