"""Co-watching: how likely a film is watched, whatever the stars it would get, from which films the same people watch.

EASE (Steck 2019) regresses each film's presence in a set on all the others'; its weights are -P_ij / P_jj with P the inverse
of the ridged Gram matrix. Here the Gram matrix is kept to the R directions of `SetFeatures`, so that P is the identity less
a matrix of rank R, and no films x films matrix is ever held.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.features import SetFeatures
from recommender.ranking.bounded import Bounded

# The precision of the prior on an item-item weight: directions of less strength than this count for little. The fewer
# ratings somebody has, the less can be read from them: so many times as much more for a newcomer.
RIDGE, NEWCOMER_RIDGE = 60.0, 5.0
# With this many ratings, somebody is half a newcomer.
NEWCOMER = 4.0
CHUNK = 4096  # films whose second moments are worked out at once


def diagonal(sets: SetFeatures) -> NDArray[np.float32]:
    """(m,) the diagonal of P, in units of 1 / ridge."""
    directions = sets.basis / np.maximum(np.linalg.norm(sets.basis, axis=0), 1e-12)
    return np.asarray(np.maximum(1 - directions**2 @ _shrunk(sets.strength, RIDGE), 1e-3), dtype=np.float32)


def newcomer(count: int) -> float:
    """How much of a newcomer somebody with so many ratings is: 1 without any, towards 0 with many."""
    return NEWCOMER / (NEWCOMER + count)


class Cowatching:
    """What is watched next, given what was."""

    def __init__(self, sets: SetFeatures, own: NDArray[np.float32]) -> None:
        """sets: of m films. own (m,): their `diagonal`."""
        self._basis, self._own, self._strength = sets.basis, own, sets.strength
        self._lengths = np.sqrt(np.einsum("ij,ij->i", sets.basis, sets.basis)) / own
        self._mean = (1 / own) @ sets.basis / len(own)
        self._moments = np.zeros((len(self._mean), len(self._mean)))
        for start in range(0, len(own), CHUNK):
            part = sets.basis[start : start + CHUNK] / own[start : start + CHUNK, None]
            self._moments += part.T @ part / len(own)

    def likelihood(self, votes: NDArray[np.float32], count: int) -> Bounded:
        """How likely each film is watched next, in sds over the films. votes (R,): the sum of `basis` rows over a history of
        `count` films."""
        ridge = RIDGE * (1 + NEWCOMER_RIDGE * newcomer(count))
        towards = (_shrunk(self._strength, ridge) * votes).astype(np.float32)
        variance = float(towards @ self._moments @ towards) - float(self._mean @ towards) ** 2
        towards /= np.float32(max(variance, 0) ** 0.5 or 1.0)

        def of(rows: NDArray[np.int64] | slice) -> NDArray[np.float32]:
            return np.asarray(self._basis[rows] @ towards / self._own[rows])

        return Bounded(of, self._lengths * np.linalg.norm(towards))


def _shrunk(strength: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    return strength / (strength + ridge)
