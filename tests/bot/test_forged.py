"""Interactions that no client of Discord's would send: whatever they say, they get a sentence and store nothing."""

import copy
import json
import logging
import re
import sqlite3
from contextlib import closing
from itertools import product
from typing import get_args

import pytest
from discord import ComponentType, InteractionType, ui
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from simcord.backend import serializers
from simcord.interactions import walk_to_subcommand

from bot import importing
from bot.gate import Item
from bot.night import presses
from tests.bot.simulated import ALIEN, MATRIX, SLASH, TASTE

NEW = {"from_year": 2018, "to_year": 2025, "max_minutes": 200, "language": "English", "decade": 2020}
# One option of each is replaced by what is forged.
COMMANDS = {
    "rate": {"movie": MATRIX, "stars": 4.5},
    "ratings": {"words": "matrix"},
    "recommend": {"count": 5, "style": "balanced", "genre": "Drama", "without": "star", "include_seen": True}
    | {"share": False, "on_our_services": False, "from": "watchlist"}
    | NEW,
    "similar": {"movie": MATRIX, "count": 5, "share": False},
    "film": {"movie": MATRIX},
    "watchlist add": {"movie": MATRIX},
    "watchlist remove": {"movie": MATRIX},
    "import file": {"file": "1"},
    "taste": {"member": "1", "share": False},
    "match": {"member": "1"},
    "club": {"share": False},
    "top": {"genre": "Drama"} | NEW,
    "exclude words": {"text": "zombie"},
    "exclude movie": {"movie": MATRIX},
    "exclude genre": {"genre": "Drama"},
    "exclude remove": {"entry": "zombie"},
    "night start": {"title": "Friday", "when": "in 2 hours", "seen": "any", "genre": "Drama", "style": "fair"}
    | {"closes": 60, "on_our_services": False, "from": "watchlists"}
    | NEW,
    "night suggest": {"movie": MATRIX},
    "night history": {"year": 2026, "share": False},
    "night settings": {"time_zone": "Europe/Berlin", "style": "fair", "seen": "any", "hosts": "everyone"}
    | {"reminders": True, "fairness": False, "max_minutes": 120, "language": "Korean", "decade": 2020}
    | {"region": "Germany", "services": "Netflix"},
}
STRING, INTEGER, BOOLEAN, MEMBER, NUMBER, FILE = 3, 4, 5, 6, 10, 11
TYPES = {STRING: str, INTEGER: int, BOOLEAN: bool, MEMBER: str, NUMBER: (int, float), FILE: str}
LONGEST = 6000
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.integers(-5, 5_000),
    st.floats(),
    st.text(max_size=10),
    st.integers(0, 20_000).map(lambda length: "x" * length),
    st.lists(st.integers(), max_size=2),
)
HUGE = st.sampled_from([0, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**20, 10**30])
FIELDS = {
    "replace": st.sampled_from("01"),
    "action": st.sampled_from([*filter(str.islower, presses.PRESSES), *importing.ACTIONS, "people", "nosuch"]),
    "command": st.sampled_from([*COMMANDS, "help", "data delete", "no such command"]),
    "options": st.dictionaries(st.sampled_from(["stars", "count", "movie"]), ANYTHING, max_size=1).map(json.dumps)
    | st.sampled_from(["{}", "{x}", '{"stars":', '{"stars": 1e999}']).map(lambda text: text.rstrip("}") + "}"),
    "page": HUGE.map(str) | st.just("here"),
    "stars": st.sampled_from(["", "4.5"]),
    "switch": st.sampled_from(["nosuch", "member"]),  # one that is there would be turned by whose it is
    "on": st.sampled_from("01"),
    "title": st.just("A film of mine"),
}
ONE_CLUB = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fits(option: dict, value: object) -> bool:
    """Whether Discord, from what it was told of an option, would let a value through."""
    if not isinstance(value, TYPES[option["type"]]) or (isinstance(value, bool) and option["type"] != BOOLEAN):
        return False
    if option.get("choices"):
        return value in [choice["value"] for choice in option["choices"]]
    if option["type"] in (MEMBER, FILE):
        return value.isdecimal()
    if option["type"] == STRING:
        return option.get("min_length", 0) <= len(value) <= option.get("max_length", LONGEST)
    return not (value < option.get("min_value", value) or value > option.get("max_value", value))


