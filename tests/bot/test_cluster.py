"""What several processes agree on, over a real server."""

import asyncio
from contextlib import AsyncExitStack, suppress

import asyncpg
import pytest

from bot import cluster
from bot.cluster import FAULTS, Cluster, Word, Work
from bot.lock import AlreadyRunningError
from tests.bot.patience import PATIENCE, patiently
from tests.bot.proxy import Proxy


@pytest.fixture
async def address(postgres):
    return await postgres.create()


@pytest.fixture
async def started(address):
    """Starts processes of one bot."""
    async with AsyncExitStack() as stack:

        def start(name):
            process = Cluster(address, name)
            stack.push_async_callback(process.close)
            return process

        yield start


@pytest.fixture
def one(started):
    return started("0-1")


@pytest.fixture
def other(started):
    return started("2-3")


async def lose(address, name):
    """What a server does when it is stopped, to one process's connections. Returns once they, and their locks, are gone."""
    admin = await asyncpg.connect(address)
    await admin.execute(
        "SELECT pg_terminate_backend(pid, $2) FROM pg_stat_activity WHERE application_name = $1",
        f"marquee {name}",
        1000 * PATIENCE,
    )
    await admin.close()


async def refused(monkeypatch, ask, *values):
    """Ask as a process that is not as patient as a bot, and again where it wasn't answered in time: that is no refusal."""
    with monkeypatch.context() as impatient:
        impatient.setattr(cluster, "PATIENCE", 0.5)
        while True:
            with suppress(TimeoutError):
                await ask(*values)


async def test_one_leads_until_it_ends_and_then_another_does(one, other):
    assert [await one.try_to_lead(), await other.try_to_lead(), await one.try_to_lead()] == [True, False, True]
    await one.close()
    assert await other.try_to_lead()


async def test_whoever_has_lost_the_connection_leads_no_more_where_another_has_begun(one, other, address):
    assert await one.try_to_lead()
    await lose(address, "0-1")
    assert await other.try_to_lead()
    assert not await one.try_to_lead()


async def test_a_shard_is_one_process_s(one, other, monkeypatch):
    await one.join([0, 1], 4)
    with pytest.raises(AlreadyRunningError, match=r"has shards 1\. "):
        await patiently(refused(monkeypatch, other.join, [1, 2], 4))
    await one.close()
    await other.join([1, 2], 4)


async def test_two_divisions_of_servers_are_not_served_at_once(one, other, monkeypatch):
    await one.join([0], 1)
    with pytest.raises(AlreadyRunningError, match=r"servers on 1 shards, this one on 64"):
        await patiently(refused(monkeypatch, other.join, [5], 64))
    await one.keep()  # who was refused leaves no lock behind
    await one.close()
    await other.join([5], 64)


@pytest.fixture
async def silenced(postgres, address, monkeypatch):
    """A process that leads and has shards, and whose connection fell silent."""
    async with Proxy.before(postgres.port) as proxy:
        process = Cluster(address.replace(f":{postgres.port}/", f":{proxy.port}/"), "0-1")
        with monkeypatch.context() as impatient:
            impatient.setattr(cluster, "PATIENCE", 3)  # that of this connection
            await process.join([0, 1], 4)
            assert await process.try_to_lead()
        proxy.fall_silent()
        yield process
        await process.close()


async def test_a_process_whose_connection_fell_silent_ends_its_old_session_and_goes_on(silenced):
    await silenced.keep()  # in vain
    await silenced.keep()
    assert await silenced.try_to_lead()


async def test_what_others_are_told_is_told_again_where_the_connection_was_lost(silenced, other):
    heard = asyncio.Event()

    async def act():
        heard.set()

    other.hear(Word.FILMS, act)
    await other.try_to_lead()
    await silenced.tell(Word.FILMS)
    await patiently(heard.wait())


async def test_what_could_not_be_told_is_told_once_the_connection_is_found_again(one, other, address, monkeypatch):
    heard = asyncio.Event()

    async def act():
        heard.set()

    async def refused():
        raise ConnectionRefusedError

    other.hear(Word.FILMS, act)
    await other.try_to_lead()
    await one.join([0], 4)
    with monkeypatch.context() as away:
        away.setattr(one, "_connect", refused)
        await lose(address, "0-1")
        with pytest.raises(FAULTS):
            await one.tell(Word.FILMS)
    await one.keep()
    await patiently(heard.wait())


