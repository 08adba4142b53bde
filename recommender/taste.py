"""From a history to a Taste: the exact posterior of one person, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from recommender import solver
from recommender.fit import NOISE_SHAPE
from recommender.model import EmbeddingDotBias, Films
from recommender.ranking.blend import Blend, of_style
from recommender.ranking.bounded import Bounded
from recommender.ranking.lists import Pick, rank

# A person's noise is estimated, so their errors follow Student's t. With t the 90% quantile, (1.2816 / t)^2 = 1 - TAIL / freedom
# from 10 degrees of freedom up. Dividing by freedom - TAIL widens the Normal interval to Student's, so that it holds 80%.
TAIL = 1.27
CHUNK = 4096  # films whose variance is worked out at once

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Explanation:
    """Where a prediction comes from. `baseline` and `contributions` (film -> stars) sum to the prediction before it is held
    inside the scale. `without` (film -> stars): the prediction, less what it would be without that one rating. `lifts` (film -> worth): what each rating adds to this film's place in a
    list, beyond what it adds to the films that people usually watch: what makes the film this person's."""

    baseline: float
    contributions: dict[int, float]
    without: dict[int, float]
    lifts: dict[int, float]


class Taste:
    """One person's taste, solved from their ratings alone. Make one with `Recommender.taste`.

    The person is solved by one Bayesian linear regression against each draw of the films (see `solver`). Predictions are the
    average over the draws.
    """

    def __init__(self, model: EmbeddingDotBias, history: Mapping[int, float], scale: tuple[float, float]) -> None:
        """history: film id -> stars; ValueError for stars off the scale. Films the model does not know are passed over."""
        movies = np.fromiter(history, np.int64, len(history))
        stars = np.fromiter(history.values(), np.float64, len(history))
        off = ~((scale[0] <= stars) & (stars <= scale[1]))  # NaN too
        if off.any():
            wrong = int(off.argmax())
            raise ValueError(
                f"{stars[wrong]} stars for film {movies[wrong]} is off the scale {scale[0]:g} to {scale[1]:g}"
            )
        self._model = model
        rows = model.item_rows(movies)
        known = rows >= 0
        self._movies, self._rows = movies[known], rows[known]
        self._residuals = model.to_scores(stars[known]) - model.mu
        self._votes = model.sets.basis[self._rows]
        # The sums are in single precision, for speed. One person is solved in double precision, which costs nothing.
        y = self._columns(self._rows)
        self._gram = (y.mT @ y).double().numpy()
        self._targets = (y.mT @ torch.from_numpy(self._residuals).float()).double().numpy()
        precision, rhs = solver.normal_equations(
            self._gram,
            self._targets,
            self._prior_mean(self._votes.sum(0, keepdims=True), len(rows[known]))[:, 0],
            model.user_precision,
            model.noise_precision.numpy(),
        )
        # torch takes half as long as numpy, since it knows that the matrices are symmetric.
        self._cholesky = torch.linalg.cholesky(torch.from_numpy(precision))  # (S, D, D)
        people = torch.cholesky_solve(torch.from_numpy(rhs)[:, :, None], self._cholesky)
        self._people = people[:, :, 0].numpy()  # (S, D)
        self._factors, self._bias = self._compressed(self._people)

    @property
    def model(self) -> EmbeddingDotBias:
        """The model that the person was solved against."""
        return self._model

    def stars_of_all(self) -> NDArray[np.float32]:
        """(m,) predicted stars of every film of the model, in its order, not held inside the scale."""
        return self._model.to_stars(self._scores(slice(None)))

    def predict(self, movies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and predictive sd (n,): stars +- 1.2816 sd holds 80% of ratings."""
        stars, sd_mean, noise = self._predict_rows(self._model.item_rows(np.asarray(movies)))
        return stars, np.sqrt(sd_mean**2 + noise)

    def predict_mean(self, movies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and the posterior's sd alone (n,): how sure the model is of the mean."""
        return self._predict_rows(self._model.item_rows(np.asarray(movies)))[:2]

    def recommend(
        self,
        n: int,
        exclude: Films = (),
        among: Films | None = None,
        *,
        style: str = "balanced",
        include_history: bool = False,
        blend: Blend | None = None,
    ) -> list[Pick]:
        """The n best films, best first: nothing from `exclude`, only from `among` if it is given, and nothing from the
        history unless `include_history`. style: one of LIST_STYLES, ValueError for another. blend: weights in its place."""
        weights = of_style(style) if blend is None else blend
        if n < 1:
            return []
        model = self._model
        allowed = model.allowed(exclude, among)
        if not include_history:
            allowed[self._rows] = False
        likelihood = Bounded(*model.cowatching.likelihood(self._votes.sum(0), len(self._movies)))
        rows, matches = rank(model, self._stars(), likelihood, self._par, len(self._movies), allowed, n, weights)
        ids = model.item_ids.numpy()[rows].tolist()
        means, sds_mean, noise = self._predict_rows(rows)
        sds = np.sqrt(sds_mean**2 + noise)
        columns = means.tolist(), sds.tolist(), sds_mean.tolist(), matches.tolist()
        return [Pick(*values) for values in zip(ids, *columns, strict=True)]

    def seen(self, movies: ArrayLike) -> NDArray[np.float64]:
        """Film ids (n,) -> the chance that this person has seen each, 0 to 1; 1 for what the history holds."""
        rows = self._model.item_rows(np.asarray(movies))
        share = np.where(rows >= 0, self._model.item_counts.numpy()[rows], 0) / max(len(self._model.user_ids), 1)
        return np.where(np.isin(rows, self._rows), 1.0, share.clip(0, 1))

    def explain(self, movie: int) -> Explanation:
        """Why this film is predicted what it is. Raises KeyError for a film the model does not know."""
        row = self._model.item_rows(np.array([movie]))
        if row[0] < 0:
            raise KeyError(movie)
        model, count = self._model, len(self._movies)
        # The person is cov @ (prior precision @ prior mean + evidence). Each part of that sum adds reach . part to the score.
        direction = self._direction(int(row[0]))
        reach = (self._cov @ direction[:, :, None])[:, :, 0]
        no_votes = self._prior_mean(np.zeros((1, self._votes.shape[1])), count)
        shares = self._prior_mean(self._votes, count) - no_votes  # each film's part of the prior mean
        y = self._columns(self._rows).double().numpy()
        noise = model.noise_precision.numpy()[:, None, None]
        evidence = noise * (self._residuals - y[:, :, -1])[:, :, None] * y[:, :, :-1]
        parts = ((shares @ model.user_precision + evidence) @ reach[:, :, None])[:, :, 0].sum(0)
        constant = float(((no_votes @ model.user_precision) @ reach[:, :, None]).sum())
        start = float(self._offsets(row, count)[0]) + constant
        total = start + float(parts.sum())
        losses = model.to_stars(total) - model.to_stars(self._scores_without(direction, row, y[:, :, :-1], evidence))
        return Explanation(
            model.to_stars(start),
            self._named(parts * self._rate(start, total)),
            self._named(losses),
            self._named(losses),
        )

    def _scores_without(self, direction: Array, row: Rows, x: Array, evidence: Array) -> Array:
        """(history,) the film's score with each rating left out: the covariance changes by rank one (Sherman and Morrison
        1950)."""
        count, noise = len(self._movies), self._model.noise_precision.numpy()[:, None]
        votes = self._votes.astype(np.float64)
        fewer = self._prior_mean(votes.sum(0) - votes, count - 1)
        rhs = fewer @ self._model.user_precision + evidence.sum(1, keepdims=True) - evidence
        spread = x @ self._cov
        kept = 1 - noise * (spread * x).sum(2)
        swing = noise * (spread * rhs).sum(2) / kept
        people = rhs @ self._cov + spread * swing[:, :, None]
        scores = (people @ direction[:, :, None])[:, :, 0].sum(0)
        return np.asarray(scores + self._offsets(row, max(count - 1, 0)))

    def _rate(self, start: float, total: float) -> float:
        """Stars for a unit of score, on average from start to total."""
        if abs(total - start) < 1e-9:
            return self._model.slope(total)
        return (self._model.to_stars(total) - self._model.to_stars(start)) / (total - start)

    def _named(self, parts: Array) -> dict[int, float]:
        return dict(zip(self._movies.tolist(), parts.tolist(), strict=True))

    def _columns(self, rows: Rows) -> Tensor:
        """(S, n, D + 1) the draws of known films as the solver takes columns: factors, 1, bias."""
        # numpy takes ten times as long to convert float16.
        return self._model.samples.index_select(0, torch.from_numpy(rows)).float().transpose(0, 1)

    def _prior_mean(self, votes: NDArray[np.floating], count: int) -> Array:
        """Sums of `set_basis` over sets of so many films (n, R) -> prior means (S, n, D)."""
        features = self._model.sets.features(votes, np.array([max(count, 0)], dtype=np.float64))
        return np.asarray(features @ self._model.set_weights.numpy())

    def _compressed(self, people: Array) -> tuple[NDArray[np.float32], float]:
        """Coordinates against each draw (S, D) -> factors (C,) and bias."""
        factors = people[:, :-1].ravel() @ self._model.projection.flatten(0, 1).numpy()
        return factors.astype(np.float32), float(people[:, -1].mean())

    def _direction(self, row: int) -> Array:
        """(S, D) the derivative of the film's score by the person's coordinates against each draw."""
        factors = self._model.projection.numpy() @ self._model.items[row, :-1].double().numpy()
        return np.column_stack([factors, np.full(len(factors), 1 / len(factors))])

    def _offsets(self, rows: Rows | slice, count: int) -> NDArray[np.float32]:
        """(n,) mu + film bias + audience: the films' scores for an average person who has rated so many films."""
        model = self._model
        audience = model.audience_weight(float(count)) * model.item_audience.numpy()[rows]
        return np.asarray(model.mu + model.item_bias[rows] + audience)

    def _scores(self, rows: Rows | slice) -> NDArray[np.float32]:
        """(n,) scores of known rows."""
        # torch takes twice as long for a product with one vector.
        taste = self._model.items.numpy()[rows, :-1] @ self._factors
        return np.asarray(taste + self._offsets(rows, len(self._movies)) + self._bias)

    def _stars(self) -> Bounded:
        """Predicted stars of all films, not held inside the scale, with upper bounds."""
        model = self._model
        length = np.float32(np.linalg.norm(self._factors))
        most = model.item_lengths * length + self._offsets(slice(None), len(self._movies)) + self._bias
        return Bounded(lambda rows: model.to_stars(self._scores(rows)), model.to_stars(most))

    @property
    def _par(self) -> float:
        """What this person would give the films people usually watch, in stars."""
        item, audience = self._model.usual_item
        weight = self._model.audience_weight(float(len(self._movies)))
        score = self._model.mu + float(item[:-1] @ self._factors + item[-1]) + self._bias + weight * audience
        return self._model.to_stars(score)

    def _predict_rows(self, rows: Rows) -> tuple[Array, Array, float]:
        """Stars inside the scale, the posterior's sds, and the variance of the noise; row -1 is a film nobody knows."""
        model = self._model
        known = rows >= 0
        scores = np.full(len(rows), model.mu + self._bias, dtype=np.float64)
        variance = np.zeros(len(rows))
        scores[known] = self._scores(rows[known])
        for part in np.split(np.flatnonzero(known), range(CHUNK, int(known.sum()), CHUNK)):
            variance[part] = self._variance(rows[part])
        if not known.all():
            variance[~known] = self._unknown_variance
        stars = model.to_stars(scores).clip(*model.bounds)
        return (
            np.asarray(stars),
            np.asarray(model.slope(scores) * np.sqrt(variance)),
            self._noise_variance * model.slope(model.mu) ** 2,
        )

    def _variance(self, rows: Rows) -> Array:
        """(n,) variance of the score: its mean within the draws, and the variance between them."""
        y = self._columns(rows).double().numpy()
        x = y[:, :, :-1]
        within = ((x @ self._cov) * x).sum(2).mean(0)
        scores = (x @ self._people[:, :, None])[:, :, 0] + y[:, :, -1]
        return np.asarray(within + scores.var(0))

    @cached_property
    def _cov(self) -> Array:
        """(S, D, D) the person's posterior covariance against each draw."""
        return np.asarray(torch.cholesky_inverse(self._cholesky).numpy())

    @cached_property
    def _unknown_variance(self) -> float:
        """Variance of the score of an unknown film: it may be any film."""
        film = self._model.item_moments
        person = np.column_stack([self._people[:, :-1], np.ones(len(self._people))])
        tastes = (person[:, None, :] @ film @ person[:, :, None])[:, 0, 0]
        doubts = (self._cov[:, :-1, :-1] * film[:, :-1, :-1]).sum((1, 2)) + self._cov[:, -1, -1]
        return float((tastes + doubts).mean())

    @cached_property
    def _noise_variance(self) -> float:
        """Of this person's ratings: the model's noise counts as NOISE_SHAPE ratings, and each of their own as one."""
        y = np.column_stack([self._people, np.ones(len(self._people))])
        total = np.full(len(y), np.square(self._residuals).sum())
        errors = solver.squared_errors(self._gram, self._targets, total, y).clip(min=0)
        doubts = (self._cov * self._gram[:, :-1, :-1]).sum((1, 2))
        freedom = NOISE_SHAPE + len(self._movies) - TAIL
        return float(((NOISE_SHAPE / self._model.noise_precision.numpy() + errors + doubts) / freedom).mean())
