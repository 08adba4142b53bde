"""From a history to a Taste: the exact posterior of one person, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from recommender import ranking, solver
from recommender.choice import DISLIKED, choice
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
        self._residuals = model.to_scores(stars) - model.mu
        self._votes = model.set_basis[self._rows]
        # Sums in singles, for speed; what is solved from them in doubles, which costs nothing for one person.
        y = self._columns(self._rows)
        self._gram, self._targets = (y.mT @ y).double(), (self._residuals.float() @ y).double()
        prior_mean = self._prior_mean(self._votes.sum(0, keepdim=True).double(), len(self._films))[:, 0]
        self._posterior = solver.solve_rows(
            self._gram, self._targets, prior_mean, model.user_precision, model.noise_precision
        )
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
        scores = torch.from_numpy(self._scores(slice(None)))
        liked = torch.where(self._residuals >= 0, 1.0, DISLIKED).float()
        choices = choice(model.sets, model.item_diagonal, liked @ self._votes)
        rows = ranking.rank(model, model.to_stars(scores).numpy(), choices, len(self._films), allowed, n)
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
        no_votes = self._prior_mean(torch.zeros(1, self._votes.shape[1], dtype=torch.float64), count)
        shares = (
            self._prior_mean(self._votes.double(), count) - no_votes
        )  # the prior mean is affine in the set of films
        y = self._columns(self._rows).double()
        noise = model.noise_precision[:, None, None]
        evidence = noise * (self._residuals - y[:, :, -1])[:, :, None] * y[:, :, :-1]
        parts = ((shares @ model.user_precision + evidence) @ reach[:, :, None])[:, :, 0].sum(0)
        constant = float(((no_votes @ model.user_precision) @ reach[:, :, None]).sum())
        start = float(self._offsets(row.numpy())[0]) + constant
        total = start + float(parts.sum())
        return Explanation(
            self._stars(start),
            self._named(parts * self._rate(start, total)),
            self._named(total - self._scores_without(direction, row, y[:, :, :-1], evidence), base=total),
        )

    def _scores_without(self, direction: Tensor, row: Tensor, x: Tensor, evidence: Tensor) -> Tensor:
        """(history,) the film's score with each rating left out, by a downdate of rank one (Sherman and Morrison 1950)."""
        count, cov, noise = len(self._films), self._posterior.cov, self._model.noise_precision[:, None]
        votes = self._votes.double()
        fewer = self._prior_mean(votes.sum(0) - votes, count - 1)
        rhs = fewer @ self._model.user_precision + evidence.sum(1, keepdim=True) - evidence
        spread = x @ cov
        kept = 1 - noise * (spread * x).sum(2)
        swing = noise * (spread * rhs).sum(2) / kept
        person = rhs @ cov + spread * swing[:, :, None]
        fewer_offsets = float(self._offsets(row.numpy(), count - 1)[0])
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

    def _columns(self, rows: Tensor) -> Tensor:
        """(S, n, D + 1) the draws of known films as the solver takes columns: factors, 1, bias."""
        draws = self._model.samples[rows].transpose(0, 1)
        y = torch.ones(self._model.draws, len(rows), draws.shape[2] + 1)
        y[:, :, :-2], y[:, :, -1] = draws[:, :, :-1], draws[:, :, -1]
        return y

    def _prior_mean(self, votes: Tensor, count: int) -> Tensor:
        """Sums of `set_basis` over sets of so many films (n, R) -> prior means (S, n, D)."""
        sizes = torch.full((len(votes),), float(max(count, 0)), dtype=torch.float64)
        return self._model.sets.features(votes, sizes) @ self._model.set_weights

    def _compressed(self, people: Tensor) -> Tensor:
        """Coordinates against each draw (S, D) -> (C + 1,)."""
        factors = people[:, :-1].flatten() @ self._model.projection.flatten(0, 1)
        return torch.cat([factors, people[:, -1].mean(0, keepdim=True)])

    def _direction(self, row: int) -> Tensor:
        """(S, D) what a person's coordinates add to the film's score."""
        factors = self._model.projection @ self._model.items[row, :-1].double()
        return torch.cat([factors, torch.full_like(factors[:, :1], 1 / len(factors))], dim=1)

    def _offsets(self, rows: NDArray[np.int64], count: int | None = None) -> NDArray[np.float32]:
        """(n,) the films' scores for someone without a taste who has rated so many films."""
        model = self._model
        weight = self._audience_weight(len(self._films) if count is None else count)
        return np.asarray(model.mu + model.items[rows, -1].numpy() + weight * model.item_audience[rows].numpy())

    def _audience_weight(self, count: int) -> float:
        return float(self._model.audience_weight(torch.tensor(float(count))))

    def _scores(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """(n,) scores of known rows. numpy: torch takes twice as long for a product with one vector."""
        model = self._model
        person = np.append(self._person[:-1].numpy(), 1).astype(np.float32)
        start = model.mu + float(self._person[-1])
        weight = self._audience_weight(len(self._films))
        return np.asarray(model.items.numpy()[rows] @ person + start + weight * model.item_audience.numpy()[rows])

    def _predict_rows(self, rows: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Stars inside the scale, the posterior's sds, and the variance of the noise; row -1 is a film nobody knows."""
        model = self._model
        known = rows >= 0
        scores = torch.full((len(rows),), model.mu, dtype=torch.float64) + self._person[-1]
        variance = torch.zeros_like(scores)
        scores[known] = torch.from_numpy(self._scores(rows[known].numpy())).double()
        parts = torch.tensor_split(rows[known], tuple(range(CHUNK, len(rows), CHUNK)))
        variance[known] = torch.cat([self._variance(part) for part in parts])
        if not known.all():
            variance[~known] = self._unknown_variance
        slope = model.slope(scores)
        typical = float(model.slope(torch.tensor(model.mu, dtype=torch.float64)))
        stars = model.to_stars(scores).clamp(*model.bounds)
        return stars.numpy(), (slope * variance.sqrt()).numpy(), self._noise_variance * typical**2

    def _variance(self, rows: Tensor) -> Tensor:
        """(n,) of the score: what is left open against each draw of the film, and how much the draws differ."""
        y = self._columns(rows).double()
        x = y[:, :, :-1]
        within = ((x @ self._posterior.cov) * x).sum(2).mean(0)
        scores = (x @ self._posterior.mean[:, :, None])[:, :, 0] + y[:, :, -1]
        return within + (scores - scores.mean(0)).square().mean(0)

    @cached_property
    def _unknown_variance(self) -> float:
        """Of the score of a film of which nothing is known: it may be any film."""
        mean, cov, film = self._posterior.mean, self._posterior.cov, self._model.item_moments
        person = torch.cat([mean[:, :-1], torch.ones_like(mean[:, -1:])], dim=1)
        tastes = (person[:, None, :] @ film @ person[:, :, None])[:, 0, 0]
        doubts = (cov[:, :-1, :-1] * film[:, :-1, :-1]).sum((1, 2)) + cov[:, -1, -1]
        return float((tastes + doubts).mean())

    @cached_property
    def _noise_variance(self) -> float:
        """How much this person's ratings scatter: the model's noise, and their own as far as their ratings show it."""
        gram, noise = self._gram, self._model.noise_precision
        total = self._residuals.square().sum()
        errors = solver.squared_errors(gram, self._targets, total, self._posterior.mean).clamp(min=0)
        doubts = (self._posterior.cov * gram[:, :-1, :-1]).sum((1, 2))
        freedom = NOISE_SHAPE + len(self._films) - TAIL
        return float(((NOISE_SHAPE / noise + errors + doubts) / freedom).mean())
