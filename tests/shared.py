"""What is made once in a run of the tests, however many processes they run in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from tests.bot.patience import PATIENCE


@contextmanager
def made_once(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, Path | None]]:
    """A folder of all processes of this run, and for the first of them the one to fill, which becomes it as the block ends; the
    others wait for that. Nobody changes it later."""
    base = factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{home}.lock", timeout=PATIENCE):
        making = None if home.exists() else factory.mktemp(name)
        yield home, making
        if making is not None:
            making.rename(home)
