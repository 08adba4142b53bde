"""The picture of the club's year, whatever its films are called."""

import warnings
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.night.picture import Mark, drawable, year

TITLES = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


def pictured(*titles: str) -> bytes:
    start = datetime(2026, 1, 2, 20, tzinfo=UTC)
    return year([Mark(start + timedelta(weeks=week), title, 4.0) for week, title in enumerate(titles)])


@settings(max_examples=10, deadline=None)
@given(st.lists(TITLES, min_size=2, max_size=30))
def test_no_title_has_a_character_that_the_font_lacks(titles):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pictured(*titles).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Amélie (2001)", "Amélie (2001)"),
        ("Ame\u0301lie", "Amélie"),
        ("Сталкер", "Сталкер"),
        ("🎬 Heat 🍿🍿 (1995)", "Heat (1995)"),
        ("Your Name. 君の名は (2016)", "Your Name. … (2016)"),
        ("기생충 / Parasite", "… / Parasite"),
        ("Line\nbreak", "Line break"),
        ("千と千尋の神隠し", ""),
        ("君の 名は…", ""),
        ("🎬🍿", ""),
        ("!!", ""),
        ("", ""),
    ],
)
def test_a_title_is_shown_as_far_as_the_font_has_it(title, shown):
    assert drawable(title) == shown


def test_a_film_whose_title_the_font_lacks_goes_by_its_number_from_the_top():
    assert pictured("千と千尋", "Heat", "🎬") == pictured("film no. 3", "Heat", "film no. 1")


@pytest.mark.parametrize("title", ["$", "$x^2$", r"\$", "$$ money $$", r"$\frac$"])
def test_dollars_are_no_formula(title):
    assert pictured(title).startswith(b"\x89PNG")
