"""`make test` ends whatever becomes of a test, and names it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.patience import PATIENCE

ROOT = Path(__file__).parents[1]
BROKEN = {
    "waits for ever": """
import asyncio

async def test_broken():
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.Event().wait()
""",
    "waits for ever in a thread": """
import asyncio
import threading

async def test_broken():
    await asyncio.to_thread(threading.Event().wait)
""",
    "kills its process": """
import os
import signal

def test_broken():
    os.kill(os.getpid(), signal.SIGKILL)
""",
}


@pytest.mark.parametrize("how", BROKEN)
def test_where_one_breaks_the_run_ends_and_says_which(tmp_path: Path, how: str) -> None:
    told = re.search(r"-m pytest (.+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert told is not None
    for number in range(6):
        (tmp_path / f"test_{number}.py").write_text("def test_one(): pass\n\n\ndef test_another(): pass\n")
    (tmp_path / "test_4.py").write_text(BROKEN[how])
    settings = [
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        tmp_path,
        "-o",
        "faulthandler_timeout=10",
        "-p",
        "no:cacheprovider",
    ]
    words = [sys.executable, "-m", "pytest", *told[1].split(), *settings, tmp_path]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1, done.stdout
    assert "crashed while running 'test_4.py::test_broken'" in done.stdout
