"""A server is not a file: it goes away, it has other guests, and many processes write at once."""

import asyncio
import itertools
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from bot.address import Address, located
from bot.store import UNCLEAN, Brought, NoRoom, Store, StoreError, Unavailable, database, import_changes, snapshot
from bot.store.engines import postgres as engine
from bot.store.engines import server
from bot.store.engines.postgres import Lost
from bot.store.migrate import postgres_scripts, shipped_scripts
from bot.store.nights import MOST_MEMBERS
from tests.bot.patience import patiently
from tests.bot.proxy import Proxy
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import begun, voting
from tests.postgres import Server, empty

AWAY = r"^My database can't be reached(, so nothing was saved)?\. Try again in a minute\.$"


@pytest.fixture
async def url(postgres: Server, addresses: list[str]) -> str:
    """The address of a new database."""
    if not addresses:
        addresses.append(await postgres.create())
    await empty(addresses[0])
    return addresses[0]


async def alter(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def test_both_engines_have_the_same_newest_version() -> None:
    assert max(postgres_scripts()) == len(shipped_scripts())


# A server that goes away


async def test_a_server_that_goes_away_is_told_and_found_again_by_itself(
    url: str, postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with Store.open(url) as store:
        await store.rate(ANNA, HEAT, 4, at=1)
        await asyncio.to_thread(postgres.stop)
        try:
            for refused in (store.rate(ANNA, ALIEN, 4, at=2), store.history(ANNA), store.export(ANNA)):
                with pytest.raises(Unavailable, match=AWAY):
                    await refused
            assert (await store.lists.save(ANNA, "top", {}, [HEAT], at=3)).id is None
        finally:
            await asyncio.to_thread(postgres.start)
        assert "Traceback" not in caplog.text
        assert await store.history(ANNA) == {HEAT: 4}
        await store.rate(ANNA, FARGO, 3, at=4)
        assert await store.history(ANNA) == {FARGO: 3, HEAT: 4}


async def test_what_was_half_done_as_the_server_went_away_is_undone(url: str, postgres: Server) -> None:
    async with Store.open(url) as store:

        async def write() -> None:
            async with store._transaction() as run:
                await run("INSERT INTO meta (key, value) VALUES ('half', '')")
                await asyncio.to_thread(postgres.stop)
                await asyncio.to_thread(postgres.start)
                await run("INSERT INTO meta (key, value) VALUES ('whole', '')")

        with pytest.raises(Unavailable, match="so nothing was saved"):
            await write()
        assert await store.get_meta("half") is None
        await store.set_meta("whole", "afterwards")
        assert await store.get_meta("whole") == "afterwards"


async def test_all_who_share_a_transaction_that_is_lost_are_told(url: str) -> None:
    async with Store.open(url) as store:

        async def killed() -> None:
            async with store._transaction() as run:
                [[pid]] = await run("SELECT pg_backend_pid()")
                await alter(url, f"SELECT pg_terminate_backend({pid})")
                await run("SELECT 1")

        rated = [store.rate(member, HEAT, 4, at=1) for member in range(1, 6)]
        told = await asyncio.gather(*rated, killed(), return_exceptions=True)
        assert [type(each) for each in told] == [Unavailable] * 6
        assert (await store.counts()).ratings == 0
        await store.rate(ANNA, HEAT, 4, at=1)
        assert (await store.counts()).ratings == 1


@pytest.mark.parametrize("own", [NoRoom(3), asyncio.CancelledError()])
async def test_who_shares_a_transaction_that_is_lost_hears_nothing_of_anothers_own_errors(
    url: str, own: BaseException
) -> None:
    async with Store.open(url) as store:

        async def killed() -> None:
            async with store._transaction() as run:
                [[pid]] = await run("SELECT pg_backend_pid()")
                await alter(url, f"SELECT pg_terminate_backend({pid})")
                raise own

        rated = [store.rate(member, HEAT, 4, at=1) for member in (ANNA, BEN)]
        told = await asyncio.gather(*rated, killed(), return_exceptions=True)
        assert [type(each) for each in told] == [Unavailable, Unavailable, type(own)]


async def test_a_connection_that_is_lost_between_two_reads_of_one_moment_is_told(url: str) -> None:
    async with Store.open(url) as store:

        async def reads() -> None:
            async with store._database.moment() as run:
                [[pid]] = await run("SELECT pg_backend_pid()")
                await alter(url, f"SELECT pg_terminate_backend({pid})")
                with pytest.raises((asyncpg.PostgresError, Lost)):
                    await run("SELECT 1")
                await run("SELECT 1")

        with pytest.raises(Unavailable, match=AWAY):
            await reads()
        assert await store.export(ANNA)


async def test_an_import_whose_connection_is_lost_while_it_is_taken_waits_still(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Store.open(url) as store:
        key = await store.imports.keep(ANNA, "own", "{}", at=1)
        take = store.imports._take

        async def after_a_loss(*values: Any) -> object:
            store._database._engine._write.connection.terminate()  # type: ignore[attr-defined]
            return await take(*values)

        brought = [Brought("rated", HEAT, "", 4.0, 1)]
        monkeypatch.setattr(store.imports, "_take", after_a_loss)
        with pytest.raises(Unavailable, match=AWAY):
            await store.imports.take(ANNA, key, brought, True, at=2)
        monkeypatch.setattr(store.imports, "_take", take)
        assert await store.imports.waiting(ANNA, key)
        assert await store.imports.take(ANNA, key, brought, True, at=2)


async def test_who_gives_up_while_waiting_for_a_turn_leaves_no_lock_behind(url: str) -> None:
    async with two(url) as (one, other):
        for pause in range(30):  # whether it waits still or has the lock already
            held = asyncio.Event()

            async def hold(held: asyncio.Event = held) -> None:
                async with other._transaction() as run:
                    await run("SELECT 1")
                    await held.wait()

            holding = asyncio.create_task(hold())
            waiting = asyncio.create_task(one.rate(ANNA, HEAT, 4, at=1))
            await asyncio.sleep(0.0005 * pause)
            waiting.cancel()
            held.set()
            await asyncio.gather(holding, waiting, return_exceptions=True)
            await other.rate(BEN, HEAT, 4, at=1)
            await one.rate(BEN, FARGO, 4, at=1)


@asynccontextmanager
async def losing_commits(url: str, *, before: bool) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """An address that leads to the same server. Once the event is set, a connection that commits is cut, before the server hears
    of it or after."""
    parts, cut = urlsplit(url), asyncio.Event()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                is_lost = cut.is_set() and b"COMMIT\0" in data
                if is_lost:
                    back.close()
                if not is_lost or not before:
                    writer.write(data)
                    await writer.drain()
                if is_lost:
                    break
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(forward(reader, to, writer), forward(there, writer, to))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as listening:
        yield url.replace(f":{parts.port}/", f":{listening.sockets[0].getsockname()[1]}/"), cut


@pytest.mark.parametrize("before", [True, False])
async def test_a_commit_without_an_answer_is_told_as_unknown(url: str, before: bool) -> None:
    async with losing_commits(url, before=before) as (address, cut), Store.open(address) as store:
        cut.set()
        with pytest.raises(Unavailable, match=r"so I don't know whether it did\. Please look first"):
            await store.rate(ANNA, HEAT, 4, at=1)
        cut.clear()
        await store.rate(ANNA, ALIEN, 4, at=2)  # and its turn comes after whatever became of the other
        assert set(await store.history(ANNA)) == ({ALIEN} if before else {HEAT, ALIEN})


# Addresses of each kind, those that lead nowhere, and servers that won't do


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(
            "[::1]:{port}/{name}", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
        ),
        "/{name}?host={folder}&port={port}",
    ],
)
async def test_an_address_may_be_of_ipv6_or_a_socket_of_this_machine(postgres: Server, url: str, written: str) -> None:
    name = urlsplit(url).path.strip("/")
    address = "postgresql://postgres@" + written.format(port=postgres.port, name=name, folder=postgres.data)
    async with Store.open(address) as store:
        await store.rate(ANNA, HEAT, 4, at=1)
    assert len(await asyncio.to_thread(snapshot, address)) == 1


async def why_not(url: str) -> str:
    with pytest.raises(StoreError) as refused:
        async with Store.open(url):
            pass
    assert "hunter2" not in str(refused.value)
    return str(refused.value)


async def test_each_wrong_address_is_told_with_what_to_do_and_without_the_password(postgres: Server, url: str) -> None:
    at = f"127.0.0.1:{postgres.port}"
    assert "Is it running" in await why_not("postgresql://me:hunter2@127.0.0.1:1/club")
    assert "CREATE DATABASE" in await why_not(f"postgresql://postgres:hunter2@{at}/nowhere")
    assert 'role "nobody" does not exist' in await why_not(f"postgresql://nobody:hunter2@{at}/postgres")
    assert "can't be read" in await why_not(f"postgresql://postgres:hunter2@{at}/postgres?sslmode=perhaps")


async def test_a_refused_password_says_where_it_stands(postgres: Server, url: str) -> None:
    rules = postgres.data / "pg_hba.conf"
    before = rules.read_text()
    await alter(url, "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'another'")
    try:
        rules.write_text(f"host all guest 127.0.0.1/32 scram-sha-256\n{before}")
        await alter(url, "SELECT pg_reload_conf()")
        address = url.replace("postgres@", "guest:hunter2@")
        for _ in range(100):  # until the server has read it
            if "password" in (told := await why_not(address)):
                break
            await asyncio.sleep(0.1)
        assert "MARQUEE_DATABASE" in told
    finally:
        rules.write_text(before)
        await alter(url, "SELECT pg_reload_conf()", "DROP ROLE guest")


async def test_a_server_that_will_not_do_is_told(postgres: Server, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    latin = "latin_letters"
    await alter(url, f"CREATE DATABASE {latin} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "it keeps text as LATIN1" in await why_not(postgres.address(latin))
    await alter(url, f"DROP DATABASE {latin}")
    with monkeypatch.context() as patch:
        patch.setattr(server, "OLDEST", 99)
        assert "this program needs 99 or newer" in await why_not(url)


async def test_commits_wait_for_the_disk_whatever_the_database_and_its_address_say(url: str) -> None:
    name = urlsplit(url).path.strip("/")
    await alter(url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    for address in (url, f"{url}?synchronous_commit=off"):
        connection = await server.connect(located(address), patience=10)
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        await connection.close()
    await alter(url, f"ALTER DATABASE {name} RESET synchronous_commit")


def phrases(file: Path) -> set[bytes]:
    return {phrase for phrase in (b"secret phrase of 15", b"secret phrase of 16") if phrase in file.read_bytes()}


async def test_what_a_member_deletes_is_gone_from_the_server_s_files(postgres: Server) -> None:
    url = (
        await postgres.create()
    )  # where rows lie in their order: the last one's bytes stay until others need the place
    async with Store.open(url) as store:
        for member in range(1, 40):
            await store.exclude(member, "words", f"secret phrase of {member}", 0)
        observer = await asyncpg.connect(url)
        place = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('exclusions')"
        file = Path(await observer.fetchval(place))
        await observer.execute("CHECKPOINT")
        assert len(phrases(file)) == 2
        async with observer.transaction(isolation="repeatable_read"):
            await observer.fetch("SELECT 1")
            await store.delete(15)  # somebody still sees it
            assert await store.get_meta(UNCLEAN) is not None
        await patiently(cleaned(store))
        await observer.execute("CHECKPOINT")
        assert phrases(file) == {b"secret phrase of 16"}
        await observer.close()


async def cleaned(store: Store) -> None:
    while await store.get_meta(UNCLEAN) is not None:  # noqa: ASYNC110 (it tells nobody)
        await asyncio.sleep(0.01)


async def test_what_is_read_for_too_long_to_be_cleaned_is_left_to_the_daily_cleaning(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "READERS_PATIENCE", 0)
    async with Store.open(url) as store, connected(url) as observer:
        await store.rate(ANNA, HEAT, 4, at=1)
        async with observer.transaction(isolation="repeatable_read"):
            await observer.fetch("SELECT 1")
            await store.delete(ANNA)
            await store.prune(before=0)
            assert await store.get_meta(UNCLEAN) is not None
        await store.prune(before=0)
        assert await store.get_meta(UNCLEAN) is None


VACUUMS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'VACUUM%' AND state = 'active'"


async def test_others_write_while_it_is_cleaned_and_a_bot_that_is_stopped_leaves_the_rest_for_later(url: str) -> None:
    async with connected(url) as observer, connected(url) as other:
        async with Store.open(url) as store:
            await store.rate(ANNA, HEAT, 4, at=1)
            await other.execute("BEGIN; LOCK TABLE ratings IN SHARE UPDATE EXCLUSIVE MODE")  # as another cleaning does
            deletion = asyncio.create_task(store.delete(ANNA))
            await patiently(until(observer, VACUUMS, 1))
            await store.rate(BEN, HEAT, 4, at=1)
            assert await store.history(BEN) == {HEAT: 4}
            assert await patiently(deletion) == 1
        await patiently(until(observer, VACUUMS, 0))
        await other.execute("ROLLBACK")
        async with Store.open(url) as store:
            assert await store.get_meta(UNCLEAN) is not None
            await store.prune(before=0)
            assert await store.get_meta(UNCLEAN) is None


async def until(connection: "asyncpg.Connection[Any]", sql: str, wanted: object) -> None:
    while await connection.fetchval(sql) != wanted:  # noqa: ASYNC110 (the server tells nobody)
        await asyncio.sleep(0.01)


async def test_cleaning_waits_for_no_table_without_a_member_s_data(url: str) -> None:
    async with Store.open(url) as store, connected(url) as observer:
        await store.rate(ANNA, HEAT, 4, at=1)
        async with observer.transaction():
            await observer.execute("LOCK TABLE nights, trainings IN SHARE UPDATE EXCLUSIVE MODE")
            await store.delete(ANNA)
            await patiently(cleaned(store))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_read_on_a_connection_that_fell_silent_is_refused_in_a_sentence(
    postgres: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "READ_PATIENCE", 2.0)
    async with (
        Proxy.before(postgres.port) as proxy,
        Store.open(url.replace(f":{postgres.port}/", f":{proxy.port}/")) as store,
    ):
        await store.set_meta("a", "b")
        assert await store.get_meta("a") == "b"
        proxy.fall_silent()
        with pytest.raises(Unavailable):
            await store.get_meta("a")
        assert await store.get_meta("a") == "b"


@asynccontextmanager
async def refusing(code: str, message: str) -> AsyncIterator[str]:
    """The address of a server that lets nobody in who asks for settings."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)  # whether it speaks TLS
        writer.write(b"N")
        await reader.read(1024)
        fields = f"SFATAL\0C{code}\0M{message}\0\0".encode()
        writer.write(b"E" + (4 + len(fields)).to_bytes(4) + fields)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as listening:
        yield f"postgresql://me:hunter2@127.0.0.1:{listening.sockets[0].getsockname()[1]}/club"


async def test_a_server_too_old_for_the_settings_of_a_connection_is_told_with_the_version_that_is_needed() -> None:
    async with refusing("42704", 'unrecognized configuration parameter "tcp_user_timeout"') as address:  # as 11 does
        assert 'parameter "tcp_user_timeout". This program needs PostgreSQL 14 or newer' in await why_not(address)


async def test_a_pooler_is_told_whether_it_refuses_the_settings_of_a_connection_or_drops_them(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with refusing("08P01", "unsupported startup parameter: jit") as address:  # as PgBouncer does
        assert "Give PostgreSQL's own address" in await why_not(address)
    monkeypatch.setattr(asyncpg.Connection, "get_server_pid", lambda _: 1)
    assert "Give PostgreSQL's own address" in await why_not(url)


@pytest.mark.parametrize(
    "table", ["schema_version (version TEXT)", "schema_version (installed BIGINT)", "ratings (member_id BIGINT)"]
)
async def test_a_database_of_another_program_is_told_and_left_as_it_is(postgres: Server, url: str, table: str) -> None:
    await alter(url, "DROP DATABASE IF EXISTS others", "CREATE DATABASE others")
    others = postgres.address("others")
    await alter(others, f"CREATE TABLE {table}")
    assert "another program's: make a database for this program alone" in await why_not(others)
    admin = await asyncpg.connect(others)
    assert await admin.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1
    await admin.close()
    await alter(url, "DROP DATABASE others")


async def test_a_user_who_may_only_read_is_told(url: str) -> None:
    async with Store.open(url):
        pass
    await alter(url, "CREATE ROLE reader LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    try:
        assert "its user may only read" in await why_not(url.replace("postgres@", "reader@"))
    finally:
        await alter(url, "DROP OWNED BY reader", "DROP ROLE reader")


async def test_a_newer_database_is_left_as_it_is(url: str) -> None:
    async with Store.open(url):
        pass
    await alter(url, "UPDATE schema_version SET version = 999")
    try:
        assert "has version 999, newer than this program's" in await why_not(url)
    finally:
        await alter(url, f"UPDATE schema_version SET version = {len(shipped_scripts())}")


# Many processes


async def test_eight_may_start_at_once_with_an_empty_database(postgres: Server) -> None:
    url = await postgres.create()

    async def start() -> None:
        async with Store.open(url) as store:
            await store.set_meta("started", "")

    await asyncio.gather(*(start() for _ in range(8)))


@asynccontextmanager
async def two(url: str) -> AsyncIterator[tuple[Store, Store]]:
    async with Store.open(url) as one, Store.open(url) as other:
        yield one, other


async def test_an_evening_has_room_for_so_many_whichever_process_they_ask(url: str) -> None:
    async with two(url) as stores:
        night = await begun(stores[0], 1)
        turns = zip(itertools.cycle(stores), range(2, 2 * MOST_MEMBERS), strict=False)
        told = await asyncio.gather(
            *(store.nights.join(night.id, [member], 5) for store, member in turns), return_exceptions=True
        )
        assert len(await stores[1].nights.members(night.id)) == MOST_MEMBERS
        assert sum(isinstance(each, NoRoom) for each in told) == MOST_MEMBERS - 1
        assert sum(isinstance(each, list) for each in told) == MOST_MEMBERS - 1


async def test_a_vote_ends_once_whichever_process_closes_it_and_each_ballot_counts_or_is_refused(url: str) -> None:
    async with two(url) as (one, other):
        night, [heat, _] = await voting(one)
        votes = [store.votes.cast(night.id, member, heat.id) for store in (one, other) for member in (ANNA, BEN)]
        ends = [store.votes.close(night.id, lambda films, ballots: films[0].id) for store in (one, other)]
        told = await asyncio.gather(*votes[:2], *ends, *votes[2:])
        assert sum(each is True for each in told) == 1
        ballots = await one.votes.ballots(night.id)
        for member in (ANNA, BEN):
            presses = [each for each, who in zip((*told[:2], *told[4:]), (ANNA, BEN) * 2, strict=True) if who == member]
            films = ballots[member].films if member in ballots else ()
            assert len(films) == sum(each is not None for each in presses) % 2


async def test_films_merge_in_one_process_while_another_rates_them(url: str) -> None:
    async with two(url) as (one, other):
        rated = [other.rate(member, HEAT, 4, at=member) for member in range(1, 30)]
        await asyncio.gather(*rated[:15], one.films.move({HEAT: ALIEN}), *rated[15:])
        assert await one.stars_of(HEAT, 1, 100) == {}
        assert len(await one.stars_of(ALIEN, 1, 100)) == 29


async def test_a_process_that_waits_too_long_for_another_is_refused_and_a_frozen_one_loses_its_turn(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.database.PATIENCE", 0.2)
    async with two(url) as (one, other):
        async with one._transaction() as run:
            await run("INSERT INTO meta (key, value) VALUES ('first', '')")
            with pytest.raises(Unavailable, match="busy with something else, so nothing was saved"):
                await other.set_meta("second", "")
        await other.set_meta("second", "")
    monkeypatch.setitem(server.SETTINGS, "idle_in_transaction_session_timeout", "100")
    monkeypatch.setattr("bot.store.database.PATIENCE", 60)
    async with two(url) as (frozen, other):

        async def freeze() -> None:
            async with frozen._transaction() as run:
                await run("INSERT INTO meta (key, value) VALUES ('third', '')")
                await other.set_meta("fourth", "")
                await run("SELECT 1")

        with pytest.raises(Unavailable, match="so nothing was saved"):
            await freeze()
        assert await other.get_meta("third") is None


async def test_a_write_that_is_cancelled_while_it_waits_leaves_the_next_alone(url: str) -> None:
    async with two(url) as (one, other):
        async with one._transaction() as run:
            await run("INSERT INTO meta (key, value) VALUES ('first', '')")
            for wait in (0, 0.05):
                write = asyncio.create_task(other.set_meta("cancelled", ""))
                await asyncio.sleep(wait)
                write.cancel()
                await asyncio.wait([write])
        await other.set_meta("next", "")
        assert (await one.get_meta("cancelled"), await one.get_meta("next")) == (None, "")


WRITER = """
import asyncio, sys
from bot.store import Store

async def main():
    async with Store.open(sys.argv[1]) as store:
        async def one(first):
            for movie in range(first, 10**6, 10):
                await store.rate(1, movie, 4, at=1)
                print(movie, flush=True)
        await asyncio.gather(*map(one, range(10)))

asyncio.run(main())
"""


async def test_a_process_that_is_killed_amid_writes_loses_nothing_that_it_had_acknowledged(url: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = [int(await process.stdout.readline()) for _ in range(100)]
    process.kill()
    rest = await process.stdout.read()
    told += [int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    await process.wait()
    async with Store.open(url) as store:
        assert set(told) <= (await store.history(1)).keys()
        await store.rate(2, HEAT, 4, at=1)  # and its lock went with it


# What it costs


async def test_an_undone_import_is_not_looked_through_once_for_each_of_its_films(url: str) -> None:
    films = 300
    async with Store.open(url) as store:
        for stars in (4.0, 2.0):  # each film went with the one rating, and came with the other
            key = await store.imports.keep(ANNA, "own", "{}", at=1)
            await store.imports.take(
                ANNA, key, [Brought("rated", film, "", stars, 1) for film in range(films)], True, at=2
            )
        async with store._transaction() as run:
            assert await import_changes.undo(run, ANNA) == 2 * films
            [[looked_at]] = await run(
                "SELECT (SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid)) FROM pg_index"
                " WHERE indrelid = 'import_changes'::REGCLASS)"
                " + pg_stat_get_xact_tuples_returned('import_changes'::REGCLASS)"
            )
        assert looked_at < 50 * films


# What differs


async def test_text_with_the_character_0_is_kept_as_far_as_postgresql_can(url: str) -> None:
    async with Store.open(url) as store:
        entry = await store.exclude(ANNA, "words", "star\0wars", at=1)
        assert entry is not None
        assert entry.value == "star\N{REPLACEMENT CHARACTER}wars"
        assert await store.exclude(ANNA, "words", "star\0wars", at=2) is None
        await store.lists.save(ANNA, "top", {"words": "a\0b"}, [HEAT], at=1)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:12/hunter2@db.example/club",  # to all who read it, 12 is a port
        "postgresql+asyncpg://me:hunter2@db.example/club",
        "mysql://me:hunter2@db.example/club",
        "postgresql://me:hunter2@db.example",
    ],
)
def test_what_is_no_address_is_taken_neither_for_one_nor_for_a_file_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="write one like") as refused:
        located(text)
    assert "hunter2" not in str(refused.value)


def test_an_address_shows_no_password() -> None:
    address = Address("postgresql://me:hunter2@db.example:5433/club?sslmode=require&password=hunter2")
    assert str(address) == "postgresql://me@db.example:5433/club"
    assert "hunter2" not in repr(address)
    assert address.secrets() == ["hunter2"]  # and not its name, which may stand in many words


@pytest.mark.parametrize("text", ["postgresql:///club?host=/run/postgresql", "postgresql://me@[::1]:5433/club"])
def test_an_address_is_shown_as_it_is_written(text: str) -> None:
    assert str(located(text)) == text
