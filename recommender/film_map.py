"""A map of films: those that the same people like lie near each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.model import EmbeddingDotBias

KNOWN = 1000  # films that the map is made from, the best known
SIDE = 3  # the map has SIDE x SIDE regions
NAMES = 2  # genres that a region is named by, at most
# A genre names a region that has so many more of its films than chance would put there, in sds of their number.
MARKED = 2.0
FORMATS = ("IMAX",)  # MovieLens lists them among the genres

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Region:
    """A part of the map: its middle, 0 to 1 from the left and from below; the genres that it has more of than the others, the
    most marked first, maybe none; and its best known film of these genres, or of all."""

    x: float
    y: float
    genres: tuple[str, ...]
    landmark: int


class FilmMap:
    """The films of a model on a plane, whoever looks at it.

    Film i, with factors q_i, lies by the two principal components of the directions q_i / |q_i| of the KNOWN films, weighted by
    their ratings (Pearson 1901). Members' factors have the same variance in every coordinate (see `compress`), so that the
    cosine of two films is the correlation of how much people like them. The coordinates are ranks: the share of the known films
    that lie further left, or below. Films that are rated higher lie rather to the left and below, so that two maps of the same
    films have the same sides.
    """

    def __init__(self, model: EmbeddingDotBias) -> None:
        self._model = model
        counts = model.item_counts.numpy().astype(np.float64)
        known = model.rated[np.argsort(-counts[model.rated], kind="stable")[:KNOWN]]
        weight = counts[known] / counts[known].sum()
        directions = _directions(model, known)
        self._centre = weight @ directions
        spread = directions - self._centre
        _, _, axes = np.linalg.svd(np.sqrt(weight)[:, None] * spread, full_matrices=False)
        self._axes = np.zeros((2, directions.shape[1]))  # a model of one factor has one axis
        self._axes[: len(axes)] = axes[:2]
        bias = model.item_bias[known]
        liked = (weight * (bias - weight @ bias)) @ (spread @ self._axes.T)
        self._axes[liked > 0] *= -1
        self._steps = np.sort(spread @ self._axes.T, axis=0)
        self._known = known

    @property
    def known(self) -> list[int]:
        """Ids of the films that the map is made from, the best known first."""
        return self._ids(self._known)

    def places(self, movies: ArrayLike) -> Array:
        """Film ids (n,) -> where they lie (n, 2), 0 to 1 from the left and from below; KeyError for a film that the model does
        not know."""
        ids = np.asarray(movies, dtype=np.int64)
        rows = self._model.item_rows(ids)
        if (rows < 0).any():
            raise KeyError(int(ids[rows < 0][0]))
        return self._places(rows)

    def regions(self) -> list[Region]:
        """The parts of the map, row by row from below. Each genre names the one part where it is most marked, if any."""
        cells = np.minimum((self._places(self._known) * SIDE).astype(np.int64), SIDE - 1)
        cell = cells[:, 1] * SIDE + cells[:, 0]
        has = self._model.item_genres.numpy()[self._known] > 0
        found = []
        for place, names in enumerate(self._named(cell, has)):
            of_genres = (cell == place) & has[:, [self._model.genres.index(name) for name in names]].any(1)
            inside = np.flatnonzero(of_genres if names else cell == place)
            if len(inside):  # the best known film comes first
                x, y = (place % SIDE + 0.5) / SIDE, (place // SIDE + 0.5) / SIDE
                found.append(Region(x, y, names, *self._ids(self._known[inside[:1]])))
        return found

    def _named(self, cell: Rows, has: NDArray[np.bool_]) -> list[tuple[str, ...]]:
        """The part that each film lies in (k,), and its genres (k, G) -> each part's genres."""
        inside = cell == np.arange(SIDE**2)[:, None]  # (parts, films)
        usual, films = has.mean(0), inside.sum(1, keepdims=True)
        sd = np.sqrt(films * usual * (1 - usual)).clip(min=1e-9)
        marked = (inside.astype(np.float64) @ has - films * usual) / sd
        names: list[tuple[str, ...]] = [()] * len(inside)
        free = set(self._model.genres) - set(FORMATS)
        for place in np.argsort(-marked, axis=None, kind="stable"):
            part, genre = divmod(int(place), len(self._model.genres))
            name = self._model.genres[genre]
            if marked[part, genre] >= MARKED and len(names[part]) < NAMES and name in free:
                names[part] += (name,)
                free.remove(name)
        return names

    def _places(self, rows: Rows) -> Array:
        points = (_directions(self._model, rows) - self._centre) @ self._axes.T
        ranks = [np.searchsorted(steps, own) for steps, own in zip(self._steps.T, points.T, strict=True)]
        return np.stack(ranks, axis=1) / len(self._known)

    def _ids(self, rows: Rows) -> list[int]:
        return [int(movie) for movie in self._model.item_ids.numpy()[rows]]


def _directions(model: EmbeddingDotBias, rows: Rows) -> Array:
    """(n, C) factors of length one."""
    factors = model.item_factors(rows)[:, :-1].astype(np.float64)
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    return np.asarray(factors / lengths.clip(min=1e-9))
