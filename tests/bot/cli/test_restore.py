"""`restore`, as somebody types it who hosts the bot."""

import shutil

import pytest

from bot import create_bot
from bot.backups import make_if_due
from bot.lock import alone_with
from bot.store import contents
from tests.bot.cli.conftest import MADE, NOW
from tests.bot.cogs.test_night import start
from tests.bot.simulated import TASTE
from tests.bot.trouble import damage


def test_without_a_file_the_backups_are_listed_with_what_they_hold_and_what_to_type(run, host):
    told = run("restore")
    assert told.status == 0
    assert [word for word in told.out.split() if word.startswith("marquee-")][:2] == MADE
    for name, made, ratings in zip(MADE, ["2026-09-22 14:13", "2026-09-21 14:13"], (2, 1), strict=True):
        row = told.out.partition(name)[2]
        assert row.startswith(f" {made} {ratings} ")
    assert "stop the bot and type:" in told.out
    assert f"python -m bot restore {MADE[0]}" in told.out
    assert contents(host.database).counts.ratings == 3


def test_the_longest_name_is_there_to_be_copied_whole_at_80_columns(run, host):
    longest = f"marquee-before-version-15-{MADE[0].removeprefix('marquee-')}"
    shutil.copy(host.backup_dir / MADE[0], host.backup_dir / longest)
    assert f"{longest} 2026-09-22 14:13 2 1" in run("restore").out


def test_of_a_server_it_says_how_a_backup_gets_there_whether_one_is_named_or_not(run, host, monkeypatch):
    monkeypatch.setenv("MARQUEE_DATABASE", "postgresql://me:hunter2@localhost/club")
    for told in (run("restore"), run("restore", MADE[0])):
        assert "What is on the server stays as it is." in told.out
        assert f"python -m bot copy data/backups/{MADE[0]} postgresql://" in told.out
        assert "/data delete once more" in told.out
        assert "kept beside it" not in told.out


def test_where_there_are_none_it_says_so(run):
    assert run("restore").out == "There are no backups in data/backups yet."


def test_a_damaged_one_is_listed_as_such(run, host):
    damage(host.backup_dir / MADE[0], "ratings")
    assert f"{MADE[0]} 2026-09-22 14:13 damaged" in run("restore").out
    assert "damaged" in run("restore").out


@pytest.mark.parametrize("folder", ["", "data/backups/"])
def test_a_backup_is_restored_by_its_name_or_as_a_file_and_the_next_steps_are_told(run, host, folder):
    told = run("restore", f"{folder}{MADE[1]}")
    assert told.status == 0
    assert f"Restored data/backups/{MADE[1]}: data/marquee.db has 1 rating of 1 member now." in told.out
    [kept] = host.data_dir.glob("marquee-replaced-*.db")
    assert f"What was there before is kept as {kept}." in told.out
    assert "/data delete once more" in told.out
    assert told.out.endswith("Now start the bot again.")
    assert contents(host.database).counts.ratings == 1
    assert contents(kept).counts.ratings == 3


def test_what_was_replaced_can_be_put_back(run, host):
    run("restore", MADE[1])
    [kept] = host.data_dir.glob("marquee-replaced-*.db")
    shutil.move(kept, "mine.db")
    assert run("restore", "mine.db").status == 0
    assert contents(host.database).counts.ratings == 3


def test_while_a_bot_is_running_nothing_is_restored(run, host):
    with alone_with(host.database):
        told = run("restore", MADE[0])
    assert told.status == 1
    assert told.err.startswith("Another Marquee is running with data/marquee.db. Stop it first")
    assert contents(host.database).counts.ratings == 3


def test_where_the_database_is_a_servers_it_says_how_to_bring_a_backup_into_another(run, host, monkeypatch):
    monkeypatch.setenv("MARQUEE_DATABASE", "postgresql://marquee@localhost/club")
    step = f"python -m bot copy data/backups/{MADE[0]} postgresql://user:password@host/another"
    assert step in (told := run("restore")).out
    assert "is kept beside it" not in told.out
    assert step in (told := run("restore", MADE[0])).out
    assert told.status == 1
    assert run("restore", "mine.db").err == "There is no file mine.db.\n"


def test_a_damaged_one_is_refused_in_a_sentence(run, host):
    damage(host.backup_dir / MADE[0], "ratings")
    told = run("restore", MADE[0])
    assert told.status == 1
    assert told.err.count("\n") == 1
    assert contents(host.database).counts.ratings == 3


async def test_a_bot_on_an_empty_folder_answers_as_before_once_its_backup_is_restored(club, alice, run, monkeypatch):
    """The model too is taken along: one that is learned anew has learned from the members besides."""
    await alice.rates(TASTE)
    await start(alice, title="Film club", when="in 4 hours")
    asked = [("ratings", {}), ("recommend", {"count": 10}), ("night status", {}), ("top", {})]
    before = [(await alice.says(command, **options)).text for command, options in asked]
    old = club.bot.settings
    assert make_if_due(old.model_copy(update={"backup_hours": 24}), NOW)
    await club.bot.close()
    new = old.model_copy(update={"data_dir": old.data_dir / "new", "database": old.data_dir / "new" / "club.db"})
    monkeypatch.setenv("MARQUEE_DATA_DIR", str(new.data_dir))
    monkeypatch.setenv("MARQUEE_DATABASE", str(new.database))
    assert run("restore", str(old.backup_dir / MADE[1])).status == 0
    shutil.copytree(old.data_dir / "models", new.data_dir / "models", copy_function=shutil.copy)
    await club.is_followed_by(create_bot(new))
    await club.bot.model_ready()
    assert [(await alice.says(command, **options)).text for command, options in asked] == before
