"""A database brought from one engine to the other and back: all of it, and nothing of the source changes."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiosqlite
import asyncpg
import pytest

from bot.address import Address
from bot.backups import backups, make_if_due
from bot.settings import Settings
from bot.store import (
    MEMBER_TABLES,
    Store,
    StoreError,
    backup,
    contents,
    copy,
    copying,
    exists,
    restore,
    size,
    snapshot,
    tally,
)
from bot.store.copying import TABLES, _File, _Server
from bot.store.engines import server, sqlite
from bot.store.engines.sqlite import migrate
from bot.store.migrate import shipped_scripts
from tests.bot.patience import PATIENCE
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import GUILD, begun, voting
from tests.bot.store.test_store_personal import fill_every_table
from tests.postgres import Server

Place = Path | Address
Rows = list[tuple[Any, ...]]
NewPlace = Callable[[], Awaitable[Place]]


@pytest.fixture
async def club(place: Place) -> Place:
    """A database in which every table has something, and what was removed again has left gaps."""
    async with Store.open(place) as store:
        for member in (ANNA, BEN):
            await fill_every_table(store, member)
        await store.nights.change_settings(GUILD, services=("Netflix",), max_minutes=120)
        await store.films.move({FARGO: 1})
        await store.trainings.finish(await store.trainings.start("first", at=7), "published", {}, at=8)
        await store.set_meta("a key", "ein Schlüssel 🗝")
        gone = await store.exclude(ANNA, "words", "gone", at=8)
        assert gone is not None
        await store.unexclude(ANNA, gone.id)
        for movie in (ALIEN, HEAT):  # of one second: the later write comes first
            await store.rate(5, movie, 3, at=9)
        night, [film, _] = await voting(store)
        assert await store.votes.close(night.id, lambda films, ballots: film.id)
        assert await store.nights.watched(night.id, HEAT, {ANNA: 0.75}, at=9)
    return place


@pytest.fixture
def elsewhere(place: Place, tmp_path: Path, request: pytest.FixtureRequest, new_place: NewPlace) -> NewPlace:
    """Where there is nothing yet, of the other engine."""

    async def other() -> Place:
        if isinstance(place, Address):
            return tmp_path / "copy.db"
        server = request.getfixturevalue("postgres")
        found = Address.of(await server.create())
        assert found is not None
        return found

    if not isinstance(place, Address):
        request.getfixturevalue("postgres")
    return other


def in_order(tables: dict[str, list[dict[str, object]]]) -> dict[str, list[str]]:
    return {table: sorted(map(str, rows)) for table, rows in tables.items()}


async def told(place: Place) -> object:
    """What the store says of it."""
    async with Store.open(place) as store:
        ids = [(await begun(store, 9, channel=77)).id, await store.trainings.start("next", at=9)]
        new = await store.exclude(ANNA, "words", "new", at=9)
        return (
            [in_order(await store.export(member)) for member in (ANNA, BEN, 5)],
            await store.history(5),
            await store.nights.settings(GUILD),
            await store.films.aliases(),
            await store.typed.films(),
            await store.trainings.latest(),
            await store.get_meta("a key"),
            (ids, new),
        )


async def test_all_comes_back_as_it_was_through_the_other_engine(
    club: Place, elsewhere: NewPlace, tmp_path: Path, new_place: NewPlace
) -> None:
    there = await elsewhere()
    rows = await asyncio.to_thread(copy, club, there)
    assert all(rows[table] for table in MEMBER_TABLES)
    assert set(rows) == set(TABLES)
    back = tmp_path / "back.db" if not isinstance(club, Address) else await new_place()
    assert await asyncio.to_thread(copy, there, back) == rows
    first = await told(club)
    assert await told(there) == first
    assert await told(back) == first


async def test_the_source_is_not_changed_by_a_byte(path: Path, club: Place, elsewhere: NewPlace) -> None:
    before = await asyncio.to_thread(path.read_bytes)
    await asyncio.to_thread(copy, path, await elsewhere())
    assert await asyncio.to_thread(path.read_bytes) == before


async def test_what_is_written_meanwhile_is_not_in_it(club: Place, elsewhere: NewPlace) -> None:
    loop, there = asyncio.get_running_loop(), await elsewhere()
    async with Store.open(club) as store:
        before = await store.counts()

        def write(table: str, _: int) -> None:
            if table == "meta":
                asyncio.run_coroutine_threadsafe(store.rate(ANNA, 4321, 4, at=9), loop).result()

        await asyncio.to_thread(copy, club, there, write)
        assert (await store.counts()).ratings == before.ratings + 1
    assert (await asyncio.to_thread(contents, there)).counts == before


async def test_a_copy_that_breaks_off_leaves_nothing(club: Place, elsewhere: NewPlace) -> None:
    there = await elsewhere()

    def break_off(table: str, _: int) -> None:
        if table == "lists":
            raise StoreError("stopped")

    with pytest.raises(StoreError, match="stopped"):
        await asyncio.to_thread(copy, club, there, break_off)
    if isinstance(there, Path):
        assert left(there.parent, "copy.db") == []
    assert (await asyncio.to_thread(copy, club, there))["lists"] == 2


async def test_what_holds_something_is_never_copied_to(club: Place, elsewhere: NewPlace) -> None:
    there = await elsewhere()
    await asyncio.to_thread(copy, club, there)
    with pytest.raises(StoreError, match=r"is there already|holds something already"):
        await asyncio.to_thread(copy, club, there)


async def test_a_database_that_a_bot_has_open_is_not_copied_to(path: Path, club: Place, elsewhere: NewPlace) -> None:
    there = await elsewhere()
    async with Store.open(there):
        with pytest.raises(StoreError, match=r"a bot has .* open: stop it first"):
            await asyncio.to_thread(copy, path, there)


def without_one(rows: Rows) -> Rows:
    return rows[1:]


def with_stars_exchanged(rows: Rows) -> Rows:
    [(*one, first, at, place), (*other, second, later, next_place), *rest] = rows
    assert first != second
    return [(*one, second, at, place), (*other, first, later, next_place), *rest]


def with_another_satisfaction(rows: Rows) -> Rows:
    changed = [tuple(value + 0.125 if value == 0.75 else value for value in row) for row in rows]
    assert changed != rows
    return changed


@pytest.mark.parametrize(
    ("table", "damaged"),
    [
        ("ratings", without_one),
        ("ratings", with_stars_exchanged),
        ("night_members", with_another_satisfaction),  # where others have none
    ],
)
async def test_a_copy_that_differs_is_not_kept(
    club: Place,
    elsewhere: NewPlace,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    damaged: Callable[[Rows], Rows],
) -> None:
    for side in (_File, _Server):
        monkeypatch.setattr(side, "write", lossy(side.write, table, damaged))
    there = await elsewhere()
    with pytest.raises(StoreError, match=f"the copy of the table {table} differs"):
        await asyncio.to_thread(copy, club, there)


def left(folder: Path, start: str) -> list[Path]:
    return list(folder.glob(f"{start}*"))


def lossy(
    write: Callable[..., Awaitable[None]], damaged_table: str, damaged: Callable[[Rows], Rows]
) -> Callable[..., Awaitable[None]]:
    async def written(side: object, table: str, columns: list[str], rows: Rows) -> None:
        await write(side, table, columns, damaged(rows) if table == damaged_table else rows)

    return written


async def test_a_copy_that_failed_late_leaves_the_target_as_it_was(
    club: Place, elsewhere: NewPlace, new_database: Path
) -> None:
    there = await elsewhere()
    with pytest.MonkeyPatch.context() as patch:
        for side in (_File, _Server):
            patch.setattr(side, "write", lossy(side.write, "ratings", without_one))
        with pytest.raises(StoreError, match="differs"):
            await asyncio.to_thread(copy, club, there)
    await asyncio.to_thread(copy, new_database, there)
    async with Store.open(there) as store:
        first = await store.exclude(ANNA, "words", "first", at=1)
        assert first is not None
        assert first.id == 1


async def test_a_database_of_a_newer_program_is_not_copied(path: Path, club: Place, elsewhere: NewPlace) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="is no database of this program's, version"):
        await asyncio.to_thread(copy, path, await elsewhere())


@pytest.mark.parametrize("version", [1, 14])
async def test_an_older_file_is_copied_as_it_will_be_and_stays_as_it_is(
    path: Path, tmp_path: Path, version: int
) -> None:
    async with aiosqlite.connect(path) as db:
        await migrate(db, shipped_scripts()[:version])
        await db.execute(f"INSERT INTO ratings VALUES ({ANNA}, {HEAT}, 5, 1)")
        await db.commit()
    before = await asyncio.to_thread(path.read_bytes)
    there = tmp_path / "copy.db"
    assert (await asyncio.to_thread(copy, path, there))["ratings"] == 1
    assert await asyncio.to_thread(path.read_bytes) == before
    held = await asyncio.to_thread(contents, there)
    assert (held.version, held.counts.ratings) == (len(shipped_scripts()), 1)
    async with Store.open(there) as store:
        assert await store.history(ANNA) == {HEAT: 5}


async def test_a_backup_of_either_engine_is_a_file_that_can_be_put_in_a_databases_place(
    club: Place, tmp_path: Path
) -> None:
    made = tmp_path / "backup.db"
    await asyncio.to_thread(backup, club, made)
    assert made.stat().st_mode & 0o077 == 0
    held = await asyncio.to_thread(contents, club)
    assert contents(made) == held
    restored = tmp_path / "restored.db"
    assert restore(restored, made, tmp_path / "aside.db") == held
    with pytest.raises(StoreError, match="is there already"):
        await asyncio.to_thread(backup, club, made)


async def test_the_clock_makes_backups_of_either_engine(club: Place, tmp_path: Path) -> None:
    host = Settings(_env_file=None, database=club, data_dir=tmp_path / "data", backup_hours=24)
    made = await asyncio.to_thread(make_if_due, host, 10**9)
    assert made is not None
    assert [each.path for each in backups(host.backup_dir)] == [made]
    assert contents(made) == await asyncio.to_thread(contents, club)
    assert await asyncio.to_thread(make_if_due, host, 10**9 + 60) is None


async def test_before_a_migration_what_is_to_be_changed_is_backed_up_as_it_is(
    new_place: NewPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, made = await new_place(), tmp_path / "before.db"
    async with Store.open(place) as store:
        await store.rate(ANNA, HEAT, 4, at=1)
    scripts, more = shipped_scripts(), "CREATE TABLE later (id BIGINT)"
    if isinstance(place, Address):
        monkeypatch.setattr(server, "postgres_scripts", lambda: {len(scripts): "", len(scripts) + 1: more})
    else:
        monkeypatch.setattr(sqlite, "shipped_scripts", lambda: [*scripts, more])
    monkeypatch.setattr(copying, "shipped_scripts", lambda: [*scripts, more])
    asked = []

    def before(version: int) -> None:
        asked.append(version)
        backup(place, made)

    async with Store.open(place, before) as store:
        assert await store.history(ANNA) == {HEAT: 4}
        await store._run("DROP TABLE later")
    assert asked == [len(scripts) + 1]
    held = contents(made)
    assert (held.version, held.counts.ratings) == (len(scripts), 1)
    if isinstance(place, Address):  # which other tests use too
        await _set_version(place, len(scripts))


async def _set_version(address: Address, version: int) -> None:
    connection = await asyncpg.connect(address.url)
    await connection.execute("UPDATE schema_version SET version = $1", version)
    await connection.close()


async def test_a_backup_may_be_stopped(club: Place, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="stopped"):
        await asyncio.to_thread(backup, club, tmp_path / "backup.db", lambda: True)
    assert left(tmp_path, "backup") == []


async def test_other_processes_read_the_same_of_both(club: Place, elsewhere: NewPlace) -> None:
    there = await elsewhere()
    assert not await asyncio.to_thread(exists, there)
    await asyncio.to_thread(copy, club, there)
    assert await asyncio.to_thread(exists, there)
    assert await asyncio.to_thread(size, there) > 0
    one, other = [await asyncio.to_thread(snapshot, each) for each in (club, there)]
    assert one.equals(other)
    assert list(map(str, one.dtypes)) == ["int64", "int64", "float64", "int64"]
    assert await asyncio.to_thread(tally, club, 3) == await asyncio.to_thread(tally, there, 3)


async def test_a_password_that_is_not_in_the_address_is_found_where_psql_finds_it(
    new_database: Path, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await guarded(postgres, "hunter2")
    with pytest.raises(StoreError, match="password"):
        await asyncio.to_thread(copy, new_database, url)
    passwords = tmp_path / "pgpass"
    passwords.touch(mode=0o600)
    passwords.write_text(f"127.0.0.1:{postgres.port}:*:keeper:hunter2\n")
    with monkeypatch.context() as home:
        home.setenv("PGPASSFILE", str(passwords))
        await asyncio.to_thread(copy, new_database, url)
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    await asyncio.to_thread(copy, url, tmp_path / "copy.db")


async def guarded(postgres: Server, password: str) -> str:
    """The address of a new database, and nobody comes in as its owner, who has no other, without the password."""
    name = urlsplit(await postgres.create()).path.strip("/")
    rules = postgres.data / "pg_hba.conf"
    rules.write_text(f"host all keeper 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    admin = await asyncpg.connect(postgres.address())
    await admin.execute(
        f"CREATE USER keeper PASSWORD '{password}'; ALTER DATABASE {name} OWNER TO keeper; SELECT pg_reload_conf()"
    )
    await admin.close()
    url = postgres.address(name).replace("//postgres@", "//keeper@")
    with suppress(asyncpg.InvalidPasswordError):
        async with asyncio.timeout(PATIENCE):
            while True:  # until the server has read its rules again
                await (await asyncpg.connect(url)).close()
    return url
