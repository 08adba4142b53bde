import asyncio
import multiprocessing
import os
import shutil
import time
from functools import cache, partialmethod
from pathlib import Path

import pandas as pd
import pytest
import pytest_asyncio
from simcord import Env

from bot import Settings, app, create_bot, emojis, gate, limits, people, services
from bot.address import located
from bot.cogs.upkeep import Upkeep
from bot.films import looks
from bot.films.looks import Looks
from bot.serving import Serving
from bot.store import Store, lists
from bot.training import trainer
from bot.training.folder import ModelFolder
from bot.training.retrain import Job, train
from recommender import FitConfig, Recommender
from tests.bot.patience import PATIENCE
from tests.bot.retrains import held
from tests.bot.simulated import Club
from tests.postgres import empty
from tests.shared import made_once


@pytest.fixture(autouse=True)
def unlimited(monkeypatch):
    """A test's members do more in ten seconds than people may, the more the quicker the machine is."""
    monkeypatch.setattr(limits, "USES", 1_000_000)
    monkeypatch.setattr(limits, "LETTERS", 1_000_000)


@pytest.fixture(scope="session", autouse=True)
def unhurried():
    """Longer limits, of simcord, of the bot's answers and of its shutdown, than any machine needs."""
    settle = Env._settle_internal
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Env, "__init__", partialmethod(Env.__init__, settle_timeout=PATIENCE, shard_count=1))
        # As a bot starts, simcord's limit is five seconds, whatever the settle_timeout.
        # And it looks every 50 ms whether the bot has done all: longer than most answers take.
        patch.setattr(
            Env, "_settle_internal", lambda env, timeout=None, idle=0.05, **options: settle(env, idle=0.005, **options)
        )
        patch.setattr(app, "ANSWER_SECONDS", PATIENCE)
        patch.setattr(app, "LEAVE_SECONDS", PATIENCE)
        patch.setattr(app, "CLOSE_SECONDS", PATIENCE)
        patch.setattr(trainer, "CLOSE_SECONDS", PATIENCE)
        # What comes late is left out of an answer: a list its buttons, a card its look or who is on the server.
        patch.setattr(lists, "PATIENCE", PATIENCE)
        patch.setattr(people, "PATIENCE", PATIENCE)
        patch.setattr(services, "PATIENCE", PATIENCE)
        patch.setattr(looks, "FASTEST", PATIENCE)
        patch.setattr(Looks, "__init__", partialmethod(Looks.__init__, patience=PATIENCE))
        # An hour that is skipped would be thousands of its ticks.
        Upkeep.measure_lag.change_interval(seconds=60)
        Upkeep.live.change_interval(hours=1)
        yield


@pytest.fixture(scope="session", autouse=True)
def drawn_once():
    """Each new bot gives Discord its emojis. To draw them is half the work of its start, and they are always the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emojis, "picture", cache(emojis.picture))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_workers():
    """Training processes, and bots of their own, are forked from one that has imported what they need: each would take seconds to
    do so."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["tests.bot.launched"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multiprocessing, "get_context", lambda method=None: server)
        yield


@pytest.fixture
def nothing_is_late(monkeypatch):
    """For a bot that goes by the real clock, and would give up on what a busy machine brings late."""
    monkeypatch.setattr(gate, "STALE_SECONDS", PATIENCE)
    monkeypatch.setattr("bot.preview.live.ANSWER_SECONDS", PATIENCE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of the shipped data, published as the bot publishes it. Copy it; it is everyone's."""
    with made_once(tmp_path_factory, "published") as (home, making):
        if making is not None:
            await _publish_one(making)
    return home / "models"


async def _publish_one(home: Path) -> None:
    folder = ModelFolder(home / "models")
    folder.clean()
    job = Job(
        database=home / "club.db",
        data_dir=home,
        films_dir=home / "films",
        movielens="ml-latest-small",
        movielens_url=None,
        config="default",
        device="cpu",
        member_weight=1.0,
        data_at=int(time.time()),
        serving=folder.current,
        candidate=folder.candidate,
    )
    async with Store.open(job.database):
        train(job, lambda *_: None)
    folder.publish(folder.candidate)


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)


@pytest.fixture(scope="session")
def serving(model_folder):
    """The model of `model_folder`, ready to serve. It takes seconds to build and never changes: bots share it."""
    load, build, file = Recommender.load, Serving.of, model_folder / "model.safetensors"
    recommender = load(file)
    serving = build(recommender)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recommender, "load", lambda path: recommender if _is_same(Path(path), file) else load(path))
        patch.setattr(
            Serving, "of", lambda other, before=None: serving if other is recommender else build(other, before)
        )
        yield serving


@pytest.fixture(scope="session")
def model():
    """A model of three films, fitted in no time."""
    ratings = pd.DataFrame({"user": [1, 1, 2, 2], "movie": [1, 2, 1, 3], "rating": [5.0, 1.0, 4.0, 2.0]})
    movies = pd.DataFrame({"movie": [1, 2, 3], "title": ["Matrix, The", "Heat", "Alien"], "year": [1999, 1995, 1979]})
    return Recommender.fit(
        ratings, movies, config=FitConfig(factors=1, set_rank=1, samples=2, thinning=1, burn_in=1), device="cpu"
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with nothing in it. Copy it: to make one is to wait for the disk a dozen times."""
    path = tmp_path_factory.mktemp("new") / "club.db"
    async with Store.open(path):
        return path


@pytest.fixture(scope="session")
def addresses() -> list[str]:
    """Databases of the server that are there already: to make one, and to remove it, is to wait for 300 files."""
    return []


@pytest.fixture
def engine() -> str:
    """Of the bot's database. `on_both_engines` lets a test have both."""
    return "sqlite"


@pytest.fixture
def database(request, engine, tmp_path, new_database):
    """One of the bot's own."""
    if engine == "sqlite":
        return Path(shutil.copy(new_database, tmp_path / "club.db"))
    server, addresses = request.getfixturevalue("postgres"), request.getfixturevalue("addresses")
    if not addresses:
        addresses.append(asyncio.run(server.create()))
    asyncio.run(empty(addresses[0]))
    return located(addresses[0])


@pytest.fixture
def settings(tmp_path, model_folder, serving, database):
    """Those of a bot with a database of its own, and the model of `model_folder`."""
    shutil.copytree(model_folder, tmp_path / "models", copy_function=os.link)
    return Settings(_env_file=None, database=database, data_dir=tmp_path, backup_hours=0)


@pytest.fixture
def may_learn():
    """Training processes wait before they learn; `release` lets one go on."""
    with held() as gate:
        yield gate


@pytest.fixture
def simcord_bot(settings):
    return create_bot(settings)


@pytest_asyncio.fixture
async def club(simcord_env):
    """A server with the bot, which has its model, and two members."""
    await simcord_env.bot.model_ready()
    yield Club(simcord_env)
    await simcord_env.bot.close()


@pytest.fixture
def alice(club):
    return club.alice


@pytest.fixture
def bob(club):
    return club.bob


@pytest.fixture
def clara(club):
    return club.join("clara")


@pytest.fixture
def dan(club):
    return club.join("dan")
