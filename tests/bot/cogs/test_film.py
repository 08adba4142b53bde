"""/film, as members use it."""

import asyncio

import discord
import pytest

from bot import people
from bot.store import NightWish
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC

NEVER_RATED = "Oppenheimer (2023)"


async def rate(stars, *members):
    for member in members:
        await member.rates({MATRIX: stars})


async def test_a_film_is_one_private_card_with_what_it_is(alice):
    card = await alice.says("film", movie="amelie")
    assert card.private
    assert "Amelie (2001)" in card.text
    assert "Comedy, Romance" in card.text
    assert "Also: Le Fabuleux destin d'Amélie Poulain" in card.text


async def test_it_says_what_the_member_would_give_how_surely_and_why(alice):
    await alice.rates(TASTE)
    listed = await alice.says("recommend", from_year=1991, to_year=1991, count=25)
    card = await alice.says("film", movie="Terminator 2: Judgment Day (1991)")
    predicted = next(line for line in card.text.splitlines() if line.startswith("For you: ★ "))
    assert predicted.removeprefix("For you: ") in listed.text
    assert "Because you rated *The Matrix* 5 and *Blade Runner* 5" in card.text


async def test_it_says_what_lowers_a_film_that_others_like_more(alice):
    await alice.rates({"Alien (1979)": 1.5, "The Terminator (1984)": 2, TITANIC: 5, "Chicago (2002)": 5})
    card = await alice.says("film", movie="Aliens (1986)")
    assert "Less than others, because you rated" in card.text
    assert "*Alien* 1.5" in card.text
    assert "*Titanic*" not in card.text


async def test_without_ratings_the_stars_come_from_others(alice):
    card = await alice.says("film", movie=MATRIX)
    assert "From how others rated it" in card.text
    assert "because" not in card.text.lower()


async def test_a_film_that_nobody_rated_has_stars_too(alice):
    card = await alice.says("film", movie=NEVER_RATED)
    assert "For you: ★ " in card.text
    assert "From its genres and its year" in card.text
    assert "no ratings yet" in card.text


async def test_a_rated_film_shows_the_members_own_stars_in_place_of_predicted_ones(club, alice):
    await alice.rates({MATRIX: 4.5})
    card = await alice.says("film", movie=MATRIX)
    assert "You gave it ★★★★½" in card.text
    assert "For you" not in card.text
    assert card.labels == ["Change", "Not for me", "More like this"]
    await alice.picks(await alice.presses(card, "Change"), "3.0")
    assert await club.store.history(alice.id) == {club.film(MATRIX): 3}


async def test_it_is_rated_from_the_card(club, alice):
    card = await alice.says("film", movie=MATRIX)
    assert card.labels == ["Rate it", "Seen it", "Want to see", "Not for me", "More like this"]
    await alice.picks(await alice.presses(card, "Rate it"), "5.0")
    assert await club.store.history(alice.id) == {club.film(MATRIX): 5}


async def test_it_is_marked_as_seen_from_the_card_and_unmarked_from_the_next(club, alice):
    await alice.presses(await alice.says("film", movie=MATRIX), "Seen it")
    card = await alice.says("film", movie=MATRIX)
    assert "You marked it as seen" in card.text
    assert "For you: ★ " in card.text
    await alice.presses(card, "Not seen")
    assert await club.store.seen(alice.id) == {}


async def test_it_is_left_out_from_the_card_and_brought_back_by_undo_or_from_the_next(club, alice):
    undo = await alice.presses(await alice.says("film", movie=MATRIX), "Not for me")
    assert [entry.value for entry in await club.store.exclusions(alice.id)] == [str(club.film(MATRIX))]
    await alice.presses(undo, "Undo")
    assert await club.store.exclusions(alice.id) == []
    await alice.presses(await alice.says("film", movie=MATRIX), "Not for me")
    card = await alice.says("film", movie=MATRIX)
    assert "You left it out" in card.text
    await alice.presses(card, "Bring it back")
    assert await club.store.exclusions(alice.id) == []


