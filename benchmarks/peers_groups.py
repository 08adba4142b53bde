"""Slates by grouprec's rules. `group_rules.grouprec` runs this in an environment that has grouprec:
python -m benchmarks.peers_groups groups.npz slates.npz

groups.npz: length and evenings, and for each group, by its number, stars (members, films). Writes for each rule an array
(groups, evenings * length) of columns.
"""

import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The settings that served members best in validation (ml-1m, seed 100). By default only a member's first 20 films count in
# GFAR, and in LTP stars as they are, with which its first evening is EP-FuzzDA's.
RELEVANT = 300
LTP = {"normalize": "standard", "tie_breaking": 0.1, "avoid_repeats": False}

Rows = NDArray[np.int64]


def main(groups: str, slates: str) -> None:
    from grouprec import aggregators

    rules: dict[str, Callable[[], Any]] = {
        "GFAR": lambda: aggregators.GFARAggregator(RELEVANT),
        "EP-FuzzDA": aggregators.EPFuzzDAAggregator,
        "LTP": lambda: aggregators.LTPAggregator(**LTP),
    }
    asked = np.load(groups)
    length, evenings = int(asked["length"]), int(asked["evenings"])
    formed = [asked[str(group)] for group in range(len(asked.files) - 2)]
    found = {
        f"grouprec {version('grouprec')}, {name}": [chosen(rule(), stars, length, evenings) for stars in formed]
        for name, rule in rules.items()
    }
    np.savez(slates, **{name: np.array(columns) for name, columns in found.items()})


def chosen(aggregator: Any, stars: NDArray[np.float64], length: int, evenings: int) -> Rows:
    """The columns of one slate after the other, by an aggregator that may remember. What was in one is in none after it."""
    left = np.arange(stars.shape[1])
    slates = []
    for _ in range(evenings):
        places = aggregator.aggregate(stars[:, left], length)
        slates.append(left[places])
        left = np.delete(left, places)
    return np.concatenate(slates)


if __name__ == "__main__":
    main(*sys.argv[1:])
