"""Films as they were when few had rated them.

Most films with few ratings are ones that few care to see, and who sees them likes them less. A new film has few ratings too, and
nothing in them tells which it is. A prior learned from the films as they stand takes every film for one of the first kind: it
predicts a new film half a star too low. So it is also learned from films that many rated, cut down to a few of their ratings.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recommender.communicator import ALONE, Communicator
from recommender.features import row_sums

FEW = 10  # ratings, at most, of a film that counts as rare
MOST_KEPT = 5  # ratings, at most, of a film that is cut down
SCARCE = 16  # ratings with which a film is like all others
# Films cut down for each film that has few ratings. New films gain by more of them, and rare ones lose.
NEW_FOR_EACH_RARE = 0.36
LEAST_NEW = 350  # fewer would not teach all that the prior is linear in
MOST_COPIES = 6  # for each film that many rated, on average, or a few of them would speak for all that are new


@dataclass(frozen=True)
class CutDown:
    """`films` (n,): which films were cut down; `raters` (n, users): the ratings that each of them kept, by weight, CSR."""

    films: Tensor
    raters: Tensor


def cut_down(raters: Tensor, seed: int, columns: Communicator = ALONE) -> CutDown:
    """Cut films down to n of their ratings, 0 to MOST_KEPT, in proportion to 1 / sqrt(1 + n).

    raters (films, users): weights of the ratings, CSR. A film is drawn in proportion to its ratings, by weight, as a rating that
    is still to come would be of it. The fewer ratings a film has, the less they tell which kind it is of, and the more copies
    are needed. columns: the processes that the users are spread over; each gets its own users' ratings of all these films.
    """
    rng = np.random.default_rng(seed)
    parts = (raters.crow_indices(), raters.col_indices(), raters.values())
    starts, users, weights = (part.cpu().numpy() for part in parts)
    # By weight, so that ratings which hardly count make no film one that many rated.
    each = torch.stack(columns.parts(torch.from_numpy(np.diff(starts))[None])).numpy()[:, 0]
    sizes, before = each.sum(0), each[: columns.rank].sum(0)
    counted = columns.sum(row_sums(raters)).cpu().double().numpy()
    many = np.where(counted > FEW, counted, 0)
    wanted = max(round(NEW_FOR_EACH_RARE * int((counted <= FEW).sum())), LEAST_NEW)
    count = min(wanted, MOST_COPIES * int((many > 0).sum()))
    films = np.searchsorted(np.cumsum(many), rng.integers(0, max(int(many.sum()), 1), count), side="right")
    share = np.arange(1, MOST_KEPT + 2) ** -0.5
    kept = rng.choice(MOST_KEPT + 1, count, p=share / share.sum())
    places = [np.sort(rng.choice(sizes[film], n, replace=False)) for film, n in zip(films, kept, strict=True)]
    row = np.repeat(np.arange(count), kept)
    place = np.concatenate([*places, np.zeros(0, dtype=np.int64)]) - before[films[row]]
    own = (place >= 0) & (place < np.diff(starts)[films[row]])
    row, chosen = row[own], starts[films[row[own]]] + place[own]
    ends = torch.from_numpy(np.append(0, np.cumsum(np.bincount(row, minlength=count))).astype(np.int32))
    who, values = torch.from_numpy(users[chosen]), torch.from_numpy(weights[chosen])
    rows = torch.sparse_csr_tensor(ends, who, values, (count, raters.shape[1]), check_invariants=False)
    return CutDown(torch.from_numpy(films).to(raters.device), rows.to(raters.device))


def scarcity(raters: Tensor, columns: Communicator = ALONE) -> Tensor:
    """(films, 1) 1 for a film without ratings, falling evenly to 0 with SCARCE of them."""
    return (1 - columns.sum(row_sums(raters))[:, None] / SCARCE).clamp(min=0)
