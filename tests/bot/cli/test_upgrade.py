"""`upgrade`, as somebody types it who hosts the bot."""

import shutil
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import aiosqlite
import pytest

from bot.cli import upgrade, versions
from bot.settings import Settings
from bot.store.engines.sqlite import migrate
from bot.store.migrate import changes, shipped_scripts
from tests.bot.trouble import damage

NEWEST = len(shipped_scripts())


async def make_old(path, version):
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:version])


def test_each_script_says_in_its_first_line_what_it_brings():
    told = changes(0)
    assert told
    for change in told:
        assert change[0].isupper()
        assert change.endswith(".")
        assert len(change) < 90


async def test_an_upgrade_is_told_and_nothing_is_changed(run):
    database = Settings().database
    await make_old(database, NEWEST - 2)
    before = database.read_bytes()
    told = run("upgrade")
    assert told.status == 0
    assert f"→ data/marquee.db goes from version {NEWEST - 2} to {NEWEST}:" in told.out
    assert all(change in told.out for change in changes(NEWEST - 2))
    assert not any(change in told.out for change in changes(0)[: NEWEST - 2])
    assert "is made first, in data/backups; the disk has" in told.out
    assert told.out.endswith("nothing has been changed yet: the next start does it.")
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == ["marquee.db"]


def test_before_the_first_start_there_is_nothing_to_change(run, tmp_path):
    told = run("upgrade")
    assert told.status == 0
    assert "There is no database at data/marquee.db yet" in told.out
    assert "A model is learned at the start, from ml-latest-small (there is no model.safetensors)" in told.out
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_today_stays_and_a_model_that_can_serve_does(run, host, model_folder):
    shutil.copytree(model_folder, "data/models")
    told = run("upgrade")
    assert told.status == 0
    assert f"✓ data/marquee.db has version {NEWEST}" in told.out
    assert "✓ The model data/models/model.safetensors serves at once." in told.out


def a_newer_database(monkeypatch):
    with closing(sqlite3.connect("data/marquee.db")) as db, db:
        db.execute("PRAGMA user_version = 999")


def a_damaged_database(monkeypatch):
    damage(Settings().database, "ratings")


def a_setting_that_is_none(monkeypatch):
    monkeypatch.setenv("MARQUEE_DATA_DRI", "x")


def a_full_disk(monkeypatch):
    a_database_to_migrate(monkeypatch)
    monkeypatch.setattr(upgrade.shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))


def a_missing_disk(monkeypatch):
    a_database_to_migrate(monkeypatch)
    monkeypatch.setenv("MARQUEE_BACKUP_DIR", "/nowhere/at/all")


def a_database_to_migrate(monkeypatch):
    with closing(sqlite3.connect("data/marquee.db")) as db, db:
        db.execute(f"PRAGMA user_version = {NEWEST - 1}")


def an_old_package(monkeypatch):
    monkeypatch.setattr(versions.metadata, "version", lambda name: "1.0" if name == "torch" else "9999")


def an_old_python(monkeypatch):
    monkeypatch.setattr(upgrade.platform, "python_version", lambda: "3.9.2")


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (a_newer_database, "has version 999, newer than this program's"),
        (a_damaged_database, "Put a backup in its place:"),
        (a_setting_that_is_none, "MARQUEE_DATA_DRI is no setting; did you mean MARQUEE_DATA_DIR?"),
        (a_full_disk, "but the disk has only 1.0 kB left"),
        (a_missing_disk, "there is no folder /nowhere/at/all"),
        (an_old_package, "torch 1.0 (needed: <3,>=2.13)"),
        (an_old_python, "Python is 3.9.2, and this program needs >=3.11"),
    ],
)
def test_what_stands_in_the_way_is_told_with_the_exit_status(run, host, monkeypatch, trouble, why):
    trouble(monkeypatch)
    told = run("upgrade")
    assert told.status == 1
    assert why in told.out
    assert told.out.endswith("Mend what is marked ✗ before you start the bot. Nothing has been changed.")
