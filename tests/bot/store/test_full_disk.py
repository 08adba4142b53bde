"""A disk that is really full: one of its own, which is filled until so many pages are left."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.store import Store, StoreError, Unavailable, backup
from tests.bot.store import ANNA
from tests.bot.trouble import PAGE, full, small_disk

SIZE = 8 << 20  # bytes
LEFT = range(8)  # pages: a commit takes three or more


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with ExitStack() as stack:
        try:
            stack.enter_context(small_disk(tmp_path / "disk", SIZE))
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no disk may be mounted here")
        yield tmp_path / "disk"


async def test_what_was_acknowledged_is_there_and_what_was_refused_is_not(disk: Path) -> None:
    told, refused = dict[int, float](), 0
    async with Store.open(disk / "club.db") as store:
        for left in LEFT:
            with full(disk, left * PAGE):
                for film in range(50):
                    try:
                        await store.rate(ANNA, film, 1.0 + left % 5, at=1)
                        told[film] = 1.0 + left % 5
                    except Unavailable as error:
                        refused += "My disk is full, so nothing was saved." in str(error)
                assert await store.history(ANNA) == told
            await store.rate(ANNA, 50, 4.0, at=1)
            told[50] = 4.0
    assert refused
    async with Store.open(disk / "club.db") as store:
        assert await store.history(ANNA) == told


def begun(copy: Path) -> list[Path]:
    """What there is of a copy."""
    return list(copy.parent.glob("copy*"))


async def test_a_backup_that_finds_no_room_leaves_nothing_behind(disk: Path) -> None:
    database, copy = disk / "club.db", disk / "copy.db"
    async with Store.open(database) as store:
        await store.rate(ANNA, 1, 4.0, at=1)
        for left in LEFT:
            with full(disk, left * PAGE), pytest.raises(StoreError, match=r"full|No space"):
                backup(database, copy)
            assert not begun(copy)
        backup(database, copy)
    async with Store.open(copy) as store:
        assert await store.history(ANNA) == {1: 4.0}
