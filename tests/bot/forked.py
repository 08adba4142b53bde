"""A part of a test in a copy of the process, which may be killed in the middle of it."""

import os
import signal
from collections.abc import Callable

from tests.bot.patience import PATIENCE


def end_of(work: Callable[[], object]) -> int:
    """How a copy of this process ended that did so much and no more: 0, 1 for an error, or minus the signal that killed it.

    The copy has one thread alone: where it needs a lock that another held, it would wait for ever, and is killed in the end.
    """
    if (child := os.fork()) == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(PATIENCE)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


DEAD = -signal.SIGKILL
