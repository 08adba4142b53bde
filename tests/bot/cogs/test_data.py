"""/data, as members use it."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.bot.simulated import MATRIX, TASTE


@pytest.fixture
async def used(club, alice, bob):
    """Both members have rated, seen, excluded, asked for lists and voted. Returns what the store has of each."""
    for member in (alice, bob):
        await member.rates(TASTE)
        listed = await member.says("recommend")
        await member.presses(listed, "Seen it", listed.films[0])
        await member.says("exclude words", text=f"words of {member.actor.name}")
    evening = await alice.says("night start")
    await bob.presses(evening, "Join")
    for member in (alice, bob):
        await member.says("night suggest", movie=f"A film by {member.actor.name}")
    await alice.presses(evening.look_again(), "Pick for us")
    for member in (alice, bob):
        ballot = await member.presses(evening.look_again(), "Vote")
        await member.presses(ballot, ballot.labels[0])
        await club.store.typed.add(member.id, f"Another by {member.actor.name}", None, (), club.bot.now())
        await club.store.privacy.change(member.id, clubs=True)
        await member.presses(await member.says("start"), "Not seen")
        await club.store.watchlists.add(member.id, club.film("Fargo (1996)"), club.bot.now())
        await club.store.unknown.rate(member.id, f"A film by {member.actor.name}", 4, club.bot.now())
    return [await club.store.export(member.id) for member in (alice, bob)]


def rows_of(club, member):
    """How many rows of the whole database name the member."""
    with closing(sqlite3.connect(club.bot.settings.database)) as db:
        tables = [name for [name] in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return sum(
            str(member.id) in str(tuple(row)) for table in tables for row in db.execute(f"SELECT * FROM {table}")
        )


async def exported(card):
    [attachment] = card.message.attachments
    return await attachment.read()


async def test_the_file_holds_all_that_is_stored_about_the_member(club, alice, used):
    card = await alice.says("data export")
    document = json.loads(await exported(card))
    assert card.private
    assert document == {"member": str(alice.id), "tables": used[0]}
    assert sum(map(len, document["tables"].values())) == rows_of(club, alice)
    assert all(used[0].values())


async def test_the_file_holds_nothing_of_others(alice, bob, used):
    content = (await exported(await alice.says("data export"))).decode()
    assert str(bob.id) not in content
    assert "words of bob" not in content


async def test_a_stranger_gets_an_empty_file(alice):
    document = json.loads(await exported(await alice.says("data export")))
    assert not any(document["tables"].values())


async def test_deleting_asks_first(club, alice, used):
    card = await alice.says("data delete")
    assert card.private
    assert len(card.labels) == 1
    assert await club.store.export(alice.id) == used[0]


async def test_one_confirmation_deletes_everything_of_the_member_and_nothing_of_others(club, alice, bob, used):
    asked = await alice.says("data delete")
    done = await alice.presses(asked, asked.labels[0])
    assert done.message.id == asked.message.id
    assert not done.controls
    assert rows_of(club, alice) == 0
    assert await club.store.export(bob.id) == used[1]


async def test_not_even_a_retrain_remembers_who_ordered_it(club, alice):
    await club.restart(owner_ids=frozenset({alice.id}))
    await club.bot.model_ready()
    await alice.says("rate", movie=MATRIX, stars=5)
    await alice.says("admin retrain")
    await club.bot.trainer.close()
    asked = await alice.says("data delete")
    await alice.presses(asked, asked.labels[0])
    assert await club.store.trainings()
    assert rows_of(club, alice) == 0


async def test_after_deletion_the_member_is_a_newcomer(alice, used):
    asked = await alice.says("data delete")
    await alice.presses(asked, asked.labels[0])
    assert MATRIX not in (await alice.says("ratings")).text
    assert "/start" in (await alice.says("recommend")).text


async def test_nobody_else_confirms(club, alice, bob, used):
    asked = await alice.says("data delete")
    refused = await bob.forges(asked, asked.controls[0])
    assert refused.private
    assert await club.store.export(alice.id) == used[0]
    assert await club.store.export(bob.id) == used[1]


async def test_the_confirmation_works_after_a_restart(club, alice, used):
    asked = await alice.says("data delete")
    await club.restart()
    await alice.presses(asked, asked.labels[0])
    assert not any((await club.store.export(alice.id)).values())
