"""Which time zone people mean by a name: a city, a country's short form, a distance from UTC."""

import re
from datetime import timedelta, timezone, tzinfo
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from rapidfuzz import fuzz, process

from bot.refusal import Refusal
from recommender.text import unaccented, visible

CHOICES = 25
LONGEST = 80  # characters of a name that are compared
# A zone is suggested from this similarity on.
CUTOFF = 60

# In the database, or in that of a system, but no place's time; and UTC once more.
_NO_ZONES = {"Factory", "localtime", "posixrules", "GMT0", "GMT+0", "GMT-0", "Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0"}
# Its signs are those of POSIX, which counts hours behind.
_POSIX = re.compile(r"Etc/GMT([+-])(\d+)")
_OFFSET = re.compile(r"(?:utc|gmt) ?([+−-]) ?(\d\d?)(?::?([0-5]\d))?")

# What people in these zones call them.
_COMMON_NAMES = {
    "America/New_York": ("et", "est", "edt", "eastern", "eastern time"),
    "America/Chicago": ("ct", "cst", "cdt", "central", "central time"),
    "America/Denver": ("mt", "mst", "mdt", "mountain", "mountain time"),
    "America/Los_Angeles": ("pt", "pst", "pdt", "pacific", "pacific time", "san francisco", "seattle"),
    "America/Sao_Paulo": ("brt", "rio"),
    "Europe/London": ("bst", "uk", "england"),
    "Europe/Berlin": ("cet", "cest", "germany", "munich", "hamburg"),
    "Europe/Helsinki": ("eet", "eest"),
    "Europe/Moscow": ("msk",),
    "Africa/Johannesburg": ("sast",),
    "Asia/Kolkata": ("ist", "india", "mumbai", "delhi"),
    "Asia/Shanghai": ("china", "beijing"),
    "Asia/Singapore": ("sgt",),
    "Asia/Seoul": ("kst",),
    "Asia/Tokyo": ("jst",),
    "Australia/Sydney": ("aest", "aedt"),
    "Pacific/Auckland": ("nzst", "nzdt"),
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
    """The time zone that people call so, or a Refusal that names what it may be."""
    found = named(name)
    if isinstance(found, ZoneInfo):
        return found
    alike = [f"`{shown(ZoneInfo(choice))}`" for choice in _alike(_plain(name), 3)]
    if alike:
        raise Refusal(f"I don't know that time zone. Did you mean {' or '.join(alike)}?")
    raise Refusal("I don't know that time zone. Give the nearest large city, such as `Berlin` or `New York`.")


def named(name: str) -> tzinfo | None:
    """What people call so: a zone by its name in the database, in any case, its city or its clock's name; or "UTC+5:30"."""
    name = visible(name)
    offset = _OFFSET.fullmatch(unaccented(name))
    if offset is None:
        found = name if _POSIX.fullmatch(name) and name in _zones().values() else _zones().get(_plain(name))
        return ZoneInfo(found) if found else None
    ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)) * (1 if offset[1] == "+" else -1)
    hours, rest = divmod(ahead, timedelta(hours=1))
    if not rest and -12 <= hours <= 14:
        return ZoneInfo(f"Etc/GMT{-hours:+}" if hours else "UTC")
    return timezone(ahead) if abs(ahead) <= timedelta(hours=14) else None


def shown(zone: tzinfo) -> str:
    """The zone's name for people, by which it is found again: "Europe/Berlin"; "UTC+2" for Etc/GMT-2."""
    posix = _POSIX.fullmatch(str(zone))
    if posix is None:
        return str(zone)
    return f"UTC{'+' if posix[1] == '-' else '-'}{posix[2]}"


def zone_choices(text: str) -> list[str]:
    """At most 25 names of zones for what has been typed so far, those that begin with it first."""
    if isinstance(offset := named(text), ZoneInfo) and _OFFSET.fullmatch(unaccented(text)):
        return [shown(offset)]
    typed = _plain(text)
    if not typed:
        return [name for name in _OFFERED if name in _zones().values()]
    begun = [name for called, name in _zones().items() if called.startswith(typed)]
    within = [name for called, name in _zones().items() if typed in called]
    found = list(dict.fromkeys(begun + within))
    return [shown(ZoneInfo(name)) for name in (found or _alike(typed, CHOICES))[:CHOICES]]


def _alike(typed: str, limit: int) -> list[str]:
    """The zones whose names are most like the text, the likest first."""
    # Several names are one zone's.
    scored = process.extract(typed[:LONGEST], list(_zones()), scorer=fuzz.ratio, score_cutoff=CUTOFF, limit=4 * limit)
    return list(dict.fromkeys(_zones()[called] for called, _, _ in scored))[:limit]


@cache
def _zones() -> dict[str, str]:
    """What each zone may be called -> its name, those first that are offered before anything is typed.

    A place of today's names comes before an older spelling, and a whole name before a city or a common name.
    """
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    known = available_timezones() - _NO_ZONES
    places = [line.split("\t")[2].strip() for line in table.splitlines() if line and not line.startswith("#")]
    places = [name for name in dict.fromkeys([*_OFFERED, *sorted(places)]) if name in known]
    called = [(_plain(name), name) for name in places]
    called += [(_plain(name.rpartition("/")[2]), name) for name in places]
    called += [(common, name) for name, names in _COMMON_NAMES.items() for common in names]
    older = [(_plain(name), name) for name in sorted(known) if not _POSIX.fullmatch(name)]
    offsets = [(_plain(shown(ZoneInfo(name))), name) for name in sorted(known) if _POSIX.fullmatch(name)]
    zones: dict[str, str] = {}
    for spelling, name in called + older + offsets:
        zones.setdefault(spelling, name)
    return zones


def _plain(text: str) -> str:
    """Letters without case and accents; underscores and hyphens as spaces, but for a minus."""
    return re.sub(r"(?:[\s_]|-(?!\d))+", " ", unaccented(text)).strip().replace(" /", "/").replace("/ ", "/")
