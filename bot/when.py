"""When an evening begins, as people type it: "fri 21:00" in a server's time zone. And which time zone that is.

dateparser does the reading. Before it, spellings that it doesn't know are rewritten. After it, the result is checked: it must be
the next such time, and one that the clocks there really show.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import NoReturn
from zoneinfo import ZoneInfo, available_timezones

from dateparser import PartsOfDay
from dateparser.date import DateDataParser
from rapidfuzz import fuzz, process

from bot.refusal import Refusal
from recommender.text import unaccented

CHOICES = 25
# What a day without a time means.
EVENING = time(20)
SOONEST = timedelta(minutes=1)
FURTHEST = timedelta(days=366)
LONGEST = 80
# A zone is suggested from this similarity on.
ZONE_CUTOFF = 60

EXAMPLES = "`fri 21:00`, `tomorrow 8pm` or `27 nov 20:00`"
UNREADABLE = f"I can't read that as a day and time. Try {EXAMPLES}."
PAST = "That's already over or just about now. Give a time that's still to come, such as `fri 21:00` or `in 2 hours`."
FAR = "That's more than a year away. Give a day within the next twelve months."
TWO_DATES = "That date could be two days. Write the month as a word, such as `6 nov 20:00`."

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_NAMED_DAY = re.compile(rf"\b{_WEEKDAY}\b")
# A text without any of these names no time. dateparser would take "1 2" for a date.
_SAYS_SOMETHING = re.compile(r"[a-z]{2}|\d[./:-]\d|\d ?[hm]")
# Words that count from today: they have one meaning. Any other text means the next such time.
_COUNTED = re.compile(r"\b(?:now|today|tonight|tomorrow|yesterday|in(?! the)|ago|next|last|from)\b")
# A span such as "in 2 hours" is elapsed time, even if the clocks change in between.
_SPAN = re.compile(
    r"(?:\d|\b(?:an?|one|two|three|four|five|six|ten))\s*(?:h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)\b"
)
_DAY_AND_MONTH = re.compile(r"(?<![\d/:-])(\d{1,2})[/-](\d{1,2})(?!\d)")
_EVENING_WORD = re.compile(r"\b(?:tonight|evening|night)\b")
_CLOCK = re.compile(r"(?P<before>)\b(?P<hour>\d{1,2})[:.](?P<minutes>\d\d)\b(?! ?[ap]\.?m)")
# A bare hour, where the number can be nothing else. dateparser ignores it, or takes it for a date.
_BARE_HOUR = rf"(?P<hour>\d{{1,2}})(?![\d:./-]|(?:st|nd|rd|th|h)\b| ?[ap]\.?m?\b| {_MONTH})"


def moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment in UTC that `text` names, a minute to a year after `now`, or a Refusal that says what to type instead.

    A day without a time is its evening at 20:00. A weekday, a date or a time of day is the next one, today's if that is
    still to come; "next friday" on a Friday is the one in a week.
    """
    typed = _spelled(text) if len(text) <= LONGEST else ""
    if not _SAYS_SOMETHING.search(typed):
        raise Refusal(UNREADABLE)
    now = now.astimezone(UTC)
    found = _iso(typed, zone, now) or _next(typed, zone, now)
    if found > now + FURTHEST:
        raise Refusal(FAR)
    # Nobody means the seconds of "in 2 hours".
    return found.replace(second=0, microsecond=0)


def warm() -> None:
    """Make the library build its patterns now: its first reading takes a fifth of a second, which no loop should wait."""
    _read("fri 21:00", datetime(2000, 1, 1))


def _part_of_an_hour(match: re.Match[str]) -> str:
    """ "half past 8" is 8:30, an evening's unless it says otherwise."""
    minutes = {"quarter": 15, "half": 30}[match["part"]]
    hour = int(match["hour"])
    if match["side"] == "to":
        hour, minutes = hour - 1 or 12, 60 - minutes
    if match["noon"]:
        return f"at {hour}:{minutes}{match['noon']}"
    return f"at {hour + 12 if hour < 12 else hour}:{minutes}"


def _in_the_evening(match: re.Match[str]) -> str:
    """An hour without a.m. or p.m. where an evening's is meant: 8 is 20:00, and so is 20."""
    hour = int(match["hour"])
    if hour > 23:
        # dateparser would ignore it.
        raise Refusal(UNREADABLE)
    minutes = match.groupdict().get("minutes", "00")
    return f"{match['before']} {hour + 12 if 0 < hour < 12 else hour}:{minutes}"


