"""An update as the bot and the command line call it: it always ends with a sentence, and loses nothing."""

import asyncio
import sys

import pytest
import pytest_asyncio

from bot import Settings
from bot.films import wikidata
from bot.films.fetch import Web
from bot.films.imdb import Imdb
from bot.films.sources import fetched_at
from bot.films.update import DAILY, SOURCES, WEEKLY, Outcome, shelf_of, update
from bot.films.wikidata import Wikidata
from bot.training.retrain import Job
from tests.bot.films import loopback
from tests.bot.films.test_imdb import files
from tests.bot.patience import patiently

# An update of its own, in a process that can be killed.
UPDATE = """
import asyncio, sys
from bot import Settings
from bot.films import wikidata
from bot.films.update import SOURCES, update
wikidata.LEAST_PAUSE, wikidata.FIRST, wikidata.BUSY = 0.0, 2020, 2021
SOURCES["wikidata"] = lambda: wikidata.Wikidata(sys.argv[1])
asyncio.run(update(Settings(_env_file=None, data_dir=sys.argv[2], films="wikidata")))
"""


@pytest.fixture
def settings(server, tmp_path, monkeypatch):
    monkeypatch.setitem(SOURCES, "wikidata", lambda: Wikidata(f"{server.url}/sparql"))
    monkeypatch.setitem(SOURCES, "imdb", lambda: Imdb(server.url, least_films=1))
    server.items = [loopback.film(1, "Early", "1998-01-24"), loopback.film(2, "Late", "2000-12-24")]
    server.files = files()

    def settings(films="wikidata", **others):
        return Settings(_env_file=None, data_dir=tmp_path, films=films, imdb_terms="agreed").model_copy(update=others)

    return settings


@pytest_asyncio.fixture
async def run(settings, web):
    async def run(films="wikidata", **options):
        return await update(settings(films), web=web, **options)

    return run


@pytest.mark.parametrize(("films", "known"), [("wikidata", 2), ("imdb", 4)])
async def test_the_chosen_source_is_asked(run, settings, films, known):
    assert await run(films) == Outcome(changed=True, problem=None)
    assert len(shelf_of(settings()).read(films)) == known


async def test_of_machines_that_share_the_models_whichever_learns_next_has_what_another_has_fetched(
    settings, web, tmp_path
):
    one, other = (settings(data_dir=tmp_path / name, model_dir=tmp_path / "shared") for name in ("one", "other"))
    await update(one, web=web)
    learns_from = Job.of(other, tmp_path, tmp_path, data_at=0).films_dir
    assert fetched_at(learns_from, "wikidata") == fetched_at(one.films_dir, "wikidata") > 0
    assert not (await update(other, web=web)).changed


async def test_with_nothing_old_nothing_changes(run, time):
    await run()
    assert await run() == Outcome(changed=False, problem=None)
    await time.sleep(DAILY.total_seconds() + 1)
    assert not (await run(age=WEEKLY)).changed
    assert (await run(age=DAILY)).changed


async def test_off_means_off(run, server):
    outcome = await run("off")
    assert not outcome.changed
    assert outcome.problem is not None
    assert "MARQUEE_FILMS is off" in outcome.problem
    assert server.requests == []


async def test_a_piece_that_failed_is_told_and_the_rest_counts(run, server):
    server.faults = [loopback.status(400)]
    outcome = await run()
    assert outcome.changed
    assert outcome.problem == "Parts that could not be fetched and are as they were: 1. The next update tries again."


async def test_a_wait_that_the_source_asks_for_is_handed_on(run, server):
    server.faults = [loopback.status(429, retry_after="86400")]
    outcome = await run()
    assert (outcome.changed, outcome.wait) == (False, 86_400)
    assert "left alone" in outcome.problem
    assert not outcome.is_refused


@pytest.mark.parametrize("answer", [401, 403])
async def test_a_source_that_refuses_us_is_asked_no_further(run, server, answer):
    server.faults = [loopback.status(answer)] * 9
    outcome = await run()
    assert outcome.is_refused
    assert f"answered {answer}" in outcome.problem
    assert len(server.requests) == 1


async def test_without_a_network_it_is_one_sentence(run, settings, monkeypatch):
    monkeypatch.setitem(SOURCES, "wikidata", lambda: Wikidata("http://127.0.0.1:1/sparql"))
    outcome = await run()
    assert not outcome.changed
    assert "can't be reached" in outcome.problem
    assert "\n" not in outcome.problem


async def test_a_folder_that_cannot_be_written_is_one_sentence(run, tmp_path):
    (tmp_path / "films").write_text("not a folder")
    outcome = await run()
    assert not outcome.changed
    assert f"The folder {tmp_path / 'films'} can't be used" in outcome.problem


async def test_while_another_updates_it_is_one_sentence(run, settings, server):
    with shelf_of(settings()).held():
        outcome = await run()
    assert outcome.problem == "Films are being fetched by another process already."
    assert server.requests == []


async def test_killed_in_the_middle_it_goes_on_from_there(settings, server, time, tmp_path, monkeypatch):
    server.items = [loopback.film(1, "Early", "2020-01-24"), loopback.film(2, "Late", "2021-12-24")]
    server.faults = [*[None] * 10, server.hangs]
    words = [sys.executable, "-c", UPDATE, f"{server.url}/sparql", tmp_path]
    process = await asyncio.create_subprocess_exec(*words)
    await patiently(server.hanging.wait())
    process.kill()
    await process.wait()
    kept = shelf_of(settings()).pieces("wikidata")
    assert len(kept) == 10 - sum("VALUES ?film" in query for query in server.queries[:10])
    monkeypatch.setattr(wikidata, "FIRST", 2020)
    monkeypatch.setattr(wikidata, "BUSY", 2021)
    assert (await update(settings(), web=Web(sleep=time.sleep))).problem is None
    assert sorted(shelf_of(settings()).read("wikidata")["title"]) == ["Early", "Late"]
    assert kept.items() <= shelf_of(settings()).pieces("wikidata").items()
