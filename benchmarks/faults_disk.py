"""What survives a full disk?  python -m benchmarks.faults_disk

The bot in this process, connected to a Discord on loopback, keeps its data on a disk of a few MB, which is filled until so many
pages are left, from none on: so what is written breaks off sooner or later. It is survived if the answer says so, what only reads
is answered, and all goes on by itself once there is room. Lost is what was acknowledged and isn't there, or was refused and is.
Mounting a disk takes root's rights. Prints Markdown.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest

from benchmarks import options as command_line
from benchmarks.faults_training import settings
from benchmarks.importing import Import
from benchmarks.report import Report
from bot import Marquee
from bot.store import StoreError, Unavailable, backup
from bot.training.folder import ModelFolder
from recommender import Recommender
from tests.bot import tiny_movielens
from tests.bot.patience import patiently
from tests.bot.retrains import end
from tests.bot.trouble import PAGE, full, small_disk
from tests.bot.wire import Wire, running
from tests.bot.wire_payloads import ALICE

DISK = 32 << 20  # bytes
LEFT = range(12)  # pages that are left; a commit takes three or more
MODEL_PAGES = (0, 16, 64, 1024)
FILMS = 40  # that are rated each time
IMPORTED = 100  # rows of a file
FULL = "My disk is full, so nothing was saved"
HEAD = ("", "injected", "survived", "lost")


@dataclass
class Told:
    """What members were told, by film: the stars that are saved by now; and how it went."""

    stars: dict[int, float] = field(default_factory=dict)
    injected: int = 0
    survived: int = 0
    lost: int = 0

    def counts(self, survived: bool, lost: int = 0) -> None:
        self.injected += 1
        self.survived += survived
        self.lost += lost


@dataclass(frozen=True)
class Place:
    """A bot on its small disk."""

    bot: Marquee
    wire: Wire

    @property
    def folder(self) -> Path:
        return self.bot.settings.data_dir

    async def says(self, command: str, **options: object) -> str:
        """The answer, or what comes after a deferral."""
        sent = await self.wire.send(command, options)
        answer = await patiently(sent.answer)
        return (answer if "components" in answer.data else await patiently(sent.edits.get())).text


Disk = Callable[[Place], Awaitable[Told]]


def main() -> None:
    options = command_line.parser("What survives a full disk, as Markdown.", 1).parse_args()
    with (
        Report("faults_disk", options.results) as report,
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
        small_disk(Path(folder) / "home", DISK),
    ):
        report.table(HEAD, asyncio.run(_rows(Path(folder), monkeypatch)))


async def _rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    rows = []
    with tiny_movielens.mirror(folder) as url:
        async with Wire.open() as wire:
            wire.redirect(monkeypatch)
            async with running(settings(folder / "home", url), wire) as bot:
                if (first := bot.trainer.running) is not None:
                    await end(first)
                for name, disk in DISKS.items():
                    told = await disk(Place(bot, wire))
                    rows.append([name, *map(str, (told.injected, told.survived, told.lost))])
    return rows


async def rated(place: Place) -> Told:
    """Ratings, of which some are refused, and lists meanwhile."""
    told = Told()
    await _rate(place, told, FILMS + 1, 1)
    for left in LEFT:
        with full(place.folder, left * PAGE):
            for film in range(1, FILMS + 1):
                await _rate(place, told, film, 1 + left % 5)
            listed = await place.says("ratings")
        goes_on = await _rate(place, told, FILMS + 1, 1 + left % 5)
        told.counts("Film" in listed and goes_on)
    there = await place.bot.store.history(ALICE)
    told.lost = sum(told.stars.get(film) != there.get(film) for film in told.stars.keys() | there.keys())
    return told


async def _rate(place: Place, told: Told, film: int, stars: float) -> bool:
    """Whether it was saved."""
    if FULL in await place.says("rate", movie=f"Film {film} (2001)", stars=stars):
        return False
    told.stars[film] = stars
    return True


async def listed(place: Place) -> Told:
    """What only reads, with and without a list to be kept."""
    told = Told()
    for command in ("recommend", "similar", "top", "ratings", "taste", "watchlist list", "night history"):
        with full(place.folder, 0):
            answer = await place.says(command, **({"movie": "Film 3 (2001)"} if command == "similar" else {}))
        told.counts(FULL not in answer and "went wrong" not in answer)
    return told


async def exported(place: Place) -> Told:
    told = Told()
    with full(place.folder, 0):
        told.counts("Everything stored under your id" in await place.says("data export"))
    return told


async def copied(place: Place) -> Told:
    """Backups beside the database."""
    told, database = Told(), place.bot.settings.database
    for left in LEFT:
        copy = place.folder / f"copy-{left}.db"
        with full(place.folder, left * PAGE):
            refused = _is_refused(database, copy)
            stub = list(place.folder.glob("copy-*"))
        again = not _is_refused(database, copy)
        with closing(sqlite3.connect(copy)) as db:
            kept = dict(db.execute("SELECT movie_id, stars FROM ratings WHERE member_id = ?", (ALICE,)))
        copy.unlink()
        told.counts(refused and not stub and again, int(kept != await place.bot.store.history(ALICE)))
    return told


def _is_refused(database: Path, copy: Path) -> bool:
    try:
        backup(database, copy)
    except StoreError:
        return True
    return False


async def imported(place: Place) -> Told:
    """Files of films, each of another member: shown and taken."""
    told = Told()
    lines = [f'2021-03-04,"Film {film}",2001,https://boxd.it/{film},4.0' for film in range(1, IMPORTED + 1)]
    data = "\n".join(["Date,Name,Year,Letterboxd URI,Rating", *lines]).encode()
    for member, left in enumerate(LEFT, start=1_000):
        with full(place.folder, left * PAGE):
            try:
                await Import(place.bot, member).run(data)
                taken = True
            except Unavailable:
                taken = False
        before = len(await place.bot.store.history(member))
        if not taken:
            await Import(place.bot, member).run(data)
        after = len(await place.bot.store.history(member))
        told.counts(after == IMPORTED, int(before != (IMPORTED if taken else 0)))
    return told


async def learned(place: Place) -> Told:
    """Retrains whose candidate finds no room."""
    told = Told()
    for left in MODEL_PAGES:
        with full(place.folder, left * PAGE):
            listed, kept, _ = await _retrained(place)
        goes_on = (await _retrained(place))[2] in ("published", "rejected")
        told.counts(listed and goes_on, int(not kept))
    return told


async def published(place: Place) -> Told:
    """Models that are published without room, where the file system has no links, so that the one before is copied."""
    told, publish = Told(), ModelFolder.publish
    for left in MODEL_PAGES:

        def without_room(folder: ModelFolder, candidate: Path, left: int = left) -> None:
            with full(place.folder, left * PAGE):
                publish(folder, candidate)

        with (
            patch.object(Path, "hardlink_to", side_effect=OSError("no links")),
            patch.object(ModelFolder, "publish", without_room),
        ):
            listed, kept, _ = await _retrained(place)
        goes_on = (await _retrained(place))[2] in ("published", "rejected")
        told.counts(listed and goes_on, int(not kept))
    return told


async def _retrained(place: Place) -> tuple[bool, bool, str]:
    """A retrain: whether lists are given afterwards, whether the model that serves is the one on disk and the same as before
    unless another was published, and how it ended."""
    before = place.bot.serving.recommender.info["trained_at"]
    try:
        kind = (await end(await place.bot.trainer.start("a full disk"))).kind
    except (Unavailable, OSError):
        kind = "refused"
    now, on_disk = (
        model.info["trained_at"]
        for model in (place.bot.serving.recommender, Recommender.load(place.bot.folder.current))
    )
    listed = "Film" in await place.says("recommend")
    return listed, now == on_disk and (now != before) == (kind == "published"), kind


DISKS: dict[str, Disk] = {
    "ratings": rated,
    "answers that only read, and lists": listed,
    "/data export": exported,
    "backups": copied,
    "imports": imported,
    "a retrain's candidate": learned,
    "publishing, where links are refused": published,
}


if __name__ == "__main__":
    main()
