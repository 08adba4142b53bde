"""Questions that don't depend on the answers: the same films, in the same order, for everybody."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender import Recommender

MOST = 400  # films that may be in a list, the most rated ones
LEARNERS = 200  # users whose doubt the list is made for
LENGTH = 80  # films of that list
LEAST_RATINGS = 40  # of such a user
HALF_STARS = 10

Ids = NDArray[np.int64]


def popularity(train: pd.DataFrame) -> Ids:
    """The most rated films."""
    return train["movie"].value_counts().index.to_numpy()[:MOST]


def popularity_and_entropy(train: pd.DataFrame) -> Ids:
    """By the logarithm of a film's ratings times the entropy of its stars (Rashid et al. 2002)."""
    counts = train.groupby(["movie", "rating"]).size().unstack(fill_value=0)
    ratings = counts.sum(axis=1)
    shares = counts.div(ratings, axis=0)
    entropy = -(shares * np.log(shares.where(shares > 0, 1))).sum(axis=1)
    return (np.log(ratings) * entropy).sort_values(ascending=False, kind="stable").index.to_numpy()[:MOST]


def at_random(train: pd.DataFrame, seed: int) -> Ids:
    """The most rated films, in random order."""
    return np.random.default_rng(seed).permutation(popularity(train))


def greedy(model: Recommender, train: pd.DataFrame, seed: int) -> Ids:
    """One list for all, grown film by film (after GreedyExtend, Golbandi, Koren and Lempel 2010): each next film is the one whose
    stars, from those users of a sample who rated it, leave the least variance in the predictions of what people usually watch."""
    parameters = model.model
    films = popularity(train)
    counts = train.groupby("user").size()
    users = np.random.default_rng(seed).permutation(counts.index[counts >= LEAST_RATINGS].to_numpy())[:LEARNERS]
    own = train[train["user"].isin(users) & train["movie"].isin(films)]
    rated = np.zeros((len(users), len(films)), dtype=bool)
    rated[pd.Index(users).get_indexer(own["user"]), pd.Index(films).get_indexer(own["movie"])] = True
    # One draw of the films is enough to choose by.
    columns, usual = (
        parameters.item_samples(rows)[:, 0, :-1].double().numpy()
        for rows in (parameters.item_rows(films), parameters.usual_rows)
    )
    spread, noise = usual.T @ usual, 1 / float(parameters.noise_precision[0])
    cov = np.repeat(parameters.user_cov[:1].numpy(), len(users), axis=0)
    chosen: list[int] = []
    for _ in range(min(LENGTH, len(films))):
        reach = columns @ cov
        variance = noise + (reach * columns).sum(2)
        falls = ((reach @ spread * reach).sum(2) / variance * rated).sum(0)
        falls[chosen] = -1
        best = int(falls.argmax())
        chosen.append(best)
        known = reach[:, best] * (rated[:, best] / np.sqrt(variance[:, best]))[:, None]
        cov -= known[:, :, None] * known[:, None, :]
    return films[chosen]
