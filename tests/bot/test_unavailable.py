"""A database that can't be written or read, as members see it: reading goes on, and what isn't saved is told in a sentence."""

import logging
from functools import partial

import pytest

from bot.store import database
from tests.bot import trouble
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC
from tests.bot.test_forged import COMMANDS, stored

READING = {
    "recommend": {"count": 10},
    "similar": {"movie": MATRIX, "count": 10},
    "top": {},
    "ratings": {},
    "watchlist list": {},
    "exclude list": {},
    "night history": {},
    "night later": {},
    "film": {"movie": MATRIX},
    "taste": {},
    "data export": {},
    "privacy": {},
    "help": {},
}
UNSAVED = "so nothing was saved"


@pytest.fixture(params=["locked", "unwritable"])
def unsaving(request, club, monkeypatch):
    """A way in which nothing can be saved."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    monkeypatch.setattr("bot.store.lists.PATIENCE", 0.05)
    return trouble.unwritable if request.param == "unwritable" else partial(trouble.locked, club.bot.settings.database)


def tracebacks(caplog):
    return [record for record in caplog.records if record.exc_info]


async def test_whoever_only_reads_is_answered_where_nothing_can_be_saved(alice, unsaving, caplog):
    await alice.rates(TASTE)
    with unsaving():
        cards = {command: await alice.says(command, **options) for command, options in READING.items()}
    for command, card in cards.items():
        assert card.text, command
        assert UNSAVED not in card.text, command
    assert not tracebacks(caplog)


async def test_a_list_that_could_not_be_kept_says_why_it_has_no_other_pages(alice, unsaving):
    with unsaving():
        card = await alice.says("recommend", count=10)
        short = await alice.says("recommend", count=5)
    assert len(card.films) == 5
    assert "Only the first of 2 pages" in card.text
    assert "More ›" not in card.labels
    assert "Only the first" not in short.text
    assert "More ›" in (await alice.says("recommend", count=10)).labels


async def test_no_command_fails_otherwise_than_with_a_sentence_and_none_saves_anything(club, alice, unsaving, caplog):
    before = stored(club)
    with unsaving():
        cards = {command: await alice.sends(command, options) for command, options in COMMANDS.items()}
    for command, card in cards.items():
        assert card.text, command
        assert "went wrong" not in card.text, command
    assert UNSAVED in cards["rate"].text
    assert stored(club) == before
    assert not tracebacks(caplog)


async def test_a_press_that_could_not_be_saved_can_be_repeated(club, alice, unsaving):
    card = await alice.says("recommend")
    film = card.films[0]
    with unsaving():
        refused = await alice.presses(card, "Seen it", film)
    assert UNSAVED in refused.text
    assert await club.store.seen(alice.id) == {}
    await alice.presses(card, "Seen it", film)
    assert set(await club.store.seen(alice.id)) == {film}


async def test_words_that_hide_much_are_not_asked_about_where_the_answer_could_not_be_kept(club, alice, unsaving):
    with unsaving():
        card = await alice.says("exclude words", text="the")
    assert "nothing was left out" in card.text
    assert await club.store.exclusions(alice.id) == []


async def test_damage_is_told_to_the_member_in_a_sentence_and_to_the_host_in_the_log(club, alice, bob, caplog):
    await bob.rates({ALIEN: 4.0, TITANIC: 3.0})
    trouble.damage(club.bot.settings.database, "watchlist")
    card = await alice.says("watchlist list")
    assert card.private
    assert "Something in my database is damaged. Whoever hosts me has been told" in card.text
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ["malformed" in record.getMessage() for record in errors] == [True]
    assert not tracebacks(caplog)
    assert "Alien" in (await bob.says("ratings")).text
