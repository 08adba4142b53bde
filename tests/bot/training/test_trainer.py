import errno
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
import pytest_asyncio

from benchmarks.faults_training import FAULTS, _at, sabotaged
from bot.store import Training, Unavailable
from bot.store.engine import BUSY
from bot.training import trainer
from bot.training.folder import ModelFolder
from bot.training.run import Outcome
from bot.training.trainer import AlreadyTraining
from recommender import Recommender
from tests.bot import tiny_movielens
from tests.bot.patience import PATIENCE
from tests.bot.retrains import end, held, learning
from tests.bot.training.conftest import Club
from tests.bot.trouble import unwritable
from tests.recommender.test_model_file import as_version_7

ALICE = 101
UNHEARD_OF = 999_999  # a film that the data set doesn't have
CHEAT = {
    "dataset": tiny_movielens.NAME,
    "fitted_as": "default",
    "member_ratings": 0,
    "ratings_read": 0,
    "name": "cheat",
}


@pytest.fixture
async def club(open_club):
    async with open_club() as club:
        yield club


@pytest.fixture(scope="module")
def cheat():
    """A model that learned the held-out rows too, so that no honest one comes near it."""
    ratings = tiny_movielens.ratings().rename(columns={"userId": "user", "movieId": "movie"})
    model = Recommender.fit(ratings, device="cpu")
    return model.with_info(**CHEAT, data_at=int(time.time()))


def worker():
    """The one training process."""
    [process] = multiprocessing.active_children()
    return process


@dataclass
class Published:
    """A retrain that went well, although its worker got a Ctrl+C and one of its listeners failed."""

    club: Club
    outcome: Outcome
    told: list[tuple[str, Outcome | None]]
    trainings: list[Training]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def published(open_club):
    async with open_club() as club:
        await club.store.rate(ALICE, tiny_movielens.UNRATED, 5, at=1)
        await club.store.rate(ALICE, UNHEARD_OF, 5, at=1)
        told = []
        with held() as gate:
            run = await club.trainer.start("a new film")
            run.subscribe(lambda run: 1 / 0)
            run.subscribe(lambda run: told.append((run.phase, run.outcome)))
            await learning(run)
            os.kill(worker().pid, signal.SIGINT)
            gate.release()
        yield Published(club, await end(run), told, await club.store.trainings.latest())


def test_a_retrain_publishes_a_model_that_serves(published):
    assert published.outcome.kind == "published", published.outcome.sentence
    assert published.club.serving.recommender.info["member_ratings"] == 1


def test_the_published_model_is_the_one_that_is_loaded_at_the_next_start(published):
    serving, problems = ModelFolder(published.club.folder.folder).load_last_good()
    assert problems == []
    assert serving.recommender.info == published.club.serving.recommender.info


def test_progress_is_told_phase_by_phase_and_the_outcome_once(published):
    phases = list(dict.fromkeys(phase for phase, _ in published.told))
    assert phases == ["reading ratings", "downloading MovieLens", "learning", "checking"]
    assert [outcome for _, outcome in published.told if outcome] == [published.outcome]


def test_a_training_is_kept_with_its_reason_outcome_and_report(published):
    [training] = published.trainings
    assert (training.reason, training.outcome) == ("a new film", "published")
    assert training.report["errors"]["rmse"] == published.outcome.report.errors.rmse
    assert training.report["sentence"] == published.outcome.sentence


def test_after_a_retrain_the_slot_is_free(published):
    assert published.club.trainer.running is None


async def test_ratings_of_films_that_the_data_set_does_not_know_make_no_retrain_due(published):
    published.club.later = timedelta(weeks=1)
    assert await published.club.trainer.due() is None


async def test_only_one_retrain_runs_at_a_time(club):
    run = await club.trainer.start("first")
    with pytest.raises(AlreadyTraining) as error:
        await club.trainer.start("second")
    assert error.value.run is club.trainer.running is run


