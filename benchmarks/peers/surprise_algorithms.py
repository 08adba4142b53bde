"""Surprise: three of its algorithms, with its own settings where nothing else is said."""

import numpy as np
import pandas as pd
from surprise import SVD, AlgoBase, Dataset, KNNBaseline, Reader, SVDpp

from benchmarks.peers import Predict


def fit_svd(train: pd.DataFrame, seed: int) -> Predict:
    return _fit(SVD(random_state=seed), train)


def fit_svdpp(train: pd.DataFrame, seed: int) -> Predict:
    return _fit(SVDpp(random_state=seed), train)


def fit_knn(train: pd.DataFrame, seed: int) -> Predict:
    """Nearest films by correlation shrunk towards 0, as its documentation advises for ratings with baselines."""
    similarity = {"name": "pearson_baseline", "user_based": False}
    return _fit(KNNBaseline(sim_options=similarity, verbose=False), train)


def _fit(algorithm: AlgoBase, train: pd.DataFrame) -> Predict:
    scale = Reader(rating_scale=(train["rating"].min(), train["rating"].max()))
    data = Dataset.load_from_df(train[["user", "movie", "rating"]], scale).build_full_trainset()
    algorithm.fit(data)
    return lambda test: np.array(
        [algorithm.predict(user, movie).est for user, movie in zip(test["user"], test["movie"], strict=True)]
    )
