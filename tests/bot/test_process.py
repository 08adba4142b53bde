"""The bot as a process of its own: how it ends, and what it leaves behind."""

import asyncio
import contextlib
import json
import os
import select
import shutil
import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store import Store
from tests.bot.launched import Launched
from tests.bot.patience import PATIENCE, patiently
from tests.bot.wire import TOKEN, Failure, Wire
from tests.bot.wire_payloads import ALICE

RATING = {"movie": "Heat (1995)", "stars": 4.0}

# `python -m bot run`, but with another Discord, from which nothing comes too late, and with as long for its end as a busy machine
# takes. The worker runs this file too; it learns without end.
LAUNCHER = """
import sys
import threading
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from bot import gate, stopping
from bot import app
from bot.cli.main import main
from recommender import Recommender

Recommender.fit = lambda *args, **options: threading.Event().wait()
gate.STALE_SECONDS = float("inf")
stopping.SECONDS = 600
app.ANSWER_SECONDS = 600

if __name__ == "__main__":
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sys.argv.pop(1), yarl.URL(sys.argv.pop(1))
    sys.exit(main())
"""


@pytest.fixture
async def wire():
    async with Wire.open() as wire:
        yield wire


@asynccontextmanager
async def started(folder, wire, launched=LAUNCHER, command="run", **environment):
    """The bot, the leader of a session of its own; killed at the end of the block if it still runs."""
    launcher = folder / "launcher.py"
    launcher.write_text(launched)
    ours = {"MARQUEE_DATA_DIR": ".", "MARQUEE_DATABASE": "club.db", "MARQUEE_OWNER_IDS": str(ALICE)}
    words = [str(launcher), wire.rest, str(wire.gateway), command]
    bot = await Launched.begin(words, folder, {**os.environ, **ours, "DISCORD_TOKEN": TOKEN, **environment})
    try:
        yield bot
    finally:
        for kill in (partial(os.killpg, bot.pid, signal.SIGKILL), bot.kill):
            with contextlib.suppress(ProcessLookupError):
                kill()
        await bot.wait()


async def log_until(words, bot):
    """What the bot logs up to the line with these words."""
    log = ""
    while words not in log:
        line = await bot.stderr.readline()
        assert line, log
        log += line.decode()
    return log


async def rated(wire):
    """Rate a film, again and again until the bot has its model."""
    await wire.connected()
    while True:
        if "Heat" in (await wire.command("rate", **RATING)).text:
            return
        await asyncio.sleep(0.5)  # more often than it lets one member ask, it would refuse


async def learning(wire):
    """Returns when the worker of a retrain is fitting a model."""
    await wire.connected()
    interaction = await wire.send("admin retrain", {})
    while "learning" not in (await interaction.edits.get()).text:
        pass


@dataclass(frozen=True)
class Ended:
    """What was seen of a bot that has ended."""

    status: int
    log: str


