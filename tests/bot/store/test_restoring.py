"""A backup put in the database's place: which are taken, what becomes of the old one, and a kill at any moment."""

import itertools
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from bot.store import Store, StoreError, backup, contents, restore
from bot.store.engines.sqlite import migrate
from bot.store.migrate import shipped_scripts
from tests.bot.forked import DEAD, die, end_of
from tests.bot.store import ALIEN, ANNA, BEN, HEAT
from tests.bot.trouble import PAGE, damage, unwritable

NEWEST = len(shipped_scripts())


@pytest.fixture
async def copy(tmp_path: Path, new_database: Path) -> Path:
    """A backup in which Anna has rated Heat."""
    made = tmp_path / "backups" / "monday.db"
    made.parent.mkdir()
    shutil.copy(new_database, tmp_path / "then.db")
    async with Store.open(tmp_path / "then.db") as store:
        await store.rate(ANNA, HEAT, 4.5, at=1)
        backup(tmp_path / "then.db", made)
    return made


@pytest.fixture
async def today(path: Path, new_database: Path) -> Path:
    """A database of today, in which Ben has rated Alien."""
    shutil.copy(new_database, path)
    async with Store.open(path) as store:
        await store.rate(BEN, ALIEN, 1, at=2)
    return path


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    return tmp_path / "replaced.db"


def rated(path: Path) -> list[tuple[int, int]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT member_id, movie_id FROM ratings ORDER BY member_id, movie_id").fetchall()


def beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if each.name.startswith(path.name))


MONDAY, TODAY = [(ANNA, HEAT)], [(BEN, ALIEN)]
LOGGED = [(BEN, HEAT), *TODAY]  # with what `killed_while_open` adds


async def test_a_backup_takes_the_databases_place_which_is_kept(today: Path, copy: Path, aside: Path) -> None:
    held = restore(today, copy, aside)
    assert (held.version, held.counts.ratings, held.counts.members) == (NEWEST, 1, 1)
    assert (rated(today), rated(aside), rated(copy)) == (MONDAY, TODAY, MONDAY)
    assert beside(today) == [today.name]
    async with Store.open(today) as store:
        assert await store.history(ANNA) == {HEAT: 4.5}
        await store.rate(BEN, HEAT, 2, at=3)
    assert rated(aside) == TODAY


def test_where_the_disk_was_lost_a_new_folder_is_enough(tmp_path: Path, copy: Path, aside: Path) -> None:
    path = tmp_path / "new" / "disk" / "club.db"
    restore(path, copy, aside)
    assert rated(path) == MONDAY
    assert beside(path) == ["club.db"]
    assert not aside.exists()


def killed_while_open(path: Path) -> None:
    """Rate another film in a process that is killed before the log comes into the file."""

    def rate() -> None:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("INSERT INTO ratings VALUES (?, ?, 3, 4)", (BEN, HEAT))
        die()

    assert end_of(rate) == DEAD
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0


def test_what_the_old_ones_log_holds_is_kept_with_it(today: Path, copy: Path, aside: Path) -> None:
    killed_while_open(today)
    restore(today, copy, aside)
    assert rated(today) == MONDAY
    assert rated(aside) == LOGGED


@pytest.mark.parametrize("junk", [b"", b"a shopping list", bytes(3 * PAGE)])
def test_an_old_one_that_is_damaged_is_kept_as_it_is_with_its_log(
    today: Path, copy: Path, aside: Path, junk: bytes
) -> None:
    killed_while_open(today)
    log = today.with_name(f"{today.name}-wal").read_bytes()
    today.write_bytes(junk)
    restore(today, copy, aside)
    assert rated(today) == MONDAY
    assert aside.read_bytes() == junk
    if junk:  # beside an empty file SQLite itself removes the log
        assert aside.with_name(f"{aside.name}-wal").read_bytes() == log


def test_a_log_without_its_database_does_not_spoil_the_new_one(today: Path, copy: Path, aside: Path) -> None:
    killed_while_open(today)
    today.unlink()
    restore(today, copy, aside)
    assert rated(today) == MONDAY


def test_a_copy_that_somebody_made_of_all_three_files_is_taken_with_its_log(
    today: Path, tmp_path: Path, aside: Path
) -> None:
    killed_while_open(today)
    for suffix in ("", "-wal", "-shm"):
        shutil.copy(f"{today}{suffix}", f"{tmp_path / 'by hand.db'}{suffix}")
    new = tmp_path / "new.db"
    restore(new, tmp_path / "by hand.db", aside)
    assert rated(new) == LOGGED


async def test_an_older_programs_backup_is_taken_and_brought_up_to_date_at_the_next_start(
    today: Path, tmp_path: Path, aside: Path
) -> None:
    old = tmp_path / "old.db"
    async with aiosqlite.connect(old) as db:
        await migrate(db, shipped_scripts()[:1])
        await db.execute("INSERT INTO ratings VALUES (?, ?, 4.5, 1)", (ANNA, HEAT))
        await db.commit()
    assert restore(today, old, aside).version == 1
    async with Store.open(today) as store:
        assert await store.history(ANNA) == {HEAT: 4.5}
    assert contents(today).version == NEWEST


