"""How wrong are predictions, and how good are lists?"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.recommender import Recommender


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
    """Predicted and given stars, (n,) each -> their errors. ValueError if there are none."""
    if not len(stars):
        raise ValueError("there are no held-out ratings to measure on")
    off = predicted - stars
    return Errors(len(stars), float(np.sqrt(np.mean(off**2))), float(np.mean(np.abs(off))))


def measure(model: Recommender, test: pd.DataFrame) -> Errors:
    """The model's errors on rows (user, movie, rating) that it has not learned from."""
    return errors(model.predict(test["user"], test["movie"]), test["rating"].to_numpy(float))


def hits(ranked: NDArray[np.int64], relevant: Sequence[Collection[int]]) -> NDArray[np.bool_]:
    """Lists of film ids, best first (lists, n), and for each list its relevant films -> (lists, n) True where a film is one.

    ValueError for another number of sets than lists.
    """
    if len(ranked) != len(relevant):
        raise ValueError(f"{len(ranked)} lists need as many sets of relevant films, not {len(relevant)}")
    rows = [np.isin(films, np.fromiter(right, np.int64)) for films, right in zip(ranked, relevant, strict=True)]
    return np.array(rows, dtype=np.bool_).reshape(ranked.shape)


def recall(found: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """`hits` (lists, n), and how many films are relevant (lists,) -> recall at n (lists,), 0..1; NaN where none is.

        recall@n = hits / min(n, relevant)

    so that a perfect list has 1 (Liang et al. 2018, "Variational autoencoders for collaborative filtering").
    """
    return _share(found.sum(1).astype(float), np.minimum(relevant, found.shape[1]).astype(float))


def ndcg(found: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """`hits` (lists, n), and how many films are relevant (lists,) -> NDCG at n (lists,), 0..1; NaN where none is.

        DCG@n = sum over the places p of hits of 1 / log2(p + 1)        NDCG@n = DCG@n / DCG@n of a perfect list

    (Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques").
    """
    gains = 1 / np.log2(np.arange(found.shape[1]) + 2)
    best = np.concatenate([[0.0], np.cumsum(gains)])
    return _share(found @ gains, best[np.minimum(relevant, found.shape[1])])


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """part / whole, NaN where `whole` is 0."""
    return np.asarray(part / np.where(whole > 0, whole, np.nan))


def confusion(model: Recommender, test: pd.DataFrame) -> pd.DataFrame:
    """Counts of held-out ratings: one row for each stars given, one column for the predicted stars, rounded to halves."""
    predicted = np.round(model.predict(test["user"], test["movie"]) * 2) / 2
    return pd.crosstab(test["rating"].rename("given"), pd.Series(predicted, index=test.index, name="predicted"))
