"""The copies that the bot makes of its database by itself: when, under which names, and which of them it removes again.

By the clock, and before a newer program changes the database. Times are UTC seconds since 1970.
"""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bot.settings import Settings
from bot.store import StoreError, backup, exists
from bot.store.copies import PART, remove

MODE = 0o700  # of the folder: what members rate is nobody else's business
KEPT_BEFORE = 2  # copies from before a migration
LAST = "backed up"  # in meta: when the last one was made by the clock, on whichever machine
LEFT = 3600  # seconds; a part that nothing was written to for so long is nobody's
EARLY = 60  # seconds: the clock's turn comes on the hour, now a little earlier, now a little later

log = logging.getLogger(__name__)

_NAME = re.compile(r"marquee-(?:before-version-([0-9]{1,9})-)?([0-9]{8}-[0-9]{6})\.db")
_TIME = "%Y%m%d-%H%M%S"


class Backup(NamedTuple):
    """One of the folder's files, by its name."""

    at: int
    path: Path
    version: int | None = None  # to which the database was brought next; None: made by the clock


def backups(folder: Path) -> list[Backup]:
    """Those that the bot made there, newest first. None in a folder that can't be read."""
    try:
        paths = [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
    except OSError:
        return []
    return sorted(filter(None, map(_parsed, paths)), reverse=True)


def newest(folder: Path) -> int | None:
    """When the newest backup there was made."""
    return next((each.at for each in backups(folder)), None)


def due(folder: Path, hours: int, now: int) -> bool:
    """Whether none was made by the clock in so many hours. What is dated later than now was made by a clock that was wrong."""
    since = now - hours * 3600 + EARLY
    return not any(each.version is None and since < each.at <= now for each in backups(folder))


async def back_up(settings: Settings, now: int) -> Path | None:
    """As `make_if_due`, in a thread, which gives up where this is cancelled."""
    stopped = threading.Event()
    try:
        return await asyncio.to_thread(make_if_due, settings, now, stopped.is_set)
    finally:
        stopped.set()


def make_if_due(settings: Settings, now: int, stopped: Callable[[], bool] = lambda: False) -> Path | None:
    """The new backup, if it was time for one. Raises StoreError if none could be made; no other is removed then."""
    folder = settings.backup_dir
    if settings.backup_hours == 0 or not due(folder, settings.backup_hours, now) or not exists(settings.database):
        return None
    return _make(settings, now, None, settings.backup_keep, stopped)


def remove_outlived(settings: Settings, last: int) -> None:
    """For a process that makes none. Where the last one, made at that time, is in another folder, nobody else removes what this
    machine made before: what is as old goes as would go from there. Raises OSError."""
    made = [each for each in backups(settings.backup_dir) if each.version is None]
    if settings.backup_hours == 0 or any(each.at >= last for each in made):  # whoever makes them removes them
        return
    for each in made:
        if each.at <= last - settings.backup_keep * settings.backup_hours * 3600 + EARLY:
            each.path.unlink(missing_ok=True)


def make_before(version: int, settings: Settings, now: int) -> Path:
    """The copy made before the database is brought to this version. Raises StoreError if it can't be made."""
    try:
        made = _make(settings, now, version, KEPT_BEFORE)
    except StoreError as error:
        raise StoreError(
            f"this program would change it (to version {version}), and the copy that is made first failed: {error}. "
            "Nothing was changed. Mend that, or set MARQUEE_BACKUP_DIR to another folder"
        ) from error
    log.info("the database is brought to version %d; as it was before, it is kept as %s", version, made)
    return made


def _make(
    settings: Settings, now: int, version: int | None, keep: int, stopped: Callable[[], bool] = lambda: False
) -> Path:
    folder = settings.backup_dir
    made = folder / _name(now, version)
    try:
        # Another folder must be there: where its disk is not mounted, copies would fill the disk that they are to outlive.
        if folder.parent == settings.data_dir:
            folder.mkdir(mode=MODE, parents=True, exist_ok=True)
        if not folder.is_dir():
            raise StoreError(f"there is no folder {folder}: make it, or see whether its disk is there")
        _remove_left(folder)
        backup(settings.database, made, stopped)
        for old in _others(folder, made, now, version)[keep - 1 :]:
            old.path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} can't be used: {error.strerror}") from error
    return made


def _remove_left(folder: Path) -> None:
    """What is no copy yet, and was left by a bot that was killed: not what another machine is making at the moment."""
    for part in folder.glob(f"*{PART}"):
        with suppress(FileNotFoundError):  # it has just got its name
            if _parsed(part.with_suffix("")) and time.time() - part.stat().st_mtime > LEFT:
                remove(part)


def _others(folder: Path, made: Path, now: int, version: int | None) -> list[Backup]:
    """The older ones of the same kind, newest first; what is dated later than now counts as the oldest."""
    same = [each for each in backups(folder) if (each.version is None) == (version is None) and each.path != made]
    return sorted(same, key=lambda each: (each.at <= now, each.at), reverse=True)


def _name(at: int, version: int | None) -> str:
    kind = "" if version is None else f"before-version-{version}-"
    return f"marquee-{kind}{datetime.fromtimestamp(at, UTC):{_TIME}}.db"


def _parsed(path: Path) -> Backup | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    version = None if match[1] is None else int(match[1])
    try:
        at = int(datetime.strptime(match[2], _TIME).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
    return Backup(at, path, version) if _name(at, version) == path.name else None
