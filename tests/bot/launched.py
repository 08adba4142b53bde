"""A program in a process of its own that is forked from one that has imported the bot: to do so anew takes three seconds."""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

import bot.cli.main
import bot.training.process  # noqa: F401
from bot.app import EXTENSIONS
from tests.bot.patience import PATIENCE

for extension in EXTENSIONS:
    import_module(f"bot.cogs.{extension}")


class Launched:
    """It as asyncio's own processes are, with what it writes to standard error; the leader of a session of its own."""

    def __init__(self, process: multiprocessing.Process, stderr: asyncio.StreamReader) -> None:
        assert process.pid is not None
        self._process, self.pid, self.stderr = process, process.pid, stderr

    @classmethod
    async def begin(cls, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Self:
        """words: the file of the program, and what follows it on the command line."""
        context, stderr = multiprocessing.get_context("forkserver"), asyncio.StreamReader()
        ours, theirs = context.Pipe(duplex=False)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stderr), ours)
        process = context.Process(target=_run, args=(list(words), folder, dict(environment), theirs))
        with theirs:
            process.start()
        return cls(process, stderr)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int | None:
        """Its exit status, or minus the signal that killed it; None where it doesn't end."""
        await asyncio.to_thread(self._process.join, PATIENCE)
        return self._process.exitcode


def _end_with_the_tests() -> None:
    """Whoever kills them kills what they have launched, with all that it has started in its session."""
    tests = multiprocessing.parent_process()
    assert tests is not None
    tests.join()
    os.killpg(os.getpid(), signal.SIGKILL)


def _run(words: list[str], folder: Path, environment: dict[str, str], stderr: Connection) -> None:
    """What the process does."""
    os.setsid()
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    os.chdir(folder)
    with stderr:
        os.dup2(stderr.fileno(), sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    sys.argv, sys.orig_argv = words, [sys.executable, *words]
    runpy.run_path(words[0], run_name="__main__")
