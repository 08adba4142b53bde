"""Predictions that need no model: what a model must beat."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from recommender.communicator import ALONE, Communicator, added
from recommender.evaluation.metrics import Errors, errors

DAMPING = 5.0  # a damped mean of n numbers is their sum / (n + DAMPING)


def baselines(train: pd.DataFrame, test: pd.DataFrame, spread: Communicator = ALONE) -> dict[str, Errors]:
    """The errors of `naive` predictions."""
    stars = test["rating"].to_numpy(float)
    return {name: errors(predicted, stars) for name, predicted in naive(train, test, spread).items()}


def naive(train: pd.DataFrame, test: pd.DataFrame, spread: Communicator = ALONE) -> dict[str, NDArray[np.float64]]:
    """Name -> predicted stars (test rows,): mu, mu + b_i, and mu + b_i + b_u (Koren 2010, "Factor in the neighbors", section
    2.1). mu is the mean of all ratings, b_i the damped mean of r - mu of film i, b_u that of r - mu - b_i of user u. A column
    weight counts as in a fit. spread: the processes that the users of `train` are spread over; all have the whole of `test`."""
    weights = train["weight"] if "weight" in train else pd.Series(1.0, index=train.index)

    def offsets(above: pd.Series, owner: pd.Series) -> pd.Series:
        both = ((column * weights).groupby(owner).sum() for column in (above, pd.Series(1.0, index=train.index)))
        sums, counts = (added(own, spread) for own in both)
        return sums / (counts + DAMPING)

    sums = torch.tensor([float((train["rating"] * weights).sum()), float(weights.sum())], dtype=torch.float64)
    stars, count = spread.sum(sums).tolist()
    mean = stars / count
    film_offset = offsets(train["rating"] - mean, train["movie"])
    person_offset = offsets(train["rating"] - mean - train["movie"].map(film_offset), train["user"])
    by_film = mean + test["movie"].map(film_offset).fillna(0).to_numpy(float)
    by_both = by_film + test["user"].map(person_offset).fillna(0).to_numpy(float)
    return {
        "mean of all ratings": np.full(len(test), mean),
        "mean of the film": by_film,
        "mean of the film + person's offset": by_both,
    }
