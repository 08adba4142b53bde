"""Co-watching: how likely somebody likes a film next, by which films they rated so far.

A linear map from k random ratings of a person to the films that they like among the rest, learned for a few k. Of user u,
v_u holds a value for each film they rated, 0 for the others, and y_u is 1 for what they like. n_u films are rated. If each
of them is given with chance q_u = min(k / n_u, 1/2), and is asked for where it is not given, the expected normal equations
of a ridge regression are

    A = sum_u w_u (q_u^2 v_u v_u' + (q_u - q_u^2) diag(v_u)^2) + ridge_k I      B = sum_u w_u q_u (1 - q_u) v_u y_u'

with zeros on B's diagonal. A constant is one more input that is always given, with hardly a ridge. The map is A^-1 B. As in EASE
(Steck 2019) all pairs of films count at once, but it is learned for as few ratings as a person has.

Of all maps together the R strongest directions are kept, as one table of films given for each k, and one of films liked next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load, save
from torch import Tensor

from recommender.communicator import ALONE, Communicator
from recommender.interactions import Interactions, rows_from, sparse, transposed, with_values

GIVEN = (1, 5, 20, 80)  # ratings for which a map is learned; between them it is interpolated, by the logarithm
# Films of which a map is learned: the most rated ones. A map of them all would take gigabytes, and of films with fewer
# ratings it could tell nothing.
MOST_FILMS, LEAST_RATINGS = 6000, 4.0
MOST_USERS = 20_000  # of more, every second, third and so on: enough to learn from, and it takes a minute, not an hour
RANK = 200
# ridge_k = RIDGE k (1 + users k^2 / MANY). Without its last part, maps of many users and for long histories follow too closely
# what was rated together on one day; it was chosen on what people came to like weeks later.
RIDGE, MANY = 0.6, 3e6
# w_u = n_u^-ACTIVITY times the mean weight of u's ratings, of mean 1: people with many ratings would decide all, and accounts
# whose ratings hardly count would teach what somebody without ratings likes.
ACTIVITY = 0.15
LIKED = 4.0  # stars
DAMPING = 5.0  # ratings with which a film's own mean counts half
# A rating's value is 1 + SURPRISE (stars - the film's mean): a film that somebody disliked speaks less for its neighbours.
SURPRISE = 0.35
FLOOR = 0.1  # of the share of people who like a film: the least that a map may say
LEAST_RIDGE = 1e-4  # of the constant, for each user: without any, a matrix could be singular
PREFIX = "next_"
STRIP = 64  # films whose ratings are held as a dense matrix at once
ITERATIONS = 2  # of the subspace iteration that finds the directions


@dataclass(frozen=True)
class CowatchingTables:
    """What `learn` finds of r films. `rows` (c,): those that the maps know. `given` (K, c, R) and `following` (c, R): the maps.
    `constant` (K, c): what they say of somebody without ratings. `share` (r + 1,): of all people, those who like each film.
    `means` (r + 1,): of the films' stars, damped. The last of both is that of a film that nobody rated."""

    rows: Tensor
    given: Tensor
    following: Tensor
    constant: Tensor
    share: Tensor
    means: Tensor

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> "CowatchingTables":
        """What `fields` wrote."""
        return cls(**{field.name: tensors[f"{PREFIX}{field.name}"] for field in fields(cls)})

    def fields(self) -> dict[str, Tensor]:
        """The tables by the names that they have in a model."""
        return {f"{PREFIX}{name}": table for name, table in vars(self).items()}


