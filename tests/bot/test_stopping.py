"""The end, whatever the bot is doing: what was asked of it is answered, and what hangs doesn't keep it."""

import asyncio
import shutil
import sys

import pytest

from bot import app
from bot.stopping import when_ended
from tests.bot.patience import PATIENCE, patiently
from tests.bot.test_process import LAUNCHER, ended, log_until, started
from tests.bot.wire import OK, Failure, Wire, running
from tests.bot.wire_payloads import ALICE

RATING = {"movie": "Heat (1995)", "stars": 4.5}


@pytest.fixture
async def wire():
    async with Wire.open() as wire:
        yield wire


@pytest.fixture
def here(wire, monkeypatch, nothing_is_late):
    """For a bot in this process."""
    wire.redirect(monkeypatch)


async def test_a_member_who_is_being_answered_gets_the_answer_before_the_bot_ends(settings, wire, here, caplog):
    async with running(settings, wire) as bot:
        wire.failures = [Failure("POST", "/callback", OK, seconds=0.5)]
        interaction = await wire.send("rate", RATING)
        await wire.until_asked("POST", "/callback")
        await bot.close()
        assert interaction.answer.done()
    assert "Heat" in interaction.answer.result().text
    assert "Traceback" not in caplog.text
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_answer_that_hangs_keeps_the_bot_no_longer_than_its_limit(settings, wire, here, caplog, monkeypatch):
    monkeypatch.setattr(app, "ANSWER_SECONDS", 0.1)
    async with running(settings, wire) as bot:
        wire.failures = [Failure("POST", "/callback", OK, seconds=PATIENCE)]
        interaction = await wire.send("rate", RATING)
        await wire.until_asked("POST", "/callback")
        assert list((await bot.store.history(ALICE)).values()) == [RATING["stars"]]
        await patiently(bot.close())
        assert not interaction.answer.done()
    assert "Traceback" not in caplog.text


# Where the bot may hang, and what then does so. The time that it is given is short, since it takes all of it.
HANGS = {
    "a thread": "ModelFolder.load_last_good = lambda folder: threading.Event().wait()",
    "a task that can't be cancelled": "Marquee._load_model = stubborn",
    "a thread that isn't asyncio's": "threading.Thread(target=threading.Event().wait).start()",
}
PREPARED = """
import asyncio
from bot import app, stopping
from bot.app import Marquee
from bot.training.folder import ModelFolder
from discord.ext import commands

stopping.SECONDS = app.ANSWER_SECONDS = app.LEAVE_SECONDS = app.CLOSE_SECONDS = 1

async def stubborn(bot):
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
"""


def launcher(prepared):
    return LAUNCHER.replace('if __name__ == "__main__":', f'{PREPARED}\nif __name__ == "__main__":\n    {prepared}')


@pytest.mark.parametrize("hanging", HANGS)
async def test_what_hangs_is_left_to_the_system_and_the_log_says_so(hanging, wire, tmp_path):
    async with started(tmp_path, wire, launcher(HANGS[hanging])) as bot:
        await patiently(log_until("invite me", bot))
        bot.terminate()
        end = await ended(bot)
    assert end.status == 1
    assert "something still hangs 1 s after the bot was stopped" in end.log
    assert "Traceback" not in end.log


async def test_where_the_goodbye_to_discord_hangs_the_database_is_closed_and_the_bot_ends(wire, tmp_path):
    hanging = f"commands.AutoShardedBot.close = lambda bot: asyncio.Event().wait(); stopping.SECONDS = {PATIENCE}"
    async with started(tmp_path, wire, launcher(hanging)) as bot:
        await patiently(log_until("invite me", bot))
        bot.terminate()
        end = await ended(bot)
    assert end.status == 0, end.log
    assert not (tmp_path / "club.db-wal").exists()


@pytest.mark.parametrize(("method", "path"), [("GET", "/users/@me"), ("GET", "/commands"), ("GET", "/gateway")])
async def test_a_bot_that_is_stopped_while_it_starts_ends_in_good_order(wire, tmp_path, model_folder, method, path):
    shutil.copytree(model_folder, tmp_path / "models")
    wire.failures = [Failure(method, path, OK, seconds=PATIENCE)]
    async with started(tmp_path, wire) as bot:
        await wire.until_asked(method, path)
        bot.terminate()
        end = await ended(bot)
    assert end.status == 0, end.log
    assert "Traceback" not in end.log


SWALLOWED = f"""
    connect = Marquee.connect
    async def swallowing(bot, **options):
        try:
            await connect(bot, **options)
        except asyncio.CancelledError:
            await asyncio.Event().wait()
    Marquee.connect = swallowing
    stopping.SECONDS = {PATIENCE}
"""


async def test_a_signal_that_was_swallowed_comes_again(wire, tmp_path):
    async with started(tmp_path, wire, launcher(SWALLOWED.strip())) as bot:
        await patiently(log_until("invite me", bot))
        bot.terminate()
        end = await ended(bot)
    assert end.status == 0, end.log


async def test_a_second_signal_breaks_nothing_off(wire, tmp_path, model_folder):
    shutil.copytree(model_folder, tmp_path / "models")
    async with started(tmp_path, wire) as bot:
        await patiently(log_until("invite me", bot))
        wire.failures = [Failure("POST", "/callback", OK, seconds=0.5)]
        interaction = await wire.send("privacy", {})
        await wire.until_asked("POST", "/callback")
        bot.terminate()
        await patiently(log_until("stopping", bot))
        bot.terminate()
        end = await ended(bot)
    assert end.status == 0, end.log
    assert interaction.answer.done()
    assert "Traceback" not in end.log


async def test_of_another_process_s_end_the_loop_hears():
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    heard = [asyncio.Event(), asyncio.Event()]
    when_ended(other.pid, heard[0].set)
    other.kill()
    assert await patiently(heard[0].wait())
    await other.wait()
    when_ended(other.pid, heard[1].set)  # which is no more
    assert await patiently(heard[1].wait())
