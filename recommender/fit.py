"""From ratings to a model: variational Bayes over users and films in turn.

Every quantity is estimated from the ratings: there is no learning rate, no weight decay and no stopping point to tune.
A row's prior mean comes from what is known without its ratings (`features`): for a film its genres, its year and who
rated it; for a user which films they chose to rate (Rendle's "flipped" sets, as in Rendle, Zhang and Koren 2019).
The priors' covariances and the noise are re-estimated each sweep (empirical Bayes: Lim and Teh 2007, Raiko et al. 2007).
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from recommender import solver
from recommender.features import film_features, set_basis, set_features
from recommender.interactions import Interactions
from recommender.model import EmbeddingDotBias
from recommender.solver import Posterior

# Starting values. They decide nothing but how soon the sweeps settle.
START_VARIANCE = 0.1
START_NOISE_PRECISION = 1.2
# What a row's spread is taken for before any row is seen: it counts as one row more, so that a covariance is never singular.
PRIOR_VARIANCE = 0.1
# What rounding to half stars leaves: ratings without any other noise must not end in a division by zero.
LEAST_NOISE_VARIANCE = 0.5**2 / 12


@dataclass(frozen=True)
class FitConfig:
    """What a fit may choose. `factors`: taste dimensions of a user and a film; `sweeps`: passes over users and films;
    `set_rank`: dimensions kept of the sets of rated films and of raters; `scale`: lowest and highest rating allowed."""

    factors: int = 10
    sweeps: int = 20
    set_rank: int = 30
    scale: tuple[float, float] = (0.5, 5.0)

    def __post_init__(self) -> None:
        if min(self.factors, self.sweeps, self.set_rank) < 1 or not self.scale[0] < self.scale[1]:
            raise ValueError(f"not a usable configuration: {self}")


CONFIGS = {"default": FitConfig(), "accurate": FitConfig(factors=20, sweeps=30, set_rank=60)}


@dataclass(frozen=True)
class Prior:
    """Rows are Normal(features @ weights, cov). `ridge` is the precision of the weights in units of cov."""

    weights: Tensor
    cov: Tensor
    ridge: float = 1.0

    def means(self, features: Tensor) -> Tensor:
        return features @ self.weights

    def updated(self, features: Tensor, rows: Posterior) -> "Prior":
        """The prior under which these rows are most likely (one EM step for weights, covariance and ridge)."""
        count, size = rows.mean.shape
        eye = torch.eye(features.shape[1], device=features.device)
        gram = features.mT @ features + self.ridge * eye
        weights = torch.linalg.solve(gram, features.mT @ rows.mean)
        left_over = rows.mean - features @ weights
        scatter = left_over.mT @ left_over + rows.cov.sum(0) + self.ridge * weights.mT @ weights
        cov = (scatter + PRIOR_VARIANCE * torch.eye(size, device=scatter.device)) / (count + 1)
        spread = float((weights.mT @ weights * torch.linalg.inv(cov)).sum() + size * torch.linalg.inv(gram).trace())
        return Prior(weights, cov, ridge=weights.numel() / spread)


@dataclass(frozen=True)
class Side:
    """Users or films during a fit: who rated what, seen from here, and what is known beforehand."""

    rated: Tensor  # (rows, columns) sparse ones
    residuals: Tensor  # (rows, columns) sparse r - mu
    features: Tensor  # (rows, features)

    def solve(self, columns: Posterior, prior: Prior, noise_precision: float) -> tuple[Posterior, Tensor, Tensor]:
        """The rows' posterior, and the sums it was solved from."""
        moments = self.rated @ solver.second_moments(columns)
        targets = self.residuals @ solver.augment(columns.mean)
        precision = torch.linalg.inv(prior.cov)
        rows = solver.solve_rows(moments, targets, prior.means(self.features), precision, noise_precision)
        return rows, moments, targets


