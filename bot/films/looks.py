"""Looks of films: taken from what is kept, or asked for in the background. An answer never waits long for one."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from bot.films.fetch import BusyError, FetchError
from bot.films.film import Film
from bot.films.look import Look
from bot.films.look_store import Kept, Key, LookStore
from bot.films.tmdb import Tmdb, TokenError
from recommender.text import title_key

FAILED_KEPT = 300.0  # seconds until a film is asked for again after that went wrong
PATIENCE = 1.5  # seconds that an answer waits, which Discord wants within three
FASTEST = 0.25  # seconds that are left for reading what is kept, however short the patience
MOST_ASKED = 100  # films at a time
TOKEN_REFUSED = (
    "TMDB doesn't accept TMDB_TOKEN: cards stay without posters. Copy the API Read Access Token from "
    "https://www.themoviedb.org/settings/api to TMDB_TOKEN, and start the bot again."
)

T = TypeVar("T")

log = logging.getLogger(__name__)


class Looks:
    """What films look like. `clock` gives seconds since 1970, `patience` is how many seconds an answer waits."""

    def __init__(
        self, tmdb: Tmdb, store: LookStore, clock: Callable[[], float] = time.time, patience: float = PATIENCE
    ) -> None:
        self._tmdb = tmdb
        self._store = store
        self._clock = clock
        self._patience = patience
        self._asked: dict[Key, asyncio.Task[Kept | None]] = {}
        self._failed: dict[Key, float] = {}  # until when
        self._told: set[str] = set()

    @property
    def refused(self) -> str | None:
        """What to do about a token that TMDB doesn't accept; nothing where it does, None while it hasn't said."""
        return {None: None, True: "", False: TOKEN_REFUSED}[self._tmdb.accepted]

    async def of(self, film: Film, language: str, region: str | None) -> Look | None:
        """What is kept, or what comes in time; None if that is nothing. What comes later is kept for the next time.

        `language` is Discord's locale ("de", "pt-BR"), `region` the server's country (ISO 3166-1): without one there is neither
        a certification nor an offer. Whatever goes wrong is told in the log alone.
        """
        [look] = await self.of_all([film], language, region)
        return look

    async def of_all(
        self, films: Sequence[Film], language: str, region: str | None, patience: float | None = None
    ) -> list[Look | None]:
        """The same of many films, which are asked for in their order; together they take no longer than one, or `patience`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (self._patience if patience is None else patience)
        keys = [(_name(film), language) for film in films]
        reading = asyncio.create_task(self._kept(keys))
        await asyncio.wait([reading], timeout=max(until - loop.time(), FASTEST))  # another process may hold the file
        if not reading.done():
            return [None] * len(keys)
        known = reading.result()
        tasks = dict[Key, asyncio.Task[Kept | None]]()
        for key, film in zip(keys, films, strict=True):
            lacks = key not in known or not known[key].suffices(region)
            if lacks and (task := self._ask(key, film)) is not None:
                tasks[key] = task
        if tasks:
            # Not `wait_for`, which would end what others wait for too.
            await asyncio.wait(tasks.values(), timeout=max(until - loop.time(), 0))
        for key, task in tasks.items():
            if task.done() and not task.cancelled() and (found := task.result()) is not None:
                known[key] = found
        return [known[key].look(region, self._tmdb.images) if key in known else None for key in keys]

    async def picture(self, address: str) -> bytes | None:
        """The bytes of a poster, if they come in time."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._tmdb.picture(address)
        except (FetchError, TimeoutError) as error:
            log.warning("A poster isn't shown: %s", error or "it took too long.")
            return None

    async def services(self, region: str) -> list[str]:
        """Names of services where films cost nothing in a region, those with most films first, as far as something is kept."""
        return await self._stored(lambda: self._store.services(region, self._clock())) or []

    async def prune(self) -> None:
        """Remove what is too old."""
        await self._stored(lambda: self._store.prune(self._clock()))

    async def close(self) -> None:
        """End what is still asked for."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ask(self, key: Key, film: Film) -> "asyncio.Task[Kept | None] | None":
        """The one request for a film in a language, or None if there is to be none now."""
        if (task := self._asked.get(key)) is not None:
            return task
        now = self._clock()
        self._failed = {failed: until for failed, until in self._failed.items() if until > now}
        if key in self._failed or len(self._asked) >= MOST_ASKED:
            return None
        task = self._asked[key] = asyncio.create_task(self._find(key, film))
        task.add_done_callback(lambda _: self._asked.pop(key))
        return task

    async def _find(self, key: Key, film: Film) -> Kept | None:
        """What TMDB says, which is then kept; None where it says nothing now."""
        try:
            # Whoever asked a moment before may have had it stored since.
            kept = (await self._kept([key])).get(key)
            if kept is None or not kept.suffices("any"):
                found = await self._tmdb.find(film, key[1])
                kept = Kept(None, None) if found is None else Kept(*found)
                await self._stored(lambda: self._store.put(key, kept, self._clock()))
        except TokenError:
            self._tell(logging.ERROR, TOKEN_REFUSED)
        except BusyError:
            pass  # the client has told it, once for all films
        except FetchError as error:
            log.warning("A film is shown without its look: %s", error)
            self._failed[key] = self._clock() + FAILED_KEPT
        except Exception:
            log.exception("A film is shown without its look")
            self._failed[key] = self._clock() + FAILED_KEPT
        else:
            return kept
        return None

    async def _kept(self, keys: Sequence[Key]) -> dict[Key, Kept]:
        return await self._stored(lambda: self._store.get(keys, self._clock())) or {}

    async def _stored(self, action: Callable[[], T]) -> T | None:
        """What the store does, in a thread; None where it can't."""
        try:
            return await asyncio.to_thread(action)
        except (OSError, sqlite3.OperationalError) as error:
            told = f"What films look like can't be kept, and is fetched anew each time: {error}."
        except Exception as error:  # a damaged file may hold anything
            told = f"What was kept of films' looks is damaged, and is fetched anew: {error}."
            with suppress(OSError):
                await asyncio.to_thread(self._store.forget)
        self._tell(logging.WARNING, told)
        return None

    def _tell(self, level: int, sentence: str) -> None:
        if sentence not in self._told:
            log.log(level, sentence)
            self._told.add(sentence)


def _name(film: Film) -> str:
    """The same for the same film, however it came here."""
    if film.imdb is not None:
        return f"imdb {film.imdb}"
    return f"tmdb {film.tmdb}" if film.tmdb is not None else f"title {film.year} {title_key(film.title)}"
