"""Pictures of how good a model is, as PNG."""

from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from recommender.evaluate import naive
from recommender.recommender import Recommender

GIVEN = (0, 1, 3, 5, 10, 20)  # ratings of a person that are folded in
LEVELS = np.linspace(0.1, 0.95, 18)
MOST_PEOPLE = 500  # who are looked at


def error_by_ratings(curves: pd.DataFrame, path: Path) -> None:
    """Draw what `errors_by_ratings` found."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, up in curves.items():
        axes.plot(curves.index, up, "o-", label=name)
    axes.set(xscale="symlog", xlabel="ratings given", ylabel="RMSE, stars", title="New members' held-out ratings")
    axes.set_xticks(curves.index, map(str, curves.index))
    axes.legend()
    figure.savefig(path, format="png")


def errors_by_ratings(
    fit: Callable[[pd.DataFrame], Recommender], train: pd.DataFrame, test: pd.DataFrame
) -> pd.DataFrame:
    """RMSE on held-out ratings (user, movie, rating) of new members, a row for each of GIVEN, a column for the model and each
    of `naive`. The members are the same in every row, and have that many ratings in `train`; `fit` learns from the others'."""
    counts = train.groupby("user").size()
    asked = _some_people(test[test["user"].map(counts) >= GIVEN[-1]], most=max(len(counts) // 5, 1))
    is_theirs = train["user"].isin(asked["user"])
    own, others = train[is_theirs].sample(frac=1, random_state=0), train[~is_theirs]
    place = own.groupby("user").cumcount()
    model, rows = fit(others), []
    for given in GIVEN:
        known = own[place < given]
        predictions = {"Marquee": _folded_in(model, known, asked)[0], **naive(pd.concat([others, known]), asked)}
        stars = asked["rating"].to_numpy(float)
        rows.append({name: np.mean((found - stars) ** 2) ** 0.5 for name, found in predictions.items()})
    return pd.DataFrame(rows, index=GIVEN)


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
    asked = _some_people(test)
    stars, sd = _folded_in(model, train[train["user"].isin(asked["user"])], asked)
    distances = np.abs(asked["rating"].to_numpy(float) - stars) / sd
    return np.array([(distances <= NormalDist().inv_cdf((1 + level) / 2)).mean() for level in LEVELS])


def _some_people(test: pd.DataFrame, most: int = MOST_PEOPLE) -> pd.DataFrame:
    """The rows of at most so many users, and of `MOST_PEOPLE`, sorted by user."""
    people = np.random.default_rng(0).permutation(np.unique(test["user"]))[: min(most, MOST_PEOPLE)]
    return test[test["user"].isin(people)].sort_values("user", kind="stable")


def _folded_in(
    model: Recommender, known: pd.DataFrame, asked: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted stars and sd for rows sorted by user, each from its user's rows in `known`."""
    histories = dict(iter(known.groupby("user")))
    predictions = []
    for user, own in asked.groupby("user"):
        history = histories.get(user, known[:0])
        predictions.append(
            model.taste(dict(zip(history["movie"], history["rating"], strict=True))).predict(own["movie"])
        )
    stars, sds = (np.concatenate(part) for part in zip(*predictions, strict=True))
    return stars, sds
