"""Which time zone people mean by a name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

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
        ("IST", "Asia/Kolkata"),
        ("CET", "Europe/Berlin"),
        ("AEST", "Australia/Sydney"),
        ("Sa\u0303o\u200b Paulo", "America/Sao_Paulo"),
        ("ＵＴＣ＋２", "Etc/GMT-2"),
        ("utc\u200b+2", "Etc/GMT-2"),
        ("Etc/\u200bGMT-2", "Etc/GMT-2"),
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


@pytest.mark.parametrize(
    ("name", "name_shown", "hours"),
    [
        ("gmt+2", "UTC+2", 2),
        ("UTC+2", "UTC+2", 2),
        ("utc +02:00", "UTC+2", 2),
        ("GMT-5", "UTC-5", -5),
        ("utc−5", "UTC-5", -5),
        ("UTC+14", "UTC+14", 14),
        ("utc-12", "UTC-12", -12),
        ("gmt+0", "UTC", 0),
        ("GMT-0", "UTC", 0),
        ("Etc/GMT-2", "UTC+2", 2),
        ("Etc/GMT+5", "UTC-5", -5),
    ],
)
def test_a_distance_from_utc_has_the_sign_that_people_give_it(name, name_shown, hours):
    found = zones.zone(name)
    assert zones.shown(found) == name_shown
    assert datetime(2026, 7, 1, tzinfo=found).utcoffset() == timedelta(hours=hours)
    assert zones.zone(name_shown) == found


def test_no_choice_shows_the_opposite_sign():
    for typed in ("gmt+2", "utc+2", "GMT +2"):
        assert zones.zone_choices(typed) == ["UTC+2"]
    for typed in ("gmt", "gmt+", "utc", "utc-", "etc", "2"):
        assert not [
            choice for choice in zones.zone_choices(typed) if choice.startswith("Etc/GMT") and choice[-1].isdigit()
        ]


def test_an_abbreviation_follows_the_place_through_summer():
    assert datetime(2026, 7, 1, tzinfo=zones.zone("EST")).utcoffset() == timedelta(hours=-4)
    assert datetime(2026, 1, 1, tzinfo=zones.zone("EDT")).utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize("name", ["localtime", "Factory", "posixrules", "utc+15", "utc-99", "Etc/GMT+99"])
def test_what_is_no_places_time_is_no_zone(name):
    with pytest.raises(Refusal, match="I don't know that time zone"):
        zones.zone(name)
    assert name not in zones.zone_choices(name)


# By "EST" people mean New York also in summer, and the like.
NO_ZONES = {"Factory", "localtime", "posixrules", "GMT0", "GMT+0", "GMT-0", "Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0"}


def test_every_known_zone_is_found_by_its_own_name_and_by_the_one_shown():
    for key in available_timezones() - NO_ZONES - {"EST", "MST"}:
        found = zones.zone(key)
        at = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7)]
        assert [time.astimezone(found).utcoffset() for time in at] == [
            time.astimezone(ZoneInfo(key)).utcoffset() for time in at
        ]
        assert zones.zone(zones.shown(found)) == found


@given(text=st.text(max_size=120))
@settings(max_examples=100)
def test_whatever_is_typed_for_a_zone_the_choices_fit_and_are_zones(text):
    choices = zones.zone_choices(text)
    assert len(choices) <= 25
    assert len(set(choices)) == len(choices)
    assert [zones.shown(zones.zone(choice)) for choice in choices] == choices


def test_choices_of_zones_begin_with_what_is_typed():
    assert zones.zone_choices("ber")[0] == "Europe/Berlin"
    assert zones.zone_choices("new y")[0] == "America/New_York"
    assert zones.zone_choices("Europe/")[0].startswith("Europe/")
    assert "Europe/Berlin" in zones.zone_choices("berlln")
    assert len(zones.zone_choices("")) == 25
