"""How likely a film is chosen, whatever the stars it would get: from which films are watched by the same people."""

import torch
from torch import Tensor

from recommender.features import SetFeatures

# The precision of the prior on an item-item weight: directions of less strength than this count for little.
RIDGE = 60.0
# How much a film of a history says of what is chosen next if it was liked less than the average.
DISLIKED = 0.5


def choice(sets: SetFeatures) -> Tensor:
    """(m, R) such that a history's sum of `basis` rows, times this, scores how likely each film is to be chosen next.

    EASE (Steck 2019) regresses each film's presence in a set on all the others'; its weights are -P_ij / P_jj with P the
    inverse of the ridged Gram matrix. With the Gram matrix kept to the R directions of `sets`, they are of rank R, so that no
    films x films matrix is ever held.
    """
    basis = sets.basis / torch.linalg.vector_norm(sets.basis, dim=0).clamp(min=1e-12)
    shrunk = sets.strength / (sets.strength + RIDGE)
    diagonal = (1 - basis**2 @ shrunk).clamp(min=1e-3)
    weights: Tensor = basis * shrunk / diagonal[:, None]
    return weights
