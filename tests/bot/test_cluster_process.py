"""`cluster` as a host starts it: two processes over a real server, and a Discord that asks for two shards."""

import asyncio
import os
import re
import shutil
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.films.film import Film
from bot.films.shelf import FOLDER, Shelf
from bot.heartbeat import NoHeartbeatError, told_of_all
from bot.stopping import when_ended
from bot.store import Store
from recommender.datasets.identity import IMDB
from tests.bot import tiny_movielens
from tests.bot.patience import patiently
from tests.bot.test_process import LAUNCHER, ended, log_until, started
from tests.bot.wire import Wire
from tests.bot.wire_payloads import ALICE, server

# Discord's five seconds are nobody's test, and neither is a second's pause.
CLUSTER = LAUNCHER.replace("from bot import gate, stopping\n", "from bot import cluster, gate, stopping\n").replace(
    "stopping.SECONDS = 600\n", "stopping.SECONDS = 600\ncluster.SPACING = 0.01\n"
)
# This learns once it is told, and hears of what is new by what others tell alone.
LEARNING = CLUSTER.replace(
    "Recommender.fit = lambda *args, **options: threading.Event().wait()\n",
    """
import time
from pathlib import Path
from bot.cogs.upkeep import Upkeep
from bot.training import gate as verdicts

def fit_once_told(*args, fit=Recommender.fit, **options):
    while not Path("may_learn").exists():
        time.sleep(0.05)
    return fit(*args, **options)

Recommender.fit = fit_once_told
verdicts.TOLERANCE = 1  # of so few ratings, a film more makes another model
Upkeep.follow.change_interval(hours=1)
Upkeep.tell_of_itself.change_interval(seconds=0.2)
""",
)
ONE_EACH = {"MARQUEE_SHARDS_A_PROCESS": "1", "MARQUEE_BACKUP_HOURS": "0"}
FIRST, SECOND = server(0), server(1)
FERRY = Film("Midnight Ferry", 2026, 33_445_566, genres=("Comedy",), votes=90_000, mean=8.9)


@pytest.fixture
async def wire():
    async with Wire.open(shards=2) as wire:
        wire.guilds = [FIRST, SECOND]
        yield wire


@pytest.fixture
async def address(postgres):
    return await postgres.create()


@pytest.fixture
def folder(tmp_path, model_folder):
    shutil.copytree(model_folder, tmp_path / "models")
    return tmp_path


async def answered(wire, guild, command, **options):
    """The text of the answer to a command on a server."""
    interaction = await wire.send(command, options, guild=int(guild["id"]))
    return (await patiently(interaction.answer)).text


async def rated(wire, guild, movie, stars):
    """Rate a film on a server, again and again until its process has its model."""
    while True:
        if movie.split(" (")[0] in await answered(wire, guild, "rate", movie=movie, stars=stars):
            return
        await asyncio.sleep(0.5)


async def well(folder):
    """Returns once all processes say of themselves that they are: the first write of one that starts may take too long."""
    while True:
        with suppress(NoHeartbeatError):
            if told_of_all(folder, int(time.time())) == (True, "All is well."):
                return
        await asyncio.sleep(0.5)


async def test_what_dies_in_a_cluster_is_started_again_while_the_rest_goes_on_and_all_end_together(
    wire, folder, address
):
    async with started(folder, wire, CLUSTER, "cluster", MARQUEE_DATABASE=address, **ONE_EACH) as bot:
        first, second = [await patiently(pid_of(name, bot)) for name in ("0-0", "1-1")]
        await wire.connected()
        assert sorted(identify["shard"] for identify in wire.identifies) == [[0, 2], [1, 2]]
        await patiently(rated(wire, FIRST, "Heat (1995)", 4.0))
        await patiently(rated(wire, SECOND, "Alien (1979)", 5.0))
        await patiently(well(folder))
        os.kill(first, signal.SIGKILL)
        await patiently(rated(wire, SECOND, "Titanic (1997)", 1.0))
        await patiently(pid_of("0-0", bot))
        await wire.connected()
        await patiently(rated(wire, FIRST, "Speed (1994)", 3.0))
        status = await answered(wire, FIRST, "admin status")
        bot.terminate()
        end = await ended(bot)
    assert end.status == 0, end.log
    assert "Traceback" not in end.log
    assert all(f"Process {name}" in status for name in ("0-0", "1-1")), status
    assert not list(folder.glob("heartbeat*.json"))
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)
    async with Store.open(address) as store:
        assert sorted((await store.history(ALICE)).values()) == [1.0, 3.0, 4.0, 5.0]


async def test_what_one_process_has_fetched_and_learned_all_serve_and_where_cluster_is_killed_they_end_and_it_starts_again(
    wire, tmp_path, address
):
    may_learn = tmp_path / "may_learn"
    may_learn.touch()
    with tiny_movielens.mirror(tmp_path) as url:
        settings = {
            "MARQUEE_DATABASE": address,
            "MARQUEE_MOVIELENS": tiny_movielens.NAME,
            "MARQUEE_MOVIELENS_URL": url,
            **ONE_EACH,
        }
        async with started(tmp_path, wire, LEARNING, "cluster", **settings) as bot:
            pids = [await patiently(pid_of(name, bot)) for name in ("0-0", "1-1")]
            await wire.connected()
            first = await patiently(model_of_both(wire))
            may_learn.unlink()
            Shelf(tmp_path / FOLDER).write("wikidata", [FERRY], datetime.now(UTC))
            async with Store.open(address) as store:
                await store.rate(ALICE, IMDB + FERRY.imdb, 5.0, int(time.time()))
            await answered(wire, SECOND, "admin retrain")
            for guild in (FIRST, SECOND):  # nothing is learned yet
                await patiently(rated(wire, guild, "Midnight Ferry (2026)", 4.0))
            may_learn.touch()
            second = await patiently(model_of_both(wire, other_than=first))
            ends = [asyncio.Event() for _ in pids]
            for pid, end in zip(pids, ends, strict=True):
                when_ended(pid, end.set)
            bot.kill()
            await patiently(asyncio.gather(*(end.wait() for end in ends)))
        async with started(tmp_path, wire, LEARNING, "cluster", **settings) as bot:
            assert await patiently(model_of_both(wire)) == second
            bot.terminate()
            end = await ended(bot)
    assert end.status == 0, end.log
    assert "Traceback" not in end.log


async def model_of_both(wire, other_than=None):
    """The version of the model that both processes serve, once they serve the same and another than this."""
    while True:
        await wire.connected()
        models = re.findall(r"model (\d{8}-\d{6})", await answered(wire, FIRST, "admin status"))
        if len(models) == 2 and len(set(models)) == 1 and other_than not in models:
            return models[0]
        await asyncio.sleep(0.2)


async def pid_of(name, bot):
    """Of the process that `cluster` has just started."""
    log = await log_until(f"process {name} has been started", bot)
    return int(log.rstrip().rpartition(" ")[2])
