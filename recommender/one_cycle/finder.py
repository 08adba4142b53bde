"""The learning-rate finder: which peak the one-cycle schedule should have."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender import devices
from recommender.interactions import Interactions
from recommender.one_cycle.training import OneCycleConfig, denormals_flushed, descend, initial_embeddings, trainable

SWEEP = np.geomspace(1e-5, 10, 500)  # learning rates to try; with fewer, the batches' noise hides the fall of the loss
SWEEP_MOMENTUM = 0.9
SMOOTHING = 0.95  # share of the smoothed loss that is kept at each step
DIVERGED = 3.0  # a smoothed loss this many times the lowest so far ends the sweep
SAFETY = 10.0  # the suggestion is the rate of the lowest loss over this: at that rate, training is about to diverge


@dataclass(frozen=True)
class LearningRateSweep:
    """What `find_learning_rate` saw: the learning rates it tried, ascending, and the smoothed loss at each."""

    rates: NDArray[np.float64]  # (k,)
    losses: NDArray[np.float64]  # (k,) stars squared

    @property
    def suggestion(self) -> float:
        """A peak for the schedule: the rate of the lowest loss over SAFETY."""
        return float(self.rates[np.argmin(self.losses)] / SAFETY)

    def plot(self, path: Path) -> None:
        """Draw loss against learning rate, with the suggestion, as a PNG."""
        from matplotlib.figure import Figure  # here, since serving never draws, and it takes memory

        axes = (figure := Figure(figsize=(8, 4.5), layout="constrained")).subplots()
        axes.semilogx(self.rates, self.losses)
        axes.axvline(self.suggestion, color="grey", linestyle="--", label=f"suggestion: {self.suggestion:.1e}")
        axes.set(xlabel="learning rate", ylabel="mean squared error, smoothed", title="Learning-rate finder")
        axes.legend()
        figure.savefig(path, format="png")


@denormals_flushed()
def find_learning_rate(
    ratings: pd.DataFrame, config: OneCycleConfig | None = None, *, device: str = "auto", seed: int = 0
) -> LearningRateSweep:
    """Train for a moment while the learning rate grows step by step, until the loss diverges (Smith 2017).

    ratings, device and seed are as in `Recommender.fit`. The config's own learning rate and epochs play no part. Raises
    ValueError, naming the column, for ratings that are none.
    """
    config = config or OneCycleConfig()
    data = Interactions.from_frame(ratings, config.scale)
    embeddings = trainable(initial_embeddings(data, config.factors, seed), devices.chosen(device))
    schedule = ((rate, SWEEP_MOMENTUM) for rate in SWEEP.tolist())
    # Embeddings start near zero and predict the middle of the range, so the first loss is known without a batch's luck.
    smoothed = float(np.square(data.stars - np.mean(config.sigmoid_range)).mean())
    losses: list[float] = []
    for loss in descend(embeddings, data, config, seed, schedule):
        smoothed = SMOOTHING * smoothed + (1 - SMOOTHING) * loss.item()
        losses.append(smoothed)
        if smoothed > DIVERGED * min(losses):
            break
    return LearningRateSweep(SWEEP[: len(losses)], np.array(losses))
