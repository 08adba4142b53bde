"""cornac: matrix factorisation with biases."""

import numpy as np
import pandas as pd
from cornac.data import Dataset
from cornac.models import MF

from benchmarks.peers import Predict


def fit(train: pd.DataFrame, seed: int) -> Predict:
    data = Dataset.from_uir(list(train[["user", "movie", "rating"]].itertuples(index=False, name=None)), seed=seed)
    model = MF(k=50, seed=seed)
    model.fit(data)
    unknown = len(data.uid_map), len(data.iid_map)  # one past the last row, which the model takes for nobody it knows

    def predict(test: pd.DataFrame) -> np.ndarray:
        users = test["user"].map(data.uid_map).fillna(unknown[0]).astype(int)
        movies = test["movie"].map(data.iid_map).fillna(unknown[1]).astype(int)
        return np.array([model.rate(user, movie) for user, movie in zip(users, movies, strict=True)], dtype=float)

    return predict
