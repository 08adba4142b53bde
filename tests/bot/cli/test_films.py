"""`python -m bot films`, and `films update`."""

import asyncio
import signal
import sys
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot import Settings
from bot.cli.main import main
from bot.films.film import Film
from bot.films.imdb import CREDIT, Imdb
from bot.films.update import SOURCES, shelf_of
from bot.films.wikidata import Wikidata
from tests.bot.films.loopback import Loopback
from tests.bot.films.test_imdb import files
from tests.bot.patience import patiently

MATRIX = Film("The Matrix", 1999, 133093, minutes=136)
# The command line, with a Wikidata of its own.
UPDATE = """
import sys
from bot.cli.main import main
from bot.films.update import SOURCES
from bot.films.wikidata import Wikidata
url = sys.argv.pop()
SOURCES["wikidata"] = lambda: Wikidata(url)
sys.exit(main())
"""


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARQUEE_FILMS", "wikidata")
    return shelf_of(Settings())


@pytest.fixture
def run(shelf, monkeypatch):
    """Runs `python -m bot films` with these words, beside the loop of the test; gives the exit status."""

    async def run(*words):
        monkeypatch.setattr(sys, "argv", ["bot", "films", *words])
        return await asyncio.to_thread(main)

    return run


@pytest_asyncio.fixture
async def server():
    async with Loopback.open() as server:
        yield server


async def test_it_says_that_nothing_is_known_yet(run, capsys):
    assert await run() == 0
    assert "No films have been fetched yet" in capsys.readouterr().out


async def test_it_shows_what_is_known_from_where_and_how_old(run, shelf, capsys):
    shelf.write("wikidata", [MATRIX], datetime.now(UTC) - timedelta(days=9, hours=1), "1999")
    shelf.write("wikidata", [MATRIX._replace(imdb=1, minutes=None)], datetime.now(UTC), "2000")
    assert await run() == 0
    output = capsys.readouterr().out
    [row] = [line for line in output.splitlines() if line.startswith("│")]
    source, films, minutes, language, oldest, newest, age = (cell.strip() for cell in row.split("│")[1:-1])
    assert (source, films, minutes, language, age) == ("wikidata", "2", "50%", "0%", "9 days")
    assert oldest < newest
    assert "MARQUEE_FILMS is wikidata" in output


async def test_imdb_is_credited_where_its_films_are_shown(run, shelf, capsys):
    shelf.write("wikidata", [MATRIX], datetime.now(UTC), "1999")
    await run()
    assert CREDIT not in capsys.readouterr().out
    shelf.write("imdb", [MATRIX], datetime.now(UTC))
    await run()
    assert CREDIT in capsys.readouterr().out


async def test_update_fetches_now_and_shows_what_is_known_then(run, server, capsys, monkeypatch):
    server.files = files()
    monkeypatch.setenv("MARQUEE_FILMS", "imdb")
    monkeypatch.setenv("MARQUEE_IMDB_TERMS", "agreed")
    monkeypatch.setitem(SOURCES, "imdb", lambda: Imdb(server.url, least_films=1))
    assert await run("update") == 0
    assert "│ imdb" in capsys.readouterr().out
    server.requests.clear()
    assert await run("update") == 0
    assert server.requests == [], "less than a day old"


async def test_without_a_network_it_is_one_sentence(run, capsys, monkeypatch):
    monkeypatch.setitem(SOURCES, "wikidata", lambda: Wikidata("http://127.0.0.1:1/sparql"))
    assert await run("update") == 1
    assert "http://127.0.0.1:1/sparql can't be reached" in capsys.readouterr().err


async def test_a_folder_that_cannot_be_written_is_one_sentence(run, shelf, capsys):
    shelf.folder.parent.mkdir()
    shelf.folder.write_text("not a folder")
    assert await run("update") == 1
    assert "can't be used" in capsys.readouterr().err


async def test_off_is_one_sentence(run, capsys, monkeypatch):
    monkeypatch.setenv("MARQUEE_FILMS", "off")
    assert await run("update") == 1
    assert capsys.readouterr().err == "MARQUEE_FILMS is off: no films are fetched.\n"


async def test_ctrl_c_stops_it_with_a_sentence(shelf, server):
    server.faults = [server.hangs]
    words = [sys.executable, "-c", UPDATE, "films", "update", f"{server.url}/sparql"]
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    await patiently(server.hanging.wait())
    process.send_signal(signal.SIGINT)
    _, told = await patiently(process.communicate())
    assert process.returncode == 0
    assert told.decode().endswith("Stopped. What was fetched is kept; the same command goes on from there.\n")
    assert b"Traceback" not in told