GONE = object()
PARTS = st.one_of(
    st.just(GONE),
    ANYTHING,
    st.integers(-1, 12),
    st.sampled_from(["rate", "movie", "stars", "night", "start", "no such command"]),
    st.dictionaries(st.sampled_from(["name", "type", "value", "options", "focused"]), ANYTHING),
    st.lists(st.fixed_dictionaries({"name": ANYTHING, "type": st.integers(0, 12), "value": ANYTHING}), max_size=30),
)
MANY = settings(ONE_CLUB, max_examples=25)


def places(told, path=()):
    """The way to every part of it, from the whole on."""
    yield path
    parts = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def forged(data, told):
    """The same with some of its parts replaced, or left out."""
    told = {"data": copy.deepcopy(told)}
    for _ in range(data.draw(st.integers(1, 3), "parts")):
        *way, last = data.draw(st.sampled_from([*places(told)][1:] or [("data",)]), "part")
        within, part = told, data.draw(PARTS, "in its place")
        for key in way:
            within = within[key]
        if part is GONE and last in within:
            del within[last]
        else:
            within[last] = part
    return told.get("data")


def stored(club) -> list[str]:
    with closing(sqlite3.connect(club.bot.settings.database)) as db:
        return list(db.iterdump())


def options_of(club, command: str) -> dict[str, dict]:
    name, *path = command.split()
    leaf, _ = walk_to_subcommand(club.env.backend.find_command(name, None, type=SLASH), path)
    return {option["name"]: option for option in leaf["options"]}


async def test_every_option_of_every_command_is_forged_here(club):
    commands = {command.qualified_name: command for command in club.bot.tree.walk_commands()}
    with_options = {name for name, command in commands.items() if getattr(command, "parameters", [])}
    assert set(COMMANDS) == with_options
    for name, given_ in COMMANDS.items():
        assert given_.keys() == options_of(club, name).keys()


@pytest.mark.parametrize("command", COMMANDS)
@ONE_CLUB
@given(data=st.data())
async def test_a_forged_option_is_answered_with_a_sentence_and_stores_nothing(club, alice, command, data):
    name = data.draw(st.sampled_from(sorted(COMMANDS[command])), "option")
    value = data.draw(ANYTHING, "value")
    option = options_of(club, command)[name]
    assume(not fits(option, value) or (name == "stars" and value not in [half / 2 for half in range(1, 11)]))
    before = stored(club)
    card = await alice.sends(command, COMMANDS[command] | {name: value})
    assert card.private
    assert card.text
    assert "went wrong" not in card.text
    assert stored(club) == before


def told_of(club, alice, command):
    """What Discord would tell of it, beside whoever and whatever is named."""
    options = {name: str(alice.id) if name == "member" else value for name, value in COMMANDS[command].items()}
    user = serializers.user_payload(club.env.backend.get_user(alice.id))
    file = {"id": "1", "filename": "mine.csv", "size": 1, "url": "", "proxy_url": ""}
    resolved = {"users": {str(alice.id): user}, "attachments": {"1": file}}
    return alice.told(command, options) | {"resolved": resolved}


@pytest.mark.parametrize("command", COMMANDS)
@MANY
@given(data=st.data())
async def test_a_command_of_which_anything_is_told_is_answered_with_a_sentence(club, alice, command, data):
    told = forged(data, told_of(club, alice, command))
    card = await alice.sends_anything(InteractionType.application_command, told)
    assert card.text
    assert "went wrong" not in card.text


@pytest.mark.parametrize("command", COMMANDS)
@MANY
@given(data=st.data())
async def test_what_is_typed_is_answered_with_choices_or_none_whatever_is_told_of_it(club, alice, command, data):
    told = told_of(club, alice, command)
    options = told["options"]
    while "options" in options[0]:
        options = options[0]["options"]
    if data.draw(st.booleans(), "is typed"):
        data.draw(st.sampled_from(options), "option")["focused"] = True
    before = stored(club)
    card = await alice.sends_anything(InteractionType.autocomplete, forged(data, told))
    assert card.result.autocomplete_choices is not None
    assert stored(club) == before


@pytest.mark.parametrize(
    "told",
    [
        None,
        "rate",
        {"name": "nosuch", "type": 1},
        {"name": "rate", "type": 2},
        {"name": "rate", "type": 1, "options": [{"name": "movie", "type": 3, "value": "matrix"}]},
        {"name": "similar", "type": 1, "options": [{"name": "count", "type": 4, "value": "4", "focused": True}]},
    ],
)
async def test_where_nothing_can_be_offered_nothing_is(alice, told):
    card = await alice.sends_anything(InteractionType.autocomplete, told)
    assert card.result.autocomplete_choices == []


