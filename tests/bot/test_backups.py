"""The copies that the bot makes by itself: when they are due, what they are called, and what is removed."""

import logging
import os
import shutil
import time
from datetime import UTC, datetime

import aiosqlite
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot import Settings, create_bot
from bot.backups import LEFT, backups, due, make_before, make_if_due, newest, remove_outlived
from bot.store import Counts, Store, StoreError, contents
from bot.store.engines.sqlite import migrate
from bot.store.migrate import shipped_scripts
from tests.bot.trouble import damage, unwritable

HOUR, DAY = 3600, 86_400  # seconds
NOW = int(datetime(2026, 11, 29, 3, 15, tzinfo=UTC).timestamp())
TODAY = "marquee-20261129-031500.db"
NEWEST = len(shipped_scripts())


@pytest.fixture
def host(tmp_path, new_database):
    """The settings of somebody who changed none."""
    shutil.copy(new_database, tmp_path / "marquee.db")
    return Settings(_env_file=None, data_dir=tmp_path)


def names(host):
    return sorted(path.name for path in host.backup_dir.iterdir())


def mode(path):
    return path.stat().st_mode & 0o777


# When, and under which name


def test_a_backup_is_named_after_its_time_and_holds_what_the_database_does_for_the_owner_alone(host):
    made = make_if_due(host, NOW)
    assert made == host.backup_dir / TODAY
    assert contents(made) == contents(host.database)
    assert mode(made) == 0o600
    assert mode(host.backup_dir) == 0o700


def test_a_bot_that_is_started_again_makes_no_other_before_it_is_time(host):
    make_if_due(host, NOW)
    assert make_if_due(host, NOW + 1) is None
    assert make_if_due(host, NOW + 23 * HOUR) is None
    assert make_if_due(host, NOW + 24 * HOUR - 5) is not None, "the clock comes round a little early"


def test_a_bot_that_was_off_for_long_makes_one_at_once(host):
    make_if_due(host, NOW)
    assert make_if_due(host, NOW + 100 * DAY) is not None
    assert newest(host.backup_dir) == NOW + 100 * DAY


def test_hours_and_number_are_the_hosts(host):
    host = host.model_copy(update={"backup_hours": 6, "backup_keep": 2})
    made = [make_if_due(host, NOW + hour * HOUR) for hour in range(24)]
    assert [hour for hour, path in enumerate(made) if path] == [0, 6, 12, 18]
    assert [each.at for each in backups(host.backup_dir)] == [NOW + 18 * HOUR, NOW + 12 * HOUR]


def test_with_no_hours_none_is_made_and_no_folder(host):
    assert make_if_due(host.model_copy(update={"backup_hours": 0}), NOW) is None
    assert not host.backup_dir.exists()
    assert newest(host.backup_dir) is None


def test_without_a_database_there_is_nothing_to_copy(host):
    host.database.unlink()
    assert make_if_due(host, NOW) is None


def test_months_leave_the_last_week(host):
    for day in range(30):
        assert make_if_due(host, NOW + day * DAY)
    assert [each.at for each in backups(host.backup_dir)] == [NOW + day * DAY for day in range(29, 22, -1)]


def test_of_a_machine_that_makes_none_any_more_they_go_as_they_would_have_gone_with_later_ones(host):
    for day in range(3):
        make_if_due(host, NOW + day * DAY)
    before = make_before(NEWEST, host, NOW)
    remove_outlived(host, last=NOW + 2 * DAY)  # its own, or one in a folder that machines share
    assert len(backups(host.backup_dir)) == 4
    remove_outlived(host, last=NOW + 8 * DAY)
    assert [each.at for each in backups(host.backup_dir)] == [NOW + 2 * DAY, NOW]
    remove_outlived(host, last=NOW + 9 * DAY)
    assert [each.path for each in backups(host.backup_dir)] == [before]


@pytest.mark.parametrize("jump", [-20_000 * DAY, -400 * DAY, -DAY, -1])
def test_after_a_clock_that_was_ahead_backups_go_on_and_the_new_ones_stay(host, jump):
    ahead = [make_if_due(host, NOW + day * DAY) for day in range(7)]
    behind = [make_if_due(host, NOW + jump + day * DAY) for day in range(7)]
    made = [path for path in behind if path]
    assert made[-1].exists()
    assert len(backups(host.backup_dir)) == 7
    if jump <= -7 * DAY:
        assert all(path.exists() for path in made), "each was the newest when it was made"
        assert not any(path.exists() for path in ahead[:6])


