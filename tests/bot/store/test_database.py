"""What becomes of reads and writes where the database is locked, full or damaged."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bot.store import Store, StoreError, Unavailable, database
from bot.store.database import Database
from bot.store.engines.sqlite import Sqlite
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.trouble import damage, locked, unwritable

NOTE = "INSERT INTO meta (key, value) VALUES (?, ?)"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No write waits for long."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    monkeypatch.setattr(database, "OPENING_PATIENCE", 0.05)


@pytest.fixture
async def opened(path: Path) -> AsyncIterator[Database]:
    async with Database.open(path) as found:
        yield found


# A lock


async def test_reads_answer_while_another_program_writes(store: Store, path: Path) -> None:
    await store.rate(ANNA, HEAT, 4.5, at=1)
    with locked(path):
        assert await store.history(ANNA) == {HEAT: 4.5}
        assert len((await store.export(ANNA))["ratings"]) == 1


@pytest.mark.usefixtures("hasty")
async def test_writes_that_get_no_turn_are_refused_in_a_sentence_and_never_stored(store: Store, path: Path) -> None:
    with locked(path):
        writes = [
            *(store.rate(ANNA, movie, 4, at=1) for movie in (HEAT, ALIEN, FARGO)),
            store.mark_seen(ANNA, HEAT, at=1),
            store.watchlists.add(ANNA, HEAT, at=1),
        ]
        refused = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(each) for each in refused] == [Unavailable] * len(writes)
    assert {str(each) for each in refused} == {
        "The database is busy with something else, so nothing was saved. Try again in a moment."
    }
    await store.rate(BEN, HEAT, 4, at=1)
    assert not any((await store.export(ANNA)).values())


async def test_a_write_waits_while_another_program_is_about_to_end(store: Store, path: Path) -> None:
    with locked(path):
        write = asyncio.create_task(store.rate(ANNA, HEAT, 4, at=1))
        assert await store.history(ANNA) == {}
    await write
    assert await store.history(ANNA) == {HEAT: 4}


@pytest.mark.usefixtures("hasty")
async def test_the_turn_of_another_write_is_waited_for_no_longer_than_a_lock(opened: Database) -> None:
    async with opened.transaction() as run:
        await run(NOTE, "first", "kept")
        with pytest.raises(Unavailable, match="busy"):
            await opened.run(NOTE, "second", "refused")
    assert [row["key"] for row in await opened.run("SELECT key FROM meta WHERE key IN ('first', 'second')")] == [
        "first"
    ]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds for which each write may wait for other processes."""
    waits, wait_at_most = [], Sqlite._wait_at_most

    async def spied(opened: Sqlite, seconds: float) -> None:
        waits.append(seconds)
        await wait_at_most(opened, seconds)

    monkeypatch.setattr(Sqlite, "_wait_at_most", spied)
    return waits


@pytest.mark.usefixtures("hasty")
async def test_all_writes_for_one_answer_wait_no_longer_than_one(store: Store, path: Path, waits: list[float]) -> None:
    with locked(path), database.one_answer():
        for movie in (HEAT, ALIEN, FARGO):
            with suppress(Unavailable):
                await store.rate(ANNA, movie, 4, at=1)
    assert len(waits) == 3
    assert sum(waits) <= 1.1 * database.PATIENCE
    with database.one_answer():  # nothing is waited for, so all are written
        for movie in (HEAT, ALIEN, FARGO):
            await store.rate(ANNA, movie, 4, at=1)


@pytest.mark.usefixtures("hasty")
async def test_what_it_waited_for_before_counts(store: Store, path: Path, waits: list[float]) -> None:
    with database.one_answer(waited=database.PATIENCE + 1):
        await store.rate(ANNA, HEAT, 4, at=1)
    assert waits == [0]


@pytest.mark.usefixtures("hasty")
async def test_what_nobody_waits_for_has_its_own_patience_also_where_somebody_began_it(
    store: Store, path: Path, waits: list[float]
) -> None:
    given = asyncio.Event()

    async def go_on() -> None:
        await given.wait()
        for movie in (HEAT, ALIEN):
            with suppress(Unavailable):
                await store.rate(ANNA, movie, 4, at=1)

    with database.one_answer(waited=database.PATIENCE):
        task = asyncio.create_task(go_on())
        await asyncio.sleep(0)
    given.set()
    with locked(path):
        await task
    assert min(waits) > database.PATIENCE / 2


