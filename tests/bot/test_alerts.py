"""What needs the owner's hand: each trouble by its real cause, told once, in a channel or by a webhook, and when it is over."""

import asyncio
import logging
import shutil
from collections import namedtuple
from itertools import pairwise
from types import SimpleNamespace

import pytest
import pytest_asyncio
from aiohttp import web
from discord.abc import Messageable
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot import Settings, alerts, shards
from bot.alerts import ABOUT, DAY, HOUR, Alerts
from bot.app import create_bot
from bot.films.tmdb import Tmdb
from bot.films.update import SOURCES
from bot.films.wikidata import Wikidata
from bot.store import Unavailable
from bot.store.engine import AWAY
from tests.bot import tiny_movielens, trouble
from tests.bot.films import loopback
from tests.bot.patience import PATIENCE
from tests.bot.simulated import ALIEN, MATRIX

TICK = 5 * 60 + 1  # seconds, after which the bot has looked again
Usage = namedtuple("Usage", "total used free")


# What is told and when, on a clock that goes as fast as wanted.


class Channel(Messageable):
    """A channel in which messages are counted."""

    def __init__(self):
        self.away = False
        self.messages = []

    async def send(self, text, **options):
        if self.away:
            raise ConnectionError("Discord is away")
        self.messages.append((self.clock(), text))

    async def _get_channel(self):
        return self


class Meta(dict):
    """The store, as far as alerts need it."""

    async def get_meta(self, key):
        return self.get(key)

    async def set_meta(self, key, value):
        self[key] = value


class Host:
    """Somebody who watches a channel, and a bot that is started again at any time."""

    def __init__(self):
        self.now, self.channel, self.store = 1_000_000, Channel(), Meta()
        self.channel.clock = lambda: self.now

    async def start(self):
        client = SimpleNamespace(is_ready=lambda: True, get_channel=lambda _: self.channel)
        self.alerts = Alerts(client, Settings(_env_file=None, alert_channel=7), self.store, lambda: self.now)
        await self.alerts.load()

    async def later(self, seconds):
        self.now += seconds
        await self.alerts.deliver()

    @property
    def texts(self):
        return [text for _, text in self.channel.messages]


@pytest_asyncio.fixture
async def host():
    host = Host()
    await host.start()
    return host


async def test_what_stays_wrong_is_told_at_once_and_then_daily_and_when_it_is_over(host):
    for _ in range(2 * DAY // HOUR):
        host.alerts.tell("disk", "It is nearly full.")
        await host.later(HOUR)
    assert [at for at, _ in host.channel.messages] == [1_000_000 + HOUR, 1_000_000 + HOUR + DAY]
    for _ in range(3):
        host.alerts.mended("disk")
        await host.later(HOUR)
    assert ["All well again" in text for text in host.texts] == [False, False, True]


async def test_a_channel_on_another_process_s_server_is_asked_of_discord(host):
    async def fetch_channel(number):
        return host.channel

    client = SimpleNamespace(is_ready=lambda: True, get_channel=lambda _: None, fetch_channel=fetch_channel)
    host.alerts = Alerts(client, Settings(_env_file=None, alert_channel=7), host.store, lambda: host.now)
    host.alerts.tell("disk", "It is nearly full.")
    await host.later(HOUR)
    assert len(host.texts) == 1


async def test_what_is_over_before_it_was_told_is_not_told(host):
    host.channel.away = True
    host.alerts.tell("disk", "It is nearly full.")
    await host.later(60)
    host.alerts.mended("disk")
    host.channel.away = False
    await host.later(2 * HOUR)
    assert host.texts == []


async def test_while_discord_is_away_one_message_of_each_kind_waits(host, caplog):
    host.channel.away = True
    for number in range(50):
        host.alerts.tell("retrain", f"Retrain {number} failed.")
        host.alerts.tell("disk", "It is nearly full.")
        await host.later(60)
    host.channel.away = False
    await host.later(60)
    assert len(host.texts) == 2
    assert "Retrain 49 failed" in host.texts[0]
    assert f"<t:{1_000_000}:f>" in host.texts[0]
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


async def test_a_bot_that_starts_again_and_again_tells_it_once(host):
    for _ in range(20):
        await host.start()
        host.alerts.tell("model", "It is damaged.")
        await host.later(60)
    assert len(host.texts) == 1


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"disk": 1}', '{"rain": {"sentence": "", "since": 0}}'])
async def test_whatever_is_kept_of_what_was_told_the_bot_starts(host, kept):
    host.store[alerts.META] = kept
    await host.start()
    host.alerts.tell("disk", "It is nearly full.")
    await host.later(0)
    assert len(host.texts) == 1


