"""What does serving survive of a retrain?  python -m benchmarks.faults_training

The bot in this process, connected to a Discord on loopback, retrains on a small data set, and its worker process is killed,
stopped, starved of memory, or brings back what is no model. It is survived if members get their lists meanwhile and afterwards,
from the model that served before, whose file is as it was; if `/admin status` says how it ended; and if the next retrain
publishes. Lost is a rating that was given meanwhile, or the model. Prints Markdown.
"""

import asyncio
import math
import os
import resource
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from benchmarks import options as command_line
from benchmarks.report import Report
from bot import Marquee, Settings
from bot.store import Store
from bot.training import process
from bot.training import retrain as learning
from bot.training.retrain import Job
from bot.training.run import Outcome, Progress
from recommender import model_file
from tests.bot import tiny_movielens
from tests.bot.retrains import end
from tests.bot.wire import Wire, running
from tests.bot.wire_payloads import ALICE

LIMIT = 1.0  # minutes until a worker that hangs is killed; a whole retrain takes some seconds
NONSENSE = b"\x80\x05no pickle"
NO_STARS = (math.nan, math.inf, -math.inf, 0.0, 5.5, -1.0, 3.3)
HEAD = ("", "injected", "survived", "lost", "what the owner is told")

# Called in the worker with what it is about to send; what it returns is sent instead.
Act = Callable[[Connection, Job, Any], Any]


@dataclass(frozen=True)
class Suffered:
    """What became of a retrain."""

    survived: bool
    lost: int
    outcome: Outcome


