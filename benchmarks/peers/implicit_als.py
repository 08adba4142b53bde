"""implicit: alternating least squares on likes (4 stars or more), fold-in of a new member."""

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.peers import Recommend

LIKED = 4.0


def fit(train: pd.DataFrame, seed: int) -> Recommend:
    movie_ids, movies = np.unique(train["movie"], return_inverse=True)
    user_ids, users = np.unique(train["user"], return_inverse=True)
    liked = (train["rating"] >= LIKED).to_numpy(np.float32)
    likes = sparse.csr_matrix((liked, (users, movies)), (len(user_ids), len(movie_ids)))
    likes.eliminate_zeros()
    model = AlternatingLeastSquares(factors=64, random_state=seed)
    model.fit(likes, show_progress=False)

    def recommend(history: NDArray[np.int64], ratings: NDArray[np.float64], n: int) -> NDArray[np.int64]:
        known = np.isin(history, movie_ids)
        rows = np.searchsorted(movie_ids, history[known])
        likes = (ratings[known] >= LIKED).astype(np.float32)
        own = sparse.csr_matrix((likes, (np.zeros_like(rows), rows)), (1, len(movie_ids)))
        own.eliminate_zeros()
        best, _ = model.recommend(0, own, N=n, filter_items=rows, recalculate_user=True)
        return movie_ids[best]

    return recommend
