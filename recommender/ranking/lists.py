"""From predictions for the whole catalogue to a short list."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.model import EmbeddingDotBias
from recommender.ranking.blend import Blend
from recommender.ranking.bounded import Bounded

# Films with the highest bounds, which are worked out first. Of the others, those whose bound is too low to enter a list are
# never worked out.
FIRST = 256
ROUNDING = 1e-3  # stars by which rounding may lift a film above its bound


@dataclass(frozen=True)
class Pick:
    """One film of a list: predicted stars, predictive sd, and the posterior's sd alone (how unsure the model is).

    `match`, 0 to 1: how well the film fits, beside the films before it in the list. It never rises down a list.
    """

    movie: int
    stars: float
    sd: float
    sd_mean: float
    match: float


def rank(
    model: EmbeddingDotBias,
    stars: Bounded,
    likelihood: Bounded,
    par: float,
    count: int,
    allowed: NDArray[np.bool_],
    n: int,
    blend: Blend,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows and matches (see `Pick`) of the best n >= 1 of the allowed films (m,), best first.

    stars: predicted, not held inside the scale. likelihood: how likely each film is watched next by somebody with a history
    of `count` films, in sds. par: the stars of what people usually watch.
    """
    rows = np.flatnonzero(allowed)
    n = min(n, len(rows))
    if not n:
        return rows, np.zeros(0)
    most = blend.worths(model, stars.most, likelihood.most, par, count, slice(None))[rows]
    first = rows[_highest(most, max(FIRST, 4 * n))]
    mark = blend.worths(model, stars.of(first), likelihood.of(first), par, count, first)
    rows = rows[most >= _least(mark, n, blend.sameness) - ROUNDING]
    worths = blend.worths(model, stars.of(rows), likelihood.of(rows), par, count, rows)
    contend = worths >= _least(worths, n, blend.sameness)
    rows, worths = rows[contend], worths[contend]
    places, margins = _diverse(worths, directions(model, rows), n, blend.sameness)
    return rows[places], 1 / (1 + np.exp(-np.asarray(margins) / 1.5))


def _highest(values: NDArray[np.float32], n: int) -> NDArray[np.int64]:
    """Where the n highest are, in no order; all, if there are no more."""
    return np.argpartition(values, -n)[-n:] if n < len(values) else np.arange(len(values))


def _least(worths: NDArray[np.float32], n: int, sameness: float) -> float:
    """The worth below which no film enters a list of n: that of the nth best, if it lost all it can for sameness."""
    return float(np.partition(worths, -n)[-n]) - sameness


def _diverse(
    worths: NDArray[np.float32], directions: NDArray[np.float32], n: int, sameness: float
) -> tuple[list[int], list[float]]:
    """Greedy choice (maximal marginal relevance, Carbonell and Goldstein 1998). Ties go to the earlier row."""
    chosen: list[int] = []
    margins: list[float] = []
    nearest = np.zeros(len(worths))
    left = worths.copy()
    for _ in range(min(n, len(worths))):
        best = int(np.argmax(left - sameness * nearest))
        chosen.append(best)
        margins.append(float(left[best] - sameness * nearest[best]))
        left[best] = -np.inf
        nearest = np.maximum(nearest, directions @ directions[best])
    return chosen, margins


def directions(model: EmbeddingDotBias, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit vectors (k, factors) whose products say how alike films are liked."""
    factors = model.items.numpy()[rows, :-1]
    return np.asarray(factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-6))
