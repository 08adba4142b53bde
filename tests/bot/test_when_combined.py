"""All that the grammar of times can say together, against a calendar that is looked up and not calculated."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, permutations, product
from zoneinfo import ZoneInfo

import pytest

from bot import when
from bot.refusal import Refusal

# The server's zone and now: an ordinary week, and the days before the clocks go forward and back.
SERVERS = [
    ("Europe/Berlin", datetime(2026, 11, 20, 17, 0, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 6, 23, 0, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 23, 23, 40, tzinfo=UTC)),
]
ZONES = {"": None, "ET": "America/New_York", "Tokyo": "Asia/Tokyo", "utc+2": "Etc/GMT-2"}
WEEKDAYS = {
    "mon": "Mon",
    "tues": "Tue",
    "wednesday": "Wed",
    "on thu": "Thu",
    "fri": "Fri",
    "sat": "Sat",
    "this sunday": "Sun",
}
DATES = {"5 dec": "12-05", "dec 24th": "12-24", "8th of march": "03-08", "25.10.": "10-25", "11/30": "11-30"}
DAYS = ["", "today", "tonight", "tomorrow", "in 3 days", "next fri", "the 9th", *WEEKDAYS, *DATES]
PARTS = ["", "morning", "in the afternoon", "evening", "at night"]
# The hour alone and with each part of the day; "-" is refused, "+" is past the midnight that ends that night.
HOURS = {
    "": "20:00 - - 20:00 20:00",
    "8": "20:00 08:00 - 20:00 20:00",
    "at 8:30": "20:30 08:30 - 20:30 20:30",
    "08:30": "08:30 08:30 - - -",
    "5": "17:00 05:00 17:00 17:00 17:00",
    "3:15": "15:15 03:15 15:15 - -",
    "at 11": "23:00 11:00 - 23:00 23:00",
    "12:30": "12:30 - 12:30 - +00:30",
    "20:00": "20:00 - - 20:00 20:00",
    "16.45": "16:45 - 16:45 - -",
    "9pm": "21:00 - - 21:00 21:00",
    "10 a.m.": "10:00 10:00 - - -",
    "2am": "02:00 02:00 - - +02:00",
    "noon": "12:00 - 12:00 - -",
    "midnight": "+00:00 - - - +00:00",
}
# With "5 dec", a bare number may be the day.
BARE = {"8", "5"}


@cache
def calendar(place, now):
    """The year ahead as its clocks show it: date -> time of day -> the moments at which both are shown."""
    shown = defaultdict(lambda: defaultdict(list))
    zone, first = ZoneInfo(place), now.replace(minute=0, second=0) - timedelta(days=1)
    for quarter in range(4 * 24 * 369):
        moment = first + quarter * timedelta(minutes=15)
        clock = moment.astimezone(zone).isoformat()
        shown[clock[:10]][clock[11:16]].append(moment)
    return shown


@cache
def dates_to_come(place, now, weekday=""):
    """All of them, or those of one weekday, of which the first may be today."""
    today = f"{now.astimezone(ZoneInfo(place)):%Y-%m-%d}"
    dates = sorted(date for date in calendar(place, now) if date >= today)
    return [date for date in dates if weekday in f"{datetime.fromisoformat(date):%a}"]


def wanted(server, now, day, part, hour, zone):
    """The moment that is meant, or None for a refusal."""
    place = ZONES[zone] or server
    shown, dates = calendar(place, now), dates_to_come(place, now)
    today = dates[0]
    if (day == "tonight" and part) or (zone and not hour) or (hour in BARE and not (day or part or zone)):
        return None
    time = HOURS[hour].split()[PARTS.index("at night" if day == "tonight" else part)]
    if time.startswith("+"):
        if day not in ("", "today", "tonight"):
            return None
        day, time = "", time[1:]
    elif day in WEEKDAYS:
        dates = dates_to_come(place, now, WEEKDAYS[day])
    elif day == "next fri":
        dates = [date for date in dates_to_come(place, now, "Fri") if date > today][:1]
    elif day in DATES:
        dates = [date for date in dates if date.endswith(DATES[day])][:1]
    elif day == "the 9th":
        dates = [date for date in dates if date.endswith("-09")][:1]
    elif day:
        ahead = {"today": 0, "tonight": 0, "tomorrow": 1, "in 3 days": 3}[day]
        dates = dates[ahead : ahead + 1]
    for date in dates:
        if time in shown[date] or time == "-":
            found = next((moment for moment in shown[date][time] if moment >= now + when.SOONEST), None)
            if found:
                return found
        elif date > today:
            return None  # the clocks skip it
    return None


def read(text, server, now):
    try:
        return when.moment(text, ZoneInfo(server), now)
    except Refusal:
        return None


def combined():
    """Each combination, in one of its orders."""
    for number, parts in enumerate(product(DAYS, PARTS, HOURS, ZONES)):
        words = [part for part in parts if part]
        orders = list(islice(permutations(words), 24))
        if words:
            yield parts, " ".join(orders[number % len(orders)])


@pytest.mark.parametrize(("server", "now"), SERVERS)
def test_every_combination_is_what_the_calendar_says_or_refused(server, now):
    wrong, open_ = [], 0
    for parts, text in combined():
        found, meant = read(text, server, now), wanted(server, now, *parts)
        if found is None and parts[0] in ("5 dec", "dec 24th") and parts[2] in BARE:
            open_ += 1
        elif found != meant:
            wrong.append((text, found, meant))
    assert wrong == []
    assert open_ < 60


def test_a_word_too_many_is_refused_wherever_it_stands():
    server, now = SERVERS[0]
    texts = [text for _, text in list(combined())[::5] if read(text, server, now)]
    assert texts
    for number, text in enumerate(texts):
        words = text.split()
        words.insert(number % (len(words) + 1), ["popcorn", "8pm 9pm", "99", "-", "and"][number % 5])
        assert read(" ".join(words), server, now) is None, words
