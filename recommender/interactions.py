"""Ratings as the fit reads them: checked, without duplicates, in an order of their own."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.communicator import ALONE, Communicator

COLUMNS = ("user", "movie", "rating")
OPTIONAL = ("timestamp", "weight")
# Width of the scale from half a star to five.
USUAL_WIDTH = 4.5
LARGEST = 2**63 - 1  # the largest id
LEAST_WEIGHT = 1e-6  # less would vanish among sums in single precision


@dataclass(frozen=True)
class Interactions:
    """One row for each pair of user and movie, sorted by both. `users` and `items` index into the sorted id arrays. Of several
    processes, each has its own users, and all have the films that anyone rated."""

    user_ids: NDArray[np.int64]
    item_ids: NDArray[np.int64]
    users: NDArray[np.int64]
    items: NDArray[np.int64]
    stars: NDArray[np.float32]
    weights: NDArray[np.float32]  # of the ratings in the fit, above 0 to 1

    @classmethod
    def from_frame(
        cls, ratings: pd.DataFrame, scale: tuple[float, float], spread: Communicator = ALONE
    ) -> "Interactions":
        """Columns user, movie, rating (within `scale`), and if known timestamp and weight. spread: the processes that the users
        are spread over.

        Raises ValueError, naming the trouble, for anything that is no such frame, or if two processes have the same user.
        """
        rows = latest(checked(ratings, scale))
        by_user, rated = (ratings[name].to_numpy(np.int64)[rows] for name in ("user", "movie"))
        first = np.append(True, by_user[1:] != by_user[:-1])
        item_ids = np.unique(rated)
        item_ids = np.unique(spread.gather(torch.from_numpy(item_ids)).numpy())
        stars = ratings["rating"].to_numpy(np.float32)[rows]
        weights = ratings["weight"].to_numpy(np.float32)[rows] if "weight" in ratings else np.ones_like(stars)
        everybody = spread.gather(torch.from_numpy(by_user[first])).numpy()
        if spread.size > 1 and len(np.unique(everybody)) < len(everybody):
            raise ValueError("a user has ratings in two processes; each must have the ratings of its own users")
        return cls(by_user[first], item_ids, np.cumsum(first) - 1, np.searchsorted(item_ids, rated), stars, weights)

    def mean(self, spread: Communicator = ALONE) -> np.float32:
        """The mean of the stars by their weights, in all processes."""
        sums = (self.stars * self.weights).sum(), self.weights.sum()
        stars, weights = spread.sum(torch.tensor(np.array(sums))).numpy()
        return np.float32(stars / weights)

    def matrices(self, device: torch.device, *values: NDArray[np.float32]) -> list[Tensor]:
        """Each of the values as a sparse matrix, users x items, its rows compressed (CSR)."""
        return sparse((self.users, self.items), (len(self.user_ids), len(self.item_ids)), device, *values)


def sparse(
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    shape: tuple[int, int],
    device: torch.device,
    *values: NDArray[np.float32],
) -> list[Tensor]:
    """Sparse matrices, their rows compressed (CSR), of each of the values at these rows, which never fall, and columns. The
    matrices hold the places together, as one copy."""
    ends = np.append(0, np.cumsum(np.bincount(places[0], minlength=shape[0])))
    starts, columns = (torch.from_numpy(part.astype(np.int32)).to(device) for part in (ends, places[1]))
    return [_csr(starts, columns, torch.from_numpy(own).to(device), shape) for own in values]


def usual_unit(scale: tuple[float, float]) -> float:
    """What ratings are divided by to bring them to the scale from half a star to five."""
    return (scale[1] - scale[0]) / USUAL_WIDTH


def transposed(*matrices: Tensor) -> list[Tensor]:
    """(n, m) CSR, of the same places -> (m, n) CSR: the same numbers, held by columns; again the places as one copy.

    `matrix.mT.to_sparse_csr()` would take twice as long, and 50 bytes for each rating meanwhile."""
    rows, columns = matrices[0].shape
    device = matrices[0].device
    places, order = torch.sort(matrices[0].col_indices(), stable=True)
    starts = torch.searchsorted(places, torch.arange(columns + 1, dtype=places.dtype, device=device), out_int32=True)
    own = torch.arange(rows, dtype=places.dtype, device=device)
    raters = own.repeat_interleave(matrices[0].crow_indices().diff())[order]
    return [_csr(starts, raters, matrix.values()[order], (columns, rows)) for matrix in matrices]


def with_values(matrix: Tensor, values: Tensor) -> Tensor:
    """A CSR matrix with other values in the same places."""
    return _csr(matrix.crow_indices(), matrix.col_indices(), values, (matrix.shape[0], matrix.shape[1]))


def rows_from(matrix: Tensor, first: int) -> Tensor:
    """The rows of a CSR matrix from the first on. Columns and values are not copied."""
    starts = matrix.crow_indices()[first:]
    before = int(starts[0])
    shape = (matrix.shape[0] - first, matrix.shape[1])
    return _csr(starts - before, matrix.col_indices()[before:], matrix.values()[before:], shape)


def _csr(starts: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(starts, columns, values, shape, check_invariants=False)


def checked(ratings: pd.DataFrame, scale: tuple[float, float]) -> pd.DataFrame:
    """The same frame; ValueError, naming the column, if it is empty, lacks a column or has one more, or holds what is no id,
    no finite number, or off the scale."""
    missing = [name for name in COLUMNS if name not in ratings]
    if missing:
        raise ValueError(f"ratings need the columns user, movie and rating; missing: {', '.join(missing)}")
    unknown = [str(name) for name in ratings if name not in (*COLUMNS, *OPTIONAL)]
    if unknown:
        known = ", ".join((*COLUMNS, *OPTIONAL))
        raise ValueError(f"ratings have columns of which nothing is known: {', '.join(unknown)}; known are {known}")
    if ratings.empty:
        raise ValueError("ratings are empty: there is nothing to learn from")
    for name in ("user", "movie"):
        if not pd.api.types.is_integer_dtype(ratings[name]) or ratings[name].isna().any():
            raise ValueError(f"the column {name} must hold whole numbers, not {ratings[name].dtype}")
        if ratings[name].max() > LARGEST:
            raise ValueError(f"the column {name} holds {ratings[name].max()}; an id may be {LARGEST} at most")
    stars = _numbers(ratings, "rating")
    if "timestamp" in ratings:
        _numbers(ratings, "timestamp")
    low, high = scale
    off = stars[(stars < low) | (stars > high)]
    if off.size:
        raise ValueError(f"rating {off[0]:g} is off the scale {low:g} to {high:g}")
    if "weight" in ratings:
        weights = _numbers(ratings, "weight")
        wrong = weights[(weights < LEAST_WEIGHT) | (weights > 1)]
        if wrong.size:
            raise ValueError(f"the column weight must be {LEAST_WEIGHT:g} to 1; found {wrong[0]:g}")
    return ratings


def _numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column of finite numbers, which may be written as text; ValueError for any other."""
    try:
        values = pd.to_numeric(frame[name]).to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise ValueError(f"the column {name} must hold numbers: {error}") from error
    # As a number, pandas's missing time is the earliest.
    values = np.where(frame[name].isna(), np.nan, values)
    if not np.isfinite(values).all():
        raise ValueError(f"the column {name} must hold finite numbers; found {values[~np.isfinite(values)][0]}")
    return values


def latest(ratings: pd.DataFrame) -> NDArray[np.int64]:
    """Places of the rows that count, sorted by user and movie: of the rows with the same user and movie the latest, and of those
    the last. No frame is copied: 32 million ratings are a gigabyte."""
    user, movie = (ratings[name].to_numpy(np.int64) for name in ("user", "movie"))
    if _rising(user, movie):  # as in GroupLens's large sets: sorting them would take longer than reading them
        return np.arange(len(user))
    # As text, "10" would come before "9".
    times = [pd.to_numeric(ratings["timestamp"]).to_numpy()] if "timestamp" in ratings else []
    order = np.lexsort((*times, movie, user))
    repeated = np.ones(len(order), dtype=bool)
    for ids in (user, movie):
        own = ids[order]
        repeated[:-1] &= own[1:] == own[:-1]
    repeated[-1] = False
    return np.asarray(order[~repeated])


def _rising(user: NDArray[np.int64], movie: NDArray[np.int64]) -> bool:
    """Whether each row comes after the one before it, by user and movie."""
    before, after = slice(None, -1), slice(1, None)
    same = user[after] == user[before]
    return bool(((user[after] > user[before]) | (same & (movie[after] > movie[before]))).all())