@pytest.mark.usefixtures("hasty")
async def test_an_answer_of_which_a_part_was_saved_says_so(store: Store, path: Path) -> None:
    async def answer(first: Awaitable[object]) -> None:
        with database.one_answer():
            await first
            with locked(path):
                await store.rate(ANNA, HEAT, 4, at=1)

    with pytest.raises(Unavailable, match="so only a part of it was saved"):
        await answer(store.mark_seen(ANNA, ALIEN, at=1))
    with pytest.raises(Unavailable, match="so nothing was saved"):
        await answer(store.mark_seen(ANNA, ALIEN, at=1))  # which it is already
    with pytest.raises(Unavailable, match="so nothing was saved"):
        await answer(store.history(ANNA))


async def test_what_is_not_committed_yet_is_read_by_nobody_else(opened: Database) -> None:
    async with opened.transaction() as run:
        await run(NOTE, "half", "done")
        assert await opened.run("SELECT * FROM meta WHERE key = 'half'") == []
    assert len(await opened.run("SELECT * FROM meta WHERE key = 'half'")) == 1


async def test_reads_of_one_moment_know_nothing_of_what_is_written_meanwhile(opened: Database) -> None:
    async with opened.moment() as run:
        before = [tuple(row) for row in await run("SELECT count(*) FROM meta")]
        await opened.run(NOTE, "new", "")
        assert [tuple(row) for row in await run("SELECT count(*) FROM meta")] == before


@pytest.mark.usefixtures("hasty")
async def test_a_database_that_another_program_writes_to_is_not_opened(path: Path, store: Store) -> None:
    with locked(path), pytest.raises(StoreError, match=r"club\.db.*another program is writing to it"):
        async with Store.open(path):
            pass


# The disk


async def test_a_full_disk_is_told_and_the_next_write_with_room_is_stored(opened: Database) -> None:
    await opened.run("PRAGMA max_page_count = 1")  # no more than there are
    with pytest.raises(Unavailable, match=r"^My disk is full, so nothing was saved\. Whoever hosts me has been told"):
        await opened.run(NOTE, "long", "x" * 100_000)
    await opened.run(NOTE, "short", "x")
    rows = await opened.run("SELECT key FROM meta WHERE key IN ('long', 'short')")
    assert [row["key"] for row in rows] == ["short"]


async def test_a_disk_that_takes_nothing_is_told_and_reads_go_on(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await store.rate(ANNA, HEAT, 4, at=1)
    with unwritable():
        with pytest.raises(Unavailable, match="My disk doesn't work as it should, so nothing was saved"):
            await store.rate(ANNA, ALIEN, 4, at=2)
        assert await store.history(ANNA) == {HEAT: 4}
        saved = await store.lists.save(ANNA, "top", {}, [HEAT], at=3)
    assert (saved.id, saved.movies) == (None, [HEAT])
    assert {record.levelname for record in caplog.records} == {"ERROR"}
    await store.rate(ANNA, FARGO, 4, at=4)
    assert set(await store.history(ANNA)) == {HEAT, FARGO}


async def test_a_deletion_that_leaves_something_in_the_files_is_finished_by_the_daily_cleaning(
    store: Store, path: Path
) -> None:
    await store.exclude(ANNA, "words", "hedgehog-on-stilts", at=1)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader, pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "PATIENCE", 0.05)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM exclusions").fetchall()
        assert await store.delete(ANNA) == 1
        assert await store.exclusions(ANNA) == []
    await store.prune(before=0)
    assert not any(b"hedgehog-on-stilts" in file.read_bytes() for file in path.parent.iterdir())
    assert await store.get_meta("deleted data may be left in the file") is None


# Damage


async def test_damage_that_is_met_is_told_and_logged_and_the_rest_can_be_used(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage(path, "ratings")
    with pytest.raises(
        Unavailable, match=r"^Something in my database is damaged\. Whoever hosts me has been told; try again later\.$"
    ):
        await store.history(ANNA)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert await store.mark_seen(ANNA, HEAT, at=1)
    assert await store.seen(ANNA) == {HEAT: 1}


async def test_a_mistake_in_a_statement_is_none_of_these(opened: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await opened.run("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.IntegrityError):
        await opened.run("INSERT INTO meta (key, value) VALUES ('twice', ''), ('twice', '')")
