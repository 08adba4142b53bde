"""Where looks of films are kept, each for as long as TMDB's terms and good sense allow."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from bot.films.look import Details, Look, Offers, offers_of

DAY = 86_400.0  # seconds
DETAILS_KEPT = 30 * DAY  # the terms allow six months
OFFERS_KEPT = DAY
MISS_KEPT = DAY
MOST_READ = 300  # films, for the names of services

_TABLE = """CREATE TABLE IF NOT EXISTS looks (
    film TEXT, language TEXT, at REAL NOT NULL, details TEXT, offers TEXT, PRIMARY KEY (film, language)
)"""  # details: NULL where TMDB doesn't have the film

Key = tuple[str, str]  # a film, and a language


class Kept(NamedTuple):
    """What is known of a film in a language."""

    details: Details | None  # None: TMDB doesn't have it
    offers: dict[str, Offers] | None  # by region; None: too old

    def suffices(self, region: str | None) -> bool:
        """Whether nothing is to be asked for: offers are shown only where the region is known."""
        return self.details is None or region is None or self.offers is not None

    def look(self, region: str | None, images: str) -> Look | None:
        """As it is shown in a region; None if TMDB doesn't have the film."""
        return None if self.details is None else self.details.look(self.offers or {}, region, images)


class LookStore:
    """A small database of what can be fetched again: nothing is lost with it.

    Whatever goes wrong is an OSError or a sqlite3.OperationalError where the folder can't be used, otherwise the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "looks.db"
        self._one = Lock()  # threads take turns: SQLite gives up on a file that is busy for long

    def get(self, keys: Iterable[Key], now: float) -> dict[Key, Kept]:
        """What is kept of films, and may still be shown."""
        found = dict[Key, Kept | None]()
        with self._open() as database:
            for key in keys:
                for row in database.execute(
                    "SELECT at, details, offers FROM looks WHERE film = ? AND language = ?", key
                ):
                    if (kept := _kept(now, *row)) is not None:
                        found[key] = kept
        return {key: kept for key, kept in found.items() if kept is not None}

    def services(self, region: str, now: float) -> list[str]:
        """Names of services where films cost nothing in a region, those with most films first: of what is kept, the newest."""
        sql = "SELECT offers FROM looks WHERE offers IS NOT NULL AND at > ? ORDER BY at DESC LIMIT ?"
        with self._open() as database:
            rows = database.execute(sql, (now - OFFERS_KEPT, MOST_READ)).fetchall()
        here = (offers_of(json.loads(offers)).get(region) for (offers,) in rows)
        return [
            name for name, _ in Counter(name for offers in here if offers for name in offers.included).most_common()
        ]

    def put(self, key: Key, kept: Kept, now: float) -> None:
        """Keep what was found, or that nothing was."""
        details, offers = kept
        values = (
            json.dumps(details._asdict()) if details else None,
            json.dumps(offers) if offers is not None else None,
        )
        with self._open() as database:
            database.execute("REPLACE INTO looks VALUES (?, ?, ?, ?, ?)", (*key, now, *values))

    def prune(self, now: float) -> None:
        """Remove all that is too old to be shown. What is from the future is from a clock that was wrong."""
        with self._open() as database:
            database.execute("UPDATE looks SET offers = NULL WHERE at <= ?", (now - OFFERS_KEPT,))
            database.execute(
                "DELETE FROM looks WHERE at > ? OR at <= ? - IIF(details IS NULL, ?, ?)",
                (now, now, MISS_KEPT, DETAILS_KEPT),
            )

    def forget(self) -> None:
        """Remove all. Raises OSError."""
        self._file.unlink(missing_ok=True)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._one, closing(sqlite3.connect(self._file)) as database, database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("PRAGMA synchronous = OFF")  # what a loss of power damages is begun anew
            database.execute(_TABLE)
            yield database


def _kept(now: float, at: float, details: str | None, offers: str | None) -> Kept | None:
    """What may still be shown of a row."""
    age = now - at
    if not 0 <= age < (MISS_KEPT if details is None else DETAILS_KEPT):
        return None
    return Kept(
        None if details is None else Details.of(json.loads(details)),
        offers_of(json.loads(offers)) if offers is not None and age < OFFERS_KEPT else None,
    )
