"""From many draws to one dot-plus-bias model that predicts their average."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Compressed factors for each factor of a draw, and at most so many: what is lost is below a hundredth of a star.
WIDTH, MOST = 2, 64
# Directions weaker than this share of the strongest are noise of the arithmetic.
LEAST_STRENGTH = 1e-6
TYPICAL_USERS = 200  # viewers among whom a film's doubt is averaged


@dataclass(frozen=True)
class Compressed:
    """users (n, C + 1), items (m, C + 1), projection (S, K, C) and item_doubt (m,): see `EmbeddingDotBias`."""

    users: Tensor
    items: Tensor
    projection: Tensor
    item_doubt: Tensor


def compressed(users: Tensor, items: Tensor, item_counts: Tensor) -> Compressed:
    """users (n, S, D) and items (m, S, D), factors and bias of each of S draws -> the C best factors for their average.

    The average of S dot products is one long dot product. Of its S K dimensions those are kept in which predictions differ
    most, over the users and over the films in proportion to their ratings: a weighted truncated SVD, by way of the users'
    second moments (Eckart and Young 1936).
    """
    count, draws, size = users.shape
    wide_users = users[:, :, :-1].flatten(1).double()
    wide_items = items[:, :, :-1].flatten(1).double()
    values, vectors = torch.linalg.eigh(wide_users.mT @ wide_users / max(count, 1))
    values = values.clamp(min=LEAST_STRENGTH * float(values[-1].clamp(min=1e-12)))
    root, unroot = vectors * values.sqrt(), vectors / values.sqrt()
    weighted = wide_items * ((item_counts.double() + 1) / (item_counts.double() + 1).sum()).sqrt()[:, None]
    _, directions = torch.linalg.eigh(root.mT @ (weighted.mT @ weighted) @ root)
    kept = directions[:, -min(WIDTH * (size - 1), MOST, draws * (size - 1)) :].flip(1)
    projection = unroot @ kept / draws
    return Compressed(
        torch.cat([wide_users @ projection, users[:, :, -1:].double().mean(1)], dim=1).float(),
        torch.cat([wide_items @ (root @ kept), items[:, :, -1:].double().mean(1)], dim=1).float(),
        projection.unflatten(0, (draws, size - 1)).float(),
        _doubt(users, items),
    )


def _doubt(users: Tensor, items: Tensor) -> Tensor:
    """(m,) how much the draws differ on a film: the sd between them of a typical viewer's stars."""
    viewers = users[:: max(1, len(users) // TYPICAL_USERS)].float()
    mean, square = torch.zeros(len(viewers), len(items)), torch.zeros(len(viewers), len(items))
    draws = users.shape[1]
    for draw in range(draws):
        stars = (
            viewers[:, draw, :-1] @ items[:, draw, :-1].float().mT + viewers[:, draw, -1:] + items[:, draw, -1].float()
        )
        mean += stars / draws
        square += stars**2 / draws
    return (square - mean**2).clamp(min=0).mean(0).sqrt()
