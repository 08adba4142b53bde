"""Films that nobody rated: all that is known of them is their prior.

The factors and the bias of such a film i are, in draw s, Normal(x_i W_s, C_s), with x_i its features: 1, and what it is. So its
prediction is linear in x_i, no draw of it needs to be kept, and its variance adds to that of whatever is said of it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from recommender import solver
from recommender.compress import shortened


@dataclass(frozen=True)
class FilmPrior:
    """What each of F features adds to a film that nobody rated. `items` (F, C + 1) and `samples` (F, S, D + 1): to what the rows
    of a rated film are in a model. `cov` (S, D, D) double: C_s. `doubt` (F, F): M in item_doubt^2 = x' M x."""

    items: Tensor
    samples: Tensor
    cov: Tensor
    doubt: Tensor

    @classmethod
    def of(cls, weights: Tensor, cov: Tensor, some: Tensor, directions: Tensor) -> "FilmPrior":
        """weights W (S, F, D) and cov C (S, D, D) of each draw; some users (n, S, D); directions (S K, C) of `Compressed`."""
        rows = weights.transpose(0, 1).float()
        samples = solver.augment(rows)
        samples[1:, :, -2] = 0  # the first feature is 1 already
        return cls(
            shortened(rows, directions), samples, cov.double(), _doubt(rows.double(), cov.double(), some.double())
        )


def _doubt(rows: Tensor, cov: Tensor, users: Tensor) -> Tensor:
    """(F, F) M, from rows W (F, S, D), cov C (S, D, D), and users (n, S, D) with the factors p and the bias b. A film's stars
    vary as p' W_s x + b does between the draws, with p' = (p, 1), and by p' C_s p' within them, averaged over the users."""
    people = torch.cat([users[:, :, :-1], torch.ones_like(users[:, :, -1:])], dim=2)
    scores = torch.einsum("nsd,fsd->nsf", people, rows)
    scores[:, :, 0] += users[:, :, -1]
    scores -= scores.mean(1, keepdim=True)
    between = torch.einsum("nsf,nsg->fg", scores, scores) / (len(people) * people.shape[1])
    between[0, 0] += torch.einsum("nsd,sde,nse->ns", people, cov, people).mean()
    return between.float()
