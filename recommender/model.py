"""The embedding-bias model: its parameters and its predictions."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import isfinite
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from recommender import solver
from recommender.content import Content
from recommender.cowatching import Cowatching, CowatchingTables
from recommender.features import FilmFeatures, SetFeatures, film_genres, film_years

AUDIENCE_DAMPING = 3.0  # ratings with which `audience_weight` is a half
USUAL_FILMS = 256  # films that stand for what people usually watch

# Film ids, or a mask over the films of the model.
Films = Iterable[int] | NDArray[np.bool_]
Rows = NDArray[np.int64]
Numbers = TypeVar("Numbers", float, NDArray[np.float32], NDArray[np.float64])


@dataclass(frozen=True)
class EmbeddingDotBias:
    """The parameters. User u, who has n_u ratings, and film i have factors p_u, q_i and biases b_u, b_i. Their score is

        mu + p_u . q_i + b_u + b_i + a_i AUDIENCE_DAMPING / (AUDIENCE_DAMPING + n_u)

    where a_i (`item_audience`) is what people who rate the film give it above an average user. Predicted stars are
    `to_stars` of the score, held between the lowest and the highest stars that the model learned from.

    Rows follow `user_ids` (n,) and `item_ids` (m,), both ascending. `users` and `items` are the average of S draws from the
    posterior, compressed to C factors. The draws of the items, each with K factors (D = K + 1 numbers with the bias), are
    kept: a person is solved against each of them, and their differences tell how sure a prediction is.

    Only the r films that somebody rated have rows in `items`, `samples` and `set_basis`. Those of the others are what their
    `features` make them, see `unrated`.
    """

    user_ids: Tensor  # (n,) int64
    item_ids: Tensor  # (m,) int64
    users: Tensor  # (n, C + 1) factors, then bias
    items: Tensor  # (r, C + 1)
    user_counts: Tensor  # (n,) ratings each user was learned from
    item_counts: Tensor  # (m,) sum of the weights of the ratings each film was learned from
    item_audience: Tensor  # (m,) a_i
    item_doubt: Tensor  # (m,) sd that the film's own parameters leave in an average user's stars
    item_genres: Tensor  # (m, G) uint8, 1 where the film is of the genre
    item_years: Tensor  # (m,) int16, 0 where unknown
    rated_rows: Tensor  # (r,) int64, ascending: the films that somebody rated
    next_rows: Tensor  # (c,) int64, ascending, of these r; this and what follows: the `CowatchingTables`
    next_given: Tensor  # (k, c, R)
    next_following: Tensor  # (c, R)
    next_constant: Tensor  # (k, c)
    next_share: Tensor  # (r + 1,)
    next_means: Tensor  # (r + 1,)
    samples: Tensor  # (r, S, D + 1) float16, the draws of the items as columns: factors, 1, bias
    projection: Tensor  # (S, K, C) double, takes a person's factors against each draw to the compressed ones
    user_cov: Tensor  # (S, D, D) double, prior covariance of a user
    noise_precision: Tensor  # (S,) double
    set_basis: Tensor  # (r, R) what having rated a film says
    set_centre: Tensor  # (R,) double
    set_size_scale: Tensor  # (2,) double
    set_weights: Tensor  # (S, R + 2, D) double, set features -> prior mean of a user
    features: Tensor  # (m - r, F) 1, and the `FilmFeatures` of the films that nobody rated
    feature_centre: Tensor  # (F - 1,) double, of the `FilmFeatures`
    feature_scale: Tensor  # (F - 1,) double
    feature_items: Tensor  # (F, C + 1) this and what follows: the `FilmPrior`
    feature_samples: Tensor  # (F, S, D + 1)
    feature_doubt: Tensor  # (F, F)
    item_cov: Tensor  # (S, D, D) double
    genres: tuple[str, ...]  # (G,) the columns of item_genres
    mu: float  # the mean score, which biases add to
    lowest: float  # stars it was learned from
    highest: float
    sigmoid_range: tuple[float, float] | None  # stars at the ends of the sigmoid, or None: score * unit
    unit: float  # 1 on the scale from half a star to five

    def __post_init__(self) -> None:
        low, high = (0.0, 1.0) if self.sigmoid_range is None else self.sigmoid_range
        finite = all(map(isfinite, (self.mu, self.lowest, self.highest, low, high, self.unit)))
        named = isinstance(self.genres, tuple) and all(isinstance(genre, str) for genre in self.genres)
        fits = named and len(self.genres) == self.item_genres.shape[1]
        if not (finite and self.lowest <= self.highest and low < high and self.unit > 0 and fits):
            raise ValueError(f"no model has such scalars: {self.scalars()}")

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest stars it was learned from."""
        return self.lowest, self.highest

    @property
    def draws(self) -> int:
        return self.samples.shape[1]

    @cached_property
    def rated(self) -> Rows:
        """(r,) rows of the films that somebody rated."""
        return self.rated_rows.numpy()

    @cached_property
    def unrated(self) -> Rows:
        """(m - r,) rows of the others."""
        mask = np.ones(len(self.item_ids), dtype=bool)
        mask[self.rated] = False
        return np.flatnonzero(mask)

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """(m,) each film's place among the rated ones, or r and its place among the others."""
        places = np.empty(len(self.item_ids), dtype=np.int32)
        places[self.rated] = np.arange(len(self.rated))
        places[self.unrated] = np.arange(len(self.rated), len(places))
        return places

    def item_factors(self, rows: Rows) -> NDArray[np.float32]:
        """(k, C + 1) the factors and the bias of films."""
        return np.asarray(self._of_films(rows, self.items, self.feature_items).numpy())

    def item_samples(self, rows: Rows) -> Tensor:
        """(k, S, D + 1) the films' draws as columns; of a film that nobody rated its mean in each draw, see `item_cov`."""
        return self._of_films(rows, self.samples, self.feature_samples)

    def item_basis(self, rows: Rows) -> NDArray[np.float32]:
        """(k, R) what having rated the films says: nothing of a film that nobody else rated."""
        nothing = self.set_basis.new_zeros(self.features.shape[1], self.set_basis.shape[1])
        return np.asarray(self._of_films(rows, self.set_basis, nothing).numpy())

    def _of_films(self, rows: Rows, rated: Tensor, by_feature: Tensor) -> Tensor:
        """(k, ...) rows of a table of the rated films, and of the others what their features add up to."""
        places = torch.from_numpy(self.places[rows])
        known = places < len(rated)
        # In torch: numpy takes ten times as long to convert float16.
        if bool(known.all()):
            return rated.index_select(0, places).float()
        found = torch.empty(len(rows), *rated.shape[1:])
        found[known] = rated.index_select(0, places[known]).float()
        features = self.features.index_select(0, places[~known] - len(rated))
        found[~known] = (features @ by_feature.flatten(1)).view(-1, *rated.shape[1:])
        return found

    def products(self, factors: NDArray[np.float32], rows: Rows | slice) -> NDArray[np.float32]:
        """(k,) the products of the films' factors with a person's (C,). rows: or the slice of all."""
        # torch takes twice as long for a product with one vector.
        items, features = self.items.numpy()[:, :-1], self.features.numpy()
        if isinstance(rows, slice):  # read in place
            products = np.empty(len(self.item_ids), dtype=np.float32)
            own, others = self.rated, self.unrated
        else:
            places, products = self.places[rows], np.empty(len(rows), dtype=np.float32)
            own, others = np.flatnonzero(places < len(items)), np.flatnonzero(places >= len(items))
            items, features = items[places[own]], features[places[others] - len(items)]
        products[own] = items @ factors
        products[others] = features @ (self.feature_items.numpy()[:, :-1] @ factors)
        return products

    @cached_property
    def item_bias(self) -> NDArray[np.float32]:
        """(m,) the films' biases."""
        bias = np.empty(len(self.item_ids), dtype=np.float32)
        bias[self.rated] = self.items.numpy()[:, -1]
        bias[self.unrated] = self.features.numpy() @ self.feature_items.numpy()[:, -1]
        return bias

    @cached_property
    def bounds_of_rated(self) -> NDArray[np.float32]:
        """(4, r) what the scores of rated films are bounded by: the lengths of their factors, `item_audience`, their biases, and
        1. One product with four weights takes half as long as four vectors one by one."""
        factors = self.items[:, :-1].numpy()
        lengths = np.sqrt(np.einsum("ij,ij->i", factors, factors))
        audience, bias = self.item_audience.numpy()[self.rated], self.item_bias[self.rated]
        return np.stack([lengths, audience, bias, np.ones_like(lengths)])

    @cached_property
    def bounds_of_others(self) -> NDArray[np.float32]:
        """(4,) the highest of each, of the films that nobody rated."""
        x, weights = self.features, self.feature_items[:, :-1]
        lengths = ((x @ (weights @ weights.mT)) * x).sum(1).clamp(min=0).sqrt().numpy()
        return np.array([lengths.max(initial=0), 0, self.item_bias[self.unrated].max(initial=0), 1], dtype=np.float32)

    def item_fame(self, rows: Rows | slice) -> NDArray[np.float32]:
        """(3, k) log(1 + ratings), the films' biases, and `item_doubt`: what a list may take off."""
        counts, doubt = self.item_counts.numpy()[rows], self.item_doubt.numpy()[rows]
        return np.stack([np.log1p(counts), self.item_bias[rows], doubt])

    @cached_property
    def fame_of_rated(self) -> NDArray[np.float32]:
        """(3, r) the same of the films that somebody rated, next to each other: every list reads all of it."""
        return self.item_fame(self.rated)

    @cached_property
    def least_fame_of_others(self) -> NDArray[np.float32]:
        """(3,) the least of each, of the films that nobody rated."""
        return np.asarray(self.item_fame(self.unrated).min(1, initial=0))

    @cached_property
    def usual_rows(self) -> NDArray[np.int64]:
        """(USUAL_FILMS,) rows of films at equal steps through all ratings, so that a film is among them in proportion to its
        ratings: what people usually watch."""
        counts = self.item_counts.numpy().astype(np.float64)
        steps = (np.arange(USUAL_FILMS) + 0.5) / USUAL_FILMS
        return np.searchsorted(np.cumsum(counts / counts.sum()), steps).clip(max=len(counts) - 1)

    @cached_property
    def cowatching(self) -> Cowatching:
        """What is liked next."""
        return Cowatching(CowatchingTables.of(self.tensors()), self.places.clip(max=len(self.rated)))

    @cached_property
    def content(self) -> Content:
        """What kinds of film there are."""
        return Content(self.item_genres.numpy(), self.item_years.numpy(), self.item_counts.numpy())

    @cached_property
    def sets(self) -> SetFeatures:
        """How a set of films is described."""
        parts = self.set_basis, self.set_centre, self.set_size_scale
        return SetFeatures(*(part.numpy() for part in parts))

    @cached_property
    def user_precision(self) -> NDArray[np.float64]:
        """(S, D, D) the inverse of `user_cov`."""
        return np.asarray(torch.linalg.inv(self.user_cov).numpy())

    @cached_property
    def described(self) -> FilmFeatures:
        """How films are described by what they are."""
        return FilmFeatures(self.genres, self.feature_centre.numpy(), self.feature_scale.numpy())

    @cached_property
    def usual_variance(self) -> NDArray[np.float64]:
        """(S,) what the prior of a film leaves open in its score for somebody of whom nothing is known, p with the mean 0:

        E[(p, 1)' item_cov (p, 1)]
        """
        people, films = self.user_cov.numpy()[:, :-1, :-1], self.item_cov.numpy()
        return np.asarray((people * films[:, :-1, :-1]).sum((1, 2)) + films[:, -1, -1])

    @cached_property
    def item_moments(self) -> NDArray[np.float64]:
        """(S, D, D) the films' second moments, from which the variance of an unknown film follows."""
        draws = (solver.coordinates(draw).double().numpy() for draw in self.samples.unbind(1))
        return np.stack([own.T @ own / len(own) for own in draws])

    def to_stars(self, scores: Numbers) -> Numbers:
        """Scores (...) -> stars: low + (high - low) sigmoid(score), or score * unit."""
        if self.sigmoid_range is None:
            return scores * self.unit
        low, high = self.sigmoid_range
        return low + (high - low) * self._sigmoid(scores)

    def to_scores(self, stars: Numbers) -> Numbers:
        """The inverse of `to_stars`."""
        if self.sigmoid_range is None:
            return stars / self.unit
        low, high = self.sigmoid_range
        scores: Numbers = -np.log((high - low) / (stars - low) - 1)
        return scores

    def slope(self, scores: Numbers) -> Numbers:
        """The derivative of `to_stars`."""
        if self.sigmoid_range is None:
            return scores * 0 + self.unit
        low, high = self.sigmoid_range
        share = self._sigmoid(scores)
        return (high - low) * share * (1 - share)

    @staticmethod
    def _sigmoid(scores: Numbers) -> Numbers:
        tangent: Numbers = np.tanh(scores / 2)  # an exponential would overflow
        return tangent * 0.5 + 0.5

    def audience_weight(self, counts: Numbers) -> Numbers:
        """The weight of `item_audience` for somebody with so many ratings: 1 without any, towards 0 with many."""
        return AUDIENCE_DAMPING / (AUDIENCE_DAMPING + counts)

    def user_rows(self, users: NDArray[np.int64]) -> NDArray[np.int64]:
        """Raw user ids -> rows, -1 for a user the model does not know."""
        return _rows(self.user_ids, users)

    def item_rows(self, movies: NDArray[np.int64]) -> NDArray[np.int64]:
        """Raw film ids -> rows, -1 for a film the model does not know."""
        return _rows(self.item_ids, movies)

    def allowed(self, exclude: Films = (), among: Films | None = None) -> NDArray[np.bool_]:
        """(m,) True for the films of `among`, or for all, less those of `exclude`."""
        allowed = np.ones(len(self.item_ids), dtype=bool) if among is None else self.mask(among)
        return np.asarray(allowed & ~self.mask(exclude))

    def mask(self, films: Films) -> NDArray[np.bool_]:
        """(m,) True for these films. Unknown ids are passed over."""
        if isinstance(films, np.ndarray) and films.dtype == bool:
            return films
        mask = np.zeros(len(self.item_ids), dtype=bool)
        rows = self.item_rows(np.fromiter(films, np.int64))
        mask[rows[rows >= 0]] = True
        return mask

    def predict(self, users: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.float64]:
        """Predicted stars of pairs of raw ids, same length. An unknown user or film counts as the average one."""
        user_rows, item_rows = torch.from_numpy(self.user_rows(users)), torch.from_numpy(self.item_rows(movies))
        left, right = _with_average(self.users)[user_rows], torch.zeros(len(item_rows), self.items.shape[1])
        right[item_rows >= 0] = torch.from_numpy(self.item_factors(item_rows[item_rows >= 0].numpy()))
        weight = torch.from_numpy(self.audience_weight(_with_average(self.user_counts)[user_rows].numpy()))
        audience = _with_average(self.item_audience)[item_rows]
        scores = self.mu + (left[:, :-1] * right[:, :-1]).sum(1) + left[:, -1] + right[:, -1] + weight * audience
        return self.to_stars(scores.double().numpy()).clip(*self.bounds)

    def with_films(self, films: pd.DataFrame) -> "EmbeddingDotBias":
        """The same model with these films too: movie, ascending, year, genres and OUTSIDE columns. Of a film that it has already
        what was learned stays; what it is may change."""
        ids, before = films["movie"].to_numpy(np.int64), self.item_ids.numpy()
        new = ids[self.item_rows(ids) < 0]
        at = np.searchsorted(before, new)
        item_ids = np.insert(before, at, new)
        rows, rated = np.searchsorted(item_ids, ids), np.searchsorted(item_ids, before[self.rated])
        unrated = np.setdiff1d(np.arange(len(item_ids)), rated, assume_unique=True)
        free = np.isin(ids, before[self.rated], invert=True)
        features = np.insert(self.described.features(films[free]), 0, 1, axis=1)
        doubt = np.sqrt(((features @ self.feature_doubt.numpy()) * features).sum(1).clip(min=0))
        within = np.searchsorted(before[self.unrated], new), np.searchsorted(unrated, rows[free])
        return replace(
            self,
            item_ids=torch.from_numpy(item_ids),
            rated_rows=torch.from_numpy(rated),
            features=_with_rows(self.features, *within, features),
            item_doubt=_with_rows(self.item_doubt, at, rows[free], doubt),
            item_genres=_with_rows(self.item_genres, at, rows, film_genres(films, self.genres)),
            item_years=_with_rows(self.item_years, at, rows, film_years(films)),
            item_counts=_with_rows(self.item_counts, at, [], 0),
            item_audience=_with_rows(self.item_audience, at, [], 0),
        )

    def without_films(self, movies: NDArray[np.int64]) -> "EmbeddingDotBias":
        """The same model without these films. What was learned from ratings of them stays in the others."""
        keep = torch.from_numpy(np.isin(self.item_ids.numpy(), movies, invert=True))
        rated = keep[self.rated_rows]
        mapped = rated[self.next_rows]
        tables = (
            (keep, ("item_ids", "item_counts", "item_audience", "item_doubt", "item_genres", "item_years")),
            (rated, ("items", "samples", "set_basis")),
            # The last is that of a film that nobody rated.
            (torch.cat([rated, torch.tensor([True])]), ("next_share", "next_means")),
            (mapped, ("next_following",)),
            (keep[self.unrated], ("features",)),
        )
        rows: dict[str, Any] = {name: _kept(getattr(self, name), mask) for mask, names in tables for name in names}
        return replace(
            self,
            **rows,
            rated_rows=(keep.cumsum(0) - 1)[self.rated_rows[rated]],
            next_rows=(rated.cumsum(0) - 1)[self.next_rows[mapped]],
            next_given=_kept(self.next_given, mapped, 1),
            next_constant=_kept(self.next_constant, mapped, 1),
        )

    def rated_places(self, movies: NDArray[np.int64]) -> NDArray[np.int64]:
        """Raw film ids -> places among the films that somebody rated, -1 for any other."""
        return _rows(self.item_ids[self.rated_rows], movies)

    def without_users(self, users: NDArray[np.int64]) -> "EmbeddingDotBias":
        """The same model without these users."""
        keep = torch.from_numpy(~np.isin(self.user_ids.numpy(), users))
        rows = {name: getattr(self, name)[keep] for name in ("user_ids", "users", "user_counts")}
        return replace(self, **rows)

    def tensors(self) -> dict[str, Tensor]:
        """The fields that are tensors."""
        return {name: value.contiguous() for name, value in vars(self).items() if name in TENSORS}

    def scalars(self) -> dict[str, Any]:
        """The fields that are none."""
        return {name: value for name, value in vars(self).items() if name in SCALARS}


