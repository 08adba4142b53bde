"""When an evening begins, as people type it: "fri 21:00" in a server's time zone.

A text says a day, a part of the day, an hour and a zone, in any order and each at most once; or how long from now. Every word
has to belong to one of these. What can't be read, or can be read in two ways, is refused rather than guessed.
"""

import re
from calendar import day_name, month_name, monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.refusal import Refusal
from bot.zones import named
from recommender.text import unaccented

# What a day without a time means.
EVENING = time(20)
SOONEST = timedelta(minutes=1)
FURTHEST = timedelta(days=366)
LONGEST = 80  # characters

UNREADABLE = "I can't read that as a day and time. Try `fri 21:00`, `tomorrow 8pm` or `27 nov 20:00`."
PAST = "That's over or just about now. Give a time still to come, such as `fri 21:00` or `in 2 hours`."
FAR = "That's more than a year away. Give a day within the next twelve months."
TWO_MEANINGS = "That could be two times. Write the month as a word and the hour like `6 nov 20:00`."
NO_HOUR = "Which hour? Write it too, such as `tomorrow 10am` or `sat 8pm UTC`."
NOT_THEN = "That part of the day has no such hour. Write the hour alone, such as `sat 16:00` or `sat 1am`."
MIDNIGHT = "At midnight the next day begins. Write that one, such as `sun 00:00` or `sun 1am`."

_DAYS, _MONTHS = list(day_name), list(month_name)[1:]
_PARTS = {"morning": range(12), "afternoon": range(12, 19), "evening": range(17, 24), "night": range(17, 24)}
_MIDNIGHT = 24


@dataclass(frozen=True)
class _Said:
    """What a text says, or a part of it."""

    ahead: int | None = None  # days from today
    weekday: tuple[int, bool] | None = None  # whether "next"
    date: tuple[int | None, int | None, int] | None = None  # year, month, day
    part: str | None = None
    clock: tuple[int, int, bool] | None = None  # hour, minute, whether morning or evening is left open
    span: timedelta | None = None
    zone: tzinfo | None = None

    def joined(self, other: "_Said") -> "_Said | None":
        """Both together; None if both say the same kind of thing, or what doesn't go together."""
        said = {kind: value for kind, value in vars(other).items() if value is not None}
        if any(getattr(self, kind) is not None for kind in said):
            return None
        both = replace(self, **said)
        alone = both.span is None or both == _Said(span=both.span)
        return both if alone and (both.ahead is None or not (both.weekday or both.date)) else None


def moment(text: str, zone: tzinfo, now: datetime) -> datetime:
    """The moment in UTC that `text` names, a minute to a year after `now`, or a Refusal that says what to type instead.

    A day without a time is its evening at 20:00. 1 to 11 without a.m. or p.m., a leading zero or a part of the day is the
    evening's hour, but after a date with its year first. A weekday, a date or a time of day is the next one; "next friday" on a
    Friday is the one in a week. Who names a zone means its clocks and its calendar.
    """
    typed = _spelled(text) if len(text) <= LONGEST else ""
    if re.search(r"\b(?:yesterday|ago|last|now)\b", typed):
        raise Refusal(PAST)
    readings = set(_readings(typed, 0, _Said()))
    if len(readings) != 1:
        raise Refusal(TWO_MEANINGS if readings else UNREADABLE)
    said, soonest = readings.pop(), now.astimezone(UTC) + SOONEST
    found = _first(said, said.zone or zone, soonest) if said.span is None else now.astimezone(UTC) + said.span
    if not soonest <= found <= now + FURTHEST:
        raise Refusal(PAST if found < soonest else FAR)
    # Nobody means the seconds of "in 2 hours".
    return found.replace(second=0, microsecond=0)


# From words to what they say

