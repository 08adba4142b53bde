"""What is in the data folder: members' data, the model, the ratings, the films."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.filesize import decimal

from bot import cards
from bot.address import Address
from bot.backups import newest
from bot.cli.doctor.findings import Case, Check, Finding, bad, good, warning
from bot.cli.machine import NEEDS
from bot.cli.typed import typed
from bot.films.update import SOURCES, WEEKLY, shelf_of
from bot.store import StoreError, contents, exists, server_version
from bot.store.migrate import shipped_scripts
from bot.store.restoring import damage
from bot.training.folder import ModelFolder
from recommender import model_file
from recommender.datasets.movielens import EMBEDDED

RESTORE = f"Put a backup in its place: {typed('restore')}"


def database(case: Case) -> Iterator[Finding]:
    path = case.settings.database
    if isinstance(path, Address):
        yield from _server(path)
        return
    if not path.exists() or path.stat().st_size == 0:
        if newest(case.settings.backup_dir) is None:
            yield warning(f"There is none at {path} yet; the first start makes it.")
        else:
            yield bad(f"There is none at {path}, but there are backups. {RESTORE}")
        return
    about = path.stat()
    if not os.access(path, os.R_OK | os.W_OK):
        yield bad(f"{path} belongs to user {about.st_uid}, and you may not write it. Start the bot as that user.")
        return
    yield from _content(path, about.st_size)
    if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(f"Others on this machine may read what members rated: chmod 600 {path}")


def _server(address: Address) -> Iterator[Finding]:
    try:
        place = f"{address}, PostgreSQL {server_version(address)}"
        if not exists(address):
            yield warning(f"There is nothing in {place} yet; the first start makes it.")
            return
        held = contents(address)
        yield from _version(str(address), held.version, f"{cards.count(held.counts.ratings, 'rating')} in {place}")
    except StoreError as error:
        yield bad(f"{error}.")


def _version(place: str, version: int, told: str) -> Iterator[Finding]:
    known = len(shipped_scripts())
    if version > known:
        yield bad(f"{place} has version {version}, newer than this program's {known}: use a newer program.")
    elif version < known:
        yield warning(f"{told}. The next start changes it; this says what: {typed('upgrade')}")
    else:
        yield good(f"{told}.")


def _content(path: Path, size: int) -> Iterator[Finding]:
    try:
        problem, held = damage(path), contents(path)
    except StoreError as error:
        yield bad(f"{error} {RESTORE}")
        return
    if problem is not None:
        yield bad(f"{path} is damaged: {problem}. {RESTORE}")
    else:
        told = f"Whole: {cards.count(held.counts.ratings, 'rating')}, {decimal(size)}"
        yield from _version(str(path), held.version, told)


def model(case: Case) -> Iterator[Finding]:
    path = ModelFolder(case.settings.model_dir).current
    try:
        document = model_file.load(path).document
        info = document["info"]
        learned_from, at = info["dataset"], datetime.fromtimestamp(info["trained_at"], UTC)
    except FileNotFoundError:
        yield warning("There is none yet; the bot learns one at its first start.")
        return
    except model_file.OtherFormatError as error:
        yield warning(f"{error}. The next start learns a new one.")
        return
    except (model_file.ModelFileError, KeyError, TypeError) as error:
        yield bad(f"{error}. The next start sets it aside, and takes the one before it or learns anew.")
        return
    except OSError as error:
        yield bad(f"{path} can't be read: {error.strerror}.")
        return
    told = f"Whole, and learned {_ago(at)} from {learned_from}."
    if learned_from != case.settings.movielens:
        yield warning(f"{told} The settings say {case.settings.movielens}: a running bot learns from that soon.")
    else:
        yield good(told)


def data_set(case: Case) -> Iterator[Finding]:
    name, needs = case.settings.movielens, NEEDS[case.settings.movielens]
    kept = list(case.settings.data_dir.glob(f"{name}.*.parquet"))
    if name == EMBEDDED:
        yield good(f"{name} is built in.")
    elif kept:
        yield good(f"{name} is there: {decimal(sum(path.stat().st_size for path in kept))}.")
    else:
        yield warning(f"{name} is not there yet: the next start downloads {needs.megabytes} MB.")


def films(case: Case) -> Iterator[Finding]:
    source = case.settings.films
    if source == "off":
        yield good("MARQUEE_FILMS is off: none are fetched.")
        return
    about = shelf_of(case.settings).about(SOURCES[source]().name)
    if about is None:
        yield warning(f"None are there of {source} yet; a running bot fetches them.")
        return
    told = f"{about.films:,} of {source}, the oldest fetched {_ago(about.oldest)}."
    if datetime.now(UTC) - about.oldest > 2 * WEEKLY:
        yield warning(f"{told} A running bot does that weekly; this says why it can't: {typed('films update')}")
    else:
        yield good(told)


def backups(case: Case) -> Iterator[Finding]:
    settings = case.settings
    if settings.backup_hours == 0:
        yield warning("MARQUEE_BACKUP_HOURS is 0, so the bot makes none. A disk that breaks takes all ratings with it.")
        return
    at, folder = newest(settings.backup_dir), settings.backup_dir
    if not folder.is_dir() and folder.parent != settings.data_dir:
        yield bad(f"There is no folder {folder}, so none are made: make it, or see whether its disk is there.")
        return
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)):
        yield bad(f"{folder} is no folder that you may write, so none are made. See whose it is: ls -ld {folder}")
    elif at is None and settings.database_file is not None and not settings.database_file.exists():
        yield good(f"There is nothing to copy yet; a running bot will, into {folder}.")
    elif at is None:
        yield warning(f"There are none in {folder} yet; a running bot makes one.")
    else:
        made = datetime.fromtimestamp(at, UTC)
        is_late = datetime.now(UTC) - made > timedelta(hours=2 * settings.backup_hours)
        told = f"The newest in {folder} was made {_ago(made)}."
        yield warning(f"{told} It is late; is the bot running? Its log says what is wrong.") if is_late else good(told)


def _ago(at: datetime) -> str:
    days = (datetime.now(UTC) - at).days
    return f"{cards.count(days, 'day')} ago" if days > 0 else "today"


CHECKS: dict[str, Check] = {
    "database": database,
    "model": model,
    "data set": data_set,
    "films": films,
    "backups": backups,
}
