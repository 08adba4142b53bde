"""What every benchmark can be told, and the data it runs on."""

import argparse
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.peers import PATIENCE
from benchmarks.report import RESULTS
from recommender import load_movielens
from recommender.datasets import DatasetError, MovieLens

# The most seeds of a data set that takes minutes a seed: in a short run, and in a full one.
FEWER_SEEDS = {"ml-1m": (1, 2)}


def parser(description: str, seeds: int) -> argparse.ArgumentParser:
    """`seeds`: how many are reported unless the command line says otherwise."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--seeds", type=int, nargs="+", default=list(range(seeds)), help="seeds of the splits")
    options.add_argument("--results", type=Path, default=RESULTS, help="where tables and plots are written")
    # The same names as the bot's settings, and as there, an empty one counts for nothing.
    folder, mirror = os.environ.get("MARQUEE_DATA_DIR") or "data", os.environ.get("MARQUEE_MOVIELENS_URL") or None
    options.add_argument("--data-dir", type=Path, default=Path(folder), help="where downloaded data sets are kept")
    options.add_argument("--mirror", default=mirror, help="base address of a mirror of GroupLens's files")
    return options


def with_peers(options: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The same, where other libraries run beside Marquee."""
    options.add_argument("--full", action="store_true", help="the slow peers too")
    options.add_argument("--peers", nargs="*", metavar="NAME", help="these peers only; none: Marquee alone")
    return options


def patience(options: argparse.Namespace, seconds: float = PATIENCE) -> float:
    """How long a peer's fit may take."""
    return math.inf if options.full else seconds


def seeds_of(name: str, options: argparse.Namespace) -> list[int]:
    """The seeds of the splits of a data set: of a large one, the first of them only."""
    short, full = FEWER_SEEDS.get(name, (None, None))
    return list(options.seeds[: full if options.full else short])


def loaded(options: argparse.Namespace) -> Iterator[tuple[MovieLens, list[int]]]:
    """The data sets that are wanted and can be had, each with the seeds of its splits."""
    for name in options.data:
        data = load(name, options)
        if data is not None:
            yield data, seeds_of(name, options)


def load(name: str, options: argparse.Namespace) -> MovieLens | None:
    """The data set. Where it can't be had, says so and returns None."""
    try:
        return load_movielens(name, options.data_dir, options.mirror)
    except DatasetError as error:
        print(f"{name} is left out: {error}", file=sys.stderr)
        return None