async def test_a_process_whose_shards_another_took_meanwhile_hears_of_it(one, other, address, monkeypatch):
    await one.join([0, 1], 4)
    await lose(address, "0-1")
    await one.keep()  # nobody took them
    await lose(address, "0-1")
    await other.join([1], 4)
    with pytest.raises(AlreadyRunningError):
        await patiently(refused(monkeypatch, one.keep))


async def test_what_one_does_alone_another_begins_once_it_has_ended(one, other):
    events = []

    async def work(process, name):
        async with process.alone(Work.EMOJIS):
            events.append(f"{name} begins")
            await asyncio.sleep(0.05)
            events.append(f"{name} ends")

    await patiently(asyncio.gather(work(one, "one"), work(other, "other"), work(one, "one")))
    assert all(begins.split()[0] == ends.split()[0] for begins, ends in zip(events[::2], events[1::2], strict=True))


async def test_of_one_bucket_shards_identify_themselves_one_after_another_wherever_they_are(one, other, monkeypatch):
    monkeypatch.setattr(cluster, "SPACING", 3600)
    await one.may_identify(0)
    waiting = [asyncio.create_task(process.may_identify(0)) for process in (one, other)]
    await patiently(other.may_identify(1))
    assert not any(task.done() for task in waiting)
    waiting[0].cancel()
    await one.close()  # which ends its turn
    await patiently(waiting[1])


async def test_what_one_tells_all_others_hear(one, other):
    heard, ears = [], asyncio.Event()

    def hears(process, name):
        async def act():
            heard.append(name)
            ears.set()

        process.hear(Word.FILMS, act)

    hears(one, "one")
    hears(other, "other")
    await other.try_to_lead()  # from its first question on it listens
    await one.tell(Word.MODEL)
    await one.tell(Word.FILMS)
    await patiently(ears.wait())
    assert heard == ["other"]


async def test_what_is_told_again_while_it_is_acted_upon_is_acted_upon_once_more(one, other):
    begun, may_end, times = asyncio.Event(), asyncio.Event(), []

    async def act():
        times.append(None)
        begun.set()
        await may_end.wait()

    other.hear(Word.FILMS, act)
    await other.try_to_lead()
    await one.tell(Word.FILMS)
    await patiently(begun.wait())
    for _ in range(50):
        await one.tell(Word.FILMS)
    await other.tell(Word.MODEL)  # whoever has an answer has heard what was told before
    assert len(times) == 1
    may_end.set()
    await patiently(asyncio.gather(*other._acting))
    assert len(times) == 2


async def test_a_slow_server_has_not_said_that_another_has_the_shards(one, address, monkeypatch):
    await one.join([0], 4)
    await lose(address, "0-1")
    ask = asyncpg.Connection.fetchval

    async def slowly(connection, sql, *values, **options):
        if values == (Work.SHARD, 0):
            await asyncio.sleep(3600)
        return await ask(connection, sql, *values, **options)

    with monkeypatch.context() as slow:
        slow.setattr(asyncpg.Connection, "fetchval", slowly)
        slow.setattr(cluster, "PATIENCE", 0.5)
        for _ in range(2):  # the first may only find that the connection is lost
            await one.keep()
    await one.keep()
    assert await one.try_to_lead()


async def test_while_the_server_is_away_nobody_leads_and_shards_find_their_way_to_discord(postgres, one, monkeypatch):
    monkeypatch.setattr(cluster, "SPACING", 0)
    found = asyncio.Event()

    async def act():
        found.set()

    one.hear(Word.MODEL, act)
    await one.join([0], 4)
    assert await one.try_to_lead()
    postgres.stop()
    try:
        assert not await one.try_to_lead()
        await one.keep()
        await patiently(one.may_identify(0))
        with pytest.raises(FAULTS):
            await one.tell(Word.FILMS)
    finally:
        postgres.start()
    assert await one.try_to_lead()
    await patiently(found.wait())  # another may have told of a model meanwhile
