"""Which serves better: draws by Gibbs sampling, or a variational fit of the same model?  python -m benchmarks.variational

The variational fit is mean-field coordinate ascent (Lim and Teh 2007, "Variational Bayesian approach to movie rating
prediction"): each row of users and films has a Normal of its own, solved from the other side's means and covariances. Priors
and noise are those of the fit, at their point estimates. As many draws are then taken from it as Gibbs sampling keeps, so
that all that follows is the same for both: the compression, the fold-in and the intervals.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from benchmarks import options as command_line
from benchmarks.accuracy import RANDOM_SPLITS, marquee
from benchmarks.newcomers import INTERVAL, covered, fold_in
from benchmarks.report import Report
from recommender import Recommender, solver
from recommender import fit as sampling
from recommender.evaluation.splits import new_members, random_split
from recommender.fit import Draw, FitConfig, Gibbs, Side
from recommender.prior import PRIOR_VARIANCE, Prior

DEFAULT = FitConfig()
MORE = replace(DEFAULT, samples=64)
GIVEN = (1, 5, 20)
Fit = tuple[str, Callable[[], AbstractContextManager[object]], FitConfig]


@dataclass(frozen=True)
class Rows:
    """Normal posteriors of rows: mean (n, D), cov (n, D, D)."""

    mean: Tensor
    cov: Tensor

    def second_moments(self) -> Tensor:
        """E[y y'] of y = (factors, bias, 1), (n, D + 1, D + 1)."""
        y = torch.cat([self.mean, torch.ones_like(self.mean[:, :1])], dim=1)
        moments = y[:, :, None] * y[:, None, :]
        moments[:, :-1, :-1] += self.cov
        return moments


class Ascent:
    """The variational posterior, and one sweep of coordinate ascent. It starts from where a chain starts."""

    def __init__(self, chain: Gibbs) -> None:
        self._users, self._items = chain._users, chain._items
        self._counts, self._totals = chain._counts, chain._totals
        start = chain.draw
        self.films = Rows(start.items, torch.zeros(*start.items.shape, start.items.shape[1]))
        self.user_prior, self._item_prior = start.user_prior, start.item_prior
        self.noise, self._user_noise = start.noise_precision, torch.ones_like(self._counts)

    def sweep(self) -> None:
        ones = torch.ones(len(self.films.mean))
        users, gram, targets = _solved(self._users, self.films, self.user_prior, self.noise * self._user_noise, ones)
        y = torch.cat([users.mean, torch.ones_like(users.mean[:, :1])], dim=1)
        errors = self._totals - 2 * (targets * y).sum(1) + (gram * users.second_moments()).sum((1, 2))
        self.user_prior = _best(self.user_prior, self._users.design.features, users)
        shape = sampling.NOISE_SHAPE + self._counts
        self._user_noise = shape / (sampling.NOISE_SHAPE + self.noise * errors)
        weighted = float((self._user_noise * errors).sum())
        seen = sampling.NOISE_BEFOREHAND
        self.noise = (float(self._counts.sum()) + seen) / (weighted + seen / sampling.START_NOISE_PRECISION)
        self.films = _solved(self._items, users, self._item_prior, self.noise * ones, self._user_noise)[0]
        self._item_prior = _best(self._item_prior, self._items.design.features, self.films)

    def draws(self, count: int, generator: torch.Generator) -> list[Draw]:
        root = torch.linalg.cholesky(self.films.cov)
        white = torch.randn(count, *self.films.mean.shape, generator=generator)
        films = [self.films.mean + (root @ each[:, :, None])[:, :, 0] for each in white]
        return [Draw(items, self.user_prior, self._item_prior, self.noise) for items in films]


def _solved(side: Side, columns: Rows, prior: Prior, noise: Tensor, weights: Tensor) -> tuple[Rows, Tensor, Tensor]:
    """A side's posterior given the other's, and the sums it was solved from."""
    size = columns.mean.shape[1] + 1
    # From (factors, bias, 1) to the order in which a column meets a row: (factors, 1, bias).
    order = torch.tensor([*range(size - 2), size - 1, size - 2])
    moments = columns.second_moments()[:, order][:, :, order] * weights[:, None, None]
    gram = (side.rated @ moments.flatten(1)).view(-1, size, size)
    targets = side.residuals @ (solver.augment(columns.mean) * weights[:, None])
    means, precision = side.design.features @ prior.weights, torch.linalg.inv(prior.cov)
    posterior = solver.solve_rows(gram, targets, means, precision, noise)
    return Rows(posterior.mean, torch.cholesky_inverse(posterior.cholesky)), gram, targets


def _best(prior: Prior, features: Tensor, rows: Rows) -> Prior:
    """The point estimate of what `Prior.drawn` draws, with the rows' own covariances in it."""
    count, size = rows.mean.shape
    gram = torch.linalg.inv(features.mT @ features + prior.ridge * torch.eye(features.shape[1]))
    weights = gram @ (features.mT @ rows.mean)
    left_over = rows.mean - features @ weights
    scatter = left_over.mT @ left_over + prior.ridge * weights.mT @ weights + rows.cov.sum(0)
    cov = (scatter + PRIOR_VARIANCE * torch.eye(size)) / (count + size + 1)
    spread = (weights.mT @ weights * torch.linalg.inv(cov)).sum() + size * gram.trace()
    return Prior(weights, cov, float((weights.numel() + 1) / (spread + 1)))


def variational(sweeps: int) -> AbstractContextManager[object]:
    """A context in which fits are variational."""

    def draws(chain: Gibbs, config: FitConfig, progress: Callable[[float], None]) -> list[Draw]:
        ascent = Ascent(chain)
        for _ in range(sweeps):
            ascent.sweep()
        return ascent.draws(config.samples, chain.generator)

    return patch.object(sampling, "_draws", draws)


FITS: list[Fit] = [
    ("variational, 15 sweeps", lambda: variational(15), DEFAULT),
    ("variational, 30 sweeps", lambda: variational(30), DEFAULT),
    (f"variational, {DEFAULT.sweeps} sweeps", lambda: variational(DEFAULT.sweeps), DEFAULT),
    (f"Gibbs sampling, {DEFAULT.sweeps} sweeps", nullcontext, DEFAULT),
    (f"variational, {DEFAULT.sweeps} sweeps, {MORE.samples} draws", lambda: variational(DEFAULT.sweeps), MORE),
    (f"Gibbs sampling, {MORE.sweeps} sweeps, {MORE.samples} draws", nullcontext, MORE),
]


def main() -> None:
    options = command_line.parser("Gibbs sampling beside a variational fit, as Markdown.", seeds=5)
    options.add_argument("--data", nargs="+", choices=RANDOM_SPLITS, default=["ml-100k"])
    chosen = options.parse_args()
    with Report("variational", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is None:
                continue
            report.heading(f"{name}, seeds {', '.join(map(str, chosen.seeds))}")
            rows = []
            for label, fitted, config in FITS:
                with fitted():
                    each = [list(_measured(data.ratings, data.movies, name, config, seed)) for seed in chosen.seeds]
                found = np.array(each)
                rmse, seconds, *members = found.mean(0)
                cells = [f"{value:.4f}" for value in members[: len(GIVEN)]] + [f"{members[-1]:.1%}"]
                rows.append([label, f"{rmse:.4f}", f"{seconds:.2f}", *cells])
            given = [f"new members, k = {k}" for k in GIVEN]
            report.table(["", "RMSE, random split", "fit, s", *given, f"{INTERVAL:.0%} intervals hold"], rows)


def _measured(ratings: pd.DataFrame, movies: pd.DataFrame, name: str, config: FitConfig, seed: int) -> Iterator[float]:
    """RMSE and seconds on a random split; RMSE of new members at each k, and the share of their ratings in the intervals."""
    result = marquee(random_split(ratings, RANDOM_SPLITS[name], seed), movies, config, seed)
    yield result.mse**0.5
    yield result.seconds
    split = new_members(ratings, seed)
    model = Recommender.fit(split.train, movies, config=config, device="cpu", seed=seed)
    stars, inside = split.test["rating"].to_numpy(float), []
    for k in GIVEN:
        mean, sd = fold_in(model, split, k)
        yield float(np.sqrt(np.mean((mean - stars) ** 2)))
        inside.append(covered(split, mean, sd))
    yield float(np.mean(inside))


if __name__ == "__main__":
    main()
