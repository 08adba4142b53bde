"""How likely a film is chosen, whatever the stars it would get: from which films are watched by the same people.

EASE (Steck 2019) regresses each film's presence in a set on all the others'; its weights are -P_ij / P_jj with P the inverse
of the ridged Gram matrix. Here the Gram matrix is kept to the R directions of `SetFeatures`, so that P is the identity less
a matrix of rank R, and no films x films matrix is ever held.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.features import SetFeatures

# The precision of the prior on an item-item weight: directions of less strength than this count for little.
RIDGE = 60.0
# How much a film of a history says of what is chosen next if it was liked less than the average.
DISLIKED = 0.5


def diagonal(sets: SetFeatures) -> NDArray[np.float32]:
    """(m,) the diagonal of P, in units of 1 / ridge."""
    directions = sets.basis / np.maximum(np.linalg.norm(sets.basis, axis=0), 1e-12)
    return np.asarray(np.maximum(1 - directions**2 @ _shrunk(sets), 1e-3), dtype=np.float32)


def choice(sets: SetFeatures, own: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(m,) how likely each film is chosen next, in no unit. own (m,): `diagonal`; votes (R,): the history's sum of `basis`
    rows, each as much as it counts."""
    return np.asarray(sets.basis @ (_shrunk(sets) * votes).astype(np.float32) / own)


def _shrunk(sets: SetFeatures) -> NDArray[np.float64]:
    return sets.strength / (sets.strength + RIDGE)
