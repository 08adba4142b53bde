"""Ctrl+C and SIGTERM, on whatever loop there is."""

import asyncio
import signal
from collections.abc import Callable


def when_stopped(stop: Callable[[], object]) -> None:
    """Call `stop` on the running loop at the first Ctrl+C or SIGTERM. What comes after would only break off the end, which is
    bounded; `timeout` and impatient people send two."""
    loop, calls = asyncio.get_running_loop(), iter([stop])

    def once() -> None:
        for call in calls:
            call()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, once)
        except NotImplementedError:  # the loop of Windows has none, but Python wakes it for its own handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(once))
