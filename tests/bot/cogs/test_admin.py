"""/admin, as the bot's owner and others use it."""

import asyncio
import re
from dataclasses import dataclass

import discord
import pytest
import pytest_asyncio
import simcord
from pydantic import TypeAdapter

from bot import Settings, alerts, backups, create_bot
from bot.cluster import Alone, Word
from bot.lock import alone_with
from bot.processes import FORGOTTEN, LIVES, Process, prune
from bot.serving import Serving
from bot.shards import Shards
from bot.store import Training
from bot.training.trainer import BY_ORDER
from tests.bot.retrains import end, held, learning
from tests.bot.simulated import TASTE, Card, Club, Member, on_both_engines

BAR = re.compile(r"(?<![\d.])(\d+)%")  # and no share such as 0.07%


@pytest.fixture
async def owner(club, alice):
    """Alice, who owns the bot and has no rights in the server."""
    await club.restart(owner_ids=frozenset({alice.id}))
    await club.bot.model_ready()
    return alice


@dataclass(frozen=True)
class Retrained:
    """What was seen of a retrain that the owner ordered, and a trainer ordered again."""

    owners: Card
    trainers: Card
    owners_while_learning: Card
    share: float  # of the whole, done by then
    before: Serving
    after: Serving
    status_before: Card
    status_during: Card
    status_after: Card
    trainings: list[Training]
    recommended: Card


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def retrained(tmp_path_factory, model_folder, serving):
    home = tmp_path_factory.mktemp("retrained")
    (home / "models").mkdir()
    (home / "models" / "model.safetensors").hardlink_to(model_folder / "model.safetensors")
    settings = Settings(_env_file=None, database=home / "club.db", data_dir=home)
    async with simcord.run(create_bot(settings)) as env:
        with env.time_context():
            club = Club(env)
            seen = await retrain(club, club.alice, club.bob)
        await env.bot.close()
    yield seen


async def retrain(club, owner, trainer):
    await club.restart(owner_ids=frozenset({owner.id}), trainer_ids=frozenset({trainer.id}))
    await club.bot.model_ready()
    await owner.rates(TASTE)
    before, status_before = club.bot.serving, await owner.says("admin status")
    with held() as gate:
        owners, trainers = await owner.says("admin retrain"), await trainer.says("admin retrain")
        run = club.bot.trainer.running
        await learning(run)
        status_during = await owner.says("admin status")
        owners_while_learning, share = owners.look_again(), run.share
        gate.release()
        await end(run)
    await club.env.settle()
    return Retrained(
        owners,
        trainers,
        owners_while_learning,
        share,
        before,
        club.bot.serving,
        status_before,
        status_during,
        await trainer.says("admin status"),
        await club.store.trainings.latest(),
        await owner.says("recommend"),
    )


@pytest.mark.parametrize("command", ["admin retrain", "admin status"])
async def test_strangers_are_refused_even_those_who_run_the_server(club, alice, command):
    rights = club.guild.create_role("Admins", permissions=discord.Permissions(administrator=True))
    admin = Member(club.env, club.guild.add_member(club.env.create_user("carol"), roles=[rights]), club.channel)
    for stranger in (admin, alice, alice.direct):
        card = await stranger.says(command)
        assert "owner" in card.text
        assert card.private
    assert await club.store.trainings.latest() == []


async def test_the_owner_sees_the_status(owner):
    card = await owner.says("admin status")
    assert card.private
    assert all(word in card.text for word in ("ml-latest-small", "98,001", "RMSE", "loop lag", "CPU"))


async def test_the_owner_needs_no_server(owner):
    assert "RMSE" in (await owner.direct.says("admin status")).text


async def test_those_on_the_list_of_trainers_are_allowed(club, alice, bob):
    await club.restart(trainer_ids=frozenset({bob.id}))
    await club.bot.model_ready()
    assert "RMSE" in (await bob.says("admin status")).text
    assert "RMSE" not in (await alice.says("admin status")).text