@given(st.integers(0, 4_000_000_000), st.integers(1, 10_000))
def test_a_time_is_read_from_the_name_as_it_was_written(tmp_path_factory, at, hours):
    folder = tmp_path_factory.mktemp("names")
    (folder / f"marquee-{datetime.fromtimestamp(at, UTC):%Y%m%d-%H%M%S}.db").touch()
    assert newest(folder) == at
    assert not due(folder, hours, at)
    assert due(folder, hours, at + hours * HOUR)
    assert due(folder, hours, at - 1), "it is from the future"


# What is removed

WILD = st.one_of(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.from_regex(r"(old-)?marquee-[0-9]{7,9}-[0-9]{6}\.db(-wal|\.gz|~)?", fullmatch=True),
    st.from_regex(r"marquee-2026[0-9]{4}-[0-9]{6}\.(db|DB|db-wal|db\.part\.txt)", fullmatch=True),
    st.from_regex(r"marquee-(before-version-)?[0-9]{1,3}-20261129-031500(\.db)?", fullmatch=True),
    st.just("marquee-٢٠٢٦١١٢٩-٠٣١٥٠٠.db"),
)


def is_ours(name):
    """By the words of the documentation, not by the program's pattern."""
    try:
        datetime.strptime(name, "marquee-%Y%m%d-%H%M%S.db")
    except ValueError:
        return False
    return name.isascii() and len(name) == len(TODAY)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.sets(WILD, max_size=12))
def test_whatever_else_lies_in_the_folder_is_never_removed(tmp_path_factory, new_database, wild):
    home = tmp_path_factory.mktemp("wild")
    host = Settings(_env_file=None, database=new_database, data_dir=home, backup_keep=1)
    host.backup_dir.mkdir()
    for name in wild - {".", ".."}:
        if len(name.encode()) < 255:
            (host.backup_dir / name).write_bytes(b"somebody's")
    others = {name for name in names(host) if not is_ours(name)}
    for day in range(2):
        make_if_due(host, NOW + day * DAY)
    assert others <= set(names(host))
    assert all((host.backup_dir / name).read_bytes() == b"somebody's" for name in others)


def test_folders_and_links_under_such_names_stay(host, tmp_path):
    host.backup_dir.mkdir()
    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.touch()
    (host.backup_dir / "marquee-20200101-000000.db").mkdir()
    (host.backup_dir / "marquee-20200102-000000.db").symlink_to(elsewhere)
    make_if_due(host.model_copy(update={"backup_keep": 1}), NOW)
    assert names(host) == ["marquee-20200101-000000.db", "marquee-20200102-000000.db", TODAY]


def test_what_a_bot_left_that_was_killed_halfway_is_removed(host):
    host.backup_dir.mkdir()
    left = [f"marquee-20261128-031500.db.part{more}" for more in ("", "-journal")]
    of_another = "marquee-20261129-031459.db.part"  # which is writing it
    for name in [*left, "mine.db.part", of_another]:
        (host.backup_dir / name).write_bytes(b"half")
    for name in [*left, "mine.db.part"]:
        os.utime(host.backup_dir / name, (NOW, time.time() - LEFT - 1))
    assert newest(host.backup_dir) is None
    make_if_due(host, NOW)
    assert names(host) == [of_another, TODAY, "mine.db.part"]


# What goes wrong


def old_ones(host):
    """More than are kept."""
    host.backup_dir.mkdir()
    for day in range(1, 10):
        shutil.copy(host.database, host.backup_dir / f"marquee-202610{day:02}-031500.db")
    return names(host)


def test_a_damaged_database_makes_no_backup_and_removes_none(host):
    before = old_ones(host)
    damage(host.database, "ratings")
    with pytest.raises(StoreError, match=r"damaged|malformed"):
        make_if_due(host, NOW)
    assert names(host) == before


def test_a_bot_that_is_stopped_meanwhile_gives_up_and_leaves_nothing(host):
    before = old_ones(host)
    with pytest.raises(StoreError, match="stopped before"):
        make_if_due(host, NOW, lambda: True)
    assert names(host) == before


def test_a_disk_that_takes_nothing_makes_no_backup_and_removes_none(host):
    before = old_ones(host)
    with unwritable(), pytest.raises(StoreError, match=TODAY):
        make_if_due(host, NOW)
    assert names(host) == before


def test_a_folder_elsewhere_must_be_there_since_its_disk_may_not_be(host, tmp_path):
    host = host.model_copy(update={"backup_dir": tmp_path / "mnt" / "disk"})
    with pytest.raises(StoreError, match=r"there is no folder .*disk: make it, or see whether its disk is there"):
        make_if_due(host, NOW)
    assert not host.backup_dir.exists()
    host.backup_dir.mkdir(parents=True)
    assert make_if_due(host, NOW) == host.backup_dir / TODAY


