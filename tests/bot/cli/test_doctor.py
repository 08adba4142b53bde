"""`doctor`: each line with its fault made real, and none of them changes anything."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zoneinfo
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
import torch
from aiohttp import web

from bot.cli.doctor import CHECKS
from bot.cli.machine import NEEDS
from bot.cli.main import main
from bot.films.film import Film
from bot.films.shelf import Shelf
from bot.store import Store
from bot.training.folder import ModelFolder
from recommender.datasets import DATASETS
from tests.bot.cli.one_page import serving
from tests.bot.test_settings import READ
from tests.bot.trouble import damage
from tests.bot.wire import TOKEN, Failure, Wire

GOOD, WARNING, BAD = "✓", "!", "✗"
TMDB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJtZSJ9.a-signature"
DAY = 86_400


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """A new host's, with nothing in it, and no settings but that no films are fetched."""
    monkeypatch.chdir(tmp_path)
    for name, *_ in READ:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MARQUEE_FILMS", "off")
    return tmp_path


@pytest.fixture
def doctor(monkeypatch, capsys):
    """Runs the program; gives the exit status, and by the name of each check what it found: marks and texts."""

    def doctor():
        monkeypatch.setattr("sys.argv", ["bot", "doctor"])
        status = main()
        printed = capsys.readouterr()
        assert printed.err == ""
        found = {}
        for line in printed.out.splitlines():
            for name in CHECKS:
                if line[3:].startswith(f"{name} "):
                    found.setdefault(name, []).append((line[0], line[3:].removeprefix(name).strip()))
        assert set(found) == set(CHECKS), "each check has its line"
        assert status == any(mark == BAD for lines in found.values() for mark, _ in lines)
        return status, found

    return doctor


@pytest.fixture
def finds(doctor):
    """Runs it; gives the one line of a check."""

    def finds(name):
        [line] = doctor()[1][name]
        return line

    return finds


@pytest_asyncio.fixture
async def discord(monkeypatch):
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
        yield wire


@pytest_asyncio.fixture
async def database(folder):
    async with Store.open("data/marquee.db") as store:
        await store.rate(1, 2, 4.5, at=3)
    return folder / "data" / "marquee.db"


@pytest.fixture
def published(model, folder):
    """Publishes a model of three films that learned from this data set."""

    def published(dataset, days=0):
        models = ModelFolder(folder / "data" / "models")
        models.clean()
        model.with_info(dataset=dataset, trained_at=time.time() - days * DAY).save(models.candidate)
        models.publish(models.candidate)
        return models.current

    return published


def test_in_an_empty_folder_nothing_is_wrong_and_nothing_is_made(doctor, folder):
    status, found = doctor()
    assert status == 0
    assert found["token"][0][0] == WARNING
    assert "make setup" in found["token"][0][1]
    assert list(folder.iterdir()) == []


async def test_it_changes_nothing_beside_a_bot_that_has_the_database_open(doctor, folder, published):
    published("ml-latest-small")
    async with Store.open("data/marquee.db") as store:
        await store.rate(1, 2, 4.5, at=3)
        before = state(folder)
        _, found = await asyncio.to_thread(doctor)
        assert state(folder) == before
    [(mark, text)] = found["database"]
    assert mark == GOOD
    assert text.startswith("Whole: 1 rating, ")


def state(folder):
    """All names and contents below a folder."""
    paths = sorted(folder.rglob("*"))
    # What SQLite's readers and writers share in memory notes who reads.
    return [(path, path.read_bytes() if path.is_file() and not path.name.endswith("-shm") else b"") for path in paths]


async def test_it_leaves_nothing_beside_a_database_at_rest(doctor, database):
    before = state(database.parent)
    doctor()
    assert state(database.parent) == before


def test_a_package_that_is_too_old_or_missing_is_named(finds, monkeypatch):
    version = metadata.version

    def changed(name):
        if name == "orjson":
            raise metadata.PackageNotFoundError(name)
        return "2.0" if name == "rich" else version(name)

    monkeypatch.setattr(metadata, "version", changed)
    mark, text = finds("packages")
    assert mark == BAD
    assert "rich 2.0 (needed: >=14)" in text
    assert "orjson (missing)" in text
    assert "make install" in text


