"""The store's file: opening and upgrading it, other processes beside it, and snapshots of it."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from bot.store import GuildSettings, NightWish, Store, StoreError, backup, snapshot
from bot.store.engines.sqlite import migrate, prepare
from bot.store.migrate import shipped_scripts
from tests.bot.store import ALIEN, ANNA, BEN, HEAT

PAGE = 4096  # bytes


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db, db:
        return db.execute(sql).fetchall()


def contents(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def files(path: Path, pattern: str) -> list[Path]:
    return list(path.parent.glob(pattern))


# Opening


async def test_the_folder_is_made_if_it_is_missing(tmp_path: Path) -> None:
    async with Store.open(str(tmp_path / "new" / "folder" / "club.db")) as store:
        await store.rate(ANNA, HEAT, 4, at=1)
    assert (tmp_path / "new" / "folder" / "club.db").is_file()


async def test_a_fresh_database_is_at_the_newest_version_and_strict(store: Store, path: Path) -> None:
    assert query(path, "PRAGMA user_version") == [(len(shipped_scripts()),)]
    assert query(path, "PRAGMA journal_mode") == [("wal",)]
    assert query(path, "SELECT name FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%' AND NOT strict") == []


async def test_writes_wait_for_the_disk(path: Path) -> None:
    async with aiosqlite.connect(path) as db:
        await prepare(db)
        [[synchronous]] = await db.execute_fetchall("PRAGMA synchronous")
    assert synchronous == 2  # FULL


async def test_opening_again_keeps_everything(path: Path) -> None:
    async with Store.open(path) as store:
        await store.rate(ANNA, HEAT, 4.5, at=1)
        await store.exclude(ANNA, "words", "war", at=2)
        before = await store.export(ANNA)
    async with Store.open(path) as store:
        assert await store.export(ANNA) == before


@pytest.mark.parametrize("version", range(len(shipped_scripts())))
async def test_a_database_of_any_older_version_is_brought_up_to_date(path: Path, version: int) -> None:
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:version])
    async with Store.open(path) as store:
        await store.rate(ANNA, HEAT, 4.5, at=1)
        await store.lists.save(ANNA, "top", {}, [HEAT], at=2)
    assert query(path, "PRAGMA user_version") == [(len(shipped_scripts()),)]


async def test_a_list_from_before_there_were_matches_comes_back_without(path: Path) -> None:
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:4])
        row = ANNA, json.dumps([HEAT, ALIEN])
        await db.execute(
            "INSERT INTO lists (member_id, command, request, movies, created_at) VALUES (?, 'recommend', '{}', ?, 1)",
            row,
        )
        await db.commit()
    async with Store.open(path) as store:
        saved = await store.lists.get(1)
        assert saved
        assert (saved.movies, saved.matches) == ([HEAT, ALIEN], [])


async def test_an_evening_from_before_votes_went_by_its_time_does_so_too_and_one_that_is_over_has_no_event(
    path: Path,
) -> None:
    old = [
        ("gathering", 60, None),
        ("gathering", 15, None),
        ("voting", 60, None),
        ("planned", 60, 404),
        ("watched", 60, 404),
        ("cancelled", 60, None),
    ]
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:5])
        await db.executemany(
            "INSERT INTO nights (guild_id, channel_id, state, wish, event_id, created_at) VALUES (7, ?, ?, ?, ?, 1)",
            [
                (channel, state, json.dumps({"minutes": minutes}), event)
                for channel, (state, minutes, event) in enumerate(old)
            ],
        )
        await db.commit()
    async with Store.open(path) as store:
        nights = [night for number in range(1, len(old) + 1) if (night := await store.nights.get(number))]
        assert [night.wish.minutes for night in nights] == [None, 15, 60, 60, 60, 60]
        assert [(night.event, night.announced) for night in nights[3:]] == [(404, True), (None, True), (None, False)]


async def test_a_servers_settings_from_before_there_were_filters_admit_every_film(path: Path) -> None:
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:8])
        await db.execute("INSERT INTO guilds VALUES (7, 'Europe/Berlin', 'fair', 'any', 'managers', 0, 1)")
        await db.commit()
    async with Store.open(path) as store:
        assert await store.nights.settings(7) == GuildSettings("Europe/Berlin", "fair", "any", "managers", False, True)


async def test_a_later_migration_keeps_the_rows(path: Path) -> None:
    async with Store.open(path) as store:
        await store.rate(ANNA, HEAT, 4, at=1)
    async with aiosqlite.connect(path) as db:
        await migrate(db, [*shipped_scripts(), "ALTER TABLE ratings ADD COLUMN note TEXT", "DROP TABLE meta;\n-- end"])
    assert query(path, "SELECT movie_id, stars, note FROM ratings") == [(HEAT, 4.0, None)]
    assert query(path, "PRAGMA user_version") == [(len(shipped_scripts()) + 2,)]


async def test_what_a_nights_wish_held_besides_moves_to_columns_of_its_own(path: Path) -> None:
    asked = {
        "title": None,
        "seen": "few",
        "genre": "Drama",
        "from_year": None,
        "to_year": 2000,
        "style": "fair",
        "minutes": 15,
    }
    said = {"why": {str(HEAT): "2 of 4 likely to enjoy it", "404": "gone"}, "vetoed": 12}
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:3])
        for night, (state, wish, closes_at) in enumerate(
            [
                ("gathering", asked, None),
                ("voting", asked | said, 99),
                ("planned", asked | said, 99),
                ("planned", asked, None),
            ],
            1,
        ):
            row = (night, night, state, json.dumps(wish), closes_at)
            await db.execute(
                "INSERT INTO nights (id, guild_id, channel_id, state, wish, closes_at, created_at) VALUES (?, 7, ?, ?, ?, ?, 1)",
                row,
            )
            await db.execute(
                "INSERT INTO night_films (night_id, movie_id) VALUES (?, ?), (?, ?)", (night, HEAT, night, ALIEN)
            )
            await db.execute("INSERT INTO night_films (night_id, title) VALUES (?, 'Our holiday')", (night,))
        await db.commit()
    async with Store.open(path) as store:
        nights = [await store.nights.get(night) for night in (1, 2, 3, 4)]
        assert [night.wish for night in nights if night] == [
            NightWish(None, "few", "fair", 15, genre="Drama", to_year=2000)
        ] * 4
        assert [(night.vetoed, night.concluded) for night in nights if night] == [
            (0, False),
            (12, False),
            (12, False),
            (0, True),
        ]
        assert [night.id for night in await store.nights.due(100)] == [2, 3]
        why = [[film.why for film in await store.nights.films(night)] for night in (1, 2)]
        assert why == [["", "", ""], ["2 of 4 likely to enjoy it", "", ""]]


async def test_a_failed_migration_changes_nothing(path: Path) -> None:
    async with aiosqlite.connect(path) as db:
        await migrate(db, ["CREATE TABLE films (id INTEGER)"])
        with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
            await migrate(
                db,
                [
                    "CREATE TABLE films (id INTEGER)",
                    "CREATE TABLE people (id INTEGER)",
                    "DROP TABLE films; INSERT INTO nowhere VALUES (1)",
                ],
            )
        assert not db.in_transaction
    assert query(path, "SELECT name FROM sqlite_schema") == [("films",)]
    assert query(path, "PRAGMA user_version") == [(1,)]


async def test_a_database_newer_than_the_program_is_refused_and_left_alone(path: Path) -> None:
    query(path, "PRAGMA user_version = 999")
    before = contents(path)
    with pytest.raises(StoreError, match=r"club\.db.*version 999, newer"):
        async with Store.open(path):
            pass
    assert contents(path) == before


@pytest.fixture
def shopping_list(path: Path) -> bytes:
    path.write_bytes(b"a shopping list, not a database. " * 100)
    return path.read_bytes()


async def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, shopping_list: bytes) -> None:
    with pytest.raises(StoreError, match=r"club\.db.*not a database"):
        async with Store.open(path):
            pass
    assert contents(path) == shopping_list


async def test_a_folder_in_the_databases_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        async with Store.open(tmp_path):
            pass


# Another process

RATE_WITHOUT_END = """
import asyncio, itertools, sys
from bot.store import Store

