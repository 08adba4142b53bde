"""From the worths of a whole catalogue to a short list."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.model import EmbeddingDotBias
from recommender.ranking.bounded import Bounded

# Films with the highest bounds, which are worked out first. Of the others, those whose bound is too low to enter a list are
# never worked out.
FIRST = 256
ROUNDING = 1e-3  # nats by which rounding may lift a film above its bound


@dataclass(frozen=True)
class Pick:
    """One film of a list: predicted stars, predictive sd (of a rating made among those of the history), and the posterior's sd
    alone (how unsure the model is).

    `match`, 0 to 1: how well the film fits, beside the films before it in the list. It never rises down a list. The films that
    the person would find among what people usually watch have 0.5 on average.
    """

    movie: int
    stars: float
    sd: float
    sd_mean: float
    match: float


def rank(
    model: EmbeddingDotBias, worths: Bounded, allowed: NDArray[np.bool_], n: int, sameness: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best n >= 1 of the allowed films (m,), best first: their rows, and their worths less what they lose for being like the
    films before them, which never rise."""
    own = allowed[model.rated]
    candidates, least = int(np.count_nonzero(own)), -np.inf
    if n <= candidates:
        most = np.where(own, worths.most, np.float32(-np.inf))
        first = model.rated[most >= _nth(most, min(candidates, max(FIRST, 4 * n)))]
        least = _least(worths.of(first), n, sameness) - ROUNDING
    rows = model.rated[own & (worths.most >= least)]
    if worths.others >= least:
        rows = np.union1d(rows, model.unrated[allowed[model.unrated]])
    if not len(rows):
        return rows, np.zeros(0)
    n = min(n, len(rows))
    found = worths.of(rows)
    contend = found >= _least(found, n, sameness)
    rows, found = rows[contend], found[contend]
    places, left = _diverse(found, directions(model, rows), n, sameness)
    return rows[places], left


def _nth(values: NDArray[np.float32], n: int) -> float:
    """The nth highest."""
    return float(np.partition(values, -n)[-n])


def _least(worths: NDArray[np.float32], n: int, sameness: float) -> float:
    """The worth below which no film enters a list of n: that of the nth best, if it lost all it can for sameness."""
    return _nth(worths, n) - sameness


def _diverse(
    worths: NDArray[np.float32], directions: NDArray[np.float32], n: int, sameness: float
) -> tuple[list[int], NDArray[np.float64]]:
    """Greedy choice (maximal marginal relevance, Carbonell and Goldstein 1998), and what each had left when it was chosen.
    Ties go to the earlier row."""
    chosen, had = [], []
    nearest = np.zeros(len(worths))
    left = worths.astype(np.float64)
    for _ in range(min(n, len(worths))):
        beside = left - sameness * nearest
        best = int(np.argmax(beside))
        chosen.append(best)
        had.append(beside[best])
        left[best] = -np.inf
        nearest = np.maximum(nearest, directions @ directions[best])
    return chosen, np.array(had)


def directions(model: EmbeddingDotBias, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit vectors (k, factors) whose products say how alike films are liked."""
    factors = model.item_factors(rows)[:, :-1]
    return np.asarray(factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-6))
