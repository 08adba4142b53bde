"""The log: one event, one record, whatever it is made of; and no secret in it."""

import asyncio
import base64
import json
import logging
import os
import re
import resource
import stat
import sys
import threading
import traceback
import warnings
from types import SimpleNamespace

import aiohttp
import discord
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot import Settings
from bot.cli import logs
from bot.cli.faults import sentence
from bot.cli.logs import Json, LogFileError, Text
from bot.redaction import HIDDEN, Redactor

DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "tHirTy_two-LetterS" * 2
TMDB = f"eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiI5In0.{'sIgn-ature_' * 4}"
HOOK = "h00k-Token_" * 6
WEBHOOK = f"https://discord.com/api/webhooks/123456789012345678/{HOOK}"
INTERACTION = base64.b64encode(b"interaction:1234567890123456789:" + b"abcDEF09" * 12).decode()
SECRETS = {"discord_token": DISCORD, "tmdb_token": TMDB, "alert_webhook": WEBHOOK}
PLAIN = re.compile(r"[0-9-]{10} [0-9:,]{12} (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+: ")

texts = st.text(st.characters(), max_size=60)  # control characters and lone surrogates too


@pytest.fixture
def settings(tmp_path):
    def settings(**changes):
        return Settings(**{"_env_file": None, "data_dir": tmp_path} | SECRETS | changes)

    return settings


