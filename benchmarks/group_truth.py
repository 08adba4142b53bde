"""Groups of members, and what each member would truly give the films, by other means than the model that picks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.evaluation.splits import ranked_members

KINDS = ("random", "similar", "divergent")
SIZES = (2, 4, 8)
LEAST_SHARED = 10  # films apart that all of a group must have rated
JOINING = 20  # members of whom the most, or the least, similar one joins a group
POPULAR = 300
NEIGHBOURS = 100
# Ratings with which an average, or a likeness, counts half.
DAMPING, LIKENESS_DAMPING = 10.0, 50.0
# A member who joins leaves about 1 / SHARED of the films that all have rated. So many more are asked for each who is to come.
SHARED = 1.6

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Members:
    """Members who are never learned from. Arrays (members, films) hold stars, NaN where there are none."""

    train: pd.DataFrame  # the others' ratings
    films: Rows  # (films,) ids
    given: Array  # (members, films) their histories
    apart: Array  # (members, films) what they think of films that are in no history
    popular: Rows  # (POPULAR,) columns of the films apart with the most ratings
    neighbours: Array  # (members, films) `by_neighbours` for the popular films, from what is apart

    def history(self, member: int) -> dict[int, float]:
        rated = np.flatnonzero(~np.isnan(self.given[member]))
        return dict(zip(self.films[rated].tolist(), self.given[member, rated].tolist(), strict=True))


def members(ratings: pd.DataFrame, seed: int) -> Members:
    """600 users who are never learned from, as in `splits.ranked_members`. Half of the films are kept apart: what they gave
    the others is their history. (Half of each one's ratings would leave a group hardly a film that all of them rated.)"""
    train = ranked_members(ratings, seed).train
    films = np.unique(ratings["movie"])
    own = ratings[~ratings["user"].isin(train["user"].unique())]
    people, rows = np.unique(own["user"], return_inverse=True)
    stars = np.full((len(people), len(films)), np.nan)
    stars[rows, np.searchsorted(films, own["movie"])] = own["rating"]
    is_apart = np.random.default_rng(seed).random(len(films)) < 0.5
    given, apart = np.where(is_apart, np.nan, stars), np.where(is_apart, stars, np.nan)
    counts = np.bincount(np.searchsorted(films, train["movie"]), minlength=len(films))
    popular = np.sort(np.argsort(np.where(is_apart, -counts, 1), kind="stable")[: min(POPULAR, is_apart.sum())])
    return Members(train, films, given, apart, popular, by_neighbours(train, films, apart, popular))


def by_neighbours(train: pd.DataFrame, films: Rows, own: Array, wanted: Rows) -> Array:
    """(members, films) predicted stars of the wanted films, NaN elsewhere, from the members' `own` stars (members, films).

    A prediction is mu + b_i + b_u + the mean of what the member gave the NEIGHBOURS most alike films above theirs, weighted by
    likeness (Sarwar et al. 2001)."""
    people, rows = np.unique(train["user"], return_inverse=True)
    columns, stars = np.searchsorted(films, train["movie"]), train["rating"].to_numpy()
    mean = float(stars.mean())
    film_bias = _damped(columns, stars - mean, len(films))
    left = stars - mean - film_bias[columns]
    left -= _damped(rows, left, len(people))[rows]
    matrix = np.zeros((len(people), len(films)), dtype=np.float32)
    matrix[rows, columns] = left
    weights = _likeness(matrix, wanted)
    rated = ~np.isnan(own)
    off = np.where(rated, own - mean - film_bias, 0)
    member_bias = off.sum(1, keepdims=True) / (rated.sum(1, keepdims=True) + DAMPING)
    off = np.where(rated, off - member_bias, 0)
    moved = off @ weights.T / np.maximum(rated @ weights.T, 0.1)
    result = np.full(own.shape, np.nan)
    result[:, wanted] = (mean + film_bias[wanted] + member_bias + moved).clip(stars.min(), stars.max())
    return result


def _likeness(matrix: NDArray[np.float32], wanted: Rows) -> Array:
    """(wanted, films) the likeness of the NEIGHBOURS most alike films, 0 for all others and for the film itself."""
    both = (matrix[:, wanted] != 0).astype(np.float32).T @ (matrix != 0).astype(np.float32)
    norms = np.linalg.norm(matrix, axis=0) + 1e-9
    likeness = matrix[:, wanted].T @ matrix / np.outer(norms[wanted], norms) * both / (both + LIKENESS_DAMPING)
    likeness[np.arange(len(wanted)), wanted] = 0
    least = np.partition(likeness, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS, None]
    return np.where(likeness >= np.maximum(least, 0), likeness, 0).astype(np.float64)


def _damped(index: Rows, values: Array, count: int) -> Array:
    """(count,) for each index the sum of its n values / (n + DAMPING)."""
    return np.bincount(index, values, count) / (np.bincount(index, minlength=count) + DAMPING)


def groups(people: Members, kind: str, size: int, count: int, seed: int) -> list[Rows]:
    """Groups of members who all rated enough of the films apart. The first member is a random one. Of some who can join, a
    random one does, or the one whose history correlates most, or least, with the others'."""
    rng = np.random.default_rng([seed, KINDS.index(kind), size])
    likeness = correlations(people.given)
    rated = (~np.isnan(people.apart)).astype(np.float32)
    found: list[Rows] = []
    while len(found) < count:
        group = [int(rng.integers(len(rated)))]
        while len(group) < size:
            shared = rated[group].prod(0)
            joining = np.flatnonzero(rated @ shared >= LEAST_SHARED * SHARED ** (size - len(group) - 1))
            joining = rng.permutation(np.setdiff1d(joining, group))[:JOINING]
            if not len(joining):
                break
            average = likeness[np.ix_(group, joining)].mean(0)
            place = {"random": 0, "similar": average.argmax(), "divergent": average.argmin()}[kind]
            group.append(int(joining[place]))
        if len(group) == size:
            found.append(np.array(group))
    return found


def correlations(given: Array) -> Array:
    """(members, members) Pearson's correlation over the n films that both rated, times n / (n + DAMPING)."""
    rated = ~np.isnan(given)
    centred = np.where(rated, given - np.nanmean(given, 1, keepdims=True), 0)
    both = rated.astype(np.float64) @ rated.T
    squares = centred**2 @ rated.T
    return np.asarray(centred @ centred.T / np.sqrt(squares * squares.T + 1e-9) * both / (both + DAMPING))
