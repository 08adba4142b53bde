"""How the bot is, as its heartbeat tells: what happens to Discord, the database and the model shows in it."""

import asyncio
import multiprocessing
import socket

import pytest

from bot.health import FOLLOWING_SECONDS, Health
from bot.heartbeat import AWAY_SECONDS, NAME, Heartbeat, NoHeartbeatError
from bot.lock import alone_with
from bot.shards import Connections
from bot.store import database
from tests.bot import trouble
from tests.bot.retrains import end


@pytest.fixture
def health(club):
    return Health(club.bot)


@pytest.fixture
def systemd(monkeypatch, tmp_path):
    """Systemd's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as socket_:
        socket_.bind(str(tmp_path / "notify"))
        socket_.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield socket_


def heard(systemd):
    """What came since it was last asked."""
    told = []
    while True:
        try:
            told.append(systemd.recv(1000).decode().partition("\n")[0])
        except BlockingIOError:
            return told


async def left(club, health):
    """The heartbeat that the bot leaves now."""
    await health.beat()
    return Heartbeat.read(club.bot.settings.data_dir)


async def test_a_bot_that_lacks_nothing_is_well(club, health):
    heartbeat = await left(club, health)
    assert heartbeat.told(club.bot.now()) == (True, "All is well.")
    assert heartbeat.model_serves
    assert heartbeat.database_writable
    assert heartbeat.away_since is None


async def test_a_process_that_waits_for_the_model_of_another_is_well_for_a_quarter_of_an_hour(club, health, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    with alone_with(shared):
        await club.restart(model_dir=shared)
        health = Health(club.bot)
        assert (await left(club, health)).healthy
        club.bot.started -= FOLLOWING_SECONDS
        heartbeat = await left(club, health)
        assert not heartbeat.healthy
        assert (
            heartbeat.sentence
            == f"No model serves: none that can be read is in {shared}, where another process learns."
        )


async def test_it_lives_by_the_clock(club):
    began = Heartbeat.read(club.bot.settings.data_dir)
    await club.env.advance_time(2 * 3600)
    assert Heartbeat.read(club.bot.settings.data_dir).time > began.time


async def test_what_several_processes_left_that_were_killed_goes_as_one_starts_alone(club, health):
    folder = club.bot.settings.data_dir
    (await left(club, health)).write(folder, "0-15")
    await club.restart()
    with pytest.raises(NoHeartbeatError):
        Heartbeat.read(folder, "0-15")


async def test_a_bot_that_ends_leaves_none(club):
    await club.bot.close()
    assert not (club.bot.settings.data_dir / NAME).exists()


async def test_a_discord_that_is_away_for_a_minute_is_no_sickness(club, health):
    club.bot.dispatch("shard_disconnect", 0)
    await club.env.advance_time(60)
    club.bot.dispatch("shard_disconnect", 0)  # a try that failed
    heartbeat = await left(club, health)
    assert heartbeat.told(club.bot.now()) == (True, "Discord has been away for 60 s; I connect again.")


@pytest.mark.parametrize("back", ["shard_ready", "shard_resumed"])
async def test_a_discord_that_stays_away_is_one_until_it_is_back(club, health, systemd, back):
    club.bot.dispatch("shard_disconnect", 0)
    await club.env.advance_time(AWAY_SECONDS + 60)
    heard(systemd)
    assert (await left(club, health)).told(club.bot.now()) == (False, "Discord has been away for 16 minutes.")
    assert heard(systemd) == []
    club.bot.dispatch(back, 0)
    await club.env.settle()
    heard(systemd)
    assert (await left(club, health)).healthy
    assert heard(systemd) == ["WATCHDOG=1"]


async def test_where_discord_lets_it_connect_no_more_today_that_is_told_and_nobody_restarts_it_for_it(
    club, health, systemd
):
    club.bot.connections = Connections(club.bot.now())
    club.bot.connections.waits_until = club.bot.now() + 3 * 3600
    await club.env.advance_time(2 * 3600)
    heard(systemd)
    heartbeat = await left(club, health)
    assert heartbeat.told(club.bot.now()) == (
        False,
        "Discord lets the bot connect too few times still; it waits for 60 minutes more.",
    )
    assert heartbeat.away_since is None
    assert heard(systemd) == ["WATCHDOG=1"]


async def test_a_shard_that_stays_away_is_told_and_nobody_restarts_the_others_for_it(club, health, systemd):
    club.bot.dispatch("shard_disconnect", 1)
    await club.env.advance_time(AWAY_SECONDS + 60)
    heard(systemd)
    heartbeat = await left(club, health)
    assert heartbeat.told(club.bot.now()) == (False, "Discord has been away for more than 15 minutes on shards 1.")
    assert heard(systemd) == ["WATCHDOG=1"]


async def test_a_database_that_takes_nothing_is_told_and_nobody_restarts_the_bot_for_it(
    club, health, systemd, monkeypatch
):
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    with trouble.locked(club.bot.settings.database):
        heartbeat = await left(club, health)
    assert (heartbeat.healthy, heartbeat.database_writable) == (False, False)
    assert heartbeat.sentence == "The database can't be written; the log says why."
    assert heard(systemd) == ["WATCHDOG=1"]
    assert (await left(club, Health(club.bot))).healthy


async def test_a_write_that_hangs_is_waited_for_and_not_followed_by_another(club, health, monkeypatch):
    begun, disk = [], asyncio.Event()

    async def hang(key, value):
        begun.append(key)
        await disk.wait()

    monkeypatch.setattr("bot.health.PATIENCE", -0.9)
    monkeypatch.setattr("bot.health.WRITE_EVERY", 1)
    monkeypatch.setattr(club.store, "set_meta", hang)
    assert [(await left(club, health)).healthy for _ in range(2)] == [False, False]
    disk.set()
    assert (await left(club, health)).healthy
    assert len(begun) == 1


async def test_where_the_folder_takes_nothing_the_last_heartbeat_stays_whole_and_the_bot_goes_on(club, health, caplog):
    before = await left(club, health)
    with trouble.unwritable():
        with pytest.raises(OSError, match="too large"):
            await health.beat()
        await club.env.advance_time(3600)
    assert caplog.text.count("no heartbeat can be written") == 1
    assert Heartbeat.read(club.bot.settings.data_dir) == before
    assert (await left(club, health)).time > before.time


@pytest.fixture
def without_a_model(settings):
    for file in (settings.data_dir / "models").glob("*.safetensors"):
        file.unlink()


async def test_while_the_first_model_is_learned_the_bot_is_well_and_once_that_has_failed_it_is_not(
    without_a_model, may_learn, simcord_env
):
    bot = simcord_env.bot
    await bot.loading
    await Health(bot).beat()
    heartbeat = Heartbeat.read(bot.settings.data_dir)
    assert (heartbeat.healthy, heartbeat.model_serves) == (True, False)
    assert "still getting to know the films" in heartbeat.sentence
    run = bot.trainer.running
    [worker] = multiprocessing.active_children()
    worker.kill()
    await end(run)
    await Health(bot).beat()
    heartbeat = Heartbeat.read(bot.settings.data_dir)
    assert (heartbeat.healthy, heartbeat.model_serves) == (False, False)
    assert "the last try to learn one failed" in heartbeat.sentence
    await bot.close()


async def test_systemd_hears_when_the_bot_is_ready_and_when_it_stops(settings, systemd, simcord_env):
    assert "READY=1" in heard(systemd)
    await simcord_env.bot.close()
    assert heard(systemd) == ["STOPPING=1"]