def test_both_are_for_the_owner_alone(today: Path, copy: Path, aside: Path) -> None:
    for each in (today, copy):
        each.chmod(0o644)
    restore(today, copy, aside)
    assert [each.stat().st_mode & 0o777 for each in (today, aside)] == [0o600] * 2


# Which are refused


def truncated(copy: Path) -> None:
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size - PAGE)


def cut_to_a_page(copy: Path) -> None:
    with copy.open("r+b") as file:
        file.truncate(PAGE)


def a_page_overwritten(copy: Path) -> None:
    damage(copy, "ratings")


def an_index_overwritten(copy: Path) -> None:
    damage(copy, "nights")


def empty(copy: Path) -> None:
    copy.write_bytes(b"")


def a_text(copy: Path) -> None:
    copy.write_text("a shopping list, not a database. " * 100)


def another_programs(copy: Path) -> None:
    copy.unlink()
    with closing(sqlite3.connect(copy)) as db, db:
        db.execute("CREATE TABLE ratings (film, stars)")


def missing(copy: Path) -> None:
    copy.unlink()


def a_folder(copy: Path) -> None:
    copy.unlink()
    copy.mkdir()


def newer(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as db, db:
        db.execute(f"PRAGMA user_version = {NEWEST + 1}")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (truncated, "damaged|malformed"),
        (cut_to_a_page, "damaged|malformed"),
        (a_page_overwritten, "damaged|malformed"),
        (an_index_overwritten, "damaged|malformed"),
        (empty, "not a database of Marquee's"),
        (a_text, "not a database"),
        (another_programs, "not a database of Marquee's"),
        (missing, "There is no file"),
        (a_folder, "There is no file"),
        (newer, f"version {NEWEST + 1}, newer"),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_all_is_as_it_was(
    today: Path, copy: Path, aside: Path, spoil, why: str
) -> None:
    spoil(copy)
    before, files = today.read_bytes(), sorted(today.parent.rglob("*"))
    with pytest.raises(StoreError, match=why):
        restore(today, copy, aside)
    assert today.read_bytes() == before
    assert sorted(today.parent.rglob("*")) == files


def test_while_another_program_reads_the_database_it_stays(today: Path, copy: Path, aside: Path) -> None:
    with closing(sqlite3.connect(today, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM ratings").fetchone()
        killed_while_open(today)
        with pytest.raises(StoreError, match="another program has it open"):
            restore(today, copy, aside)
    assert rated(today) == LOGGED
    assert not aside.exists()


def test_a_disk_that_takes_nothing_leaves_the_old_one(today: Path, copy: Path, aside: Path) -> None:
    with unwritable(), pytest.raises(StoreError, match="can't"):
        restore(today, copy, aside)
    assert rated(today) == TODAY
    assert beside(today) == [today.name]


def test_what_was_kept_once_is_never_overwritten(today: Path, copy: Path, aside: Path) -> None:
    aside.write_text("kept before")
    with pytest.raises(StoreError, match="there already"):
        restore(today, copy, aside)
    assert aside.read_text() == "kept before"


def test_a_file_system_without_links_keeps_a_copy(
    today: Path, copy: Path, aside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_links(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", without_links)
    restore(today, copy, aside)
    assert (rated(today), rated(aside)) == (MONDAY, TODAY)


# A kill at any moment

STEPS = {"open", "os.rename", "os.link", "os.remove", "os.chmod", "sqlite3.connect"}  # as Python's audit names them


def killed_at(step: int, path: Path, copy: Path, aside: Path) -> bool:
    """Restore in a process of its own that is killed before it takes this step. False if it had fewer."""

    def work() -> None:
        steps = itertools.count()
        sys.addaudithook(lambda event, _: die() if event in STEPS and next(steps) >= step else None)
        restore(path, copy, aside)

    return end_of(work) == DEAD


def test_a_kill_at_any_moment_leaves_the_old_one_or_the_new_one(today: Path, copy: Path, tmp_path: Path) -> None:
    killed_while_open(today)
    old, found, step = LOGGED, [], 0
    files = {each: each.read_bytes() for each in today.parent.glob(f"{today.name}*")}
    while killed_at(step, today, copy, tmp_path / f"replaced {step}.db"):
        found.append(rated(today))
        assert found[-1] in (old, MONDAY), f"after step {step}"
        restore(today, copy, tmp_path / f"again {step}.db")
        assert rated(today) == MONDAY, "what a kill leaves is in nobody's way"
        for each in (*files, *today.parent.glob(f"{today.name}*")):
            each.unlink(missing_ok=True)
        for each, content in files.items():
            each.write_bytes(content)
        step += 1
    assert old in found
    assert MONDAY in found
