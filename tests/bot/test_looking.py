"""Posters and what else TMDB knows, on the cards that members see."""

import io
from base64 import b64decode

import discord
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from simcord.components import walk_components
from simcord.http.router import RequestContext

from bot import cards
from bot.films.look import CREDIT, JUSTWATCH, Look, Offers
from bot.looking import UNSEEN
from bot.night import steps
from bot.night.body import Body
from bot.night.cover import HEIGHT, WIDTH, cover
from bot.night.look import card, looks_of
from bot.night.reading import read_night
from tests.bot.cogs.test_night import start
from tests.bot.drawn_tmdb import poster
from tests.bot.simulated import MATRIX, TASTE

IMAGES = "https://images.example/t/p"
WATCH = "https://www.themoviedb.org/movie/603/watch"
OFFERS = Offers(WATCH, flatrate=("Netflix", "MUBI"), rent=("Apple TV",))


class Posters:
    """In the place of `Looks`: every film has a look, but for those in `missing`. What was asked for stands in `asked`."""

    refused = ""

    def __init__(self):
        self.missing = set()
        self.pictured = True
        self.asked = []
        self.offers = OFFERS

    async def of_all(self, films, language, region, patience=None):
        self.asked.append(([film.title for film in films], language, region))
        return [None if film.title in self.missing else self.look(film) for film in films]

    def look(self, film):
        return Look(
            f"{IMAGES}/w342/{film.year}.jpg" if self.pictured else None,
            136,
            "A hacker wakes up. He has to choose.",
            "https://www.youtube.com/watch?v=abcdefgh",
            "16",
            self.offers,
        )

    async def picture(self, address):
        assert address.startswith(f"{IMAGES}/w342/")
        return poster("The Matrix", "1999")

    async def prune(self):
        pass


@pytest_asyncio.fixture
async def posters(club):
    club.bot.looks = Posters()
    return club.bot.looks


@pytest.fixture
def events_have_pictures(monkeypatch):
    """simcord refuses to change one."""
    fields = RequestContext.fields
    monkeypatch.setattr(
        RequestContext, "fields", lambda *args, ignore=(), **more: fields(*args, ignore=(*ignore, "image"), **more)
    )


def thumbnails(card):
    return [part["accessory"]["media"]["url"] for part in card.components if part.get("accessory")]


def galleries(card):
    return [[item["media"]["url"] for item in part["items"]] for part in card.components if part.get("items")]


def links(card):
    return {part["label"]: part["url"] for part in card.components if part.get("url") and part.get("label")}


@pytest.mark.parametrize(("command", "options"), [("recommend", {}), ("similar", {"movie": MATRIX})])
async def test_a_page_has_a_poster_beside_each_film_and_all_that_it_has_without(alice, club, posters, command, options):
    await alice.rates(TASTE)
    pictured = await alice.says(command, count=25, **options)
    club.bot.looks = None
    plain = await alice.says(command, count=25, **options)
    assert len(thumbnails(pictured)) == 5
    assert all(f"{IMAGES}/w154/" in address for address in thumbnails(pictured))
    assert len(pictured.components) <= 40
    assert pictured.films == plain.films
    assert pictured.labels == plain.labels
    assert "Page 1 of 5" in pictured.text
    assert CREDIT in pictured.text
    assert CREDIT not in plain.text


async def test_a_question_has_its_films_poster_and_says_whose_it_is(alice, posters):
    card = await alice.says("start")
    assert len(thumbnails(card)) == 1
    assert CREDIT in card.text
    posters.missing = {film.title for film in alice.env.bot.serving.recommender.catalogue.movies}
    plain = await alice.says("start")
    assert not thumbnails(plain)
    assert CREDIT not in plain.text
    assert plain.labels == card.labels


async def test_pages_are_turned_both_ways_with_posters(alice, posters):
    first = await alice.says("recommend", count=25)
    second = await alice.presses(first, "More ›")
    assert len(thumbnails(second)) == 5
    assert "Page 2 of 5" in second.text
    assert (await alice.presses(second, "‹ Back")).films == first.films


async def test_the_best_films_have_posters_too(alice, posters):
    assert len(thumbnails(await alice.says("top"))) == 5


async def test_a_film_without_a_poster_is_shown_in_text_beside_the_others(alice, posters, club):
    plain = await alice.says("recommend")
    missing = club.bot.serving.film(plain.films[1]).title
    posters.missing = {missing}
    card = await alice.says("recommend")
    assert card.films == plain.films
    assert len(thumbnails(card)) == 4
    assert missing in card.text