async def test_a_killed_worker_is_told_and_the_next_retrain_works(club, cheat, caplog):
    club.serve(cheat.with_info(dataset="another"))
    before = club.serving
    with held():
        run = await club.trainer.start("test")
        worker().kill()
        outcome = await end(run)
    assert outcome.kind == "failed"
    assert "SIGKILL" in outcome.sentence
    assert outcome.sentence in [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert club.serving is before
    assert club.trainer.running is None
    assert (await end(await club.trainer.start("again"))).kind == "published"


@pytest.mark.parametrize(
    "fault",
    [
        "within its report",
        "no more memory for it",
        "a report that can't be read",
        "a report that is none",
        "a report whose error is NaN",
        "noise for a candidate",
        "a candidate of NaN, its checksum right",
    ],
)
async def test_whatever_a_worker_brings_back_the_serving_model_stays_and_the_owner_is_told(club, cheat, fault):
    club.serve(cheat.with_info(dataset="another"))
    before, file = club.serving, club.folder.current.read_bytes()
    [act] = [acts[fault] for acts in FAULTS.values() if fault in acts]
    with sabotaged(act):
        outcome = await end(await club.trainer.start("test"))
    assert outcome.kind in ("failed", "rejected")
    assert club.serving is before
    assert club.folder.current.read_bytes() == file
    assert club.trainer.running is None
    [training] = await club.store.trainings.latest()
    assert (training.outcome, training.report["sentence"]) == (outcome.kind, outcome.sentence)


async def test_where_the_system_has_no_room_for_a_process_that_is_told(club, monkeypatch):
    def begin(job):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(trainer, "Spawned", begin)
    outcome = (await club.trainer.start("test")).outcome
    assert outcome.sentence == "The training process can't be started: Cannot allocate memory."


async def test_where_an_order_can_not_be_crossed_out_its_retrain_goes_on(club, may_learn, monkeypatch):
    async def refused(key):
        raise Unavailable(BUSY)

    monkeypatch.setattr(club.store, "remove_meta", refused)
    run = await club.trainer.start("test")
    await learning(run)
    assert club.trainer.running is run
    await club.trainer.close()
    assert [training.outcome for training in await club.store.trainings.latest()] == ["stopped"]


async def test_an_outcome_that_could_not_be_recorded_is_recorded_later(club, cheat):
    club.serve(cheat)
    with held() as gate:
        run = await club.trainer.start("test")
        await learning(run)
        with unwritable():
            worker().kill()
            outcome = await end(run)
        gate.release()
    [training] = await club.store.trainings.latest()
    assert training.outcome is None
    await club.trainer.due()
    [training] = await club.store.trainings.latest()
    assert (training.outcome, training.report["sentence"]) == ("failed", outcome.sentence)


async def test_a_worker_that_hangs_is_killed(open_club, may_learn):
    async with open_club(retrain_minutes=0.01) as club:
        outcome = await end(await club.trainer.start("test"))
    assert outcome.kind == "failed"
    assert "longer than its limit of 0.01 min" in outcome.sentence
    assert multiprocessing.active_children() == []


async def test_an_error_in_the_worker_is_told_and_not_tried_again_at_once(open_club):
    async with open_club(movielens_url="http://127.0.0.1:1") as club:
        outcome = await end(await club.trainer.start("test"))
        assert outcome.kind == "failed"
        assert "DatasetError" in outcome.sentence
        assert await club.trainer.due() is None


async def test_an_error_in_the_worker_is_in_the_log_once_with_its_traceback_and_the_bot_writes_it(
    open_club, caplog, capfd
):
    async with open_club(movielens_url="http://127.0.0.1:1") as club:
        outcome = await end(await club.trainer.start("test"))
    [error] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert error.getMessage() == outcome.sentence
    assert "Traceback" in error.exc_text
    assert capfd.readouterr().err == ""


def warned():
    warnings.warn("mind\nthe gap", stacklevel=1)


async def test_a_warning_in_the_worker_goes_into_the_bots_log(club, caplog, capfd):
    with sabotaged(partial(_at, "learning", 0.0, warned)):
        assert (await end(await club.trainer.start("test"))).kind == "published"
    warnings_told = [record.getMessage() for record in caplog.records if record.name == "py.warnings"]
    assert warnings_told
    assert all("mind\nthe gap" in message for message in warnings_told)
    assert capfd.readouterr().err == ""


async def test_while_no_model_serves_a_failed_try_is_repeated_after_minutes(open_club):
    async with open_club(movielens_url="http://127.0.0.1:1") as club:
        await end(await club.trainer.start("test"))
        club.later = timedelta(minutes=11)
        assert await club.trainer.due() == "there is no model yet"


async def test_while_a_model_serves_each_failure_doubles_the_pause_up_to_the_hours_of_a_retrain(open_club, cheat):
    async with open_club(movielens_url="http://127.0.0.1:1", retrain_hours=1) as club:
        club.serve(cheat.with_info(dataset="another"))
        for minutes in (10, 20, 40, 60):
            assert (await end(await club.trainer.start("test"))).kind == "failed"
            club.later += timedelta(minutes=minutes - 1)
            assert await club.trainer.due() is None
            club.later += timedelta(minutes=2)
            assert await club.trainer.due() is not None


async def test_a_worse_model_is_rejected_and_the_better_one_goes_on(club, cheat):
    club.serve(cheat)
    before = club.serving
    outcome = await end(await club.trainer.start("test"))
    assert outcome.kind == "rejected"
    assert "not published" in outcome.sentence
    assert club.serving.recommender.info is before.recommender.info
    assert Recommender.load(club.folder.current).info["name"] == "cheat"
    assert list(club.folder.candidate.parent.iterdir()) == []


async def test_what_was_rejected_is_not_tried_again_before_the_hours_of_a_retrain(open_club, cheat):
    new_films = 10**10  # were fetched at this time
    async with open_club(retrain_hours=1) as club:
        club.serve(cheat)
        assert (await end(await club.trainer.start("test"))).kind == "rejected"
        club.later = timedelta(minutes=59)
        assert await club.trainer.due(new_films) is None
        club.later = timedelta(minutes=61)
        assert await club.trainer.due(new_films) == "there are new films"


async def test_closing_ends_a_hung_worker_and_records_that_it_was_stopped(club, may_learn):
    run = await club.trainer.start("test")
    process = worker()
    os.kill(process.pid, signal.SIGSTOP)
    await club.trainer.close()
    assert run.outcome.kind == "stopped"
    assert not process.is_alive()
    [training] = await club.store.trainings.latest()
    assert training.outcome == "stopped"


async def test_closing_an_idle_trainer_does_nothing(club):
    await club.trainer.close()
    assert await club.store.trainings.latest() == []


# A bot whose worker, which runs this file too, tells its id and then learns without end.
BOT = """
import asyncio, os, sys, time
from pathlib import Path
from bot.training.folder import ModelFolder
from bot.settings import Settings
from bot.store import Store
from bot.training.trainer import Trainer
from recommender import Recommender

def fit(*args, **options):
    print(os.getpid(), flush=True)
    time.sleep(3600)

async def main(folder):
    settings = Settings(database=folder / "club.db", data_dir=folder)
    async with Store.open(settings.database) as store:
        await Trainer(settings, store, ModelFolder(folder / "models"), lambda: None, print, print, lambda: 1).start("test")
        await asyncio.sleep(3600)

Recommender.fit = fit
if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
"""


@dataclass
class Orphan:
    """What was seen of a worker whose bot was killed while it learned."""

    niceness: int
    ended: bool


@pytest.fixture(scope="module")
def orphan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orphan")
    (folder / "main.py").write_text(BOT)
    with subprocess.Popen([sys.executable, folder / "main.py", folder], stdout=subprocess.PIPE) as bot:
        try:
            pid = int(bot.stdout.readline())
            niceness = os.getpriority(os.PRIO_PROCESS, pid)
            end_of_worker = os.pidfd_open(pid)
        finally:  # without it, a test that gives up would wait for the bot, which sleeps for an hour
            bot.kill()
    ended, _, _ = select.select([end_of_worker], [], [], PATIENCE)
    os.close(end_of_worker)
    return Orphan(niceness, bool(ended))


def test_a_worker_gives_way_to_the_bot(orphan):
    assert orphan.niceness >= 10


def test_a_worker_ends_when_the_bot_is_killed(orphan):
    assert orphan.ended


async def test_without_a_model_a_retrain_is_due(club):
    assert await club.trainer.due() == "there is no model yet"


async def test_in_place_of_a_model_of_the_version_before_one_is_trained_anew(club, cheat):
    club.folder.clean()
    as_version_7(cheat, club.folder.current)
    assert club.folder.load_last_good()[0] is None
    reason = await club.trainer.due()
    assert reason == "there is no model yet"
    assert (await end(await club.trainer.start(reason))).kind == "published"
    serving, problems = club.folder.load_last_good()
    assert problems == []
    assert serving.recommender.info["dataset"] == tiny_movielens.NAME


async def test_a_running_retrain_makes_none_due(club):
    await club.trainer.start("test")
    assert await club.trainer.due() is None


async def test_nothing_new_makes_no_retrain_due_however_old_the_model(club, cheat):
    club.serve(cheat.with_info(data_at=1_000_000))
    assert await club.trainer.due() is None


async def test_enough_new_ratings_make_a_retrain_due(open_club, cheat):
    async with open_club(retrain_ratings=2) as club:
        club.serve(cheat)
        now = cheat.info["data_at"]
        await club.store.rate(ALICE, 1, 4, at=now)
        assert await club.trainer.due() is None
        await club.store.rate(ALICE, 2, 4, at=now + 1)
        assert await club.trainer.due() == "new ratings: 2"


async def test_one_new_rating_makes_an_old_model_due(club, cheat):
    club.serve(cheat.with_info(data_at=1_000_000))
    await club.store.rate(ALICE, 1, 4, at=2_000_000)
    assert "h old" in await club.trainer.due()


async def test_deleted_ratings_make_an_old_model_due(club, cheat):
    club.serve(cheat.with_info(data_at=1_000_000, ratings_read=12))
    assert "h old" in await club.trainer.due()


async def test_another_data_set_makes_a_retrain_due(open_club, cheat):
    async with open_club(movielens="ml-100k") as club:
        club.serve(cheat)
        assert await club.trainer.due() == "the data set is now ml-100k"


async def test_another_configuration_makes_a_retrain_due(open_club, cheat):
    async with open_club(config="accurate") as club:
        club.serve(cheat)
        assert await club.trainer.due() == "the configuration is now accurate"