_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_WORDS = {word: str(number) for number, word in enumerate(_NUMBERS, 1)}
_SPELLINGS = (
    (r"[\s,()]+", " "),
    (r"\b(?:tmrw?|tmw|2moro?w?|tomorow|tommorr?ow)\b", "tomorrow"),
    (r"\b(?:2nite|tonite|2night|this (?:evening|night))\b", "tonight"),
    (r"^(.+) from now$", r"in \1"),
    (r"\bhalf an hour\b", "30 minutes"),
    (r"\ban? (?=hour|day|week)", "1 "),
    (r"\b([ap])\. ?m\b\.?", r"\1m"),
    # As machines write: "2026-11-27T20:00:00.000+01:00".
    (r"(\d)t(\d)", r"\1 at \2"),
    (r"(\d:\d\d):\d\d(?:\.\d+)?(?!\d)", r"\1"),
    (r"(?<=:\d\d)(?:z$|([+-]\d\d:\d\d)$)", r" utc\1"),
)


def _spelled(text: str) -> str:
    """The text in one spelling: lower case, single spaces, machines' dates and times as people write them."""
    typed = unaccented(text).replace("@", " at ").replace("’", "'")
    for pattern, spelling in _SPELLINGS:
        typed = re.sub(pattern, spelling, typed)
    return " ".join(_WORDS.get(word, word) for word in typed.split())


def _readings(typed: str, at: int, said: _Said) -> Iterator[_Said]:
    """Every way to read the text from there on, after what is said already."""
    if at >= len(typed) > 0:
        yield said
    for end, more in _beginnings(typed, at):
        if both := said.joined(more):
            yield from _readings(typed, end + 1, both)


def _beginnings(typed: str, at: int) -> Iterator[tuple[int, _Said]]:
    """What the next words can say, and where those words end."""
    for pattern, read in _GRAMMAR:
        match = pattern.match(typed, at)
        if match and (said := read(match)):
            yield match.end(), said
    ends = [last.end() for last in re.finditer(r"\w(?= |$)", typed) if last.start() >= at]
    for end in ends[:4] if typed[at : at + 1].isalnum() else []:
        if zone := named(typed[at:end].removeprefix("in ").removesuffix(" time")):
            yield end, _Said(zone=zone)


def _which(names: Sequence[str], word: str) -> int:
    """The place of the name that begins like the word."""
    return next(place for place, name in enumerate(names) if name.casefold().startswith(word[:3]))


def _date(year: str | None, month: str | None, day: str) -> _Said | None:
    """A date of which the rest may be left out; None if there is no such date."""
    number = int(month) if month and month.isdigit() else _which(_MONTHS, month) + 1 if month else None
    if number is not None and not (1 <= number <= 12 and int(year or 1)):
        return None
    longest = 31 if number is None else monthrange(int(year or 2000), number)[1]
    return _Said(date=(int(year) if year else None, number, int(day))) if 1 <= int(day) <= longest else None


def _clock(hour: str, minutes: str | None = None, noon: str | None = None) -> _Said | None:
    """A time of day; `noon` is "a" or "p". None if no clock shows it."""
    shown, minute = int(hour), int(minutes or 0)
    if minute > 59 or shown > 23 or (noon and not 1 <= shown <= 12):
        return None
    if noon:
        return _Said(clock=(shown % 12 + (12 if noon == "p" else 0), minute, False))
    return _Said(clock=(shown, minute, shown <= 12 and not hour.startswith("0")))


def _machine(match: re.Match[str]) -> _Said | None:
    """A date with its year first, and perhaps a time after it."""
    year, _, month, day, hour, minutes = match.groups()
    read, clock = _date(year, month, day), _clock("0" + hour, minutes) if hour else _Said()
    return read and clock and read.joined(clock)


def _part_of_an_hour(match: re.Match[str]) -> _Said | None:
    """ "half past 8" is 8:30, "quarter to 9" 8:45."""
    part, side, hour, noon = match.groups()
    minutes = 15 if part == "quarter" else 30
    if side == "to":
        # Before twelve, a.m. and p.m. would be those of the hour before.
        return None if noon and hour == "12" else _clock(str(int(hour) - 1 or 12), str(60 - minutes), noon)
    return _clock(hour, str(minutes), noon)