async def test_an_option_that_is_missing_is_answered_with_a_sentence(club, alice):
    before = stored(club)
    required = [
        (command, name)
        for command in COMMANDS
        for name, option in options_of(club, command).items()
        if option.get("required")
    ]
    assert ("rate", "movie") in required
    for command, name in required:
        card = await alice.sends(command, {n: v for n, v in COMMANDS[command].items() if n != name})
        assert "doesn't fit" in card.text, (command, name)
    assert stored(club) == before


@pytest.mark.parametrize(
    ("command", "option", "value", "sentence"),
    [
        ("recommend", "count", 10**30, "`count` takes 1 to 25."),
        ("recommend", "count", -1, "`count` takes 1 to 25."),
        ("similar", "count", 0, "`count` takes 1 to 25."),
        ("recommend", "style", "hack", "I don't know that `style`."),
        ("night start", "style", "hack", "I don't know that `style`."),
        ("night settings", "style", "hack", "I don't know that `style`."),
        ("night start", "closes", -60, "I don't know that `closes`."),
        ("night start", "closes", 10**9, "I don't know that `closes`."),
        ("top", "from_year", 0, "`from_year` takes 1870 to 2100."),
        ("night start", "title", "x" * 81, "`title` takes 1 to 80 characters."),
        ("exclude remove", "entry", "x" * 6001, "`entry` takes 0 to 6000 characters."),
        ("recommend", "share", "yes", "doesn't fit"),
    ],
)
async def test_a_forged_option_is_named_with_what_it_may_be(alice, command, option, value, sentence):
    assert sentence in (await alice.sends(command, COMMANDS[command] | {option: value})).text


