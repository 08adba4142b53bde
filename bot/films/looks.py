"""Looks of films: kept for a while, and asked for in the background. An answer never waits long for one."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from bot.films.fetch import BusyError, FetchError
from bot.films.film import Film
from bot.films.look import Details, Look, Offers, offers_of
from bot.films.tmdb import Found, Tmdb, TokenError
from recommender.text import title_key

DAY = 86_400.0  # seconds
DETAILS_KEPT = 30 * DAY  # TMDB's terms allow six months
OFFERS_KEPT = DAY
MISS_KEPT = DAY
FAILED_KEPT = 300.0  # seconds until a film is asked for again after that went wrong
PATIENCE = 2.5  # seconds that an answer waits
MOST_ASKED = 100  # films at a time

_TABLE = """CREATE TABLE IF NOT EXISTS looks (
    film TEXT, language TEXT, at REAL NOT NULL, details TEXT, offers TEXT, PRIMARY KEY (film, language)
)"""  # details: NULL where TMDB doesn't have the film

T = TypeVar("T")

log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """What is kept of a film in a language. `details` is None if TMDB doesn't have it."""

    at: float  # seconds since 1970
    details: Details | None
    offers: dict[str, Offers] | None  # None: too old

    def suffices(self, region: str | None) -> bool:
        """Whether nothing is to be asked for: offers are shown only where the region is known."""
        return self.details is None or region is None or self.offers is not None


class LookStore:
    """A small database of what can be fetched again: nothing is lost with it, and a damaged one is begun anew."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "looks.db"

    def get(self, film: str, language: str, now: float) -> Kept | None:
        """What is kept and may still be shown."""
        with self._open() as database:
            row = database.execute(
                "SELECT at, details, offers FROM looks WHERE film = ? AND language = ?", (film, language)
            ).fetchone()
        if row is None:
            return None
        at, details, offers = row
        age = now - at
        if not 0 <= age < (MISS_KEPT if details is None else DETAILS_KEPT):
            return None
        return Kept(
            at,
            None if details is None else Details.of(json.loads(details)),
            offers_of(json.loads(offers)) if offers is not None and age < OFFERS_KEPT else None,
        )

    def put(self, film: str, language: str, found: Found | None, now: float) -> None:
        """Keep what was found, or that nothing was."""
        details, offers = (None, None) if found is None else (json.dumps(found[0]._asdict()), json.dumps(found[1]))
        with self._open() as database:
            database.execute("REPLACE INTO looks VALUES (?, ?, ?, ?, ?)", (film, language, now, details, offers))

    def prune(self, now: float) -> None:
        """Remove all that is too old to be shown. What is from the future is from a clock that was wrong."""
        with self._open() as database:
            database.execute("UPDATE looks SET offers = NULL WHERE at <= ?", (now - OFFERS_KEPT,))
            database.execute(
                "DELETE FROM looks WHERE at > ? OR at <= ? - IIF(details IS NULL, ?, ?)",
                (now, now, MISS_KEPT, DETAILS_KEPT),
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction. Raises OSError or sqlite3.Error where the folder can't be used."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file)) as database, database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute(_TABLE)
            yield database

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)


class Looks:
    """What films look like. `clock` gives seconds since 1970, `patience` is how many seconds an answer waits."""

    def __init__(
        self, tmdb: Tmdb, store: LookStore, clock: Callable[[], float] = time.time, patience: float = PATIENCE
    ) -> None:
        self._tmdb = tmdb
        self._store = store
        self._clock = clock
        self._patience = patience
        self._asked: dict[tuple[str, str], asyncio.Task[Found | None]] = {}
        self._failed: dict[tuple[str, str], float] = {}  # until when
        self._told: set[str] = set()
        self._is_off = False

    async def of(self, film: Film, language: str, region: str | None) -> Look | None:
        """What is kept, or what comes in time; None if that is nothing. What comes later is kept for the next time.

        `language` is Discord's locale ("de", "pt-BR"), `region` the server's country (ISO 3166-1): without one there is neither
        a certification nor an offer.
        """
        kept = await self._kept(_key(film), language)
        if kept is not None and kept.suffices(region):
            return _look(kept.details, kept.offers, region)
        task = self._ask(film, language)
        if task is not None:
            # Not `wait_for`, which would end what others wait for too.
            await asyncio.wait([task], timeout=self._patience)
            if task.done() and not task.cancelled() and (found := task.result()) is not None:
                return _look(found.details, found.offers, region)
        return _look(kept.details, None, region) if kept else None

    async def prune(self) -> None:
        """Remove what is too old."""
        await self._stored(lambda: self._store.prune(self._clock()))

    async def close(self) -> None:
        """End what is still asked for."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ask(self, film: Film, language: str) -> "asyncio.Task[Found | None] | None":
        """The one request for a film in a language, or None if there is to be none now."""
        name = (_key(film), language)
        if (task := self._asked.get(name)) is not None:
            return task
        now = self._clock()
        self._failed = {failed: until for failed, until in self._failed.items() if until > now}
        if self._is_off or name in self._failed or len(self._asked) >= MOST_ASKED:
            return None
        task = self._asked[name] = asyncio.create_task(self._fetch(film, language))
        task.add_done_callback(lambda _: self._asked.pop(name))
        return task

    async def _fetch(self, film: Film, language: str) -> Found | None:
        # Whoever asked a moment before may have had it stored since.
        kept = await self._kept(_key(film), language)
        if kept is not None and kept.details is None:
            return None
        if kept is not None and kept.details is not None and kept.offers is not None:
            return Found(kept.details, kept.offers)
        try:
            found = await self._tmdb.find(film, language)
        except TokenError:
            if not self._is_off:
                log.error(
                    "TMDB doesn't accept TMDB_TOKEN: cards stay without posters. Copy the API Read Access Token from "
                    "https://www.themoviedb.org/settings/api to TMDB_TOKEN, and start the bot again."
                )
            self._is_off = True
            return None
        except BusyError:
            return None  # the client has told it, once for all films
        except FetchError as error:
            log.warning("%s is shown without its look: %s", film.title, error)
            self._failed[_key(film), language] = self._clock() + FAILED_KEPT
            return None
        await self._stored(lambda: self._store.put(_key(film), language, found, self._clock()))
        return found

    async def _kept(self, film: str, language: str) -> Kept | None:
        return await self._stored(lambda: self._store.get(film, language, self._clock()))

    async def _stored(self, action: Callable[[], T]) -> T | None:
        """What the store does, in a thread; None where it can't."""
        try:
            return await asyncio.to_thread(action)
        except (OSError, sqlite3.OperationalError) as error:
            self._tell(f"What films look like can't be kept, and is fetched anew each time: {error}.")
        except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
            self._tell(f"What was kept of films' looks is damaged, and is fetched anew: {error}.")
            await asyncio.to_thread(self._store.forget)
        return None

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            log.warning(sentence)
            self._told.add(sentence)


def _look(details: Details | None, offers: dict[str, Offers] | None, region: str | None) -> Look | None:
    return None if details is None else details.look(offers or {}, region)


def _key(film: Film) -> str:
    """The same for the same film, however it came here."""
    if film.imdb is not None:
        return f"imdb {film.imdb}"
    return f"tmdb {film.tmdb}" if film.tmdb is not None else f"title {film.year} {title_key(film.title)}"
