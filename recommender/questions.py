"""Which films to ask somebody about."""

import numpy as np
from numpy.typing import NDArray

from recommender.model import EmbeddingDotBias


def questions(model: EmbeddingDotBias, allowed: NDArray[np.bool_], n: int) -> list[int]:
    """The ids of the n most rated of the allowed films (m,), the most rated first; none that nobody rated."""
    rows = np.flatnonzero(allowed & (model.item_counts.numpy() > 0))
    most = rows[np.argsort(-model.item_counts.numpy()[rows], kind="stable")[:n]]
    ids: list[int] = model.item_ids.numpy()[most].tolist()
    return ids
