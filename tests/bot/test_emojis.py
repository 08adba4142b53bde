"""Stars as emojis of the application's own, and as text where there are none."""

import asyncio
import io
import re

import discord
import pytest
from PIL import Image, ImageChops

from bot.emojis import SHARES, SIZE, picture
from bot.glyphs import TEXT, Glyphs
from bot.night.ballot import mine
from bot.night.body import LONGEST
from bot.store import NightFilm
from tests.bot.cogs.test_night import start
from tests.bot.patience import patiently
from tests.bot.simulated import MATRIX, TASTE, TITANIC
from tests.bot.wire import Failure, Wire, running

HEAT = "Heat (1995)"
PATH = "/applications/*/emojis"
MARKUP = re.compile(r"<:(\w+):\d+>")
EMOJIS = Glyphs(*(f"<:{name}:1234567890123456789>" for name in SHARES))


@pytest.fixture
async def wire(monkeypatch, nothing_is_late):
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        yield wire


async def settled(bot):
    """Returns once the bot has its emojis, or has given up."""
    [task] = [task for task in asyncio.all_tasks() if task is bot.cogs["Upkeep"].take_emojis.get_task()] or [None]
    if task is not None:
        await patiently(asyncio.wait([task]))


def written(card):
    """The names of the emojis in a card's text."""
    return MARKUP.findall("\n".join(part.get("content", "") for part in card.components))


def labels(card):
    """All that a card says on buttons, in selects and about pictures."""
    for part in card.components:
        for holder in (part, *part.get("options", ()), *part.get("items", ())):
            yield from (holder[key] for key in ("label", "description", "placeholder") if holder.get(key))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (5.0, ["star_1"] * 5),
        (3.5, ["star_1"] * 3 + ["half_star_1", "empty_star_1"]),
        (0.5, ["half_star_1"] + ["empty_star_1"] * 4),
    ],
)
def test_given_stars_are_always_five_emojis(value, names):
    assert MARKUP.findall(EMOJIS.stars(value)) == names