@pytest.fixture
def start(monkeypatch, settings):
    """Sets logging up as a program does that nobody has set it up for; afterwards all is as it was."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    level = root.level

    def start(is_bot=True, **changes):
        root.handlers.clear()  # those of pytest, which brings them anew for the next test
        logs.set_up(settings(**changes), is_bot=is_bot)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        yield start
        logging.captureWarnings(False)
    for handler in [handler for handler in root.handlers if isinstance(handler.formatter, Text | Json)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.getLogger("discord.shard").removeFilter(logs.reconnect_in_a_line)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def events(text):
    """What is written as JSON, each line of which must be an event."""
    return [json.loads(line) for line in text.splitlines()]


def failure(error):
    """The same error, raised."""
    try:
        raise error
    except type(error):
        return sys.exc_info()


def record(message, *args, **fields):
    return logging.makeLogRecord(
        {"name": "bot", "levelno": logging.ERROR, "levelname": "ERROR", "msg": message, "args": args, **fields}
    )


@given(message=texts, arguments=st.lists(texts, max_size=2), told=texts, reference=texts)
def test_an_event_is_one_line_of_json_whatever_it_holds(message, arguments, told, reference):
    exc_info = failure(ValueError(told))
    line = Json(Redactor([])).format(record(message, *arguments, exc_info=exc_info, reference=reference))
    assert line.isprintable()
    event = json.loads(line)
    json.dumps(event, ensure_ascii=False).encode("utf-8")
    assert set(event) == {"time", "level", "logger", "message", "reference", "exception"}
    assert "ValueError" in event["exception"]


def test_of_several_processes_each_event_names_its_own():
    assert json.loads(Json(Redactor([]), "0-15").format(record("hello")))["process"] == "0-15"


@given(message=texts, told=texts)
def test_an_event_is_one_line_of_text_with_its_traceback_indented(message, told):
    shown = Text(Redactor([])).format(record("%s", message, exc_info=failure(ValueError(told))))
    first, *others = shown.split("\n")
    assert PLAIN.match(first)
    assert others
    assert all(line.startswith("    ") for line in others)
    assert not {*shown} & {*"\x1b\r\x85\u2028\u202e"}
    shown.encode("utf-8")


@given(message=texts)
def test_of_a_message_in_text_nothing_ends_the_line(message):
    assert len(Text(Redactor([])).format(record("%s", message)).splitlines()) == 1


@pytest.mark.parametrize("shape", [Text, Json])
def test_what_does_not_fit_its_message_is_written_all_the_same(shape):
    assert "two %s" in shape(Redactor([])).format(record("two %s %d", "x"))


def test_warnings_threads_tasks_and_what_nobody_caught_are_events_too(start, capsys):
    start(log_format="json")
    warnings.warn("mind the gap", stacklevel=1)
    thread = threading.Thread(target=lambda: {}["in a thread"], name="worker")
    thread.start()
    thread.join()

    async def forgotten():
        raise LookupError("of a task")

    async def forget():
        asyncio.get_running_loop().create_task(forgotten())
        await asyncio.sleep(0)

    asyncio.run(forget())
    sys.excepthook(*failure(OSError("at the very end")))
    logging.getLogger("discord.gateway").error("of a library")
    seen = {event["logger"]: event for event in events(capsys.readouterr().err)}
    assert "mind the gap" in seen["py.warnings"]["message"]
    assert "never retrieved" in seen["asyncio"]["message"]
    assert "of a task" in seen["asyncio"]["exception"]
    assert "of a library" in seen["discord.gateway"]["message"]
    assert "at the very end" in seen["bot"]["exception"]


def test_a_thread_that_fails_is_named(start, capsys):
    start()
    thread = threading.Thread(target=lambda: {}["missing"], name="worker")
    thread.start()
    thread.join()
    first, *others = capsys.readouterr().err.splitlines()
    assert "in thread worker" in first
    assert "KeyError: 'missing'" in others[-1]


def test_ctrl_c_is_no_event(start, capsys):
    start(log_format="json")
    sys.excepthook(*failure(KeyboardInterrupt()))
    assert '"level"' not in capsys.readouterr().err


def test_a_sentence_for_whoever_started_it_stands_alone_and_in_json_is_an_event(start, capsys, tmp_path):
    start(log_file=tmp_path / "bot.log")
    logs.tell(f"It can't go on: {DISCORD}.")
    assert capsys.readouterr().err == f"It can't go on: {HIDDEN}.\n"
    assert f"CRITICAL bot: It can't go on: {HIDDEN}." in (tmp_path / "bot.log").read_text()


def test_one_of_several_processes_says_which_it_is(start, capsys, tmp_path):
    start(shards="2-3/4", log_file=tmp_path / "bot.log")
    logs.tell("It can't go on.")
    assert capsys.readouterr().err == "[2-3] It can't go on.\n"
    assert "CRITICAL bot: [2-3] It can't go on." in (tmp_path / "bot.log").read_text()


def test_in_json_it_is_an_event(start, capsys):
    start(log_format="json")
    logs.tell("It can't go on.")
    [event] = events(capsys.readouterr().err)
    assert (event["level"], event["message"]) == ("CRITICAL", "It can't go on.")


def test_whoever_types_a_command_is_answered_as_text_and_the_bots_file_is_left_alone(start, capsys, tmp_path):
    start(is_bot=False, log_format="json", log_file=tmp_path / "bot.log")
    logs.tell("It can't go on.")
    assert capsys.readouterr().err == "It can't go on.\n"
    assert not (tmp_path / "bot.log").exists()


# The file.


def test_the_file_has_what_standard_error_has_and_is_its_owners_alone(start, capsys, tmp_path):
    file = tmp_path / "logs" / "bot.log"
    start(log_file=file, log_format="json")
    logging.getLogger("bot").warning("something")
    assert file.read_text() == capsys.readouterr().err != ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_file_is_rotated_and_the_oldest_forgotten(start, monkeypatch, tmp_path):
    monkeypatch.setattr(logs, "FILE_BYTES", 1_000)
    start(log_file=tmp_path / "bot.log", log_format="json")
    for number in range(100):
        logging.getLogger("bot").warning("event %d", number)
    kept = [tmp_path / f"bot.log{suffix}" for suffix in (".4", ".3", ".2", ".1", "")]
    assert sorted(tmp_path.glob("bot.log*")) == sorted(kept)
    assert all(file.stat().st_size <= 1_000 and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in kept)
    numbers = [int(event["message"].split()[1]) for file in kept for event in events(file.read_text())]
    assert numbers == list(range(numbers[0], 100))


def test_a_file_that_cannot_be_written_is_a_sentence(start, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(LogFileError) as refused:
        start(log_file=tmp_path / "taken" / "bot.log")
    assert "MARQUEE_LOG_FILE" in sentence(refused.value)


def test_a_disk_that_fills_is_told_once_and_the_file_goes_on_when_there_is_room(start, capsys, tmp_path):
    file = tmp_path / "bot.log"
    start(log_file=file, log_format="json")
    log, limits = logging.getLogger("bot"), resource.getrlimit(resource.RLIMIT_FSIZE)
    log.warning("before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 30, limits[1]))  # a line that breaks off
    try:
        for number in range(3):
            log.warning("lost %d", number)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    log.warning("after")
    told = [event["message"] for event in events(capsys.readouterr().err)]
    assert [message for message in told if "can't be written" not in message] == [
        "before",
        *(f"lost {number}" for number in range(3)),
        "after",
    ]
    assert len(told) == 6
    first, *_, last = file.read_text().splitlines()
    assert (json.loads(first)["message"], json.loads(last)["message"]) == ("before", "after")


# Secrets.


async def hostile():
    """Errors as libraries raise them, with secrets in them."""
    app = web.Application()
    app.router.add_get("/{path:.*}", lambda request: web.Response(status=404))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found = []
    try:
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            for path, headers in (
                (f"/webhooks/1/{INTERACTION}/messages/@original", {}),
                (f"/interactions/2/{INTERACTION}/callback", {}),
                ("/users/@me", {"Authorization": f"Bot {DISCORD}"}),
                ("/3/find", {"Authorization": f"Bearer {TMDB}"}),
                (f"/3/find?api_key={'0123456789abcdef' * 2}", {"Authorization": "Basic bWU6cGFzc3dvcmQ="}),
            ):
                try:
                    await session.get(address + path, headers=headers)
                except aiohttp.ClientError as error:
                    found.append(error)
    finally:
        await runner.cleanup()
    answer = SimpleNamespace(status=404, reason=WEBHOOK)
    return [
        *found,
        discord.NotFound(answer, {"message": WEBHOOK, "code": 1}),
        ValueError(f"Invalid webhook URL given: {WEBHOOK}?wait=true"),
        LookupError(DISCORD, TMDB, {"token": HOOK}),
        OSError(5, "Input/output error", WEBHOOK),
        RuntimeError(f"a token of yesterday: {DISCORD[:-4]}0000"),
        ConnectionError("https://me:pa55word@mirror.example/ml-latest.zip"),
    ]


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_no_secret_is_written_whatever_an_error_carries(start, capsys, tmp_path, log_format):
    start(log_format=log_format, log_file=tmp_path / "bot.log", log_level="DEBUG")
    log = logging.getLogger("bot")
    errors = await hostile()
    assert len(errors) == 11
    for error in errors:
        log.error("repr %r, text %s", error, error, exc_info=error)
        log.error("told: %s", "".join(traceback.format_exception(error)), extra={"reference": INTERACTION})
        try:
            raise KeyError(DISCORD) from error
        except KeyError:
            log.exception("and what it led to")
        logs.tell(f"{error} {error!r}")
    sys.excepthook(*failure(errors[-1]))
    written = capsys.readouterr()
    for text in (written.err, written.out, (tmp_path / "bot.log").read_text()):
        for secret in (
            DISCORD,
            TMDB,
            HOOK,
            INTERACTION,
            DISCORD[:-4],
            "bWU6cGFzc3dvcmQ",
            "pa55word",
            "0123456789abcdef",
        ):
            assert secret not in text
    assert HIDDEN in written.err


@given(before=texts, after=texts, secret=st.sampled_from(sorted({*SECRETS.values(), HOOK})))
def test_a_secret_is_hidden_wherever_it_stands(before, after, secret):
    assert secret not in Redactor(SECRETS.values())(f"{before}{secret}{after}")


@given(text=st.lists(st.sampled_from(["Bot", "bearer of bad news", "Basic questions", "a.b.c", "/films/2/3", "x=1"])))
def test_plain_words_stay(text):
    assert Redactor(["x"])(" ".join(text)) == " ".join(text)


def test_every_secret_setting_is_hidden(settings):
    given = settings()
    secret = [name for name, info in Settings.model_fields.items() if "Secret" in str(info.annotation)]
    assert set(SECRETS) == set(secret), "a new secret setting: give it a value here"
    assert sorted(given.secrets()) == sorted(SECRETS.values())
    assert os.environ.get("DISCORD_TOKEN") is None
