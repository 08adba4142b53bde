"""`doctor` of what the bot keeps and of the machine: each line with its fault made real, and nothing is changed."""

import asyncio
import re
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
import torch

from bot.cli.machine import NEEDS
from bot.films.film import Film
from bot.films.shelf import Shelf
from bot.store import Store
from bot.training.folder import ModelFolder
from recommender.datasets import DATASETS
from tests.bot.trouble import damage

GOOD, WARNING, BAD = "✓", "!", "✗"
DAY = 86_400


@pytest_asyncio.fixture
async def database(folder):
    async with Store.open("data/marquee.db") as store:
        await store.rate(1, 2, 4.5, at=3)
    return folder / "data" / "marquee.db"


@pytest.fixture
def published(model, folder):
    """Publishes a model of three films that learned from this data set."""

    def published(dataset, days=0):
        models = ModelFolder(folder / "data" / "models")
        models.clean()
        model.with_info(dataset=dataset, trained_at=time.time() - days * DAY).save(models.candidate)
        models.publish(models.candidate)
        return models.current

    return published


def state(folder):
    """All names and contents below a folder."""
    paths = sorted(folder.rglob("*"))
    # What SQLite's readers and writers share in memory notes who reads.
    return [(path, path.read_bytes() if path.is_file() and not path.name.endswith("-shm") else b"") for path in paths]


async def test_it_changes_nothing_beside_a_bot_that_has_the_database_open(doctor, folder, published):
    published("ml-latest-small")
    async with Store.open("data/marquee.db") as store:
        await store.rate(1, 2, 4.5, at=3)
        before = state(folder)
        _, found = await asyncio.to_thread(doctor)
        assert state(folder) == before
    [(mark, text)] = found["database"]
    assert mark == GOOD
    assert text.startswith("Whole: 1 rating, ")


async def test_it_leaves_nothing_beside_a_database_at_rest(doctor, database):
    before = state(database.parent)
    doctor()
    assert state(database.parent) == before


async def test_a_damaged_database_is_told_with_what_to_type(finds, database):
    damage(database, "ratings")
    mark, text = await asyncio.to_thread(finds, "database")
    assert mark == BAD
    assert "python -m bot restore" in text


async def test_a_server_is_told_with_its_version_and_where_it_wont_do_with_what_to_do(finds, postgres, monkeypatch):
    address = await postgres.create()
    monkeypatch.setenv("MARQUEE_DATABASE", address)
    mark, text = await asyncio.to_thread(finds, "database")
    assert mark == WARNING
    assert "the first start makes it" in text
    async with Store.open(address) as store:
        await store.rate(1, 2, 4.5, at=3)
        mark, text = await asyncio.to_thread(finds, "database")
    assert mark == GOOD
    assert re.fullmatch(r"1 rating in postgresql://\S+, PostgreSQL \d+\.\d+\.", text)
    monkeypatch.setattr("bot.store.engines.server.OLDEST", 99)
    mark, text = await asyncio.to_thread(finds, "database")
    assert mark == BAD
    assert "needs 99 or newer" in text


