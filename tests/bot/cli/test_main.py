import re
import sys

import pytest

from bot import Settings
from bot.cli.main import main
from bot.store import Store
from bot.training.folder import ModelFolder
from recommender.datasets import DATASETS
from tests.bot import tiny_movielens
from tests.bot.wire import Wire, running


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    with tiny_movielens.mirror(tmp_path_factory.mktemp("mirror")) as url:
        yield url


@pytest.fixture
def run(monkeypatch, tmp_path, mirror):
    """Runs `python -m bot` with these words, in a new folder and with a small data set; gives the exit status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    monkeypatch.setenv("MARQUEE_MOVIELENS", tiny_movielens.NAME)
    monkeypatch.setenv("MARQUEE_MOVIELENS_URL", mirror)
    monkeypatch.setenv("MARQUEE_DEVICE", "cpu")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["bot", *words])
        return main()

    return run


def rows(output, name):
    """The printed tables' rows of this name: their other cells."""
    cells = ([cell.strip() for cell in line.split("│")[1:-1]] for line in output.splitlines())
    return [others for first, *others in filter(None, cells) if first == name]


def test_help_names_every_command(run, capsys):
    with pytest.raises(SystemExit) as end:
        run("--help")
    assert end.value.code == 0
    assert "{run,preview,train,evaluate,backup,films}" in capsys.readouterr().out


def test_an_unknown_command_is_refused(run, capsys):
    with pytest.raises(SystemExit) as end:
        run("rain")
    assert end.value.code == 2
    assert "invalid choice: 'rain'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["backup"], ["train", "copy.db"], ["run", "copy.db"], ["backup", "a.db", "b.db"]])
def test_backup_and_backup_alone_takes_a_file(run, capsys, words):
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


def test_a_backup_that_cannot_be_made_is_one_sentence(run, capsys):
    assert run("backup", "copy.db") == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def evaluation(run, capsys):
    assert run("evaluate") == 0
    return capsys.readouterr().out


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
            assert await bot.store.trainings() == [], "it made its own"


def test_train_leaves_nothing_behind_and_a_running_bots_candidate_alone(run):
    candidate = ModelFolder(Settings().data_dir / "models").candidate
    candidate.parent.mkdir(parents=True)
    candidate.write_bytes(b"half a model")
    assert run("train") == 0
    assert candidate.read_bytes() == b"half a model"
    assert sorted(entry.name for entry in candidate.parents[1].iterdir()) == ["model.safetensors", "training"]


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
