"""Predictions that need no model."""

import pandas as pd
import pytest

from recommender.evaluation.baselines import DAMPING, baselines


def test_the_baselines_are_damped_means() -> None:
    train = pd.DataFrame({"user": [1, 1, 2], "movie": [10, 20, 10], "rating": [5.0, 3.0, 4.0]})
    test = pd.DataFrame({"user": [1, 3], "movie": [10, 30], "rating": [4.0, 4.0]})
    found = baselines(train, test)
    film = 1.0 / (2 + DAMPING)  # The mean is 4; film 10 is one star above it in sum, film 20 one below.
    person = ((1 - film) + (-1 + 1 / (1 + DAMPING))) / (2 + DAMPING)
    assert found["mean of all ratings"].mse == pytest.approx(0.0)
    assert found["mean of the film"].mse == pytest.approx(film**2 / 2)
    assert found["mean of the film + person's offset"].mse == pytest.approx((film + person) ** 2 / 2)
