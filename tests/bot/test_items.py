"""Buttons and selects: all that they know has to come back out of their custom_id."""

import asyncio
from importlib import import_module
from types import SimpleNamespace

import pytest

from bot.adding import Add
from bot.app import EXTENSIONS
from bot.asking import Answer, Back, Best, NoStars, Start, Stop
from bot.curating import Merge, MergeInto, Remove, RemoveNow, Rename
from bot.gate import ANYONE, Item
from bot.importing import Pick, Press, Scale, Unclear
from bot.items import (
    AskStars,
    DeleteEverything,
    Keep,
    LeaveOut,
    Page,
    Say,
    Seen,
    StarsSelect,
    Unexclude,
    Unrate,
    UnrateTyped,
    Unseen,
    film_buttons,
    page_buttons,
)
from bot.night.buttons import Approve, NightButton, NightPeople
from bot.night.suggesting import LONGEST_TITLE, AddTyped, PutIn
from bot.night.typed import RateTyped, TypedStars
from bot.privacy import Show
from bot.wanting import Unmark, Unwant, Want
from tests.bot.simulated import MATRIX, TASTE

for extension in EXTENSIONS:  # whatever kind of item a command brings along is known from here on
    import_module(f"bot.cogs.{extension}")

ID = 2**63 - 1  # no id is longer
ROW = 10**9  # nor will a server have as many evenings
LONGEST = [
    Say(ID, "exclude movie", ID, True),
    Say(ID, "similar", ID, True, {"count": 25, "share": False}),
    Say(ID, "rate", ID, True, {"stars": 4.5}),
    AskStars(ID, ID, True),
    StarsSelect(ID),
    Keep(ID, ID, 4.5),
    Unrate(ID, ID, True),
    Seen(ID),
    Start(True),
    Answer(ID, 4.5),
    Answer(ID, None),
    NoStars(ID),
    Back(ID, 4.5),
    Back(ID, None),
    Stop(),
    Best(),
    Unseen(ID, ID),
    Want(ID, True),
    Unwant(ID, True),
    Unmark(ID, ROW),
    Scale(ID, 100),
    Press(ID, "settle", ROW, True),
    Pick(ID, ROW, 20_000, True),
    Unclear(ID, ROW, 4_000, True),
    Unexclude(ID, ID),
    Page(ID, ID),
    DeleteEverything(ID),
    Show(ID, "picture", True),
    LeaveOut(ID, ROW),
    NightButton(ROW, "watched"),
    NightPeople(ROW),
    Approve(ID, ROW, ROW),
    RateTyped(ROW, 4.5),
    TypedStars(ROW),
    UnrateTyped(ID, ROW),
    Add(ID, 4.5, "x" * LONGEST_TITLE),
    AddTyped(ROW, "x" * LONGEST_TITLE),
    Rename(ID),
    Merge(ID),
    MergeInto(ID, ID),
    Remove(ID),
    RemoveNow(ID),
    PutIn(ROW, ID, ""),
    PutIn(ROW, 0, "x" * LONGEST_TITLE),
]
PAGED = {
    "recommend": {"count": 25},
    "similar": {"movie": MATRIX, "count": 25},
    "top": {},
    "ratings": {},
    "exclude list": {},
    "watchlist list": {},
}


def test_every_kind_is_tried_here():
    assert {type(item) for item in LONGEST} == set(Item.kinds.values())


@pytest.mark.parametrize("item", LONGEST, ids=lambda item: item.custom_id)
def test_an_item_survives_the_way_through_its_custom_id(item):
    match = type(item).__discord_ui_compiled_template__.fullmatch(item.custom_id)
    interaction = SimpleNamespace(client=SimpleNamespace(aliases={}))
    again = asyncio.run(type(item).from_custom_id(interaction, item.item, match))
    assert again.custom_id == item.custom_id


@pytest.mark.parametrize("item", LONGEST, ids=lambda item: item.custom_id)
def test_the_longest_custom_id_is_within_discords_limit(item):
    assert len(item.custom_id) <= 100


