"""The row solver: one piece of linear algebra under training, fold-in, uncertainty and reasons.

A user u and an item i have factors p_u, q_i (K numbers each) and biases b_u, b_i. A rating is

    r_ui = mu + p_u . q_i + b_u + b_i + noise,    noise ~ Normal(0, 1 / noise_precision)

With one side held, each row of the other side is a small Bayesian linear regression: its coordinates are
z = (factors, bias), D = K + 1 numbers, under a Normal prior. A column enters as y = (factors, 1, bias): the first
D entries of y multiply z, the last one is a fixed offset. What a row needs of the columns it has rated is the sum of
y y' and of (r - mu) y (Salakhutdinov and Mnih 2008). Symmetric matrices travel packed (upper triangle, row by row).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.communicator import ALONE, Communicator

STRIP = 64  # products that are summed at once
# Rows by the thousand are solved in torch, one person in numpy, where a call costs a tenth.
Array = TypeVar("Array", Tensor, NDArray[np.float64])


@dataclass(frozen=True)
class Posterior:
    """Normal posteriors of n rows: `cholesky` L (n, D, D), the lower factor of each precision, and `whitened` L' mean (n, D)."""

    whitened: Tensor
    cholesky: Tensor

    @property
    def mean(self) -> Tensor:
        """(n, D)"""
        return self._unwhitened(self.whitened)

    def sample(self, white: Tensor) -> Tensor:
        """One draw of each row, (n, D). white (n, D): standard Normal."""
        return self._unwhitened(self.whitened + white)

    def _unwhitened(self, rows: Tensor) -> Tensor:
        """L'^-1 rows"""
        solved: Tensor = torch.linalg.solve_triangular(self.cholesky.mT, rows[:, :, None], upper=True)
        return solved[:, :, 0]


@lru_cache(maxsize=32)
def _triangle(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    rows, columns = torch.triu_indices(size, size, device=device)
    return rows, columns


@lru_cache(maxsize=32)
def _places(size: int, device: torch.device) -> Tensor:
    """(S * S,) the place in a packed matrix of each number of the full one, row by row."""
    rows, columns = _triangle(size, device)
    places = torch.empty(size, size, dtype=torch.long, device=device)
    places[rows, columns] = places[columns, rows] = torch.arange(len(rows), device=device)
    return places.flatten()


def unpack(packed: Tensor) -> Tensor:
    """Upper triangles (..., S(S+1)/2) -> symmetric matrices (..., S, S)."""
    size = int(((8 * packed.shape[-1] + 1) ** 0.5 - 1) / 2)
    full = packed.index_select(-1, _places(size, packed.device))
    return full.view(*packed.shape[:-1], size, size)


def augment(rows: Tensor) -> Tensor:
    """Coordinates (..., D), factors then bias -> y = (factors, 1, bias) (..., D + 1)."""
    return torch.cat([rows[..., :-1], torch.ones_like(rows[..., :1]), rows[..., -1:]], dim=-1)


def coordinates(y: Tensor) -> Tensor:
    """The inverse of `augment`: (..., D + 1) -> (..., D)."""
    return torch.cat([y[..., :-2], y[..., -1:]], dim=-1)


def dual(y: Tensor) -> Tensor:
    """(..., factors, 1, bias) -> (..., factors, bias, 1): the order in which y meets the other side's y."""
    return torch.cat([y[..., :-2], y[..., -1:], y[..., -2:-1]], dim=-1)


def square_sums(rated: Tensor, y: Tensor, weighted: Tensor, columns: Communicator = ALONE) -> Tensor:
    """Packed sums of y weighted' over the columns of each row of `rated` (n, columns), CSR: (n, (D+1)(D+2)/2).

    y (columns, D + 1), weighted: the same, each row times its weight. STRIP products at a time: those of all columns then
    stay in the processor's cache, and the sums read them in random order. columns: the processes that the columns are spread
    over; of the n rows, each gets the sums of its share.
    """
    upper, lower = _triangle(y.shape[1], y.device)
    strips = zip(torch.split(upper, STRIP), torch.split(lower, STRIP), strict=True)
    # Indexing would take as long as half of the sums.
    products = (y.index_select(1, left) * weighted.index_select(1, right) for left, right in strips)
    share = columns.share(len(rated))
    sums = y.new_empty(share.stop - share.start, len(upper))
    for strip, product in zip(torch.split(sums, STRIP, dim=1), products, strict=True):
        strip.copy_(columns.sum_share(rated @ product))
    return sums


def normal_equations(
    gram: Array, targets: Array, prior_mean: Array, prior_precision: Array, noise_precision: Array
) -> tuple[Array, Array]:
    """What each row's posterior mean solves, given what it has rated: precision (n, D, D) @ mean = rhs (n, D).

    gram (n, D + 1, D + 1): sums of y y' over the rated columns. targets (n, D + 1): sums of (r - mu) y.
    prior_mean (n, D), prior_precision (D, D) or (n, D, D), noise_precision (n,) or one for all. Returns n rows.
    """
    noise = noise_precision[..., None]
    precision = noise[..., None] * gram[:, :-1, :-1]
    precision += prior_precision
    rhs = (prior_mean[:, None] @ prior_precision)[:, 0] + noise * (targets - gram[:, :, -1])[:, :-1]
    return precision, rhs


def solve_rows(
    gram: Tensor, targets: Tensor, prior_mean: Tensor, prior_precision: Tensor, noise_precision: Tensor
) -> Posterior:
    """The exact posterior of each row, from the arguments of `normal_equations`."""
    precision, rhs = normal_equations(gram, targets, prior_mean, prior_precision, noise_precision)
    cholesky = torch.linalg.cholesky(precision)
    whitened = torch.linalg.solve_triangular(cholesky, rhs[:, :, None], upper=False)
    return Posterior(whitened[:, :, 0], cholesky)


def squared_errors(gram: Array, targets: Array, total: Array, y: Array) -> Array:
    """(n,) sums of squared errors of each row's ratings: total - 2 targets . y + y' gram y.

    They come from the sums that the rows were solved from, so no rating is read again. y (n, D + 1): `dual` of the augmented
    rows. total (n,): sums of (r - mu)^2.
    """
    errors: Array = total - 2 * (targets * y).sum(1) + ((gram @ y[:, :, None])[:, :, 0] * y).sum(1)
    return errors
