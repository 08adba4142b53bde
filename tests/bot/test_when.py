"""When an evening begins, as people type it, and which time zone that is in."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
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


def rows():
    """Texts with the readings that are wanted: clocks on the wall of that zone, or "refused"."""
    with (Path(__file__).parent / "times.tsv").open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


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


@pytest.mark.parametrize(("now", "zone", "text", "wanted"), rows(), ids=lambda part: part)
def test_each_text_is_read_as_its_writer_means_it(now, zone, text, wanted):
    found = local(text, ZoneInfo(zone), datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (found or "refused") == wanted


@pytest.mark.parametrize(
    "text", ["FRI 21:00", "  fri   21:00 ", "Fri at 21:00", "fri @21:00", "fri\n21:00", "on friday 21:00"]
)
def test_case_spaces_and_at_make_no_difference(text):
    assert local(text) == "2026-11-20 21:00"


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


@pytest.mark.parametrize("text", ["2026-03-29 02:30", "tomorrow 02:30", "29 mar 2:30am", "02:30"])
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


@pytest.mark.parametrize("text", ["6/11 8pm", "6-11 8pm", "6/11/2027", "fri 6/11", "5.12", "8 nov 20", "2h30"])
def test_what_could_be_two_times_is_asked_about(text):
    with pytest.raises(Refusal, match="Write the month as a word"):
        when.moment(text, BERLIN, NOW)


def test_a_weekday_that_is_not_the_dates_is_asked_about():
    with pytest.raises(Refusal, match=r"28 November is a Saturday\. Give either"):
        when.moment("fri 28 nov 8pm", BERLIN, NOW)


SENTENCES = [text for name, text in vars(when).items() if name.isupper() and name[0] != "_" and isinstance(text, str)]


def test_each_refusal_fits_the_line_that_is_offered_while_typing():
    assert all(len(sentence.replace("`", "")) <= 100 for sentence in SENTENCES)


def test_each_example_that_a_refusal_gives_is_understood():
    for sentence in SENTENCES:
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
@example(text="٠٠٠٠-٠١-٠١ 20:00", zone=BERLIN, now=NOW)
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
    assert when.moment(f"{moment:%Y-%m-%d %H:%M} UTC", zone, now) == moment
    assert when.moment(f"{moment:%d %B %Y %I:%M %p} UTC", zone, now) == moment
