"""Writes that wait for one another share a commit, and none of them notices."""

import asyncio
import sqlite3

import aiosqlite
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import Store, Unavailable, database, snapshot
from bot.store.engines.postgres import Postgres
from bot.store.engines.sqlite import Sqlite
from tests.bot import trouble
from tests.bot.patience import PATIENCE


@pytest.fixture
def commits(monkeypatch):
    """The engines that were told to commit, once each time."""
    monkeypatch.setattr(database, "PATIENCE", 60)  # it is about their number, not about the time
    commits = []

    def counting(commit):
        async def counted(engine):
            commits.append(engine)
            await commit(engine)

        return counted

    for engine in (Sqlite, Postgres):
        monkeypatch.setattr(engine, "commit", counting(engine.commit))
    return commits


def full():
    """What SQLite says where the disk is full."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
    return error


async def twenty_are_refused(store, place):
    writes = (store.rate(member, 1, 4, at=1) for member in range(1, 21))
    told = await asyncio.gather(*writes, return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in told)
    assert await saved(place) == set()


async def it_goes_on(store, place):
    await store.rate(99, 1, 4, at=1)
    assert await saved(place) == {99}


async def saved(place):
    """Those whose ratings another connection finds."""
    return set((await asyncio.to_thread(snapshot, place))["member"])


async def test_a_thousand_writes_at_once_take_a_few_commits(store, place, commits, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", PATIENCE)  # a busy machine's last ones wait long
    await asyncio.gather(*(store.rate(member, 1, 4, at=1) for member in range(1, 1001)))
    assert await saved(place) == set(range(1, 1001))
    assert len(commits) <= 50


async def test_a_write_that_returned_is_on_disk(store, place):
    async def rated(member):
        await store.rate(member, 1, 4, at=1)
        return member in await saved(place)

    assert all(await asyncio.gather(*map(rated, range(1, 21))))


async def test_each_sees_what_those_before_it_wrote(store):
    before = await asyncio.gather(*(store.rate(1, 1, stars, at=1) for stars in (1, 2, 3, 4)))
    assert before == [None, 1, 2, 3]


async def test_where_the_commit_fails_all_are_told_and_nothing_is_stored(store, place, path, monkeypatch):
    execute = aiosqlite.Connection._execute

    async def failing(connection, function, *values):
        if values[:1] == ("COMMIT",):
            raise full()
        return await execute(connection, function, *values)

    with monkeypatch.context() as disk:
        disk.setattr(aiosqlite.Connection, "_execute", failing)
        await twenty_are_refused(store, place)
    await it_goes_on(store, place)


async def test_where_one_statement_loses_all_that_share_the_commit_they_are_told(store, place, path):
    """As SQLite may do where the disk is full."""

    async def undone():
        async with store._database.turn() as run:
            await run("ROLLBACK")
            raise full()

    rated = [store.rate(member, 1, 4, at=1) for member in range(1, 6)]
    later = [store.rate(member, 1, 4, at=1) for member in range(6, 11)]
    told = await asyncio.gather(*rated, undone(), *later, return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in told[:6])
    assert told[6:] == [None] * 5
    assert await saved(place) == set(range(6, 11))


async def test_a_disk_that_takes_nothing_refuses_all_who_share(store, place, path):
    with trouble.unwritable():
        await twenty_are_refused(store, place)
    await it_goes_on(store, place)


async def test_deleting_amid_other_writes_rewrites_the_file_and_loses_none(store, place):
    await store.rate(1, 1, 4, at=1)
    await asyncio.gather(store.delete(1), *(store.rate(member, 1, 4, at=1) for member in range(2, 50)), store.delete(2))
    assert await saved(place) == set(range(3, 50))


async def test_what_is_written_while_the_store_closes_is_kept(place):
    async with Store.open(place) as store:
        writes = [asyncio.create_task(store.rate(member, 1, 4, at=1)) for member in range(1, 6)]
        await asyncio.gather(*writes)
    assert await saved(place) == set(range(1, 6))


@given(what=st.lists(st.sampled_from(["write", "fail", "cancel"]), max_size=30), pause=st.integers(0, 8))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_whatever_fails_or_is_cancelled_the_others_are_stored_and_it_is_whole_or_not_at_all(store, what, pause):
    """Each writes two ratings, so that a half would show."""
    await store.delete(1)

    async def write(number, fails):
        async with store._transaction() as run:
            for movie in (2 * number + 1, 2 * number + 2):
                await run("INSERT INTO ratings (member_id, movie_id, stars, rated_at) VALUES (1, ?, 4, 1)", movie)
            if fails:
                raise RuntimeError

    tasks = [asyncio.create_task(write(number, kind == "fail")) for number, kind in enumerate(what)]
    for _ in range(pause):
        await asyncio.sleep(0)
    for task, kind in zip(tasks, what, strict=True):
        if kind == "cancel":
            task.cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    await store.set_meta("afterwards", "")
    there = await store.history(1)
    for number, kind in enumerate(what):
        stored = {2 * number + 1, 2 * number + 2} & there.keys()
        assert len(stored) != 1
        if kind != "cancel":
            assert bool(stored) == (kind == "write") == (told[number] is None)
