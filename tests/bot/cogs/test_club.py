"""/club, as members use it."""

import discord
import pytest

from bot import people
from tests.bot.simulated import ALIEN, MATRIX, TITANIC

GIVEN = {
    "alice": {MATRIX: 5.0, TITANIC: 1.0, ALIEN: 4.0},
    "bob": {MATRIX: 4.5, TITANIC: 5.0},
    "clara": {MATRIX: 4.0, TITANIC: 3.0},
}


@pytest.fixture
async def shown(club, alice, bob, clara):
    """Three members who rated films and let themselves be shown."""
    for member in (alice, bob, clara):
        await member.rates(GIVEN[member.actor.name])
        await club.store.privacy.change(member.id, clubs=True)


async def test_it_says_what_a_club_loves_what_divides_it_and_who_has_seen_most(alice, shown):
    card = await alice.says("club")
    assert card.private
    assert "3 people" in card.text
    loved, divided = card.text.partition("What divides you")[::2]
    assert "**The Matrix (1999)** · ★ 4.5 by 3" in loved
    assert "**Titanic (1997)** · ★ 3.0 by 3" in divided
    assert f"<@{alice.id}> · 3 films" in divided


async def test_of_what_divides_them_no_stars_of_one_are_told(alice, shown):
    """With the lowest and the highest, each of three would know what the others gave."""
    divided = (await alice.says("club")).text.partition("What divides you")[2]
    assert "1" not in divided.partition("★ 3.0 by 3")[2].partition("Who has seen most")[0]


async def test_people_of_other_servers_do_not_crowd_a_club_out(club, alice, shown):
    """Who let themselves be shown is asked for by id, a hundred at a time."""
    for member in range(1, 131):
        await club.store.privacy.change(member, clubs=True)
    assert "3 people" in (await alice.says("club")).text


async def test_a_film_that_two_rated_tells_too_much_of_each(alice, shown):
    assert "Alien" not in (await alice.says("club")).text


async def test_films_marked_as_seen_count_once_with_those_rated(club, bob, shown):
    for movie in (ALIEN, MATRIX):
        await club.store.mark_seen(bob.id, club.film(movie), club.bot.now())
    assert f"<@{bob.id}> · 3 films" in (await bob.says("club")).text


async def test_who_does_not_let_themselves_be_shown_is_neither_counted_nor_named(club, alice, shown, dan):
    await dan.rates({MATRIX: 0.5, TITANIC: 5.0, ALIEN: 5.0})
    card = await alice.says("club")
    assert "★ 4.5 by 3" in card.text
    assert "Alien" not in card.text
    assert f"<@{dan.id}>" not in card.text
    await club.store.privacy.change(dan.id, clubs=True)
    assert f"<@{dan.id}> · 3 films" in (await alice.says("club")).text


async def test_two_are_no_club(club, alice, bob, shown):
    await club.store.privacy.change(bob.id, clubs=False, picture=True, matches=True, reasons=True)
    card = await alice.says("club", share=True)
    assert card.private
    assert "It takes three people here" in card.text
    assert "/privacy" in card.text


async def test_who_has_left_the_server_is_not_of_its_club(club, alice, bob, shown):
    club.guild.remove_member(bob.actor)
    assert "It takes three people here" in (await alice.says("club")).text


async def test_nobody_is_asked_for_while_discord_takes_no_more_questions(club, alice, shown, monkeypatch):
    monkeypatch.setattr(people, "is_busy", lambda client, guild: True)
    monkeypatch.setattr(discord.Guild, "query_members", lambda guild, **who: pytest.fail("it was asked"))
    assert "Try again in a minute" in (await alice.says("club")).text


async def test_without_a_film_that_three_rated_it_says_what_helps(club, alice, bob, clara):
    for member in (alice, bob, clara):
        await club.store.privacy.change(member.id, clubs=True)
    card = await alice.says("club")
    assert "no film yet that three of you rated" in card.text
    assert "/rate" in card.text


async def test_it_is_shared_on_purpose(alice, shown):
    assert not (await alice.says("club", share=True)).private
