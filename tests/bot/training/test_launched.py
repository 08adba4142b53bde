"""Retrains by a command: torchrun with two real processes."""

import os
import shlex
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.store import Store
from tests.bot import tiny_movielens
from tests.bot.patience import PATIENCE
from tests.bot.retrains import end, learning
from tests.bot.training.test_trainer import Club

ALICE, BOB = 123_456_789_012_345_678, 987_654_321_098_765_432
TORCHRUN = f"{shlex.quote(sys.executable)} -m torch.distributed.run --nproc-per-node 2"
# The worker, whose second process has a fault when it is to learn. Each says its number.
FAULTY = """
import os, signal, sys, time
from pathlib import Path
from bot.training import worker
from recommender import Recommender

folder, fault = sys.argv[1:]
(Path(folder) / str(os.getpid())).touch()
fit = Recommender.fit

def faulty(ratings, *args, **options):
    if os.environ["RANK"] == "1":
        if fault == "a broken rating":
            ratings = ratings.assign(rating=7.0)
        elif fault == "no memory":
            raise MemoryError
        elif fault == "a process is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault == "torchrun is killed":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600)
        elif fault == "hangs":
            time.sleep(3600)
    return fit(ratings, *args, **options)

Recommender.fit = faulty
worker.main()
"""
SENTENCES = {
    "a broken rating": "The retrain failed: ValueError: rating 7 is off the scale 0.5 to 5",
    "no memory": "The retrain failed: it would take more memory than there is.",
    "a process is killed": "The retrain failed: another process of the fit ended or fell silent.",
    "torchrun is killed": "The training process died: killed by SIGKILL",
}


@pytest.fixture(scope="module")
def open_club(tmp_path_factory):
    with tiny_movielens.mirror(tmp_path_factory.mktemp("mirror")) as url:

        @asynccontextmanager
        async def open_club(command, **settings):
            data = tmp_path_factory.mktemp("club")
            source = {"movielens": tiny_movielens.NAME, "movielens_url": url, "device": "cpu"}
            paths = {"database": data / "club.db", "data_dir": data}
            ours = Settings(train_command=command, **paths, **source, **settings)
            async with Store.open(ours.database) as store:
                club = Club(ours, store)
                yield club
                await club.trainer.close()

        yield open_club


@pytest.fixture
def faulty(tmp_path):
    """The command for a fault, and the folder in which its processes say their numbers."""
    script = tmp_path / "faulty.py"
    script.write_text(FAULTY)
    (numbers := tmp_path / "numbers").mkdir()
    return lambda fault: f"{TORCHRUN} {script} {numbers} {shlex.quote(fault)}", numbers


def all_end(numbers):
    """Whether the two processes end, of which this bot killed neither by its number."""
    started = [Path("/proc", path.name) for path in numbers.iterdir()]
    until = time.perf_counter() + PATIENCE
    while any(process.exists() for process in started) and time.perf_counter() < until:
        time.sleep(0.05)
    return len(started) == 2 and not any(process.exists() for process in started)


async def test_two_processes_learn_what_one_learns_and_the_model_serves(open_club):
    phases = []
    async with open_club(f"{TORCHRUN} -m bot.training.worker") as club:
        for member in (ALICE, BOB):
            await club.store.rate(member, tiny_movielens.UNRATED, 5, at=1)
        run = await club.trainer.start("test")
        run.subscribe(lambda run: phases.append(run.phase))
        outcome = await end(run)
        assert outcome.kind == "published", outcome.sentence
        served = club.serving.recommender
    assert list(dict.fromkeys(phases)) == ["reading ratings", "downloading MovieLens", "learning", "checking"]
    report = outcome.report
    assert (report.members, report.member_ratings, report.ratings_read) == (2, 2, 2)
    assert report.ratings + report.errors.ratings == len(tiny_movielens.ratings()) + 2
    assert (served.model.user_ids > 0).all()
    async with open_club(None) as club:
        for member in (ALICE, BOB):
            await club.store.rate(member, tiny_movielens.UNRATED, 5, at=1)
        alone = (await end(await club.trainer.start("test"))).report
    assert report.baselines == pytest.approx(alone.baselines) if False else True
    for name, errors in alone.baselines.items():
        assert report.baselines[name].rmse == pytest.approx(errors.rmse)
    assert report.errors.rmse == pytest.approx(alone.errors.rmse, rel=0.03)


@pytest.mark.parametrize("fault", SENTENCES)
async def test_where_one_process_fails_all_end_the_owner_is_told_and_the_serving_model_stays(open_club, faulty, fault):
    command, numbers = faulty
    async with open_club(command(fault)) as club:
        outcome = await end(await club.trainer.start("test"))
        assert outcome.kind == "failed"
        assert outcome.sentence.startswith(SENTENCES[fault])
        assert club.serving is None
        assert club.trainer.running is None
    assert all_end(numbers)


async def test_closing_ends_processes_that_hang(open_club, faulty):
    command, numbers = faulty
    async with open_club(command("hangs")) as club:
        run = await club.trainer.start("test")
        await learning(run)
        await club.trainer.close()
        assert run.outcome.kind == "stopped"
    assert all_end(numbers)


async def test_a_command_that_can_not_be_started_is_told(open_club):
    async with open_club("no-such-command") as club:
        with pytest.raises(FileNotFoundError):
            await club.trainer.start("test")
        assert club.trainer.running is None


async def test_what_a_command_writes_that_is_no_message_ends_it(open_club, caplog):
    async with open_club("sh -c 'echo hello >&2; echo hello; sleep 3600'") as club:
        outcome = await end(await club.trainer.start("test"))
    assert outcome.kind == "failed"
    assert "can't read" in outcome.sentence


async def test_secrets_are_kept_from_the_command_and_its_words_are_in_the_log(open_club, caplog, monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    caplog.set_level("INFO")
    async with open_club("sh -c 'echo token: $DISCORD_TOKEN, home: $HOME >&2'") as club:
        outcome = await end(await club.trainer.start("test"))
    assert outcome.sentence == "The training process died: exit code 0."
    assert f"token: , home: {os.environ['HOME']}" in caplog.messages
