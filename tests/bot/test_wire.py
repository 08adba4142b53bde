"""The real bot and the real client library, over real sockets."""

import asyncio
import time
from dataclasses import replace

import discord
import pytest

from bot import cluster, create_bot, limits, sharded, systemd
from bot.heartbeat import Heartbeat, left
from bot.items import AskStars
from bot.lock import AlreadyRunningError
from bot.shards import Shards
from tests.bot.patience import PATIENCE, patiently
from tests.bot.test_heartbeat import WELL
from tests.bot.wire import OK, TOKEN, Failure, Wire, running
from tests.bot.wire_payloads import ALICE, server

HEAT = "Heat (1995)"


@pytest.fixture
async def wire(monkeypatch, nothing_is_late):
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        yield wire


@pytest.fixture
async def bot(settings, wire):
    async with running(settings, wire) as bot:
        yield bot


async def test_it_connects_and_knows_the_servers_it_is_in(bot, wire):
    await patiently(bot.wait_until_ready())
    assert [guild.name for guild in bot.guilds] == ["Film club"]


async def test_where_discord_lets_it_connect_no_more_today_it_waits_until_it_may(settings, wire, caplog, monkeypatch):
    wire.remaining, wire.reset_after = 0, 7_200_000
    pauses = []

    async def pause(seconds):
        pauses.append((seconds, len(wire.identifies)))
        wire.remaining = len(pauses) - 1  # the first time it was woken too early

    monkeypatch.setattr(sharded, "pause", pause)
    async with running(settings, wire):
        assert pauses == [(7201, 0), (7201, 0)]
        assert "waits 2.0 hours" in caplog.text


async def test_where_too_few_connects_are_left_for_all_processes_none_takes_those_of_another(
    settings, wire, monkeypatch
):
    wire.remaining = 63
    waiting, may_go_on, told = asyncio.Event(), asyncio.Event(), []

    async def pause(seconds):
        waiting.set()
        await may_go_on.wait()
        wire.remaining = 64

    monkeypatch.setattr(sharded, "pause", pause)
    monkeypatch.setattr(systemd, "notify", lambda *words: told.extend(words))
    wire.shards = 64
    async with create_bot(settings.model_copy(update={"shards": Shards(0, 0, 64)})) as bot:
        await bot.login(TOKEN)
        connection = asyncio.create_task(bot.connect())
        await patiently(waiting.wait())
        assert (wire.identifies, bot.connections.away_since) == ([], None)
        assert systemd.READY in told
        may_go_on.set()
        await patiently(bot.wait_for("connect"))
        assert [identify["shard"] for identify in wire.identifies] == [[0, 64]]
    await connection


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize("shards", [None, Shards(0, 0, 1)])
async def test_a_start_that_is_refused_leaves_the_heartbeats_of_those_that_run_as_they_are(
    settings, wire, monkeypatch, shards
):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    folder, now = settings.data_dir, int(time.time())
    for name in ("0-0", None):
        replace(WELL, time=now).write(folder, name)
    before = cluster.Cluster(settings.database.url, "0-0")
    await before.join([0], 1)
    async with create_bot(settings.model_copy(update={"shards": shards})) as bot:
        await bot.login(TOKEN)
        with pytest.raises(AlreadyRunningError, match="has shards 0"):
            await bot.connect()
    assert [Heartbeat.read(folder, name) for name in left(folder)] == [replace(WELL, time=now)] * 2
    await before.close()


async def test_it_asks_for_no_events_but_those_of_servers_voice_states_and_scheduled_events(bot, wire):
    [identify] = wire.identifies
    assert identify["token"] == TOKEN
    assert identify["intents"] == discord.Intents(guilds=True, voice_states=True, guild_scheduled_events=True).value


async def test_commands_are_told_to_discord_at_the_first_start_only(settings, wire):
    async with running(settings, wire) as bot:
        assert {command["name"] for command in wire.commands} == {command.name for command in bot.tree.get_commands()}
    async with running(settings, wire):
        assert wire.asked("PUT", "/commands") == 1


async def test_commands_that_discord_lost_are_told_again(settings, wire):
    async with running(settings, wire):
        told, wire.commands = wire.commands, []
    async with running(settings, wire):
        assert wire.commands == told


async def test_a_rating_is_stored_and_answered_with_a_private_card(bot, wire):
    answer = await wire.command("rate", movie=HEAT, stars=4.5)
    assert "Heat" in answer.text
    assert answer.flags == discord.MessageFlags(ephemeral=True, components_v2=True)
    assert list((await bot.store.history(ALICE)).values()) == [4.5]


