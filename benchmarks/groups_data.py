"""Groups of members for `benchmarks.groups`, and what each member would truly give the films.

Members are never learned from. Half of the films are set apart: what members gave the others is their history, what they gave
these is the truth. (Halving each member's own ratings instead would leave a group hardly a film that all of them rated.)
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.splits import ranked_members

KINDS = ("random", "similar", "divergent")
SIZES = (2, 4, 8)
LEAST_SHARED = 10  # films that all of a group gave a rating that was kept apart
CHOICES = 20  # members from among whom the most, or the least, similar one joins
POPULAR = 300
NEIGHBOURS = 30
# An average over few ratings, or a likeness from few, counts for little.
DAMPING, LIKENESS_DAMPING = 10.0, 50.0

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Members:
    """`train` has no rating of theirs. `given` and `apart` (members, films) hold stars, NaN where there are none; a film is
    in one of both at most. `neighbours` (members, films): stars by another family of model, from what is apart."""

    train: pd.DataFrame
    films: Rows
    given: Array
    apart: Array
    popular: Rows  # columns of the films apart with the most ratings
    neighbours: Array

    def history(self, member: int) -> dict[int, float]:
        own = self.given[member]
        rated = np.flatnonzero(~np.isnan(own))
        return dict(zip(self.films[rated].tolist(), own[rated].tolist(), strict=True))


def members(ratings: pd.DataFrame, films: Rows, seed: int) -> Members:
    """600 members, as `splits.ranked_members` draws them. films: all ids, ascending."""
    train = ranked_members(ratings, seed).train
    own = ratings[~ratings["user"].isin(train["user"].unique())]
    people, rows = np.unique(own["user"], return_inverse=True)
    stars = np.full((len(people), len(films)), np.nan)
    stars[rows, np.searchsorted(films, own["movie"])] = own["rating"]
    is_apart = np.random.default_rng(seed).random(len(films)) < 0.5
    given, apart = np.where(is_apart, np.nan, stars), np.where(is_apart, stars, np.nan)
    counts = np.bincount(np.searchsorted(films, train["movie"]), minlength=len(films)) * is_apart
    popular = np.sort(np.argsort(-counts, kind="stable")[:POPULAR])
    return Members(train, films, given, apart, popular, _by_neighbours(train, films, apart, popular))


def _by_neighbours(train: pd.DataFrame, films: Rows, apart: Array, wanted: Rows) -> Array:
    """(members, films) stars of the wanted films, NaN elsewhere: biases, and the member's ratings of the most alike films
    (Sarwar et al. 2001). The film itself is not among them."""
    people, rows = np.unique(train["user"], return_inverse=True)
    known = np.full((len(people), len(films)), np.nan)
    known[rows, np.searchsorted(films, train["movie"])] = train["rating"]
    mean = float(np.nanmean(known))
    film_bias = _damped(known - mean, 0)
    left = np.nan_to_num(known - mean - film_bias - _damped(known - mean - film_bias, 1)[:, None])
    member_bias = _damped(apart - mean - film_bias, 1)[:, None]
    own = apart - mean - film_bias - member_bias
    both = (left[:, wanted] != 0).astype(np.float64).T @ (left != 0)
    norms = np.linalg.norm(left, axis=0) + 1e-9
    likeness = left[:, wanted].T @ left / np.outer(norms[wanted], norms) * both / (both + LIKENESS_DAMPING)
    likeness[np.arange(len(wanted)), wanted] = 0
    stars = np.full(apart.shape, np.nan)
    for film, weights in zip(wanted, likeness, strict=True):
        weight = np.where(np.isnan(own), 0.0, np.maximum(weights, 0))
        least = np.partition(weight, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS, None]
        weight[weight < least] = 0
        moved = (weight * np.nan_to_num(own)).sum(1) / np.maximum(weight.sum(1), 0.1)
        stars[:, film] = (mean + film_bias[film] + member_bias[:, 0] + moved).clip(1, 5)
    return stars


def _damped(residuals: Array, axis: int) -> Array:
    return np.asarray(np.nansum(residuals, axis) / ((~np.isnan(residuals)).sum(axis) + DAMPING))


def groups(people: Members, kind: str, size: int, count: int, seed: int) -> list[Rows]:
    """So many groups whose members all rated enough films that were kept apart. One starts with a member at random; of some
    who could join, one at random does, or the one most or least like the others by Pearson's correlation of histories."""
    rng = np.random.default_rng([seed, KINDS.index(kind), size])
    likeness = _correlations(people.given)
    rated = ~np.isnan(people.apart)
    found: list[Rows] = []
    while len(found) < count:
        group = [int(rng.integers(len(rated)))]
        shared = rated[group[0]].copy()
        while len(group) < size:
            fitting = np.setdiff1d(np.flatnonzero((rated & shared).sum(1) >= _needed(size, len(group))), group)
            if not len(fitting):
                break
            some = rng.permutation(fitting)[:CHOICES]
            average = likeness[np.ix_(group, some)].mean(0)
            chosen = {"random": some[0], "similar": some[average.argmax()], "divergent": some[average.argmin()]}[kind]
            group.append(int(chosen))
            shared &= rated[chosen]
        if len(group) == size:
            found.append(np.array(group))
    return found


def _needed(size: int, joined: int) -> float:
    """How many films a group has to share by now, so that enough are left when it is complete: each who joins halves them."""
    return float(LEAST_SHARED * 1.6 ** (size - joined - 1))


def _correlations(given: Array) -> Array:
    """(members, members) Pearson's, each about their own mean, over the films that both rated, damped as they are few."""
    centred = np.nan_to_num(given - np.nanmean(given, 1, keepdims=True))
    rated = (~np.isnan(given)).astype(np.float64)
    squares = centred**2 @ rated.T
    both = rated @ rated.T
    return np.asarray(centred @ centred.T / np.sqrt(squares * squares.T + 1e-9) * both / (both + DAMPING))
