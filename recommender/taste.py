"""From a history to a Taste: the exact posterior of one person, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from recommender import ranking, solver
from recommender.choice import DISLIKED
from recommender.fit import NOISE_SHAPE
from recommender.model import EmbeddingDotBias
from recommender.ranking import Pick

# A precision that is not known makes errors Student's t. This correction of its degrees of freedom is the one with which
# a Normal's 80% interval holds 80% of them: (1.2816 / the 90% quantile of t)^2 = 1 - 1.27 / freedom, from 10 degrees up.
TAIL = 1.27
CHUNK = 4096  # films whose doubt is worked out at once


@dataclass(frozen=True)
class Explanation:
    """Where a prediction comes from. `baseline` and `contributions` (film -> stars) sum to the prediction before it is
    held inside the scale. `without` (film -> stars): what the prediction would lose if that one rating were taken away."""

    baseline: float
    contributions: dict[int, float]
    without: dict[int, float]


class Taste:
    """One person's taste, solved from their ratings alone. Make one with `Recommender.taste`.

    The person is one Bayesian linear regression against each draw of the films (see `solver`); predictions are the average.
    """

    def __init__(self, model: EmbeddingDotBias, history: Mapping[int, float], scale: tuple[float, float]) -> None:
        """history: film id -> stars; ValueError for stars off the scale. Films the model does not know are passed over."""
        for movie, given in history.items():
            if not scale[0] <= given <= scale[1]:  # NaN fails too
                raise ValueError(f"{given} stars for film {movie} is off the scale {scale[0]:g} to {scale[1]:g}")
        self._model = model
        rows = model.item_rows(np.fromiter(history, np.int64, len(history)))
        known = rows >= 0
        self._films = [movie for movie, is_known in zip(history, known, strict=True) if is_known]
        self._rows = torch.from_numpy(rows[known])
        stars = torch.tensor(list(history.values()), dtype=torch.float64)[torch.from_numpy(known)]
        # Doubles: one row costs nothing, and the contributions then sum to the prediction.
        self._y = solver.augment(model.samples[self._rows].transpose(0, 1).double())  # (S, history, D + 1)
        self._residuals = model.to_scores(stars) - model.mu
        self._votes = model.set_basis[self._rows].double()
        self._noise = model.noise_precision.double()
        gram, targets = self._y.mT @ self._y, self._residuals @ self._y
        prior_mean = self._prior_mean(self._votes.sum(0, keepdim=True), len(self._films))[:, 0]
        self._posterior = solver.solve_rows(gram, targets, prior_mean, model.user_precision, self._noise)
        self._person = self._compressed(self._posterior.mean)

    def predict(self, movies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and predictive sd (n,): stars +- 1.2816 sd holds 80% of ratings."""
        stars, sd_mean, noise = self._predict_rows(self._item_rows(movies))
        return stars, np.sqrt(sd_mean**2 + noise)

    def predict_mean(self, movies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and the posterior's sd alone (n,): how sure the model is of the mean."""
        return self._predict_rows(self._item_rows(movies))[:2]

    def recommend(
        self,
        n: int,
        exclude: Iterable[int] = (),
        among: Iterable[int] | None = None,
        *,
        include_history: bool = False,
    ) -> list[Pick]:
        """The n best films, best first: nothing from `exclude`, only from `among` if it is given, and nothing from the
        history unless `include_history`."""
        if n < 1:
            return []
        model = self._model
        allowed = model.allowed(exclude, among)
        if not include_history:
            allowed[self._rows.numpy()] = False
        scores = self._scores(slice(None))
        liked = torch.where(self._residuals >= 0, 1.0, DISLIKED).double()
        choice = model.item_choice @ (liked @ self._votes).float()
        rows = ranking.rank(model, model.to_stars(scores).numpy(), choice.numpy(), len(self._films), allowed, n)
        stars, sd_mean, noise = self._predict_rows(torch.from_numpy(rows))
        sds = np.sqrt(sd_mean**2 + noise)
        ids = model.item_ids[torch.from_numpy(rows)].tolist()
        return [Pick(*values) for values in zip(ids, stars.tolist(), sds.tolist(), sd_mean.tolist(), strict=True)]

    def explain(self, movie: int) -> Explanation:
        """Why this film is predicted what it is. Raises KeyError for a film the model does not know."""
        row = self._item_rows([movie])
        if int(row[0]) < 0:
            raise KeyError(movie)
        model, count = self._model, len(self._films)
        # The score is linear in the person, and the person in the evidence: `reach` is what a unit of evidence adds.
        direction = self._direction(int(row[0]))
        cov = self._posterior.cov
        reach = (cov @ direction[:, :, None])[:, :, 0]
        no_votes = self._prior_mean(torch.zeros_like(self._votes[:1]), count)
        shares = self._prior_mean(self._votes, count) - no_votes  # the prior mean is affine in the set of films
        evidence = (self._residuals - self._y[:, :, -1])[:, :, None] * self._y[:, :, :-1] * self._noise[:, None, None]
        parts = ((shares @ model.user_precision + evidence) @ reach[:, :, None])[:, :, 0].sum(0)
        constant = ((no_votes @ model.user_precision) @ reach[:, :, None]).sum()
        start = float(self._offsets(row)[0] + constant)
        total = start + float(parts.sum())
        return Explanation(
            self._stars(start),
            self._named(parts * self._rate(start, total)),
            self._named(total - self._scores_without(direction, row, evidence, cov), base=total),
        )

    def _scores_without(self, direction: Tensor, row: Tensor, evidence: Tensor, cov: Tensor) -> Tensor:
        """(history,) the film's score with each rating left out, by a downdate of rank one (Sherman and Morrison 1950)."""
        count = len(self._films)
        x = self._y[:, :, :-1]
        fewer = self._prior_mean(self._votes.sum(0) - self._votes, count - 1)
        rhs = fewer @ self._model.user_precision + evidence.sum(1, keepdim=True) - evidence
        spread = x @ cov
        kept = 1 - self._noise[:, None] * (spread * x).sum(2)
        swing = (spread * rhs).sum(2) * self._noise[:, None] / kept
        person = rhs @ cov + spread * swing[:, :, None]
        fewer_offsets = self._offsets(row, count - 1)[0]
        return (person @ direction[:, :, None])[:, :, 0].sum(0) + fewer_offsets

    def _stars(self, score: float) -> float:
        return float(self._model.to_stars(torch.tensor(score, dtype=torch.float64)))

    def _rate(self, start: float, total: float) -> float:
        """Stars for a unit of score on the way from start to total."""
        if abs(total - start) < 1e-9:
            return float(self._model.slope(torch.tensor(total, dtype=torch.float64)))
        return (self._stars(total) - self._stars(start)) / (total - start)

    def _named(self, parts: Tensor, base: float | None = None) -> dict[int, float]:
        """Film -> stars; with a base, the parts are what the base's score would lose."""
        if base is not None:
            parts = self._stars(base) - self._model.to_stars(base - parts)
        return dict(zip(self._films, parts.tolist(), strict=True))

    def _item_rows(self, movies: ArrayLike) -> Tensor:
        return torch.from_numpy(self._model.item_rows(np.asarray(movies, dtype=np.int64)))

    def _prior_mean(self, votes: Tensor, count: int) -> Tensor:
        """Sums of `set_basis` over sets of so many films (n, R) -> prior means (S, n, D)."""
        sizes = torch.full((len(votes),), float(max(count, 0)), dtype=torch.float64)
        return self._model.sets.features(votes, sizes) @ self._model.set_weights.double()

    def _compressed(self, people: Tensor) -> Tensor:
        """Coordinates against each draw (S, D) -> (C + 1,)."""
        factors = torch.einsum("sk,skc->c", people[:, :-1], self._model.projection.double())
        return torch.cat([factors, people[:, -1].mean(0, keepdim=True)])

    def _direction(self, row: int) -> Tensor:
        """(S, D) what a person's coordinates add to the film's score."""
        factors = self._model.projection.double() @ self._model.items[row, :-1].double()
        return torch.cat([factors, torch.full_like(factors[:, :1], 1 / len(factors))], dim=1)

    def _offsets(self, rows: Tensor | slice, count: int | None = None) -> Tensor:
        """(n,) the films' scores for someone without a taste who has rated so many films."""
        model = self._model
        counts = torch.tensor(float(len(self._films) if count is None else count))
        return (model.mu + model.items[rows, -1] + model.audience_weight(counts) * model.item_audience[rows]).double()

    def _scores(self, rows: Tensor | slice) -> Tensor:
        """(n,) scores of known rows."""
        return (
            (self._model.items[rows, :-1] @ self._person[:-1].float()).double() + self._person[-1] + self._offsets(rows)
        )

    def _predict_rows(self, rows: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Stars inside the scale, the posterior's sds, and the variance of the noise; row -1 is a film nobody knows."""
        model = self._model
        known = rows >= 0
        scores = torch.full((len(rows),), model.mu, dtype=torch.float64) + self._person[-1]
        variance = torch.full_like(scores, self._unknown_variance)
        scores[known] = self._scores(rows[known])
        parts = torch.tensor_split(rows[known], tuple(range(CHUNK, len(rows), CHUNK)))
        variance[known] = torch.cat([self._variance(part) for part in parts])
        slope = model.slope(scores)
        typical = float(model.slope(torch.tensor(model.mu, dtype=torch.float64)))
        stars = model.to_stars(scores).clamp(*model.bounds)
        return stars.numpy(), (slope * variance.sqrt()).numpy(), self._noise_variance * typical**2

    def _variance(self, rows: Tensor) -> Tensor:
        """(n,) of the score: what is left open against each draw of the film, and how much the draws differ."""
        y = solver.augment(self._model.samples[rows].transpose(0, 1).double())  # (S, n, D + 1)
        x = y[:, :, :-1]
        within = ((x @ self._posterior.cov) * x).sum(2).mean(0)
        scores = (x @ self._posterior.mean[:, :, None])[:, :, 0] + y[:, :, -1]
        return within + (scores - scores.mean(0)).square().mean(0)

    @cached_property
    def _unknown_variance(self) -> float:
        """Of the score of a film of which nothing is known."""
        person = torch.cat([self._posterior.mean[:, :-1], torch.ones_like(self._posterior.mean[:, -1:])], dim=1)
        film = (person[:, None, :] @ self._model.item_cov.double() @ person[:, :, None]).mean()
        return float(film + self._posterior.cov[:, -1, -1].mean())

    @cached_property
    def _noise_variance(self) -> float:
        """How much this person's ratings scatter: the model's noise, and their own as far as their ratings show it."""
        x = self._y[:, :, :-1]
        errors = self._residuals - (x @ self._posterior.mean[:, :, None])[:, :, 0] - self._y[:, :, -1]
        doubt = ((x @ self._posterior.cov) * x).sum(2)
        sums = (errors**2 + doubt).sum(1)
        return float(((NOISE_SHAPE / self._noise + sums) / (NOISE_SHAPE + len(self._films) - TAIL)).mean())
