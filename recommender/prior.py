"""The prior of the rows of one side, users or films, and a draw of it given its rows."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from recommender.communicator import ALONE, Communicator

START_VARIANCE = 0.1  # of a row, where the chain starts
# Prior variance of a row. It counts as one more row, so that no covariance is singular.
PRIOR_VARIANCE = 0.1


@dataclass(frozen=True)
class Design:
    """What the prior means of n rows are linear in: `features` (n, F).

    `again` (t,): rows that teach the weights a second time, as rows with the features `features_again` (t, F). They don't count
    for the covariance: rows of which less is known scatter more around what is known. `spread`: the processes that the rows are
    spread over.
    """

    features: Tensor
    again: Tensor
    features_again: Tensor
    spread: Communicator = ALONE

    @classmethod
    def of(cls, features: Tensor, spread: Communicator = ALONE) -> "Design":
        """Each row teaches once."""
        return cls(features, torch.zeros(0, dtype=torch.int64, device=features.device), features[:0], spread)

    def products(self, rows: Tensor) -> Tensor:
        """(F, D) X' Z of all that teaches the weights. rows: Z (n, D)."""
        return self.spread.sum(self.features.mT @ rows + self.features_again.mT @ rows[self.again])

    @cached_property
    def count(self) -> int:
        """n, in all processes."""
        return self.spread.place(len(self.features))[1]

    @cached_property
    def gram(self) -> tuple[Tensor, Tensor]:
        """Eigenvalues (F,) and eigenvectors (F, F) of X' X: with them a draw of the prior needs no inverse for its ridge."""
        once, again = self.features.double(), self.features_again.double()
        values, vectors = torch.linalg.eigh(self.spread.sum(once.mT @ once + again.mT @ again))
        return values.clamp(min=0).float(), vectors.float()


@dataclass(frozen=True)
class Prior:
    """Rows are Normal(features @ weights, cov), and each row of the weights is Normal(0, cov / ridge)."""

    weights: Tensor
    cov: Tensor
    ridge: float = 1.0

    @classmethod
    def start(cls, features: Tensor, size: int) -> "Prior":
        eye = torch.eye(size, device=features.device)
        return cls(torch.zeros(features.shape[1], size, device=features.device), eye * START_VARIANCE)

    def drawn(self, design: Design, rows: Tensor, generator: torch.Generator) -> "Prior":
        """A draw from the posterior of the prior given its rows: Normal weights, inverse Wishart covariance, Gamma ridge."""
        size = rows.shape[1]
        values, vectors = design.gram
        variance = 1 / (values + self.ridge)[:, None]
        mean = variance * (vectors.mT @ design.products(rows))  # of the weights, by eigenvectors
        left_over = rows - design.features @ (vectors @ mean)
        scatter = design.spread.sum(left_over.mT @ left_over) + self.ridge * mean.mT @ mean
        scatter = scatter + PRIOR_VARIANCE * torch.eye(size, device=scatter.device)
        cov = _inverse_wishart(scatter, design.count + size + 1, generator)
        # By eigenvectors too, and not drawn as such: an eigenvector may be turned round, and the draw must not depend on it.
        white = vectors.mT @ torch.randn(mean.shape, generator=generator, device=mean.device)
        weights = mean + variance.sqrt() * white @ torch.linalg.cholesky(cov).mT
        spread = (weights.mT @ weights * torch.linalg.inv(cov)).sum()
        ridge = gamma(torch.tensor((mean.numel() + 1) / 2, device=spread.device), generator) / ((spread + 1) / 2)
        return Prior(vectors @ weights, cov, float(ridge))


def gamma(shape: Tensor, generator: torch.Generator) -> Tensor:
    """Draws from Gamma(shape, rate 1)."""
    return torch._standard_gamma(shape, generator=generator)  # the only one that takes a generator


def _inverse_wishart(scatter: Tensor, freedom: int, generator: torch.Generator) -> Tensor:
    """A draw of a covariance (D, D), by Bartlett's decomposition of its inverse (Bartlett 1933; Smith and Hocking 1972)."""
    size = len(scatter)
    white = torch.randn(size, size, generator=generator, device=scatter.device)
    shapes = (freedom - torch.arange(size, device=scatter.device, dtype=scatter.dtype)) / 2
    bartlett = white.tril(-1) + torch.diag((2 * gamma(shapes, generator)).sqrt())
    # With scatter = L L', the inverse is L^-T A A' L^-1, so the covariance is X' X with X = A^-1 L'.
    half: Tensor = torch.linalg.solve_triangular(bartlett, torch.linalg.cholesky(scatter).mT, upper=False)
    return half.mT @ half
