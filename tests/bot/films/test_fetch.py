"""HTTP: patient with what passes, strict with what is too much, and never in a hurry."""

import asyncio
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.films.fetch import LONGEST_WAIT, PAUSES, BusyError, FetchError, UnreachableError, Web, retry_after
from tests.bot.films.loopback import cut_off, enormous, status
from tests.bot.patience import patiently

FINE = status(200, b"fine")


@pytest.fixture
def ask(web, server):
    async def ask(most_bytes=1_000_000, most_seconds=60.0):
        url = f"{server.url}/sparql"
        return await web.post(
            url, {"query": "?"}, accept="application/json", most_bytes=most_bytes, most_seconds=most_seconds
        )

    return ask


@pytest.fixture
def get(web, server, tmp_path):
    """Downloads the file "films"; gives what is there then."""

    async def get(most_bytes=1_000_000, received=lambda done, total: None):
        await web.download(f"{server.url}/films", tmp_path / "films", most_bytes=most_bytes, received=received)
        return (tmp_path / "films").read_bytes()

    return get


async def test_the_server_is_told_who_asks(server, ask):
    server.faults = [FINE, FINE]
    await ask()
    assert server.requests[0].headers["User-Agent"].startswith("Marquee/0.1.0 (Discord bot for movie nights)")
    async with Web("me@example.org") as web:
        await web.post(f"{server.url}/sparql", {"query": "?"}, accept="*/*", most_bytes=1000, most_seconds=60)
    assert "(Discord bot for movie nights; me@example.org)" in server.requests[1].headers["User-Agent"]


async def test_it_waits_as_many_seconds_as_it_is_told_to(server, ask, time):
    server.faults = [status(429, retry_after="7"), status(503, retry_after="120"), FINE]
    assert await ask() == b"fine"
    assert time.slept == [7, 120]


async def test_it_waits_until_the_time_that_it_is_told(server, ask, time):
    server.faults = [
        status(429, retry_after=format_datetime(datetime.fromtimestamp(time.now + 30, UTC), usegmt=True)),
        FINE,
    ]
    assert await ask() == b"fine"
    assert time.slept == [30]


async def test_told_to_stop_but_not_for_how_long_it_waits_a_minute(server, ask, time):
    server.faults = [status(429), status(429, retry_after="soon"), FINE]
    assert await ask() == b"fine"
    assert time.slept == [60, 60]


async def test_a_server_that_wants_a_long_rest_gets_it(server, ask, time):
    server.faults = [status(429, retry_after="86400")]
    with pytest.raises(BusyError, match=r"left alone for 1,440 min\.") as error:
        await ask()
    assert (error.value.seconds, time.slept) == (86_400, [])
    assert LONGEST_WAIT < 86_400


async def test_a_server_that_still_wants_a_rest_after_some_tries_gets_it(server, ask, time):
    server.faults = [status(429, retry_after="600")] * 4
    with pytest.raises(BusyError, match=r"left alone for 10 min\.") as error:
        await ask()
    assert (error.value.seconds, time.slept) == (600, [600, 600, 600])


async def test_what_may_pass_is_tried_again_with_growing_pauses(server, ask, time):
    server.faults = [status(500), cut_off(b"half", 1_000), status(502), FINE]
    assert await ask() == b"fine"
    assert time.slept == list(PAUSES) == sorted(PAUSES)


async def test_what_does_not_pass_is_given_up(server, ask):
    server.faults = [status(500)] * 4
    with pytest.raises(FetchError, match="answered 500 Internal Server Error"):
        await ask()
    assert len(server.requests) == 4


async def test_what_is_refused_is_not_tried_again(server, ask):
    server.faults = [status(403)]
    with pytest.raises(FetchError, match="answered 403 Forbidden"):
        await ask()
    assert len(server.requests) == 1


async def test_an_answer_that_takes_too_long_is_given_up(server, ask):
    server.faults = [server.hangs] * 4
    with pytest.raises(FetchError, match="takes too long"):
        await ask(most_seconds=0.01)


