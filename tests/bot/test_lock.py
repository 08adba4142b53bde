import subprocess
import sys

import pytest

from bot.lock import AlreadyRunningError, alone_with

HOLD = """
import sys
from pathlib import Path
from bot.lock import alone_with
with alone_with(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that has the database."""
    arguments = [sys.executable, "-c", HOLD, str(tmp_path / "club.db")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_is_in_the_way(tmp_path, other):
    with (
        pytest.raises(AlreadyRunningError, match=r"Another Marquee is running with .*club\.db"),
        alone_with(tmp_path / "club.db"),
    ):
        pytest.fail("two have it")


def test_what_was_locked_before_the_refusal_is_free_again(tmp_path, other):
    with pytest.raises(AlreadyRunningError), alone_with(tmp_path / "models", tmp_path / "club.db"):
        pytest.fail("two have it")
    with alone_with(tmp_path / "models"):
        pass


def test_a_process_that_was_killed_holds_nothing(tmp_path, other):
    other.kill()
    other.wait()
    with alone_with(tmp_path / "club.db"):
        assert (tmp_path / "club.db.lock").exists()


def test_another_database_is_free(tmp_path, other):
    with alone_with(tmp_path / "other.db"):
        assert (tmp_path / "other.db.lock").exists()
