"""Where numbers are worked out."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import torch


def chosen(device: str) -> torch.device:
    """The device of that name; for "auto" a GPU if there is one."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)


def for_each(function: Callable[[slice], None], parts: Iterable[slice], device: torch.device) -> None:
    """Call it for each part. On a processor as many are worked on at once as torch has threads, each by one of them: torch takes
    several threads to a matrix product, but only one to many small factorisations."""
    if device.type != "cpu":
        for part in parts:
            function(part)
        return
    with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(function, parts))  # raises what a part raises