async def test_an_enormous_answer_is_stopped_while_it_comes(server, ask):
    server.faults = [enormous]
    with pytest.raises(FetchError, match="more than the 1,000,000 bytes"):
        await ask()
    assert len(server.requests) == 1


async def test_redirects_are_not_followed(server, ask):
    server.faults = [status(302, location=f"{server.url}/films")]
    with pytest.raises(FetchError, match="redirects"):
        await ask()
    assert len(server.requests) == 1


async def test_without_a_network_it_says_so_at_once(time):
    async with Web(sleep=time.sleep, clock=lambda: time.now) as web:
        for url in ("http://127.0.0.1:1/sparql", "http://nowhere.example/sparql"):
            with pytest.raises(UnreachableError, match="can't be reached"):
                await web.post(url, {}, accept="", most_bytes=1, most_seconds=60.0)
    assert time.slept == []


async def test_a_file_is_downloaded_and_its_progress_told(server, get):
    server.files = {"films": b"film " * 100_000}
    told = []
    assert await get(received=lambda *progress: told.append(progress)) == server.files["films"]
    assert told[-1] == (500_000, 500_000)


async def test_a_packed_file_stays_packed(server, get):
    server.faults = [status(200, b"packed", content_encoding="gzip")]
    assert await get() == b"packed"


async def test_a_download_that_breaks_off_goes_on_from_there(server, get):
    server.files = {"films": b"the first half, the second half"}
    server.faults = [cut_off(b"the first half", 31, ETag='"first"')]
    assert await get() == server.files["films"]
    assert server.requests[1].headers["Range"] == "bytes=14-"


async def test_a_download_that_was_stopped_goes_on_in_a_later_call(server, get):
    server.files = {"films": b"the first half, the second half"}
    server.faults = [cut_off(b"the first half", 31, ETag='"first"'), status(404)]
    with pytest.raises(FetchError):
        await get()
    assert await get() == server.files["films"]
    assert server.requests[-1].headers["Range"] == "bytes=14-"


async def test_what_is_whole_is_not_fetched_again(server, get):
    server.files = {"films": b"film"}
    await get()
    assert await get() == b"film"
    assert server.requests[-1].headers["Range"] == "bytes=4-"


async def test_halves_of_two_versions_are_never_put_together(server, get):
    server.files, server.tag = {"films": b"a new version of the file"}, '"second"'
    server.faults = [cut_off(b"the first half", 31, ETag='"first"')]
    assert await get() == server.files["films"]


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
async def test_without_a_version_to_go_by_it_starts_from_the_beginning(server, get, tag):
    server.files, server.tag = {"films": b"another length"}, tag
    server.faults = [cut_off(b"the first half", 31, **({"ETag": tag} if tag else {}))]
    assert await get() == server.files["films"]
    assert "Range" not in server.requests[1].headers


async def test_a_file_that_became_shorter_is_fetched_anew(server, get):
    server.files = {"films": b"short"}
    server.faults = [cut_off(b"the first half", 31, ETag='"first"')]
    assert await get() == b"short"


async def test_an_enormous_file_is_stopped_while_it_comes(server, get):
    server.files = {"films": b"film " * 100_000}
    with pytest.raises(FetchError, match="more than the 1,000 bytes"):
        await get(most_bytes=1_000)


async def test_a_download_that_is_cancelled_ends_at_once_and_keeps_what_it_has(server, get, tmp_path):
    server.files = {"films": b"the first half, the second half"}
    arrived = asyncio.Event()
    server.faults = [cut_off(b"the first half", 31, ETag='"first"'), server.hangs]
    download = asyncio.create_task(get(received=lambda *_: arrived.set()))
    await patiently(arrived.wait())
    download.cancel()
    with pytest.raises(asyncio.CancelledError):
        await download
    assert (tmp_path / "films").read_bytes() == b"the first half"
    server.faults = []
    assert await get() == server.files["films"]


@given(st.text() | st.from_regex(r"[0-9]{1,12}", fullmatch=True) | st.datetimes().map(format_datetime) | st.none())
def test_whatever_a_server_says_a_wait_is_a_number_of_seconds_or_unknown(header):
    wait = retry_after(header, now=0.0)
    assert wait is None or 0 < wait < float("inf")
