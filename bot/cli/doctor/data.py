"""What is in the data folder: members' data, the model, the ratings, the films."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot import cards
from bot.cli.doctor.findings import Case, Check, Finding, bad, good, warning
from bot.cli.machine import NEEDS
from bot.films.update import SOURCES, WEEKLY, shelf_of
from bot.store.database import read_only
from bot.store.migrate import shipped_scripts
from bot.training.folder import ModelFolder
from recommender import model_file
from recommender.datasets.movielens import EMBEDDED

RESTORE = "Put the last backup in its place."


def database(case: Case) -> Iterator[Finding]:
    path = case.settings.database
    if not path.exists():
        yield warning(f"There is none at {path} yet; the first start makes it.")
        return
    about = path.stat()
    if not os.access(path, os.R_OK | os.W_OK):
        yield bad(f"{path} belongs to user {about.st_uid}, and you may not write it. Start the bot as that user.")
        return
    yield from _content(path, about.st_size)
    if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(f"Others on this machine may read what members rated: chmod 600 {path}")


def _content(path: Path, size: int) -> Iterator[Finding]:
    newest = len(shipped_scripts())
    # Even who only reads leaves a log file beside a database that nobody has open, unless told that it can't change.
    is_open = path.with_name(f"{path.name}-wal").exists()
    address = read_only(path) if is_open else f"{read_only(path)}&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as db:
            [version] = db.execute("PRAGMA user_version").fetchone()
            [problem] = db.execute("PRAGMA quick_check(1)").fetchone()
            ratings = None if version == 0 else db.execute("SELECT count(*) FROM ratings").fetchone()[0]
    except sqlite3.Error as error:
        yield bad(f"{path} can't be read as a database: {error}. {RESTORE}")
        return
    if problem != "ok":
        yield bad(f"{path} is damaged: {problem}. {RESTORE}")
    elif ratings is None:
        yield warning(f"{path} is empty; the next start makes it ready.")
    elif version > newest:
        yield bad(
            f"{path} has version {version}, made by a newer Marquee than this one, which knows {newest}. Use that one."
        )
    else:
        older = f" The next start brings it from version {version} to {newest}." if version < newest else ""
        judge = warning if older else good
        yield judge(f"Whole: {cards.count(ratings, 'rating')}, {size / 1e6:.1f} MB, version {version}.{older}")


def model(case: Case) -> Iterator[Finding]:
    path = ModelFolder(case.settings.data_dir / "models").current
    try:
        _, document = model_file.load(path)
        info = document["info"]
        learned_from, at = info["dataset"], datetime.fromtimestamp(info["trained_at"], UTC)
    except FileNotFoundError:
        yield warning("There is none yet; the bot learns one at its first start.")
        return
    except (model_file.ModelFileError, KeyError, TypeError) as error:
        yield bad(f"{error}. The next start sets it aside, and takes the one before it or learns anew.")
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
        yield good(f"{name} is there: {sum(path.stat().st_size for path in kept) / 1e6:,.0f} MB.")
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
        yield warning(f"{told} A running bot does that weekly; this says why it can't: python -m bot films update")
    else:
        yield good(told)


def _ago(at: datetime) -> str:
    days = (datetime.now(UTC) - at).days
    return f"{cards.count(days, 'day')} ago" if days > 0 else "today"


CHECKS: dict[str, Check] = {
    "database": database,
    "model": model,
    "data set": data_set,
    "films": films,
}
