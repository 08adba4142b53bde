"""How a member is told that something failed, and what the log keeps of it."""

import json
import logging
import re
import sqlite3
from contextlib import closing

import discord
import pytest

from bot.cli.logs import Json, Text
from bot.redaction import Redactor

REFERENCE = re.compile(r"`([0-9a-f]{6})`")


@pytest.fixture
def lose(club):
    """Breaks the database under the running bot: a table is gone."""

    def drop(table):
        with closing(sqlite3.connect(club.bot.settings.database)) as db:
            db.execute(f"DROP TABLE {table}")

    return drop


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


async def test_the_reference_is_found_in_either_form_of_the_log_and_in_json_as_a_field(club, alice, lose, caplog):
    lose("ratings")
    [reference] = REFERENCE.findall((await alice.says("ratings")).text)
    assert club.env.errors
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"reference {reference}: /ratings" in Text(Redactor([])).format(record).splitlines()[0]
    assert json.loads(Json(Redactor([])).format(record))["reference"] == reference


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


async def test_a_failure_that_can_not_be_told_is_logged_and_the_bot_goes_on(club, alice, lose, caplog):
    lose("ratings")
    club.env.inject_error("POST", "/interactions/*")
    await alice.says("ratings")
    assert club.env.errors
    assert "could not be shown" in caplog.text
    assert (await alice.says("help")).text


async def test_an_answer_that_discord_does_not_take_is_one_line_in_the_log(club, alice, caplog):
    club.env.inject_error("POST", "/interactions/*", times=2)
    await alice.says("help")
    assert club.env.errors
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "/help could not be answered" in record.getMessage()
    assert not record.exc_info
    assert (await alice.says("help")).text


async def test_whoever_can_be_told_that_discord_did_not_take_an_answer_hears_that_nothing_is_lost(club, alice):
    club.env.inject_error("POST", "/interactions/*")
    card = await alice.says("rate", movie="Heat (1995)", stars=4.0)
    assert club.env.errors
    assert "What you saved is kept" in card.text
    assert list((await club.store.history(alice.id)).values()) == [4.0]


async def test_a_failing_button_is_logged_by_its_kind_alone(club, alice, lose, caplog):
    listed = await alice.says("recommend")
    lose("ratings")
    await alice.forges(listed, f'say:{alice.id}:rate:{listed.films[0]}:1:{{"stars":4.5}}')
    assert "component say" in caplog.text
    assert str(alice.id) not in caplog.text
    assert '"stars"' not in caplog.text