async def test_a_member_need_not_wait_for_answers_that_discord_is_slow_to_take(bot, wire, monkeypatch):
    monkeypatch.setattr(limits, "PATIENCE", 0.1)
    wire.failures += [Failure("POST", "/callback", OK, seconds=0.5) for _ in range(limits.AT_ONCE)]
    slow = [await wire.send("rate", {"movie": HEAT, "stars": stars}) for stars in (1.0, 2.0)]
    await wire.until_asked("POST", "/callback", times=len(slow))
    assert "Heat" in (await wire.command("rate", movie=HEAT, stars=4.5)).text
    for interaction in slow:
        await patiently(interaction.answer)


async def test_who_is_on_a_server_is_asked_of_discord(bot, wire):
    for member in (1001, 1002, 1003):
        await wire.command("rate", by=member, movie=HEAT, stars=4.0)
    assert "On this server: " in (await wire.command("film", movie=HEAT)).text


async def test_a_button_is_pressed_by_whoever_sees_it(bot, wire):
    heat = bot.serving.recommender.catalogue.by_label(HEAT).id
    pressed = await wire.forge(AskStars.layout.of(owner=1001, movie=heat, replace=False), by=1001)
    assert "Heat" in (await patiently(pressed.answer)).text


async def test_a_subcommand_is_answered(bot, wire):
    await wire.command("exclude words", text="Star Wars")
    assert [exclusion.value for exclusion in await bot.store.exclusions(ALICE)] == ["Star Wars"]


async def test_typing_a_title_offers_films(bot, wire):
    answer = await wire.autocomplete("rate", movie="matrx")
    assert answer.choices[0] == "The Matrix (1999)"


async def test_telling_the_commands_survives_a_rate_limit_and_a_bad_gateway(settings, wire):
    wire.failures = [
        Failure("PUT", "/commands", status=429, retry_after=0.1),
        Failure("PUT", "/commands", status=502),
    ]
    async with running(settings, wire):
        assert wire.commands
        assert wire.asked("PUT", "/commands") == 3


async def test_a_dropped_connection_is_resumed_and_what_was_missed_is_answered(bot, wire):
    await wire.drop()
    missed = await wire.send("rate", {"movie": HEAT, "stars": 4.0})
    await wire.connected()
    assert (len(wire.resumes), len(wire.identifies)) == (1, 1)
    assert "Heat" in (await patiently(missed.answer)).text
    assert "Alien" in (await wire.command("rate", movie="Alien (1979)", stars=5.0)).text


async def test_what_arrives_too_late_to_be_answered_is_dropped(bot, wire, caplog):
    await wire.command("rate", movie="Alien (1979)", stars=4.0)
    late = await wire.send("rate", {"movie": HEAT, "stars": 1.0}, late=2 * PATIENCE)
    await wire.command("rate", movie="Alien (1979)", stars=5.0)
    assert not late.answer.done()
    assert list((await bot.store.history(ALICE)).values()) == [5.0]
    assert "late" in caplog.text


async def test_where_discord_asks_for_several_shards_one_process_has_them_all(settings, monkeypatch, nothing_is_late):
    monkeypatch.setattr(cluster, "SPACING", 0.01)
    async with Wire.open(shards=2) as wire:
        wire.redirect(monkeypatch)
        wire.guilds = [server(0), server(1)]
        async with running(settings, wire) as bot:
            await patiently(bot.wait_until_ready())
            assert [identify["shard"] for identify in wire.identifies] == [[0, 2], [1, 2]]
            assert sorted(guild.shard_id for guild in bot.guilds) == [0, 1]
            for guild in wire.guilds:
                interaction = await wire.send("rate", {"movie": HEAT, "stars": 4.0}, guild=int(guild["id"]))
                assert "Heat" in (await patiently(interaction.answer)).text


async def test_a_server_that_removed_the_bot_while_it_was_away_is_noticed(settings, wire, monkeypatch):
    monkeypatch.setattr(cluster, "SPACING", 0.01)
    wire.guilds, wire.forgetful = [server(0), server(1)], True
    async with running(settings, wire) as bot:
        await patiently(bot.wait_until_ready())
        gone = wire.guilds.pop()
        left = asyncio.create_task(bot.wait_for("guild_remove"))
        await wire.drop()
        assert (await patiently(left)).id == int(gone["id"])
