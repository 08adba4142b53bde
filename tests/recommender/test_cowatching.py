"""What is watched together."""

import numpy as np
import pytest
import torch

from recommender.cowatching import RIDGE, Cowatching, diagonal
from tests.recommender.test_features import learned, sets


def test_what_is_watched_next_is_a_ridge_regression_on_what_was_watched() -> None:
    """EASE with dense matrices: with every direction kept, the two are the same but for a factor."""
    found, held = learned(rank=12), sets().double()
    weighted = held / held.sum(1, keepdim=True).clamp(min=1).sqrt()
    inverse = torch.linalg.inv(weighted.mT @ weighted + RIDGE * torch.eye(12, dtype=torch.float64))
    dense = -inverse / inverse.diagonal()
    cowatching = Cowatching(found, diagonal(found))
    for row, votes in enumerate(found.basis):
        likelihood, most = cowatching.likelihood(votes, 10**9)  # long past being a newcomer
        scores = torch.from_numpy(likelihood(np.arange(12))).double()
        others = torch.arange(12) != row
        ratios = scores[others] / dense[row][others]
        torch.testing.assert_close(ratios, ratios.mean().expand_as(ratios), rtol=1e-3, atol=0)
        assert ratios.mean() > 0
        assert float(scores.std(correction=0)) == pytest.approx(1, rel=1e-3)
        assert (most >= scores.numpy() - 1e-5).all()
