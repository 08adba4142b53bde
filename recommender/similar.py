"""From a film to films like it: who likes them, who watches them, what they are, and what they are called."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.filters import FilmTable
from recommender.model import EmbeddingDotBias

# The weights were chosen on half of the series in benchmarks/series.csv; benchmarks/similar.py reports the other half.
TASTE_WEIGHT = 1.2
RATERS_WEIGHT = 0.7
SUPPORT = 13.0  # ratings of both films with which the trust in them is a half
CONTENT_WEIGHT = 0.6
UNRATED_WEIGHT = 0.9
YEAR_SPAN = 12.0  # years
TITLE_WEIGHT = 0.85
# Without it some films would be near to everything; at 1, films that are near to nothing would come up everywhere.
CROWDING = 0.55
# Of a film that nobody rated only genres and year are known, and they fit a whole shelf of others.
UNKNOWN = 0.25
# A film's nearest are looked for among SAMPLE random films; the NEAREST first of them count.
SAMPLE, NEAREST = 2000, 20
CHUNK = 100  # films that are compared at once


@dataclass(frozen=True)
class Neighbour:
    """A film like another. `score` ranks; `audience` (-1..1) is how alike the two are liked, `genres` those of both, `title`
    (0..1) how alike their titles are."""

    movie: int
    score: float
    audience: float
    genres: tuple[str, ...]
    title: float


class Neighbourhood:
    """How alike the films of a model are, one row for each.

    For film i, with n_i ratings, film j has the score

        alike + TITLE_WEIGHT title (1 + alike) - CROWDING crowd_j - UNKNOWN / (1 + n_j)^2
        alike = trust (TASTE_WEIGHT taste + RATERS_WEIGHT raters) + (CONTENT_WEIGHT + UNRATED_WEIGHT (1 - trust)) content
        trust = sqrt(n_i / (n_i + SUPPORT) n_j / (n_j + SUPPORT))

    taste: the cosine of the factors, whitened by their covariance. Unlike the plain cosine, it does not depend on how the
    factors are scaled or turned (Steck et al. 2024). raters: the cosine of the films' rows of `set_basis`. content: of genres
    and years. title: of the titles; it counts for more where the films are alike in all else, since "The Heat" is no sequel
    of "Heat". crowd_j: how alike film j is to its own nearest films.
    """

    def __init__(self, model: EmbeddingDotBias, catalogue: Catalogue, films: FilmTable) -> None:
        self._catalogue, self._films = catalogue, films
        self._ids = model.item_ids.numpy()
        counts = model.item_counts.numpy()
        self._trust = np.sqrt(counts / (counts + SUPPORT))
        factors = model.items.numpy()[:, :-1]
        self._taste = Cosines(factors, factors.mean(0), _whitening(factors))
        basis = model.sets.basis
        self._raters = Cosines(basis, np.zeros_like(basis[0]), np.eye(basis.shape[1], dtype=basis.dtype))
        self._taken_off = CROWDING * self._crowded() + UNKNOWN / (1 + counts) ** 2

    def nearest(self, row: int, n: int, allowed: NDArray[np.bool_]) -> list[Neighbour]:
        """The n allowed films (m,) most like the film in this row, best first."""
        title = self._films.titles.likeness(row)
        alike = self._likeness(np.array([row]), slice(None))[0]
        score = alike + TITLE_WEIGHT * title * (1 + alike) - self._taken_off
        candidates = np.flatnonzero(allowed & (np.arange(len(score)) != row))
        best = _best(candidates, score, n)
        audience = self._trust[row] * self._trust[best] * self._taste.of(np.array([row]), best)[0]
        own = self._catalogue.movies[row].genres
        return [
            Neighbour(
                movie=int(self._ids[near]),
                score=float(score[near]),
                audience=float(liked),
                genres=tuple(genre for genre in own if genre in self._catalogue.movies[near].genres),
                title=float(title[near]),
            )
            for near, liked in zip(best, audience, strict=True)
        ]

    def _likeness(self, rows: NDArray[np.int64], others: slice) -> NDArray[np.float64]:
        """(rows, others) alike, which leaves the titles aside."""
        trust = self._trust[rows][:, None] * self._trust[others]
        rated = TASTE_WEIGHT * self._taste.of(rows, others) + RATERS_WEIGHT * self._raters.of(rows, others)
        content = self._films.likeness(rows, others, YEAR_SPAN) * (CONTENT_WEIGHT + UNRATED_WEIGHT * (1 - trust))
        return trust * rated + content

    def _crowded(self) -> NDArray[np.float64]:
        """(m,) the mean of alike over each film's nearest, as in CSLS (Conneau et al. 2018). It keeps hubs down: films that are
        near to many others without being like them (Radovanovic et al. 2010)."""
        films = len(self._ids)
        sample = np.sort(np.random.default_rng(0).permutation(films)[:SAMPLE])
        means = []
        for start in range(0, films, CHUNK):
            alike = self._likeness(sample, slice(start, start + CHUNK))
            itself = np.flatnonzero((sample >= start) & (sample < start + CHUNK))
            alike[itself, sample[itself] - start] = -np.inf
            nearest = min(NEAREST, len(sample) - 1)
            means.append(np.partition(alike, -nearest, axis=0)[-nearest:].mean(0))
        return np.concatenate(means)


class Cosines:
    """Cosines between rows of vectors (m, D), less their `centre` (D,), under a `metric` (D, D). No copy of the vectors is made:
    those of sixty thousand films take 15 MB."""

    def __init__(self, vectors: NDArray[np.float32], centre: NDArray[np.float32], metric: NDArray[np.float32]) -> None:
        self._vectors, self._centre, self._metric = vectors, centre, metric
        lengths = np.empty(len(vectors), dtype=np.float32)
        for start in range(0, len(vectors), CHUNK):
            centred = vectors[start : start + CHUNK] - centre
            lengths[start : start + CHUNK] = np.sqrt(((centred @ metric) * centred).sum(1))
        self._scale = 1 / np.maximum(lengths, 1e-12)  # zeros are like nothing

    def of(self, rows: NDArray[np.int64], others: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """(rows, others) the cosines."""
        left = ((self._vectors[rows] - self._centre) @ self._metric) * self._scale[rows, None]
        return np.asarray((left @ self._vectors[others].T - left @ self._centre[:, None]) * self._scale[others])


def _whitening(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The metric (D, D) under which vectors (rows, D) have unit covariance: the inverse of their own."""
    centred = vectors - vectors.mean(0)
    cov = (centred.T @ centred / len(vectors)).astype(np.float64)
    strength, directions = np.linalg.eigh(cov)
    floor = np.maximum(strength, 1e-6 * strength.max(initial=1e-12))
    return np.asarray(directions / floor @ directions.T, dtype=np.float32)


def _best(candidates: NDArray[np.int64], score: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """The n candidates with the highest scores, best first. Ties go to the earlier row."""
    if n < 1:
        return candidates[:0]
    if n < len(candidates):
        least = np.partition(score[candidates], -n)[-n]
        candidates = candidates[score[candidates] >= least]
    return candidates[np.argsort(-score[candidates], kind="stable")[:n]]
