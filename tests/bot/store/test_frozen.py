"""A process that is frozen while it writes, wherever that is, holds nobody up for long; one that may take its time goes on."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.store import Store, Unavailable, copy
from bot.store.engines import server
from bot.store.migrate import postgres_scripts
from tests.bot.store import ANNA, HEAT
from tests.postgres import Server, empty

WRITER = f"""
import asyncio, os, signal, sys
import asyncpg
from bot.store import Store, Unavailable

ROWS = [(f"row {{number}}", "x" * 200) for number in range(8_000)]  # more than is sent at once

def freeze():
    os.kill(os.getpid(), signal.SIGSTOP)

def half_of(rows):
    for number, row in enumerate(rows):
        if number == len(ROWS) // 2:
            freeze()
        yield row

copy, many = asyncpg.Connection.copy_records_to_table, asyncpg.Connection.executemany
asyncpg.Connection.copy_records_to_table = lambda self, table, *, records, **more: copy(
    self, table, records=half_of(records), **more)
asyncpg.Connection.executemany = lambda self, sql, rows: many(self, sql, half_of(rows))

async def between_statements(run):
    await run("SELECT set_config('idle_in_transaction_session_timeout', '10', true)")
    freeze()
    await run("SELECT 1")

async def amid_rows(run):
    await run.fill("meta", ("key", "value"), ROWS)

async def amid_statements_sent_together(run):
    await run.many("INSERT INTO meta (key, value) VALUES (?, ?)", ROWS)

async def amid_an_answer(run):
    asyncio.get_running_loop().call_later(0.1, freeze)
    await run("SELECT pg_sleep(0.3), repeat('x', 20000000)")

async def main():
    async with Store.open(sys.argv[1]) as store:
        for moment in (between_statements, amid_rows, amid_statements_sent_together, amid_an_answer):
            try:
                async with store._transaction() as run:
                    await run("INSERT INTO meta (key, value) VALUES ('half', '')")
                    await moment(run)
            except Unavailable as error:
                print(moment.__name__, error, flush=True)
        await store.rate({ANNA}, {HEAT}, 4, at=1)

asyncio.run(main())
"""


async def written(store: Store, key: str) -> None:
    """As a member who tries until it works."""
    while True:
        try:
            return await store.set_meta(key, "")
        except Unavailable:
            continue


@pytest.fixture(autouse=True)
def soon_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One may do nothing for less long than a write waits that is refused."""
    monkeypatch.setitem(server.SETTINGS, "idle_in_transaction_session_timeout", "100")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets writes wait so long. Before a database is open, its connections would have no more time either."""
    return lambda: monkeypatch.setattr("bot.store.database.PATIENCE", 0.2)


async def test_a_frozen_process_loses_its_turn_and_hears_it_and_nothing_is_half_saved(
    postgres: Server, addresses: list[str], impatient: Callable[[], None]
) -> None:
    if not addresses:
        addresses.append(await postgres.create())
    await empty(addresses[0])
    async with Store.open(addresses[0]) as store:
        impatient()
        program = sys.executable, "-c", WRITER, addresses[0]
        writer = await asyncio.create_subprocess_exec(*program, stdout=subprocess.PIPE)
        try:
            for number in range(4):
                _, status = await asyncio.to_thread(os.waitpid, writer.pid, os.WUNTRACED)
                assert os.WIFSTOPPED(status)
                await written(store, f"turn {number}")
                writer.send_signal(signal.SIGCONT)
            told, _ = await writer.communicate()
        finally:
            with suppress(ProcessLookupError):
                writer.kill()
        assert told.count(b"so nothing was saved") == 4, told
        assert await store.history(ANNA) == {HEAT: 4}  # it goes on
        keys = await store._run("SELECT key FROM meta WHERE key LIKE 'row%' OR key = 'half' OR key LIKE 'turn%'")
        assert sorted(key for (key,) in keys) == [f"turn {number}" for number in range(4)]


async def refused(store: Store) -> None:
    with pytest.raises(Unavailable, match="busy with something else"):
        await store.set_meta("meanwhile", "")


async def test_a_bot_that_still_runs_does_not_end_the_migration_by_a_newer_one(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, impatient: Callable[[], None]
) -> None:
    url, loop = await postgres.create(), asyncio.get_running_loop()
    async with Store.open(url) as older:
        newest = max(postgres_scripts()) + 1
        monkeypatch.setattr(server, "postgres_scripts", lambda: {newest: "CREATE TABLE later (id BIGINT)"})

        def make_a_copy(_: int) -> None:
            impatient()
            asyncio.run_coroutine_threadsafe(refused(older), loop).result()

        async with Store.open(url, make_a_copy) as newer:
            assert await newer._run("SELECT * FROM later") == []
        await written(older, "afterwards")


async def test_a_bot_that_is_started_too_soon_does_not_end_the_copy(
    postgres: Server, path: Path, impatient: Callable[[], None]
) -> None:
    url, loop = await postgres.create(), asyncio.get_running_loop()
    async with Store.open(path) as store:
        await store.rate(ANNA, HEAT, 4, at=1)

    async def start() -> None:
        async with Store.open(url) as store:
            impatient()
            await refused(store)

    def told(table: str, _: int) -> None:
        if table == "ratings":
            asyncio.run_coroutine_threadsafe(start(), loop).result()

    await asyncio.to_thread(copy, path, url, told)
    async with Store.open(url) as store:
        assert await store.history(ANNA) == {HEAT: 4}