# What people write and dateparser doesn't know, or knows as something else.
_SPELLINGS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\b(?:tmrw?|tmw|2moro?w?|tomorow|tommorr?ow)\b"), "tomorrow"),
    (re.compile(r"\b(?:2nite|tonite|2night|this (?:evening|night))\b"), "tonight"),
    (re.compile(r"\bthurs?\b\.?"), "thu"),
    (re.compile(r"\bweds\b\.?"), "wed"),
    (re.compile(rf"\b(?:this coming|this|coming) (?={_WEEKDAY}\b)"), ""),
    (re.compile(r"\b([ap])\. ?m\b\.?|(?<=\d)([ap])\b"), r"\1\2m"),
    # "Tonight at 1 am" is tomorrow's date.
    (re.compile(r"\btonight (?:at )?(?=midnight\b|(?:12|[1-5])(?:[:.]\d\d)? ?am\b)"), ""),
    (re.compile(r"\bmidnight tonight\b"), "midnight"),
    # "5.12 20:00" is a date and a time; the library takes it for two times.
    (re.compile(r"\b(\d{1,2})\.(\d{1,2}) (?=(?:at )?\d{1,2}(?:[:.]\d\d| ?[ap]m))"), r"\1.\2. "),
    (re.compile(r"\bhalf an hour\b"), "30 minutes"),
    (re.compile(r"\bin (\d{1,2}) ?[h:] ?(\d{1,2})\b(?: ?m(?:ins?)?\b)?"), r"in \1 hours \2 minutes"),
    # "20h", "20h30" and "20.00h" are clocks; "2h" and "in 20h" are from now.
    (re.compile(r"\b(\d{1,2})[:.](\d\d) ?h\b"), r"\1:\2"),
    (re.compile(r"(?<!\bin )(?<![\d+.:])\b(\d\d?) ?h ?(\d\d)\b"), r"\1:\2"),
    (re.compile(r"(?<!\bin )(?<![\d+.:])\b(\d\d) ?h\b"), r"\1:00"),
    (re.compile(r"\b(\d{1,2}) ?o['’]? ?clock\b"), r"at \1"),
    (
        re.compile(
            r"\b(?:at )?(?:a )?(?P<part>quarter|half) (?P<side>past|to) (?P<hour>[1-9]|1[0-2])(?!\d)(?P<noon> ?[ap]m\b|)"
        ),
        _part_of_an_hour,
    ),
    # "fri 2130"; a year has no place there.
    (re.compile(rf"(\b(?:{_WEEKDAY}|at|today|tonight|tomorrow)) ([01]\d|2[0-3])([0-5]\d)$"), r"\1 \2:\3"),
    (re.compile(rf"(?P<before>\b(?:at|today|tonight|tomorrow)) {_BARE_HOUR}"), _in_the_evening),
    (re.compile(rf"(?P<before>\b{_WEEKDAY}) {_BARE_HOUR}$"), _in_the_evening),
]


def _spelled(text: str) -> str:
    """The text in the spelling that dateparser knows."""
    typed = " ".join(text.replace("@", " at ").casefold().split())
    for pattern, replacement in _SPELLINGS:
        typed = pattern.sub(replacement, typed)
    if _EVENING_WORD.search(typed):
        typed = _CLOCK.sub(_in_the_evening, typed)
    return " ".join(typed.split())


