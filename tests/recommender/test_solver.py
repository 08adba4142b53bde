"""The row solver against the textbook: dense regressions in numpy, and expectations by sampling."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender import solver
from recommender.solver import Posterior

FACTORS = 3
SIZE = FACTORS + 1
NOISE_PRECISION = 1.7


def posterior(rows: int, seed: int, spread: float = 0.3) -> Posterior:
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(rows, SIZE, SIZE, generator=generator, dtype=torch.float64) * spread
    mean = torch.randn(rows, SIZE, generator=generator, dtype=torch.float64)
    return Posterior(mean, root @ root.mT)


def sums(residuals: Tensor, columns: Posterior) -> tuple[Tensor, Tensor]:
    """What one row that rated every column is solved from."""
    moments = solver.second_moments(columns).sum(0, keepdim=True)
    return moments, residuals[None] @ solver.augment(columns.mean)


def dense_regression(
    residuals: NDArray[np.float64],
    columns: Posterior,
    prior_mean: NDArray[np.float64],
    prior_precision: NDArray[np.float64],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Mean and covariance of (factors, bias), one rating at a time."""
    precision, rhs = prior_precision.copy(), prior_precision @ prior_mean
    for residual, mean, cov in zip(residuals, columns.mean.numpy(), columns.cov.numpy(), strict=True):
        regressor, bias = np.append(mean[:-1], 1.0), mean[-1]
        doubt, doubt_with_bias = np.zeros((SIZE, SIZE)), np.zeros(SIZE)
        doubt[:-1, :-1], doubt_with_bias[:-1] = cov[:-1, :-1], cov[:-1, -1]
        precision += NOISE_PRECISION * (np.outer(regressor, regressor) + doubt)
        rhs += NOISE_PRECISION * (regressor * (residual - bias) - doubt_with_bias)
    return np.linalg.solve(precision, rhs), np.linalg.inv(precision)


@pytest.mark.parametrize("spread", [0.0, 0.3], ids=["certain columns", "uncertain columns"])
def test_a_row_is_a_bayesian_regression_on_what_it_rated(spread: float) -> None:
    columns = posterior(7, seed=1, spread=spread)
    residuals = torch.linspace(-2, 2, 7, dtype=torch.float64)
    prior_mean, prior_precision = np.array([0.1, -0.2, 0.3, 0.4]), np.diag([2.0, 3.0, 4.0, 5.0]) + 0.5
    row = solver.solve_rows(
        *sums(residuals, columns),
        torch.from_numpy(prior_mean)[None],
        torch.from_numpy(prior_precision),
        NOISE_PRECISION,
    )
    mean, cov = dense_regression(residuals.numpy(), columns, prior_mean, prior_precision)
    np.testing.assert_allclose(row.mean[0], mean, rtol=1e-9)
    np.testing.assert_allclose(row.cov[0], cov, rtol=1e-9)


def test_a_row_that_rated_nothing_keeps_its_prior() -> None:
    prior_mean, precision = torch.tensor([[0.5, -1.0, 2.0, 0.25]]), torch.diag(torch.tensor([1.0, 2.0, 4.0, 8.0]))
    moments, targets = torch.zeros(1, (SIZE + 1) * (SIZE + 2) // 2), torch.zeros(1, SIZE + 1)
    row = solver.solve_rows(moments, targets, prior_mean, precision, NOISE_PRECISION)
    torch.testing.assert_close(row.mean, prior_mean)
    torch.testing.assert_close(row.cov[0], torch.linalg.inv(precision))


def test_rows_do_not_disturb_each_other() -> None:
    columns, precision = posterior(5, seed=2), torch.eye(SIZE, dtype=torch.float64)
    first, second = torch.randn(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    parts = [sums(first, columns), sums(second, columns)]
    moments, targets = torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])
    both = solver.solve_rows(moments, targets, torch.zeros(2, SIZE).double(), precision, NOISE_PRECISION)
    alone = solver.solve_rows(*parts[1], torch.zeros(1, SIZE).double(), precision, NOISE_PRECISION)
    torch.testing.assert_close(both.mean[1:], alone.mean)
    torch.testing.assert_close(both.cov[1:], alone.cov)


@pytest.mark.parametrize("size", [1, 2, 5, 12, 66])
def test_a_packed_matrix_unpacks_to_itself(size: int) -> None:
    root = torch.randn(3, 2, size, size, generator=torch.Generator().manual_seed(size))
    matrices = root + root.mT
    packed = solver.pack(matrices)
    assert packed.shape == (3, 2, size * (size + 1) // 2)
    torch.testing.assert_close(solver.unpack(packed), matrices, rtol=0, atol=0)


def test_the_inner_product_is_that_of_the_full_matrices() -> None:
    left, right = posterior(6, seed=4).cov, posterior(6, seed=5).cov
    packed_left, packed_right = solver.pack(left), solver.pack(right)
    torch.testing.assert_close(solver.inner(packed_left, packed_right), (left * right).sum((1, 2)))
    torch.testing.assert_close(solver.inner(packed_left, packed_right[0]), (left * right[0]).sum((1, 2)))


def test_the_expected_square_is_what_sampling_finds() -> None:
    columns, rows = posterior(4, seed=6), posterior(1, seed=7)
    residuals = torch.tensor([1.0, -0.5, 2.0, 0.3], dtype=torch.float64)
    total = (residuals**2).sum() + solver.expected_square(*sums(residuals, columns), rows)[0]

    rng = np.random.default_rng(0)
    person = rng.multivariate_normal(rows.mean[0].numpy(), rows.cov[0].numpy(), size=200_000)
    sampled = 0.0
    for residual, mean, cov in zip(residuals, columns.mean.numpy(), columns.cov.numpy(), strict=True):
        film = rng.multivariate_normal(mean, cov, size=len(person))
        predicted = (person[:, :-1] * film[:, :-1]).sum(1) + person[:, -1] + film[:, -1]
        sampled += float(np.mean((float(residual) - predicted) ** 2))
    assert float(total) == pytest.approx(sampled, rel=0.01)
