"""`doctor` of the program, its settings and its tokens: each line with its fault made real."""

import asyncio
import io
import re
import socket
import time
import zoneinfo
from email.utils import formatdate
from importlib import metadata
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from bot.cli.doctor import CHECKS
from bot.cli.main import main
from bot.heartbeat import Heartbeat
from tests.bot.cli.one_page import serving
from tests.bot.test_settings import WEBHOOK
from tests.bot.wire import TOKEN, Failure, Wire

GOOD, WARNING, BAD = "✓", "!", "✗"
TMDB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJtZSJ9.a-signature"


@pytest_asyncio.fixture
async def discord(folder, monkeypatch):
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
        yield wire


@pytest.fixture
def beating(folder):
    """Lets a bot have left a heartbeat so many seconds ago."""

    def beating(seconds, healthy=True, process=None):
        (folder / "data").mkdir(exist_ok=True)
        at = int(time.time()) - seconds
        Heartbeat(at, healthy, "So it is.", None, True, True, "0.1.0", 7).write(folder / "data", process)

    return beating


def test_in_an_empty_folder_nothing_is_wrong_and_nothing_is_made(doctor, folder):
    status, found = doctor()
    assert status == 0
    assert found["token"][0][0] == WARNING
    assert "make setup" in found["token"][0][1]
    assert list(folder.iterdir()) == []


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


def test_an_env_file_that_cannot_be_read_is_told_once_and_every_other_line_is_there(doctor, monkeypatch):
    Path(".env").write_text("MARQUEE_DEVICE=cpu\n")

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", ".env")

    monkeypatch.setattr("bot.settings.dotenv_values", refused)
    monkeypatch.setattr("pydantic_settings.sources.providers.dotenv.dotenv_values", refused)
    status, found = doctor()
    assert status == 1
    assert found[".env"] == [(BAD, "It can't be read: Permission denied. See whose it is: ls -l .env")]
    assert found["settings"] == [(WARNING, "Those in .env can't be read; only the environment's count here.")]


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
    assert found[".env"][0][0] == found["intents"][0][0] == found["clock"][0][0] == GOOD
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


@pytest.mark.parametrize(
    "body", ["<html>Log in to this network</html>", "[]", "{}", '{"id": "x", "name": ""}', "[" * 99_999]
)
async def test_an_answer_that_is_not_discords_is_no_fault_of_the_token(discord, finds, monkeypatch, body):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body)

    async with serving("/oauth2/applications/@me", answer) as address:
        monkeypatch.setattr("discord.http.Route.BASE", address)
        mark, text = await asyncio.to_thread(finds, "token")
    assert mark == WARNING
    assert "nothing that makes sense" in text


async def test_privileged_intents_that_are_on_are_named(discord, finds, monkeypatch):
    monkeypatch.setitem(discord.about, "flags", 1 << 14 | 1 << 19)
    mark, text = await asyncio.to_thread(finds, "intents")
    assert mark == WARNING
    assert "Server Members, Message Content" in text


@pytest.mark.parametrize(
    ("seconds", "mark", "words"),
    [
        (0, GOOD, "agrees"),
        (-20, WARNING, r"\b2\d seconds ahead"),
        (20, WARNING, r"\b(1\d|20) seconds behind"),
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
    assert re.search(words, text)  # the answer takes a moment, and its seconds are whole ones


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


def test_where_the_terminal_has_no_such_letters_it_is_plain_ascii(folder, monkeypatch, capsys):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("sys.argv", ["bot", "doctor"])
    monkeypatch.setenv("MARQUEE_DATA_DIR", "données")
    main()
    terminal.flush()
    lines = terminal.buffer.getvalue().decode("ascii").splitlines()
    assert capsys.readouterr().err == ""
    assert lines[0].startswith("ok Python")
    assert any(line.startswith("!  token") for line in lines)


@pytest.mark.parametrize(("seconds", "healthy", "mark"), [(5, True, GOOD), (5, False, BAD), (600, True, BAD)])
def test_a_bot_that_runs_is_told_as_its_heartbeat_says(finds, beating, seconds, healthy, mark):
    assert finds("bot")[0] == WARNING
    beating(seconds, healthy)
    assert finds("bot")[0] == mark


def test_a_port_for_metrics_that_is_taken_is_wrong_unless_by_the_bot_that_runs(doctor, beating, monkeypatch):
    def metrics():
        return doctor()[1]["ports"][1][0]

    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("MARQUEE_METRICS_PORT", str(other.getsockname()[1]))
        assert metrics() == BAD
        beating(5)
        assert metrics() == GOOD
    beating(600)
    assert metrics() == GOOD


def test_a_process_that_somebody_started_with_some_of_the_shards_is_a_bot_that_runs_too(doctor, beating, monkeypatch):
    beating(5, process="0-31")
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("MARQUEE_METRICS_PORT", str(other.getsockname()[1]))
        found = doctor()[1]
    assert (found["bot"][0][0], found["ports"][1][0]) == (GOOD, GOOD)
    beating(600, process="0-31")
    mark, text = doctor()[1]["bot"][0]
    assert mark == BAD
    assert text.startswith("Process 0-31: The last heartbeat is 10 minutes old")


def test_whether_the_command_that_learns_can_be_found_is_told(finds, monkeypatch):
    assert finds("learning") == (GOOD, "The bot's own process learns.")
    monkeypatch.setenv("MARQUEE_TRAIN_COMMAND", "env torchrun")
    assert finds("learning")[0] == GOOD
    monkeypatch.setenv("MARQUEE_TRAIN_COMMAND", ".venv/bin/torchrun --nproc-per-node 2")
    mark, text = finds("learning")
    assert mark == BAD
    assert ".venv/bin/torchrun, which can't be run" in text


def test_where_alerts_go_is_told_and_that_nobody_is_told(finds, monkeypatch):
    assert finds("alerts")[0] == WARNING
    monkeypatch.setenv("MARQUEE_ALERT_CHANNEL", "300000000000000001")
    monkeypatch.setenv("MARQUEE_ALERT_WEBHOOK", WEBHOOK)
    mark, text = finds("alerts")
    assert mark == GOOD
    assert "channel 300000000000000001 and a webhook" in text
    assert WEBHOOK not in text