async def test_where_tmdb_says_nothing_a_list_is_as_it_is_without_it(alice, club, posters):
    posters.of_all = lambda films, *_: nothing(len(films))
    silent = await alice.says("recommend", count=25)
    club.bot.looks = None
    plain = await alice.says("recommend", count=25)
    assert [part["type"] for part in silent.components] == [part["type"] for part in plain.components]


async def nothing(films):
    return [None] * films


async def test_a_list_says_how_long_films_are_where_only_tmdb_knows(alice, posters):
    assert (await alice.says("similar", movie=MATRIX)).text.count(" min · ") == 5


@pytest.mark.parametrize(
    ("command", "options"), [("recommend", {}), ("similar", {"movie": MATRIX}), ("top", {}), ("watchlist list", {})]
)
async def test_a_list_with_lengths_from_tmdb_and_no_posters_says_whose_they_are(club, alice, posters, command, options):
    await club.store.watchlists.add(alice.id, club.film(MATRIX), 1)
    posters.pictured = False
    card = await alice.says(command, **options)
    assert not thumbnails(card)
    assert "136 min" in card.text
    assert CREDIT in card.text


async def test_a_rating_is_shown_beside_its_poster(alice, posters):
    card = await alice.says("rate", movie=MATRIX, stars=5.0)
    assert thumbnails(card) == [f"{IMAGES}/w154/1999.jpg"]
    assert "★★★★★" in card.text
    assert CREDIT in card.text


async def test_the_card_of_a_film_tells_what_it_is_about_and_where_it_runs(alice, posters):
    card = await alice.says("film", movie=MATRIX)
    assert "A hacker wakes up. He has to choose." in card.text
    assert "136 min · Action, Sci-Fi, Thriller · rated 16" in card.text
    assert "**On:** Netflix, MUBI" in card.text
    assert "**To rent or buy:** Apple TV" in card.text
    assert links(card) == {"Trailer": "https://www.youtube.com/watch?v=abcdefgh", "Where to watch": WATCH}
    assert f"{CREDIT} {JUSTWATCH}." in card.text


async def test_films_are_asked_for_in_the_members_language(club, alice, posters):
    await alice.says("film", movie=MATRIX)
    assert posters.asked[-1] == (["The Matrix"], "en-US", None)


