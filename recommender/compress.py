"""From many draws to one dot-plus-bias model that predicts their average."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Compressed factors for each factor of a draw, and at most so many: what is lost is below a hundredth of a star.
WIDTH, MOST = 2, 64
# Directions weaker than this share of the strongest are noise of the arithmetic.
LEAST_STRENGTH = 1e-6
CHUNK = 8192  # rows that are held in doubles at once
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
    weight = (item_counts + 1).double()
    ones = torch.ones(count, dtype=torch.float64)
    values, vectors = torch.linalg.eigh(_moments(users, ones) / max(count, 1))
    values = values.clamp(min=LEAST_STRENGTH * float(values[-1].clamp(min=1e-12)))
    root, unroot = vectors * values.sqrt(), vectors / values.sqrt()
    _, directions = torch.linalg.eigh(root.mT @ _moments(items, weight / weight.sum()) @ root)
    kept = directions[:, -min(WIDTH * (size - 1), MOST, draws * (size - 1)) :].flip(1)
    projection = unroot @ kept / draws
    return Compressed(
        _shortened(users, projection),
        _shortened(items, root @ kept),
        projection.unflatten(0, (draws, size - 1)).float(),
        _doubt(users, items),
    )


def _moments(rows: Tensor, weights: Tensor) -> Tensor:
    """(S K, S K) double: the weighted sum of w w' over rows (n, S, D), w the factors of all draws. Doubles of all rows at once
    would take gigabytes where there are many."""
    parts = zip(torch.split(rows, CHUNK), torch.split(weights, CHUNK), strict=True)
    wide = ((part[:, :, :-1].flatten(1).double(), weight[:, None]) for part, weight in parts)
    return sum((part.mT @ (part * weight) for part, weight in wide), start=torch.zeros(()))


def _shortened(rows: Tensor, directions: Tensor) -> Tensor:
    """(n, S, D) -> (n, C + 1): the factors of all draws along these directions (S K, C), and the mean bias."""
    parts = [
        torch.cat([part[:, :, :-1].flatten(1).double() @ directions, part[:, :, -1:].double().mean(1)], dim=1).float()
        for part in torch.split(rows, CHUNK)
    ]
    return torch.cat(parts)


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
