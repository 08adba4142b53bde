"""Trakt's zip, and the files with films in it one by one."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.imports.documents import UNKNOWN, document, inside, items, text
from bot.imports.opening import Pack
from bot.imports.rows import Reading, Skipped, Unreadable
from bot.imports.tables import ROWS, ROWS_TOO_MANY
from bot.imports.telling import Layout, Record, Told, reading

# What an entry without stars says, by what it tells the time of.
LAYOUT = Layout("Trakt", statuses={"last_watched_at": "seen", "watched_at": "seen", "listed_at": "wanted"})
_TIMES = ("rated_at", *LAYOUT.statuses)
_OTHERS = ("show", "season", "episode")

# Today's layout, and the one before with a folder for each kind; either may lie in one more. What stands first counts first.
_RATINGS, _WATCHED, _HISTORY, _WATCHLIST = (
    re.compile(rf"(?:[^/]+/){{0,3}}{name}(?:-\w+)*\.json")
    for name in ("ratings-movies", "watched-movies", "watched-history", "(?:lists-|lists/)watchlist")
)


def of_pack(pack: Pack) -> Reading | None:
    """A whole zip; None if it is another one's."""
    ratings, watched, history, watchlist = (
        [name for name in pack.names if pattern.fullmatch(name)]
        for pattern in (_RATINGS, _WATCHED, _HISTORY, _WATCHLIST)
    )
    # The history has the same films, and every episode besides.
    parts = [ratings, watched or history, watchlist]
    return reading(LAYOUT.source, *(_told(pack, names) for names in parts)) if any(parts) else None


def is_trakt(said: object) -> bool:
    """Whether a document is a list of Trakt's."""
    return any(inside(entry, name, "ids") is not None for entry in items(said) for name in ("movie", *_OTHERS))


def of_document(said: object) -> Reading:
    """One file alone."""
    return reading(LAYOUT.source, LAYOUT.of_records(_records(said)))


def _told(pack: Pack, names: Iterable[str]) -> list[Told | Skipped]:
    """What files of one kind say together."""
    told: list[Told | Skipped] = []
    for name in names:
        told += replace(LAYOUT, file=name).of_records(_records(document(pack.read(name))))
        if len(told) > ROWS:
            raise Unreadable(ROWS_TOO_MANY)
    return told


def _records(said: object) -> Iterator[Record]:
    if not isinstance(said, list):
        raise Unreadable(UNKNOWN)
    for place, entry in enumerate(items(said), 1):
        time = next((name for name in _TIMES if text(entry, name)), "")
        what = next((name for name in _OTHERS if inside(entry, name) is not None), "movie")
        film = "movie" if inside(entry, "movie") is not None else what
        yield (
            place,
            {
                **{name: text(entry, film, name) for name in ("title", "year")},
                **{name: text(entry, film, "ids", name) for name in ("imdb", "tmdb")},
                **{"kind": film, "rating": text(entry, "rating"), "at": text(entry, time), "status": time},
            },
        )
