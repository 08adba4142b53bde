"""Others have their turn beside long files."""

import time

import pytest

from bot.imports.matching import matches
from bot.imports.reading import read
from bot.imports.turns import REST, in_turns
from tests.bot.imports.test_broken import rows
from tests.bot.imports.test_matching import INDEX, TABLE


@pytest.fixture
def pauses(monkeypatch):
    """How long each pause was that somebody made; none takes any time, while a processor takes a second for whatever it does."""
    made, seconds = [], iter(range(10**9))
    monkeypatch.setattr(time, "sleep", made.append)
    monkeypatch.setattr(time, "thread_time", lambda: next(seconds))
    return made


def test_what_is_quick_goes_on_without_a_pause(pauses, monkeypatch):
    monkeypatch.setattr(time, "thread_time", lambda: 7.0)
    assert list(in_turns(range(100))) == list(range(100))
    assert pauses == []


def test_all_of_what_takes_long_comes_with_pauses(pauses):
    assert list(in_turns("abc")) == ["a", "b", "c"]
    assert pauses == [REST] * 3


def test_reading_and_matching_pause_for_every_row(pauses):
    reading = read(rows(50).encode())
    assert len(pauses) > 50
    pauses.clear()
    matches(reading.rows, TABLE, INDEX)
    assert len(pauses) > 50
