"""fastai: the lines of its collaborative-filtering tutorial."""

import numpy as np
import pandas as pd
from fastai.collab import CollabDataLoaders, collab_learner
from fastai.torch_core import set_seed
from numpy.typing import NDArray

from benchmarks.peers import Predict


def fit(train: pd.DataFrame, seed: int) -> Predict:
    set_seed(seed)
    # The tutorial keeps a fifth of its data aside to show errors as it goes; here every row of `train` is learned from,
    # and one row is shown.
    dls = CollabDataLoaders.from_df(train[["user", "movie", "rating"]], seed=seed, valid_pct=1.5 / len(train), bs=64)
    learn = collab_learner(dls, n_factors=50, y_range=(0, 5.5))
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(5, 5e-3, wd=0.1)

    def predict(test: pd.DataFrame) -> NDArray[np.float64]:
        with learn.no_bar():
            stars, _ = learn.get_preds(dl=dls.test_dl(test[["user", "movie"]]))
        return stars.numpy().ravel().astype(float)

    return predict