@pytest.mark.parametrize("share", SHARES.values())
def test_a_picture_is_a_star_on_nothing(share):
    image = Image.open(io.BytesIO(picture(share)))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (SIZE, SIZE))
    alpha = image.getchannel("A")
    corners = [(x, y) for x in (0, SIZE - 1) for y in (0, SIZE - 1)]
    between_the_lowest_rays = (SIZE // 2, SIZE - 10)
    assert [alpha.getpixel(place) for place in (*corners, between_the_lowest_rays)] == [0] * 5
    rays = [(SIZE // 2, 8), (8, 50), (SIZE - 9, 50), (30, 116), (SIZE - 31, 116)]
    assert min(alpha.getpixel(place) for place in rays) > 240
    left, right = (SIZE // 2 - 12, SIZE // 2), (SIZE // 2 + 12, SIZE // 2)
    assert [alpha.getpixel(place) for place in (left, right)] == [255 * (share > 0), 255 * (share == 1)]
    _, most = ImageChops.difference(alpha, alpha.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).getextrema()
    assert (most < 100) == (share != 0.5)  # but for the edges, which are smoothed


async def test_emojis_are_made_once_and_found_again(settings, wire):
    wire.emojis = [{"id": "7", "name": "popcorn"}, {"id": "8", "name": "star_2"}]
    others = list(wire.emojis)
    for _ in range(2):
        async with running(settings, wire) as bot:
            await settled(bot)
            answer = await wire.command("rate", movie=HEAT, stars=4.5)
            assert MARKUP.findall(answer.text) == ["star_1"] * 4 + ["half_star_1"]
    assert wire.emojis[:2] == others
    assert [emoji["name"] for emoji in wire.emojis[2:]] == list(SHARES)
    assert wire.pictures == {name: picture(share) for name, share in SHARES.items()}
    assert {method for method, path in wire.requests if "/emojis" in path} == {"GET", "POST"}


async def test_what_is_missing_is_made(settings, wire):
    wire.failures = [Failure("POST", "/emojis", status=400)]
    async with running(settings, wire) as bot:
        await settled(bot)
        assert bot.glyphs == TEXT
    async with running(settings, wire) as bot:
        await settled(bot)
        [lost] = [emoji for emoji in wire.emojis if emoji["name"] == "half_star_1"]
        wire.emojis.remove(lost)
    asked = wire.asked("POST", "/emojis")
    async with running(settings, wire) as bot:
        await settled(bot)
    assert wire.asked("POST", "/emojis") == asked + 1
    assert sorted(emoji["name"] for emoji in wire.emojis) == sorted(SHARES)


async def test_where_discord_refuses_stars_stay_text_until_the_next_start(club, alice, caplog):
    club.env.inject_error("GET", PATH, status=403)
    await club.restart()
    card = await alice.says("rate", movie=MATRIX, stars=3.5)
    assert "★★★½" in card.components[1]["content"]
    assert written(card) == []
    assert len([line for line in caplog.messages if "Stars stay text" in line]) == 1
    await club.env.advance_time(3601)
    assert club.bot.glyphs == TEXT
    await club.restart()
    assert "half_star_1" in written(await alice.says("rate", movie=MATRIX, stars=3.5))


async def test_what_ails_discord_is_tried_again_in_an_hour(club, alice):
    club.env.inject_error("GET", PATH, status=503)
    await club.restart()
    assert written(await alice.says("rate", movie=MATRIX, stars=3.5)) == []
    await club.env.advance_time(3601)
    assert "half_star_1" in written(await alice.says("rate", movie=MATRIX, stars=3.5))


async def test_without_an_answer_that_can_be_read_stars_stay_text(club, alice, monkeypatch, caplog):
    async def fail(_):
        raise KeyError("items")

    with monkeypatch.context() as patch:
        patch.setattr(discord.Client, "fetch_application_emojis", fail)
        await club.restart()
        assert written(await alice.says("rate", movie=MATRIX, stars=3.5)) == []
        assert "Stars stay text" in caplog.text
    await club.env.advance_time(3601)
    assert written(await alice.says("rate", movie=MATRIX, stars=3.5))


async def test_an_answer_doesnt_wait_for_emojis(settings, wire, monkeypatch):
    asked, goes_on = asyncio.Event(), asyncio.Event()
    fetch = discord.Client.fetch_application_emojis

    async def slowly(client):
        asked.set()
        await goes_on.wait()
        return await fetch(client)

    monkeypatch.setattr(discord.Client, "fetch_application_emojis", slowly)
    async with running(settings, wire) as bot:
        await patiently(asked.wait())
        assert "★★★★½" in (await wire.command("rate", movie=HEAT, stars=4.5)).text
        goes_on.set()
        await settled(bot)
        assert MARKUP.search((await wire.command("rate", movie=HEAT, stars=4.5)).text)


async def test_texts_have_emojis_and_labels_none(alice, bob):
    await alice.rates(TASTE)
    cards = [await alice.says("rate", movie=TITANIC, stars=2.5)]
    cards.append(await alice.presses(cards[0], "Change"))
    cards += [await alice.says(command) for command in ("ratings", "recommend", "top", "help")]
    cards += [await alice.says(command, movie=MATRIX) for command in ("film", "similar")]
    cards.append(await bob.says("film", movie=MATRIX))
    table = await start(alice)
    await table.press(bob, "Join")
    await alice.says("night suggest", movie=MATRIX)
    cards += [table.card, await table.press(alice, "Pick for us"), table.card]
    cards += [await table.press(alice, "Vote"), await table.press(alice, "What would I think?")]
    for member in (alice, bob):
        cards.append(await table.vote(member, "The Matrix"))
    cards += [await table.press(alice, "We watched it"), table.card]
    cards += [await table.press(bob, "★★★★"), await alice.says("night history"), await alice.says("night status")]
    said = [label for card in cards for label in labels(card)]
    assert "★★★★" in said
    assert [label for label in said if "<:" in label] == []
    assert set(SHARES) == {name for card in cards for name in written(card)}
    assert sum(bool(written(card)) for card in cards) >= 7
    choices = await alice.actor.autocomplete(alice.channel, "rate", "stars", "")
    assert choices[0]["name"] == "★★★★★  5"
    assert not any("<:" in choice["name"] for choice in choices)


@pytest.mark.parametrize("films", [8, 25])
@pytest.mark.parametrize("rated", [True, False])
def test_what_one_would_give_the_films_of_an_evening_fits_a_message(serving, films, rated):
    longest = sorted(serving.recommender.catalogue, key=lambda movie: -len(movie.label))
    shown = [NightFilm(number, film.id, None, 0.5, False) for number, film in enumerate(longest[:films], 1)]
    history = {film.id: 4.5 for film in (longest[:films] if rated else longest[films : 2 * films])}
    [text] = [part for part in mine(serving, shown, history, EMOJIS).walk_children() if hasattr(part, "content")]
    assert len(text.content) <= LONGEST
    assert not text.content.endswith("…")
    assert bool(MARKUP.search(text.content)) == (films == 8)
