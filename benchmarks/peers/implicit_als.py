"""implicit: alternating least squares; a new member is folded in."""

from bisect import bisect_left
from functools import lru_cache

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.peers import Recommend
from benchmarks.peers.plain_ranking import fit_popularity
from benchmarks.peers.settings import ALS, LONGEST, of_data

FACTORS = 64


def fit(train: pd.DataFrame, seed: int, data: str) -> Recommend:
    movie_ids, movies = np.unique(train["movie"], return_inverse=True)
    user_ids, users = np.unique(train["user"], return_inverse=True)

    @lru_cache
    def fitted(least: float, alpha: float, regularization: float) -> AlternatingLeastSquares:
        chosen = (train["rating"] >= least).to_numpy()
        ones = np.ones(chosen.sum(), dtype=np.float32)
        rated = sparse.csr_matrix((ones, (users[chosen], movies[chosen])), (len(user_ids), len(movie_ids)))
        model = AlternatingLeastSquares(FACTORS, alpha=alpha, regularization=regularization, random_state=seed)
        model.fit(rated, show_progress=False)
        return model

    models = [(setting[0], fitted(*setting)) for setting in of_data(ALS, data)]
    popular = fit_popularity(train, seed, data)

    def recommend(history: NDArray[np.int64], ratings: NDArray[np.float64], n: int) -> NDArray[np.int64]:
        least, model = models[bisect_left(LONGEST, len(history))]
        known = np.isin(history, movie_ids)
        rows, used = np.searchsorted(movie_ids, history[known]), ratings[known] >= least
        if not used.any():
            return popular(history, ratings, n)
        liked = rows[used]
        own = sparse.csr_matrix((np.ones(len(liked), np.float32), (np.zeros_like(liked), liked)), (1, len(movie_ids)))
        best, _ = model.recommend(0, own, N=n, filter_items=rows, recalculate_user=True)
        return movie_ids[best]

    return recommend
