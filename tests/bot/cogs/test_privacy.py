"""/privacy, as members use it."""

from dataclasses import fields

import pytest

from bot.privacy import SWITCHES
from bot.store import Shown


def states(card):
    """What the card says of each switch: its name -> on or off."""
    lines = [line.strip("*").partition(": ") for line in card.text.splitlines() if line.startswith("**")]
    return {name: state for name, _, state in lines}


@pytest.mark.parametrize("said", ["never read messages", "30 days", "/data delete", "/data export", "leave a server"])
async def test_it_says_what_is_kept_for_how_long_and_how_to_be_rid_of_it(alice, said):
    card = await alice.says("privacy")
    assert card.private
    assert said in card.text


async def test_everything_is_off_for_who_never_chose(alice):
    card = await alice.says("privacy")
    assert states(card) == dict.fromkeys(["Your taste", "Matches", "The club", "Reasons"], "off")
    assert card.labels == ["Turn on"] * len(SWITCHES)


async def test_every_switch_that_is_stored_is_on_the_card():
    assert list(SWITCHES) == [field.name for field in fields(Shown)]


@pytest.mark.parametrize("switch", SWITCHES)
async def test_a_switch_changes_in_place_and_back_and_leaves_the_others(club, alice, switch):
    card, place = await alice.says("privacy"), list(SWITCHES).index(switch)
    on = await alice.forges(card, card.controls[place])
    assert on.message.id == card.message.id
    assert list(states(on).values()) == ["on" if other == switch else "off" for other in SWITCHES]
    assert await club.store.privacy.of(alice.id) == Shown(**{switch: True})
    off = await alice.presses(on, "Turn off")
    assert states(off) == states(card)
    assert await club.store.privacy.of(alice.id) == Shown()


async def test_an_old_card_does_what_its_button_says(club, alice):
    card = await alice.says("privacy")
    await alice.forges(card, card.controls[0])
    await club.restart()
    await alice.forges(card, card.controls[0])
    assert await club.store.privacy.of(alice.id) == Shown(picture=True)


async def test_nobody_else_turns_a_members_switches(club, alice, bob):
    card = await alice.says("privacy")
    refused = await bob.forges(card, card.controls[0])
    assert refused.private
    assert await club.store.privacy.of_all([alice.id, bob.id]) == {alice.id: Shown(), bob.id: Shown()}


async def test_a_switch_that_is_none_changes_nothing(club, alice):
    card = await alice.says("privacy")
    refused = await alice.forges(card, card.controls[0].replace("picture", "stars"))
    assert "/help" in refused.text
    assert await club.store.privacy.of(alice.id) == Shown()


async def test_it_works_in_direct_messages_and_is_the_same_there(club, alice):
    await club.store.privacy.change(alice.id, matches=True)
    assert states(await alice.direct.says("privacy"))["Matches"] == "on"


async def test_after_a_deletion_everything_is_off_again(alice):
    card = await alice.says("privacy")
    await alice.presses(card, "Turn on")
    asked = await alice.says("data delete")
    await alice.presses(asked, asked.labels[0])
    assert set(states(await alice.says("privacy")).values()) == {"off"}