def _values(stars: NDArray[np.floating], means: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.maximum(1 + SURPRISE * (stars - means), 0).astype(np.float32)


def learn(data: Interactions, device: torch.device, seed: int, spread: Communicator = ALONE) -> CowatchingTables:
    """Learn the maps from ratings on the scale from half a star to five. spread: the processes that the users are spread over.
    The first learns, and tells the others."""
    size = len(data.item_ids) + 1  # and a film that nobody rated

    def by_film(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(spread.sum(torch.from_numpy(np.bincount(data.items, weights, size))).numpy())

    counts, likes = by_film(data.weights), by_film(data.weights * (data.stars >= LIKED))
    means = (by_film(data.weights * data.stars) + DAMPING * data.mean(spread)) / (counts + DAMPING)
    most = np.argsort(-counts[:-1], kind="stable")[:MOST_FILMS]
    rows = np.sort(most[counts[most] >= LEAST_RATINGS])
    if len(rows) < 2:  # no pair of films to learn from
        rows = np.sort(most[:2])
    share = torch.from_numpy(((likes + 0.5) / (spread.place(len(data.user_ids))[1] + 1)).astype(np.float32))
    sample = _Sample.of(data, rows, spread)
    if spread.rank > 0:
        return CowatchingTables.of(load(spread.told(b"")))
    regression = _Regression(sample, means[rows], device)
    maps = [regression.solved(k) for k in GIVEN]
    given, following = _directions(maps, share[torch.from_numpy(rows)].to(device), seed)
    maps_of_few = given.cpu(), following.cpu(), torch.stack([own.constant() for own in maps]).cpu()
    damped = torch.from_numpy(means.astype(np.float32))
    tables = CowatchingTables(torch.from_numpy(rows), *maps_of_few, share, damped)
    if spread.size > 1:
        spread.told(save({name: table.contiguous() for name, table in tables.fields().items()}))
    return tables


@dataclass(frozen=True)
class _Sample:
    """Some people's ratings of some films, sorted by both: `users` and `columns` (n,) count them, of `people` and `films`."""

    users: NDArray[np.int64]
    columns: NDArray[np.int64]
    stars: NDArray[np.float32]
    weights: NDArray[np.float32]
    people: int
    films: int

    @classmethod
    def of(cls, data: Interactions, rows: NDArray[np.int64], spread: Communicator) -> "_Sample":
        """The ratings of the films of these rows, by MOST_USERS people at most, of all processes."""
        place = np.full(len(data.item_ids), -1)
        place[rows] = np.arange(len(rows))
        own, everybody = spread.place(len(data.user_ids))
        step = -(-everybody // MOST_USERS)
        kept = np.flatnonzero((data.users + own.start) % step == 0)
        kept = kept[place[data.items[kept]] >= 0]
        parts = (data.users[kept] + own.start) // step, place[data.items[kept]], data.stars[kept], data.weights[kept]
        users, columns, stars, weights = (spread.gather(torch.from_numpy(part)).numpy() for part in parts)
        return cls(users, columns, stars, weights, -(-everybody // step), len(rows))


class _Regression:
    """The users' ratings of some films: what the normal equations are summed from. No film's ratings but those that there are
    are read, and of B only its products are taken."""

    def __init__(self, sample: _Sample, means: NDArray[np.floating], device: torch.device) -> None:
        users, columns, weights, people = sample.users, sample.columns, sample.weights, sample.people
        self.films, self._device = sample.films, device
        inputs = weights * _values(sample.stars, means[columns])
        likes = weights * (sample.stars >= LIKED)
        self.inputs, self.likes = sparse((users, columns), (people, self.films), device, inputs, likes)
        self.given, self.liked = transposed(self.inputs, self.likes)
        self._squares = with_values(self.given, self.given.values() ** 2)
        self._both = with_values(self.given, self.given.values() * self.liked.values())
        self._ends = self.given.crow_indices().cpu().numpy()
        count = torch.from_numpy(np.bincount(users, minlength=people)).float().clamp(min=1)
        weight = count**-ACTIVITY * torch.from_numpy(np.bincount(users, weights, people)).float() / count
        self._counts, self._weights = count.to(device)[:, None], (weight / weight.mean()).to(device)[:, None]

    def solved(self, k: int) -> "_Map":
        """The map for k ratings."""
        users, w = len(self._counts), self._weights
        chance = (k / self._counts).clamp(max=0.5)
        # A = inputs' inputs + diag(spread), where the inputs of a user are sqrt(w) (q v, 1).
        spread = torch.full((self.films + 1,), RIDGE * k * (1 + users * k**2 / MANY), device=self._device)
        spread[self.films] = LEAST_RIDGE * users
        spread[: self.films] += (self._squares @ (w * (chance - chance**2)))[:, 0]
        own = (self._both @ (w * chance * (1 - chance)))[:, 0]
        if users < self.films:
            inputs = torch.cat([w.sqrt() * chance * self.inputs.to_dense(), w.sqrt()], dim=1)
            return _Map(self, w, chance, own, _solver_by_users(inputs, spread))
        return _Map(self, w, chance, own, _solver_by_films(self._squared(chance), spread))

    def _squared(self, chance: Tensor) -> Tensor:
        """(films + 1, films + 1) the lower triangle of inputs' inputs, STRIP films at a time: their ratings then stay in the
        processor's cache."""
        w, films = self._weights, self.films
        a = torch.zeros(films + 1, films + 1, device=self._device)
        users, values = self.given.col_indices(), self.given.values()
        for start in range(0, films, STRIP):
            ends = self._ends[start : start + STRIP + 1]
            own = slice(int(ends[0]), int(ends[-1]))
            film = torch.from_numpy(np.repeat(np.arange(len(ends) - 1), np.diff(ends))).to(self._device)
            strip = torch.zeros(len(w), len(ends) - 1, device=self._device)
            strip[users[own], film] = values[own]
            a[start:films, start : start + strip.shape[1]] = rows_from(self.given, start) @ (w * chance**2 * strip)
        a[films, :films] = (self.given @ (w * chance))[:, 0]
        a[films, films] = w.sum()
        return a


@dataclass(frozen=True)
class _Map:
    """The map for k ratings, A^-1 B, by its products alone: written out, it would take most of the time."""

    regression: _Regression
    weights: Tensor  # (users, 1) w
    chance: Tensor  # (users, 1) q
    own: Tensor  # (films,) what B's diagonal would be
    solve: Callable[[Tensor], Tensor]  # x (films + 1, n) -> A^-1 x

    def times(self, x: Tensor) -> Tensor:
        """(films, n) the map times x (films, n)."""
        likes = self.weights * (1 - self.chance) * (self.regression.likes @ x)
        following = self.regression.given @ (self.chance * likes) - self.own[:, None] * x
        return self.solve(torch.cat([following, likes.sum(0, keepdim=True)]))[:-1]

    def transposed_times(self, x: Tensor) -> Tensor:
        """(films, n) the map's transpose times x (films, n)."""
        return self._following(self.solve(torch.cat([x, torch.zeros_like(x[:1])])))

    def constant(self) -> Tensor:
        """(films,) what the constant adds."""
        last = torch.zeros(len(self.own) + 1, 1, device=self.own.device)
        last[-1] = 1
        return self._following(self.solve(last))[:, 0]

    def _following(self, solved: Tensor) -> Tensor:
        """B' times (films + 1, n)."""
        given = self.chance * (self.regression.inputs @ solved[:-1]) + solved[-1]
        return self.regression.liked @ (self.weights * (1 - self.chance) * given) - self.own[:, None] * solved[:-1]


def _solver_by_films(squared: Tensor, spread: Tensor) -> Callable[[Tensor], Tensor]:
    """x -> (squared + diag(spread))^-1 x. Only the lower triangle of `squared` is read."""
    squared.diagonal().add_(spread)
    cholesky = torch.linalg.cholesky(squared)
    return lambda x: torch.cholesky_solve(x, cholesky)


def _solver_by_users(inputs: Tensor, spread: Tensor) -> Callable[[Tensor], Tensor]:
    """x -> (inputs' inputs + diag(spread))^-1 x, where there are fewer users than films (Woodbury 1950)."""
    small = inputs / spread
    gram = (inputs @ small.mT).double()  # the constant's ridge is tiny, and its part of the sums large
    gram.diagonal().add_(1.0)
    cholesky = torch.linalg.cholesky(gram)
    return lambda x: x / spread[:, None] - small.mT @ torch.cholesky_solve((small @ x).double(), cholesky).float()


def _directions(maps: list[_Map], share: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """given (K, films, R) and following (films, R), so that given[k] @ following' is nearly maps[k].

    The right singular vectors of the maps on top of each other, by subspace iteration (Halko, Martinsson and Tropp 2011). Map k
    counts k times, since the sum of k of its rows is what is used; and a film's error counts in proportion to what may be
    expected of it, since worths are logarithms.
    """
    scale = share.clamp(min=1e-6).rsqrt()[:, None]
    size = len(share)
    generator = torch.Generator(share.device).manual_seed(seed)
    directions = torch.randn(size, min(RANK, size), generator=generator, device=share.device)
    for _ in range(ITERATIONS):
        products = torch.zeros_like(directions)
        for k, own in zip(GIVEN, maps, strict=True):
            products += k * scale * own.transposed_times(own.times(scale * directions))
        directions = torch.linalg.qr(products).Q
    given = torch.stack([own.times(scale * directions) for own in maps])
    return given, directions / scale


class Cowatching:
    """What is liked next, given what was rated."""

    def __init__(self, tables: CowatchingTables, places: NDArray[np.int64]) -> None:
        """places (m,): which of the r films of the tables each film of a catalogue is, r for one that nobody rated."""
        films = len(tables.share)
        place = np.full(films, -1, dtype=np.int32)
        place[tables.rows.numpy()] = np.arange(len(tables.rows))
        self._place = place[places]
        self.rows = np.flatnonzero(self._place >= 0)
        self._given, self._following = tables.given.numpy(), tables.following.numpy()
        self._constant = tables.constant.numpy()
        self._floor = (FLOOR * tables.share.numpy()).astype(np.float32)[places]
        self._means = tables.means.numpy()[places]

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) True for films that the maps know."""
        return self._place[rows] >= 0

    def likeness(self, rows: NDArray[np.int64], others: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """(rows, others) -1..1: how much films i and j speak for each other, 0 where the maps don't know one of them:

            (cos(given_i, following_j) + cos(given_j, following_i)) / 2

        in the map for the longest history, where a film tells what the others don't.
        """
        places, other_places = self._place[rows], self._place[others]
        known, others_known = places >= 0, other_places >= 0
        own, other = places[known], other_places[others_known]
        given, following = self._given[-1], self._following
        given_scale, following_scale = self._scales
        forth = given[own] @ following[other].T * given_scale[own, None] * following_scale[other]
        back = following[own] @ given[other].T * following_scale[own, None] * given_scale[other]
        likeness = np.zeros((len(places), len(other_places)), dtype=np.float32)
        likeness[np.ix_(known, others_known)] = (forth + back) / 2
        return likeness

    @cached_property
    def _scales(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(c,) each: one over the lengths of the rows of the last `given` and of `following`."""
        given, following = (
            np.sqrt(np.einsum("ij,ij->i", table, table)) for table in (self._given[-1], self._following)
        )
        return 1 / np.maximum(given, 1e-12), 1 / np.maximum(following, 1e-12)

    def parts(
        self, rows: NDArray[np.int64], stars: NDArray[np.floating], fewer: int = 0
    ) -> tuple[NDArray[np.float32], int]:
        """Each film's part in the directions (n, R), for a history with these rows (n,) and stars (n,) of the usual scale; and
        how many of them count. fewer: ratings less in the history, as if one of them were left out."""
        place = self._place[rows]
        known = place >= 0
        count = max(int(known.sum()) - fewer, 0)
        parts = np.zeros((len(rows), self._following.shape[1]), dtype=np.float32)
        for at, weight in _maps_for(count):
            parts[known] += np.float32(weight) * self._given[at, place[known]]
        # Beyond the longest history that was learned from, an average counts.
        inputs = _values(stars, self._means[rows]) * np.float32(min(1.0, GIVEN[-1] / max(count, 1)))
        return parts * inputs[:, None], count

    def chances(
        self, directions: NDArray[np.float32], count: int, rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Sums of `parts` (people, R), from `count` films that count -> (people, k) how likely the films of these rows, or all,
        are liked next."""
        constant = np.zeros(len(self.rows), dtype=np.float32)
        for at, weight in _maps_for(count):
            constant += np.float32(weight) * self._constant[at]
        if rows is None:
            chances = np.tile(self._floor, (len(directions), 1))
            learned = directions @ self._following.T + constant
            chances[:, self.rows] = np.maximum(learned, self._floor[self.rows])
            return chances
        place = self._place[rows]
        learned = directions @ self._following[place].T + constant[place]
        floor = self._floor[rows]
        chances = np.where(place >= 0, np.maximum(learned, floor), floor)
        return np.asarray(chances, dtype=np.float32)


def _maps_for(count: int) -> list[tuple[int, float]]:
    """Which maps count for a history of so many films, and how much."""
    if count <= GIVEN[0]:
        return [(0, 1.0)]
    for at, (low, high) in enumerate(pairwise(GIVEN)):
        if count < high:
            share = float(np.log(count / low) / np.log(high / low))
            return [(at, 1 - share), (at + 1, share)]
    return [(len(GIVEN) - 1, 1.0)]
