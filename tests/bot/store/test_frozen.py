"""A process that is frozen while it writes, wherever that is, holds nobody up for long."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from bot.store import Store, Unavailable
from bot.store.engines import server
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


async def test_a_frozen_process_loses_its_turn_and_hears_it_and_nothing_is_half_saved(
    postgres: Server, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not addresses:
        addresses.append(await postgres.create())
    async with Store.open(addresses[0]):  # which makes the tables, and may take longer than a frozen process has
        pass
    await empty(addresses[0])
    monkeypatch.setitem(server.SETTINGS, "idle_in_transaction_session_timeout", "100")
    async with Store.open(addresses[0]) as store:
        monkeypatch.setattr("bot.store.database.PATIENCE", 0.2)  # of writes: connections that read have the bot's
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
