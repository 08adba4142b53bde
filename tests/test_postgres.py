"""The tests' own PostgreSQL server leaves nothing behind."""

import time
from pathlib import Path

import pytest

from tests.bot.forked import DEAD, die, end_of
from tests.bot.patience import PATIENCE
from tests.conftest import NO_SERVER
from tests.postgres import binaries, server
from tests.processes import ends


@pytest.mark.skipif(binaries() is None, reason=NO_SERVER)
def test_where_the_tests_are_killed_their_server_ends_and_its_folder_is_gone(tmp_path):
    def work():
        with server() as running:
            (tmp_path / "left").write_text(f"{running.pid}\n{running.data.parent}")
            die()

    assert end_of(work) == DEAD
    pid, folder = (tmp_path / "left").read_text().splitlines()
    assert ends(int(pid))
    until = time.perf_counter() + PATIENCE
    while Path(folder).exists() and time.perf_counter() < until:
        time.sleep(0.05)
    assert not Path(folder).exists()