async def test_where_nothing_is_set_nothing_is_sent_and_the_owner_sees_how_to_change_that(host):
    silent = Alerts(None, Settings(_env_file=None), host.store, lambda: host.now)
    silent.tell("disk", "It is nearly full.")
    await silent.deliver()
    assert "MARQUEE_ALERT_CHANNEL" in silent.summary()
    assert "It is nearly full" in silent.summary()


async def test_a_process_that_does_not_lead_tells_of_the_server_alone_and_leaves_the_rest_to_the_one_that_does(host):
    host.alerts.tell("disk", "It is nearly full.")
    host.alerts.tell("server", "The log says why.")
    await host.alerts.deliver(leads=False)
    await host.alerts.load()  # as for `/admin status`
    host.alerts.mended("server")
    host.now += HOUR
    await host.alerts.deliver(leads=False)
    away, back = host.texts
    assert "The database can't be reached" in away
    assert "All well again" in back
    assert host.store == {}


deeds = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", "mended", "away", "back", "start", "wait"]),
        st.sampled_from(sorted(ABOUT)[:3]),
        st.integers(0, 2),
        st.sampled_from([1, 300, HOUR - 1, HOUR, DAY]),
    ),
    max_size=40,
)


@given(deeds=deeds)
@settings(deadline=None)
def test_no_kind_is_told_twice_an_hour_and_the_last_word_is_told(deeds):
    asyncio.run(_live(deeds))


async def _live(deeds):
    host, wrong, heard = Host(), {}, {}
    await host.start()
    for deed, kind, number, seconds in [*deeds, ("back", "disk", 0, DAY), ("wait", "disk", 0, DAY)]:
        if deed == "tell":
            host.alerts.tell(kind, f"Number {number}.")
            wrong[kind] = number
        elif deed == "mended":
            host.alerts.mended(kind)
            wrong.pop(kind, None)
        elif deed in ("away", "back"):
            host.channel.away = deed == "away"
        elif deed == "start":
            await host.alerts.deliver()
            await host.start()
        await host.later(seconds)
    for kind, (title, _) in ABOUT.items():
        told = [(at, text) for at, text in host.channel.messages if title.lower() in text.lower()]
        assert all(later - earlier >= HOUR for (earlier, _), (later, _) in pairwise(told))
        if told:
            heard[kind] = told[-1][1]
    assert {kind for kind, text in heard.items() if "All well" not in text} == set(wrong)
    assert all(f"Number {number}" in heard[kind] for kind, number in wrong.items())


# The real bot.


class Owner:
    """Alice, who owns the bot, and her channel for what it tells her."""

    def __init__(self, club):
        self.club, self.alice = club, club.alice
        self.channel = club.guild.create_text_channel("host")

    async def starts(self, tmdb=None, **changes):
        ours = {"owner_ids": frozenset({self.alice.id}), "alert_channel": self.channel.id} | changes
        await self.club.is_followed_by(create_bot(self.club.bot.settings.model_copy(update=ours), tmdb))

    async def waits(self, seconds=TICK):
        await self.club.env.advance_time(seconds)

    async def has_learned(self, times):
        """How the last of so many retrains ended, once it has."""
        async with asyncio.timeout(PATIENCE):
            while True:
                ended = await self.club.store.trainings.latest(times + 1)
                if len(ended) == times and ended[0].outcome is not None and self.club.bot.trainer.running is None:
                    return ended[0].outcome
                await asyncio.sleep(0.05)

    @property
    def heard(self):
        """What was told her, in her channel and in no other place."""
        assert self.club.channel.history() == []
        return [message.content for message in self.channel.history()]


@pytest.fixture
def owner(club):
    return Owner(club)


