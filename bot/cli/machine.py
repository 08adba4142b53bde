"""What this machine has, and what the data sets take of it."""

import os
from pathlib import Path
from typing import NamedTuple

GB = 1e9  # bytes
# Where Linux tells a container, or a service of systemd's, how much memory it may take: versions 2 and 1 of cgroups.
MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Needs(NamedTuple):
    """What it takes to run the bot with a data set."""

    until: int  # the year of the newest ratings
    megabytes: int  # to download, by https://grouplens.org/datasets/movielens/; 0: it is built in
    gigabytes: float  # of memory, for the bot and for learning beside it
    time: str  # that learning takes two cores

    @property
    def download(self) -> str:
        return f"{self.megabytes} MB" if self.megabytes else "built in"


# Measured are the built-in set (0.6 GB to learn, half a GB for the bot beside it) and, by benchmarks/scale.py, as many ratings
# as ml-32m has (5.0 GB). The others lie between, by their number of ratings.
NEEDS = {
    "ml-latest-small": Needs(2016, 0, 1.2, "a minute"),
    "ml-100k": Needs(1998, 5, 1.2, "a minute"),
    "ml-1m": Needs(2003, 6, 1.5, "a minute"),
    "ml-10m": Needs(2009, 63, 2.5, "3 minutes"),
    "ml-20m": Needs(2015, 190, 4.0, "6 minutes"),
    "ml-25m": Needs(2019, 250, 4.5, "8 minutes"),
    "ml-32m": Needs(2023, 239, 5.5, "10 minutes"),
    "ml-latest": Needs(2023, 335, 6.0, "10 minutes"),
}


def memory() -> float | None:
    """GB that this process may take at most: the machine's, or what the system lets it have. None where that can't be told."""
    try:
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, OSError, ValueError):
        return None
    for path in MEMORY_LIMITS:
        try:
            found.append(int(path.read_text()))
        except (OSError, ValueError):  # "max": no limit
            continue
    return min(found) / GB


def fits(name: str) -> bool | None:
    """Whether the memory is enough for a data set; None where that can't be told."""
    has = memory()
    return None if has is None else has >= NEEDS[name].gigabytes


def existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists already."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.exists())
