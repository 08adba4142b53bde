"""Which time zone people mean by a name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import zones
from bot.refusal import Refusal


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" EUROPE / BERLIN ", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("são paulo", "America/Sao_Paulo"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("kolkata", "Asia/Kolkata"),
        ("US/Eastern", "US/Eastern"),
        ("port au prince", "America/Port-au-Prince"),
        ("utc", "UTC"),
        ("EST", "America/New_York"),
        ("pacific time", "America/Los_Angeles"),
        ("india", "Asia/Kolkata"),
    ],
)
def test_a_zone_is_found_by_the_names_that_people_have_for_it(name, key):
    assert zones.zone(name).key == key


@pytest.mark.parametrize(("name", "meant"), [("Berlln", "Europe/Berlin"), ("new yrok", "America/New_York")])
def test_an_unknown_zone_is_refused_with_at_most_three_suggestions(name, meant):
    with pytest.raises(Refusal) as refused:
        zones.zone(name)
    assert f"`{meant}`" in str(refused.value)
    assert str(refused.value).count("`") <= 6


@pytest.mark.parametrize("name", ["", "💥", "x", "../../etc/passwd", "\x00", "a" * 6000])
def test_what_is_like_no_zone_is_refused_with_what_to_give(name):
    with pytest.raises(Refusal, match="Give the nearest large city"):
        zones.zone(name)


@given(text=st.text(max_size=120))
@settings(max_examples=100)
def test_whatever_is_typed_for_a_zone_the_choices_fit_and_are_zones(text):
    choices = zones.zone_choices(text)
    assert len(choices) <= 25
    assert len(set(choices)) == len(choices)
    assert [zones.zone(choice).key for choice in choices] == choices


def test_choices_of_zones_begin_with_what_is_typed():
    assert zones.zone_choices("ber")[0] == "Europe/Berlin"
    assert zones.zone_choices("new y")[0] == "America/New_York"
    assert zones.zone_choices("Europe/")[0].startswith("Europe/")
    assert "Europe/Berlin" in zones.zone_choices("berlln")
    assert len(zones.zone_choices("")) == 25