async def main():
    async with Store.open(sys.argv[1]) as store:
        for movie in itertools.count(1):
            await store.rate(1, movie, 4, at=movie)
            print("acknowledged", movie, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that rates films 1, 2, 3, ... and says so; it has rated twenty when the test begins."""
    arguments = [sys.executable, "-c", RATE_WITHOUT_END, str(path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            while process.stdout.readline() != "acknowledged 20\n":
                assert process.poll() is None, "the writer ended early"
            yield process
        finally:
            process.kill()


async def test_every_acknowledged_rating_survives_kill_9(writer: subprocess.Popen[str], path: Path) -> None:
    writer.kill()
    output, _ = writer.communicate()
    whole, _, _ = output.rpartition("\n")  # the last line may have been cut off
    acknowledged = max([20, *(int(line.split()[1]) for line in whole.splitlines())])
    async with Store.open(path) as store:
        history = await store.history(1)
    assert set(range(1, acknowledged + 1)) <= set(history)
    assert len(history) <= acknowledged + 1


def test_a_snapshot_while_another_process_writes_is_one_moment(writer: subprocess.Popen[str], path: Path) -> None:
    for _ in range(5):
        movies = list(snapshot(path).movie)
        assert movies == list(range(1, len(movies) + 1))
        assert len(movies) >= 20
    assert writer.poll() is None


def test_a_snapshot_can_be_taken_after_kill_9(writer: subprocess.Popen[str], path: Path) -> None:
    writer.kill()
    writer.wait()
    assert len(snapshot(path)) >= 20


# Snapshots

DTYPES = {"member": "int64", "movie": "int64", "stars": "float64", "rated_at": "int64"}


async def test_a_snapshot_holds_all_ratings(store: Store, path: Path) -> None:
    await store.rate(BEN, HEAT, 0.5, at=300)
    await store.rate(ANNA, HEAT, 5, at=200)
    await store.rate(ANNA, ALIEN, 4.5, at=100)
    frame = snapshot(path)
    assert frame.dtypes.astype(str).to_dict() == DTYPES
    assert frame.to_numpy(dtype=object).tolist() == [
        [ANNA, HEAT, 5.0, 200],
        [ANNA, ALIEN, 4.5, 100],
        [BEN, HEAT, 0.5, 300],
    ]


async def test_a_snapshot_of_no_ratings_has_the_same_columns(store: Store, path: Path) -> None:
    frame = snapshot(path)
    assert frame.empty
    assert frame.dtypes.astype(str).to_dict() == DTYPES


async def test_a_snapshot_reads_a_closed_database_with_an_odd_name(tmp_path: Path) -> None:
    path = tmp_path / "what? 100% film club #1.db"
    async with Store.open(path) as store:
        await store.rate(ANNA, HEAT, 4, at=1)
    assert len(snapshot(path)) == 1


def test_a_snapshot_makes_no_database(path: Path) -> None:
    with pytest.raises(StoreError, match=r"club\.db.*unable to open"):
        snapshot(path)
    assert not path.exists()


def test_a_snapshot_of_a_damaged_file_is_refused(path: Path, shopping_list: bytes) -> None:
    with pytest.raises(StoreError, match=r"club\.db.*not a database"):
        snapshot(path)
    assert contents(path) == shopping_list


# Backups


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


async def test_a_backup_of_an_open_store_is_a_store_with_everything(store: Store, path: Path, copy: Path) -> None:
    await store.rate(ANNA, HEAT, 4.5, at=1)
    await store.exclude(ANNA, "words", "war", at=2)
    backup(path, copy)
    await store.rate(ANNA, ALIEN, 1, at=3)
    async with Store.open(copy) as copied:
        assert await copied.history(ANNA) == {HEAT: 4.5}
        assert [entry.value for entry in await copied.exclusions(ANNA)] == ["war"]
    assert len(await store.history(ANNA)) == 2


async def test_a_backup_while_another_process_writes_holds_all_that_was_acknowledged(
    writer: subprocess.Popen[str], path: Path, copy: Path
) -> None:
    backup(path, copy)
    assert writer.poll() is None
    async with Store.open(copy) as copied:
        movies = sorted(await copied.history(1))
    assert movies == list(range(1, len(movies) + 1))
    assert len(movies) >= 20


async def test_a_backup_overwrites_nothing(store: Store, path: Path, copy: Path) -> None:
    backup(path, copy)
    before = contents(copy)
    await store.rate(ANNA, HEAT, 4, at=1)
    for target in (copy, path):
        with pytest.raises(StoreError, match="there already"):
            backup(path, target)
    assert contents(copy) == before


def test_a_backup_of_a_missing_database_is_refused_and_leaves_no_file(path: Path, copy: Path) -> None:
    with pytest.raises(StoreError, match="There is no database"):
        backup(path, copy)
    assert not path.exists()
    assert not copy.exists()


def test_a_backup_of_a_damaged_database_is_refused(path: Path, copy: Path, shopping_list: bytes) -> None:
    with pytest.raises(StoreError, match="not a database"):
        backup(path, copy)
    assert contents(path) == shopping_list


async def test_a_backup_to_a_missing_folder_is_refused(store: Store, path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        backup(path, tmp_path / "nowhere" / "copy.db")


async def test_a_backup_is_for_its_owner_alone(store: Store, path: Path, copy: Path) -> None:
    backup(path, copy)
    assert mode(copy) == 0o600


async def test_a_backup_that_fails_halfway_leaves_nothing_in_the_way_of_the_next(
    store: Store, path: Path, copy: Path
) -> None:
    await store.rate(ANNA, HEAT, 4, at=1)
    write(copy.with_name("copy.db.part"), b"what a killed one left")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", no_room)
        with pytest.raises(StoreError, match="No space left"):
            backup(path, copy)
    assert files(path, "copy*") == []
    backup(path, copy)
    assert query(copy, "SELECT count(*) FROM ratings") == [(1,)]


def no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


# Damage


async def some_of_everything(path: Path) -> list[tuple[str, int]]:
    """A database in one file, and the tables and indexes with the page that each begins on."""
    async with Store.open(path) as store:
        for movie in range(1, 400):
            await store.rate(ANNA, movie, 4, at=movie)
    query(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    found = query(path, "SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0")
    return [(str(name), int(str(page))) for name, page in found]


async def test_damage_to_a_page_of_any_table_is_noticed_at_the_start_and_never_copied(path: Path, copy: Path) -> None:
    pages = await some_of_everything(path)
    whole = contents(path)
    assert len(pages) > 20
    for name, page in pages:
        for junk in (b"\x00", b"\xa5"):
            write(path, whole[: (page - 1) * PAGE] + junk * PAGE + whole[page * PAGE :])
            with pytest.raises(StoreError, match=r"damaged|malformed"):
                async with Store.open(path):
                    pytest.fail(f"{name} is damaged, and the store opened")
            with pytest.raises(StoreError, match=r"damaged|malformed"):
                backup(path, copy)
            assert files(path, "copy*") == []


async def test_a_store_that_is_whole_again_opens(path: Path) -> None:
    [*_, (_, page)] = await some_of_everything(path)
    whole = contents(path)
    write(path, whole[: (page - 1) * PAGE] + bytes(PAGE) + whole[page * PAGE :])
    with pytest.raises(StoreError):
        async with Store.open(path):
            pass
    write(path, whole)
    async with Store.open(path) as store:
        assert len(await store.history(ANNA)) == 399