def _span(hours: str, minutes: str | None) -> _Said:
    return _Said(span=timedelta(hours=float(hours), minutes=int(minutes or 0)))


_WEEKDAY = r"(mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\.?"
_MONTH = rf"({'|'.join(f'{month[:3]}|{month}' for month in _MONTHS).casefold()}|sept)\.?"
_TH, _HOURS, _MINUTES = "(?:st|nd|rd|th)", "(?:hours?|hrs?|h)", "(?:minutes?|mins?|m)"
_ON = "(?:on )?(?:the )?"
# "20h" and "20h30" are clocks, with "in" or "+" spans.
_START = r"(?:in |\+ ?|(?!(?:1[3-9]|2[0-3]) ?h(?![or])))"
_PATTERNS: list[tuple[str, Callable[[re.Match[str]], _Said | None]]] = [
    # Days
    (r"today", lambda _: _Said(ahead=0)),
    (r"tonight", lambda _: _Said(ahead=0, part="night")),
    (r"this (morning|afternoon)", lambda m: _Said(ahead=0, part=m[1])),
    (r"tomorrow", lambda _: _Said(ahead=1)),
    (r"(?:the )?day after tomorrow", lambda _: _Said(ahead=2)),
    (r"in (\d{1,5}) (day|week)s?", lambda m: _Said(ahead=int(m[1]) * {"day": 1, "week": 7}[m[2]])),
    (rf"(?:on )?(?:this )?(?:coming )?{_WEEKDAY}", lambda m: _Said(weekday=(_which(_DAYS, m[1]), False))),
    (rf"(?:on )?next {_WEEKDAY}", lambda m: _Said(weekday=(_which(_DAYS, m[1]), True))),
    (rf"{_ON}(\d\d?)(?:{_TH}|\.)?(?: of)? ?{_MONTH}(?: (\d{{4}}))?", lambda m: _date(m[3], m[2], m[1])),
    (rf"{_ON}{_MONTH} (?:the )?(\d\d?){_TH}?(?: (\d{{4}}))?", lambda m: _date(m[3], m[1], m[2])),
    (rf"{_ON}(\d\d?){_TH}", lambda m: _date(None, None, m[1])),
    # A year first is how machines write: of 24 hours, and 10:00 is the morning.
    (rf"{_ON}(\d{{4}})([-/.])(\d\d?)\2(\d\d?)(?:(?: at)? (\d\d?):?(\d\d)(?! ?[ap]))?", _machine),
    (rf"{_ON}(\d\d?)([-/])(\d\d?)(?:\2(\d{{4}}))?", lambda m: _date(m[4], m[3], m[1])),
    (rf"{_ON}(\d\d?)([-/])(\d\d?)(?:\2(\d{{4}}))?", lambda m: _date(m[4], m[1], m[3])),
    (rf"{_ON}(\d\d?)\.(\d\d?)(?:\.(\d{{4}})?)?", lambda m: _date(m[3], m[2], m[1])),
    # Parts of the day, and hours
    (r"(?:in the |at )?(morning|afternoon|evening|night)", lambda m: _Said(part=m[1])),
    (r"(?:at )?(?:12 )?(?:noon|midday)", lambda _: _clock("12", noon="p")),
    (r"(?:at )?(?:12 )?midnight", lambda _: _Said(clock=(_MIDNIGHT, 0, False))),
    (r"(?:at )?(\d\d?)(?:[:.](\d\d))? ?([ap])m?", lambda m: _clock(m[1], m[2], m[3])),
    (r"(?:at )?(\d\d?)(?:[:.](\d\d) ?h?| ?h ?(\d\d))", lambda m: _clock(m[1], m[2] or m[3])),
    (r"(?:at )?(?:(1[3-9]|2[0-3]) ?h|(\d\d?) ?o'? ?clock)|at (\d\d?)", lambda m: _clock(m[1] or m[2] or m[3])),
    # A number alone is no time.
    (r"(?:(?<= )|(?=\d+ ))(\d\d?)", lambda m: _clock(m[1])),
    (r"(?:at |(?<= )|(?=\d+ ))([01]\d|2[0-3])([0-5]\d)", lambda m: _clock(m[1], m[2])),
    (r"(?:at )?(?:a )?(quarter|half) (past|to) ([1-9]|1[0-2])(?: ?([ap])m)?", _part_of_an_hour),
    # From now
    (rf"{_START}(\d{{1,5}}(?:\.\d)?) ?{_HOURS}(?: ?(?:and )?(\d\d?) ?{_MINUTES}?)?", lambda m: _span(m[1], m[2])),
    (rf"(?:in |\+ ?)?(\d{{1,5}}) ?{_MINUTES}", lambda m: _span("0", m[1])),
]
_GRAMMAR = [(re.compile(rf"(?:{pattern})(?= |$)"), read) for pattern, read in _PATTERNS]


