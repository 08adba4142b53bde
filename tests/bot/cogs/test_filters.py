"""Filters on lists and evenings, as members use them. Only the built-in films from 2017 on have a length and a language."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice import Wish
from recommender import Filters

COUNTED = r"-# .*?([\d,]+) films? fits?(?:; of ([\d,]+) I don't know the .+?, so .+ left out)?$"


def counted(card):
    """How many films fit, and how many lack a fact, as a card says it."""
    found = re.search(COUNTED, card.text, flags=re.MULTILINE)
    return [int((number or "0").replace(",", "")) for number in found.groups()]


@pytest.fixture(scope="module")
def films(serving):
    """All films by their ids. The catalogue makes each anew whenever it is asked."""
    return {film.id: film for film in serving.recommender.catalogue}


def holds(film, **wish):
    """Whether a film is known to be as wished."""
    return (
        film.year is not None
        and film.year // 10 * 10 == wish.get("decade", film.year // 10 * 10)
        and (film.minutes or 999) <= wish.get("max_minutes", 999)
        and film.language == wish.get("language", film.language)
    )


async def boss_of(club, **usual):
    boss = club.join("boss", manage_guild=True)
    return boss, await boss.says("night settings", **usual)


async def evening(club, member):
    return await club.store.nights.latest(member.channel.id)


@pytest.mark.parametrize(
    "wish",
    [
        {"decade": 1980},
        {"decade": 2020, "max_minutes": 100},
        {"decade": 2020, "language": "ko"},
        {"decade": 2020, "max_minutes": 130, "language": "fr"},
    ],
)
async def test_every_film_of_a_list_is_as_wished_and_the_card_counts_all_that_are(films, alice, wish):
    card = await alice.says("recommend", count=5, **wish)
    assert card.films
    assert all(holds(films[film], **wish) for film in card.films)
    assert counted(card)[0] == sum(holds(film, **wish) for film in films.values())


async def test_a_list_says_what_was_wished_on_each_of_its_pages(alice):
    first = await alice.says("recommend", count=10, decade=2020, max_minutes=120, language="English")
    second = await alice.presses(first, "More ›")
    assert "2020s · up to 120 min · in English" in first.text
    assert "2020s · up to 120 min · in English" in second.text
    assert counted(first) == counted(second)


async def test_decades_and_years_both_hold(films, alice):
    card = await alice.says("recommend", decade=1990, from_year=1997)
    assert {films[film].year for film in card.films} <= {1997, 1998, 1999}
    assert "Widen or leave out" in (await alice.says("recommend", decade=1990, from_year=2005)).text


async def test_the_best_films_are_filtered_too(films, alice):
    card = await alice.says("top", decade=1930)
    assert {films[film].year // 10 for film in card.films} == {193}
    assert "1930s" in card.text
    assert counted(card)[0] == sum(film.year in range(1930, 1940) for film in films.values())
    none = await alice.says("top", decade=2020, language="ko")
    assert "enough ratings" in none.text
    assert "`language` or `decade`" in none.text


async def test_a_list_without_filters_counts_nothing(alice):
    assert "fit" not in (await alice.says("top")).text.replace("fits", "")
    assert " films fit" not in (await alice.says("recommend")).text


@pytest.mark.parametrize("command", ["recommend", "top", "night start"])
async def test_where_most_films_lack_the_fact_it_is_refused_with_the_way_to_get_it(alice, command):
    card = await alice.says(command, max_minutes=100)
    assert not card.films
    assert card.private
    assert "I don't know the length of 9," in card.text
    assert "ask whoever hosts me" in card.text
    assert "`decade: 2020s`" in card.text


async def test_languages_are_offered_by_their_names_those_of_most_films_first(alice):
    assert (await alice.types("recommend", "language", ""))[0] == "en"
    for typed in ("Korea", "ko", "한국", "KOREAN"):
        assert "ko" in await alice.types("recommend", "language", typed)
    assert await alice.types("recommend", "language", "Français") == ["fr"]
    assert await alice.types("top", "language", "qq") == []
    assert (await alice.types("night start", "language", ""))[:2] == ["any", "en"]
    for typed in ("any l", "Any", "ANY LANGUAGE", " any\u200b"):
        assert "any" in await alice.types("night settings", "language", typed)


@pytest.mark.parametrize("typed", ["Korean", "ko", "한국어", "koraen"])
async def test_a_language_that_is_typed_without_picking_it_is_understood(club, alice, typed):
    card = await alice.says("recommend", decade=2020, language=typed)
    assert {club.catalogue[film].language for film in card.films} == {"ko"}


async def test_a_language_that_no_film_has_is_answered_with_those_of_most(alice):
    card = await alice.says("recommend", language="Klingon")
    assert "Klingon" in card.text
    assert "English, " in card.text


async def test_a_list_that_holds_nothing_new_says_what_to_widen(club, films, alice):
    wish = {"decade": 2020, "max_minutes": 85, "language": "fr"}
    found = [film.id for film in films.values() if holds(film, **wish)]
    for film in found:
        await club.store.mark_seen(alice.id, film, 1)
    card = await alice.says("recommend", **wish)
    assert not card.films
    assert "`max_minutes`, `language` or `decade`" in card.text


async def test_an_evening_is_of_films_as_wished_and_its_card_says_how_many(club, films, alice, bob):
    wish = {"decade": 2020, "max_minutes": 110}
    card = await alice.says("night start", **wish)
    fit = sum(holds(film, **wish) for film in films.values())
    assert "2020s · up to 110 min · " in card.text
    assert counted(card)[0] == fit
    await bob.presses(card, "Join")
    await bob.says("night suggest", movie="Titanic (1997)")
    await alice.presses(card, "Pick for us")
    assert counted(card.look_again())[0] == fit
    shown = await club.store.nights.films((await evening(club, alice)).id)
    picked = [film.movie for film in shown if not film.suggested]
    assert len(picked) == 5
    assert all(holds(films[film], **wish) for film in picked)
    assert [film.movie for film in shown if film.suggested] == [club.film("Titanic (1997)")]


async def test_the_card_of_an_evening_says_the_same_after_a_restart(club, alice):
    card = await alice.says("night start", decade=2020, max_minutes=110, language="en")
    await alice.presses(card, "Pick for us")
    before = card.look_again().text
    await club.restart()
    await club.bot.model_ready()
    await alice.says("night status")
    assert card.look_again().text == before
    assert counted(card.look_again())[0] > 0


async def test_a_servers_usual_holds_unless_an_evening_says_otherwise(club, alice):
    _, shown = await boss_of(club, max_minutes=120, language="English", decade=2020)
    assert "**max minutes** 120" in shown.text
    assert "**language** English" in shown.text
    assert "**decade** 2020s" in shown.text
    card = await alice.says("night start")
    assert "2020s · up to 120 min · in English" in card.text
    await alice.says("night cancel")
    card = await alice.says("night start", max_minutes=90, language="fr")
    assert "2020s · up to 90 min · in French" in card.text
    await alice.says("night cancel")
    card = await alice.says("night start", max_minutes=0, language="any")
    assert "-# 2020s · " in card.text
    await alice.says("night cancel")
    card = await alice.says("night start", max_minutes=0, language="any language", decade=0)
    assert "fit" not in card.text.replace("films that suit", "")


async def test_a_usual_is_taken_off_again(club, alice):
    boss, _ = await boss_of(club, max_minutes=120, language="English", decade=2020)
    shown = await boss.says("night settings", max_minutes=0, language="any", decade=0)
    assert "**max minutes** any" in shown.text
    assert "**language** any" in shown.text
    assert "**decade** any" in shown.text
    assert (await club.store.nights.settings(club.guild.id)).usual == Filters()
    await alice.says("night start")
    assert (await evening(club, alice)).wish.given == ()


async def test_a_usual_that_most_films_lack_the_fact_for_is_refused_and_nothing_changes(club):
    _, refused = await boss_of(club, max_minutes=100, style="fair")
    assert "I don't know the length" in refused.text
    assert (await club.store.nights.settings(club.guild.id)).style == "balanced"


async def test_an_evening_can_do_without_a_usual_that_lets_nothing_fit(club, alice):
    await boss_of(club, max_minutes=100, decade=2020)
    refused = await alice.says("night start", decade=0)
    assert "`/night start` with `max_minutes: 0`" in refused.text
    assert "films fit" not in (await alice.says("night start", decade=0, max_minutes=0)).text


async def test_a_length_that_no_film_has_is_refused(alice):
    assert "30 to 600, or 0" in (await alice.says("night start", max_minutes=20)).text
    assert "30 to 600" in (await alice.sends("recommend", {"max_minutes": 20})).text


async def test_lists_from_before_there_were_more_filters_read_as_they_were(club, alice):
    listed = await alice.says("recommend", count=10, genre="Drama", from_year=1990)
    request = {"count": 10, "genre": "Drama", "from_year": 1990, "to_year": None, "without": None}
    request |= {"include_seen": False, "share": False, "style": "balanced"}
    old = await club.store.lists.save(alice.id, "recommend", request, listed.films, club.bot.now())
    turned = await alice.forges(listed, f"page:{old.id}:0")
    assert turned.films == listed.films
    assert "Drama · since 1990" in turned.text


@given(
    decade=st.none() | st.sampled_from([1990, 2010, 2020]),
    max_minutes=st.none() | st.integers(30, 600),
    language=st.none() | st.sampled_from(["en", "ko"]),
    genre=st.none() | st.just("Drama"),
)
def test_a_wish_survives_being_stored(decade, max_minutes, language, genre):
    wish = Wish(10, genre=genre, decade=decade, max_minutes=max_minutes, language=language)
    assert Wish(**wish.to_json()) == wish
