import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "club.db"


@pytest.fixture
async def store(path: Path, new_database: Path) -> AsyncIterator[Store]:
    shutil.copy(new_database, path)
    async with Store.open(path) as opened:
        yield opened
