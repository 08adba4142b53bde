"""From many draws to one dot-plus-bias model that predicts their average."""

from dataclasses import dataclass

import torch
from torch import Tensor

from recommender.communicator import ALONE, Communicator

# C = min(WIDTH K, MOST) factors are kept: predictions move by less than a hundredth of a star.
WIDTH, MOST = 2, 64
# Eigenvalues are raised to this share of the largest: smaller ones are rounding errors.
LEAST_STRENGTH = 1e-6
CHUNK = 8192  # rows that are held in doubles at once
TYPICAL_USERS = 200  # over whom a film's doubt is averaged


@dataclass(frozen=True)
class Compressed:
    """users (n, C + 1), items (m, C + 1), projection (S, K, C) and item_doubt (m,): see `EmbeddingDotBias`. directions (S K, C):
    what took the items' factors of all draws to the compressed ones."""

    users: Tensor
    items: Tensor
    projection: Tensor
    directions: Tensor
    item_doubt: Tensor


def compressed(users: Tensor, items: Tensor, item_counts: Tensor, spread: Communicator = ALONE) -> Compressed:
    """users (n, S, D) and items (m, S, D), the factors and bias of each of S draws -> the C best factors for their average.
    spread: the processes that the users are spread over.

    With p_us and q_is the factors of draw s, the average is one dot product of S K terms:

        1/S sum_s p_us . q_is = 1/S (p_u1, ..., p_uS) . (q_i1, ..., q_iS)

    Of its dimensions those are kept in which predictions differ most, films weighted by their ratings: a weighted truncated
    SVD, from the second moments of users and films (Eckart and Young 1936).
    """
    count, draws, size = users.shape
    weight = (item_counts + 1).double()
    ones = torch.ones(count, dtype=torch.float64)
    everybody = spread.place(count)[1]
    values, vectors = torch.linalg.eigh(spread.sum(_moments(users, ones)) / max(everybody, 1))
    values = values.clamp(min=LEAST_STRENGTH * float(values[-1].clamp(min=1e-12)))
    root, unroot = vectors * values.sqrt(), vectors / values.sqrt()
    _, directions = torch.linalg.eigh(root.mT @ _moments(items, weight / weight.sum()) @ root)
    kept = directions[:, -min(WIDTH * (size - 1), MOST, draws * (size - 1)) :].flip(1)
    projection, directions = spread.of_first(unroot @ kept / draws), spread.of_first(root @ kept)
    return Compressed(
        shortened(users, projection),
        shortened(items, directions),
        projection.view(draws, size - 1, -1).float(),
        directions,
        _doubt(typical(users, spread).float(), items),
    )


def _moments(rows: Tensor, weights: Tensor) -> Tensor:
    """(S K, S K) double: the weighted sum of w w' over rows (n, S, D), where w holds the factors of all draws. It goes through
    the rows in chunks: doubles of all at once would take gigabytes."""
    parts = zip(torch.split(rows, CHUNK), torch.split(weights, CHUNK), strict=True)
    wide = ((part[:, :, :-1].flatten(1).double(), weight[:, None]) for part, weight in parts)
    return sum((part.mT @ (part * weight) for part, weight in wide), start=torch.zeros(()))


def shortened(rows: Tensor, directions: Tensor) -> Tensor:
    """(n, S, D) -> (n, C + 1): the factors of all draws times `directions` (S K, C), and the mean bias."""
    parts = [
        torch.cat([part[:, :, :-1].flatten(1).double() @ directions, part[:, :, -1:].double().mean(1)], dim=1).float()
        for part in torch.split(rows, CHUNK)
    ]
    return torch.cat(parts)


def typical(users: Tensor, spread: Communicator = ALONE) -> Tensor:
    """Some of the users of all processes, at equal steps."""
    own, everybody = spread.place(len(users))
    step = max(1, everybody // TYPICAL_USERS)
    return spread.gather(users[-own.start % step :: step])


def _doubt(some: Tensor, items: Tensor) -> Tensor:
    """(m,) sd between the draws of the stars of a film: the root of the variance, averaged over some users."""
    mean, square = torch.zeros(len(some), len(items)), torch.zeros(len(some), len(items))
    draws = some.shape[1]
    for draw in range(draws):
        stars = some[:, draw, :-1] @ items[:, draw, :-1].float().mT + some[:, draw, -1:] + items[:, draw, -1].float()
        mean += stars / draws
        square += stars**2 / draws
    return (square - mean**2).clamp(min=0).mean(0).sqrt()
