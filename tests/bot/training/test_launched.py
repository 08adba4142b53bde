"""Retrains by a command: torchrun with two real processes."""

import logging
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bot.settings import Settings
from bot.training.messages import Arrived, Failure, decoded, encoded, encoded_job
from bot.training.retrain import Job
from bot.training.run import Progress
from bot.training.worker import shared
from tests.bot import tiny_movielens
from tests.bot.patience import PATIENCE
from tests.bot.retrains import end, learning
from tests.processes import ends, session

ALICE, BOB = 123_456_789_012_345_678, 987_654_321_098_765_432
PYTHON = shlex.quote(sys.executable)
TORCHRUN = f"{PYTHON} -m torch.distributed.run --nproc-per-node 2"
FORKED = "a broken rating", "a process is killed", "a process falls silent", "hangs", "sleeps"
# Two workers, of which the second has a fault when it is to learn. All write their numbers. What starts them is torchrun, or does
# as it does but forks them, so that torch is imported once.
FAULTY = """
import os, signal, sys, time
from functools import partial
from pathlib import Path
from torch.distributed.elastic.multiprocessing.api import MultiprocessContext
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from bot.training import worker
from recommender import Recommender
from recommender.communicator import Communicator

# Half a minute from SIGTERM to SIGKILL is nobody's test.
close = MultiprocessContext._close
MultiprocessContext._close = lambda context, death_sig, timeout: close(context, death_sig, timeout=1)

stdin = os.dup(0)  # multiprocessing takes it from its children

def work(folder, fault):
    os.dup2(stdin, 0)
    sys.stdin = open(0)
    (Path(folder) / str(os.getpid())).touch()
    fit = Recommender.fit

    def faulty(ratings, *args, **options):
        if os.environ["RANK"] == "1":
            if fault == "a broken rating":
                ratings = ratings.assign(rating=7.0)
            elif fault == "a process is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            elif fault == "a process falls silent":
                os.kill(os.getpid(), signal.SIGSTOP)
            elif fault == "what started them is killed":
                os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600 if fault in ("hangs", "sleeps", "what started them is killed") else 0)
        return fit(ratings, *args, **options)

    Recommender.fit = faulty
    if fault == "a process falls silent":
        Communicator.joined = partial(Communicator.joined, patience=2)
    worker.main()

if "RANK" in os.environ:  # torchrun itself has started this
    work(*sys.argv[1:])
else:
    here = {"min_nodes": 1, "max_nodes": 1, "nproc_per_node": 2, "rdzv_endpoint": "localhost:0"}
    alike = {"rdzv_backend": "c10d", "run_id": "faulty", "max_restarts": 0, "start_method": "fork"}
    elastic_launch(LaunchConfig(**here, **alike), work)(*sys.argv[1:])
"""
LEFT_ALONE = "The retrain failed: another process of the fit ended or fell silent."
SENTENCES = {
    "a broken rating": ("The retrain failed: ValueError: rating 7 is off the scale 0.5 to 5",),
    "a process is killed": (LEFT_ALONE,),
    "a process falls silent": (LEFT_ALONE,),
    # All end then, in any order: the first may still be there to tell that the second has ended.
    "what started them is killed": ("The training process died: killed by SIGKILL", LEFT_ALONE),
}


@pytest.fixture
def faulty(tmp_path):
    """The command for a fault, and the folder in which its processes say their numbers."""
    script = tmp_path / "faulty.py"
    script.write_text(FAULTY)
    (numbers := tmp_path / "numbers").mkdir()

    def command(fault):
        return f"{PYTHON if fault in FORKED else TORCHRUN} {script} {numbers} {shlex.quote(fault)}"

    return command, numbers


def all_end(numbers):
    """Whether the two processes end, of which this bot killed neither by its number."""
    started = [int(path.name) for path in numbers.iterdir()]
    return len(started) == 2 and all(ends(pid) for pid in started)


async def learned(club):
    """The outcome of a retrain with two members, and its phases."""
    for member in (ALICE, BOB):
        await club.store.rate(member, tiny_movielens.UNRATED, 5, at=1)
    phases = []
    run = await club.trainer.start("test")
    run.subscribe(lambda run: phases.append(run.phase))
    return await end(run), list(dict.fromkeys(phases))


async def test_two_processes_of_torchrun_learn_as_one_does_and_the_model_serves(open_club, caplog):
    caplog.set_level("INFO")
    async with open_club(train_command=f"{TORCHRUN} -m bot.training.worker") as club:
        outcome, phases = await learned(club)
        assert outcome.kind == "published", outcome.sentence
        assert (club.serving.recommender.model.user_ids > 0).all()
    assert [message for message in caplog.messages if "FAILED" in message] == []  # so torchrun would end
    async with open_club() as club:
        alone, phases_alone = await learned(club)
    assert phases == phases_alone
    one, two = alone.report.to_json(), outcome.report.to_json()
    for counted in ("ratings", "members", "member_ratings", "ratings_read", "dataset", "fitted_as", "device"):
        assert two[counted] == one[counted]
    for name, errors in one["baselines"].items():
        assert two["baselines"][name] == pytest.approx(errors)
    assert two["errors"]["rmse"] == pytest.approx(one["errors"]["rmse"], rel=0.03)


