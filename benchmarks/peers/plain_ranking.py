"""Rankings that need no library: popularity, the damped mean, and EASE (Steck 2019, "Embarrassingly shallow autoencoders")."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers import Recommend

LIKED = 4.0
DAMPING = 5.0
# The ridge with the best sum of both measures over all k, and the best for histories up to a length. Tried were 2,000, 4,000,
# 8,000 and so on to 48,000, on the members of seeds 100 to 103.
EASE_RIDGE = 24000.0
EASE_RIDGES = {7: 48000.0, 15: 24000.0, 10**9: 4000.0}


def fit_popularity(train: pd.DataFrame, seed: int) -> Recommend:
    return same_for_all(train.groupby("movie").size())


def fit_mean(train: pd.DataFrame, seed: int) -> Recommend:
    mean = train["rating"].mean()
    above = (train["rating"] - mean).groupby(train["movie"]).agg(["sum", "count"])
    return same_for_all(above["sum"] / (above["count"] + DAMPING))


def fit_ease_likes(train: pd.DataFrame, seed: int) -> Recommend:
    return _ease(train, LIKED)


def fit_ease_by_length(train: pd.DataFrame, seed: int) -> Recommend:
    """For each history, the ridge that is best for its length."""
    by_length = {longest: _ease(train, LIKED, ridge) for longest, ridge in EASE_RIDGES.items()}

    def recommend(history: NDArray[np.int64], ratings: NDArray[np.float64], n: int) -> NDArray[np.int64]:
        longest = min(longest for longest in by_length if len(history) <= longest)
        return by_length[longest](history, ratings, n)

    return recommend


def fit_ease_all(train: pd.DataFrame, seed: int) -> Recommend:
    return _ease(train, 0.0)


def same_for_all(scores: pd.Series) -> Recommend:
    """`scores`: one for each film, by id."""
    order = scores.sort_values(ascending=False, kind="stable").index.to_numpy()
    return lambda history, ratings, n: order[~np.isin(order, history)][:n]


def _ease(train: pd.DataFrame, least: float, ridge: float = EASE_RIDGE) -> Recommend:
    movie_ids, movies = np.unique(train["movie"], return_inverse=True)
    user_ids, users = np.unique(train["user"], return_inverse=True)
    chosen = np.zeros((len(user_ids), len(movie_ids)), dtype=np.float32)
    chosen[users, movies] = train["rating"] >= least
    inverse = np.linalg.inv(chosen.T @ chosen + ridge * np.eye(len(movie_ids), dtype=np.float32))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    popular = fit_popularity(train, 0)

    def recommend(history: NDArray[np.int64], ratings: NDArray[np.float64], n: int) -> NDArray[np.int64]:
        known = np.isin(history, movie_ids)
        rows, used = np.searchsorted(movie_ids, history[known]), ratings[known] >= least
        if not used.any():
            return popular(history, ratings, n)
        scores = weights[rows[used]].sum(0)
        scores[rows] = -np.inf
        return movie_ids[np.argsort(-scores, kind="stable")[:n]]

    return recommend
