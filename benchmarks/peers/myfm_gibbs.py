"""myFM: Bayesian factorisation machines by Gibbs sampling, rank 10.

Three sets of features: user and film; the user's set of rated films with them, as in SVD++; and the film's set of
raters too, called "flipped" (Rendle, Zhang and Koren 2019, "On the difficulty of evaluating baselines").
"""

import numpy as np
import pandas as pd
from myfm import MyFMRegressor, RelationBlock
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.peers import Predict

RANK = 10
SAMPLES = 200


def fit_pairs(train: pd.DataFrame, seed: int) -> Predict:
    return _fit(train, seed, user_sets=False, movie_sets=False)


def fit_sets(train: pd.DataFrame, seed: int) -> Predict:
    return _fit(train, seed, user_sets=True, movie_sets=False)


def fit_flipped(train: pd.DataFrame, seed: int) -> Predict:
    return _fit(train, seed, user_sets=True, movie_sets=True)


def _fit(train: pd.DataFrame, seed: int, *, user_sets: bool, movie_sets: bool) -> Predict:
    user_ids, users = np.unique(train["user"], return_inverse=True)
    movie_ids, movies = np.unique(train["movie"], return_inverse=True)
    rated = sparse.csr_matrix((np.ones(len(train)), (users, movies)), (len(user_ids), len(movie_ids)))
    user_block = _features(rated if user_sets else None, len(user_ids))
    movie_block = _features(rated.T.tocsr() if movie_sets else None, len(movie_ids))
    # Features of one kind share a prior: ids apart from sets.
    groups = [len(user_ids), *([len(movie_ids)] if user_sets else [])]
    groups += [len(movie_ids), *([len(user_ids)] if movie_sets else [])]
    model = MyFMRegressor(rank=RANK, random_seed=seed)
    model.fit(
        None,
        train["rating"].to_numpy(float),
        X_rel=[RelationBlock(users, user_block), RelationBlock(movies, movie_block)],
        n_iter=SAMPLES,
        n_kept_samples=SAMPLES,
        group_shapes=groups,
    )
    low, high = train["rating"].min(), train["rating"].max()

    def predict(test: pd.DataFrame) -> NDArray[np.float64]:
        rows = _rows(user_ids, test["user"]), _rows(movie_ids, test["movie"])
        blocks = [RelationBlock(row, block) for row, block in zip(rows, (user_block, movie_block), strict=True)]
        return np.clip(model.predict(None, blocks), low, high)

    return predict


def _features(sets: sparse.csr_matrix | None, count: int) -> sparse.csr_matrix:
    """One row for each id, and a row of zeros for an id that is not known. A set has length 1."""
    parts = [sparse.identity(count, format="csr")]
    if sets is not None:
        parts.append(sparse.diags(1 / np.sqrt(sets.sum(axis=1).A1)) @ sets)
    known = sparse.hstack(parts, format="csr")
    return sparse.vstack([known, sparse.csr_matrix((1, known.shape[1]))], format="csr")


def _rows(ids: NDArray[np.int64], wanted: pd.Series) -> NDArray[np.int64]:
    rows = np.searchsorted(ids, wanted).clip(max=len(ids) - 1)
    return np.where(ids[rows] == wanted, rows, len(ids))
