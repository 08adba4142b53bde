"""From predictions for the whole catalogue to a short list."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.cowatching import newcomer
from recommender.model import EmbeddingDotBias
from recommender.ranking.bounded import Bounded

# A film is ranked by what it is likely to be worth, not by the mean alone: so many sds of doubt are taken off.
CAUTION = 1.0
# What everybody likes comes up by popularity and by co-watching already: this share of a film's bias is left out.
COMMON = 0.7
# Stars taken off for each star that a film lies below what the person would give the films people usually rate: whatever
# speaks for such a film, it is no recommendation.
BELOW_PAR = 2.0
# People choose among what others chose: stars added for each factor e in the number of ratings; and how many more for
# somebody of whom nothing else is known.
POPULARITY, NEWCOMER_POPULARITY = 0.05, 0.3
# And among what those watched who watched the same films: stars added for each sd of that likelihood.
COWATCHING = 0.18
# Stars taken off a film for being exactly like one that is already in the list.
SAMENESS = 0.25
# So many films, those with the highest bounds, set the mark that all others have to reach.
FIRST = 256
# Stars by which rounding may lift a film above its bound.
ROUNDING = 1e-3


@dataclass(frozen=True)
class Pick:
    """One film of a list: predicted stars, predictive sd, and the posterior's sd alone (how unsure the model is)."""

    movie: int
    stars: float
    sd: float
    sd_mean: float


def rank(
    model: EmbeddingDotBias,
    stars: Bounded,
    likelihood: Bounded,
    par: float,
    count: int,
    allowed: NDArray[np.bool_],
    n: int,
) -> NDArray[np.int64]:
    """Rows of the best n >= 1 of the allowed films (m,), best first.

    stars: predicted, not held inside the scale. likelihood: how likely each film is watched by someone with a history of
    `count` films, in sds. par: the stars of what people usually watch.
    """
    rows = np.flatnonzero(allowed)
    n = min(n, len(rows))
    if not n:
        return rows
    most = _worths(model, stars.most, likelihood.most, par, count, slice(None))[rows]
    first = rows[_highest(most, max(FIRST, 4 * n))]
    mark = _worths(model, stars.of(first), likelihood.of(first), par, count, first)
    rows = rows[most >= _contending(mark, n) - ROUNDING]
    worths = _worths(model, stars.of(rows), likelihood.of(rows), par, count, rows)
    contend = worths >= _contending(worths, n)
    rows, worths = rows[contend], worths[contend]
    return rows[_diverse(worths, directions(model, rows), n)]


def _worths(
    model: EmbeddingDotBias,
    stars: NDArray[np.float32],
    likelihood: NDArray[np.float32],
    par: float,
    count: int,
    rows: NDArray[np.int64] | slice,
) -> NDArray[np.float32]:
    """(k,) what the films in these rows are ranked by, in stars of the usual scale. It rises with `stars` (k,) and
    `likelihood` (k,)."""
    new = newcomer(count)
    stars, par = stars / np.float32(model.unit), par / model.unit
    return np.asarray(
        stars
        - COMMON * (model.slope(model.mu) / model.unit) * model.item_bias[rows]
        - BELOW_PAR * np.maximum(par - stars, 0)
        - CAUTION * model.item_doubt.numpy()[rows]
        + COWATCHING * (1 - new) * likelihood
        + (POPULARITY + NEWCOMER_POPULARITY * new) * model.item_popularity[rows]
    )


def _highest(values: NDArray[np.float32], n: int) -> NDArray[np.int64]:
    """Where the n highest are, in no order; all, if there are no more."""
    return np.argpartition(values, -n)[-n:] if n < len(values) else np.arange(len(values))


def _contending(worths: NDArray[np.float32], n: int) -> float:
    """What a film must be worth to enter a list of n: sameness costs SAMENESS at most, so no less than the nth best less that."""
    return float(np.partition(worths, -n)[-n]) - SAMENESS


def _diverse(worth: NDArray[np.float32], directions: NDArray[np.float32], n: int) -> list[int]:
    """Greedy choice (maximal marginal relevance, Carbonell and Goldstein 1998). Ties go to the earlier row."""
    chosen: list[int] = []
    nearest = np.zeros(len(worth))
    left = worth.copy()
    for _ in range(min(n, len(worth))):
        best = int(np.argmax(left - SAMENESS * nearest))
        chosen.append(best)
        left[best] = -np.inf
        nearest = np.maximum(nearest, directions @ directions[best])
    return chosen


def directions(model: EmbeddingDotBias, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit vectors (k, factors) whose products say how alike films are liked."""
    factors = model.items.numpy()[rows, :-1]
    return np.asarray(factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-6))
