"""Programs that tests start, and their ends."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.bot.patience import PATIENCE


@contextmanager
def session(words: Sequence[str | Path], **options: Any) -> Iterator["subprocess.Popen[Any]"]:
    """A program, the leader of a session of its own. What still runs in that is killed at the end of the block, and where that
    doesn't come in time: who reads what the program writes would wait for it."""
    with subprocess.Popen(words, start_new_session=True, **options) as program:

        def kill() -> None:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)

        limit = threading.Timer(PATIENCE, kill)
        limit.start()
        try:
            yield program
        finally:
            limit.cancel()
            kill()


def ends(pid: int) -> bool:
    """Whether a process, whosever child it is, has ended, or does so in time. It has also where nobody asks how, as the first
    process of some containers never does."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], PATIENCE)[0])
    finally:
        os.close(process)
