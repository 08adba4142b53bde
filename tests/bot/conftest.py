import time
from pathlib import Path

import pytest
import pytest_asyncio

from bot import worker
from bot.serving import ModelFolder
from bot.store import Store
from bot.worker import Job


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of the shipped data, published as the bot publishes it. Copy it; it is everyone's."""
    home = tmp_path_factory.mktemp("published")
    folder = ModelFolder(home / "models")
    folder.clean()
    job = Job(
        database=home / "club.db",
        data_dir=home,
        movielens="ml-latest-small",
        movielens_url=None,
        config="default",
        device="cpu",
        data_at=int(time.time()),
        serving=folder.current,
        candidate=folder.candidate,
    )
    async with Store.open(job.database):
        worker.train(job, lambda *_: None)
    folder.publish(folder.candidate)
    return folder.folder