async def test_a_retrain_that_fails_twice_is_told_also_over_a_restart_and_that_it_works_again(owner, tmp_path):
    await owner.starts(movielens=tiny_movielens.NAME, movielens_url="http://127.0.0.1:1")
    await owner.has_learned(times=1)
    await owner.waits()
    assert owner.heard == [], "once is no trouble yet"
    await owner.starts(movielens=tiny_movielens.NAME, movielens_url="http://127.0.0.1:1")
    await owner.has_learned(times=2)
    await owner.waits()
    [told] = owner.heard
    assert "Learning fails" in told
    assert "can't be downloaded" in told or "DatasetError" in told
    assert "/admin status" in told
    with tiny_movielens.mirror(tmp_path) as url:
        await owner.starts(movielens=tiny_movielens.NAME, movielens_url=url)
        assert await owner.has_learned(times=3) == "published"
    await owner.waits(HOUR)
    assert "All well again" in owner.heard[1]


async def test_a_model_that_is_damaged_is_told(owner):
    models = owner.club.bot.settings.data_dir / "models"
    await owner.club.bot.close()
    good = models / "model.safetensors"
    good.rename(models / "model.previous.safetensors")
    good.write_bytes(b"no model")
    await owner.starts()
    await owner.club.bot.model_ready()
    await owner.waits()
    [told] = owner.heard
    assert "The model's file is damaged" in told
    assert "model.damaged.safetensors" in told.replace("\\", "").replace("\u200b", "")


async def test_damage_in_the_database_is_told_once_although_many_come_upon_it(owner):
    await owner.starts()
    await owner.club.bot.model_ready()
    await owner.alice.rates({ALIEN: 4.0})
    trouble.damage(owner.club.bot.settings.database, "watchlist")
    for _ in range(3):
        await owner.alice.says("watchlist list")
        await owner.waits()
    [told] = owner.heard
    assert "The database is damaged" in told
    assert "python -m bot restore" in told


async def test_a_shard_that_is_nearly_full_is_told_and_that_there_is_room_again(owner, monkeypatch, caplog):
    monkeypatch.setattr(shards, "NEARLY_FULL", 1)
    await owner.starts()
    await owner.waits()
    monkeypatch.setattr(shards, "NEARLY_FULL", 2_250)
    await owner.waits(HOUR)
    first, second = owner.heard
    assert "Shard 0 has 1 servers; with more than 2,500 Discord refuses it" in first
    assert "`MARQUEE_SHARDS`" in first
    assert "All well again" in second
    assert len([message for message in caplog.messages if "Shard 0 has 1 servers" in message]) == 1


async def test_a_disk_that_is_nearly_full_is_told_and_that_there_is_room_again(owner, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 900_000_000))
    await owner.starts()
    await owner.waits()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**11, 10**11))
    await owner.waits(HOUR)
    first, second = owner.heard
    assert "Less than 1 GB" in first
    assert "All well again" in second


async def test_a_backup_that_cannot_be_made_is_told_and_that_they_are_made_again(owner, tmp_path):
    await owner.starts(backup_hours=24, backup_dir=tmp_path / "disk" / "backups")
    await owner.waits()
    [told] = owner.heard
    assert "No backup could be made" in told
    (tmp_path / "disk" / "backups").mkdir(parents=True)
    await owner.waits(HOUR)
    await owner.waits()
    assert "All well again" in owner.heard[1]


async def test_a_database_that_is_away_is_told_though_nobody_leads_then_and_that_it_is_back(owner, monkeypatch):
    await owner.starts()

    async def nobody():
        return False

    async def away(key):
        raise Unavailable(AWAY)

    with monkeypatch.context() as gone:
        gone.setattr(owner.club.bot.cluster, "try_to_lead", nobody)
        gone.setattr(owner.club.bot.store, "get_meta", away)
        await owner.waits()
    await owner.waits(HOUR)
    told, over = owner.heard
    assert "The database can't be reached" in told
    assert "All well again" in over


@pytest_asyncio.fixture
async def refusing():
    """A service that refuses every token; gives its address."""

    async def refuse(request):
        return web.json_response({"status_code": 7}, status=401)

    app = web.Application()
    app.router.add_get("/{path:.*}", refuse)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_token_that_tmdb_refuses_is_told(owner, refusing):
    await owner.starts(Tmdb(SecretStr("a.b.c"), refusing))
    await owner.club.bot.model_ready()
    await owner.alice.says("film", movie=MATRIX)
    await owner.waits()
    [told] = owner.heard
    assert "TMDB refuses the token" in told
    assert "TMDB" in told