def test_a_file_in_the_folders_place_is_a_sentence(host):
    host.backup_dir.write_text("not a folder")
    assert newest(host.backup_dir) is None
    with pytest.raises(StoreError, match=r"the folder .*backups can't be used"):
        make_if_due(host, NOW)


# Before a newer program changes the database


async def make_old(database, version):
    """A database as an older program left it, with a rating."""
    database.unlink()
    async with aiosqlite.connect(database) as db:
        await migrate(db, shipped_scripts()[:version])
        await db.execute("INSERT INTO ratings VALUES (1, 2, 4.5, 3)")
        await db.commit()


async def start(host, now=NOW):
    async with Store.open(host.database, lambda version: make_before(version, host, now)):
        pass


async def test_what_an_older_program_left_is_copied_before_it_is_changed_and_the_log_says_so(host, caplog):
    caplog.set_level("INFO")
    await make_old(host.database, 5)
    await start(host)
    assert names(host) == [f"marquee-before-version-{NEWEST}-20261129-031500.db"]
    assert f"brought to version {NEWEST}; as it was before, it is kept as {host.backup_dir}" in caplog.text
    assert contents(host.backup_dir / names(host)[0]) == (5, Counts(members=1, ratings=1))
    assert contents(host.database) == (NEWEST, Counts(members=1, ratings=1))


async def test_neither_a_new_database_nor_one_of_today_is_copied_at_the_start(host):
    await start(host)
    host.database.unlink()
    await start(host)
    assert not host.backup_dir.exists()


async def test_the_last_two_of_them_stay_whatever_the_clock_makes(host):
    for day in range(4):
        await make_old(host.database, 5)
        await start(host, NOW + day * DAY)
    for day in range(20):
        make_if_due(host, NOW + (10 + day) * DAY)
    found = backups(host.backup_dir)
    assert [each.at for each in found if each.version] == [NOW + 3 * DAY, NOW + 2 * DAY]
    assert len(found) == 2 + 7


async def test_without_a_copy_nothing_is_changed(host):
    await make_old(host.database, 5)
    before = host.database.read_bytes()
    host.backup_dir.touch()
    with pytest.raises(
        StoreError, match=r"can't use .*marquee\.db as the database: .*Nothing was changed.*MARQUEE_BACKUP_DIR"
    ):
        await start(host)
    assert host.database.read_bytes() == before


async def test_a_bot_that_cannot_copy_an_old_database_does_not_start(settings):
    await make_old(settings.database, 5)
    settings.backup_dir.touch()
    async with create_bot(settings) as bot:
        with pytest.raises(StoreError, match=r"Nothing was changed"):
            await bot.setup_hook()
    assert contents(settings.database).version == 5


async def test_one_of_several_processes_that_is_newer_than_the_others_changes_nothing_beneath_them(settings):
    await make_old(settings.database, 5)
    async with create_bot(settings) as bot:
        bot.may_migrate = False
        with pytest.raises(StoreError, match=r"stop `cluster` on all machines"):
            await bot.setup_hook()
    assert contents(settings.database).version == 5


# A running bot


@pytest.fixture
async def running(club, alice):
    """A bot that backs up, owned by Alice."""
    await club.restart(backup_hours=24, owner_ids=frozenset({alice.id}))
    await club.bot.model_ready()
    await club.env.settle()
    return club


async def test_a_bot_backs_up_soon_after_its_start_and_its_owner_sees_when(running, alice):
    made = newest(running.bot.settings.backup_dir)
    assert 0 <= running.bot.now() - made < 60
    assert f"**Last backup** <t:{made}:R>" in (await alice.says("admin status")).text


async def test_an_owner_sees_that_there_is_none_and_that_none_is_made(club, alice):
    await club.restart(backup_hours=0, owner_ids=frozenset({alice.id}))
    assert "**Last backup** none yet, and none are made by the clock" in (await alice.says("admin status")).text


async def test_a_backup_that_fails_is_a_sentence_in_the_log_and_tried_again_in_an_hour(club, caplog):
    folder = club.bot.settings.backup_dir
    folder.touch()
    await club.restart(backup_hours=24)
    await club.bot.model_ready()
    await club.env.settle()
    [told] = [record for record in caplog.records if "backup" in record.getMessage()]
    assert told.levelno == logging.ERROR
    assert "tried again in an hour: the folder" in told.getMessage()
    assert told.exc_info is None
    folder.unlink()
    await club.env.advance_time(HOUR)
    assert newest(folder) is not None