def _iso(typed: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """A date as machines write it. The library might take its day for the month, as in the dates of people."""
    try:
        read = datetime.fromisoformat(typed.upper()) if re.match(r"\d{4}-\d", typed) else None
    except ValueError:
        return None
    if read is None:
        return None
    if re.fullmatch(r"[\d-]+", typed):
        read = datetime.combine(read, EVENING)
    return _to_come(read, zone, now) or _over()


def _next(typed: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The first moment still to come of those that the text may mean."""
    if _SPAN.search(typed):
        read = _read(typed, now.replace(tzinfo=None))
        return _to_come(read if read.tzinfo else read.replace(tzinfo=UTC), zone, now) or _over()
    local = now.astimezone(zone).replace(tzinfo=None)
    # dateparser's next Friday is never today's, so it is also asked as of yesterday, and as of tomorrow for an hour in a zone
    # where it is tomorrow already.
    for day in (0,) if _COUNTED.search(typed) else (-1, 0, 1):
        read = _read(typed, local + timedelta(days=day))
        found = _to_come(read, zone, now)
        if found:
            _check_weekday(typed, read)
            return found
    return _over()


def _read(typed: str, base: datetime) -> datetime:
    """What dateparser makes of the text: aware if the text says a zone, else as a clock on the wall shows it."""
    settings = {
        "RELATIVE_BASE": base,
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": _date_order(typed),
        "PARTS_OF_DAY": PartsOfDay(evening=EVENING, night=EVENING),
        # The default, "local", is this machine's.
        "TIMEZONE": "UTC",
        # Without the parser for timestamps, which takes any long number.
        "PARSERS": ["relative-time", "absolute-time"],
    }
    try:
        data = DateDataParser(languages=["en"], settings=settings).get_date_data(typed)
    except (ValueError, OverflowError):
        # Dates beyond the ends of the calendar.
        raise Refusal(UNREADABLE) from None
    if data.date_obj is None or "day" not in data.parts:
        raise Refusal(UNREADABLE)
    return data.date_obj if "time" in data.parts else datetime.combine(data.date_obj, EVENING)


def _date_order(typed: str) -> str:
    """The order of day and month, where the numbers allow only one. With dots the day is always first."""
    if re.search(r"\b\d{4}[./-]\d", typed):
        return "YMD"
    numbers = _DAY_AND_MONTH.search(typed)
    if numbers is None:
        return "DMY"
    first, second = int(numbers[1]), int(numbers[2])
    if first <= 12 and second <= 12 and first != second:
        raise Refusal(TWO_DATES)
    return "MDY" if second > 12 else "DMY"


def _to_come(read: datetime, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The moment in UTC if it's still to come. Of an hour that the clocks show twice, the first that is."""
    if abs(read.year - now.year) > 2:
        # Far from the ends of the calendar, where conversions fail.
        return None if read.year < now.year else _refuse(FAR)
    clocks = [read] if read.tzinfo else [read.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    moments = [clock.astimezone(UTC) for clock in clocks]
    found = next((moment for moment in moments if moment >= now + SOONEST), None)
    if found and read.tzinfo is None and found.astimezone(zone).replace(tzinfo=None, fold=0) != read:
        raise Refusal(f"The clocks go forward that night and skip {read:%H:%M}. Give a time an hour later.")
    return found


def _check_weekday(typed: str, read: datetime) -> None:
    """Refuse "fri 28 nov" if that's a Saturday: the library passes over the weekday, and one of the two is wrong."""
    named = _NAMED_DAY.search(typed)
    actual = _DAYS[read.weekday()]
    if named and read.tzinfo is None and not actual.casefold().startswith(named[0][:3]):
        raise Refusal(f"{read.day} {read:%B} is a {actual}. Give either the weekday or the date.")


def _refuse(sentence: str) -> NoReturn:
    raise Refusal(sentence)


def _over() -> NoReturn:
    _refuse(PAST)


# What people in these zones call them.
_COMMON_NAMES = {
    "America/New_York": ("et", "est", "edt", "eastern", "eastern time"),
    "America/Chicago": ("ct", "cst", "cdt", "central", "central time"),
    "America/Denver": ("mt", "mst", "mdt", "mountain", "mountain time"),
    "America/Los_Angeles": ("pt", "pst", "pdt", "pacific", "pacific time", "san francisco", "seattle"),
    "Europe/London": ("bst", "uk", "england"),
    "Europe/Berlin": ("cest", "germany", "munich", "hamburg"),
    "Asia/Kolkata": ("ist", "india", "mumbai", "delhi"),
    "Asia/Shanghai": ("china", "beijing"),
}
# Offered before anything is typed: most members live in one of these, from west to east.
_OFFERED = (
    "UTC",
    "Pacific/Honolulu",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "Europe/London",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Madrid",
    "Europe/Warsaw",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)


def zone(name: str) -> ZoneInfo:
    """The time zone that people call so: by its name in the database, in any case, by its city, or as a clock's."""
    typed = _plain(name)
    found = _zones().get(typed)
    if found:
        return ZoneInfo(found)
    alike = [f"`{choice}`" for choice in _alike(typed, 3)]
    if alike:
        raise Refusal(f"I don't know that time zone. Did you mean {' or '.join(alike)}?")
    raise Refusal("I don't know that time zone. Give the nearest large city, such as `Berlin` or `New York`.")


def zone_choices(text: str) -> list[str]:
    """At most 25 names of zones for what has been typed so far, those that begin with it first."""
    typed = _plain(text)
    if not typed:
        return [name for name in _OFFERED if name in _zones().values()]
    begun = [name for called, name in _zones().items() if called.startswith(typed)]
    within = [name for called, name in _zones().items() if typed in called]
    found = list(dict.fromkeys(begun + within))
    return (found or _alike(typed, CHOICES))[:CHOICES]


def _alike(typed: str, limit: int) -> list[str]:
    """The zones whose names are most like the text, the likest first."""
    # Several names are one zone's.
    scored = process.extract(
        typed[:LONGEST], list(_zones()), scorer=fuzz.ratio, score_cutoff=ZONE_CUTOFF, limit=4 * limit
    )
    return list(dict.fromkeys(_zones()[called] for called, _, _ in scored))[:limit]


@cache
def _zones() -> dict[str, str]:
    """What each zone may be called -> its name, those first that are offered before anything is typed.

    A place of today's names comes before an older spelling, and a whole name before a city or a common name.
    """
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    known = available_timezones()
    places = [line.split("\t")[2].strip() for line in table.splitlines() if line and not line.startswith("#")]
    places = [name for name in dict.fromkeys([*_OFFERED, *sorted(places)]) if name in known]
    called = [(_plain(name), name) for name in places]
    called += [(_plain(name.rpartition("/")[2]), name) for name in places]
    called += [(common, name) for name, names in _COMMON_NAMES.items() for common in names]
    older = [(_plain(name), name) for name in sorted(known)]
    zones: dict[str, str] = {}
    for spelling, name in called + older:
        zones.setdefault(spelling, name)
    return zones


def _plain(text: str) -> str:
    """Letters without case and accents; hyphens and underscores as spaces."""
    return re.sub(r"[\s_-]+", " ", unaccented(text)).strip().replace(" /", "/").replace("/ ", "/")