async def test_a_source_of_films_that_refuses_us_is_told(owner, monkeypatch):
    async with loopback.Loopback.open() as server:
        monkeypatch.setitem(SOURCES, "wikidata", lambda: Wikidata(f"{server.url}/sparql"))
        server.faults = [loopback.status(403)] * 9
        await owner.starts(films="wikidata")
        await owner.waits()
    [told] = owner.heard
    assert "MARQUEE_CONTACT" in told


# How it is told.


@pytest.fixture
def low(monkeypatch):
    """The disk is nearly full."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 0))


async def test_discord_that_fails_delays_it_to_the_next_look(owner, low):
    owner.club.env.inject_error("POST", f"/channels/{owner.channel.id}/messages", status=503)
    await owner.starts()
    await owner.waits(1)
    assert owner.heard == []
    assert "one waits" in (await owner.alice.says("admin status")).text
    await owner.waits()
    assert len(owner.heard) == 1
    assert "one waits" not in (await owner.alice.says("admin status")).text


async def test_a_channel_that_the_bot_may_not_write_in_is_told_in_the_log_once_an_hour_and_nothing_else(
    owner, low, caplog
):
    path = f"/channels/{owner.channel.id}/messages"
    owner.club.env.inject_error("POST", path, status=403, code=50013, message="Missing Permissions", times=None)
    await owner.starts()
    await owner.waits(2 * HOUR - 60)
    assert owner.heard == []
    told = [record.getMessage() for record in caplog.records if "can't be told" in record.getMessage()]
    assert len(told) == 2
    assert not [record for record in caplog.records if record.exc_info]


async def test_no_direct_messages_are_sent(owner, low, caplog):
    private = (await owner.alice.direct.says("help")).message.channel_id
    await owner.starts(alert_channel=private)
    await owner.alice.direct.says("help")  # so that the new bot knows of the channel
    await owner.waits()
    assert f"there is no channel {private} on a server" in caplog.text
    assert not [request for request in owner.club.env.http_requests if f"{private}/messages" in request.path]


async def test_a_webhook_is_told_too_and_stands_in_for_the_channel(owner, low):
    hook = owner.club.guild.create_webhook(owner.channel)
    token = "simulated-" * 7  # as long as Discord's
    owner.club.env.backend.webhook_tokens[token] = hook.id
    await owner.starts(alert_webhook=SecretStr(f"https://discord.com/api/webhooks/{hook.id}/{token}"))
    await owner.waits()
    assert len(owner.heard) == 2
    owner.club.env.inject_error("POST", f"/channels/{owner.channel.id}/messages", status=403, times=None)
    owner.club.bot.alerts.mended("disk")
    owner.club.bot.alerts.tell("model", "It is damaged.")
    await owner.waits()
    assert len(owner.heard) == 3
    status = (await owner.alice.says("admin status")).text
    assert f"<#{owner.channel.id}> and a webhook" in status
    assert "A disk is nearly full" in status
    assert token not in status


async def test_what_is_told_is_shown_as_it_is_and_notifies_nobody_and_holds_no_secret(owner):
    await owner.starts(tmdb_token=SecretStr("a-token-of-tmdb"))
    owner.club.bot.alerts.tell("model", f"**@everyone** <@{owner.alice.id}> https://example.org a-token-of-tmdb")
    await owner.club.bot.alerts.deliver()
    [message] = owner.channel.history()
    assert not message.mention_everyone
    assert message.mentions == []
    assert "https://example" not in message.content
    assert "**@" not in message.content
    assert "a-token" not in message.content


async def test_the_owner_sees_where_alerts_go_and_whether_the_last_one_got_there(owner, monkeypatch):
    await owner.starts()
    assert "none was needed so far" in (await owner.alice.says("admin status")).text
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 0))
    await owner.waits()
    assert "the last one was delivered" in (await owner.alice.says("admin status")).text


@pytest.mark.parametrize("table", ["trainings", "nights"])
async def test_what_the_bot_could_not_read_by_the_clock_is_told_by_the_store_alone(owner, table, caplog):
    await owner.starts()
    await owner.club.bot.model_ready()
    trouble.damage(owner.club.bot.settings.database, table)
    await owner.waits()
    await owner.waits()
    errors = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert errors
    assert {record.name for record in errors} == {"bot.store.database"}
    assert ["The database is damaged" in text for text in owner.heard] == [True]