TENSORS = frozenset(field.name for field in fields(EmbeddingDotBias) if field.type is Tensor)
SCALARS = frozenset(field.name for field in fields(EmbeddingDotBias)) - TENSORS


def _rows(ids: Tensor, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    known = ids.numpy()
    wanted = np.asarray(wanted, dtype=np.int64)
    if not known.size:
        return np.full(wanted.shape, -1, dtype=np.int64)
    rows = np.searchsorted(known, wanted).clip(max=len(known) - 1)
    return np.where(known[rows] == wanted, rows, -1)


def _kept(table: Tensor, mask: Tensor, dim: int = 0) -> Tensor:
    """The rows of a mask; the table itself where that is all of them, so that what is mapped stays shared."""
    return table if bool(mask.all()) else table.index_select(dim, mask.nonzero()[:, 0])


def _with_rows(table: Tensor, at: NDArray[np.int64], rows: NDArray[np.int64] | list[int], values: ArrayLike) -> Tensor:
    """The table with rows of zeros inserted, and then the values in these rows."""
    grown = np.insert(table.numpy(), at, 0, axis=0)
    grown[rows] = values
    return torch.from_numpy(grown)


def _with_average(rows: Tensor) -> Tensor:
    """One row of zeros more: index -1 is the average user or film."""
    return torch.cat([rows, rows.new_zeros(1, *rows.shape[1:])])
