"""`setup`: what a new host is asked, and what becomes of the answers. Discord and TMDB are on loopback."""

import asyncio
import os
import stat
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
from aiohttp import web

from bot.cli.main import main
from bot.cli.setup import NO_TERMINAL
from tests.bot.cli.one_page import serving
from tests.bot.patience import PATIENCE
from tests.bot.test_settings import WEBHOOK
from tests.bot.wire import TOKEN, Failure, Wire
from tests.bot.wire_payloads import APPLICATION

TMDB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJtZSJ9.a-signature"
OTHER_TOKEN = TOKEN.replace("secret", "stale-one")
VARIABLES = (
    "DISCORD_TOKEN",
    "TMDB_TOKEN",
    "MARQUEE_MOVIELENS",
    "MARQUEE_FILMS",
    "MARQUEE_CONTACT",
    "MARQUEE_IMDB_TERMS",
    "MARQUEE_ALERT_WEBHOOK",
)
DEFAULTS = [""] * 5  # of all questions but the first


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """A new host's, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest_asyncio.fixture
async def discord(monkeypatch):
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        yield wire


@pytest_asyncio.fixture
async def tmdb(monkeypatch):
    """Takes one token; gives what it was asked with."""
    asked = []

    async def check(request: web.Request) -> web.Response:
        asked.append(request.headers["Authorization"])
        return web.json_response({}, status=200 if asked[-1] == f"Bearer {TMDB_TOKEN}" else 401)

    async with serving("/authentication", check) as address:
        monkeypatch.setattr("bot.films.tmdb.ADDRESS", address)
        yield asked


@pytest.fixture
def answering(monkeypatch, capsys):
    """Runs setup at a terminal of 80 columns with these answers, of which a class is raised; gives the exit status and what was
    printed."""

    async def answering(*answers):
        left = list(answers)

        def answer(*_, **__):
            if isinstance(left[0], str):
                return left.pop(0)
            raise left.pop(0)

        monkeypatch.setattr("sys.argv", ["bot", "setup"])
        monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr("builtins.input", answer)
        monkeypatch.setattr("getpass.getpass", answer)
        status = await asyncio.to_thread(main)
        assert left == [], "not all was asked"
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return answering


def written():
    return Path(".env").read_text().splitlines()


def there(folder):
    """The names of all that is in a folder."""
    return [path.name for path in folder.iterdir()]


def prose(told):
    """Without the ends of lines."""
    return " ".join(told.split())


async def test_enter_takes_the_defaults_and_the_invite_link_comes_last(discord, answering, folder):
    status, told = await answering(TOKEN, *DEFAULTS)
    assert status == 0
    assert written() == [f"DISCORD_TOKEN={TOKEN}", "MARQUEE_MOVIELENS=ml-latest-small", "MARQUEE_FILMS=wikidata"]
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert "Discord knows it: Marquee." in told
    assert f"https://discord.com/oauth2/authorize?client_id={APPLICATION}" in told
    assert "says whether all is well" in told
    assert max(len(line) for line in told.splitlines() if "https://" not in line) <= 80


async def test_a_second_run_keeps_everything_and_shows_no_secret(discord, tmdb, answering):
    await answering(TOKEN, "ml-25m", "imdb", "y", "me@example.org", TMDB_TOKEN, WEBHOOK)
    before = written()
    assert before[1:] == [
        "MARQUEE_MOVIELENS=ml-25m",
        "MARQUEE_FILMS=imdb",
        "MARQUEE_IMDB_TERMS=agreed",
        "MARQUEE_CONTACT=me@example.org",
        f"TMDB_TOKEN={TMDB_TOKEN}",
        f"MARQUEE_ALERT_WEBHOOK={WEBHOOK}",
    ]
    status, told = await answering("", *DEFAULTS, "")  # IMDb's terms too
    assert status == 0
    assert written() == before
    assert "keep the one in .env" in prose(told)
    assert TOKEN not in told
    assert TMDB_TOKEN not in told
    assert WEBHOOK not in told
    assert "me@example.org" in told


async def test_a_dash_takes_a_value_away_and_other_lines_stay(discord, answering, folder):
    (folder / ".env").write_text("# Mine.\nMARQUEE_DEVICE=cpu\nMARQUEE_CONTACT=me@example.org\nTMDB_TOKEN=x\n")
    await answering(TOKEN, "", "", "-", "-", "")
    assert written()[:4] == ["# Mine.", "MARQUEE_DEVICE=cpu", "MARQUEE_CONTACT=", "TMDB_TOKEN="]


async def test_a_refused_token_is_asked_for_again(discord, answering):
    status, told = await answering(OTHER_TOKEN, TOKEN, *DEFAULTS)
    assert status == 0
    assert "Discord refuses this token" in prose(told)
    assert written()[0] == f"DISCORD_TOKEN={TOKEN}"
    assert discord.asked("GET", "/oauth2/applications/@me") == 2


@pytest.mark.parametrize("wrong", [str(APPLICATION), "0123456789abcdef" * 2, "a.b.c", f"{TOKEN} {TOKEN}"])
async def test_what_is_no_token_is_not_sent_to_discord(discord, answering, wrong):
    _, told = await answering(wrong, f'"Bot {TOKEN}"', *DEFAULTS)
    assert "That is no bot token" in prose(told)
    assert discord.asked("GET", "/oauth2/applications/@me") == 1


async def test_a_token_that_cannot_be_checked_is_kept_and_that_is_said(discord, answering):
    discord.failures.append(Failure("GET", "/applications/@me", 503))
    status, told = await answering(TOKEN, *DEFAULTS)
    assert status == 0
    assert "Discord can't be asked now (it answered 503" in prose(told)
    assert "prints its invite link" in prose(told)
    assert written()[0] == f"DISCORD_TOKEN={TOKEN}"


async def test_intents_that_are_on_and_not_needed_are_named(discord, answering, monkeypatch):
    monkeypatch.setitem(discord.about, "flags", 1 << 13 | 1 << 19)
    _, told = await answering(TOKEN, *DEFAULTS)
    assert "Presence, Message Content" in prose(told)
    assert "Server Members" not in told


async def test_without_a_token_the_preview_comes_next(answering):
    status, told = await answering("", *DEFAULTS)
    assert status == 0
    assert "opens the preview" in prose(told)
    assert not any(line.startswith("DISCORD_TOKEN") for line in written())


async def test_a_data_set_too_big_for_the_memory_is_marked_and_taken_only_if_one_insists(answering, monkeypatch):
    monkeypatch.setattr("bot.cli.machine.memory", lambda: 2.0)
    _, told = await answering("", "ml-32m", "n", "netflix", "ml-latest-small", "", "", "", "")
    [big] = [line for line in told.splitlines() if line.startswith("ml-32m")]
    [small] = [line for line in told.splitlines() if line.startswith("ml-latest-small")]
    assert "too big" in big
    assert "too big" not in small
    assert "MARQUEE_MOVIELENS=ml-latest-small" in written()
    await answering("", "ml-32m", "y", "", "", "", "")
    assert "MARQUEE_MOVIELENS=ml-32m" in written()


async def test_imdb_is_taken_once_its_terms_are_agreed_to(answering):
    _, told = await answering("", "", "imdb", "n", "off", "", "")
    assert "non-commercial use only" in prose(told)
    assert "MARQUEE_FILMS=off" in written()
    assert not any(line.startswith(("MARQUEE_IMDB_TERMS", "MARQUEE_CONTACT")) for line in written())


async def test_an_address_that_cannot_be_sent_is_asked_for_again(answering):
    _, told = await answering("", "", "", "me at home", "https://example.org/#me", "", "")
    assert "without spaces" in prose(told)
    assert "MARQUEE_CONTACT='https://example.org/#me'" in written()


async def test_tmdbs_token_is_checked_too_and_its_other_key_told_apart(tmdb, answering):
    refused = TMDB_TOKEN.replace("signature", "forgery")
    _, told = await answering("", "", "", "", "0123456789abcdef" * 2, refused, TMDB_TOKEN, "")
    assert "The API Key is another thing" in prose(told)
    assert "TMDB refuses this token" in prose(told)
    assert tmdb == [f"Bearer {refused}", f"Bearer {TMDB_TOKEN}"]
    assert f"TMDB_TOKEN={TMDB_TOKEN}" in written()


async def test_a_webhook_is_one_of_discords(answering):
    _, told = await answering("", *DEFAULTS[1:], "https://example.org/hook", WEBHOOK)
    assert "That is no webhook's URL" in prose(told)
    assert f"MARQUEE_ALERT_WEBHOOK={WEBHOOK}" in written()


async def test_where_there_is_no_makefile_what_comes_next_is_typed_in_full(answering, folder):
    assert f"{sys.executable} -m bot run" in prose((await answering("", *DEFAULTS))[1])
    (folder / "Makefile").touch()
    assert "make run" in (await answering("", *DEFAULTS))[1]


@pytest.mark.parametrize("end", [KeyboardInterrupt, EOFError])
@pytest.mark.parametrize("answers", [[""] * number for number in range(6)])
async def test_whoever_stops_finds_the_file_as_it_was(answering, folder, end, answers):
    (folder / ".env").write_text("OTHER=1\n")
    status, told = await answering(*answers, end)
    assert status == 1
    assert "Nothing was changed" in prose(told)
    assert written() == ["OTHER=1"]
    assert there(folder) == [".env"]


async def test_a_variable_that_wins_over_the_file_is_named(answering, monkeypatch):
    monkeypatch.setenv("MARQUEE_FILMS", "off")
    _, told = await answering("", *DEFAULTS)
    assert "The environment says otherwise" in prose(told)
    assert "MARQUEE_FILMS" in told


@pytest.mark.parametrize(
    ("content", "words"),
    [("A=1".encode("utf-16"), "Save it as UTF-8"), (b"A=1\nB='x\n", "Line 2 of .env can't be understood")],
)
async def test_a_damaged_file_is_told_before_anything_is_asked(answering, folder, content, words):
    (folder / ".env").write_bytes(content)
    status, told = await answering()
    assert status == 1
    assert words in prose(told)
    assert (folder / ".env").read_bytes() == content


async def test_a_file_that_cannot_be_written_is_a_sentence(answering, folder):
    (folder / ".env").mkdir()
    status, told = await answering()
    assert status == 1
    assert ".env can't be used: Is a directory" in told


def test_without_a_terminal_it_says_what_to_do_instead(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bot", "setup"])
    assert main() == 1
    assert capsys.readouterr().err == f"{NO_TERMINAL}\n"


# The real program at a real terminal, with Discord on loopback.
PROGRAM = """
import fcntl, sys, termios
from discord.http import Route
from bot.cli.main import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
Route.BASE = sys.argv.pop()
sys.exit(main())
"""


def is_waiting(pid):
    """Whether it sleeps."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def at_a_terminal(rest, typed):
    """The exit status, and all that the terminal showed. typed: pairs of the prompt that is waited for and what is typed then."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "setup", rest],
        env={**os.environ, "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    limit = threading.Timer(PATIENCE, process.kill)
    limit.start()
    shown = ""
    try:
        for prompt, keys in typed:
            while not shown.endswith(f"{prompt}: "):
                shown += os.read(ours, 4096).decode()
            # What is typed before a secret's prompt has hidden it is thrown away, and Ctrl+C that comes between the prompt and
            # the read is not heard by Python before the next key.
            while not is_waiting(process.pid) or (
                prompt.startswith(("Token", "Webhook")) and termios.tcgetattr(ours)[3] & termios.ECHO
            ):
                assert process.poll() is None, shown
                time.sleep(0.01)
            os.write(ours, keys.encode())
        while True:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # the other end is closed
                return process.wait(), shown
    finally:
        limit.cancel()
        process.kill()
        process.wait()
        os.close(ours)


FIRST = ("Token (none)", f"{TOKEN}\n")
SECOND = "Set (ml-latest-small)"


async def test_at_a_terminal_the_token_does_not_show(discord):
    others = (SECOND, "Source [wikidata/imdb/off] (wikidata)", "Address (none)", "Token (none)", "Webhook (none)")
    typed = [FIRST, *((prompt, "\n") for prompt in others)]
    status, shown = await asyncio.to_thread(at_a_terminal, discord.rest, typed)
    assert status == 0, shown
    assert "Discord knows it" in shown
    assert TOKEN not in shown
    assert written()[0] == f"DISCORD_TOKEN={TOKEN}"


async def test_at_a_terminal_ctrl_c_changes_nothing(discord, folder):
    status, shown = await asyncio.to_thread(at_a_terminal, discord.rest, [FIRST, (SECOND, "\x03")])
    assert status == 1
    assert "Nothing was changed" in shown
    assert "Traceback" not in shown
    assert there(folder) == []
