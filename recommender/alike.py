"""How alike two people's tastes are, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.taste import Taste

PEOPLE = 8  # draws of a person against each draw of the films
INTERVAL = (0.1, 0.9)  # as everywhere, 80% of what may be

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """The share of pairs of films of which both would give the same one more stars, 0 to 1, and between what it lies with 80%
    probability."""

    share: float
    low: float
    high: float


def likeness(one: Taste, other: Taste, seed: int = 0) -> Likeness:
    """How alike they are over the films that people usually watch, each film once. Two tastes without a history are those of
    strangers. It is (tau + 1) / 2, where tau is Kendall's (1938) of their predicted stars, for draws of both from their
    posteriors against the same draw of the films. ValueError for tastes of different models."""
    if one.model is not other.model:
        raise ValueError("tastes of two models can't be compared")
    rows, rng = np.unique(one.model.usual_rows), np.random.default_rng(seed)
    scores, others = one.drawn_scores(rows, PEOPLE, rng), other.drawn_scores(rows, PEOPLE, rng)
    shares = np.array([_agreed(*pair) for pair in zip(scores, others, strict=True)])
    return Likeness(float(shares.mean()), *np.quantile(shares, INTERVAL).tolist())


def _agreed(scores: Array, others: Array) -> float:
    """(n,) each -> the share of pairs that both order alike."""
    left, right = np.triu_indices(len(scores), 1)
    return float(np.mean((scores[left] > scores[right]) == (others[left] > others[right])))
