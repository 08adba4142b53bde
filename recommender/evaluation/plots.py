"""Pictures of how good a model is, as PNG."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from recommender.evaluation.newcomers import LEVELS


def error_by_ratings(curves: pd.DataFrame, path: Path) -> None:
    """Draw what `newcomers.errors_by_ratings` found."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, up in curves.items():
        axes.plot(curves.index, up, "o-", label=name)
    axes.set(xscale="symlog", xlabel="ratings given", ylabel="RMSE, stars", title="New members' held-out ratings")
    axes.set_xticks(curves.index, map(str, curves.index))
    axes.legend()
    figure.savefig(path, format="png")


def calibration(inside: NDArray[np.float64], path: Path) -> None:
    """Draw what `newcomers.coverage` found, (LEVELS,)."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(LEVELS, LEVELS, color="grey", linestyle="--", label="as it should be")
    axes.plot(LEVELS, inside, "o-", label="Marquee")
    axes.set(xlabel="share that an interval should hold", ylabel="share of held-out ratings in it", title="Calibration")
    axes.legend()
    figure.savefig(path, format="png")
