"""The row solver against the textbook: dense regressions in numpy, and moments by sampling."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender import solver
from recommender.solver import Posterior

FACTORS = 3
SIZE = FACTORS + 1
NOISE_PRECISION = torch.tensor(1.7, dtype=torch.float64)


def columns(count: int, seed: int) -> Tensor:
    return torch.randn(count, SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def sums(residuals: Tensor, rated: Tensor) -> tuple[Tensor, Tensor]:
    """What one row that rated every column is solved from."""
    y = solver.augment(rated)
    return solver.unpack(solver.square_sums(torch.ones(1, len(y)).to(y).to_sparse_csr(), y, y)), residuals[None] @ y


def dense_regression(
    residuals: Tensor, rated: Tensor, prior_mean: NDArray[np.float64], prior_precision: NDArray[np.float64]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Mean and covariance of (factors, bias), one rating at a time."""
    precision, rhs, noise = prior_precision.copy(), prior_precision @ prior_mean, float(NOISE_PRECISION)
    for residual, column in zip(residuals.numpy(), rated.numpy(), strict=True):
        regressor, bias = np.append(column[:-1], 1.0), column[-1]
        precision += noise * np.outer(regressor, regressor)
        rhs += noise * regressor * (residual - bias)
    return np.linalg.solve(precision, rhs), np.linalg.inv(precision)


def test_a_row_is_a_bayesian_regression_on_what_it_rated() -> None:
    rated, residuals = columns(7, seed=1), torch.linspace(-2, 2, 7, dtype=torch.float64)
    prior_mean, prior_precision = np.array([0.1, -0.2, 0.3, 0.4]), np.diag([2.0, 3.0, 4.0, 5.0]) + 0.5
    row = solver.solve_rows(
        *sums(residuals, rated),
        torch.from_numpy(prior_mean)[None],
        torch.from_numpy(prior_precision),
        NOISE_PRECISION,
    )
    mean, cov = dense_regression(residuals, rated, prior_mean, prior_precision)
    np.testing.assert_allclose(row.mean[0], mean, rtol=1e-9)
    np.testing.assert_allclose(torch.cholesky_inverse(row.cholesky)[0], cov, rtol=1e-9)


def test_a_row_that_rated_nothing_keeps_its_prior() -> None:
    prior_mean, precision = torch.tensor([[0.5, -1.0, 2.0, 0.25]]), torch.diag(torch.tensor([1.0, 2.0, 4.0, 8.0]))
    gram, targets = torch.zeros(1, SIZE + 1, SIZE + 1), torch.zeros(1, SIZE + 1)
    row = solver.solve_rows(gram, targets, prior_mean, precision, NOISE_PRECISION.float())
    torch.testing.assert_close(row.mean, prior_mean)
    torch.testing.assert_close(torch.cholesky_inverse(row.cholesky)[0], torch.linalg.inv(precision))


def test_rows_do_not_disturb_each_other_and_may_each_have_their_own_noise() -> None:
    rated, precision = columns(5, seed=2), torch.eye(SIZE, dtype=torch.float64)
    first, second = torch.randn(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    parts = [sums(first, rated), sums(second, rated)]
    gram, targets = torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])
    noises = torch.stack([NOISE_PRECISION * 3, NOISE_PRECISION])
    both = solver.solve_rows(gram, targets, torch.zeros(2, SIZE).double(), precision, noises)
    alone = solver.solve_rows(*parts[1], torch.zeros(1, SIZE).double(), precision, NOISE_PRECISION)
    torch.testing.assert_close(both.mean[1:], alone.mean)
    torch.testing.assert_close(both.cholesky[1:], alone.cholesky)


def test_draws_have_the_mean_and_the_covariance_of_the_posterior() -> None:
    root = torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(4)) + torch.eye(SIZE)
    precision = root @ root.mT + torch.eye(SIZE)
    mean = torch.tensor([1.0, -2.0, 0.5, 3.0])
    cholesky = torch.linalg.cholesky(precision)
    many = Posterior((cholesky.mT @ mean).expand(100_000, SIZE), cholesky.expand(100_000, SIZE, SIZE))
    torch.testing.assert_close(many.mean[0], mean)
    white = torch.randn(many.whitened.shape, generator=torch.Generator().manual_seed(5))
    drawn = many.sample(white)
    torch.testing.assert_close(drawn.mean(0), mean, atol=0.02, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), torch.linalg.inv(precision), atol=0.02, rtol=0)


@pytest.mark.parametrize("size", [2, 5, 12, 66])
def test_packed_sums_unpack_to_sums_of_weighted_outer_products(size: int) -> None:
    generator = torch.Generator().manual_seed(size)
    y, weights = torch.randn(3, size, generator=generator), torch.tensor([0.5, 1.0, 2.0])
    rated = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.5, 1.0]])
    packed = solver.square_sums(rated.to_sparse_csr(), y, weights[:, None] * y)
    assert packed.shape == (2, size * (size + 1) // 2)
    torch.testing.assert_close(solver.unpack(packed), torch.einsum("nm,m,mi,mj->nij", rated, weights, y, y))


def test_the_squared_errors_are_those_of_the_ratings_one_by_one() -> None:
    rated, rows = columns(6, seed=6), columns(1, seed=7)
    residuals = torch.tensor([1.0, -0.5, 2.0, 0.3, -1.5, 0.0], dtype=torch.float64)
    found = solver.squared_errors(
        *sums(residuals, rated), (residuals**2).sum()[None], solver.dual(solver.augment(rows))
    )
    predicted = rated[:, :-1] @ rows[0, :-1] + rated[:, -1] + rows[0, -1]
    torch.testing.assert_close(found[0], ((residuals - predicted) ** 2).sum())
