"""From predictions for the whole catalogue to a short list."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.model import EmbeddingDotBias

# A film is ranked by what it is likely to be worth, not by the mean alone: so many sds of doubt are taken off.
CAUTION = 1.0
# People watch what others watched: stars added for each factor e in the number of ratings.
POPULARITY = 0.15
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
    mean: NDArray[np.float64],
    sd_mean: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    n: int,
) -> list[Pick]:
    """The best n of the allowed films, best first. mean (m,) unclipped stars, sd_mean (m,), allowed (m,)."""
    worth = mean - CAUTION * sd_mean + POPULARITY * np.log1p(model.item_counts.numpy())
    worth = np.where(allowed, worth, -np.inf)
    pool = min(int(allowed.sum()), max(3 * n, n + 50))
    candidates = np.argpartition(-worth, pool - 1)[:pool] if pool else np.array([], dtype=np.int64)
    chosen = _diverse(worth[candidates], _likeness(model, candidates), n)
    low, high = model.bounds
    noise = 1 / model.noise_precision
    return [
        Pick(
            movie=int(model.item_ids[row]),
            stars=float(np.clip(mean[row], low, high)),
            sd=float(np.sqrt(sd_mean[row] ** 2 + noise)),
            sd_mean=float(sd_mean[row]),
        )
        for row in candidates[chosen]
    ]


def _diverse(worth: NDArray[np.float64], likeness: NDArray[np.float64], n: int) -> list[int]:
    """Greedy choice (maximal marginal relevance, Carbonell and Goldstein 1998). Ties go to the earlier row."""
    chosen: list[int] = []
    nearest = np.zeros(len(worth))
    left = worth.copy()
    for _ in range(min(n, len(worth))):
        best = int(np.argmax(left - SAMENESS * nearest))
        chosen.append(best)
        left[best] = -np.inf
        nearest = np.maximum(nearest, likeness[best])
    return chosen


def _likeness(model: EmbeddingDotBias, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """How alike films are to the people who rate them: correlation of predicted tastes, floored at 0, (k, k)."""
    factors = model.items[torch.from_numpy(rows)][:, :-1].double()
    scores = factors @ model.user_cov[:-1, :-1].double() @ factors.mT
    scale = scores.diagonal().clamp(min=1e-12).sqrt()
    return np.asarray((scores / scale[:, None] / scale[None, :]).clamp(min=0).numpy())
