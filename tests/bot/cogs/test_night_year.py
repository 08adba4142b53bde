"""/night history of one year, as members use it."""

import io

import discord
import pytest
from PIL import Image

from bot import people
from bot.night.picture import WIDTH
from tests.bot.cogs.test_night import start
from tests.bot.simulated import ALIEN, MATRIX


async def watch(host, movie):
    """An evening on which this film is watched."""
    table = await start(host)
    await host.says("night suggest", movie=movie)
    await table.press(host, "Pick for us")
    await table.vote(host, movie)
    await table.press(host, "We watched it")


@pytest.fixture
async def two_evenings(club, alice, bob, clara):
    """All loved the one that Bob suggested; Alice's divided them."""
    for movie, by in ((MATRIX, bob), (ALIEN, alice)):
        table = await start(alice)
        for member in (bob, clara):
            await table.press(member, "Join")
        await by.says("night suggest", movie=movie)
        await table.press(alice, "Pick for us")
        for member in (alice, bob, clara):
            await table.vote(member, movie)
        await table.press(alice, "We watched it")
    await alice.rates({MATRIX: 4.5, ALIEN: 5.0})
    await bob.rates({MATRIX: 4.0, ALIEN: 1.0})
    await clara.rates({MATRIX: 4.0, ALIEN: 2.0})


async def test_a_year_is_one_private_picture_with_the_same_in_words(alice, two_evenings):
    card = await alice.says("night history", year=2026)
    assert card.private
    [attachment] = card.message.attachments
    assert Image.open(io.BytesIO(await attachment.read())).width == WIDTH
    [gallery] = [part for part in card.components if part.get("items")]
    said = "Loved most: The Matrix (1999), ★ 4.2 by 3"
    assert said in gallery["items"][0]["description"]
    assert said in card.text.replace("**", "")
    assert "2026: 2 evenings" in card.text


async def test_who_picked_best_is_named_once_they_let_themselves_be_shown(club, alice, bob, two_evenings):
    assert "Picked best" not in (await alice.says("night history", year=2026)).text
    await club.store.privacy.change(alice.id, clubs=True)
    assert (
        f"Picked best: <@{alice.id}>, 1 suggestion watched, ★ 2.7"
        in (await alice.says("night history", year=2026)).text
    )
    await club.store.privacy.change(bob.id, clubs=True)
    assert (
        f"Picked best: <@{bob.id}>, 1 suggestion watched, ★ 4.2" in (await alice.says("night history", year=2026)).text
    )


async def test_while_discord_takes_no_more_questions_nobody_is_asked_for_and_a_year_names_nobody(
    club, alice, bob, two_evenings, monkeypatch
):
    await club.store.privacy.change(bob.id, clubs=True)
    monkeypatch.setattr(people, "is_busy", lambda client, guild: True)
    monkeypatch.setattr(discord.Guild, "query_members", lambda guild, **who: pytest.fail("it was asked"))
    text = (await alice.says("night history", year=2026)).text
    assert "Loved most" in text
    assert "Picked best" not in text


async def test_it_is_shared_on_purpose(alice, two_evenings):
    assert not (await alice.says("night history", year=2026, share=True)).private
    assert not (await alice.says("night history", share=True)).private


async def test_what_fewer_than_three_gave_is_in_no_history_and_in_no_year(club, alice, bob, clara):
    table = await start(alice)
    for member in (bob, clara):
        await table.press(member, "Join")
    await alice.says("night suggest", movie=MATRIX)
    await table.press(alice, "Pick for us")
    for member in (alice, bob, clara):
        await table.vote(member, MATRIX)
    await table.press(alice, "We watched it")
    await club.store.privacy.change(alice.id, clubs=True)
    for member in (alice, bob):
        await member.rates({MATRIX: 4.5})
    for options in ({}, {"year": 2026}):
        told = (await clara.says("night history", **options)).text
        assert "4.5" not in told
        assert "Loved most" not in told
        assert "Picked best" not in told
    await clara.rates({MATRIX: 4.5})
    assert "★ 4.5 by 3" in (await clara.says("night history")).text
    assert "Loved most: **The Matrix (1999)**, ★ 4.5 by 3" in (await clara.says("night history", year=2026)).text


async def test_a_year_without_evenings_says_so(alice, two_evenings):
    card = await alice.says("night history", year=2025, share=True)
    assert card.private
    assert "nothing together in 2025" in card.text
    assert "/night history" in card.text


async def test_the_year_is_that_of_the_servers_clocks(club, alice):
    """It is the first of January in London, and still December in New York."""
    await watch(alice, MATRIX)
    await club.join("boss", manage_guild=True).says("night settings", time_zone="America/New_York")
    assert "2025: 1 evening" in (await alice.says("night history", year=2025)).text
