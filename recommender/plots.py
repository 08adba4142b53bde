"""Pictures of how good a model is, as PNG."""

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from recommender.evaluate import naive
from recommender.recommender import Recommender

GROUPS = 8  # of held-out ratings, by how many ratings their user has given
LEVELS = np.linspace(0.1, 0.95, 18)
MOST_PEOPLE = 500  # whose intervals are looked at


def error_by_ratings(model: Recommender, train: pd.DataFrame, test: pd.DataFrame, path: Path) -> None:
    """Draw the error on held-out ratings (user, movie, rating) against how many ratings their user has in `train`."""
    counts = test["user"].map(train.groupby("user").size()).fillna(0).to_numpy(float)
    groups = pd.qcut(counts, GROUPS, duplicates="drop").codes
    stars = test["rating"].to_numpy(float)
    predictions = {"Marquee": model.predict(test["user"], test["movie"]), **naive(train, test)}
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    middles = [np.median(counts[groups == group]) for group in np.unique(groups)]
    for name, predicted in predictions.items():
        squares = (predicted - stars) ** 2
        axes.plot(middles, [squares[groups == group].mean() ** 0.5 for group in np.unique(groups)], "o-", label=name)
    axes.set(xscale="symlog", xlabel="ratings given", ylabel="RMSE, stars", title="Error on held-out ratings")
    axes.legend()
    figure.savefig(path, format="png")


def calibration(model: Recommender, train: pd.DataFrame, test: pd.DataFrame, path: Path) -> None:
    """Draw which share of held-out ratings lies inside the intervals that should hold 10% to 95% of them."""
    inside = coverage(model, train, test)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(LEVELS, LEVELS, color="grey", linestyle="--", label="as it should be")
    axes.plot(LEVELS, inside, "o-", label="Marquee")
    axes.set(xlabel="share that an interval should hold", ylabel="share of held-out ratings in it", title="Calibration")
    axes.legend()
    figure.savefig(path, format="png")


def coverage(model: Recommender, train: pd.DataFrame, test: pd.DataFrame) -> NDArray[np.float64]:
    """(LEVELS,) the share of held-out ratings inside the intervals of those levels, over at most `MOST_PEOPLE` users."""
    people = test["user"].drop_duplicates().head(MOST_PEOPLE)
    histories = dict(iter(train[train["user"].isin(people)].groupby("user")))
    distances = []
    for user, own in test[test["user"].isin(people)].groupby("user"):
        known = histories.get(user, train[:0])
        stars, sd = model.taste(dict(zip(known["movie"], known["rating"], strict=True))).predict(own["movie"])
        distances.append(np.abs(own["rating"].to_numpy(float) - stars) / sd)
    limits = [NormalDist().inv_cdf((1 + level) / 2) for level in LEVELS]
    return np.array([(np.concatenate(distances) <= limit).mean() for limit in limits])
