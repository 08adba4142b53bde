"""Every text that carries a count, for none, one, two and a thousand."""

import sqlite3
from contextlib import closing

import pytest

from bot import cards
from bot.glyphs import TEXT
from bot.items import rated
from recommender import Neighbour
from tests.bot.simulated import MATRIX, Club, Member

NUMBERS = [0, 1, 2, 1_000]


def said(number: int, noun: str, plural: str) -> str:
    return {0: f"0 {plural}", 1: f"1 {noun}", 2: f"2 {plural}", 1_000: f"1,000 {plural}"}[number]


def fill(club: Club, member: Member, ratings: int) -> None:
    """Give the member so many ratings at once: one by one, each would wait for the disk."""
    rows = [(member.id, movie, 4.0, 1) for movie in club.catalogue.ids[:ratings].tolist()]
    with closing(sqlite3.connect(club.bot.settings.database)) as db, db:
        db.executemany("INSERT INTO ratings VALUES (?, ?, ?, ?)", rows)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("noun", "plural"), [("rating", None), ("entry", "entries")])
def test_a_count_has_its_plural_and_its_thousands(number, noun, plural):
    assert cards.count(number, noun, plural) == said(number, noun, plural or f"{noun}s")


@pytest.mark.parametrize("number", NUMBERS[1:])
async def test_all_that_counts_ones_own_ratings(club, alice, number):
    fill(club, alice, number)
    assert f"from {said(number, 'rating', 'ratings')}" in (await alice.says("recommend")).text
    assert f"{number:,} rated" in (await alice.says("ratings")).text
    await club.restart(owner_ids=frozenset({alice.id}))
    await club.bot.model_ready()
    assert f"1 with {said(number, 'rating', 'ratings')}, " in (await alice.says("admin status")).text


@pytest.mark.parametrize("number", NUMBERS)
async def test_all_that_counts_what_is_stored(club, alice, number):
    fill(club, alice, number)
    entries = said(number, "entry", "entries")
    assert f": {entries}." in (await alice.says("data export")).text
    if number:
        asked = await alice.says("data delete")
        assert f"for good: {said(number, 'rating', 'ratings')}." in asked.text
        assert f"{entries} deleted" in (await alice.presses(asked, "Delete everything")).text


@pytest.mark.parametrize("number", NUMBERS)
async def test_all_that_counts_films(club, alice, monkeypatch, number):
    monkeypatch.setattr(club.catalogue, "movies", club.catalogue.movies[:number])
    assert f"I know {said(number, 'film', 'films')}, " in (await alice.says("help")).text


@pytest.mark.parametrize("number", NUMBERS)
async def test_all_that_counts_the_ratings_of_a_film(club, alice, monkeypatch, number):
    monkeypatch.setattr(type(club.bot.serving.recommender), "count", lambda *_: number)
    assert f"-# {said(number, 'rating', 'ratings')}\n" in (await alice.says("top")).text
    monkeypatch.setattr(cards, "MANY_RATINGS", 0)
    assert f"Widely liked: {said(number, 'rating', 'ratings')}" in (await alice.says("recommend")).text


@pytest.mark.parametrize("number", NUMBERS)
def test_all_that_is_said_where_the_noun_is_left_out(serving, number):
    film = serving.recommender.catalogue.by_label(MATRIX)
    [text, *_] = [
        part.content for part in rated(1, film, 4.0, None, number, TEXT).walk_children() if hasattr(part, "content")
    ]
    assert f" {number:,} rated. " in text


@pytest.mark.parametrize(("apart", "said"), [(0, "the same year"), (1, "1 year apart"), (2, "2 years apart")])
def test_all_that_counts_years(serving, apart, said):
    catalogue = serving.recommender.catalogue
    [first, other] = (next(film for film in catalogue if film.year == 1990 + years) for years in (0, apart))
    assert said in cards.alike(Neighbour(other.id, score=0.5, audience=0.0, genres=(), title=0.0), first, other)
