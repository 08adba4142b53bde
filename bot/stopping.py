"""Ctrl+C and SIGTERM, on whatever loop there is."""

import asyncio
import signal
from collections.abc import Callable


def when_stopped(stop: Callable[[], object]) -> None:
    """Call `stop` on the running loop at Ctrl+C or SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # the loop of Windows has none, but Python wakes it for its own handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
