"""/night history of one year, as members use it."""

import io

import pytest
from PIL import Image

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
async def two_evenings(club, alice, bob):
    """Both loved the one that Bob suggested; Alice's divided them."""
    for movie, by in ((MATRIX, bob), (ALIEN, alice)):
        table = await start(alice)
        await table.press(bob, "Join")
        await by.says("night suggest", movie=movie)
        await table.press(alice, "Pick for us")
        await table.vote(alice, movie)
        await table.vote(bob, movie)
        await table.press(alice, "We watched it")
    await alice.rates({MATRIX: 4.5, ALIEN: 5.0})
    await bob.rates({MATRIX: 4.0, ALIEN: 1.0})


async def test_a_year_is_one_private_picture_with_the_same_in_words(alice, two_evenings):
    card = await alice.says("night history", year=2026)
    assert card.private
    [attachment] = card.message.attachments
    assert Image.open(io.BytesIO(await attachment.read())).width == WIDTH
    [gallery] = [part for part in card.components if part.get("items")]
    said = "Everybody loved The Matrix (1999): ★ 4.2 by 2"
    assert said in gallery["items"][0]["description"]
    assert said in card.text.replace("**", "")
    assert "2026: 2 evenings" in card.text


async def test_who_picked_best_is_named_once_they_let_themselves_be_shown(club, alice, bob, two_evenings):
    assert "Picked best" not in (await alice.says("night history", year=2026)).text
    await club.store.privacy.change(alice.id, clubs=True)
    assert (
        f"Picked best: <@{alice.id}>, 1 suggestion watched, ★ 3.0"
        in (await alice.says("night history", year=2026)).text
    )
    await club.store.privacy.change(bob.id, clubs=True)
    assert (
        f"Picked best: <@{bob.id}>, 1 suggestion watched, ★ 4.2" in (await alice.says("night history", year=2026)).text
    )


async def test_it_is_shared_on_purpose(alice, two_evenings):
    assert not (await alice.says("night history", year=2026, share=True)).private
    assert not (await alice.says("night history", share=True)).private


async def test_an_evening_that_one_alone_rated_is_not_loved_by_everybody(alice):
    await watch(alice, MATRIX)
    await alice.rates({MATRIX: 5.0})
    card = await alice.says("night history", year=2026)
    assert "1 evening" in card.text
    assert "Everybody loved" not in card.text


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
