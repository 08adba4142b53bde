"""Pictures of how good a model is."""

from pathlib import Path

import pandas as pd
from PIL import Image

from recommender.evaluation.newcomers import LEVELS
from recommender.evaluation.plots import calibration, error_by_ratings


def test_pictures_are_pngs_of_a_readable_size(tmp_path: Path) -> None:
    error_by_ratings(pd.DataFrame({"Marquee": [1.0, 0.9], "mean": [1.1, 1.0]}, index=[0, 20]), tmp_path / "error.png")
    calibration(LEVELS, tmp_path / "calibration.png")
    for path in (tmp_path / "error.png", tmp_path / "calibration.png"):
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) >= 400
