"""When an evening begins, as people type it, and which time zone that is in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import when
from bot.refusal import Refusal

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
# A Friday, 18:00 in Berlin.
NOW = datetime(2026, 11, 20, 17, 0, 30, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def warmed():
    when.warm()


def read(text, zone, now):
    """The moment, or None for a text that is refused."""
    try:
        return when.moment(text, zone, now)
    except Refusal:
        return None


def local(text, zone=BERLIN, now=NOW):
    """What the clock on the wall shows then, or None."""
    found = read(text, zone, now)
    return found and f"{found.astimezone(zone):%Y-%m-%d %H:%M}"


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fri 21:00", "2026-11-20 21:00"),
        ("friday 9pm", "2026-11-20 21:00"),
        ("fri 17:00", "2026-11-27 17:00"),
        ("fri 8 in the evening", "2026-11-20 20:00"),
        ("fri 8", "2026-11-20 20:00"),
        ("friday 20.00", "2026-11-20 20:00"),
        ("this friday 20:00", "2026-11-20 20:00"),
        ("next friday 20:00", "2026-11-27 20:00"),
        ("saturday", "2026-11-21 20:00"),
        ("friday", "2026-11-20 20:00"),
        ("next saturday 20:00", "2026-11-21 20:00"),
        ("next friday", "2026-11-27 20:00"),
        ("coming saturday", "2026-11-21 20:00"),
        ("sat at 8", "2026-11-21 20:00"),
        ("at 8 on saturday", "2026-11-21 20:00"),
        ("saturday @ 8pm", "2026-11-21 20:00"),
        ("saturday @8", "2026-11-21 20:00"),
        ("sat. 20:00", "2026-11-21 20:00"),
        ("8:30 pm sat", "2026-11-21 20:30"),
        ("saturday night", "2026-11-21 20:00"),
        ("saturday evening", "2026-11-21 20:00"),
        ("tues 8pm", "2026-11-24 20:00"),
        ("weds 8pm", "2026-11-25 20:00"),
        ("thurs 8pm", "2026-11-26 20:00"),
        ("fri 2130", "2026-11-20 21:30"),
        ("saturday at 2000", "2026-11-21 20:00"),
        ("sat half past 8", "2026-11-21 20:30"),
        ("quarter to 9 on saturday", "2026-11-21 20:45"),
    ],
)
def test_a_weekday_is_the_next_one_and_todays_if_its_hour_is_to_come(text, expected):
    assert local(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tonight", "2026-11-20 20:00"),
        ("today", "2026-11-20 20:00"),
        ("tonight 20:30", "2026-11-20 20:30"),
        ("tonight 8:30", "2026-11-20 20:30"),
        ("8.30 tonight", "2026-11-20 20:30"),
        ("tonight at 8", "2026-11-20 20:00"),
        ("tonite 8", "2026-11-20 20:00"),
        ("this evening", "2026-11-20 20:00"),
        ("today 20:00", "2026-11-20 20:00"),
        ("tomorrow", "2026-11-21 20:00"),
        ("tomorrow 8pm", "2026-11-21 20:00"),
        ("tomorrow at 8 pm", "2026-11-21 20:00"),
        ("tomorrow 8", "2026-11-21 20:00"),
        ("tomorrow at 20", "2026-11-21 20:00"),
        ("tomorrow evening", "2026-11-21 20:00"),
        ("tomorrow night 9pm", "2026-11-21 21:00"),
        ("tomorrow noon", "2026-11-21 12:00"),
        ("tonight at midnight", "2026-11-21 00:00"),
        ("midnight tonight", "2026-11-21 00:00"),
        ("tonight 1am", "2026-11-21 01:00"),
        ("tmrw 8pm", "2026-11-21 20:00"),
        ("day after tomorrow 20:00", "2026-11-22 20:00"),
    ],
)
def test_today_and_tomorrow_are_counted_from_the_servers_day(text, expected):
    assert local(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21:00", "2026-11-20 21:00"),
        ("17:00", "2026-11-21 17:00"),
        ("18:00", "2026-11-21 18:00"),
        ("at 21:00", "2026-11-20 21:00"),
        ("9pm", "2026-11-20 21:00"),
        ("9p", "2026-11-20 21:00"),
        ("9 p.m.", "2026-11-20 21:00"),
        ("8.30pm", "2026-11-20 20:30"),
        ("20.30", "2026-11-20 20:30"),
        ("20h", "2026-11-20 20:00"),
        ("20 h", "2026-11-20 20:00"),
        ("20h30", "2026-11-20 20:30"),
        ("20.00h", "2026-11-20 20:00"),
        ("fri 20h", "2026-11-20 20:00"),
        ("8 o'clock", "2026-11-20 20:00"),
        ("half past 8", "2026-11-20 20:30"),
        ("at a quarter past 10", "2026-11-20 22:15"),
        ("quarter to 1 pm", "2026-11-21 12:45"),
        ("half past 11am", "2026-11-21 11:30"),
        ("@8", "2026-11-20 20:00"),
        ("noon", "2026-11-21 12:00"),
        ("midnight", "2026-11-21 00:00"),
    ],
)
def test_a_time_of_day_is_the_next_one(text, expected):
    assert local(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in 2 hours", "2026-11-20 20:00"),
        ("in two hours", "2026-11-20 20:00"),
        ("2h", "2026-11-20 20:00"),
        ("in 20h", "2026-11-21 14:00"),
        ("+2h", "2026-11-20 20:00"),
        ("in 90 minutes", "2026-11-20 19:30"),
        ("in 1.5 hours", "2026-11-20 19:30"),
        ("in 1h30", "2026-11-20 19:30"),
        ("in 1h 30m", "2026-11-20 19:30"),
        ("in 1:30", "2026-11-20 19:30"),
        ("in an hour", "2026-11-20 19:00"),
        ("in half an hour", "2026-11-20 18:30"),
        ("in 1 minute", "2026-11-20 18:01"),
        ("in 2 days", "2026-11-22 20:00"),
        ("in 3 days at 21:00", "2026-11-23 21:00"),
        ("in a week", "2026-11-27 20:00"),
    ],
)
def test_a_while_is_counted_from_now(text, expected):
    assert local(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("27 nov 20:00", "2026-11-27 20:00"),
        ("nov 27 8pm", "2026-11-27 20:00"),
        ("27 nov", "2026-11-27 20:00"),
        ("27 nov at 8", "2026-11-27 20:00"),
        ("November 28th, 8pm", "2026-11-28 20:00"),
        ("the 28th at 8pm", "2026-11-28 20:00"),
        ("fri, 27 nov 20:00", "2026-11-27 20:00"),
        ("friday, november 27, 2026 at 8:15 pm", "2026-11-27 20:15"),
        ("20 nov", "2026-11-20 20:00"),
        ("1 jan 20:00", "2027-01-01 20:00"),
        ("27.11. 20:00", "2026-11-27 20:00"),
        ("27.11.2026 20:00", "2026-11-27 20:00"),
        ("5.12. 20:00", "2026-12-05 20:00"),
        ("27/11 20:00", "2026-11-27 20:00"),
        ("11/27 8pm", "2026-11-27 20:00"),
        ("11/27/2026 8pm", "2026-11-27 20:00"),
        ("11-27 8pm", "2026-11-27 20:00"),
        ("27-11-2026 8pm", "2026-11-27 20:00"),
        ("5.12 20:00", "2026-12-05 20:00"),
        ("5.12.2026 8pm", "2026-12-05 20:00"),
        ("2026/12/05 20:00", "2026-12-05 20:00"),
        ("2026-12-5 8pm", "2026-12-05 20:00"),
        ("2026.12.05 20:00", "2026-12-05 20:00"),
        ("12/12 8pm", "2026-12-12 20:00"),
        ("2026-11-27 20:00", "2026-11-27 20:00"),
        ("2026-12-05 20:00", "2026-12-05 20:00"),
        ("2026-12-05", "2026-12-05 20:00"),
        ("2026-11-27T2130", "2026-11-27 21:30"),
        ("2026-11-27T20:00", "2026-11-27 20:00"),
        ("2026-11-27t20:00:00", "2026-11-27 20:00"),
        ("2026-11-27T20:00+02:00", "2026-11-27 19:00"),
        ("2026-11-27T20:00Z", "2026-11-27 21:00"),
    ],
)
def test_a_date_is_read_in_every_common_order(text, expected):
    assert local(text) == expected


@pytest.mark.parametrize(
    "text", ["FRI 21:00", "  fri   21:00 ", "Fri at 21:00", "fri @21:00", "fri\n21:00", "on friday 21:00"]
)
def test_case_spaces_and_at_make_no_difference(text):
    assert local(text) == "2026-11-20 21:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8pm EST", "2026-11-21 02:00"), ("20:00 UTC", "2026-11-20 21:00"), ("17:30 utc", "2026-11-20 18:30")],
)
def test_a_time_in_another_zone_is_that_zones_next(text, expected):
    assert local(text) == expected


def test_a_day_is_the_servers_and_not_the_utc_day():
    late = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # Friday, 22:00 in New York
    assert local("tomorrow 8pm", NEW_YORK, late) == "2026-11-21 20:00"
    assert local("fri 11pm", NEW_YORK, late) == "2026-11-20 23:00"
    assert local("05:00 utc", NEW_YORK, late) == "2026-11-21 00:00"
    assert local("02:00 utc", NEW_YORK, late) == "2026-11-21 21:00"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "UTC"])
def test_every_zone_has_its_own_tomorrow(zone):
    zone = ZoneInfo(zone)
    day = NOW.astimezone(zone) + timedelta(days=1)
    assert local("tomorrow 8pm", zone) == f"{day:%Y-%m-%d} 20:00"


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("2026-10-24 12:00", "tomorrow 8pm", datetime(2026, 10, 25, 19, 0, tzinfo=UTC)),
        ("2026-10-24 20:00", "in 24 hours", datetime(2026, 10, 25, 18, 0, tzinfo=UTC)),
        ("2026-10-24 20:00", "in 1 day", datetime(2026, 10, 25, 19, 0, tzinfo=UTC)),
        ("2026-10-24 12:00", "2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-03-28 12:00", "tomorrow 8pm", datetime(2026, 3, 29, 18, 0, tzinfo=UTC)),
        ("2026-03-28 20:00", "in 24 hours", datetime(2026, 3, 29, 19, 0, tzinfo=UTC)),
        ("2026-03-29 01:45", "in 30 minutes", datetime(2026, 3, 29, 1, 15, tzinfo=UTC)),
    ],
)
def test_a_clock_that_changes_keeps_the_hour_of_an_evening_and_the_length_of_a_while(now, text, expected):
    assert when.moment(text, BERLIN, berlin(now)) == expected


def test_of_an_hour_shown_twice_the_second_is_meant_once_the_first_is_over():
    between = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 in Berlin, for the second time
    assert when.moment("02:30", BERLIN, between) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-29 02:30", "tomorrow 2:30", "29 mar 2:30am", "02:30"])
def test_a_time_that_the_clocks_skip_is_refused_with_what_to_do(text):
    with pytest.raises(Refusal, match=r"skip 02:30\. Give a time an hour later"):
        when.moment(text, BERLIN, berlin("2026-03-28 20:00"))


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "today 17:00",
        "tonight 17:00",
        "in 0 hours",
        "in 59 seconds",
        "in -2 hours",
        "2 hours ago",
        "yesterday",
        "yesterday 8pm",
        "last friday",
        "2025-11-27 20:00",
        "2026-11-20T18:00:59",
        "2026-11-20T18:00+01:00",
        "1.1.2020 20:00",
        "0001-01-01 00:00",
    ],
)
def test_what_is_over_is_refused_as_that(text):
    with pytest.raises(Refusal) as refused:
        when.moment(text, BERLIN, NOW)
    assert str(refused.value) == when.PAST


def test_this_evening_is_over_after_its_hour_and_not_moved_to_tomorrow():
    late = berlin("2026-11-20 21:15")
    assert [local(text, now=late) for text in ("tonight", "tonight 20:30", "today 21:00")] == [None] * 3
    assert local("tonight 22:00", now=late) == "2026-11-20 22:00"
    assert local("friday", now=late) == "2026-11-27 20:00"


@pytest.mark.parametrize(
    "text", ["in 400 days", "2028-11-27 20:00", "27.11.2028 20:00", "9999-12-31 23:59", "in 9000 hours"]
)
def test_what_is_more_than_a_year_away_is_refused_as_that(text):
    with pytest.raises(Refusal) as refused:
        when.moment(text, BERLIN, NOW)
    assert str(refused.value) == when.FAR


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "hello", "a", "8", "20", "12", "1 2", "20.", "21:", ":30", "9 30", "20 00", "1984", "300", "may"),
        *("november", "2026", "next month", "1764270000", "25:00", "24:00", "fri 25:00", "fri sat 8pm", "8pm 9pm"),
        *("20:00 - 22:00", "12 angry men", "2001: a space odyssey", "the matrix", "2026-13-45", "2026-02-30 20:00"),
        *("30 feb 20:00", "tomorrow 99", "tonight 30", "at 24", "in 99999999999 days", "💥", "9" * 5000, "fri " * 50),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_what_names_no_evening_is_refused_with_examples(text):
    with pytest.raises(Refusal) as refused:
        when.moment(text, BERLIN, NOW)
    assert str(refused.value) == when.UNREADABLE


@pytest.mark.parametrize("text", ["6/11 8pm", "6-11 8pm", "6/11/2027", "fri 6/11"])
def test_a_date_that_could_be_two_is_asked_about(text):
    with pytest.raises(Refusal, match="Write the month as a word"):
        when.moment(text, BERLIN, NOW)


def test_a_weekday_that_is_not_the_dates_is_asked_about():
    with pytest.raises(Refusal, match=r"28 November is a Saturday\. Give either"):
        when.moment("fri 28 nov 8pm", BERLIN, NOW)


def test_each_example_that_a_refusal_gives_is_understood():
    for sentence in (when.UNREADABLE, when.PAST, when.TWO_DATES):
        for text in sentence.split("`")[1::2]:
            assert local(text)


WORDS = [
    "fri",
    "monday",
    "next",
    "tonight",
    "tomorrow",
    "in",
    "at",
    "8",
    "20:30",
    "9pm",
    "27",
    "nov",
    "hours",
    "2",
    "12/11",
]
WORDS += [
    "-",
    ".",
    "+02:00",
    "Z",
    "EST",
    "2026",
    "noon",
    "ago",
    "week",
    "@",
    "h",
    "2026-11-27",
    "T20:00",
    "99999",
    "midnight",
]
TEXTS = st.text(max_size=90) | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe", "UTC"]).map(
    ZoneInfo
)


@settings(max_examples=150)
@given(text=TEXTS, zone=ZONES, now=MOMENTS)
@example(text="0001-01-01 00:00+14:00", zone=BERLIN, now=NOW)
@example(text="9999-12-31T23:59-14:00", zone=BERLIN, now=NOW)
def test_no_text_is_an_error_and_every_moment_is_to_come_in_utc(text, zone, now):
    found = read(text, zone, now)
    if found is not None:
        assert found.tzinfo is UTC
        assert now < found <= now + when.FURTHEST


@settings(max_examples=60)
@given(now=MOMENTS, ahead=st.timedeltas(timedelta(minutes=2), timedelta(days=365)), zone=ZONES)
def test_a_moment_written_in_full_is_read_as_itself(now, ahead, zone):
    moment = (now + ahead).replace(second=0, microsecond=0)
    assert when.moment(moment.astimezone(zone).isoformat(), zone, now) == moment
    assert when.moment(f"{moment:%d %B %Y %H:%M} UTC", zone, now) == moment


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
    assert when.zone(name).key == key


@pytest.mark.parametrize(("name", "meant"), [("Berlln", "Europe/Berlin"), ("new yrok", "America/New_York")])
def test_an_unknown_zone_is_refused_with_at_most_three_suggestions(name, meant):
    with pytest.raises(Refusal) as refused:
        when.zone(name)
    assert f"`{meant}`" in str(refused.value)
    assert str(refused.value).count("`") <= 6


@pytest.mark.parametrize("name", ["", "💥", "x", "../../etc/passwd", "\x00", "a" * 6000])
def test_what_is_like_no_zone_is_refused_with_what_to_give(name):
    with pytest.raises(Refusal, match="Give the nearest large city"):
        when.zone(name)


@given(text=st.text(max_size=120))
@settings(max_examples=100)
def test_whatever_is_typed_for_a_zone_the_choices_fit_and_are_zones(text):
    choices = when.zone_choices(text)
    assert len(choices) <= 25
    assert len(set(choices)) == len(choices)
    assert [when.zone(choice).key for choice in choices] == choices


def test_choices_of_zones_begin_with_what_is_typed():
    assert when.zone_choices("ber")[0] == "Europe/Berlin"
    assert when.zone_choices("new y")[0] == "America/New_York"
    assert when.zone_choices("Europe/")[0].startswith("Europe/")
    assert "Europe/Berlin" in when.zone_choices("berlln")
    assert len(when.zone_choices("")) == 25