def test_every_message_is_read_as_it_was_written():
    films = pd.DataFrame({"movie": [7], "title": ["Amélie"], "year": pd.array([None], dtype="Int64"), "genres": [""]})
    pd.testing.assert_frame_equal(decoded(encoded(Arrived(films))).films, films)
    for message in (Progress("learning", 0.5), Failure('It "failed".')):
        assert decoded(encoded(message)) == message
    record = logging.makeLogRecord({"name": "a", "levelno": 30, "msg": "%s\n%s", "args": (1, 2)})
    read = decoded(encoded(record))
    assert (read.name, read.levelname, read.getMessage()) == ("a", "WARNING", "1\n2")


@pytest.mark.parametrize("line", [b"hello\n", b"1\n", b"{}\n", b'{"kind": "Report", "value": {}}\n', b"\xff\n"])
def test_what_is_no_message_is_refused(line):
    with pytest.raises(ValueError, match=r"."):
        decoded(line)


@pytest.mark.parametrize("fault", SENTENCES)
async def test_where_one_process_fails_all_end_the_owner_is_told_and_the_serving_model_stays(open_club, faulty, fault):
    command, numbers = faulty
    async with open_club(train_command=command(fault)) as club:
        club.serving = serving = object()
        outcome = await end(await club.trainer.start("test"))
        assert outcome.kind == "failed"
        assert outcome.sentence.startswith(SENTENCES[fault])
        assert club.serving is serving
        assert club.trainer.running is None
    assert all_end(numbers)


async def test_closing_ends_processes_that_hang(open_club, faulty):
    command, numbers = faulty
    async with open_club(train_command=command("hangs")) as club:
        run = await club.trainer.start("test")
        await learning(run)
        await club.trainer.close()
        assert run.outcome.kind == "stopped"
    assert all_end(numbers)


def test_when_the_bot_is_gone_its_processes_end(faulty, tmp_path):
    command, numbers = faulty
    settings = Settings(data_dir=tmp_path, database=tmp_path / "club.db", device="cpu")
    bot, theirs = socket.socketpair()
    pipes = {"stdin": theirs.fileno(), "stdout": theirs.fileno(), "stderr": subprocess.DEVNULL}
    with session(shlex.split(command("sleeps")), **pipes) as process:
        theirs.close()
        with bot, bot.makefile("rb") as lines:
            bot.sendall(encoded_job(Job.of(settings, tmp_path / "none", tmp_path / "candidate", data_at=1)))
            assert any(b'"learning"' in line for line in lines)
        assert process.wait(PATIENCE) != 0
        assert all_end(numbers)


async def test_a_command_that_can_not_be_started_is_told_as_any_failure_and_tried_again_later(open_club):
    async with open_club(train_command="no-such-command") as club:
        outcome = (await club.trainer.start("test")).outcome
        assert outcome.sentence == "MARQUEE_TRAIN_COMMAND can't be started: no-such-command: No such file or directory."
        assert club.trainer.running is None
        [training] = await club.store.trainings.latest()
        assert (training.outcome, training.report["sentence"]) == ("failed", outcome.sentence)
        assert await club.trainer.due() is None


async def test_what_a_command_writes_that_is_no_message_ends_it(open_club, caplog):
    async with open_club(train_command="sh -c 'echo hello >&2; echo hello; sleep 3600'") as club:
        outcome = await end(await club.trainer.start("test"))
    assert outcome.kind == "failed"
    assert "can't read" in outcome.sentence


async def test_a_command_that_ends_before_it_is_given_the_job_is_told(open_club, monkeypatch):
    begin = subprocess.Popen

    def ended(*args, **options):
        process = begin(*args, **options)
        process.wait()
        return process

    monkeypatch.setattr(subprocess, "Popen", ended)
    async with open_club(train_command="false") as club:
        outcome = await end(await club.trainer.start("test"))
    assert outcome.sentence == "The training process died: exit code 1."


class Network:
    """Between processes of a fit: what the first has sent, the others are told."""

    sent = b""

    def told(self, data):
        self.sent = self.sent or data
        return self.sent


def test_only_the_first_process_is_told_the_database_and_its_password(tmp_path):
    settings = Settings(_env_file=None, database="postgresql://marquee:hunter2@localhost/marquee", data_dir=tmp_path)
    job, network = Job.of(settings, tmp_path / "serving", tmp_path / "candidate", data_at=1), Network()
    assert shared(job, network) == job
    assert b"hunter2" not in network.sent
    other = shared(None, network)
    assert (other.database, other.data_dir, other.candidate) == (Path(), job.data_dir, job.candidate)


def test_a_command_sees_no_secret_alone_or_in_an_address_and_all_else():
    """A short password is in many a word."""
    address = "postgresql://bot:bot@localhost/bot"
    settings = Settings(_env_file=None, database=address, discord_token="a.b.c", tmdb_token="t")
    hidden = {
        "MARQUEE_DATABASE": address,
        "Discord_Token": " a.b.c ",
        "POSTGRES_PASSWORD": "bot",
        "PGPASSWORD": "another",
    }
    others = {"HOME": "/home/bot", "PATH": "/opt/bot/bin", "URL": "postgresql://elsewhere/bot"}
    assert settings.without_secrets(hidden | {"OWN": address} | others) == others


async def test_secrets_are_kept_from_the_command_and_its_words_are_in_the_log(open_club, caplog, monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    caplog.set_level("INFO")
    async with open_club(train_command="sh -c 'echo token: $DISCORD_TOKEN, home: $HOME >&2'") as club:
        outcome = await end(await club.trainer.start("test"))
    assert outcome.sentence == "The training process died: exit code 0."
    assert f"token: , home: {os.environ['HOME']}" in caplog.messages
