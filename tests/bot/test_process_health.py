"""The health check in a process of its own, beside a bot in another; and what systemd hears of that."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bot.heartbeat import LIVES, Heartbeat, NoHeartbeatError
from tests.bot.patience import patiently
from tests.bot.test_health import heard
from tests.bot.test_process import ended, started
from tests.bot.wire import Wire

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def wire():
    async with Wire.open() as wire:
        yield wire


@pytest.fixture
def folder(tmp_path, model_folder):
    shutil.copytree(model_folder, tmp_path / "models")
    return tmp_path


async def healthcheck(folder):
    """The exit status, and what it says."""
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "healthcheck"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MARQUEE_DATA_DIR": "."},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await patiently(asked.communicate())
    return asked.returncode, said.decode().strip()


async def well(folder):
    """Returns once the bot says of itself that it is, and is connected: before, it looks for Discord."""
    while True:
        if await healthcheck(folder) == (0, "All is well."):
            return
        await asyncio.sleep(0.5)


async def heartbeat_of(bot, folder):
    """Returns once the bot has left one."""
    while True:
        with suppress(NoHeartbeatError):
            if Heartbeat.read(folder).pid == bot.pid:
                return
        await asyncio.sleep(0.05)


async def test_from_its_start_to_its_end_the_bot_tells_how_it_is(folder, wire):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(folder / "notify"))
        systemd.setblocking(False)
        async with started(folder, wire, NOTIFY_SOCKET=str(folder / "notify")) as bot:
            await patiently(well(folder))
            bot.terminate()
            await ended(bot)
        told = heard(systemd)
    status, sentence = await healthcheck(folder)
    assert status == 1
    assert "no bot runs with this data folder" in sentence
    assert told.count("READY=1") == 1
    assert told[-1] == "STOPPING=1"
    assert set(told) == {"READY=1", "WATCHDOG=1", "STOPPING=1"}


async def test_a_bot_that_hangs_is_not_well_once_its_heartbeats_stay_away(folder, wire):
    async with started(folder, wire) as bot:
        await patiently(heartbeat_of(bot, folder))
        bot.send_signal(signal.SIGSTOP)
        heartbeat = Heartbeat.read(folder)
        is_well, sentence = heartbeat.told(int(time.time()) + LIVES + 1)
        bot.send_signal(signal.SIGCONT)
    assert not is_well
    assert f"process {bot.pid} hangs" in sentence


async def test_what_a_bot_that_was_killed_left_is_old_soon_and_the_next_bot_writes_its_own(folder, wire):
    async with started(folder, wire) as bot:
        await patiently(well(folder))
        bot.kill()
        await bot.wait()
    left = Heartbeat.read(folder)
    assert not left.told(int(time.time()) + LIVES + 1)[0]
    async with started(folder, wire) as bot:
        assert bot.pid != left.pid
        await patiently(heartbeat_of(bot, folder))


async def test_a_port_for_metrics_that_is_taken_ends_the_start_with_a_sentence(folder, wire):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with started(folder, wire, MARQUEE_METRICS_PORT=str(port)) as bot:
            end = await ended(bot)
    assert end.status == 1
    assert end.log.splitlines()[-1].startswith(
        f"Metrics can't be served at 127.0.0.1, port {port}: Address already in use"
    )
    assert "Traceback" not in end.log
