"""From predictions for the whole catalogue to a short list."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.model import EmbeddingDotBias

# A film is ranked by what it is likely to be worth, not by the mean alone: so many sds of doubt are taken off.
CAUTION = 1.0
# What everybody likes comes up by popularity and by choice already: this share of a film's bias is left out.
COMMON = 0.5
# Stars taken off for each star that a film lies below what the person would give the films people usually rate: whatever
# speaks for such a film, it is no recommendation.
BELOW_PAR = 2.0
# People choose among what others chose: stars added for each factor e in the number of ratings; and how many more for
# somebody of whom nothing else is known.
POPULARITY, NEWCOMER_POPULARITY = 0.15, 0.5
# And among what those chose who chose the same films before: stars added for each sd of that likelihood.
CHOICE = 0.25
# With this many ratings, somebody is half a newcomer.
NEWCOMER = 4.0
# Stars taken off a film for being exactly like one that is already in the list.
SAMENESS = 0.25


@dataclass(frozen=True)
class Pick:
    """One film of a list: predicted stars, predictive sd, and the posterior's sd alone (how unsure the model is)."""

    movie: int
    stars: float
    sd: float
    sd_mean: float


def rank(
    model: EmbeddingDotBias,
    stars: NDArray[np.float32],
    choice: NDArray[np.float32],
    count: int,
    allowed: NDArray[np.bool_],
    n: int,
) -> NDArray[np.int64]:
    """Rows of the best n of the allowed films, best first. stars (m,) unclipped, choice (m,) how likely each is chosen by
    someone with a history of `count` films, allowed (m,)."""
    worth = np.where(allowed, worths(model, stars, choice, count), -np.inf)
    candidates = _contenders(worth, min(n, int(allowed.sum())))
    return candidates[_diverse(worth[candidates], directions(model, candidates), n)]


def worths(
    model: EmbeddingDotBias, stars: NDArray[np.float32], choice: NDArray[np.float32], count: int
) -> NDArray[np.float32]:
    """(m,) what a film is ranked by, in stars."""
    newcomer = NEWCOMER / (NEWCOMER + count)
    counts = model.item_counts.numpy()
    par = stars @ counts / counts.sum()
    likelihood = choice / (float(choice.std()) or 1.0)
    popularity = np.log1p(counts)
    return np.asarray(
        stars
        - COMMON * model.slope(model.mu) * model.item_bias
        - BELOW_PAR * np.maximum(par - stars, 0)
        - CAUTION * model.item_doubt.numpy()
        + CHOICE * (1 - newcomer) * likelihood
        + (POPULARITY + NEWCOMER_POPULARITY * newcomer) * popularity
    )


def _contenders(worth: NDArray[np.float32], n: int) -> NDArray[np.int64]:
    """Rows that can enter a list of n: sameness costs SAMENESS at most, so none that lies further below the nth best."""
    if not n:
        return np.array([], dtype=np.int64)
    return np.flatnonzero(worth >= np.partition(worth, -n)[-n] - SAMENESS)


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
