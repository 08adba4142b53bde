"""The learning-rate finder: what it tries, and what it suggests."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from recommender import LearningRateSweep, find_learning_rate
from recommender.interactions import Interactions
from tests.recommender.one_cycle.test_training import QUICK, error, fitted


@pytest.fixture(scope="module")
def sweep(club: pd.DataFrame) -> LearningRateSweep:
    return find_learning_rate(club, QUICK, device="cpu")


def test_the_finder_tries_ascending_rates_until_the_loss_diverges(sweep: LearningRateSweep) -> None:
    assert sweep.rates.shape == sweep.losses.shape
    assert (np.diff(sweep.rates) > 0).all()
    assert sweep.losses[-1] > 3 * sweep.losses.min()
    assert (sweep.losses[:-1] <= 3 * np.minimum.accumulate(sweep.losses[:-1])).all()
    assert sweep.rates[-1] < 10


def test_the_suggestion_lies_where_the_loss_falls(sweep: LearningRateSweep) -> None:
    at = np.searchsorted(sweep.rates, sweep.suggestion)
    before, later = sweep.losses[: at // 2].mean(), sweep.losses[np.searchsorted(sweep.rates, 3 * sweep.suggestion)]
    assert sweep.losses.min() < later < sweep.losses[at] < before - 0.1


def test_the_suggestion_teaches_more_than_a_rate_far_below_it(club: pd.DataFrame, sweep: LearningRateSweep) -> None:
    data = Interactions.from_frame(club, QUICK.scale)
    suggested = replace(QUICK, learning_rate=sweep.suggestion)
    timid = replace(QUICK, learning_rate=sweep.suggestion / 20)
    assert error(fitted(data, suggested), data) < error(fitted(data, timid), data) / 4


def test_the_finder_gives_the_same_for_the_same_seed(club: pd.DataFrame, sweep: LearningRateSweep) -> None:
    assert find_learning_rate(club, QUICK, device="cpu", seed=0).losses.tolist() == sweep.losses.tolist()
    assert find_learning_rate(club, QUICK, device="cpu", seed=1).losses.tolist() != sweep.losses.tolist()


def test_the_finder_refuses_ratings_that_are_none(club: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="missing: rating"):
        find_learning_rate(club.drop(columns="rating"))


def test_the_plot_is_a_picture_with_a_curve(sweep: LearningRateSweep, tmp_path: Path) -> None:
    path = tmp_path / "sweep.png"
    sweep.plot(path)
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert min(pixels.shape[:2]) > 300
    blue = (
        pixels[..., 2] - pixels[..., 0] > 100
    )  # the curve: the frame, the text and the line of the suggestion are grey
    assert blue.any(axis=0).mean() > 0.5
