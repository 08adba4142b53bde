"""Long work in a thread, beside an event loop that others wait for."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

WORK, REST = 0.005, 0.01  # seconds: of a processor, and then of a clock

T = TypeVar("T")


def in_turns(items: Iterable[T]) -> Iterator[T]:
    """The same items, with a pause whenever this thread has worked for long.

    Python runs one thread at a time. Beside one that never waits, the event loop would have less than half of a processor, and
    what members ask meanwhile would pile up.
    """
    began = time.thread_time()
    for item in items:
        if time.thread_time() - began > WORK:
            time.sleep(REST)
            began = time.thread_time()
        yield item
