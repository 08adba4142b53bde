import asyncio
import io
import re
import shlex
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import discord
import pytest

from bot import Settings
from bot.cli.faults import sentence
from bot.cli.main import COMMANDS, main
from bot.lock import alone_with
from bot.store import Store
from bot.training.folder import ModelFolder
from recommender.datasets import DATASETS
from tests.bot import tiny_movielens
from tests.bot.wire import Wire, running
from tests.ports import free_port


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    with tiny_movielens.mirror(tmp_path_factory.mktemp("mirror")) as url:
        yield url


def program(patch, folder, mirror):
    """What runs `python -m bot` with some words, in a folder and with a small data set, and gives the exit status."""
    patch.chdir(folder)
    patch.delenv("DISCORD_TOKEN", raising=False)
    patch.setenv("MARQUEE_MOVIELENS", tiny_movielens.NAME)
    patch.setenv("MARQUEE_MOVIELENS_URL", mirror)
    patch.setenv("MARQUEE_DEVICE", "cpu")

    def run(*words):
        patch.setattr(sys, "argv", ["bot", *words])
        return main()

    return run


@pytest.fixture
def run(monkeypatch, tmp_path, mirror):
    return program(monkeypatch, tmp_path, mirror)


def rows(output, name):
    """The printed tables' rows of this name: their other cells."""
    cells = ([cell.strip() for cell in line.split("│")[1:-1]] for line in output.splitlines())
    return [others for first, *others in filter(None, cells) if first == name]


def test_help_names_every_command(run, capsys):
    with pytest.raises(SystemExit) as end:
        run("--help")
    assert end.value.code == 0
    assert f"{{{','.join(COMMANDS)}}}" in "".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does(run, capsys, command):
    with pytest.raises(SystemExit) as end:
        run(command, "--help")
    assert end.value.code == 0
    assert COMMANDS[command] in " ".join(capsys.readouterr().out.split())


def test_an_unknown_command_is_refused(run, capsys):
    with pytest.raises(SystemExit) as end:
        run("rain")
    assert end.value.code == 2
    assert "invalid choice: 'rain'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["backup"],
        ["evaluate", "extra"],
        ["train", "copy.db"],
        ["run", "copy.db"],
        ["upgrade", "copy.db"],
        ["backup", "a.db", "b.db"],
        ["restore", "a.db", "b.db"],
        ["copy", "a.db"],
    ],
)
def test_only_backup_and_restore_take_a_file(run, capsys, words):
    with pytest.raises(SystemExit) as end:
        run(*words)
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


async def test_backup_copies_the_members_ratings_while_the_bot_has_them_open(run, capsys):
    async with Store.open(Settings().database) as store:
        await store.rate(1, 2, 4.5, at=3)
        assert run("backup", "copy.db") == 0
    assert "copy.db" in capsys.readouterr().out
    async with Store.open("copy.db") as copied:
        assert await copied.history(1) == {2: 4.5}


def test_nothing_is_copied_from_a_file_that_a_bot_has_open(run, capsys, tmp_path):
    """What members did after the copy's moment would be left behind."""
    with alone_with(tmp_path / "a.db"):
        assert run("copy", str(tmp_path / "a.db"), str(tmp_path / "b.db")) == 1
    assert "Stop it first" in capsys.readouterr().err
    assert not (tmp_path / "b.db").exists()


def test_copy_brings_all_to_a_server_where_the_other_commands_find_it(run, capsys, monkeypatch, postgres):
    async def rated():
        async with Store.open(Settings().database) as store:
            await store.rate(1, 2, 4.5, at=3)

    asyncio.run(rated())
    address = asyncio.run(postgres.create()).replace("postgres@", "postgres:hunter2@")
    assert run("copy", "data/marquee.db", address) == 0
    assert "1 of them ratings, from data/marquee.db to postgresql://postgres@127.0.0.1" in capsys.readouterr().out
    assert run("copy", "data/marquee.db", address) == 1
    assert "holds something already: make a new database" in capsys.readouterr().err
    monkeypatch.setenv("MARQUEE_DATABASE", address)
    assert run("upgrade") == 0
    assert run("backup", "backup.db") == 0
    assert run("restore", "backup.db") == 1
    told = "".join(capsys.readouterr())
    assert "which is this program's" in told
    assert "copy backup.db postgresql://user:password@host/another" in told
    assert "hunter2" not in told


def test_beside_bots_that_have_a_server_open_nothing_of_it_is_replaced(run, capsys, monkeypatch, postgres):
    address = asyncio.run(postgres.create())
    monkeypatch.setenv("MARQUEE_DATABASE", address)

    async def serve():
        async with Store.open(address) as one, Store.open(address) as other:
            await one.rate(1, 2, 4.5, at=3)
            assert await asyncio.to_thread(run, "backup", "data/backups/marquee-20260922-141320.db") == 0
            await other.rate(1, 2, 3, at=4)
            assert await asyncio.to_thread(run, "restore") == 0
            assert await asyncio.to_thread(run, "restore", "marquee-20260922-141320.db") == 1
            await other.delete(1)  # also what holds nothing any more is not filled under a bot's feet
            assert await asyncio.to_thread(run, "copy", "data/backups/marquee-20260922-141320.db", address) == 1
            assert await one.history(1) == {}

    Path("data/backups").mkdir(parents=True)
    asyncio.run(serve())
    told = capsys.readouterr()
    assert told.out.count("copy data/backups/marquee-20260922-141320.db postgresql://user:password@host/another") == 2
    assert "a bot has" in told.err
    assert "open: stop it first" in told.err


def test_a_backup_that_cannot_be_made_is_one_sentence(run, capsys):
    assert run("backup", "copy.db") == 1
    assert capsys.readouterr().err == (
        "There is no database at data/marquee.db yet, so there is nothing to copy. See MARQUEE_DATABASE.\n"
    )


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory, mirror):
    """What `evaluate` prints. It fits several models."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        assert program(patch, tmp_path_factory.mktemp("evaluation"), mirror)("evaluate") == 0
    return printed.getvalue()


def test_evaluate_shows_the_models_errors_below_those_of_simple_means(evaluation):
    [model] = rows(evaluation, "Marquee")
    for name in ("mean of all ratings", "mean of the film", "mean of the film + person's offset"):
        [simple] = rows(evaluation, name)
        assert all(float(ours) < float(theirs) for ours, theirs in zip(model, simple, strict=True))


def test_evaluate_shows_given_against_predicted_stars(evaluation):
    for stars in ("2", "2.5", "3", "3.5", "4"):
        [[*shares, ratings]] = rows(evaluation, stars)
        assert len(shares) == 10
        assert sum(float(share) for share in shares if share != "·") == pytest.approx(100, abs=3)
        assert int(ratings) > 0


def test_evaluate_shows_new_members_errors_and_lists_and_how_often_the_intervals_hold(evaluation):
    for given in ("0 ratings", "20 ratings"):
        errors, lists = rows(evaluation, given)
        assert len(errors) == len(lists) == 4
        assert all(0 <= float(share) <= 1 for share in lists)
    assert 60 < float(re.search(r"80% intervals hold ([\d.]+)%", evaluation)[1]) < 95


async def test_train_publishes_a_model_that_the_bot_then_serves(run, capsys, monkeypatch):
    assert run("train") == 0
    output = capsys.readouterr().out
    assert "learning" in output
    assert "Held-out RMSE" in output
    assert "Published" in output
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        async with running(Settings(), wire) as bot:
            assert bot.serving.recommender.info["dataset"] == tiny_movielens.NAME
            assert await bot.store.trainings.latest() == [], "it made its own"


def test_train_leaves_nothing_behind_and_a_running_bots_candidate_alone(run):
    candidate = ModelFolder(Settings().data_dir / "models").candidate
    candidate.parent.mkdir(parents=True)
    candidate.write_bytes(b"half a model")
    assert run("train") == 0
    assert candidate.read_bytes() == b"half a model"
    assert sorted(entry.name for entry in candidate.parents[1].iterdir()) == ["model.safetensors", "training"]


def test_train_lets_the_hosts_command_learn(run, capsys, monkeypatch):
    monkeypatch.setattr("bot.training.retrain.train", None)  # of this process
    with free_port() as port:
        alone = f"env RANK=0 LOCAL_RANK=0 WORLD_SIZE=1 MASTER_ADDR=127.0.0.1 MASTER_PORT={port}"
        monkeypatch.setenv("MARQUEE_TRAIN_COMMAND", f"{alone} {shlex.quote(sys.executable)} -m bot.training.worker")
        assert run("train") == 0
    assert "Published" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("no-such-command", "MARQUEE_TRAIN_COMMAND can't be started: no-such-command: No such file"),
        ("false", "The training process died: exit code 1."),
    ],
)
def test_a_command_that_cannot_learn_is_one_sentence(run, capsys, monkeypatch, command, told):
    monkeypatch.setenv("MARQUEE_TRAIN_COMMAND", command)
    assert run("train") == 1
    assert told in capsys.readouterr().err
    assert not list(ModelFolder(Settings().model_dir).folder.iterdir())


def test_a_data_set_that_cannot_be_had_is_one_sentence(run, capsys, monkeypatch):
    monkeypatch.setenv("MARQUEE_MOVIELENS_URL", "http://127.0.0.1:1")
    assert run("evaluate") == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("movielens", "nonsense", ", ".join(DATASETS)),
        ("config", "nonsense", "accurate"),
        ("retrain_hours", "-1", "greater than 0"),
        ("owner_ids", "me", "integer"),
        ("log_level", "loud", "DEBUG"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_says_what_is_right(run, capsys, monkeypatch, name, value, right):
    monkeypatch.setenv(f"MARQUEE_{name.upper()}", value)
    assert run() == 1
    sentence = capsys.readouterr().err
    assert name in sentence
    assert right in sentence
    assert sentence.count("\n") == 1


@pytest.mark.parametrize("written", ["A=é".encode("latin-1"), "A=1".encode("utf-16"), "A=1".encode("utf-16-le")])
@pytest.mark.parametrize("command", ["run", "backup"])
def test_an_env_file_that_is_no_utf8_is_one_sentence(run, capsys, tmp_path, command, written):
    (tmp_path / ".env").write_bytes(written)
    assert run(command, *["copy.db"][: command == "backup"]) == 1
    told = capsys.readouterr().err
    assert "Save it as UTF-8" in told.splitlines()[-1]
    assert "Traceback" not in told


@pytest.mark.parametrize("command", ["run", "preview", "train", "evaluate"])
def test_a_gpu_that_is_not_there_is_one_sentence(run, capsys, monkeypatch, command):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setenv("MARQUEE_DEVICE", "cuda")
    assert run(command) == 1
    assert capsys.readouterr().err == "MARQUEE_DEVICE is cuda, but torch finds no GPU here. Set it to auto or cpu.\n"


def test_a_cluster_needs_a_token_and_postgresql_and_says_so(run, capsys, monkeypatch):
    assert run("cluster") == 1
    assert "A cluster needs DISCORD_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    assert run("cluster") == 1
    assert "Several processes need PostgreSQL" in capsys.readouterr().err


def test_a_misspelled_setting_is_warned_of(run, caplog, monkeypatch):
    monkeypatch.setenv("MARQUEE_DATA_DRI", "x")
    run("backup", "copy.db")
    assert "MARQUEE_DATA_DRI is no setting; did you mean MARQUEE_DATA_DIR?" in caplog.messages


def test_what_nobody_foresaw_is_logged_with_its_traceback_and_ends_in_a_sentence(run, capsys, caplog, monkeypatch):
    def train(settings):
        raise LookupError("no such thing")

    monkeypatch.setattr("bot.cli.train.train", train)
    assert run("train") == 1
    assert caplog.records[-1].exc_info
    assert capsys.readouterr().err.splitlines()[-1].endswith("(LookupError: no such thing)")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (discord.DiscordServerError(SimpleNamespace(status=503, reason=""), None), "trouble of its own"),
        (discord.Forbidden(SimpleNamespace(status=403, reason=""), "Missing Access"), "403: Missing Access"),
        (discord.LoginFailure("Improper token"), "refuses the token"),
        (discord.ConnectionClosed(SimpleNamespace(close_code=4011), shard_id=0), "more shards"),
        (TimeoutError(), "can't be reached"),
        (PermissionError(13, "Permission denied", "data"), "data can't be used: Permission denied"),
        (PermissionError(13, "Permission denied", "/srv/.env"), "whether you may read and write it: ls -l /srv/.env"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_what_may_go_wrong_at_the_start_is_a_sentence(error, words):
    assert words in sentence(error)


# What Windows' loop does; Ctrl+C comes once the bot waits.
WITHOUT_SIGNALS = """
import asyncio, os, signal, sys
from bot.stopping import when_stopped

def refuse(*args):
    raise NotImplementedError

async def wait():
    asyncio.get_running_loop().add_signal_handler = refuse
    stopped = asyncio.Event()
    when_stopped(stopped.set)
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), int(sys.argv[1]))
    await stopped.wait()

asyncio.run(wait())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_loop_without_signal_handlers_is_stopped_too(number):
    assert subprocess.run([sys.executable, "-c", WITHOUT_SIGNALS, str(int(number))], check=False).returncode == 0
