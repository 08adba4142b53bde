"""/taste, as members use it."""

import io

import discord
import pytest
from PIL import Image

from bot import people
from bot.cogs.taste import HIDDEN
from bot.portraits.picture import WIDTH
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC

ROMANCES = {TITANIC: 5.0, "Pretty Woman (1990)": 4.5, "Chicago (2002)": 5.0, "My Fair Lady (1964)": 4.5, ALIEN: 1.5}


async def pictured(card):
    """The picture of a card, and what is said for those who can't see it."""
    [attachment] = card.message.attachments
    [gallery] = [part for part in card.components if part.get("items")]
    return Image.open(io.BytesIO(await attachment.read())), gallery["items"][0]["description"]


@pytest.fixture
async def others(club, clara, dan):
    """Three members who let themselves be shown."""
    for member in (club.bob, clara, dan):
        await member.rates(ROMANCES)
        await club.store.privacy.change(member.id, clubs=True)


async def test_a_taste_is_one_private_picture_with_the_same_in_words(alice):
    await alice.rates(TASTE)
    card = await alice.says("taste")
    assert card.private
    drawn, told = await pictured(card)
    assert drawn.width == WIDTH
    assert "5 films, 4.1 stars on average" in card.text
    assert "5 films, 4.1 stars on average" in told
    assert "Only you see this" in card.text


async def test_it_names_the_films_whose_stars_nobody_would_have_expected(alice):
    await alice.rates({**ROMANCES, MATRIX: 1.0})
    card = await alice.says("taste")
    listed = card.text.partition("These ratings say most")[2].splitlines()[1:6]
    assert any(line.startswith(("**1** · **Alien (1979)**: 1.5, expected", "**1** · **The Matrix")) for line in listed)
    assert len(listed) == 5


async def test_few_films_are_no_taste_yet(alice):
    await alice.rates({MATRIX: 5.0, ALIEN: 4.0})
    card = await alice.says("taste")
    assert "5 rated films" in card.text
    assert "there are 2" in card.text
    assert "/rate" in card.text
    assert not card.message.attachments


async def test_it_is_shared_by_who_it_belongs_to(alice):
    await alice.rates(TASTE)
    card = await alice.says("taste", share=True)
    assert not card.private
    assert f"<@{alice.id}>" in card.text
    assert "Only you" not in card.text


async def test_anothers_is_shown_where_they_let_it_be_seen(club, alice, bob):
    await alice.rates(TASTE)
    await club.store.privacy.change(alice.id, picture=True)
    card = await bob.says("taste", member=alice.actor)
    assert card.private
    assert f"<@{alice.id}>" in card.text
    await pictured(card)


@pytest.mark.parametrize("rated", [TASTE, {}])
async def test_anothers_is_hidden_until_they_do_whatever_they_rated(alice, bob, rated):
    await alice.rates(rated)
    card = await bob.says("taste", member=alice.actor)
    assert card.private
    assert card.text == HIDDEN
    assert not card.message.attachments


async def test_it_is_hidden_as_soon_as_they_turn_it_off(alice, bob):
    await alice.rates(TASTE)
    privacy = await alice.says("privacy")
    on = await alice.presses(privacy, "Turn on")
    await pictured(await bob.says("taste", member=alice.actor))
    await alice.presses(on, "Turn off")
    assert (await bob.says("taste", member=alice.actor)).text == HIDDEN


async def test_who_is_on_no_server_with_them_does_not_see_it_whatever_id_they_name(club, alice, bob):
    """As for somebody who doesn't show theirs."""
    await alice.rates(TASTE)
    await club.store.privacy.change(alice.id, picture=True)
    assert (await bob.direct.says("taste", member=alice.actor.user)).text == HIDDEN
    club.guild.remove_member(alice.actor)
    assert (await bob.says("taste", member=alice.actor.user)).text == HIDDEN


async def test_nobody_else_shares_it(club, alice, bob):
    await alice.rates(TASTE)
    await club.store.privacy.change(alice.id, picture=True)
    card = await bob.says("taste", member=alice.actor, share=True)
    assert card.private
    assert "Only they" in card.text
    assert not card.message.attachments


async def test_a_member_may_name_themselves(alice):
    await alice.rates(TASTE)
    assert "Your taste" in (await alice.says("taste", member=alice.actor)).text


async def test_genres_and_decades_are_set_beside_the_others_who_show_theirs(alice, others):
    await alice.rates(TASTE)
    assert "Compared with 3 others here: more " in (await alice.says("taste")).text


async def test_beside_too_few_it_is_everybody(club, alice, others, bob):
    await alice.rates(TASTE)
    await club.store.privacy.change(bob.id, clubs=False)
    text = (await alice.says("taste")).text
    assert "Compared with everybody" in text
    assert "here" not in text.partition("Only you")[0]


async def test_who_is_elsewhere_is_not_among_the_others(club, alice, others):
    await alice.rates(TASTE)
    club.guild.remove_member(club.bob.actor)
    assert "Compared with everybody" in (await alice.says("taste")).text


async def test_while_discord_takes_no_more_questions_nobody_is_asked_for_and_it_is_everybody(
    club, alice, others, monkeypatch
):
    await alice.rates(TASTE)
    monkeypatch.setattr(people, "is_busy", lambda client, guild: True)
    monkeypatch.setattr(discord.Guild, "query_members", lambda guild, **who: pytest.fail("it was asked"))
    assert "Compared with everybody" in (await alice.says("taste")).text


async def test_in_direct_messages_it_is_everybody(alice, others):
    await alice.rates(TASTE)
    assert "Compared with everybody" in (await alice.direct.says("taste")).text


@pytest.mark.parametrize("member", ["1", "nobody", "9" * 30, 1, True, None])
async def test_a_member_of_whom_discord_tells_nothing_does_not_fit(bob, member):
    card = await bob.sends("taste", {"member": member})
    assert card.private
    assert "doesn't fit" in card.text