def main() -> None:
    options = command_line.parser("What serving survives of a retrain, as Markdown.", 1).parse_args()
    with (
        Report("faults_training", options.results) as report,
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        tables = asyncio.run(_tables(Path(folder), monkeypatch))
        for heading, rows in (tables | {"What is no rating": [asyncio.run(_no_stars(Path(folder)))]}).items():
            report.heading(heading)
            report.table(HEAD, rows)


async def _tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Heading -> rows."""
    tables: dict[str, list[list[str]]] = {}
    with tiny_movielens.mirror(folder) as url:
        async with Wire.open() as wire:
            wire.redirect(monkeypatch)
            async with running(settings(folder / "home", url), wire) as bot:
                if (first := bot.trainer.running) is not None:
                    await end(first)
                for heading, acts in FAULTS.items():
                    tables[heading] = [await _row(name, act, bot, wire) for name, act in acts.items()]
    return tables


async def _row(name: str, act: Act, bot: Marquee, wire: Wire) -> list[str]:
    suffered = await suffer(act, bot, wire)
    told = suffered.outcome.sentence.replace(str(bot.settings.data_dir), "data")
    return [name, "1", str(int(suffered.survived)), str(suffered.lost), told]


def settings(home: Path, mirror: str) -> Settings:
    """Those of a bot that learns from the small set."""
    return Settings(
        _env_file=None,
        database=home / "club.db",
        data_dir=home,
        movielens=tiny_movielens.NAME,
        movielens_url=mirror,
        device="cpu",
        films="off",
        owner_ids=[ALICE],
    )


async def suffer(act: Act, bot: Marquee, wire: Wire) -> Suffered:
    """A retrain with this act, and one without."""
    before, file = bot.serving, bot.folder.current.read_bytes()
    for downloaded in bot.settings.data_dir.glob("*.parquet"):
        downloaded.unlink()  # so that there is something to download
    patience, bot.settings.retrain_minutes = bot.settings.retrain_minutes, LIMIT
    with sabotaged(act):
        run = await bot.trainer.start("a fault")
    answers = [await wire.command("recommend")]
    await wire.command("rate", movie="Film 7 (2001)", stars=4.0)
    outcome = await end(run)
    answers.append(await wire.command("recommend"))
    status = (await wire.command("admin status")).text
    kept = bot.serving is before and bot.folder.current.read_bytes() == file
    ratings = await bot.store.history(ALICE)
    await bot.store.unrate(ALICE, 7)
    bot.settings.retrain_minutes = patience
    again = await end(await bot.trainer.start("after it"))
    listed = all("Film " in answer.text for answer in answers)
    survived = listed and f", {outcome.kind}: " in status and again.kind == "published"
    return Suffered(survived and outcome.kind in ("failed", "rejected"), (7 not in ratings) + (not kept), outcome)


@contextmanager
def sabotaged(act: Act) -> Iterator[None]:
    """So ends a training process that starts in this block."""
    with patch.object(process, "main", partial(_sabotaged, act)):
        yield


def _sabotaged(act: Act, job: Job, connection: Connection) -> None:
    """The training process's work."""
    process.main(job, _Tapped(act, job, connection))  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Tapped:
    act: Act
    job: Job
    connection: Connection

    def send(self, message: Any) -> None:
        changed = self.act(self.connection, self.job, message)
        if isinstance(changed, bytes):
            self.connection.send_bytes(changed)
        else:
            self.connection.send(changed)


def _at(phase: str, share: float, deed: Callable[[], object], _: Connection, __: Job, message: Any) -> Any:
    """Do it in this phase, once this share of it is done."""
    if isinstance(message, Progress) and message.phase == phase and message.fraction >= share:
        deed()
    return message


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stopped() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _starved() -> None:
    """No more memory than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)


def _out_of_memory() -> None:
    raise MemoryError


def _left() -> None:
    os._exit(0)


def _reporting(
    change: Callable[[Connection, Job, learning.Report], Any], to: Connection, job: Job, message: Any
) -> Any:
    """Change what is brought back, and would pass the gate."""
    if not isinstance(message, learning.Report):
        return message
    return change(to, job, replace(message, errors=message.errors_before or message.errors))


def _killed_before_the_report(_: Connection, __: Job, report: learning.Report) -> None:
    _killed()


def _killed_within_the_report(to: Connection, _: Job, report: learning.Report) -> None:
    os.write(to.fileno(), b"\x00\x00\x10\x00half a message")
    _killed()


def _nonsense(_: Connection, __: Job, report: learning.Report) -> bytes:
    return NONSENSE


def _another_thing(_: Connection, __: Job, report: learning.Report) -> object:
    return 42


def _no_error(_: Connection, __: Job, report: learning.Report) -> learning.Report:
    return replace(report, errors=replace(report.errors, rmse=math.nan))


def _no_candidate(_: Connection, job: Job, report: learning.Report) -> learning.Report:
    job.candidate.unlink()
    return report


def _noise(_: Connection, job: Job, report: learning.Report) -> learning.Report:
    job.candidate.write_bytes(os.urandom(job.candidate.stat().st_size))
    return report


def _half(_: Connection, job: Job, report: learning.Report) -> learning.Report:
    os.truncate(job.candidate, job.candidate.stat().st_size // 2)
    return report


def _no_numbers(_: Connection, job: Job, report: learning.Report) -> learning.Report:
    """A whole file, by its checksum, in which one tensor is NaN."""
    model, document, stored, _ = model_file.load(job.candidate)
    next(tensor for tensor in model.tensors().values() if tensor.is_floating_point()).fill_(math.nan)
    model_file.save(job.candidate, model, document, stored)
    return report


def _bad(_: Connection, __: Job, report: learning.Report) -> learning.Report:
    """As a model that learned nothing would be reported."""
    return replace(report, errors=replace(report.errors, rmse=2 * report.errors.rmse))


async def _no_stars(folder: Path) -> list[str]:
    """What is no number of stars, given to the store and, by another program, to the database itself."""
    refused = 0
    async with Store.open(folder / "stars.db") as store:
        for stars in NO_STARS:
            try:
                await store.rate(ALICE, 1, stars, at=1)
            except ValueError:
                refused += 1
            with closing(sqlite3.connect(folder / "stars.db")) as db:
                try:
                    db.execute("INSERT INTO ratings VALUES (?, 1, ?, 1)", (ALICE, stars))
                except sqlite3.IntegrityError:
                    refused += 1
        stored = len(await store.history(ALICE))
    return ["NaN and others that are no stars, stored", str(2 * len(NO_STARS)), str(refused), str(stored), ""]


PHASES = {
    "as it reads the ratings": ("reading ratings", 0.0),
    "as it downloads": ("downloading MovieLens", 0.0),
    "as it begins to learn": ("learning", 0.0),
    "half way through learning": ("learning", 0.5),
    "as it measures": ("checking", 0.0),
    "as it writes the candidate": ("checking", 1.0),
}
# By the heading under which they are told.
FAULTS: dict[str, dict[str, Act]] = {
    "Killed": {
        **{when: partial(_at, *place, _killed) for when, place in PHASES.items()},
        "before its report": partial(_reporting, _killed_before_the_report),
        "within its report": partial(_reporting, _killed_within_the_report),
        "ended without a word": partial(_at, "learning", 0.5, _left),
    },
    "Hung, or out of memory": {
        "stopped half way through learning": partial(_at, "learning", 0.5, _stopped),
        "no more memory for it": partial(_at, "learning", 0.0, _starved),
        "a MemoryError": partial(_at, "learning", 0.5, _out_of_memory),
    },
    "What it brings back": {
        "a report that can't be read": partial(_reporting, _nonsense),
        "a report that is none": partial(_reporting, _another_thing),
        "a report whose error is NaN": partial(_reporting, _no_error),
        "a report of a bad model": partial(_reporting, _bad),
        "no candidate": partial(_reporting, _no_candidate),
        "noise for a candidate": partial(_reporting, _noise),
        "half a candidate": partial(_reporting, _half),
        "a candidate of NaN, its checksum right": partial(_reporting, _no_numbers),
    },
}


if __name__ == "__main__":
    main()