@pytest.mark.parametrize("item", LONGEST, ids=lambda item: item.custom_id)
def test_no_item_is_taken_for_one_of_another_kind(item):
    kinds = [kind for kind in Item.kinds.values() if kind.__discord_ui_compiled_template__.fullmatch(item.custom_id)]
    assert kinds == [type(item)]


def test_a_label_that_is_too_long_is_cut():
    assert len(Say(1, "rate", 1, label="x" * 100).item.label) == 80


def test_the_buttons_under_a_film_are_anyones():
    buttons = film_buttons(1).children
    assert buttons
    for button in buttons:
        assert button.layout.read(button.custom_id).get("owner", ANYONE) == ANYONE


def test_one_page_needs_no_buttons():
    assert page_buttons(1, 0, 1) is None


@pytest.mark.parametrize(
    ("page", "disabled"), [(0, [True, True, False]), (1, [False, True, False]), (2, [False, True, True])]
)
def test_paging_ends_at_both_ends(page, disabled):
    buttons = [getattr(button, "item", button) for button in page_buttons(1, page, 3).children]
    assert [button.disabled for button in buttons] == disabled
    assert len({button.custom_id for button in buttons}) == 3


async def test_all_that_can_be_pressed_on_a_card_is_an_item_with_an_id_of_its_own(club, alice):
    """discord.py would keep a card in memory for anything else."""
    await alice.rates(TASTE | {"Heat (1995)": 3.5})
    for number in range(10):
        await alice.says("exclude words", text=f"word {number}")
        await club.store.watchlists.add(alice.id, club.catalogue.movies[-number].id, at=number)
    for command, options in PAGED.items():
        first = await alice.says(command, **options)
        for card in (first, await alice.presses(first, "More ›")):
            assert len(set(card.controls)) == len(card.controls)
            kinds = [
                [kind for kind in Item.kinds.values() if kind.__discord_ui_compiled_template__.fullmatch(control)]
                for control in card.controls
            ]
            assert all(kinds), (command, card.controls)


async def card_of(kind, club, member):
    """A new private card of this kind."""
    if kind == "a film marked as seen":
        await club.store.unmark_seen(member.id, club.film(MATRIX))
        listed = await member.says("recommend")
        return await member.forges(listed, Seen(club.film(MATRIX)).custom_id)
    if kind == "an exclusion":
        for entry in await club.store.exclusions(member.id):
            await club.store.unexclude(member.id, entry.id)
        return await member.says("exclude movie", movie=MATRIX)
    await club.store.unrate(member.id, club.film(MATRIX))
    if kind == "a changed rating":
        await member.says("rate", movie=MATRIX, stars=2)
    return await member.says("rate", movie=MATRIX, stars=4.5)


@pytest.mark.parametrize(
    ("kind", "questions"),
    [
        ("a first rating", ["Change"]),
        ("a changed rating", ["Change"]),
        ("a film marked as seen", []),
        ("an exclusion", []),
    ],
)
async def test_a_question_that_takes_the_place_of_a_card_has_a_way_back_to_it(club, alice, kind, questions):
    asking = []
    for label in (await card_of(kind, club, alice)).labels:
        card = await card_of(kind, club, alice)
        before = await club.store.history(alice.id), await club.store.seen(alice.id)
        asked = await alice.presses(card, label)
        if asked.message.id == card.message.id and asked.text.endswith("?"):
            asking.append(label)
            [way_back] = asked.labels
            again = await alice.presses(asked, way_back)
            assert again.message.id == card.message.id
            assert (again.text, again.controls) == (card.text, card.controls)
            assert (await club.store.history(alice.id), await club.store.seen(alice.id)) == before
    assert asking == questions


async def test_the_way_back_shows_what_holds_by_then(club, alice):
    asked = await alice.presses(await alice.says("rate", movie=MATRIX, stars=5), "Change")
    await alice.says("rate", movie=MATRIX, stars=3)
    assert "★★★ " in (await alice.presses(asked, "Keep it")).text
    await club.store.unrate(alice.id, club.film(MATRIX))
    gone = await alice.forges(asked, asked.button("Keep it"))
    assert "no rating" in gone.text
