"""Rules that make one slate of several members' predicted stars: those of the literature, each as it is published.

Each takes stars (members, films) and gives columns, best first.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

MISERY = 3.0  # stars: less than that is misery

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Rule = Callable[[Array, int], Rows]


def best(scores: Array, n: int) -> Rows:
    return np.argsort(-scores, kind="stable")[:n]


def without_misery(stars: Array, n: int) -> Rows:
    """The average, with films that somebody would give less than 3 stars at the end."""
    return best(stars.mean(0) - 10.0 * (stars.min(0) < MISERY), n)


def borda(stars: Array, n: int) -> Rows:
    """Points by rank: as many as there are films behind."""
    return best(_points(stars).sum(0), n)


def gfar(stars: Array, n: int) -> Rows:
    """Kaya, Bridge and Tintarev (2020): each film for the chance that it is the first that a member finds relevant, with
    chances in proportion to Borda's points."""
    chances = _points(stars)
    chances /= chances.sum(1, keepdims=True)
    missed, left = np.ones(len(stars)), np.ones(stars.shape[1], dtype=bool)
    chosen: list[int] = []
    for _ in range(min(n, stars.shape[1])):
        chosen.append(int(np.where(left, missed @ chances, -np.inf).argmax()))
        left[chosen[-1]] = False
        missed *= 1 - chances[:, chosen[-1]]
    return np.array(chosen)


def ep_fuzzda(stars: Array, n: int) -> Rows:
    """Malecek and Peska (2021): each film for what it gives members who have had less than their share of all stars."""
    had, left = np.zeros(len(stars)), np.ones(stars.shape[1], dtype=bool)
    chosen: list[int] = []
    for _ in range(min(n, stars.shape[1])):
        due = (had.sum() + stars.sum(0)) / len(stars) - had[:, None]
        gains = np.minimum(np.maximum(due, 0), stars).sum(0)
        chosen.append(int(np.where(left, gains, -np.inf).argmax()))
        left[chosen[-1]] = False
        had += stars[:, chosen[-1]]
    return np.array(chosen)


def _points(stars: Array) -> Array:
    return np.argsort(np.argsort(stars, axis=1, kind="stable"), axis=1, kind="stable").astype(np.float64)


RULES: dict[str, Rule] = {
    "average": lambda stars, n: best(stars.mean(0), n),
    "least misery": lambda stars, n: best(stars.min(0), n),
    "most pleasure": lambda stars, n: best(stars.max(0), n),
    "average without misery": without_misery,
    "multiplicative": lambda stars, n: best(np.log(stars).sum(0), n),
    "Borda": borda,
    "GFAR": gfar,
    "EP-FuzzDA": ep_fuzzda,
}
