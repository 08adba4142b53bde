"""Rankings that need no library: popularity, the damped mean, and EASE (Steck 2019, "Embarrassingly shallow autoencoders")."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers import Recommend

LIKED = 4.0
DAMPING = 5.0
# The best of 200, 500 (the paper's), 1,000, 2,000 and 4,000 at every k, on the members of seed 100; larger was not tried.
EASE_RIDGE = 4000.0


def fit_popularity(train: pd.DataFrame, seed: int) -> Recommend:
    return same_for_all(train.groupby("movie").size())


def fit_mean(train: pd.DataFrame, seed: int) -> Recommend:
    mean = train["rating"].mean()
    above = (train["rating"] - mean).groupby(train["movie"]).agg(["sum", "count"])
    return same_for_all(above["sum"] / (above["count"] + DAMPING))


def fit_ease_likes(train: pd.DataFrame, seed: int) -> Recommend:
    return _ease(train, LIKED)


def fit_ease_all(train: pd.DataFrame, seed: int) -> Recommend:
    return _ease(train, 0.0)


def same_for_all(scores: pd.Series) -> Recommend:
    """`scores`: one for each film, by id."""
    order = scores.sort_values(ascending=False, kind="stable").index.to_numpy()
    return lambda history, ratings, n: order[~np.isin(order, history)][:n]


def _ease(train: pd.DataFrame, least: float) -> Recommend:
    movie_ids, movies = np.unique(train["movie"], return_inverse=True)
    user_ids, users = np.unique(train["user"], return_inverse=True)
    chosen = np.zeros((len(user_ids), len(movie_ids)), dtype=np.float32)
    chosen[users, movies] = train["rating"] >= least
    inverse = np.linalg.inv(chosen.T @ chosen + EASE_RIDGE * np.eye(len(movie_ids), dtype=np.float32))
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