@contextmanager
def one_core_spared() -> Iterator[None]:
    """Leave a core to other work. Torch's threads wait for each other at every step, and spin as they wait: a fit on all
    cores beside one busy neighbour takes ten times as long."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, min(before, (os.cpu_count() or 1) - 1)))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fit(
    data: Interactions,
    movies: pd.DataFrame,
    config: FitConfig,
    device: torch.device,
    seed: int,
    progress: Callable[[float], None],
    start: EmbeddingDotBias | None = None,
) -> EmbeddingDotBias:
    """Learn a model. `movies` has one row (year, genres) for each of `data.item_ids`, in that order.

    `progress` is called after each sweep with the share done, 0 to 1. `start`: films' factors to begin from.
    """
    mu = float(data.stars.mean(dtype=np.float64))
    users, items, basis, centre = _sides(data, movies, config, mu, device, seed)
    size = config.factors + 1
    item_rows = _start_items(data, size, device, seed, start)
    eye = torch.eye(size, device=device) * START_VARIANCE
    user_prior = Prior(torch.zeros(users.features.shape[1], size, device=device), eye)
    item_prior = Prior(torch.zeros(items.features.shape[1], size, device=device), eye)
    noise_precision = START_NOISE_PRECISION
    total_square = float(((data.stars - mu) ** 2).sum(dtype=np.float64))
    for sweep in range(config.sweeps):
        user_rows, _, _ = users.solve(item_rows, user_prior, noise_precision)
        user_prior = user_prior.updated(users.features, user_rows)
        item_rows, moments, targets = items.solve(user_rows, item_prior, noise_precision)
        item_prior = item_prior.updated(items.features, item_rows)
        error = total_square + float(solver.expected_square(moments, targets, item_rows).sum())
        noise_precision = 1 / max(error / len(data.stars), LEAST_NOISE_VARIANCE)
        progress((sweep + 1) / config.sweeps)
    user_rows, _, _ = users.solve(item_rows, user_prior, noise_precision)
    scalars = torch.tensor([mu, noise_precision, float(data.stars.min()), float(data.stars.max())])
    model = EmbeddingDotBias(
        user_ids=torch.from_numpy(data.user_ids),
        item_ids=torch.from_numpy(data.item_ids),
        users=user_rows.mean,
        items=item_rows.mean,
        item_moments=solver.second_moments(item_rows),
        item_counts=torch.from_numpy(np.bincount(data.items, minlength=len(data.item_ids)).astype(np.float32)),
        user_cov=user_prior.cov,
        item_cov=item_prior.cov,
        set_basis=basis,
        set_centre=centre,
        set_weights=user_prior.weights,
        globals=scalars,
    )
    return EmbeddingDotBias(**{name: tensor.cpu() for name, tensor in model.tensors().items()})


def _sides(
    data: Interactions, movies: pd.DataFrame, config: FitConfig, mu: float, device: torch.device, seed: int
) -> tuple[Side, Side, Tensor, Tensor]:
    """Both sides, and the basis and centre that turn a set of films into a user's features."""
    ones, residuals = np.ones_like(data.stars), data.stars - np.float32(mu)
    by_user, by_item = data.matrix(ones, device), data.matrix(ones, device, by_item=True)
    user_features, basis, centre = _set_side(by_user, config.set_rank, seed)
    rater_features, _, _ = _set_side(by_item, config.set_rank, seed)
    content = torch.from_numpy(film_features(movies)).to(device)
    users = Side(_compressed(by_user), _compressed(data.matrix(residuals, device)), user_features)
    items = Side(
        _compressed(by_item),
        _compressed(data.matrix(residuals, device, by_item=True)),
        torch.cat([torch.ones(len(content), 1, device=device), content, rater_features], dim=1),
    )
    return users, items, basis, centre


def _compressed(matrix: Tensor) -> Tensor:
    """Rows compressed (CSR): products are five times as fast. Torch warns once that the layout is beta."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        return matrix.to_sparse_csr()


def _set_side(rated: Tensor, rank: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Features of each row's set of columns, with the basis and the centre they were made with."""
    basis = set_basis(rated, rank, seed)
    sizes = torch.sparse.sum(rated, dim=1).to_dense()
    sums = rated @ basis
    filled = sizes > 0
    centre = (sums[filled] / sizes[filled].sqrt()[:, None]).mean(0)
    return set_features(sums, sizes, centre), basis, centre


def _start_items(
    data: Interactions, size: int, device: torch.device, seed: int, start: EmbeddingDotBias | None
) -> Posterior:
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(len(data.item_ids), size, generator=generator) * START_VARIANCE
    if start is not None and start.items.shape[1] == size:
        rows = torch.from_numpy(start.item_rows(data.item_ids))
        mean[rows >= 0] = start.items[rows[rows >= 0]]
    cov = torch.eye(size).mul(START_VARIANCE / 2).expand(len(mean), size, size)
    return Posterior(mean.to(device), cov.to(device))