def test_a_retrain_shows_a_bar_that_moves(retrained):
    [percent] = BAR.findall(retrained.owners_while_learning.text)
    assert int(percent) == pytest.approx(100 * retrained.share, abs=1)
    assert 0 < retrained.share < 1


def test_a_retrain_ends_with_the_errors_before_and_after_and_what_it_took(retrained):
    text = retrained.owners.look_again().text
    assert re.search(r"RMSE 0\.\d{4} → \**0\.\d{4}", text)
    assert re.search(r"\d\.\d s", text)
    assert "98,006" in text
    assert "CPU" in text


def test_a_retrain_puts_another_model_in_service(retrained):
    assert retrained.after is not retrained.before
    assert retrained.after.recommender.info["member_ratings"] == len(TASTE)
    assert len(retrained.recommended.films) == 5


def test_a_second_order_shows_the_retrain_that_is_running(retrained):
    assert len(retrained.trainings) == 1
    assert retrained.trainers.look_again().text == retrained.owners.look_again().text


def test_status_tells_of_the_model_before_and_after_and_of_the_retrain_between(retrained):
    before, during, after = (s.text for s in (retrained.status_before, retrained.status_during, retrained.status_after))
    assert ("98,001" in before, "98,001" in during, "98,006" in after) == (True, True, True)
    assert BAR.search(during)
    assert not BAR.search(before + after)


@on_both_engines
async def test_a_retrain_that_outlives_its_card_is_told_by_status(club, owner, may_learn):
    await owner.says("admin retrain")
    run = club.bot.trainer.running
    await club.env.advance_time(16 * 60)
    await club.bot.trainer.close()
    assert run.outcome.sentence in (await owner.says("admin status")).text


async def test_the_last_retrain_is_told_after_a_restart(club, owner, may_learn):
    await owner.says("admin retrain")
    run = club.bot.trainer.running
    await club.bot.trainer.close()
    await club.restart()
    text = (await owner.says("admin status")).text
    assert "stopped" in text
    assert run.outcome.sentence in text


async def test_a_retrain_that_a_crash_cut_short_is_told_after_the_restart(club, owner):
    await club.store.trainings.start("nightly", club.bot.now())
    await club.restart()
    assert "interrupted" in (await owner.says("admin status")).text


class Elsewhere(Alone):
    """A cluster in which another process leads, and what it was told."""

    def __init__(self):
        super().__init__()
        self.told = []

    async def try_to_lead(self):
        return False

    async def tell(self, word):
        self.told.append(word)


async def test_where_another_process_leads_nothing_is_learned_or_backed_up_here_and_retrain_is_passed_on(owner, club):
    club.bot.cluster = Elsewhere()
    card = await owner.says("admin retrain")
    assert "I have asked it to begin" in card.text
    assert club.bot.cluster.told == [Word.RETRAIN]
    club.bot.settings.backup_hours = club.bot.settings.retrain_ratings = 1
    await owner.rates(TASTE)
    await club.env.advance_time(3601)
    assert await club.store.trainings.latest() == []
    assert backups.newest(club.bot.settings.backup_dir) is None


async def test_an_order_to_learn_outlives_the_process_that_was_to_hear_of_it(owner, club):
    club.bot.cluster = Elsewhere()
    await owner.says("admin retrain")
    club.bot.cluster = Alone()
    with held():
        await club.env.advance_time(301)
        assert club.bot.trainer.running.reason == BY_ORDER
        await club.bot.trainer.close()
    await club.env.advance_time(301)
    assert club.bot.trainer.running is None  # once
    assert len(await club.store.trainings.latest()) == 1


async def test_a_retrain_of_the_process_that_led_before_goes_on_and_is_not_ordered_twice(owner, club):
    club.bot.cluster = Elsewhere()
    assert not await club.bot.try_to_learn()
    await club.store.trainings.start("nightly", club.bot.now())
    with alone_with(club.bot.folder.folder):  # as that process has it
        club.bot.cluster = Alone()
        assert await club.bot.try_to_lead()
        assert not await club.bot.try_to_learn()
        assert "A retrain is running already, in another process" in (await owner.says("admin retrain")).text
        assert [training.outcome for training in await club.store.trainings.latest()] == [None]


