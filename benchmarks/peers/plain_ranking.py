"""Rankings in a few lines of numpy: popularity, the damped mean, and three that weigh films by the films of a history.

- EASE: Steck 2019, "Embarrassingly shallow autoencoders for sparse data".
- Item-kNN: Sarwar et al. 2001, "Item-based collaborative filtering recommendation algorithms".
- RP3beta: Paudel et al. 2017, "Updatable, accurate, diverse, and scalable recommendations for interactive applications".
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers import Recommend
from benchmarks.peers.settings import EASE_ALL, EASE_LIKES, KNN, LONGEST, RP3BETA, of_data

DAMPING = 5.0
PARTS = 16  # in which neighbours are looked for: all likenesses at once would be most of the memory

Array = NDArray[np.float32]
Rows = NDArray[np.int64]
# The rows of a history's films -> a score for every film.
Score = Callable[[Rows], Array]
# 1 where somebody rated a film (users, films) -> what makes a Score with some settings.
Ranking = Callable[[Array], Callable[..., Score]]


def fit_popularity(train: pd.DataFrame, seed: int, data: str) -> Recommend:
    return same_for_all(train.groupby("movie").size())


def fit_mean(train: pd.DataFrame, seed: int, data: str) -> Recommend:
    mean = train["rating"].mean()
    above = (train["rating"] - mean).groupby(train["movie"]).agg(["sum", "count"])
    return same_for_all(above["sum"] / (above["count"] + DAMPING))


def same_for_all(scores: pd.Series) -> Recommend:
    """`scores`: one for each film, by id."""
    order = scores.sort_values(ascending=False, kind="stable").index.to_numpy()
    return lambda history, ratings, n: order[~np.isin(order, history)][:n]


def fit_ease_likes(train: pd.DataFrame, seed: int, data: str) -> Recommend:
    return by_length(ease, of_data(EASE_LIKES, data), train)


def fit_ease_all(train: pd.DataFrame, seed: int, data: str) -> Recommend:
    return by_length(ease, of_data(EASE_ALL, data), train)


def fit_knn(train: pd.DataFrame, seed: int, data: str) -> Recommend:
    return by_length(item_knn, of_data(KNN, data), train)


def fit_rp3beta(train: pd.DataFrame, seed: int, data: str) -> Recommend:
    return by_length(rp3beta, of_data(RP3BETA, data), train)


def by_length(ranking: Ranking, settings: Sequence[tuple[float, ...]], train: pd.DataFrame) -> Recommend:
    """`settings`: for each of GIVEN, the least stars of a rating that counts, and what `ranking` needs. Where none counts, the
    most popular films are recommended."""
    # The most popular first: it breaks ties.
    counts = train.groupby("movie").size().sort_values(ascending=False, kind="stable")
    movies, (user_ids, users) = counts.index, np.unique(train["user"], return_inverse=True)
    columns = movies.get_indexer(train["movie"])
    prepared = {}
    for least in {least for least, *_ in settings}:
        rated, counting = np.zeros((len(user_ids), len(movies)), dtype=np.float32), train["rating"] >= least
        rated[users[counting], columns[counting]] = 1
        prepared[least] = ranking(rated)
    scores = [(least, prepared[least](*setting)) for least, *setting in settings]

    def recommend(history: Rows, ratings: NDArray[np.float64], n: int) -> Rows:
        least, score = scores[bisect_left(LONGEST, len(history))]
        rows = movies.get_indexer(history)
        counting = rows[(rows >= 0) & (ratings >= least)]
        found = score(counting) if len(counting) else counts.to_numpy(np.float32)
        best = np.argsort(-found, kind="stable")
        return movies.to_numpy()[best[~np.isin(best, rows)][:n]]

    return recommend


def ease(rated: Array) -> Callable[[float], Score]:
    """With P = (X'X + ridge I)^-1, film i counts for film j with -P_ij / P_jj. By the eigenvectors V of X'X and their values s,
    ridge P = I - V diag(s / (s + ridge)) V'."""
    if len(rated) < rated.shape[1]:
        values, vectors = np.linalg.eigh(rated @ rated.T)
        kept = values > 1e-3
        values, vectors = values[kept], rated.T @ vectors[:, kept] / np.sqrt(values[kept])
    else:
        values, vectors = np.linalg.eigh(rated.T @ rated)

    def with_ridge(ridge: float) -> Score:
        shrunk = values / (values + np.float32(ridge))
        own = 1 - vectors**2 @ shrunk
        return lambda rows: vectors @ (shrunk * vectors[rows].sum(0)) / own

    return with_ridge


def item_knn(rated: Array) -> Callable[[float, int], Score]:
    """A film's score is the sum of its likenesses to those films of the history that are among its k nearest. With n_ij people
    who rated both, the likeness is n_ij / (sqrt(n_i n_j) + shrinkage)."""
    both = rated.T @ rated
    lengths = np.sqrt(np.diag(both))

    def with_neighbours(shrinkage: float, k: int) -> Score:
        def likeness(rows: Rows) -> Array:
            found = both[rows] / np.maximum(np.outer(lengths[rows], lengths) + np.float32(shrinkage), 1e-9)
            found[np.arange(len(rows)), rows] = 0
            return np.asarray(found)

        least = np.zeros(len(both), dtype=np.float32)
        if k < len(both):
            parts = np.array_split(np.arange(len(both)), PARTS)
            least = np.concatenate([np.partition(likeness(part), -k, axis=1)[:, -k] for part in parts])

        def score(rows: Rows) -> Array:
            found = likeness(rows)
            return np.asarray(np.where(found >= least, found, 0).sum(0))

        return score

    return with_neighbours


def rp3beta(rated: Array) -> Callable[[float, float], Score]:
    """A walk from a film of the history to somebody who rated it, and on to another film of theirs: film i counts for film j with

    sum over people u who rated both of (n_i n_u)^-alpha n_j^-beta
    """
    of_user, of_film = np.maximum(rated.sum(1), 1), np.maximum(rated.sum(0), 1)

    def with_powers(alpha: float, beta: float) -> Score:
        walks = (rated.T * of_user**-alpha) @ rated
        walks *= (of_film**-alpha)[:, None]
        walks *= of_film**-beta
        return lambda rows: walks[rows].sum(0)

    return with_powers
