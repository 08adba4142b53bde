"""The prior of the rows of one side, users or films, and a draw of it given its rows."""

from dataclasses import dataclass

import torch
from torch import Tensor

START_VARIANCE = 0.1  # of a row, where the chain starts
# Prior variance of a row. It counts as one more row, so that no covariance is singular.
PRIOR_VARIANCE = 0.1


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

    def drawn(
        self, features: Tensor, rows: Tensor, generator: torch.Generator, more: tuple[Tensor, Tensor] | None = None
    ) -> "Prior":
        """A draw from the posterior of the prior given its rows: Normal weights, inverse Wishart covariance, Gamma ridge.

        more: rows and features that count for the weights, and not for the covariance: `thinned` films scatter more around what
        few raters tell than films do around what all of theirs tell.
        """
        count, size = rows.shape
        eye = torch.eye(features.shape[1], device=features.device)
        told, known = (features, rows) if more is None else (torch.cat([features, more[1]]), torch.cat([rows, more[0]]))
        gram = torch.linalg.cholesky(told.mT @ told + self.ridge * eye)
        mean = torch.cholesky_solve(told.mT @ known, gram)
        left_over = rows - features @ mean
        scatter = left_over.mT @ left_over + self.ridge * mean.mT @ mean
        scatter = scatter + PRIOR_VARIANCE * torch.eye(size, device=scatter.device)
        cov = _inverse_wishart(scatter, count + size + 1, generator)
        white = torch.randn(mean.shape, generator=generator, device=mean.device)
        weights = mean + torch.linalg.solve_triangular(gram.mT, white, upper=True) @ torch.linalg.cholesky(cov).mT
        spread = (weights.mT @ weights * torch.linalg.inv(cov)).sum()
        ridge = gamma(torch.tensor((mean.numel() + 1) / 2, device=spread.device), generator) / ((spread + 1) / 2)
        return Prior(weights, cov, float(ridge))


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
