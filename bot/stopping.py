"""Ctrl+C and SIGTERM, on whatever loop there is; and an end that comes in time, whatever hangs."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

SECONDS = 10.0  # from Ctrl+C or SIGTERM to the end of the process

log = logging.getLogger(__name__)


def when_stopped(stop: Callable[[], object], seconds: float | None = None) -> None:
    """Call `stop` on the running loop at the first Ctrl+C or SIGTERM, and end the process within so many seconds, by default
    SECONDS. Further ones change nothing: they would only break off what is being closed."""
    loop, signalled = asyncio.get_running_loop(), list[bool]()

    def begin() -> None:
        if not signalled:
            signalled.append(True)
            end_in_time(seconds)
            stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, begin)
        except NotImplementedError:  # the loop of Windows has none, but Python wakes it for its own handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(begin))


def when_ended(process: int, act: Callable[[], object]) -> None:
    """Call `act` on the running loop once another process has ended. Only Linux tells of one that isn't this one's child."""
    if sys.platform != "linux":
        return
    loop = asyncio.get_running_loop()
    try:
        other = os.pidfd_open(process)
    except ProcessLookupError:
        loop.call_soon(act)
        return
    except OSError:  # a kernel before 5.3, as of RHEL 8, or a container that forbids it
        log.warning(
            "this system doesn't tell of the end of process %d: stop this one, %d, yourself", process, os.getpid()
        )
        return

    def ended() -> None:
        loop.remove_reader(other)
        os.close(other)
        act()

    loop.add_reader(other, ended)


def end_in_time(seconds: float | None = None) -> None:
    """End the process in so many seconds, by default SECONDS, if it is still there: Python waits without limit for threads, and
    for tasks that it cancels."""
    seconds = SECONDS if seconds is None else seconds
    limit = threading.Timer(seconds, _end, [seconds])
    limit.daemon = True
    limit.start()


def _end(seconds: float) -> None:
    still = ", ".join(thread.name for thread in threading.enumerate() if not thread.daemon)
    log.error("something still hangs %g s after the bot was stopped, and is left to the system: %s", seconds, still)
    os._exit(1)
