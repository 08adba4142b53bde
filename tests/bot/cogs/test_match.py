"""/match, as members use it."""

import re

import pytest

from bot.cogs.taste import UNMATCHED
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC

ACTION = {"Aliens (1986)": 5.0, "Die Hard (1988)": 4.5, "Predator (1987)": 4.5, TITANIC: 1.0}


@pytest.fixture
async def agreed(club):
    """Both let others match with them."""
    for member in (club.alice, club.bob):
        await club.store.privacy.change(member.id, matches=True)


def figures(card):
    """How many times of a hundred both would prefer the same film, and two strangers."""
    return [int(times) for times in re.findall(r"(\d+) times", card.text)]


async def test_who_likes_the_same_is_more_alike_than_strangers(alice, bob, agreed):
    for member in (alice, bob):
        await member.rates(TASTE)
    card = await alice.says("match", member=bob.actor)
    assert card.private
    alike, strangers = figures(card)
    assert alike > strangers
    assert f"<@{bob.id}>" in card.text
    assert "You both rated 5 films, 0.0 stars apart on average." in card.text


async def test_who_likes_the_opposite_is_less_alike_and_sees_where_they_differ(alice, bob, agreed):
    await alice.rates(TASTE)
    await bob.rates({movie: 6 - stars for movie, stars in TASTE.items()})
    card = await alice.says("match", member=bob.actor)
    alike, strangers = figures(card)
    assert alike < strangers
    assert "**The Matrix (1999)**: you 5, they 1" in card.text
    assert "**Titanic (1997)**: you 2, they 4" in card.text


async def test_few_films_in_common_and_little_known_give_no_number(alice, bob, agreed):
    await alice.rates({MATRIX: 5.0})
    await bob.rates({ALIEN: 4.0})
    card = await alice.says("match", member=bob.actor)
    assert figures(card) == []
    assert "I can't say yet" in card.text
    assert "You both rated 0 films" in card.text
    assert "/rate" in card.text


async def test_films_that_only_one_rated_are_told_as_expected(alice, bob, agreed):
    await alice.rates({TITANIC: 5.0, "Pretty Woman (1990)": 5.0, "Chicago (2002)": 5.0, "The Terminator (1984)": 1.0})
    await bob.rates(ACTION)
    card = await alice.says("match", member=bob.actor)
    assert "**Titanic (1997)**: you 5, they 1" in card.text
    assert re.search(r"you (probably \d\.\d, they [\d.]+|[\d.]+, they probably \d\.\d)", card.text)


async def test_it_takes_ones_own_yes(club, alice, bob):
    await club.store.privacy.change(bob.id, matches=True)
    card = await alice.says("match", member=bob.actor)
    assert card.private
    assert "Turn yours on first, with `/privacy`" in card.text


@pytest.mark.parametrize("rated", [TASTE, {}])
async def test_it_takes_the_others_yes_whatever_they_rated(club, alice, bob, rated):
    await bob.rates(rated)
    await club.store.privacy.change(alice.id, matches=True)
    card = await alice.says("match", member=bob.actor)
    assert card.private
    assert card.text == UNMATCHED


async def test_other_switches_are_no_yes(club, alice, bob):
    await club.store.privacy.change(alice.id, matches=True)
    await club.store.privacy.change(bob.id, picture=True, clubs=True, reasons=True)
    assert (await alice.says("match", member=bob.actor)).text == UNMATCHED


async def test_it_ends_as_soon_as_one_of_them_turns_it_off(club, alice, bob, agreed):
    await club.store.privacy.change(bob.id, matches=False)
    assert (await alice.says("match", member=bob.actor)).text == UNMATCHED


async def test_it_takes_a_server_where_both_are_whatever_id_is_named(club, alice, bob, agreed):
    for member in (alice, bob):
        await member.rates(TASTE)
    assert (await alice.direct.says("match", member=bob.actor.user)).text == UNMATCHED
    club.guild.remove_member(bob.actor)
    assert (await alice.says("match", member=bob.actor.user)).text == UNMATCHED


async def test_nobody_is_matched_with_themselves(alice, agreed):
    assert "Name somebody else" in (await alice.says("match", member=alice.actor)).text
