"""The gate and the error handler that every command and button goes through."""

import logging
import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import discord
import pytest

from tests.bot.simulated import MATRIX

REFERENCE = re.compile(r"`([0-9a-f]{6})`")


@pytest.fixture
def lose(club):
    """Breaks the database under the running bot: a table is gone."""

    def drop(table):
        with closing(sqlite3.connect(club.bot.settings.database)) as db:
            db.execute(f"DROP TABLE {table}")

    return drop


def late(club, seconds):
    """The id of an interaction that was made some seconds ago."""
    return str(discord.utils.time_snowflake(club.env.now() - timedelta(seconds=seconds)))


async def test_a_command_that_fails_gives_the_member_a_reference_that_is_in_the_log(club, alice, lose, caplog):
    lose("ratings")
    card = await alice.says("rate", movie="the matrix", stars=5)
    [error] = club.env.errors
    [reference] = REFERENCE.findall(card.text)
    assert card.private
    assert reference in caplog.text
    assert "no such table" in caplog.text
    assert "/rate" in caplog.text
    assert "no such table" not in card.text
    assert isinstance(error, discord.app_commands.AppCommandError)


async def test_what_was_typed_is_not_logged(club, alice, lose, caplog):
    caplog.set_level(logging.DEBUG, "bot")
    lose("exclusions")
    await alice.says("exclude words", text="my secret")
    assert club.env.errors
    assert "/exclude words" in caplog.text
    assert "secret" not in caplog.text


async def test_a_button_that_fails_gives_the_member_a_reference_that_is_in_the_log(alice, lose, caplog):
    listed = await alice.says("recommend")
    lose("seen")
    card = await alice.presses(listed, "Seen it")
    [reference] = REFERENCE.findall(card.text)
    assert card.private
    assert reference in caplog.text
    assert "no such table" in caplog.text


async def test_a_failure_leaves_the_card_that_was_pressed_as_it_is(alice, lose):
    listed = await alice.says("recommend", count=10, share=True)
    lose("lists")
    await alice.presses(listed, "More ›")
    assert listed.look_again().films == listed.films


async def test_a_failure_that_can_not_be_told_is_logged_and_the_bot_goes_on(club, alice, caplog):
    club.env.inject_error("POST", "/interactions/*", times=2)
    await alice.says("help")
    assert club.env.errors
    assert "could not be shown" in caplog.text
    assert (await alice.says("help")).text


async def test_a_failing_button_is_logged_by_its_kind_alone(club, alice, lose, caplog):
    listed = await alice.says("recommend")
    lose("ratings")
    await alice.forges(listed, f'say:{alice.id}:rate:{listed.films[0]}:1:{{"stars":4.5}}')
    assert "component say" in caplog.text
    assert str(alice.id) not in caplog.text
    assert '"stars"' not in caplog.text


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
