"""An evening, and a Discord that fails: what it doesn't take is tried again, what is gone is let go, and the log has a line."""

import aiohttp
import discord
import pytest
from simcord.backend.serializers import guild_create_payload

from bot.store import Night, NightWish, Unavailable, database, engine
from tests.bot.cogs.test_night import planned, start
from tests.bot.cogs.test_night_event import events
from tests.bot.simulated import Member


def answered(status: int, code: int = 0) -> discord.HTTPException:
    response = type("Response", (), {"status": status, "reason": "not now"})()
    kinds = {403: discord.Forbidden, 404: discord.NotFound}
    return kinds.get(status, discord.HTTPException)(response, {"code": code, "message": "not now"})


PASSING = [answered(429), answered(502), aiohttp.ServerDisconnectedError(), TimeoutError()]


def failing(error: Exception):
    async def fails(*args, **options):
        raise error

    return fails


def lines(caplog) -> list[str]:
    """What the log has from warnings on, none of it with a traceback."""
    assert not [record for record in caplog.records if record.exc_info]
    return [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def latest(club) -> Night:
    return await club.store.nights.latest(club.channel.id)


@pytest.mark.parametrize("error", PASSING, ids=repr)
async def test_a_result_that_discord_did_not_take_is_shown_later(club, alice, monkeypatch, caplog, error):
    table = await start(alice)
    await table.press(alice, "Pick for us")
    with monkeypatch.context() as broken:
        broken.setattr(discord.PartialMessage, "edit", failing(error))
        await table.press(alice, "Close the vote")
    await club.env.advance_time(40)
    assert "nobody approved" in table.text
    [line] = lines(caplog)
    assert "card" in line
    assert type(error).__name__ in line


@pytest.mark.parametrize("error", PASSING, ids=repr)
async def test_an_event_that_discord_did_not_make_is_made_later(club, alice, monkeypatch, caplog, error):
    with monkeypatch.context() as broken:
        broken.setattr(discord.Guild, "create_scheduled_event", failing(error))
        await start(alice, when="in 3 days")
    await club.env.advance_time(40)
    assert len(events(club)) == 1
    assert len(lines(caplog)) == 1


async def test_an_event_that_discord_made_without_saying_so_is_not_made_twice(club, alice, monkeypatch):
    make = discord.Guild.create_scheduled_event

    async def breaks(*args, **options):
        await make(*args, **options)
        raise aiohttp.ServerDisconnectedError

    with monkeypatch.context() as broken:
        broken.setattr(discord.Guild, "create_scheduled_event", breaks)
        await start(alice, when="in 3 days")
    await club.env.advance_time(40)
    [event] = events(club)
    assert (await latest(club)).event == event.id


@pytest.mark.parametrize("error", [*PASSING, answered(403, 50001), answered(404, 10003)], ids=repr)
async def test_a_reminder_that_cannot_be_sent_is_one_line_and_no_other_evening_goes_without(
    club, alice, monkeypatch, caplog, error
):
    other = Member(club.env, club.alice.actor, club.guild.create_text_channel("other"))
    await planned(club, alice, when="in 14 minutes")
    await planned(club, other, when="in 14 minutes")
    send = discord.PartialMessageable.send

    async def elsewhere(place, **options):
        if place.id == club.channel.id:
            raise error
        return await send(place, **options)

    monkeypatch.setattr(discord.PartialMessageable, "send", elsewhere)
    await club.env.advance_time(40)
    assert len(lines(caplog)) == 1
    [container] = other.channel.last_message.components
    assert "begins <t:" in container.children[0].content


async def test_an_event_that_cannot_be_looked_up_is_a_line_each_time(club, alice, monkeypatch, caplog):
    await planned(club, alice, when="in 3 hours")
    monkeypatch.setattr(discord.Guild, "get_scheduled_event", lambda *_: None)
    monkeypatch.setattr(discord.Guild, "fetch_scheduled_event", failing(answered(503)))
    await club.env.advance_time(30)
    assert len(lines(caplog)) == 1
    assert (await latest(club)).event is not None


@pytest.mark.parametrize("kind", ["channel", "thread"])
async def test_an_evening_whose_channel_is_deleted_is_called_off_with_its_event(club, alice, kind, caplog):
    place = club.guild.create_text_channel("short-lived")
    if kind == "thread":
        club.env.backend.create_thread(place.id, "even shorter", alice.id)
        [place] = place.threads
    there = Member(club.env, alice.actor, place)
    await planned(club, there, when="in 3 hours")
    night = await club.store.nights.latest(place.id)
    club.env.backend.delete_channel(place.id)
    await club.env.settle()
    assert (await club.store.nights.get(night.id)).state == "cancelled"
    assert not events(club)
    assert not lines(caplog)


async def test_an_evening_whose_channel_went_while_the_bot_was_away_is_called_off_once_its_card_is_to_change(
    club, alice, monkeypatch
):
    await start(alice, when="in 3 hours")
    night = await latest(club)
    monkeypatch.setattr(discord.PartialMessage, "edit", failing(answered(404, 10003)))
    [event] = events(club)
    club.env.backend.edit_scheduled_event(club.guild.id, event.id, {"status": 4})
    await club.env.settle()
    assert (await club.store.nights.get(night.id)).state == "cancelled"


async def test_where_the_right_to_see_the_channel_is_withdrawn_the_evening_goes_on(club, alice, monkeypatch, caplog):
    table = await start(alice)
    await table.press(alice, "Pick for us")
    with monkeypatch.context() as blind:
        blind.setattr(discord.PartialMessage, "edit", failing(answered(403, 50001)))
        await table.press(alice, "Close the vote")
        await club.env.advance_time(40)
    assert len(lines(caplog)) == 1
    assert (await latest(club)).state == "planned"
    await alice.says("night status")
    assert "nobody approved" in table.text


@pytest.mark.parametrize("error", PASSING, ids=repr)
async def test_an_evening_that_discord_did_not_take_the_start_of_blocks_no_other(club, alice, monkeypatch, error):
    with monkeypatch.context() as broken:
        broken.setattr("bot.cogs.night.answer", failing(error))
        assert "Discord didn't take my answer" in (await alice.says("night start")).text
    assert len(club.env.errors) == 1
    await start(alice)


async def test_what_the_database_refuses_the_clock_is_the_stores_to_tell_and_is_done_later(
    club, alice, monkeypatch, caplog
):
    await planned(club, alice, when="in 14 minutes")
    with monkeypatch.context() as refusing:
        refused = Unavailable(engine.FULL, database.NOTHING_SAVED)
        refusing.setattr(club.store.nights, "set_reminded", failing(refused))
        await club.env.advance_time(30)
    assert lines(caplog) == []
    assert await club.store.nights.beginning(club.bot.now() + 15 * 60)
    await club.env.advance_time(30)
    assert not await club.store.nights.beginning(club.bot.now() + 15 * 60)


def tell_of_server(club, kind: str, **about) -> None:
    club.env.backend.emit(kind, {"id": str(club.guild.id), **about})


def bring_server_back(club) -> None:
    backend = club.env.backend
    backend.emit("GUILD_CREATE", guild_create_payload(backend, backend.get_guild(club.guild.id)))


async def test_the_evening_of_a_server_that_removes_the_bot_is_called_off_and_once_it_is_back_another_begins(
    club, alice, caplog
):
    await start(alice, when="in 3 hours")
    night = await latest(club)
    tell_of_server(club, "GUILD_DELETE")
    await club.env.settle()
    assert (await club.store.nights.get(night.id)).state == "cancelled"
    bring_server_back(club)
    await club.env.settle()
    await start(alice)
    assert (await latest(club)).id != night.id
    assert not lines(caplog)


async def test_a_server_that_is_away_for_a_while_has_not_removed_the_bot(club, alice):
    table = await start(alice)
    tell_of_server(club, "GUILD_DELETE", unavailable=True)
    await club.env.advance_time(40)
    assert (await latest(club)).state == "gathering"
    bring_server_back(club)
    await club.env.settle()
    await table.press(alice, "Pick for us")
    assert (await latest(club)).state == "voting"


async def test_once_the_bot_connects_anew_a_server_that_is_away_keeps_its_evening(club, alice):
    await start(alice)
    me = {"id": str(club.bot.user.id), "username": "Marquee", "discriminator": "0", "avatar": None}
    away = {"id": str(club.guild.id), "unavailable": True}
    about = {"id": str(club.bot.application_id), "flags": 0}
    with club.env._bot_scope():
        club.bot._connection.parse_ready({"v": 10, "shard": [0, 1], "user": me, "guilds": [away], "application": about})
    await club.env.advance_time(40)
    assert (await latest(club)).state == "gathering"


async def test_before_discord_has_named_the_bots_servers_nothing_is_called_off(club, alice, monkeypatch):
    wish = NightWish("On another server", "any", "fair", 15)
    night = await club.store.nights.start(1, 2, wish, None, [alice.id], club.bot.now())
    with monkeypatch.context() as connecting:
        connecting.setattr(club.bot, "is_ready", lambda: False)
        await club.env.advance_time(40)
        assert (await club.store.nights.get(night.id)).state == "gathering"
    await club.env.advance_time(40)
    assert (await club.store.nights.get(night.id)).state == "cancelled"


async def test_evenings_on_servers_of_another_process_are_that_ones(club, alice, monkeypatch):
    wish = NightWish("On another server", "any", "fair", 15)
    night = await club.store.nights.start(1, 2, wish, None, [alice.id], club.bot.now())
    with monkeypatch.context() as divided:
        divided.setattr(club.bot, "serves", lambda guild: guild != 1)
        await club.env.advance_time(40)
        assert (await club.store.nights.get(night.id)).state == "gathering"
    await club.env.advance_time(40)
    assert (await club.store.nights.get(night.id)).state == "cancelled"
