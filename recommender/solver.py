"""The row solver: one piece of linear algebra under training, fold-in, uncertainty and reasons.

A user u and an item i have factors p_u, q_i (K numbers each) and biases b_u, b_i. A rating is

    r_ui = mu + p_u . q_i + b_u + b_i + noise,    noise ~ Normal(0, 1 / noise_precision)

With one side held, each row of the other side is a small Bayesian linear regression: its coordinates are
z = (factors, bias), D = K + 1 numbers, under a Normal prior. A column enters as y = (factors, 1, bias): the first
D entries of y multiply z, the last one is a fixed offset. Columns are uncertain themselves, so what a row needs of
them is the expectation of y y', summed over the columns it has rated: mean-field variational Bayes (Lim and Teh 2007).
Symmetric matrices travel packed (upper triangle, row by row).
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor


@dataclass(frozen=True)
class Posterior:
    """Normal posteriors of n rows: `mean` (n, D) and `cov` (n, D, D)."""

    mean: Tensor
    cov: Tensor


@lru_cache(maxsize=32)
def _triangle(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    rows, columns = torch.triu_indices(size, size, device=device)
    return rows, columns


def pack(matrices: Tensor) -> Tensor:
    """Symmetric matrices (..., S, S) -> upper triangles (..., S(S+1)/2)."""
    rows, columns = _triangle(matrices.shape[-1], matrices.device)
    return matrices[..., rows, columns]


def unpack(packed: Tensor) -> Tensor:
    """Upper triangles (..., S(S+1)/2) -> symmetric matrices (..., S, S)."""
    size = int(((8 * packed.shape[-1] + 1) ** 0.5 - 1) / 2)
    rows, columns = _triangle(size, packed.device)
    full = packed.new_empty((*packed.shape[:-1], size, size))
    full[..., rows, columns] = packed
    full[..., columns, rows] = packed
    return full


def augment(mean: Tensor) -> Tensor:
    """Coordinates (factors, bias) (n, D) -> y = (factors, 1, bias) (n, D + 1)."""
    return torch.cat([mean[:, :-1], torch.ones_like(mean[:, :1]), mean[:, -1:]], dim=1)


def dual(y: Tensor) -> Tensor:
    """(..., factors, 1, bias) -> (..., factors, bias, 1): the order in which y meets the other side's y."""
    return torch.cat([y[..., :-2], y[..., -1:], y[..., -2:-1]], dim=-1)


def expected_square(moments: Tensor, targets: Tensor, rows: Posterior) -> Tensor:
    """What the rows' predictions add to the expected sum of squared errors, beyond the sum of (r - mu)^2: (n,).

    moments and targets are the sums that the rows were solved from, so no rating is read again.
    """
    return inner(moments, dual_moments(rows)) - 2 * (targets * dual(augment(rows.mean))).sum(1)


def dual_moments(rows: Posterior) -> Tensor:
    """Packed second moments in the order of `dual`: their inner product with the other side's is E[(r - mu)^2], less noise."""
    size = rows.mean.shape[1] + 1
    order = torch.tensor([*range(size - 2), size - 1, size - 2], device=rows.mean.device)
    return pack(unpack(second_moments(rows))[:, order[:, None], order[None, :]])


def second_moments(rows: Posterior) -> Tensor:
    """Packed E[y y'] of each row, (n, (D+1)(D+2)/2)."""
    y = augment(rows.mean)
    moments = y[:, :, None] * y[:, None, :]
    uncertain = [*range(y.shape[1] - 2), y.shape[1] - 1]  # all of y but its constant 1
    index = torch.tensor(uncertain, device=y.device)
    moments[:, index[:, None], index[None, :]] += rows.cov
    return pack(moments)


def inner(left: Tensor, right: Tensor) -> Tensor:
    """Frobenius products of packed symmetric matrices (n, P) x (P,) or (n, P) -> (n,)."""
    size = int(((8 * left.shape[-1] + 1) ** 0.5 - 1) / 2)
    rows, columns = _triangle(size, left.device)
    twice = right * torch.where(rows == columns, 1.0, 2.0).to(right)
    return left @ twice if right.ndim == 1 else (left * twice).sum(1)


def solve_rows(
    moments: Tensor, targets: Tensor, prior_mean: Tensor, prior_precision: Tensor, noise_precision: float
) -> Posterior:
    """The exact posterior of each row, given what it has rated.

    moments (n, P): packed sums of E[y y'] over the rated columns. targets (n, D + 1): sums of (r - mu) E[y].
    prior_mean (n, D), prior_precision (D, D). Returns a Posterior of n rows.
    """
    gram = unpack(moments)
    precision = prior_precision + noise_precision * gram[:, :-1, :-1]
    rhs = prior_mean @ prior_precision + noise_precision * (targets - gram[:, :, -1])[:, :-1]
    cholesky = torch.linalg.cholesky(precision)
    mean = torch.cholesky_solve(rhs[:, :, None], cholesky)[:, :, 0]
    return Posterior(mean, torch.cholesky_inverse(cholesky))
