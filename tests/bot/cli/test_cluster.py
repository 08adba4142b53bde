"""How `cluster` sees its processes through; tests/bot/test_cluster_process.py has the real ones."""

import asyncio
import errno
import re
import sys
import time
from types import SimpleNamespace

import pytest

from bot import Settings, heartbeat
from bot.cli import cluster
from bot.cli.cluster import Child
from bot.heartbeat import LIVES, Heartbeat
from bot.shards import Shards
from tests.bot.patience import patiently


@pytest.fixture
def process(monkeypatch, tmp_path):
    """Makes one that does this in place of `run`."""

    def make(script, **settings):
        monkeypatch.setattr(sys, "orig_argv", ["python", "-c", script, "cluster"])
        return Child(Settings(_env_file=None, data_dir=tmp_path, **settings), 2, Shards(32, 47, 64))

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


async def test_one_that_died_leaves_no_heartbeat(process, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(cluster, "FIRST_PAUSE", 600)
    Heartbeat(0, True, "All is well.", None, True, True, "1", 4711).write(tmp_path, "32-47")
    script = (
        "import os, pathlib, sys\n"
        f"left = pathlib.Path({str(tmp_path / 'heartbeat-32-47.json')!r})\n"
        "left.write_text(left.read_text().replace('4711', str(os.getpid())))\n"
        "sys.exit(3)"
    )
    stopped = asyncio.Event()
    running = asyncio.create_task(process(script).run(stopped))
    while "ended by itself (status 3)" not in caplog.text and not running.done():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    stopped.set()
    await patiently(running)
    assert not list(tmp_path.glob("heartbeat*"))


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


@pytest.fixture
async def watched(process):
    """One that runs for long already."""
    watched = process("")
    watched._running = await asyncio.create_subprocess_exec("sleep", "600")
    watched._began = watched._seen = time.monotonic() - cluster.START_SECONDS - 1
    yield watched
    if watched._running.returncode is None:
        watched._running.kill()
        await watched._running.wait()


@pytest.fixture
def beat(watched, tmp_path):
    """Leaves a heartbeat of its."""

    def beat(when, pid=watched._running.pid):
        Heartbeat(int(when), True, "All is well.", None, True, True, "1", pid).write(tmp_path, "32-47")

    return beat


@pytest.fixture
def clock(monkeypatch):
    """That by which `cluster` sees what hangs. It stands still until it is set."""
    clock = SimpleNamespace(now=time.monotonic())
    monkeypatch.setattr(cluster, "time", SimpleNamespace(time=time.time, monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize("step", [-86_400, 86_400])
async def test_a_clock_that_is_set_makes_none_hang(watched, beat, clock, monkeypatch, step):
    began = time.time()
    beat(began)
    assert watched.trouble(0) is None
    monkeypatch.setattr(cluster.time, "time", lambda: began + step)
    assert watched.trouble(0) is None
    beat(began + step)
    assert watched.trouble(0) is None
    clock.now += LIVES + 1
    assert watched.trouble(0) == "Process 32-47 hangs."
    assert await patiently(watched._running.wait()) == -9


def missing(path, beat):
    path.unlink()


def damaged(path, beat):
    path.write_text("{")


def another_s(path, beat):
    beat(time.time(), pid=4711)


@pytest.mark.parametrize("befall", [missing, damaged, another_s])
async def test_one_whose_heartbeat_is_gone_has_as_long_for_another_as_between_two(
    watched, beat, clock, tmp_path, befall
):
    beat(time.time())
    assert watched.trouble(0) is None
    befall(tmp_path / "heartbeat-32-47.json", beat)
    clock.now += LIVES - 1
    assert watched.trouble(0) is None
    beat(time.time() + LIVES)
    clock.now += LIVES - 1
    assert watched.trouble(0) is None
    befall(tmp_path / "heartbeat-32-47.json", beat)
    clock.now += LIVES + 1
    assert watched.trouble(0) == "Process 32-47 hangs."
    assert await patiently(watched._running.wait()) == -9


async def test_one_that_never_left_a_heartbeat_has_minutes_for_the_first(watched, clock):
    watched._seen = clock.now
    clock.now += cluster.START_SECONDS - 1
    assert watched.trouble(0) is None
    clock.now += 2
    assert watched.trouble(0) == "Process 32-47 hangs."


async def test_a_disk_that_takes_nothing_is_told_and_kills_none_until_it_takes_something_again(
    watched, beat, clock, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(heartbeat, "SECONDS", 0)
    stopped, rounds, is_full = asyncio.Event(), [], [True]

    def write(beat, folder, write=Heartbeat.write):
        clock.now += 15
        rounds.append(beat)
        if is_full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(beat, folder)

    async def look(times):
        rounds.clear()
        while len(rounds) < times:  # noqa: ASYNC110 (another thread writes)
            await asyncio.sleep(0.01)
        return rounds[-1]

    beat(time.time())
    monkeypatch.setattr(Heartbeat, "write", write)
    watching = asyncio.create_task(cluster._watch(tmp_path, [watched], stopped))
    told = await patiently(look(100))
    assert (told.healthy, told.sentence) == (False, "No heartbeat can be written or read; the log says why.")
    assert watched._running.returncode is None
    assert caplog.text.count("No space left") == 1
    is_full[0] = False
    # It leaves none now either. 255: the next kill, a moment later here, was first to see that it had ended.
    assert await patiently(watched._running.wait()) in (-9, 255)
    stopped.set()
    await patiently(watching)
    assert [beat.sentence for beat in rounds if "hangs" in beat.sentence]
