"""How wrong is a model? Held-out rows, errors, and the naive baselines a model must beat."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.recommender import Recommender

# Ratings that a damped mean counts as if the average had been given beforehand.
DAMPING = 5.0


@dataclass(frozen=True)
class Errors:
    """Errors over held-out ratings, in stars (mse: in stars squared)."""

    ratings: int
    rmse: float
    mae: float

    @property
    def mse(self) -> float:
        return self.rmse**2

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def errors(predicted: NDArray[np.float64], stars: NDArray[np.float64]) -> Errors:
    """predicted and real stars, (n,) each; ValueError if there are none."""
    if not len(stars):
        raise ValueError("there are no held-out ratings to measure on")
    off = predicted - stars
    return Errors(len(stars), float(np.sqrt(np.mean(off**2))), float(np.mean(np.abs(off))))


def held_out(ratings: pd.DataFrame, share: float, salt: int = 0) -> NDArray[np.bool_]:
    """(n,) True for the rows to hold out: chosen by a fixed hash of (user, movie), so the same rows in every version of the
    data, whatever else it holds. `share` 0..1."""
    pair = ratings["user"].to_numpy(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    pair ^= _mixed(ratings["movie"].to_numpy(np.uint64) + np.uint64(salt * 0xD1B54A32D192ED03 % 2**64))
    return _mixed(pair) < np.uint64(min(int(share * 2.0**64), 2**64 - 1))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit of the input moves every bit of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def measure(model: Recommender, test: pd.DataFrame) -> Errors:
    """The model's errors on rows (user, movie, rating) that it has not learned from."""
    return errors(model.predict(test["user"], test["movie"]), test["rating"].to_numpy(float))


def baselines(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, Errors]:
    """The errors of `naive` predictions."""
    stars = test["rating"].to_numpy(float)
    return {name: errors(predicted, stars) for name, predicted in naive(train, test).items()}


def naive(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Predictions that need no model: the mean of all ratings, the damped mean of a film, and that plus a person's damped
    offset; (test rows,) each (the baseline predictors of Koren 2010, "Factor in the neighbors", section 2.1). A column weight
    counts as in a fit."""
    weights = train["weight"] if "weight" in train else pd.Series(1.0, index=train.index)

    def offsets(above: pd.Series, owner: pd.Series) -> pd.Series:
        return (above * weights).groupby(owner).sum() / (weights.groupby(owner).sum() + DAMPING)

    mean = float(np.average(train["rating"], weights=weights))
    film_offset = offsets(train["rating"] - mean, train["movie"])
    person_offset = offsets(train["rating"] - mean - train["movie"].map(film_offset), train["user"])
    by_film = mean + test["movie"].map(film_offset).fillna(0).to_numpy(float)
    by_both = by_film + test["user"].map(person_offset).fillna(0).to_numpy(float)
    return {
        "mean of all ratings": np.full(len(test), mean),
        "mean of the film": by_film,
        "mean of the film + person's offset": by_both,
    }


def hits(ranked: NDArray[np.int64], relevant: Sequence[Collection[int]]) -> NDArray[np.bool_]:
    """Lists of film ids, best first (lists, n), and for each list the films that are right -> (lists, n) which are.

    ValueError for another number of sets than lists.
    """
    if len(ranked) != len(relevant):
        raise ValueError(f"{len(ranked)} lists need as many sets of relevant films, not {len(relevant)}")
    rows = [np.isin(films, np.fromiter(right, np.int64)) for films, right in zip(ranked, relevant, strict=True)]
    return np.array(rows, dtype=np.bool_).reshape(ranked.shape)


def recall(found: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """`hits` (lists, n), and how many films were relevant (lists,) -> recall at n (lists,), 0..1; NaN where none was.

    It is the share of as many as fit in the list, min(n, relevant), so that a perfect list has 1 (Liang et al. 2018,
    "Variational autoencoders for collaborative filtering").
    """
    return _share(found.sum(1).astype(float), np.minimum(relevant, found.shape[1]).astype(float))


def ndcg(found: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """`hits` (lists, n), and how many films were relevant (lists,) -> NDCG at n (lists,), 0..1; NaN where none was.

    A hit at place p, from 1, gains 1 / log2(p + 1); the sum is divided by that of a perfect list (Järvelin and Kekäläinen
    2002, "Cumulated gain-based evaluation of IR techniques").
    """
    gains = 1 / np.log2(np.arange(found.shape[1]) + 2)
    best = np.concatenate([[0.0], np.cumsum(gains)])
    return _share(found @ gains, best[np.minimum(relevant, found.shape[1])])


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN where `whole` is 0."""
    return np.asarray(part / np.where(whole > 0, whole, np.nan))


def confusion(model: Recommender, test: pd.DataFrame) -> pd.DataFrame:
    """Counts of held-out ratings: one row for each stars given, one column for the predicted stars, rounded to halves."""
    predicted = np.round(model.predict(test["user"], test["movie"]) * 2) / 2
    return pd.crosstab(test["rating"].rename("given"), pd.Series(predicted, index=test.index, name="predicted"))