@pytest.mark.parametrize("exclusion", [("genre", {"genre": "Horror"}), ("words", {"text": "alien"})])
async def test_a_film_that_another_exclusion_hides_says_where_it_is_listed(alice, exclusion):
    command, options = exclusion
    await alice.says(f"exclude {command}", **options)
    card = await alice.says("film", movie=ALIEN)
    assert "`/exclude list` shows why" in card.text
    assert "Not for me" not in card.labels
    assert "`/exclude list`" not in (await alice.says("film", movie=MATRIX)).text


async def test_more_like_it_is_one_press_away(alice):
    card = await alice.presses(await alice.says("film", movie=MATRIX), "More like this")
    assert "### Like The Matrix" in card.text


async def test_a_title_that_could_be_several_films_asks_which(alice):
    asked = await alice.says("film", movie="the man who")
    card = await alice.presses(asked, "The Man Who Would Be King (1975)")
    assert "For you: ★ " in card.text


async def test_typing_offers_films(alice):
    assert MATRIX in await alice.types("film", "movie", "matrx")


async def test_from_three_people_up_the_card_shows_their_mean_and_nobodys_name(alice, bob, clara):
    await rate(4.5, alice)
    await rate(3, bob)
    assert "On this server" not in (await alice.says("film", movie=MATRIX)).text
    await rate(2, clara)
    card = await alice.says("film", movie=MATRIX)
    assert "On this server: ★ 3.2 · 3 people" in card.text
    assert str(bob.id) not in card.text


async def test_who_did_not_rate_sees_what_others_gave(alice, bob, clara, dan):
    await rate(4, bob, clara, dan)
    assert "On this server: ★ 4.0 · 3 people" in (await alice.says("film", movie=MATRIX)).text


async def test_people_of_other_servers_do_not_count(club, alice, bob):
    strangers = [club.env.create_user(f"stranger {number}").id for number in range(3)]
    for stranger in strangers:
        await club.store.rate(stranger, club.film(MATRIX), 5, club.bot.now())
    await rate(3, alice, bob)
    assert "On this server" not in (await alice.says("film", movie=MATRIX)).text


async def test_who_has_left_the_server_does_not_count(club, alice, bob, clara):
    await rate(3, alice, bob, clara)
    club.guild.remove_member(clara.actor)
    await club.env.settle()
    assert "On this server" not in (await alice.says("film", movie=MATRIX)).text


async def test_people_who_watched_here_are_found_behind_any_number_of_strangers(club, alice, bob, clara):
    await rate(3, alice, bob, clara)
    night = await club.store.nights.start(club.guild.id, 1, NightWish(), None, [alice.id, bob.id, clara.id], at=1)
    await club.store.nights.change(night.id, ["gathering"], "cancelled", at=2)
    for stranger in range(1, 151):
        await club.store.rate(stranger, club.film(MATRIX), 5, club.bot.now() + stranger)
    assert "On this server: ★ 3.0 · 3 people" in (await alice.says("film", movie=MATRIX)).text


async def test_in_direct_messages_there_is_no_server_to_speak_of(alice, bob, clara):
    await rate(3, alice, bob, clara)
    card = await alice.direct.says("film", movie=MATRIX)
    assert "You gave it ★★★" in card.text
    assert "On this server" not in card.text


async def test_the_card_does_not_wait_for_a_discord_that_does_not_say_who_is_there(alice, bob, clara, monkeypatch):
    await rate(3, alice, bob, clara)
    monkeypatch.setattr(people, "PATIENCE", 0.1)
    monkeypatch.setattr(discord.Guild, "query_members", lambda guild, **who: asyncio.sleep(3600))
    card = await alice.says("film", movie=MATRIX)
    assert "You gave it ★★★" in card.text
    assert "On this server" not in card.text


async def test_nobody_is_asked_for_while_discord_takes_no_more_questions(club, alice, bob, clara, monkeypatch):
    await rate(3, alice, bob, clara)
    monkeypatch.setattr(people, "is_busy", lambda client, guild: True)
    monkeypatch.setattr(discord.Guild, "query_members", lambda guild, **who: pytest.fail("it was asked"))
    card = await alice.says("film", movie=MATRIX)
    assert "You gave it ★★★" in card.text
    assert "On this server" not in card.text


async def test_the_card_says_how_long_a_film_is_where_that_is_known(alice):
    assert "180 min · Drama" in (await alice.says("film", movie="Oppenheimer (2023)")).text
    assert " min · " not in (await alice.says("film", movie=MATRIX)).text
