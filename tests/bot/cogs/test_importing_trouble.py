"""Imports on a bad day, and what is exported comes back."""

import io
import zipfile

import pytest

from tests.bot.imports.uploads import RATED, imports, letterboxd, refusal
from tests.bot.simulated import ALIEN, MATRIX, TITANIC
from tests.bot.trouble import locked, unwritable


@pytest.mark.parametrize("trouble", ["locked", "full"])
async def test_what_cannot_be_written_is_a_sentence_and_taken_as_a_whole_later(club, alice, trouble):
    card = await imports(alice, RATED)
    before = await club.store.export(alice.id)
    with locked(club.bot.settings.database) if trouble == "locked" else unwritable():
        refused = await alice.presses(card, "Take it")
    assert "nothing was saved" in refusal(refused)
    assert await club.store.export(alice.id) == before
    await alice.presses(card, "Take it")
    assert len(await club.store.history(alice.id)) == 3


async def test_after_a_deletion_no_button_brings_anything_back(club, alice):
    taken = await alice.presses(await imports(alice, letterboxd("Fargo,1996,5")), "Take it")
    waiting = await imports(alice, RATED)
    asked = await alice.says("data delete")
    await alice.presses(asked, asked.labels[0])
    assert "Upload it again" in refusal(await alice.presses(waiting, "Take it"))
    assert "can't be undone" in refusal(await alice.presses(taken, "Undo"))
    tables = await club.store.export(alice.id)
    assert not any(tables.values())


async def exported(member):
    [attachment] = (await member.says("data export")).message.attachments
    return await attachment.read()


async def has_all(club, member):
    """A member who has rated films, one of them marked as seen too, seen and wanted others, and brought titles."""
    await member.presses(await imports(member, RATED), "Take it")
    films = [film.id for film in club.catalogue.movies if film.id not in map(club.film, (MATRIX, ALIEN, TITANIC))]
    await club.store.mark_seen(member.id, club.film(MATRIX), 7)
    await club.store.mark_seen(member.id, films[0], 8)
    await club.store.watchlists.add(member.id, films[1], 9)


async def test_our_file_for_letterboxd_says_the_same_when_it_comes_back(club, alice):
    await has_all(club, alice)
    with zipfile.ZipFile(io.BytesIO(await exported(alice))) as pack:
        table = pack.read("letterboxd.csv")
    card = await imports(alice, table, "letterboxd.csv")
    assert "nothing to take: all that it says is here already" in card.text
    assert not card.message.attachments


async def test_an_export_gives_an_empty_account_all_of_it_back(club, alice, bob):
    await has_all(club, alice)
    await bob.presses(await imports(bob, await exported(alice), "marquee-data.zip"), "Take it")
    assert await club.store.history(bob.id) == await club.store.history(alice.id)
    seen = {film for film in await club.store.seen(alice.id) if film != club.film(MATRIX)}
    assert seen <= set(await club.store.seen(bob.id))
    assert await club.store.watchlists.of(bob.id) == await club.store.watchlists.of(alice.id)
    titles = [[(e.written, e.stars, e.rated_at) for e in await club.store.unknown.ratings(m.id)] for m in (alice, bob)]
    assert titles[0] == titles[1] != []
