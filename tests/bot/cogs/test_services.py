"""What is on a server's services: settings, `/recommend` and an evening, with a TMDB that the tests write."""

import asyncio
import re

import pytest

from bot import services
from bot.films.fetch import FetchError
from bot.films.look import CREDIT, JUSTWATCH, Details, Offers
from bot.films.look_store import LookStore
from bot.films.looks import Looks
from bot.films.tmdb import IMAGES, Found
from tests.bot.cogs.test_night import start
from tests.bot.simulated import TASTE


class Knows:
    """A TMDB that says by a film's title who has it in Germany."""

    images = IMAGES

    def __init__(self):
        self.offers = lambda title: Offers(None, flatrate=("Netflix",))
        self.asked = []

    async def find(self, film, language):
        self.asked.append(film.title)
        offers = self.offers(film.title)
        return Found(Details(tmdb=1), {} if offers is None else {"DE": offers})


@pytest.fixture
def tmdb(club, tmp_path):
    knows = Knows()
    club.bot.looks = Looks(knows, LookStore(tmp_path / "looks"), club.bot.now)
    return knows


@pytest.fixture
def boss(club):
    return club.join("boss", manage_guild=True)


def is_even(title):
    """Half of all films, whatever they are."""
    return len(title) % 2 == 0


def half(title):
    return Offers(None, flatrate=("Netflix standard with Ads",)) if is_even(title) else Offers(None, rent=("Netflix",))


def titles(club, films):
    return [club.catalogue[film].title for film in films]


async def test_a_servers_country_and_services_are_set_shown_and_taken_off(club, boss):
    card = await boss.says("night settings", region="germany", services="Netflix, Disney+")
    assert "**region** Germany" in card.text
    assert "**services** Netflix, Disney+" in card.text
    kept = await club.store.nights.settings(club.guild.id)
    assert (kept.region, kept.services) == ("DE", ("Netflix", "Disney+"))
    card = await boss.says("night settings", region="any", services="any")
    assert "**region** not set" in card.text
    assert "**services** not set" in card.text


async def test_a_country_that_nobody_knows_changes_nothing(club, boss):
    assert "don't know that country" in (await boss.says("night settings", region="Atlantis", services="Netflix")).text
    assert (await club.store.nights.settings(club.guild.id)).services == ()


async def test_countries_are_offered_by_name_and_services_once_films_were_seen_on_them(club, boss, tmdb):
    assert await boss.types("night settings", "region", "germ") == ["DE"]
    assert await boss.types("night settings", "services", "") == []
    await boss.says("night settings", region="DE", services="Netflix")
    tmdb.offers = half
    await boss.says("recommend", on_our_services=True)
    assert await boss.types("night settings", "services", "Arte, net") == ["Arte, Netflix standard with Ads"]


@pytest.mark.parametrize(
    ("known", "said"),
    [({}, "in which country"), ({"region": "DE"}, "which services"), ({"services": "Netflix"}, "in which country")],
)
@pytest.mark.parametrize("command", ["recommend", "night start"])
async def test_without_country_or_services_it_says_what_to_do(boss, alice, tmdb, command, known, said):
    await boss.says("night settings", **known)
    card = await alice.says(command, on_our_services=True)
    assert card.private
    assert said in card.text
    assert "/night settings" in card.text
    assert tmdb.asked == []


async def test_without_a_token_it_says_who_can_set_one(boss, alice):
    await boss.says("night settings", region="DE", services="Netflix")
    assert "TMDB_TOKEN" in (await alice.says("recommend", on_our_services=True)).text
    assert "TMDB_TOKEN" in (await alice.says("night start", on_our_services=True)).text


async def test_direct_messages_have_no_services(alice, tmdb):
    assert "on a server" in (await alice.direct.says("recommend", on_our_services=True)).text


async def test_a_list_has_only_what_is_on_the_services_in_the_order_of_the_list(club, boss, alice, tmdb):
    await alice.rates(TASTE)
    await boss.says("night settings", region="DE", services="netflix")
    best = (await alice.says("recommend", count=5)).films
    card = await alice.says("recommend", on_our_services=True)
    assert card.private
    assert card.films == best
    tmdb.offers = half
    await club.bot.store.nights.change_settings(club.guild.id, services=("Netflix",))
    club.bot.looks = Looks(tmdb, LookStore(club.bot.settings.data_dir / "anew"), club.bot.now)
    card = await alice.says("recommend", on_our_services=True)
    assert len(card.films) == 5
    assert all(map(is_even, titles(club, card.films)))
    among = [film for film in card.films if film in best]
    assert among == [film for film in best if is_even(club.catalogue[film].title)]


