"""Where numbers are worked out."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Barrier

import torch
from threadpoolctl import threadpool_limits


def chosen(device: str) -> torch.device:
    """The device of that name; for "auto" a GPU if there is one."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)


def limit_threads(number: int) -> None:
    """How many threads of the processor torch and numpy take from now on, in this process. Those of numpy's matrix products,
    too, spin while they wait for each other."""
    torch.set_num_threads(number)
    threadpool_limits(number, user_api="blas")


def for_each(function: Callable[[slice], None], parts: Iterable[slice], device: torch.device) -> None:
    """Call it for each part. On a processor as many are worked on at once as torch has threads, each by one of them: torch takes
    several threads to a matrix product, but only one to many small factorisations."""
    if device.type != "cpu":
        for part in parts:
            function(part)
        return
    for _ in _pool(torch.get_num_threads()).map(function, parts):
        pass  # the next result raises what its part raised


@lru_cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that have one thread of torch's each. They are kept: a fit would start hundreds."""
    pool = ThreadPoolExecutor(threads, initializer=_take_one_thread)
    all_run = Barrier(threads + 1)
    for _ in range(threads):
        pool.submit(all_run.wait)
    all_run.wait()
    # What a thread sets, later threads begin with.
    torch.set_num_threads(threads)
    return pool


def _take_one_thread() -> None:
    torch.get_num_threads()  # A thread's first use of torch would take the number of the others later on.
    torch.set_num_threads(1)
