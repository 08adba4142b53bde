"""Co-watching: how likely somebody watches a film next, by what people who watched the same films watched. Stars play no part.

EASE (Steck 2019) predicts from the films of a set whether it holds another one. X is the matrix of sets x films, each row
divided by the root of its set's size. With P = (X'X + ridge I)^-1, film i counts for film j with weight -P_ij / P_jj. Here
X'X is kept to the R directions V of `SetFeatures` and their strengths s, so that no films x films matrix is ever held:

    X'X = V diag(s) V'        ridge P = I - V diag(s / (s + ridge)) V'
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recommender.features import SetFeatures

# Directions whose strength is far below the ridge count for little. A few films say less of somebody than many, so a
# newcomer's ridge is larger: RIDGE (1 + NEWCOMER_RIDGE newcomer(n)).
RIDGE, NEWCOMER_RIDGE = 60.0, 5.0
NEWCOMER = 4.0  # ratings with which `newcomer` is a half
CHUNK = 4096  # films whose second moments are worked out at once


def diagonal(sets: SetFeatures) -> NDArray[np.float32]:
    """(m,) the diagonal of ridge P."""
    directions = sets.basis / np.maximum(np.linalg.norm(sets.basis, axis=0), 1e-12)
    return np.asarray(np.maximum(1 - directions**2 @ _shrunk(sets.strength, RIDGE), 1e-3), dtype=np.float32)


def newcomer(count: int) -> float:
    """NEWCOMER / (NEWCOMER + n) for somebody with n ratings: 1 without any, towards 0 with many."""
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

    def likelihood(
        self, votes: NDArray[np.float32], count: int
    ) -> tuple[Callable[[NDArray[np.int64]], NDArray[np.float32]], NDArray[np.float32]]:
        """How likely films are watched next: the sum of the weights of a history of `count` films, in sds over all films.

        votes (R,): the sum of the history's rows of `basis`. Returns a function of rows, and upper bounds (m,).
        """
        ridge = RIDGE * (1 + NEWCOMER_RIDGE * newcomer(count))
        towards = (_shrunk(self._strength, ridge) * votes).astype(np.float32)
        variance = float(towards @ self._moments @ towards) - float(self._mean @ towards) ** 2
        towards /= np.float32(max(variance, 0) ** 0.5 or 1.0)

        def of(rows: NDArray[np.int64] | slice) -> NDArray[np.float32]:
            return np.asarray(self._basis[rows] @ towards / self._own[rows])

        return of, self._lengths * np.linalg.norm(towards)


def _shrunk(strength: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    return strength / (strength + ridge)