async def voting(club, alice, suggested):
    table = await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    people = [alice, *(club.join(f"guest{number}") for number in range(4))]
    await club.store.nights.join(night.id, [member.id for member in people], club.bot.now() + 1)
    films = sorted(club.catalogue, key=lambda movie: -len(movie.label))[:suggested]
    for place, movie in enumerate(films):
        await club.store.nights.suggest(night.id, people[place // 3].id, movie.id, None)
    await table.press(alice, "Pick for us")
    return table, night


async def test_an_evening_has_a_poster_beside_each_film_and_so_has_the_ballot(club, alice, posters):
    table, _ = await voting(club, alice, suggested=1)
    ballot = await table.press(alice, "Vote")
    assert len(thumbnails(table.card)) == len(thumbnails(ballot)) == 6
    assert not galleries(table.card) + galleries(ballot)
    for shown in (table.card, ballot):
        assert len(shown.components) <= 40
        assert CREDIT in shown.text
    pressed = await alice.presses(ballot, ballot.labels[0])
    assert pressed.labels[0] == f"✓ {ballot.labels[0]}"
    assert len(thumbnails(pressed)) == 6


async def test_an_evening_says_how_long_films_are_where_only_tmdb_knows(alice, posters):
    table = await start(alice)
    await alice.says("night suggest", movie=MATRIX)
    assert "136 min · " in table.text
    assert CREDIT in table.text


@pytest.mark.parametrize("pictured", [True, False])
async def test_the_copy_of_an_evenings_card_says_of_films_what_the_card_says(alice, posters, pictured):
    posters.pictured = pictured
    table = await start(alice)
    await alice.says("night suggest", movie=MATRIX)
    copy = await alice.says("night status")
    assert len(thumbnails(table.card)) == pictured
    for shown in (table.card, copy):
        assert "136 min · Action" in shown.text
        assert shown.text.endswith(CREDIT)


@pytest.mark.parametrize(("suggested", "beside"), [(2, 7), (4, 9), (5, 0), (15, 0)])
async def test_of_more_films_the_card_has_posters_while_there_is_room_and_the_ballot_a_gallery(
    club, alice, posters, suggested, beside
):
    table, night = await voting(club, alice, suggested)
    ballot = await table.press(alice, "Vote")
    assert [len(gallery) for gallery in galleries(ballot)] == [min(5 + suggested, 10)]
    assert len(thumbnails(table.card)) == beside
    assert not galleries(table.card) + thumbnails(ballot)
    reading = await read_night(club.store, await steps.find(club.store, night.id))
    for view in (card(club.bot, reading, await looks_of(club.bot, reading)), card(club.bot, reading, UNSEEN)):
        parts = list(walk_components(view.to_components()))
        assert len(parts) <= 40
        assert sum(len(part.get("content", "")) for part in parts) <= 4000
    assert len([label for label in ballot.labels if label != "Done"]) == 5 + suggested


async def test_a_card_whose_text_fills_a_message_is_text_alone(club):
    film = club.catalogue[club.film(MATRIX)]
    look = Posters().look(film)
    for length, pictured in ((300, True), (2000, False), (5000, False)):
        body = Body(cards.ACCENT, ["x" * length], [(film, "y" * length)], last="z")
        parts = list(walk_components(body.view({film.id: look}).to_components()))
        assert any(part.get("accessory") for part in parts) == pictured
        assert sum(len(part.get("content", "")) for part in parts) <= 4000


@pytest.mark.usefixtures("events_have_pictures")
async def test_the_winner_is_shown_and_becomes_the_picture_of_the_event(club, alice, posters):
    table = await start(alice, when="in 3 days")
    await table.press(alice, "Pick for us")
    ballot = await table.press(alice, "Vote")
    await alice.presses(await alice.presses(ballot, ballot.labels[0]), "Done")
    assert len(thumbnails(table.card)) == 1
    changed = [request.json for request in club.env.http_requests if "/scheduled-events/" in request.path]
    [given] = [body for body in changed if body and "image" in body]
    assert given["description"] == CREDIT
    image = Image.open(io.BytesIO(b64decode(given["image"].removeprefix("data:image/png;base64,"))))
    assert image.size == (WIDTH, HEIGHT)


@pytest.mark.usefixtures("events_have_pictures")
async def test_a_picture_that_discord_could_not_take_is_given_later(club, alice, posters, monkeypatch):
    table = await start(alice, when="in 3 hours")
    await table.press(alice, "Pick for us")
    edit, given = discord.ScheduledEvent.edit, []

    async def takes_no_picture_at_first(event, **changes):
        if "image" in changes:
            given.append(changes["image"])
            if len(given) == 1:
                raise discord.HTTPException(type("Response", (), {"status": 503, "reason": "down"})(), "down")
        return await edit(event, **changes)

    monkeypatch.setattr(discord.ScheduledEvent, "edit", takes_no_picture_at_first)
    await table.press(alice, "Close the vote")
    assert len(given) == 1
    await club.env.advance_time(40)
    assert len(given) == 2
    assert (await club.store.nights.latest(alice.channel.id)).concluded


def test_a_cover_is_wide_and_has_the_poster_whole():
    image = Image.open(io.BytesIO(cover(poster("Alien", "1979"))))
    assert (image.format, image.size) == ("PNG", (800, 320))
    whole = Image.open(io.BytesIO(poster("Alien", "1979"))).resize((192, 288))
    shown = image.crop((304, 16, 496, 304))
    differences = [abs(one - two) for one, two in zip(whole.tobytes(), shown.convert("RGB").tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 5


@given(st.binary(max_size=500).map(lambda end: b"\x89PNG\r\n\x1a\n" + end) | st.binary(max_size=500))
def test_what_is_no_picture_becomes_no_cover(junk):
    assert cover(junk) is None


def test_a_picture_that_would_fill_the_memory_becomes_no_cover():
    png = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(png, "PNG")
    assert cover(png.getvalue()) is None
    assert cover(poster("Cut off", "2000")[:-500]) is None


async def test_a_server_without_a_country_is_told_how_to_see_where_films_run(club, alice, posters):
    posters.offers = None
    assert (
        "whoever manages this server can say its country with `/night settings region`"
        in (await alice.says("film", movie=MATRIX)).text
    )
    await club.store.nights.change_settings(club.guild.id, region="DE")
    assert "/night settings region" not in (await alice.says("film", movie=MATRIX)).text
    assert "/night settings region" not in (await alice.direct.says("film", movie=MATRIX)).text
    assert [region for _, _, region in posters.asked] == [None, "DE", None]
