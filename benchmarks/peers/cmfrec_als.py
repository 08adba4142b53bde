"""cmfrec: alternating least squares with biases, its own settings."""

import numpy as np
import pandas as pd
from cmfrec import CMF
from numpy.typing import NDArray

from benchmarks.peers import Predict


def fit(train: pd.DataFrame, seed: int) -> Predict:
    columns = {"user": "UserId", "movie": "ItemId", "rating": "Rating"}
    model = CMF(k=50, method="als", random_state=seed, verbose=False)
    model.fit(train[list(columns)].rename(columns=columns))

    def predict(test: pd.DataFrame) -> NDArray[np.float64]:
        stars = model.predict(user=test["user"].to_numpy(), item=test["movie"].to_numpy())
        return np.clip(stars, train["rating"].min(), train["rating"].max()).astype(float)

    return predict
