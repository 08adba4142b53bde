"""/data, as members use it."""

import csv
import io
import json
import sqlite3
import zipfile
from contextlib import closing

import pytest

from bot.cogs.data import ENTRIES
from bot.store import MEMBER_TABLES, Brought
from tests.bot.simulated import MATRIX, TASTE, on_both_engines


@pytest.fixture
async def used(club, alice, bob):
    """Both members have rated, seen, want to see, excluded, asked for lists and voted. Returns what the store has of each."""
    for member in (alice, bob):
        await member.rates(TASTE)
        listed = await member.says("recommend")
        await member.presses(listed, "Seen it", listed.films[0])
        await member.presses(listed, "Want to see", listed.films[1])
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
        wish = Brought("wanted", None, f"A wish of {member.actor.name}", None, club.bot.now())
        brought = await club.store.imports.keep(member.id, "Letterboxd", "{}", club.bot.now())
        await club.store.imports.take(member.id, brought, [wish], False, club.bot.now())
    return [await club.store.export(member.id) for member in (alice, bob)]


def rows_of(club, member):
    """How many rows of the whole database name the member."""
    with closing(sqlite3.connect(club.bot.settings.database)) as db:
        tables = [name for [name] in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return sum(
            str(member.id) in str(tuple(row)) for table in tables for row in db.execute(f"SELECT * FROM {table}")
        )


async def exported(card):
    """Name -> text of the files in the zip."""
    [attachment] = card.message.attachments
    assert attachment.filename == "marquee-data.zip"
    with zipfile.ZipFile(io.BytesIO(await attachment.read())) as pack:
        return {name: pack.read(name).decode("utf-8-sig") for name in pack.namelist()}


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_the_file_holds_all_that_is_stored_about_the_member(club, alice, used):
    card = await alice.says("data export")
    document = json.loads((await exported(card))["marquee-data.json"])
    assert card.private
    assert document == {"member": str(alice.id), "tables": used[0]}
    assert sum(map(len, document["tables"].values())) == rows_of(club, alice)
    assert all(used[0].values())


@on_both_engines
async def test_the_file_holds_nothing_of_others(alice, bob, used):
    content = "".join((await exported(await alice.says("data export"))).values())
    assert str(bob.id) not in content
    assert "words of bob" not in content


async def test_the_file_has_tables_to_read_with_titles_in_place_of_ids(alice, used):
    files = await exported(await alice.says("data export"))
    rated = {f"{row['title']} ({row['year']})": float(row["stars"]) for row in rows(files["ratings.csv"])}
    assert rated == TASTE | {"A film by alice ()": 4.0}
    assert [row["what"] for row in rows(files["exclusions.csv"])] == ["words of alice"]
    assert [row["title"] for row in rows(files["additions.csv"])] == [f"Film {used[0]['additions'][0]['movie_id']}"]
    [evening] = rows(files["evenings.csv"])
    assert evening["you suggested"] == "A film by alice"
    assert evening["you approved of"]
    assert str(alice.id) not in "".join(text for name, text in files.items() if name.endswith(".csv"))


async def test_letterboxd_can_import_what_was_rated_and_seen(alice, used):
    imported = rows((await exported(await alice.says("data export")))["letterboxd.csv"])
    assert list(imported[0]) == ["imdbID", "Title", "Year", "Rating"]
    assert {"imdbID": "", "Title": "The Matrix", "Year": "1999", "Rating": "5"} in imported
    assert len(imported) == len(used[0]["ratings"]) + len(used[0]["unknown_ratings"]) + len(used[0]["seen"])


async def test_a_stranger_gets_empty_tables(alice):
    files = await exported(await alice.says("data export"))
    assert set(files) == {"marquee-data.json"}
    assert not any(json.loads(files["marquee-data.json"])["tables"].values())


async def test_more_than_discord_takes_is_a_sentence(alice, used):
    refused = await alice.sends("data export", {}, attachment_size_limit=1000)
    assert refused.private
    assert "more than Discord" in refused.text
    assert not refused.message.attachments


def test_every_table_of_members_has_a_word_for_what_is_deleted():
    assert set(ENTRIES) == set(MEMBER_TABLES)


async def test_before_deleting_it_says_what_goes_and_what_stays(alice, used):
    text = (await alice.says("data delete")).text
    assert "5 ratings" in text
    assert "1 exclusion" in text
    assert "Films that you added or suggested stay" in text
    assert "Backups" in text


async def test_there_is_nothing_to_delete_of_a_stranger(alice):
    refused = await alice.says("data delete")
    assert refused.private
    assert "/privacy" in refused.text
    assert not refused.controls


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
    assert await club.store.trainings.latest()
    assert rows_of(club, alice) == 0


@on_both_engines
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
