"""What is known of a row before its ratings: what a film is, and which set of films a user chose to rate."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

# A year is described by how near it lies to each of these: smooth, and as fine as tastes change.
YEAR_CENTRES = np.array([1930.0, 1945, 1958, 1968, 1978, 1986, 1993, 2000, 2008, 2016, 2024])
YEAR_WIDTH = 7.0
# A set of n films speaks with weight n / (n + SET_DAMPING): the sets the model learned from hold twenty films or more, and a
# newcomer's first film must not be read as if it were such a set.
SET_DAMPING = 5.0


def film_features(movies: pd.DataFrame) -> NDArray[np.float32]:
    """Genres and year of each film -> (films, features), every feature with mean 0 over the catalogue."""
    genres = movies["genres"].fillna("").where(lambda g: g != "(no genres listed)", "").str.get_dummies("|")
    years = movies["year"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    nearness = np.exp(-0.5 * ((years[:, None] - YEAR_CENTRES) / YEAR_WIDTH) ** 2)
    nearness[np.isnan(years)] = np.nan
    features = np.hstack([genres.to_numpy(float), nearness])
    present = ~np.isnan(features)
    centre = np.where(present, features, 0).sum(0) / np.maximum(present.sum(0), 1)
    centred = np.where(present, features - centre, 0.0)
    return np.asarray(centred / max(float(np.sqrt((centred**2).sum(1).mean())), 1e-9), dtype=np.float32)


def set_basis(interacted: Tensor, rank: int, seed: int) -> Tensor:
    """The main directions in which sets of rated columns differ: (columns, rank), scaled so that `set_features` are of size 1.

    interacted (rows, columns) is a sparse matrix of ones. Randomised SVD (Halko, Martinsson and Tropp 2011).
    """
    rows, columns = interacted.shape
    rank = min(rank, rows, columns)
    sizes = torch.sparse.sum(interacted, dim=1).to_dense().clamp(min=1)
    index = interacted.indices()
    weighted = torch.sparse_coo_tensor(
        index,
        interacted.values() * sizes[index[0]].rsqrt(),
        interacted.shape,
        is_coalesced=True,
        check_invariants=False,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        _, strength, directions = torch.svd_lowrank(weighted, q=rank, niter=4)
    typical = float((strength**2).sum()) / rows
    basis: Tensor = directions / max(typical, 1e-9) ** 0.5
    return basis


def set_features(sums: Tensor, sizes: Tensor, centre: Tensor) -> Tensor:
    """Sums of basis rows over each set (n, rank), set sizes (n,), the typical feature (rank,) -> features (n, rank)."""
    sizes = sizes[:, None]
    return (sums / sizes.clamp(min=1).sqrt() - centre) * (sizes / (sizes + SET_DAMPING))
