"""What may need its owner's hand, as it can be seen at any time."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

from bot import cards
from bot.alerts import META, Kind
from bot.app import Marquee
from bot.settings import Settings
from bot.store import Store, Unavailable
from bot.store.engine import DAMAGE

DISK_BYTES = 1_000_000_000  # with less than this, a disk is nearly full
_FAILED = ("failed", "rejected")


async def look(bot: Marquee) -> dict[Kind, str]:
    """A sentence for each kind of trouble; an empty one where there is none. A kind of which nothing is known is left out."""
    # Servers are spread evenly: the other processes' shards are about as full.
    found: dict[Kind, str] = {"disk": await asyncio.to_thread(_disk, bot.settings), "shards": bot.crowded()}
    with suppress(Unavailable):  # the store has told the log
        found["retrain"] = await _retrain(bot.store)
    if bot.looks is not None and (refused := bot.looks.refused) is not None:
        found["tmdb"] = refused
    return found


async def away(store: Store) -> str:
    """A sentence where the database can't be reached; an empty one where it can."""
    try:
        await store.get_meta(META)
    except Unavailable as error:
        return "" if error.trouble is DAMAGE else "The log says why."
    return ""


async def _retrain(store: Store) -> str:
    """Of the retrains that came to an end by themselves, the last two count. From the store: they may be of different starts."""
    ended = [training for training in await store.trainings.latest() if training.outcome in (*_FAILED, "published")]
    if len(ended) < 2 or any(training.outcome not in _FAILED for training in ended[:2]):
        return ""
    return f"The last two retrains brought no new model. {(ended[0].report or {}).get('sentence', '')}".rstrip()


def _disk(settings: Settings) -> str:
    short = [str(folder) for folder in _folders(settings) if _free(folder) < DISK_BYTES]
    return f"Less than 1 GB is left on the disk of {cards.listing(short)}." if short else ""


def _folders(settings: Settings) -> list[Path]:
    """One on each disk that is written to."""
    disks: dict[int, Path] = {}
    of_database = () if settings.database_file is None else (settings.database_file.parent,)
    for folder in (settings.data_dir, *of_database, settings.backup_dir):
        with suppress(OSError):
            disks.setdefault(folder.stat().st_dev, folder.resolve())
    return list(disks.values())


def _free(folder: Path) -> float:
    """In bytes; without end where the system doesn't say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return float("inf")
