"""From a history to a Taste: the exact posterior of one person, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from recommender import ranking, solver
from recommender.model import EmbeddingDotBias
from recommender.ranking import Pick
from recommender.solver import Posterior


@dataclass(frozen=True)
class Explanation:
    """Where a prediction comes from. `baseline` and `contributions` (film -> stars) sum to the prediction before it is
    held inside the scale. `without` (film -> stars): what the prediction would lose if that one rating were taken away."""

    baseline: float
    contributions: dict[int, float]
    without: dict[int, float]


class Taste:
    """One person's taste, solved from their ratings alone. Make one with `Recommender.taste`."""

    def __init__(self, model: EmbeddingDotBias, history: Mapping[int, float], scale: tuple[float, float]) -> None:
        """history: film id -> stars; ValueError for stars off the scale. Films the model does not know are passed over."""
        for movie, stars in history.items():
            if not scale[0] <= stars <= scale[1]:  # NaN fails too
                raise ValueError(f"{stars} stars for film {movie} is off the scale {scale[0]:g} to {scale[1]:g}")
        self._model = model
        self._history_rows = model.item_rows(np.fromiter(history, np.int64, len(history)))
        known = self._history_rows >= 0
        self._films = [movie for movie, is_known in zip(history, known, strict=True) if is_known]
        self._rows = torch.from_numpy(self._history_rows[known])
        residuals = torch.tensor(list(history.values()), dtype=torch.float64)[torch.from_numpy(known)] - model.mu
        # Doubles: one row costs nothing, and the contributions then sum to the prediction.
        self._moments = model.item_moments[self._rows].double()
        self._targets = residuals[:, None] * solver.augment(model.items[self._rows].double())
        self._votes = model.set_basis[self._rows].double()
        self._posterior = self._solve(
            self._moments.sum(0, keepdim=True), self._targets.sum(0, keepdim=True), self._votes.sum(0, keepdim=True)
        )

    def predict(self, movies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and predictive sd (n,): stars +- 1.2816 sd holds 80% of ratings."""
        stars, sd_mean = self.predict_mean(movies)
        return stars, np.sqrt(sd_mean**2 + 1 / self._model.noise_precision)

    def predict_mean(self, movies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Film ids (n,) -> predicted stars (n,) and the posterior's sd alone (n,): how sure the model is of the mean."""
        rows = self._model.item_rows(np.asarray(movies, dtype=np.int64))
        mean, variance = self._predict_rows(torch.from_numpy(rows))
        return mean.clip(*self._model.bounds), np.sqrt(variance)

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
        allowed = self._model.allowed(exclude, among)
        if not include_history:
            allowed[self._rows.numpy()] = False
        mean, variance = self._catalogue
        return ranking.rank(self._model, mean, np.sqrt(variance), allowed, n)

    def explain(self, movie: int) -> Explanation:
        """Why this film is predicted what it is. Raises KeyError for a film the model does not know."""
        row = int(self._model.item_rows(np.array([movie]))[0])
        if row < 0:
            raise KeyError(movie)
        y = solver.augment(self._model.items[[row]].double())[0]
        direction = y[:-1] @ self._posterior.cov[0]  # what a unit of evidence adds to this film's stars
        precision = torch.linalg.inv(self._model.user_cov.double())
        offsets = solver.unpack(self._moments)[:, :-1, -1]
        evidence = self._model.noise_precision * (self._targets[:, :-1] - offsets)
        # The prior mean is affine in the set of films, so each film has its share of it.
        sizes = torch.full((len(self._films),), len(self._films), dtype=torch.float64)
        no_set = self._model.prior_means(
            torch.zeros_like(self._model.set_centre)[None].double(), sizes.new_tensor([len(self._films)])
        )
        shares = self._model.prior_means(self._votes, sizes) - no_set
        contributions = (evidence + shares @ precision) @ direction
        baseline = self._model.mu + float(y[-1]) + float(no_set[0] @ precision @ direction)
        return Explanation(
            baseline,
            dict(zip(self._films, contributions.tolist(), strict=True)),
            dict(zip(self._films, (self._leave_one_out @ y[:-1]).tolist(), strict=True)),
        )

    @cached_property
    def _leave_one_out(self) -> Tensor:
        """The person with all ratings, less the person without each: (history, D)."""
        without = self._solve(
            self._moments.sum(0) - self._moments,
            self._targets.sum(0) - self._targets,
            self._votes.sum(0) - self._votes,
            size=len(self._films) - 1,
        )
        return self._posterior.mean - without.mean

    def _solve(self, moments: Tensor, targets: Tensor, votes: Tensor, size: int | None = None) -> Posterior:
        sizes = torch.full((len(moments),), len(self._films) if size is None else size, dtype=torch.float64)
        return self._model.fold_in(moments, targets, votes, sizes)

    @cached_property
    def _catalogue(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        # Not by `_predict_rows`: picking rows would copy the whole table of moments.
        return self._predict(solver.augment(self._model.items), self._model.item_moments)

    def _predict_rows(self, rows: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Unclipped means and the posterior's variances of catalogue rows; -1 is a film nobody knows."""
        model = self._model
        unknown = rows < 0
        y = solver.augment(model.items[rows])
        moments = model.item_moments[rows]
        if unknown.any():
            nobody = Posterior(torch.zeros_like(model.items[:1]), model.item_cov[None])
            y[unknown] = solver.augment(nobody.mean)
            moments[unknown] = solver.second_moments(nobody)
        return self._predict(y, moments)

    def _predict(self, y: Tensor, moments: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        model = self._model
        person = solver.dual(solver.augment(self._posterior.mean))[0]
        mean = y.double() @ person
        square = solver.inner(moments, solver.dual_moments(self._posterior)[0].float()).double()
        return (model.mu + mean).numpy(), (square - mean**2).clamp(min=0).numpy()
