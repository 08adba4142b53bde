"""What was trained under a sigmoid, as a model."""

from dataclasses import replace

import numpy as np
import pandas as pd

from recommender import Recommender
from tests.recommender.one_cycle.test_training import QUICK


def test_scores_beyond_all_measure_are_the_ends_of_the_range(club: pd.DataFrame) -> None:
    """A learning rate that is far too high makes a bad model, not one that answers with no numbers."""
    config = replace(QUICK, learning_rate=3.0, weight_decay=0.0)
    model = Recommender.fit(club, config=config, device="cpu")
    assert np.isfinite(model.predict(club["user"], club["movie"])).all()
    assert np.isfinite(model.model.to_stars(np.array([-1e4, 1e4], dtype=np.float32))).all()
