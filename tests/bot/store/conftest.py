import inspect
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.address import Address, located
from bot.store import Store
from tests.postgres import empty

ENGINES = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for the file is about SQLite alone; what uses a store holds for both engines."""
    if "new_place" in metafunc.fixturenames:
        is_about_a_file = "path" in inspect.signature(metafunc.function).parameters
        metafunc.parametrize("new_place", ENGINES[:1] if is_about_a_file else ENGINES, indirect=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "club.db"


@pytest.fixture
def new_place(
    request: pytest.FixtureRequest, path: Path, new_database: Path
) -> Callable[[], Awaitable[Path | Address]]:
    """Gives new databases, each time another one, of the engine that the test is run with."""
    numbers = itertools.count()
    if request.param == "sqlite":

        async def new_file() -> Path | Address:
            number = next(numbers)
            return Path(shutil.copy(new_database, path.with_stem(f"{path.stem}{number or ''}")))

        return new_file
    server, addresses = request.getfixturevalue("postgres"), request.getfixturevalue("addresses")

    async def new_address() -> Path | Address:
        if (number := next(numbers)) == len(addresses):
            addresses.append(await server.create())
        await empty(addresses[number])
        return located(addresses[number])

    return new_address


@pytest.fixture
async def place(new_place: Callable[[], Awaitable[Path | Address]]) -> Path | Address:
    """Where a new database is."""
    return await new_place()


@pytest.fixture
async def store(place: Path | Address) -> AsyncIterator[Store]:
    async with Store.open(place) as opened:
        yield opened
