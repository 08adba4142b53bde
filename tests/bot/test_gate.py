"""The gate that every command and button goes through."""

from datetime import timedelta

import discord
import pytest

from tests.bot.simulated import MATRIX


def late(club, seconds):
    """The id of an interaction that was made some seconds ago."""
    return str(discord.utils.time_snowflake(club.env.now() - timedelta(seconds=seconds)))


async def test_a_command_that_comes_too_late_is_dropped(club, alice, caplog):
    await alice.says("help")
    card = await alice.sends("rate", {"movie": MATRIX, "stars": 5.0}, id=late(club, 4))
    assert not card.result.acknowledged
    assert await club.store.history(alice.id) == {}
    assert "late" in caplog.text


async def test_a_press_that_comes_too_late_is_dropped(club, alice):
    listed = await alice.says("recommend")
    card = await alice.forges(listed, listed.button("Seen it"), id=late(club, 4))
    assert not card.result.acknowledged
    assert await club.store.seen(alice.id) == {}


async def test_a_press_that_is_just_in_time_is_answered(club, alice):
    listed = await alice.says("recommend")
    await alice.forges(listed, listed.button("Seen it"), id=late(club, 2))
    assert list(await club.store.seen(alice.id)) == [listed.films[0]]


@pytest.mark.parametrize("wrong", [10, -10])
async def test_where_the_machines_clock_is_wrong_everything_is_answered_but_what_is_late(
    club, alice, monkeypatch, wrong
):
    right = discord.utils.utcnow
    monkeypatch.setattr(discord.utils, "utcnow", lambda: right() + timedelta(seconds=wrong))
    assert (await alice.says("help")).text
    listed = await alice.says("recommend")
    assert len(listed.films) == 5
    await alice.presses(listed, "Seen it")
    assert list(await club.store.seen(alice.id)) == [listed.films[0]]
    await alice.forges(listed, listed.button("Seen it", listed.films[1]), id=late(club, 4))
    assert len(await club.store.seen(alice.id)) == 1
    assert (await alice.says("help")).text


@pytest.mark.parametrize(
    "custom_id",
    [
        "ask:0:999999:0",
        "seen:999999",
        "say:0:exclude movie:999999:0:{}",
        "say:0:similar:999999:0:{}",
        'say:0:rate:999999:1:{"stars":4.0}',
    ],
)
async def test_a_button_about_a_film_that_left_the_catalogue_answers_with_a_sentence(club, alice, custom_id):
    listed = await alice.says("recommend")
    card = await alice.forges(listed, custom_id)
    assert "catalogue" in card.text
    assert card.private
    assert await club.store.seen(alice.id) == {}
    assert await club.store.history(alice.id) == {}
