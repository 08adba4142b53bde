"""What tests of learning anew share."""

import time
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.serving import Serving
from bot.settings import Settings
from bot.store import Store
from bot.training.folder import ModelFolder
from bot.training.retrain import Report
from bot.training.trainer import Trainer
from recommender.evaluation.metrics import Errors
from tests.bot import tiny_movielens

ERRORS = Errors(rmse=0.9, mae=0.7, ratings=100)
REPORT = Report(
    dataset="tiny",
    data_at=1_000,
    ratings=100,
    members=1,
    member_ratings=1,
    ratings_read=1,
    fitted_as="fast",
    errors=ERRORS,
    errors_before=None,
    baselines={"mean": ERRORS},
    seconds=1.0,
    device="cpu",
)


@pytest.fixture
def folder(tmp_path):
    folder = ModelFolder(tmp_path / "models")
    folder.clean()
    return folder


@pytest.fixture
def publish(model, folder):
    """Publishes a model with this name, in `folder` unless it is told another."""

    def publish(name, folder=folder):
        model.with_info(**REPORT.to_json(), name=name).save(folder.candidate)
        folder.publish(folder.candidate)

    return publish


class Club:
    """What the bot has around a trainer."""

    def __init__(self, settings, store):
        self.store = store
        self.serving = None
        self.folder = ModelFolder(settings.data_dir / "models")
        self.later = timedelta()  # than it is
        self.trainer = Trainer(
            settings, store, self.folder, lambda: self.serving, self.publish, self.add_films, self.now
        )

    def now(self):
        return int(time.time() + self.later.total_seconds())

    async def publish(self, serving):
        self.serving = serving

    async def add_films(self, films):
        self.serving = self.serving.with_films(films)

    def serve(self, model):
        self.folder.clean()
        model.save(self.folder.candidate)
        self.folder.publish(self.folder.candidate)
        self.serving = Serving.of(model)


@pytest.fixture(scope="session")
def open_club(tmp_path_factory):
    """Opens a new club that learns from the tiny set, unless the settings say otherwise."""
    with tiny_movielens.mirror(tmp_path_factory.mktemp("mirror")) as url:

        @asynccontextmanager
        async def open_club(**settings):
            data = tmp_path_factory.mktemp("club")
            source = {"movielens": tiny_movielens.NAME, "movielens_url": url}
            ours = Settings(**{"database": data / "club.db", "data_dir": data, "device": "cpu"} | source | settings)
            async with Store.open(ours.database) as store:
                club = Club(ours, store)
                yield club
                await club.trainer.close()

        yield open_club
