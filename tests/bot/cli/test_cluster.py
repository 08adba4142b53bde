"""How `cluster` sees its processes through; tests/bot/test_cluster_process.py has the real ones."""

import asyncio
import os
import re
import sys
import time

import pytest

from bot import Settings
from bot.cli import cluster
from bot.cli.cluster import Process
from bot.heartbeat import LIVES, Heartbeat
from bot.shards import Shards
from tests.bot.patience import patiently


@pytest.fixture
def process(monkeypatch, tmp_path):
    """Makes one that does this in place of `run`."""

    def make(script, **settings):
        monkeypatch.setattr(sys, "orig_argv", ["python", "-c", script, "cluster"])
        return Process(Settings(_env_file=None, data_dir=tmp_path, **settings), 2, Shards(32, 47, 64))

    return make


async def test_pauses_grow_to_a_limit_and_begin_anew_once_a_process_has_run_for_long(process, monkeypatch, caplog):
    monkeypatch.setattr(cluster, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(cluster, "LONGEST_PAUSE", 0.04)
    caplog.set_level("INFO")

    async def died(times):
        """Let it die so often; the pauses before it was started again."""
        caplog.clear()
        stopped = asyncio.Event()
        running = asyncio.create_task(dying.run(stopped))
        while True:
            pauses = re.findall(r"status 3\); it is started again in (\S+) s", caplog.text)
            if len(pauses) >= times:
                break
            await asyncio.sleep(0.01)
        stopped.set()
        await running
        return pauses[:times]

    dying = process("import sys; sys.exit(3)")
    assert await patiently(died(4)) == ["0.01", "0.02", "0.04", "0.04"]
    monkeypatch.setattr(cluster, "LONG_ENOUGH", 0)
    assert await patiently(died(2)) == ["0.01", "0.01"]


async def test_one_that_has_died_all_week_is_started_again_still(process, monkeypatch, caplog):
    monkeypatch.setattr(cluster, "LONGEST_PAUSE", 0.01)
    dying, stopped = process("import sys; sys.exit(3)"), asyncio.Event()
    dying._deaths = 2000
    running = asyncio.create_task(dying.run(stopped))
    while caplog.text.count("it is started again in 0.01 s") < 2 and not running.done():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    stopped.set()
    await patiently(running)


async def test_each_has_its_shards_and_files_and_a_port_of_its_own_and_nothing_to_tell_systemd(
    process, tmp_path, monkeypatch
):
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    script = (
        "import os, pathlib, sys, time\n"
        f"told = pathlib.Path({str(tmp_path / 'told')!r})\n"
        "names = 'MARQUEE_SHARDS', 'MARQUEE_LOG_FILE', 'MARQUEE_METRICS_PORT', 'NOTIFY_SOCKET'\n"
        "told.with_suffix('.part').write_text(repr([sys.argv[1], *map(os.environ.get, names)]))\n"
        "told.with_suffix('.part').rename(told)\n"
        "time.sleep(600)"
    )
    stopped = asyncio.Event()
    running = asyncio.create_task(process(script, log_file="logs/bot.log", metrics_port=9000).run(stopped))
    while not (tmp_path / "told").exists():  # noqa: ASYNC110 (another process tells)
        await asyncio.sleep(0.01)
    stopped.set()
    await patiently(running)  # SIGTERM ends it
    assert (tmp_path / "told").read_text() == repr(["run", "32-47/64", "logs/bot-32-47.log", "9003", None])


@pytest.mark.parametrize("step", [-86_400, 86_400])
async def test_a_clock_that_is_set_makes_none_hang(process, tmp_path, monkeypatch, step):
    watched = process("")
    watched._running = await asyncio.create_subprocess_exec("sleep", "600")

    def beat(when):
        Heartbeat(int(when), True, "All is well.", None, True, True, "1", watched._running.pid).write(tmp_path, "32-47")

    began, monotonic = time.time(), time.monotonic
    try:
        beat(began)
        assert watched.trouble(tmp_path) is None
        monkeypatch.setattr(time, "time", lambda: began + step)
        assert watched.trouble(tmp_path) is None
        beat(began + step)
        assert watched.trouble(tmp_path) is None
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + LIVES + 1)
        assert watched.trouble(tmp_path) == "Process 32-47 hangs."
        assert await watched._running.wait() == -9
    finally:
        if watched._running.returncode is None:
            os.kill(watched._running.pid, 9)
            await watched._running.wait()