async def test_where_another_machine_backs_up_the_owner_sees_when_and_what_this_one_made_before_goes(owner, club):
    club.bot.cluster, now = Elsewhere(), club.bot.now()
    club.bot.settings.backup_hours = 24
    club.bot.settings.backup_dir.mkdir()
    old = club.bot.settings.backup_dir / "marquee-20200101-000000.db"
    old.touch()
    await club.store.set_meta(backups.LAST, str(now))
    assert f"**Last backup** <t:{now}:R>" in (await owner.says("admin status")).text
    await club.env.advance_time(3601)
    assert not old.exists()


async def test_where_another_process_leads_the_owner_sees_what_that_has_found(owner, club):
    club.bot.cluster = Elsewhere()
    assert not await club.bot.try_to_lead()
    await club.store.set_meta(alerts.META, '{"disk": {"sentence": "Less than 1 GB is left.", "since": 1}}')
    assert "**A disk is nearly full** Less than 1 GB is left." in (await owner.says("admin status")).text


async def test_the_owner_hears_of_damage_that_another_process_came_upon(owner, club):
    await club.restart(owner_ids=frozenset({owner.id}), shards=Shards(0, 0, 1))
    other = Process("1-2", club.bot.now() + 300, {}, 1, None, damage="page 7 is wrong")
    await club.store.tell_process(other.name, TypeAdapter(Process).dump_json(other).decode())
    await club.env.advance_time(301)
    assert "**The database is damaged** It says: page 7 is wrong." in (await owner.says("admin status")).text


async def test_other_processes_are_told_where_films_of_members_have_changed(club):
    club.bot.cluster = Elsewhere()
    async with club.bot._changing:  # seconds, in which this process may end
        renewing = asyncio.create_task(club.bot.renew_films())
        await club.env.settle()
        assert club.bot.cluster.told == [Word.FILMS]
    await renewing


async def test_whoever_comes_to_lead_says_of_the_retrain_of_the_one_before_that_it_was_interrupted(owner, club):
    club.bot.cluster = Elsewhere()
    assert not await club.bot.try_to_learn()
    await club.store.trainings.start("nightly", club.bot.now())
    assert "**Retraining** in another process" in (await owner.says("admin status")).text
    club.bot.cluster = Alone()
    assert await club.bot.try_to_learn()
    assert [training.outcome for training in await club.store.trainings.latest()] == ["interrupted"]


async def test_the_status_shows_each_process_with_its_shards_and_those_that_are_gone(owner, club):
    await club.restart(owner_ids=frozenset({owner.id}), shards=Shards(0, 0, 1))
    now = club.bot.now()
    for told in (
        Process("1-2", now, {1: 40, 2: None}, 1203, "20261129-221000"),
        Process("3-4", now - LIVES - 1, {3: 40, 4: 40}, 1, None),
        Process("1-1", now - LIVES - 1, {1: 40}, 1, None),  # from before shards were divided in another way
    ):
        await club.store.tell_process(told.name, TypeAdapter(Process).dump_json(told).decode())
    text = (await owner.says("admin status")).text
    assert "**Process 0-0** 1 server · model " in text
    assert "**Process 1-2** 1,203 servers · model 20261129-221000\n-# Shards 1: 40 ms, 2: away\n" in text
    assert f"**Process 3-4** gone; last seen <t:{now - LIVES - 1}:R>" in text
    assert "1-1" not in text


async def test_processes_that_have_been_gone_for_a_week_are_forgotten(owner, club):
    await club.restart(owner_ids=frozenset({owner.id}), shards=Shards(0, 0, 1))
    now = club.bot.now()
    for told in (
        Process("1-2", now - FORGOTTEN, {1: 40}, 1, None),
        Process("3-4", now - FORGOTTEN - 1, {3: 40}, 1, None),
    ):
        await club.store.tell_process(told.name, TypeAdapter(Process).dump_json(told).decode())
    await prune(club.bot)
    text = (await owner.says("admin status")).text
    assert "**Process 1-2** gone" in text
    assert "3-4" not in text
