"""Pictures of how good a model is."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from recommender import Recommender
from recommender.plots import LEVELS, calibration, coverage, error_by_ratings

Split = tuple[pd.DataFrame, pd.DataFrame]


def test_pictures_are_pngs_of_a_readable_size(trained: Recommender, split: Split, tmp_path: Path) -> None:
    for draw in (error_by_ratings, calibration):
        draw(trained, *split, tmp_path / "plot.png")
        with Image.open(tmp_path / "plot.png") as picture:
            assert picture.format == "PNG"
            assert min(picture.size) >= 400


def test_intervals_of_every_level_hold_about_their_share(trained: Recommender, split: Split) -> None:
    inside = coverage(trained, *split)
    assert (np.diff(inside) >= 0).all()
    assert np.abs(inside - LEVELS).max() < 0.06


def test_people_who_are_new_have_intervals_too(trained: Recommender, split: Split) -> None:
    train, test = split
    assert 0.7 < np.interp(0.8, LEVELS, coverage(trained, train[:0], test)) < 0.9
