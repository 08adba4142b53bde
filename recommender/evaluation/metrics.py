"""How wrong are predictions, and how good are lists?"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.catalogue import Movie
from recommender.recommender import Recommender

PROPENSITY = 0.5  # a film with n ratings is seen in proportion to n^PROPENSITY
STRIP = 1_000_000  # rows that are predicted at once
FAMOUS = 100  # films with the most ratings
SMOOTHING = (
    0.01  # share of the wanted genres that is mixed into a list's, so that a genre it lacks does not cost infinity
)


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
    # At once, the factors of all rows would take gigabytes.
    strips = (test.iloc[start : start + STRIP] for start in range(0, len(test), STRIP))
    predicted = [model.predict(strip["user"], strip["movie"]) for strip in strips]
    return errors(np.concatenate([*predicted, np.zeros(0)]), test["rating"].to_numpy(float))


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


def propensity_ndcg(
    ranked: NDArray[np.int64], relevant: Sequence[Collection[int]], counts: Mapping[int, int]
) -> NDArray[np.float64]:
    """Lists of film ids, best first (lists, n), for each list its relevant films, and each film's number of ratings -> NDCG at
    n by inverse propensity (lists,), 0..1; NaN where nothing is relevant.

    As `ndcg`, but a hit of film i counts w_i, and the perfect list has the films with the highest w first:

        w_i = 1 / max(ratings_i, 1)^PROPENSITY

    People rate what is well known, so a hit that isn't says more of a list (Steck 2011, "Item popularity and recommendation
    accuracy"; Yang et al. 2018, "Unbiased offline recommender evaluation for missing-not-at-random implicit feedback").
    """
    gains = 1 / np.log2(np.arange(ranked.shape[1]) + 2)
    found = np.zeros(ranked.shape)
    perfect = np.zeros(ranked.shape)
    for row, (films, right) in enumerate(zip(ranked.tolist(), relevant, strict=True)):
        weights = {film: max(counts.get(film, 0), 1) ** -PROPENSITY for film in right}
        found[row] = [weights.get(film, 0.0) for film in films]
        highest = sorted(weights.values(), reverse=True)[: ranked.shape[1]]
        perfect[row, : len(highest)] = highest
    return _share(found @ gains, perfect @ gains)


def unfamiliar_recall(
    ranked: NDArray[np.int64], relevant: Sequence[Collection[int]], famous: Collection[int]
) -> NDArray[np.float64]:
    """`recall` at n (lists,) of the relevant films that are not famous, by the lists as they are; NaN where all are famous."""
    others = [set(films).difference(famous) for films in relevant]
    return recall(hits(ranked, others), np.array([len(films) for films in others]))


def genre_shares(movies: Iterable[Movie]) -> pd.DataFrame:
    """p(genre | film): a row for each film that has genres, by id, and a column for each genre; a film's genres count alike."""
    rows = {movie.id: dict.fromkeys(movie.genres, 1 / len(movie.genres)) for movie in movies if movie.genres}
    return pd.DataFrame.from_dict(rows, orient="index").fillna(0.0)


def genre_mix(films: Sequence[Collection[int]], shares: pd.DataFrame) -> NDArray[np.float64]:
    """p(genre | films) (sets, genres): the mean of `genre_shares` over each set of films; NaN where no film has a genre."""
    mixes = np.full((len(films), shares.shape[1]), np.nan)
    table = shares.to_numpy()
    for mix, own in zip(mixes, films, strict=True):
        rows = shares.index.get_indexer(pd.Index(list(own), dtype=np.int64))
        if (rows >= 0).any():
            mix[:] = table[rows[rows >= 0]].mean(0)
    return mixes


def miscalibration(wanted: NDArray[np.float64], shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """`genre_mix` of what each person likes, p, and of their list, q, (lists, genres) each -> how far the list is from them
    (lists,), in nats, from 0 up; NaN where a mix is.

        KL(p, q) = sum over genres g of p_g log(p_g / ((1 - SMOOTHING) q_g + SMOOTHING p_g))

    (Steck 2018, "Calibrated recommendations").
    """
    smooth = (1 - SMOOTHING) * shown + SMOOTHING * wanted
    ratio = np.where(wanted > 0, wanted, 1) / np.where(wanted > 0, smooth, 1)
    terms = np.where(np.isnan(wanted) | np.isnan(shown), np.nan, wanted * np.log(ratio))
    return np.asarray(terms.sum(1))


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """part / whole, NaN where `whole` is 0."""
    return np.asarray(part / np.where(whole > 0, whole, np.nan))


def confusion(model: Recommender, test: pd.DataFrame) -> pd.DataFrame:
    """Counts of held-out ratings: one row for each stars given, one column for the predicted stars, rounded to halves."""
    predicted = np.round(model.predict(test["user"], test["movie"]) * 2) / 2
    return pd.crosstab(test["rating"].rename("given"), pd.Series(predicted, index=test.index, name="predicted"))
