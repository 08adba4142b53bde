"""Pictures of how good a model is."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from recommender import Recommender
from recommender.movielens import MovieLens
from recommender.plots import GIVEN, LEVELS, calibration, coverage, error_by_ratings, errors_by_ratings

Split = tuple[pd.DataFrame, pd.DataFrame]


def test_pictures_are_pngs_of_a_readable_size(trained: Recommender, split: Split, tmp_path: Path) -> None:
    curves = pd.DataFrame({"Marquee": [1.0, 0.9], "mean": [1.1, 1.0]}, index=[0, 20])
    error_by_ratings(curves, tmp_path / "error.png")
    calibration(trained, *split, tmp_path / "calibration.png")
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) >= 400


def test_the_error_of_new_members_falls_with_the_ratings_given(movielens: MovieLens, split: Split) -> None:
    errors = errors_by_ratings(lambda others: Recommender.fit(others, movielens.movies, device="cpu"), *split)
    assert tuple(errors.index) == GIVEN
    assert (np.diff(errors["Marquee"]) < 0.02).all(), "with few people, it need not fall at every step"
    assert errors["Marquee"].iloc[-1] < errors["Marquee"].iloc[0] - 0.03
    assert (errors["Marquee"] < errors["mean of all ratings"]).all()


def test_intervals_of_every_level_hold_about_their_share(trained: Recommender, split: Split) -> None:
    inside = coverage(trained, *split)
    assert (np.diff(inside) >= 0).all()
    assert np.abs(inside - LEVELS).max() < 0.06


def test_people_who_are_new_have_intervals_too(trained: Recommender, split: Split) -> None:
    train, test = split
    assert 0.7 < np.interp(0.8, LEVELS, coverage(trained, train[:0], test)) < 0.9