@pytest.fixture(autouse=True)
def _no_traceback(caplog):
    """What is forged is no error of the bot's: its log says nothing of it."""
    yield
    assert [record.message for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


def forged_id(data, layout):
    """An id of this layout with values that no button has."""
    custom_id = re.sub(r"\{(\w+)\}", lambda field: str(data.draw(FIELDS.get(field[1], HUGE), field[1])), layout)
    assume(len(custom_id) <= 100)
    return custom_id


# Where an id holds nothing, nothing can be forged.
@pytest.mark.parametrize("layout", sorted(layout for layout in Item.kinds if "{" in layout))
@ONE_CLUB
@given(data=st.data())
async def test_a_forged_button_is_answered_with_a_sentence_and_stores_nothing(club, alice, bob, layout, data):
    if not await club.store.rating_count(bob.id):
        await bob.rates(TASTE)
    custom_id = forged_id(data, layout)
    shown = await alice.says("help")
    before = stored(club)
    card = await alice.forges(shown, custom_id)
    assert card.text or card.result.modal  # a form stores nothing before it is sent
    assert "went wrong" not in card.text
    assert stored(club) == before


def is_select(kind):
    [base] = (get_args(base)[0] for base in kind.__orig_bases__)
    return not issubclass(getattr(base, "__origin__", base), ui.Button)


SELECTS = sorted(layout for layout, kind in Item.kinds.items() if is_select(kind))
KINDS = [ComponentType.button, ComponentType.string_select, ComponentType.user_select, ComponentType.channel_select]
PICKED = st.fixed_dictionaries(
    {},
    optional={
        "values": ANYTHING | st.lists(st.text(max_size=5) | HUGE.map(str) | ANYTHING, max_size=30),
        "resolved": st.dictionaries(st.sampled_from(["users", "members"]), ANYTHING, max_size=2),
    },
)


def resolved(member):
    user = {"id": str(member), "username": "x", "discriminator": "0", "avatar": None}
    return {"values": [str(member)], "resolved": {"users": {str(member): user}}}


@pytest.mark.parametrize("layout", SELECTS)
@MANY
@given(data=st.data(), kind=st.sampled_from(KINDS))
async def test_a_forged_pick_is_answered_with_a_sentence_and_stores_nothing(club, alice, layout, kind, data):
    evening = await alice.says("night start")
    picked = data.draw(PICKED | st.sampled_from([2**63, 2**64, 10**30]).map(resolved))
    custom_id = layout.format(night=1, movie=club.film(ALIEN), owner=alice.id, entry=1, row=0, on=0)
    before = stored(club)
    card = await alice.forges_a_pick(evening, custom_id, kind, **picked)
    assert card.text
    assert "went wrong" not in card.text
    assert stored(club) == before


FORMS = [
    "adding:{stars}:{title}",
    "addingto:{night}:{title}",
    "suggestion:{night}",
    "renaming:{movie}",
    "merging:{movie}",
]
FORM_FIELDS = ["title", "year", "genres", "movie"]
FIELD = st.fixed_dictionaries(
    {"custom_id": st.sampled_from(FORM_FIELDS) | ANYTHING},
    optional={"type": st.integers(), "value": ANYTHING, "values": ANYTHING | st.lists(ANYTHING, max_size=5)},
)
PART = FIELD.map(lambda field: {"component": field}) | FIELD.map(lambda field: {"components": [field]}) | ANYTHING


async def test_every_form_is_forged_here(club):
    assert {layout.text for layout in club.bot.forms} == set(FORMS)


@pytest.mark.parametrize("layout", FORMS)
@ONE_CLUB
@given(data=st.data())
async def test_a_forged_form_is_answered_with_a_sentence_and_stores_nothing(club, alice, layout, data):
    custom_id = forged_id(data, layout)
    components = data.draw(ANYTHING | st.lists(PART, max_size=4), "components")
    before = stored(club)
    card = await alice.submits(custom_id, components)
    assert card.text
    assert "went wrong" not in card.text
    assert stored(club) == before


@pytest.mark.parametrize("layout", FORMS)
async def test_a_field_that_is_too_long_is_answered_with_a_sentence(club, alice, layout):
    await alice.says("night start")
    custom_id = layout.format(stars="4.5", title="Zzyzx", night=1, movie=1)
    before = stored(club)
    long = ({"value": "x" * 100_000}, {"values": ["x" * 100_000]}, {"value": "9" * 100_000})
    for field, held in product(FORM_FIELDS, long):
        card = await alice.submits(custom_id, [{"component": {"custom_id": field, **held}}])
        assert card.text, field
        assert "went wrong" not in card.text, field
    assert stored(club) == before


@pytest.mark.parametrize("custom_id", ["", "nosuch", "nosuch:1", "suggestion", "suggestion:x", "x" * 100])
async def test_a_button_or_a_form_that_nobody_knows_is_answered_with_a_sentence(alice, custom_id):
    shown = await alice.says("help")
    assert "no longer know that button" in (await alice.forges(shown, custom_id)).text
    assert "no longer know that button" in (await alice.submits(custom_id, [])).text


@pytest.mark.parametrize("action", ["people", "approve", "dance"])
async def test_a_button_of_an_evening_can_do_only_what_buttons_do(club, alice, action):
    card = await alice.says("night start")
    before = stored(club)
    assert "no longer know that button" in (await alice.forges(card, f"night:1:{action}")).text
    assert stored(club) == before


@pytest.mark.parametrize("options", ["{}", '{"stars":4.75}', '{"stars":"4.0"}', '{"x":1}', "{x}"])
async def test_a_button_that_says_a_command_gives_only_options_that_fit_it(club, alice, options):
    shown = await alice.says("help")
    before = stored(club)
    card = await alice.forges(shown, f"say:0:rate:{club.film(MATRIX)}:0:{options}")
    assert card.text
    assert "went wrong" not in card.text
    assert stored(club) == before


async def test_a_page_beyond_the_last_is_the_last(club, alice):
    for command, options in {"recommend": {"count": 7}, "similar": {"movie": MATRIX, "count": 7}, "top": {}}.items():
        first = await alice.says(command, **options)
        last = first
        while "More ›" in last.labels:
            last = await alice.presses(last, "More ›")
        [list_id] = set(re.findall(r"page:(\d+):", " ".join(first.controls)))
        assert (await alice.forges(first, f"page:{list_id}:{10**30}")).text == last.text


async def test_the_buttons_about_films_say_every_command_that_takes_one(club):
    own = ("night", "watchlist remove")  # these read titles in their own way
    takes_a_film = [name for name, options in COMMANDS.items() if "movie" in options and not name.startswith(own)]
    for name in takes_a_film:
        asked = await club.alice.says(name, **COMMANDS[name] | {"movie": "the man who"})
        answered = await club.alice.presses(asked, "The Man Who Would Be King (1975)")
        assert "doesn't fit" not in answered.text
