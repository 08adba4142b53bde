"""One update of what the chosen source knows of films: for the bot in the background, and for the command line."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bot.films.fetch import BusyError, FetchError, RefusedError, Web
from bot.films.imdb import Imdb
from bot.films.shelf import InUseError, Shelf
from bot.films.source import Progress, Source
from bot.films.wikidata import Wikidata
from bot.settings import Settings

SOURCES: dict[str, Callable[[], Source]] = {"wikidata": Wikidata, "imdb": Imdb}
OFF = "MARQUEE_FILMS is off: no films are fetched."
WEEKLY = timedelta(days=7)  # what is older is fetched again
DAILY = timedelta(days=1)  # the same where somebody asks for it: an update that was stopped goes on


class Outcome(NamedTuple):
    """How an update ended. Whatever it fetched is kept."""

    changed: bool  # something was fetched: the catalogue can be composed anew
    problem: str | None  # why not all was fetched, as a sentence
    wait: float = 0.0  # seconds that the source asked to be left alone for
    is_refused: bool = False  # the source doesn't serve us, which only the host can change


def shelf_of(settings: Settings) -> Shelf:
    """Where this bot keeps what the sources know."""
    return Shelf(settings.films_dir)


async def update(
    settings: Settings, progress: Progress = lambda *_: None, age: timedelta = WEEKLY, web: Web | None = None
) -> Outcome:
    """Fetch what the chosen source lacks, or has had for longer than `age`.

    What can't be fetched is told in the outcome, which is the caller's to log or to show. The next update goes on from there.
    """
    if settings.films == "off":
        return Outcome(changed=False, problem=OFF)
    source, shelf = SOURCES[settings.films](), shelf_of(settings)
    before = await asyncio.to_thread(shelf.pieces, source.name)
    wait, problem, is_refused = 0.0, None, False
    try:
        with shelf.held():
            async with web or Web(settings.contact) as client:
                problem = await _fetch(source, client, shelf, age, progress)
    except (FetchError, InUseError) as error:
        problem = str(error)
        wait = error.seconds if isinstance(error, BusyError) else 0.0
        is_refused = isinstance(error, RefusedError)
    except OSError as error:
        problem = f"The folder {shelf.folder} can't be used: {error.strerror or error}. See MARQUEE_DATA_DIR."
    after = await asyncio.to_thread(shelf.pieces, source.name)
    return Outcome(after != before, problem, wait, is_refused)


async def _fetch(source: Source, web: Web, shelf: Shelf, age: timedelta, progress: Progress) -> str | None:
    """What is left to say of an update that went through: pieces of it may have failed."""
    failed = await source.update(web, shelf, datetime.fromtimestamp(web.clock(), UTC) - age, progress)
    return (
        f"Parts that could not be fetched and are as they were: {failed}. The next update tries again."
        if failed
        else None
    )
