"""When something was, as the cells of a column write it: a day, a day and a time, or how long it was after 1970 began."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

from bot.imports.turns import in_turns

NOON = 12  # a day without a time: in nearly all zones its noon in UTC is on that day
END = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
LONGEST = 40  # characters

Said = Mapping[str, str | None]  # the parts of a date as they are written

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = rf"(?P<word>{'|'.join(_MONTHS)})[a-z]*\.?"
_CLOCK = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:[.,]\d+)?\s*(?P<half>[AP]M)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?"
)
_DATES = [
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_CLOCK}",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d){_CLOCK}",
        rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}){_CLOCK}",  # nobody puts the month first with points
        rf"(?P<one>\d{{1,2}})([-/])(?P<other>\d{{1,2}})\2(?P<year>\d{{4}}){_CLOCK}",
        rf"(?:[a-z]{{3,9}},? )?(?P<day>\d{{1,2}})\.?[- ]{_WORD},?[- ](?P<year>\d{{4}}){_CLOCK}",
        rf"{_WORD} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_CLOCK}",
        r"(?P<stamp>\d{9,10})(?:\d{3}|\.\d{1,9})?",  # the three digits are thousandths
    )
]


def moments(cells: Sequence[str]) -> list[int | None]:
    """UTC seconds since 1970 for each cell of a column, None where it says no date from 1970 to 2100.

    Whether 3/4/2024 is in March or in April, the column decides: by its days after the 12th. Where it has none, or some on either
    side, such dates are None. A time without a zone is in UTC.
    """
    written = list(dict.fromkeys(map(str.strip, cells)))  # many films share a day
    column = [_said(cell) for cell in in_turns(written)]
    day_first, month_first = (any(int(said.get(part) or 0) > 12 for said in column) for part in ("one", "other"))
    month, day = ("other", "one") if day_first else ("one", "other")
    decided = day_first != month_first
    found = [
        _seconds({**said, "month": said[month], "day": said[day]} if decided and "one" in said else said)
        for said in in_turns(column)
    ]
    at = dict(zip(written, found, strict=True))
    return [at[cell.strip()] for cell in cells]


def _said(cell: str) -> Said:
    if not 0 < len(cell) <= LONGEST:
        return {}
    found = (pattern.fullmatch(cell) for pattern in _DATES)
    return next((match.groupdict() for match in found if match), {})


def _seconds(said: Said) -> int | None:
    if said.get("stamp"):
        at = int(said["stamp"] or 0)
    else:
        try:
            at = int(_moment(said).timestamp())
        except (KeyError, ValueError, OverflowError):  # no date, none that is in the calendar, or at its very end
            return None
    return at if 0 <= at < END else None


def _moment(said: Said) -> datetime:
    month = _MONTHS.index(word.lower()) + 1 if (word := said.get("word")) else int(said["month"] or 0)
    hour, half, zone = int(said["hour"] or NOON), (said["half"] or "").lower(), said["zone"] or "Z"
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    ahead = timedelta()
    if zone[0] in "+-":
        ahead = timedelta(hours=int(zone[:3]), minutes=int(f"{zone[0]}{zone[3:].lstrip(':') or 0}"))
    return datetime(
        *(int(said["year"] or 0), month, int(said["day"] or 0)),
        *(hour, int(said["minute"] or 0), int(said["second"] or 0)),
        tzinfo=timezone(ahead),
    )