# From what is said to the moment


def _first(said: _Said, place: tzinfo, soonest: datetime) -> datetime:
    """The first moment in UTC, from `soonest` on, of those that may be meant."""
    today = (soonest - SOONEST).astimezone(place).date()
    at, past_midnight = _time(said)
    for ahead in _days(said, today, past_midnight):
        read = datetime.combine(today + timedelta(days=ahead), at)
        # Where the clocks go back they show an hour twice.
        moments = [read.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1)]
        if found := next((moment for moment in moments if moment >= soonest), None):
            if found.astimezone(place).replace(tzinfo=None, fold=0) != read:
                raise Refusal(f"The clocks go forward that night and skip {read:%H:%M}. Give a time an hour later.")
            return found
    raise Refusal(PAST)


def _time(said: _Said) -> tuple[time, bool]:
    """The time of day, and whether it is the small hours of the night that is said."""
    if said.clock is None:
        if said.zone or said.part in ("morning", "afternoon"):
            raise Refusal(NO_HOUR)
        return EVENING, False
    hour, minute, open_ = said.clock
    small = hour == _MIDNIGHT or (said.part == "night" and (hour == 12 if open_ else hour < 6))
    if small and said.part in (None, "night"):
        return time(hour % 12, minute), True
    hours = [hour, hour + 12] if open_ and hour < 12 else [hour]
    fitting = [hour for hour in hours if hour in _PARTS[said.part]] if said.part else hours[-1:]
    if not fitting:
        raise Refusal(NOT_THEN)
    return time(fitting[0], minute), False


def _days(said: _Said, today: date, past_midnight: bool) -> list[int]:
    """The days that may be meant, counted from today, the nearest first."""
    if past_midnight and (said.ahead or said.weekday or said.date):
        raise Refusal(MIDNIGHT)
    if said.date:
        return [(_on_date(said.date, said.weekday, today) - today).days]
    if said.weekday:
        weekday, following = said.weekday
        ahead = (weekday - today.weekday()) % 7
        return [ahead or 7] if following else [ahead, ahead + 7]
    return [0, 1] if said.ahead is None or past_midnight else [said.ahead]


def _on_date(said: tuple[int | None, int | None, int], weekday: tuple[int, bool] | None, today: date) -> date:
    """That day, or the next such where the year or the month is left open."""
    year, month, number = said
    if year and month:
        found = date(year, month, number)
    else:
        days = (today + timedelta(days=ahead) for ahead in range(FURTHEST.days + 1))
        matching = (day for day in days if day.day == number and month in (None, day.month))
        # There is no 29 February in most years.
        found = next(matching, today + 2 * FURTHEST)
    # Conversions fail at the ends of the calendar.
    if abs(found - today) > FURTHEST:
        raise Refusal(PAST if found < today else FAR)
    if weekday and weekday[0] != found.weekday():
        raise Refusal(f"{found.day} {found:%B} is a {_DAYS[found.weekday()]}. Give either the weekday or the date.")
    return found
