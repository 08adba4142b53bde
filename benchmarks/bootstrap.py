"""95% intervals over resampled people: the percentile bootstrap (Efron 1979)."""

import numpy as np
from numpy.typing import NDArray

SAMPLES, FEW_SAMPLES = 10_000, 2000
BOUNDS = [0.025, 0.975]

Array = NDArray[np.float64]


def rmse_difference(ours: Array, theirs: Array, seed: int = 0) -> Array:
    """Squared errors (members, tested) of both -> the 95% interval of RMSE(ours) - RMSE(theirs), over resampled members."""
    picked = np.random.default_rng(seed).integers(len(ours), size=(SAMPLES, len(ours)))
    rmse = [np.sqrt(errors.mean(1)[picked].mean(1)) for errors in (ours, theirs)]
    return np.asarray(np.quantile(rmse[0] - rmse[1], BOUNDS))


def interval(values: Array, seed: int, form: str = ".3f") -> str:
    """The mean of the values, and its 95% interval."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(FEW_SAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(1), BOUNDS)
    return f"{values.mean():{form}} ({low:{form}} to {high:{form}})"