async def ended(bot):
    log = await patiently(bot.stderr.read())
    return Ended(await patiently(bot.wait()), log.decode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def used(tmp_path_factory, model_folder):
    """A bot that was used, and then stopped while nothing was going on; it logs all that it can."""
    folder = tmp_path_factory.mktemp("used")
    shutil.copytree(model_folder, folder / "models")
    async with Wire.open() as wire, started(folder, wire, MARQUEE_LOG_LEVEL="DEBUG") as bot:
        log = await patiently(log_until("invite me", bot))
        await patiently(rated(wire))
        bot.terminate()
        end = await ended(bot)
        return Ended(end.status, log + end.log)


def test_sigterm_ends_the_bot_in_good_order(used):
    assert used.status == 0
    assert "Traceback" not in used.log


def test_the_log_has_the_link_that_invites_the_bot(used):
    assert "scope=bot+applications.commands" in used.log


def test_the_log_never_has_the_token(used):
    assert TOKEN not in used.log
    assert TOKEN.rpartition(".")[2] not in used.log


def test_the_log_has_neither_what_members_say_nor_the_tokens_of_their_interactions(used):
    assert "DEBUG" in used.log
    assert "Heat" not in used.log
    assert "token-" not in used.log


def sigterm(bot):
    bot.terminate()


def ctrl_c(bot):
    os.killpg(bot.pid, signal.SIGINT)  # a terminal sends it to the worker, too


@pytest.mark.parametrize("stop", [sigterm, ctrl_c])
async def test_in_the_middle_of_a_retrain_the_bot_ends_in_as_good_order_and_its_worker_with_it(stop, wire, tmp_path):
    async with started(tmp_path, wire) as bot:
        await patiently(learning(wire))
        processes = [os.pidfd_open(process) for process in session(bot.pid)]
        assert len(processes) > 1
        stop(bot)
        end = await ended(bot)
        gone = [bool(select.select([process], [], [], PATIENCE)[0]) for process in processes]
    assert end.status == 0, end.log
    assert "Traceback" not in end.log
    assert all(gone)
    for process in processes:
        os.close(process)


def session(leader):
    """The processes of a session."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(int(process.name)) == leader:
                yield int(process.name)


async def test_a_rating_survives_a_bot_that_is_killed_once_it_has_acknowledged_it(wire, tmp_path, model_folder):
    shutil.copytree(model_folder, tmp_path / "models")
    async with started(tmp_path, wire) as bot:
        await patiently(rated(wire))
        bot.kill()
        await bot.wait()
    async with Store.open(tmp_path / "club.db") as store:
        assert list((await store.history(ALICE)).values()) == [RATING["stars"]]


async def test_a_wrong_token_is_one_sentence(wire, tmp_path):
    async with started(tmp_path, wire, DISCORD_TOKEN="MTAx.a-wrong.token") as bot:
        end = await ended(bot)
    assert end.status == 1
    assert end.log.splitlines()[-1].startswith("Discord refuses the token.")
    assert "Traceback" not in end.log


async def test_with_json_each_line_of_standard_error_and_of_the_log_file_is_an_event(wire, tmp_path, model_folder):
    shutil.copytree(model_folder, tmp_path / "models")
    nowhere = {"MARQUEE_MOVIELENS": "ml-100k", "MARQUEE_MOVIELENS_URL": "http://127.0.0.1:1"}  # a retrain that fails
    async with started(tmp_path, wire, MARQUEE_LOG_FORMAT="json", MARQUEE_LOG_FILE="bot.log", **nowhere) as bot:
        log = await patiently(log_until("The retrain failed", bot))
        await wire.connected()
        await wire.babble("5")
        end = await ended(bot)
    assert end.status == 1
    events = [json.loads(line) for line in (log + end.log).splitlines()]
    assert [json.loads(line) for line in (tmp_path / "bot.log").read_text().splitlines()] == events
    assert all({"time", "level", "logger", "message"} <= event.keys() for event in events)
    [failed] = [event for event in events if "The retrain failed" in event["message"]]
    assert failed["exception"].startswith("Traceback")
    assert "error that it doesn't know" in events[-1]["message"]


async def test_where_discord_refuses_to_let_the_bot_in_it_is_one_sentence(wire, tmp_path):
    wire.failures = [Failure("GET", "/users/@me", status=403)]
    async with started(tmp_path, wire) as bot:
        end = await ended(bot)
    assert end.status == 1
    assert end.log.splitlines()[-1].startswith("Discord refuses what is needed to start (it answered 403: as ordered)")
    assert "Traceback" not in end.log


async def test_a_frame_that_cannot_be_read_ends_the_bot_with_a_sentence(wire, tmp_path, model_folder):
    shutil.copytree(model_folder, tmp_path / "models")
    async with started(tmp_path, wire) as bot:
        await patiently(log_until("invite me", bot))
        await wire.babble("{no json")
        end = await ended(bot)
    assert end.status == 1
    assert "no JSON" in end.log.splitlines()[-1]


async def test_a_gateway_that_cannot_be_reached_for_a_moment_is_one_line_and_the_bot_goes_on(
    wire, tmp_path, model_folder
):
    shutil.copytree(model_folder, tmp_path / "models")
    async with started(tmp_path, wire) as bot:
        log = await patiently(log_until("invite me", bot))
        wire.failures = [Failure("GET", "/gateway", status=503)]
        await wire.drop()
        await patiently(rated(wire))
        bot.terminate()
        end = await ended(bot)
    assert end.status == 0
    assert "Attempting a reconnect" in log + end.log
    assert "Traceback" not in log + end.log