def test_a_python_that_is_too_old_is_told(finds, monkeypatch):
    monkeypatch.setattr("platform.python_version", lambda: "3.10.4")
    mark, text = finds("Python")
    assert mark == BAD
    assert "needs >=3.11" in text


def test_all_settings_that_cannot_be_used_are_told_and_every_other_line_is_there(doctor, monkeypatch):
    monkeypatch.setenv("MARQUEE_RETRAIN_HOURS", "-1")
    monkeypatch.setenv("MARQUEE_MOVIELENS", "netflix")
    Path(".env").write_text("MARQUEE_LOG_LEVEL=loud\nMARQUEE_DATA_DRI=x\n")
    status, found = doctor()
    assert status == 1
    texts = [text for _, text in found["settings"]]
    for words in ("retrain_hours", "movielens", "log_level"):
        assert any(words in text for text in texts)
    assert (WARNING, "MARQUEE_DATA_DRI is no setting; did you mean MARQUEE_DATA_DIR?") in found["settings"]
    assert found["data set"][0][1] == "ml-latest-small is built in."


@pytest.mark.parametrize(
    ("content", "words"), [("A=1".encode("utf-16"), "Save it as UTF-8"), (b"A=1\nB='x\n", "Line 2 of .env")]
)
def test_a_damaged_env_file_is_told_and_every_other_line_is_there(doctor, content, words):
    Path(".env").write_bytes(content)
    Path(".env").chmod(0o600)
    status, found = doctor()
    assert status == 1
    assert any(mark == BAD and words in text for mark, text in found[".env"])


def test_an_env_file_that_others_may_read_is_told_with_what_to_type(finds):
    Path(".env").write_text("MARQUEE_DEVICE=cpu\n")
    Path(".env").chmod(0o644)
    assert finds(".env") == (
        WARNING,
        "Others on this machine may read it, and it holds secrets: chmod 600 .env",
    )
    Path(".env").chmod(0o600)
    assert finds(".env")[0] == GOOD


async def test_a_token_that_discord_takes_is_told_with_its_application(discord, doctor):
    status, found = await asyncio.to_thread(doctor)
    assert status == 0
    assert found["token"] == [(GOOD, "Discord knows it: Marquee, application 100000000000000001.")]
    assert found["intents"][0][0] == found["clock"][0][0] == GOOD
    assert discord.asked("GET", "/oauth2/applications/@me") == 1


async def test_a_token_that_discord_refuses_is_wrong_and_never_shown(discord, doctor, monkeypatch):
    stale = TOKEN.replace("secret", "stale-one")
    monkeypatch.setenv("DISCORD_TOKEN", stale)
    _, found = await asyncio.to_thread(doctor)
    [(mark, text)] = found["token"]
    assert mark == BAD
    assert "Reset Token" in text
    assert stale not in str(found)


