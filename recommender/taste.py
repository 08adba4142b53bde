"""From a history to a Taste: the exact posterior of one person, and what follows from it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from recommender import solver
from recommender.fit import NOISE_SHAPE
from recommender.model import EmbeddingDotBias, Films
from recommender.questions import SHOWN, questions
from recommender.ranking.blend import Blend, of_style
from recommender.ranking.bounded import Bounded
from recommender.ranking.lists import Pick, rank
from recommender.ranking.worths import Choice, losses, seen, worths

# A person's noise is estimated, so their errors follow Student's t. With t the 90% quantile, (1.2816 / t)^2 = 1 - TAIL / freedom
# from 10 degrees of freedom up. Dividing by freedom - TAIL widens the Normal interval to Student's, so that it holds 80%.
TAIL = 1.27
# Variance of the level of a person's ratings from day to day, on the scale from half a star to five. Of 0, 0.015, 0.03, 0.045,
# 0.06 and 0.09, those from 0.03 to 0.06 make ratings in the order of their times about equally likely.
DRIFT = 0.03
# A match of 0.84 is worth MATCH_SPREAD sds more than the films that people usually watch, by the sd of their worths.
MATCH_SPREAD = 1.6
LEAST_SPREAD = 0.05  # nats: films that are all alike match alike
PART = 1024  # ratings of a history that are left out at once
CHUNK = 4096  # films whose variance is worked out at once

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Explanation:
    """Where a prediction comes from. `baseline` and `contributions` (film -> stars) sum to the prediction before it is held
    inside the scale. `without` (film -> stars): the prediction, less what it would be without that one rating."""

    baseline: float
    contributions: dict[int, float]
    without: dict[int, float]


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
        self._own_stars = stars[known] / model.unit  # on the scale from half a star to five
        self._votes = model.item_basis(self._rows)
        # The sums are in single precision, for speed. One person is solved in double precision, which costs nothing.
        y, weights = self._columns(self._rows), torch.from_numpy(self._weights).float()
        weighted = weights[:, :, None] * y
        self._gram = (weighted.mT @ y).double().numpy()
        self._targets = (weighted.mT @ torch.from_numpy(self._residuals).float()).double().numpy()
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

    @property
    def count(self) -> int:
        """The films of the history that the model knows."""
        return len(self._movies)

    def stars_of_all(self) -> NDArray[np.float32]:
        """(m,) predicted stars of every film of the model, in its order, not held inside the scale. Read-only."""
        return self._all_stars

    def predict(self, movies: ArrayLike, *, later: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and predictive sd (n,): stars +- 1.2816 sd holds 80% of the ratings that
        were made among those of the history, or with `later` of those of a day to come."""
        rows = self._model.item_rows(np.asarray(movies))
        stars, sd_mean, noise = self._predict_rows(rows)
        variance = sd_mean**2 + noise
        return stars, np.sqrt(variance + self._drift_variance(rows) if later else variance)

    def predict_mean(self, movies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and the posterior's sd alone (n,): how sure the model is of the mean."""
        return self._predict_rows(self._model.item_rows(np.asarray(movies)))[:2]

    def drawn_scores(self, rows: Rows, people: int, rng: np.random.Generator) -> Array:
        """(S people, n) the scores of known rows, for so many draws of the person against each draw of the films."""
        y = self._columns(rows).double().numpy()
        roots = np.linalg.cholesky(self._cov)
        drawn = self._people[:, :, None] + roots @ rng.standard_normal((*self._people.shape, people))
        audience = self._model.audience_weight(float(self.count)) * self._model.item_audience.numpy()[rows]
        scores = y[:, :, :-1] @ drawn + y[:, :, -1:] + audience[:, None]
        return np.asarray(scores.transpose(0, 2, 1).reshape(-1, len(rows)))

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
        own = worths(model, self._choice, self._stars(), weights)
        rows, left = rank(model, own, allowed, n, weights.sameness)
        matches = torch.special.ndtr(torch.from_numpy(self._above_usual(own, left) / MATCH_SPREAD))
        ids = model.item_ids.numpy()[rows].tolist()
        means, sds_mean, noise = self._predict_rows(rows)
        sds = np.sqrt(sds_mean**2 + noise)
        columns = means.tolist(), sds.tolist(), sds_mean.tolist(), matches.tolist()
        return [Pick(*values) for values in zip(ids, *columns, strict=True)]

    def fits(self) -> NDArray[np.float32]:
        """(m,) how much more each film of the model is worth in a balanced list than what people usually watch, in the sds of
        that."""
        own = worths(self._model, self._choice, self._stars(), of_style("balanced"))
        return self._above_usual(own, own.of(slice(None))).astype(np.float32)

    def seen_of_all(self) -> NDArray[np.float32]:
        """(m,) `seen` for every film of the model, in its order."""
        chances = seen(self._choice.next, self.stars_of_all() / np.float32(self._model.unit))
        chances[self._rows] = 1
        return chances

    def seen(self, movies: ArrayLike) -> NDArray[np.float64]:
        """Film ids (n,) -> the chance that this person has seen each, 0 to 1: 1 for what the history holds, 0 for a film that the
        model does not know. It was learned from who rated what, so it is rather too low: many a film is seen and never rated."""
        rows = self._model.item_rows(np.asarray(movies, dtype=np.int64))
        known = rows >= 0
        chances = np.zeros(len(rows))
        stars = self._stars_of(rows[known]) / np.float32(self._model.unit)
        # Of these films alone: a few take a tenth of the time of all.
        cowatching = self._model.cowatching
        parts, count = cowatching.parts(self._rows, self._own_stars)
        chances[known] = seen(cowatching.chances(parts.sum(0, keepdims=True), count, rows[known])[0], stars)
        return np.where(known & np.isin(rows, self._rows), 1.0, chances)

    def questions(self, n: int, asked: Iterable[int] = (), among: Films | None = None) -> list[int]:
        """The ids of the n films to ask this person about, first the one whose answer teaches most: none of the history, none of
        `asked`, which they said they have not seen, and only from `among` if it is given. Fewer where there are no more."""
        shown = [pick.movie for pick in self.recommend(SHOWN)]
        return questions(self._model, self._cov, self._rows, shown, asked, among, n)

    def lifts(self, movies: ArrayLike, style: str = "balanced") -> list[dict[int, float]]:
        """For each of these film ids (k,): rated film -> how much its rating lifts the film in a list of this style. That is what
        the film's worth would lose without the rating, less what the films that people usually watch would lose on average, in
        nats; that a film may have been seen is left aside. KeyError for a film the model does not know."""
        model, blend = self._model, of_style(style)
        rows = self._known_rows(movies)
        usual = model.usual_rows
        lost = losses(model, blend, self._rows, self._own_stars, np.concatenate([rows, usual]))
        audience = model.item_audience.numpy()
        # The last is an average of films.
        films = np.vstack([model.item_factors(rows), model.item_factors(usual).mean(0)])
        stars_lost = self._stars_lost(films, np.append(audience[rows], audience[usual].mean()))
        lost_stars = stars_lost * (blend.liking / model.unit)
        expected = lost[:, len(rows) :].mean(1, keepdims=True) + lost_stars[:, -1:]
        return [self._named(lifts) for lifts in (lost[:, : len(rows)] + lost_stars[:, :-1] - expected).T]

    def explain(self, movie: int) -> Explanation:
        """Why this film is predicted what it is. Raises KeyError for a film the model does not know."""
        row = self._known_rows([movie])
        model, count = self._model, len(self._movies)
        # The person is cov @ (prior precision @ prior mean + evidence). Each part of that sum adds reach . part to the score.
        item = model.item_factors(row)
        reach = (self._cov @ self._directions(item))[:, :, 0]
        no_votes = self._prior_mean(np.zeros((1, self._votes.shape[1])), count)
        shares = self._prior_mean(self._votes, count) - no_votes  # each film's part of the prior mean
        parts = ((shares @ model.user_precision + self._evidence) @ reach[:, :, None])[:, :, 0].sum(0)
        constant = float(((no_votes @ model.user_precision) @ reach[:, :, None]).sum())
        start = float(self._offsets(row, count)[0]) + constant
        rate = self._rate(start, start + float(parts.sum()))
        [lost] = self._stars_lost(item, model.item_audience.numpy()[row]).T
        return Explanation(model.to_stars(start), self._named(parts * rate), self._named(lost))

    def telling(self) -> dict[int, float]:
        """Rated film -> by how many stars its rating moves what is predicted of the films that people usually watch, as the root
        of the mean square: a rating that was to be expected moves little."""
        rows = np.unique(self._model.usual_rows)
        lost = self._stars_lost(self._model.item_factors(rows), self._model.item_audience.numpy()[rows])
        return self._named(np.sqrt(np.square(lost).mean(1)))

    def expected(self) -> dict[int, float]:
        """Rated film -> the stars that the other ratings would let expect, inside the scale."""
        model, rows = self._model, self._rows
        if not len(rows):
            return {}
        directions = self._directions(model.item_factors(rows))
        parts = [np.einsum("snd,sdn->n", self._people_without(part), directions[:, :, part]) for part in self._parts()]
        scores = np.concatenate(parts)
        return self._named(model.to_stars(scores + self._offsets(rows, len(rows) - 1)).clip(*model.bounds))

    @cached_property
    def _weights(self) -> Array:
        """(S, history) how much each rating counts: less of a film that nobody rated, since nobody knows how good it is. What its
        prior leaves open in the score adds to the noise."""
        model = self._model
        share = 1 / (1 + model.noise_precision.numpy() * model.usual_variance)
        return np.where(model.places[self._rows] < len(model.rated), 1.0, share[:, None])

    @property
    def _precision(self) -> Array:
        """(S, history) one over the variance of each rating, given the person."""
        return np.asarray(self._model.noise_precision.numpy()[:, None] * self._weights)

    @cached_property
    def _evidence(self) -> Array:
        """(S, history, D) what each rating adds to the right-hand side of the person's normal equations."""
        y = self._columns(self._rows).double().numpy()
        return np.asarray((self._precision * (self._residuals - y[:, :, -1]))[:, :, None] * y[:, :, :-1])

    @cached_property
    def _all_votes(self) -> Array:
        """(R,) the sums of `_votes` over the history."""
        return np.asarray(self._votes.sum(0, dtype=np.float64))

    @cached_property
    def _all_evidence(self) -> Array:
        """(S, 1, D) the sums of that."""
        return np.asarray(self._evidence.sum(1, keepdims=True))

    def _parts(self) -> Iterator[slice]:
        """The history in parts whose people fit into the processor's cache."""
        return (slice(start, start + PART) for start in range(0, len(self._movies), PART))

    def _people_without(self, part: slice) -> Array:
        """(S, n, D) the person with each rating of a part of the history left out: the covariance changes by rank one (Sherman
        and Morrison 1950)."""
        count = len(self._movies)
        noise = self._model.noise_precision.numpy()[:, None] * self._weights[:, part]
        x = self._columns(self._rows[part]).double().numpy()[:, :, :-1]
        fewer = self._prior_mean(self._all_votes - self._votes[part], count - 1)
        rhs = fewer @ self._model.user_precision + self._all_evidence - self._evidence[:, part]
        spread = x @ self._cov
        kept = 1 - noise * (spread * x).sum(2)
        swing = noise * (spread * rhs).sum(2) / kept
        return np.asarray(rhs @ self._cov + spread * swing[:, :, None])

    def _stars_lost(self, items: NDArray[np.float32], audience: NDArray[np.float32]) -> Array:
        """(history, n) by how much the predicted stars of films, or of averages of films, fall without each rating. items
        (n, C + 1): their rows of `items`."""
        model, count = self._model, len(self._movies)
        if not count:
            return np.zeros((0, len(items)))
        offsets = model.mu + items[:, -1].astype(np.float64)
        scores = offsets + items[:, :-1] @ self._factors + self._bias + model.audience_weight(float(count)) * audience
        directions = np.concatenate(list(self._directions(items)))  # (S D, n)
        people = (np.concatenate(list(self._people_without(part)), axis=1) for part in self._parts())
        without = np.concatenate([each @ directions for each in people])
        without += offsets + model.audience_weight(float(count - 1)) * audience
        return np.asarray(model.to_stars(scores) - model.to_stars(without))

    def _rate(self, start: float, total: float) -> float:
        """Stars for a unit of score, on average from start to total."""
        if abs(total - start) < 1e-9:
            return self._model.slope(total)
        return (self._model.to_stars(total) - self._model.to_stars(start)) / (total - start)

    def _named(self, parts: Array) -> dict[int, float]:
        return dict(zip(self._movies.tolist(), parts.tolist(), strict=True))

    def _columns(self, rows: Rows) -> Tensor:
        """(S, n, D + 1) the draws of known films as the solver takes columns: factors, 1, bias."""
        return self._model.item_samples(rows).transpose(0, 1)

    def _prior_mean(self, votes: NDArray[np.floating], count: int) -> Array:
        """Sums of `set_basis` over sets of so many films (n, R) -> prior means (S, n, D)."""
        features = self._model.sets.features(votes, np.array([max(count, 0)], dtype=np.float64))
        return np.asarray(features @ self._model.set_weights.numpy())

    def _compressed(self, people: Array) -> tuple[NDArray[np.float32], float]:
        """Coordinates against each draw (S, D) -> factors (C,) and bias."""
        factors = people[:, :-1].ravel() @ self._model.projection.flatten(0, 1).numpy()
        return factors.astype(np.float32), float(people[:, -1].mean())

    def _directions(self, items: NDArray[np.float32]) -> Array:
        """(S, D, n) the derivatives of films' scores by the person's coordinates against each draw. items (n, C + 1): see
        `items`."""
        factors = self._model.projection.numpy() @ items[:, :-1].T.astype(np.float64)
        return np.concatenate([factors, np.full((len(factors), 1, len(items)), 1 / len(factors))], axis=1)

    def _offsets(self, rows: Rows | slice, count: int) -> NDArray[np.float32]:
        """(n,) mu + film bias + audience: the films' scores for an average person who has rated so many films."""
        model = self._model
        audience = model.audience_weight(float(count)) * model.item_audience.numpy()[rows]
        return np.asarray(model.mu + model.item_bias[rows] + audience)

    def _scores(self, rows: Rows | slice) -> NDArray[np.float32]:
        """(n,) scores of known rows."""
        taste = self._model.products(self._factors, rows)
        return np.asarray(taste + self._offsets(rows, len(self._movies)) + self._bias)

    @cached_property
    def _all_stars(self) -> NDArray[np.float32]:
        """See `stars_of_all`; a slate needs them three times."""
        stars = self._model.to_stars(self._scores(slice(None)))
        stars.flags.writeable = False
        return stars

    def _stars_of(self, rows: Rows | slice) -> NDArray[np.float32]:
        """(n,) the same of known rows, or of the slice of all."""
        return self._all_stars if isinstance(rows, slice) else self._model.to_stars(self._scores(rows))

    def _stars(self) -> Bounded:
        """Predicted stars of all films, not held inside the scale, with upper bounds."""
        model = self._model
        length = float(np.linalg.norm(self._factors))
        parts = [length, model.audience_weight(float(len(self._movies))), 1.0, model.mu + self._bias]
        weights = np.array(parts, dtype=np.float32)
        most, others = (model.to_stars(weights @ bounds) for bounds in (model.bounds_of_rated, model.bounds_of_others))
        return Bounded(self._stars_of, most, float(others))

    @cached_property
    def _choice(self) -> Choice:
        """Which films the person chooses."""
        return Choice.of(self._model, self._rows, self._own_stars)

    def _above_usual(self, own: Bounded, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Worths -> sds above the worths of the films that people usually watch."""
        usual = own.of(self._model.usual_rows)
        return np.asarray((values - usual.mean()) / max(float(usual.std()), LEAST_SPREAD))

    def _known_rows(self, movies: ArrayLike) -> Rows:
        """KeyError for a film the model does not know."""
        ids = np.asarray(movies, dtype=np.int64)
        rows = self._model.item_rows(ids)
        if (rows < 0).any():
            raise KeyError(int(ids[rows < 0][0]))
        return rows

    def _predict_rows(self, rows: Rows) -> tuple[Array, Array, float]:
        """Stars inside the scale, the posterior's sds, and the variance of the noise; row -1 is a film nobody knows."""
        model = self._model
        known = rows >= 0
        scores = np.full(len(rows), model.mu + self._bias, dtype=np.float64)
        variance = np.zeros(len(rows))
        scores[known] = self._scores(rows[known])
        places = np.flatnonzero(known)
        for start in range(0, len(places), CHUNK):
            part = places[start : start + CHUNK]
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
        variance = np.asarray(within + scores.var(0))
        unrated = self._model.places[rows] >= len(self._model.rated)
        if unrated.any():
            variance[unrated] += self._film_variance(self._model.item_cov.numpy())
        return variance

    def _drift_variance(self, rows: Rows) -> Array:
        """(n,) by how much more the stars of another day vary around the prediction; row -1 is a film nobody knows.

        Each day the level of a person's ratings has a part of its own, of variance DRIFT, within the prior variance V of their
        bias. The prediction rises by g if all ratings of the history do by 1. If these are of one day, the error in the level is
        of variance (1 - g)^2 V on that day, and on another one

            (1 - g)^2 (V - DRIFT) + DRIFT + g^2 DRIFT = (1 - g)^2 V + 2 g DRIFT

        With a history of several days this is too much: their levels differ already in it, and in the noise that is estimated.
        """
        model = self._model
        rise = self._cov @ (model.noise_precision.numpy()[:, None] * self._gram[:, :-1, -2])[:, :, None]
        factors, bias = self._compressed(rise[:, :, 0])
        g = np.full(len(rows), bias)
        g[rows >= 0] += model.products(factors, rows[rows >= 0])
        return np.asarray(2 * DRIFT * model.unit**2 * g.clip(min=0))

    @cached_property
    def _cov(self) -> Array:
        """(S, D, D) the person's posterior covariance against each draw."""
        # Half the time of torch.cholesky_inverse.
        eye = torch.eye(self._cholesky.shape[1], dtype=torch.float64)
        root = torch.linalg.solve_triangular(self._cholesky, eye, upper=False)
        return np.asarray((root.mT @ root).numpy())

    @cached_property
    def _unknown_variance(self) -> float:
        """Variance of the score of an unknown film: it may be any film."""
        return self._film_variance(self._model.item_moments) + float(self._cov[:, -1, -1].mean())

    def _film_variance(self, moments: Array) -> float:
        """E[(p, 1)' moments (p, 1)] over the person's factors p: the variance of the score of a film with these second moments
        (S, D, D) around what is expected of it."""
        person = np.column_stack([self._people[:, :-1], np.ones(len(self._people))])
        tastes = (person[:, None, :] @ moments @ person[:, :, None])[:, 0, 0]
        doubts = (self._cov[:, :-1, :-1] * moments[:, :-1, :-1]).sum((1, 2))
        return float((tastes + doubts).mean())

    @cached_property
    def _noise_variance(self) -> float:
        """Of this person's ratings: the model's noise counts as NOISE_SHAPE ratings, and each of their own as one."""
        y = np.column_stack([self._people, np.ones(len(self._people))])
        total = self._weights @ np.square(self._residuals)
        errors = solver.squared_errors(self._gram, self._targets, total, y).clip(min=0)
        doubts = (self._cov * self._gram[:, :-1, :-1]).sum((1, 2))
        freedom = NOISE_SHAPE + len(self._movies) - TAIL
        return float(((NOISE_SHAPE / self._model.noise_precision.numpy() + errors + doubts) / freedom).mean())
