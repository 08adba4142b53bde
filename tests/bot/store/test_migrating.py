"""A database with something in it comes to a newer version, on either engine, and keeps all of it."""

import asyncio
from pathlib import Path

import pytest

from bot.address import Address, located
from bot.store import Store, copy
from bot.store.engines import server, sqlite
from bot.store.migrate import postgres_scripts, shipped_scripts
from tests.bot.store import ANNA, BEN
from tests.bot.store.conftest import ENGINES
from tests.bot.store.test_store_personal import fill_every_table


@pytest.fixture(params=ENGINES)
async def nowhere(request: pytest.FixtureRequest, path: Path) -> Path | Address:
    """Where nothing is yet."""
    return path if request.param == "sqlite" else located(await request.getfixturevalue("postgres").create())


@pytest.mark.parametrize("version", sorted(postgres_scripts())[:-1])
async def test_a_database_keeps_what_it_has_and_so_does_its_copy(
    nowhere: Path | Address, version: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    older = {number: script for number, script in postgres_scripts().items() if number <= version}
    with monkeypatch.context() as then:
        then.setattr(server, "postgres_scripts", lambda: older)
        then.setattr(sqlite, "shipped_scripts", lambda: shipped_scripts()[:version])
        async with Store.open(nowhere) as store:
            for member in (ANNA, BEN):
                await fill_every_table(store, member)
            before = [await store.export(member) for member in (ANNA, BEN)]
    copied = tmp_path / "copy.db"
    await asyncio.to_thread(copy, nowhere, copied)
    for place in (nowhere, copied):
        async with Store.open(place) as store:
            assert [await store.export(member) for member in (ANNA, BEN)] == before
            assert await store.delete(ANNA) > 0