async def test_what_is_no_token_is_told_without_asking(discord, doctor, monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", "my password")
    _, found = await asyncio.to_thread(doctor)
    assert found["token"][0][0] == BAD
    assert "my password" not in str(found)
    assert discord.asked("GET", "/oauth2/applications/@me") == 0


@pytest.mark.parametrize("status", [403, 429, 500, 502])
async def test_a_discord_in_trouble_is_no_fault_of_the_token(discord, finds, status):
    discord.failures.append(Failure("GET", "/applications/@me", status))
    mark, text = await asyncio.to_thread(finds, "token")
    assert mark == WARNING
    assert f"not reached: it answered {status}" in text


async def test_a_discord_that_does_not_answer_is_not_waited_for_long(discord, finds, monkeypatch):
    monkeypatch.setattr("bot.cli.services.SECONDS", 0.1)
    discord.failures.append(Failure("GET", "/applications/@me", 200, seconds=3))
    mark, text = await asyncio.to_thread(finds, "token")
    assert mark == WARNING
    assert "not reached" in text


async def test_privileged_intents_that_are_on_are_named(discord, finds, monkeypatch):
    monkeypatch.setitem(discord.about, "flags", 1 << 14 | 1 << 19)
    mark, text = await asyncio.to_thread(finds, "intents")
    assert mark == WARNING
    assert "Server Members, Message Content" in text


@pytest.mark.parametrize(
    ("seconds", "mark", "words"),
    [
        (0, GOOD, "agrees"),
        (-20, WARNING, "20 seconds ahead"),
        (20, WARNING, "20 seconds behind"),
        (3600, BAD, "behind"),
    ],
)
async def test_a_clock_that_is_off_is_told(finds, monkeypatch, seconds, mark, words):
    async def tell_the_time(request: web.Request) -> web.Response:
        return web.json_response({}, headers={"Date": formatdate(time.time() + seconds, usegmt=True)})

    async with serving("/gateway", tell_the_time) as address:
        monkeypatch.setattr("discord.http.Route.BASE", address)
        told, text = await asyncio.to_thread(finds, "clock")
    assert told == mark
    assert words in text


@pytest.mark.parametrize(("status", "mark"), [(200, GOOD), (401, BAD), (503, WARNING)])
async def test_tmdbs_token_is_checked(finds, monkeypatch, status, mark):
    async def check(request: web.Request) -> web.Response:
        return web.json_response({}, status=status)

    monkeypatch.setenv("TMDB_TOKEN", TMDB_TOKEN)
    async with serving("/authentication", check) as address:
        monkeypatch.setattr("bot.films.tmdb.ADDRESS", address)
        told, text = await asyncio.to_thread(finds, "TMDB")
    assert told == mark
    assert TMDB_TOKEN not in text


def test_tmdbs_other_key_is_told_apart(finds, monkeypatch):
    monkeypatch.setenv("TMDB_TOKEN", "0123456789abcdef" * 2)
    mark, text = finds("TMDB")
    assert mark == BAD
    assert "API Read Access Token" in text


async def test_a_damaged_database_is_told_with_what_to_type(finds, database):
    damage(database, "ratings")
    mark, text = await asyncio.to_thread(finds, "database")
    assert mark == BAD
    assert "python -m bot restore" in text


@pytest.mark.parametrize(
    "content", [b"no database at all, and longer than one page's header" * 9, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_database_is_told(finds, folder, content):
    (folder / "data").mkdir()
    (folder / "data" / "marquee.db").write_bytes(content)
    (folder / "data" / "marquee.db").chmod(0o600)
    assert finds("database")[0] == BAD


async def test_a_database_that_others_may_read_is_told_with_what_to_type(doctor, database):
    database.chmod(0o644)
    lines = (await asyncio.to_thread(doctor))[1]["database"]
    assert [mark for mark, _ in lines] == [GOOD, WARNING]
    assert lines[1][1].endswith(f"chmod 600 {database.relative_to(Path.cwd())}")


@pytest.mark.parametrize(("version", "mark", "words"), [(3, WARNING, "bot upgrade"), (9_999, BAD, "newer than this")])
async def test_a_database_of_another_version_is_told(finds, database, version, mark, words):
    with closing(sqlite3.connect(database)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    told, text = await asyncio.to_thread(finds, "database")
    assert told == mark
    assert words in text


async def test_a_database_that_is_lost_while_backups_are_there_is_told(finds, database):
    backups = database.parent / "backups"
    backups.mkdir()
    database.rename(backups / "marquee-20260101-000000.db")
    mark, text = await asyncio.to_thread(finds, "database")
    assert mark == BAD
    assert "python -m bot restore" in text


def test_a_model_is_told_with_its_age(finds, published):
    published("ml-latest-small", days=3)
    assert finds("model") == (GOOD, "Whole, and learned 3 days ago from ml-latest-small.")


def test_a_model_of_another_data_set_is_told(finds, published):
    published("ml-1m")
    mark, text = finds("model")
    assert mark == WARNING
    assert "from ml-1m. The settings say ml-latest-small" in text


def test_a_damaged_model_is_told_and_left_where_it_is(finds, published):
    file = published("ml-latest-small")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    mark, text = finds("model")
    assert mark == BAD
    assert "damaged" in text
    assert file.read_bytes() == content


def test_a_data_set_that_is_still_to_be_downloaded_is_told_with_its_size(finds, monkeypatch):
    monkeypatch.setenv("MARQUEE_MOVIELENS", "ml-32m")
    assert finds("data set") == (WARNING, "ml-32m is not there yet: the next start downloads 239 MB.")


@pytest.mark.parametrize(("days", "mark"), [(3, GOOD), (30, WARNING)])
def test_films_that_are_old_are_told(finds, folder, monkeypatch, days, mark):
    monkeypatch.setenv("MARQUEE_FILMS", "wikidata")
    film = Film(title="Heat", year=1995, imdb=113277)
    Shelf(folder / "data" / "films").write("wikidata", [film], datetime.now(UTC) - timedelta(days=days))
    told, text = finds("films")
    assert told == mark
    assert f"{days} days ago" in text


async def test_backups_are_told_with_their_age(finds, database):
    assert (await asyncio.to_thread(finds, "backups"))[0] == WARNING
    backups = database.parent / "backups"
    backups.mkdir()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(time.time() - 3_600))
    shutil.copy(database, backups / f"marquee-{stamp}.db")
    assert (await asyncio.to_thread(finds, "backups"))[0] == GOOD
    (backups / f"marquee-{stamp}.db").rename(backups / "marquee-20260101-000000.db")
    mark, text = await asyncio.to_thread(finds, "backups")
    assert mark == WARNING
    assert "late" in text


def test_a_folder_for_backups_that_is_not_there_is_told(finds, monkeypatch):
    monkeypatch.setenv("MARQUEE_BACKUP_DIR", "/mnt/no-such-disk")
    mark, text = finds("backups")
    assert mark == BAD
    assert "/mnt/no-such-disk" in text


def test_a_disk_that_is_nearly_full_is_told(finds, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=4e8))
    mark, text = finds("disk")
    assert mark == BAD
    assert "0.4 GB are free" in text


def test_a_folder_that_cannot_be_written_is_told(finds, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    mark, text = finds("disk")
    assert mark == BAD
    assert "MARQUEE_DATA_DIR" in text


def test_a_data_set_too_big_for_the_memory_is_told(finds, monkeypatch):
    monkeypatch.setattr("bot.cli.machine.memory", lambda: 4.0)
    monkeypatch.setenv("MARQUEE_MOVIELENS", "ml-32m")
    mark, text = finds("memory")
    assert mark == BAD
    assert "There are 4.0 GB, and learning from ml-32m needs 5.5 GB" in text


def test_the_memory_that_a_container_may_take_counts(finds, monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    limit.write_text("3000000000\n")
    monkeypatch.setattr("bot.cli.machine.MEMORY_LIMITS", (limit, tmp_path / "missing"))
    assert finds("memory")[1].startswith("3.0 GB")
    limit.write_text("max\n")
    assert not finds("memory")[1].startswith("3.0 GB")


def test_a_gpu_that_is_set_and_not_there_is_told(finds, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert finds("GPU")[0] == GOOD
    monkeypatch.setenv("MARQUEE_DEVICE", "cuda")
    mark, text = finds("GPU")
    assert mark == BAD
    assert "auto or cpu" in text


def test_without_time_zones_it_says_what_to_install(finds, monkeypatch):
    def missing(key):
        raise zoneinfo.ZoneInfoNotFoundError(key)

    monkeypatch.setattr("zoneinfo.ZoneInfo", missing)
    mark, text = finds("time zones")
    assert mark == BAD
    assert "tzdata" in text


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_fails_itself_is_a_line_and_the_others_go_on(finds, monkeypatch, name):
    def broken(case):
        raise LookupError("no such thing")
        yield

    monkeypatch.setitem(CHECKS, name, broken)
    assert finds(name) == (BAD, "This can't be checked: LookupError: no such thing")


def test_where_the_terminal_has_no_such_letters_it_is_plain_ascii(folder):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "MARQUEE_DATA_DIR": "données"}
    command = [sys.executable, "-m", "bot", "doctor"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    lines = done.stdout.decode("ascii").splitlines()
    assert done.stderr == b""
    assert lines[0].startswith("ok Python")
    assert any(line.startswith("!  token") for line in lines)


def test_it_is_known_what_each_data_set_takes():
    assert tuple(NEEDS) == DATASETS