@pytest.mark.parametrize(
    "content", [b"no database at all, and longer than one page's header" * 9, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_database_is_told(finds, folder, content):
    (folder / "data").mkdir()
    (folder / "data" / "marquee.db").write_bytes(content)
    (folder / "data" / "marquee.db").chmod(0o600)
    assert finds("database")[0] == BAD


async def test_a_database_that_others_may_read_is_told_with_what_to_type(doctor, database):
    database.chmod(0o644)
    lines = (await asyncio.to_thread(doctor))[1]["database"]
    assert [mark for mark, _ in lines] == [GOOD, WARNING]
    assert lines[1][1].endswith(f"chmod 600 {database.relative_to(Path.cwd())}")


@pytest.mark.parametrize(("version", "mark", "words"), [(3, WARNING, "bot upgrade"), (9_999, BAD, "newer than this")])
async def test_a_database_of_another_version_is_told(finds, database, version, mark, words):
    with closing(sqlite3.connect(database)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    told, text = await asyncio.to_thread(finds, "database")
    assert told == mark
    assert words in text


async def test_a_database_that_is_lost_while_backups_are_there_is_told(finds, database):
    backups = database.parent / "backups"
    backups.mkdir()
    database.rename(backups / "marquee-20260101-000000.db")
    mark, text = await asyncio.to_thread(finds, "database")
    assert mark == BAD
    assert "python -m bot restore" in text


def test_a_model_is_told_with_its_age(finds, published):
    published("ml-latest-small", days=3)
    assert finds("model") == (GOOD, "Whole, and learned 3 days ago from ml-latest-small.")


def test_a_model_of_another_data_set_is_told(finds, published):
    published("ml-1m")
    mark, text = finds("model")
    assert mark == WARNING
    assert "from ml-1m. The settings say ml-latest-small" in text


def test_a_damaged_model_is_told_and_left_where_it_is(finds, published):
    file = published("ml-latest-small")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    mark, text = finds("model")
    assert mark == BAD
    assert "damaged" in text
    assert file.read_bytes() == content


def test_a_data_set_that_is_still_to_be_downloaded_is_told_with_its_size(finds, monkeypatch):
    monkeypatch.setenv("MARQUEE_MOVIELENS", "ml-32m")
    assert finds("data set") == (WARNING, "ml-32m is not there yet: the next start downloads 239 MB.")


@pytest.mark.parametrize(("days", "mark"), [(3, GOOD), (30, WARNING)])
def test_films_that_are_old_are_told(finds, folder, monkeypatch, days, mark):
    monkeypatch.setenv("MARQUEE_FILMS", "wikidata")
    film = Film(title="Heat", year=1995, imdb=113277)
    Shelf(folder / "data" / "films").write("wikidata", [film], datetime.now(UTC) - timedelta(days=days))
    told, text = finds("films")
    assert told == mark
    assert f"{days} days ago" in text


async def test_backups_are_told_with_their_age(finds, database):
    assert (await asyncio.to_thread(finds, "backups"))[0] == WARNING
    backups = database.parent / "backups"
    backups.mkdir()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(time.time() - 3_600))
    shutil.copy(database, backups / f"marquee-{stamp}.db")
    assert (await asyncio.to_thread(finds, "backups"))[0] == GOOD
    (backups / f"marquee-{stamp}.db").rename(backups / "marquee-20260101-000000.db")
    mark, text = await asyncio.to_thread(finds, "backups")
    assert mark == WARNING
    assert "late" in text


async def test_a_folder_for_backups_that_takes_none_is_told(finds, database, folder):
    (folder / "data" / "backups").touch()
    mark, text = finds("backups")
    assert mark == BAD
    assert "data/backups is no folder that you may write" in text


def test_a_folder_for_backups_that_is_not_there_is_told(finds, monkeypatch):
    monkeypatch.setenv("MARQUEE_BACKUP_DIR", "/mnt/no-such-disk")
    mark, text = finds("backups")
    assert mark == BAD
    assert "/mnt/no-such-disk" in text


def test_a_disk_that_is_nearly_full_is_told(finds, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=4e8))
    mark, text = finds("disk")
    assert mark == BAD
    assert "0.4 GB are free" in text


def test_a_folder_that_cannot_be_written_is_told(finds, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    mark, text = finds("disk")
    assert mark == BAD
    assert "MARQUEE_DATA_DIR" in text


def test_a_data_set_too_big_for_the_memory_is_told(finds, monkeypatch):
    monkeypatch.setattr("bot.cli.machine.memory", lambda: 4.0)
    monkeypatch.setenv("MARQUEE_MOVIELENS", "ml-32m")
    mark, text = finds("memory")
    assert mark == BAD
    assert "There are 4.0 GB, and learning from ml-32m needs 5.5 GB" in text


def test_the_memory_that_a_container_may_take_counts(finds, monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    limit.write_text("3000000000\n")
    monkeypatch.setattr("bot.cli.machine.MEMORY_LIMITS", (limit, tmp_path / "missing"))
    assert finds("memory")[1].startswith("3.0 GB")
    limit.write_text("max\n")
    assert not finds("memory")[1].startswith("3.0 GB")


def test_a_gpu_that_is_set_and_not_there_is_told(finds, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert finds("GPU")[0] == GOOD
    monkeypatch.setenv("MARQUEE_DEVICE", "cuda")
    mark, text = finds("GPU")
    assert mark == BAD
    assert "auto or cpu" in text


def test_it_is_known_what_each_data_set_takes():
    assert tuple(NEEDS) == DATASETS
