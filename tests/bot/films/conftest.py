import asyncio
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bot.films import wikidata
from bot.films.fetch import Web
from bot.films.shelf import Shelf
from tests.bot.films.loopback import Loopback


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime(1999, 6, 1, tzinfo=UTC).timestamp()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds:
            self.slept.append(seconds)
        await asyncio.sleep(0)

    @property
    def today(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


@pytest_asyncio.fixture
async def server():
    async with Loopback.open() as server:
        yield server


@pytest.fixture
def time():
    return Time()


@pytest_asyncio.fixture
async def web(time):
    async with Web(sleep=time.sleep, clock=lambda: time.now) as web:
        yield web


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "films")


@pytest.fixture(autouse=True)
def few_pieces(monkeypatch):
    """Before 1997, 1997, and by month 1998 to 2000, which is the next year."""
    monkeypatch.setattr(wikidata, "FIRST", 1997)
    monkeypatch.setattr(wikidata, "BUSY", 1998)
