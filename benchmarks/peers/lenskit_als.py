"""LensKit: alternating least squares with biases, its own settings; the biases alone where it knows no factors, as in its
pipelines."""

import numpy as np
import pandas as pd
from lenskit.als import BiasedMFScorer
from lenskit.basic import BiasScorer
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.training import TrainingOptions
from numpy.typing import NDArray

from benchmarks.peers import Predict


def fit(train: pd.DataFrame, seed: int) -> Predict:
    data = from_interactions_df(
        train[["user", "movie", "rating"]], user_col="user", item_col="movie", rating_col="rating"
    )
    scorer = BiasedMFScorer(embedding_size=50)
    scorer.train(data, TrainingOptions(rng=seed))
    biases = BiasScorer(damping=5.0)
    biases.train(data, TrainingOptions(rng=seed))
    low, high = train["rating"].min(), train["rating"].max()

    def predict(test: pd.DataFrame) -> NDArray[np.float64]:
        stars = pd.Series(np.nan, index=test.index)
        for user, rows in test.groupby("user"):
            query = RecQuery(user_id=user, history_items=data.user_row(user))
            films = ItemList(item_ids=rows["movie"].to_numpy())
            found, fallback = (np.asarray(one(query, films).scores(), dtype=float) for one in (scorer, biases))
            stars[rows.index] = np.where(np.isnan(found), fallback, found)
        return stars.clip(low, high).to_numpy()

    return predict