async def test_the_list_says_on_every_page_how_many_films_were_looked_up(boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Netflix")
    tmdb.offers = half
    card = await alice.says("recommend", count=10, on_our_services=True)
    said = re.search(r"on our services \((\d+) films looked up; others may be there too\)", card.text)
    assert said
    assert int(said[1]) == len(set(tmdb.asked)) <= services.MOST_LOOKED_UP
    more = await alice.presses(card, "More ›")
    assert said[0] in more.text
    for page in (card, more):
        assert f"{CREDIT} {JUSTWATCH}." in page.text


async def test_no_more_films_are_looked_up_than_are_needed(boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Netflix")
    await alice.says("recommend", on_our_services=True)
    assert len(tmdb.asked) == services.AT_A_TIME


async def test_a_shared_list_is_everybodys(boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Netflix")
    assert not (await alice.says("recommend", on_our_services=True, share=True)).private


async def test_where_none_is_on_them_it_says_of_how_many(boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Arte")
    card = await alice.says("recommend", on_our_services=True)
    assert f"None of the best {services.MOST_LOOKED_UP} films is on Arte" in card.text
    assert f"{CREDIT} {JUSTWATCH}." in card.text
    assert card.films == []


async def test_where_tmdb_does_not_answer_it_says_so(boss, alice, tmdb, monkeypatch):
    async def broken(*_):
        raise FetchError("TMDB answered 500.")

    await boss.says("night settings", region="DE", services="Netflix")
    monkeypatch.setattr(tmdb, "find", broken)
    assert "hasn't told me in time" in (await alice.says("recommend", on_our_services=True)).text


async def test_a_slow_tmdb_holds_an_answer_up_no_longer_than_its_time(club, boss, tmdb, monkeypatch):
    await boss.says("night settings", region="DE", services="Netflix")
    place, movies = await services.where(club.bot, club.guild.id), club.catalogue.ids[:30].tolist()
    assert await services.find(club.bot, place, movies[:1], 5, "de") == services.Found(movies[:1], 1)
    free = asyncio.Event()
    monkeypatch.setattr(tmdb, "find", lambda *_: free.wait())
    monkeypatch.setattr(services, "PATIENCE", 0.1)
    assert await services.find(club.bot, place, movies, 5, "de") == services.Found(movies[:1], 1)
    await club.bot.looks.close()


async def test_an_evenings_films_are_on_the_services(club, boss, alice, bob, tmdb):
    await alice.rates(TASTE)
    await boss.says("night settings", region="DE", services="Netflix")
    tmdb.offers = half
    table = await start(alice, on_our_services=True)
    assert "Films will be picked from what TMDB knows to be on Netflix" in table.text
    await table.press(bob, "Join")
    await table.press(alice, "Pick for us")
    night = await club.store.nights.latest(alice.channel.id)
    picked = [film.movie for film in await club.store.nights.films(night.id)]
    assert len(picked) == 5
    assert all(map(is_even, titles(club, picked)))
    for card in (table.card, await bob.says("night status")):
        assert "the picked films are on your services; others may be there too" in card.text
        assert f"{CREDIT} {JUSTWATCH}." in card.text


async def test_an_evening_for_which_few_are_on_the_services_says_so(club, boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Netflix")
    table = await start(alice, on_our_services=True)
    best = []
    tmdb.offers = lambda title: best.append(title) or (half("even") if best.index(title) in (1, 4) else None)
    await table.press(alice, "Pick for us")
    night = await club.store.nights.latest(alice.channel.id)
    assert len(await club.store.nights.films(night.id)) == 2
    assert "only 2 of the films that suit you best are on your services" in table.text


async def test_an_evening_for_which_none_is_on_the_services_does_not_begin_its_vote(club, boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Netflix")
    tmdb.offers = lambda title: None
    table = await start(alice, on_our_services=True)
    [refused] = (await table.press(alice, "Pick for us")).result.followups
    assert "No film on your services is left that fits" in str(refused.components)
    assert (await club.store.nights.latest(alice.channel.id)).state == "gathering"


async def test_a_suggested_film_may_be_anywhere(club, boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Netflix")
    tmdb.offers = lambda title: None
    table = await start(alice, on_our_services=True)
    await alice.says("night suggest", movie="Alien (1979)")
    await table.press(alice, "Pick for us")
    assert "Alien" in table.text
    assert "none of the films that suit you best is on your services" in table.text
    assert (await club.store.nights.latest(alice.channel.id)).state == "voting"


async def test_a_refusal_of_a_shared_list_is_for_the_member_alone(club, boss, alice, tmdb):
    await boss.says("night settings", region="DE", services="Arte")
    card = await alice.says("recommend", on_our_services=True, share=True)
    assert "None of the best" in card.text
    assert card.private
