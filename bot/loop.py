"""The event loop, and a process that answers quickly while threads work beside it."""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from recommender.devices import limit_threads

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], *, pythons_own: bool = False) -> T:
    """As `asyncio.run`. pythons_own: on the loop that Python brings, which the simulated Discord needs."""
    # One thread is enough to answer. With more, they wait for each other while a retrain uses the other cores.
    limit_threads(1)
    # Python's default is 5 ms: too long a wait for the event loop while another thread installs a new model.
    sys.setswitchinterval(0.0005)
    # What was imported is there to stay. A third of a second, in which nobody is answered, is what looking through it for garbage
    # would take, as often as somebody imports a long file.
    gc.freeze()
    with asyncio.Runner(loop_factory=None if pythons_own else _factory()) as runner:
        return runner.run(main)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's: it takes two thirds of the time of Python's own where a thousand ask at once. Windows has none."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop
