"""What is known of a row before its ratings: what a film is, and which set of films a user chose to rate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.catalogue import NO_GENRES
from recommender.communicator import ALONE, Communicator

# A film's year is described by its nearness to each centre: exp(-((year - centre) / YEAR_WIDTH)^2 / 2). In years.
YEAR_CENTRES = np.array([1930.0, 1945, 1958, 1968, 1978, 1986, 1993, 2000, 2008, 2016, 2024])
YEAR_WIDTH = 7.0
LAST_YEAR = 9999  # more is no year
# Columns of films: what people elsewhere gave them on average, on any one scale, and how many did.
OUTSIDE = ("outside_mean", "outside_votes")
# Votes with which an outside mean counts half: one person's stars for a film vary about five times as much as films' means.
OUTSIDE_DAMPING = 5.0
FARTHEST = 3.0  # sds: what no other film is like tells nothing
LEAST_SCALE = 1e-9  # what differs by less is rounding
# Ratings with which a set, or its size, counts half. The model learns from sets of twenty films or more: a newcomer's first
# film must not be read as if it were such a set.
SET_DAMPING = 5.0
SIZE_DAMPING = 40.0
ITERATIONS = 5  # of the subspace iteration that finds the directions of sets


def genre_names(movies: pd.DataFrame) -> tuple[str, ...]:
    """The genres that films have, in order."""
    listed = {genre for text in movies["genres"].dropna().unique() for genre in text.split("|")}
    return tuple(sorted(listed - {"", NO_GENRES}))


def film_genres(movies: pd.DataFrame, genres: tuple[str, ...]) -> NDArray[np.uint8]:
    """(films, genres) 1 where a film is of a genre."""
    # Films share a few sets of genres, so that each is read once.
    codes, sets = pd.factorize(movies["genres"].fillna(""))
    marks = np.array([[genre in text.split("|") for genre in genres] for text in sets], dtype=np.uint8)
    return marks.reshape(len(sets), len(genres))[codes]


def film_years(movies: pd.DataFrame) -> NDArray[np.int16]:
    """(films,) 0 where a year is unknown."""
    years = movies["year"].astype("Int64").fillna(0)
    return np.asarray(years.where(years.between(0, LAST_YEAR), 0).to_numpy(np.int16))


@dataclass(frozen=True)
class FilmFeatures:
    """How films are described by what they are: genres, nearness to YEAR_CENTRES, and what people elsewhere gave them.

    A film has (x - centre) / scale for each of these that is known of it, else 0. Genres and years have one scale, with which
    descriptions are of length 1 on average. Of the outside figures

        (outside_mean - centre) votes / (votes + OUTSIDE_DAMPING),   log(1 + votes),   1 where the mean is known

    the scale is the root mean square of what is known, of which a film has FARTHEST at most. The centre of the means is their
    mean, each counting as votes / (votes + OUTSIDE_DAMPING). A mean without votes is that of many, and one of 0 votes none.
    `centre` and `scale` (features,): without the last three where no outside figure was known of any film.
    """

    genres: tuple[str, ...]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, movies: pd.DataFrame) -> "FilmFeatures":
        """Learn from films. What none of them is known to have, or all alike, tells nothing of later ones either."""
        genres = genre_names(movies)
        kinds = _kinds(movies, genres)
        centre = _means(kinds)
        length = float(np.sqrt((_centred(kinds, centre) ** 2).sum(1).mean()))
        scale = np.where(np.isnan(kinds).all(0), np.inf, length)
        outside = _Outside.of(movies)
        if outside.known.any() or not np.isnan(outside.votes).all():
            figures = outside.centre()
            counts = np.maximum([outside.known.sum(), (~np.isnan(outside.votes)).sum(), len(movies)], 1)
            centre = np.append(centre, figures)
            scale = np.append(scale, np.sqrt((outside.less(figures) ** 2).sum(0) / counts))
        return cls(genres, centre, np.where(scale > LEAST_SCALE, scale, np.inf))

    def features(self, movies: pd.DataFrame) -> NDArray[np.float32]:
        """(films, features)"""
        kinds = _kinds(movies, self.genres)
        count = kinds.shape[1]
        parts = [_centred(kinds, self.centre[:count]) / self.scale[:count]]
        if len(self.centre) > count:
            outside = _Outside.of(movies).less(self.centre[count:]) / self.scale[count:]
            parts.append(outside.clip(-FARTHEST, FARTHEST))
        return np.hstack(parts).astype(np.float32)


@dataclass(frozen=True)
class _Outside:
    """What people elsewhere gave each film. `known`: whether there is a mean."""

    mean: NDArray[np.float64]
    votes: NDArray[np.float64]
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, movies: pd.DataFrame) -> "_Outside":
        mean, votes = (
            movies[name].to_numpy(dtype=float, na_value=np.nan) if name in movies else np.full(len(movies), np.nan)
            for name in OUTSIDE
        )
        known = ~np.isnan(mean) & (votes != 0)
        return cls(np.where(known, mean, 0), votes, known)

    def centre(self) -> NDArray[np.float64]:
        """(3,) of the means, of the votes' logarithms, and the share of films of which a mean is known."""
        trust = self._trust()
        return np.array([trust @ self.mean / max(trust.sum(), 1e-9), *_means(self._others())])

    def less(self, centre: NDArray[np.float64]) -> NDArray[np.float64]:
        """(films, 3) the figures less their centre."""
        above = (self.mean - centre[0]) * self._trust()
        return np.column_stack([above, _centred(self._others(), centre[1:])])

    def _trust(self) -> NDArray[np.float64]:
        votes = np.where(self.known & ~np.isnan(self.votes), self.votes, np.inf)
        return np.where(self.known, 1 / (1 + OUTSIDE_DAMPING / votes), 0)

    def _others(self) -> NDArray[np.float64]:
        return np.column_stack([np.log1p(self.votes), self.known])


def _kinds(movies: pd.DataFrame, genres: tuple[str, ...]) -> NDArray[np.float64]:
    """(films, genres and YEAR_CENTRES) NaN where a year is unknown."""
    years = movies["year"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    nearness = np.exp(-0.5 * ((years[:, None] - YEAR_CENTRES) / YEAR_WIDTH) ** 2)
    nearness[np.isnan(years)] = np.nan
    return np.hstack([film_genres(movies, genres).astype(float), nearness])


def _means(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of what is known of each, 0 where nothing is."""
    present = ~np.isnan(features)
    return np.asarray(np.where(present, features, 0).sum(0) / np.maximum(present.sum(0), 1))


def _centred(features: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Less their centre; 0 where nothing is known."""
    return np.asarray(np.where(np.isnan(features), 0.0, features - centre))


@dataclass(frozen=True)
class SetFeatures:
    """How a set of n columns is described: by R directions in which sets differ, and by two features of its size.

        (sum of its rows of basis / sqrt(n) - centre) n / (n + SET_DAMPING)
        (z, z^2 - 1) n / (n + SIZE_DAMPING)        z = (log(1 + n) - mean) / sd

    `basis` (columns, R); `centre` (R,): the average over the sets; `size_scale` (2,): mean and sd of the log size.
    """

    basis: NDArray[np.float32]
    centre: NDArray[np.float64]
    size_scale: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        rated: Tensor,
        raters: Tensor,
        rank: int,
        seed: int,
        rows: Communicator = ALONE,
        columns: Communicator = ALONE,
    ) -> "SetFeatures":
        """Learn from sets. rated: rows x columns, 1 or a rating's weight; raters: the same transposed; both sparse (CSR).

        rows, columns: the processes that these are spread over. `basis` has the columns of this one.
        """
        count = rows.place(rated.shape[0])[1]
        rank = min(rank, count, columns.place(rated.shape[1])[1])
        held = columns.sum(row_sums(rated))
        filled = held > 0
        sets = _Sets(rated, raters, held.clamp(min=1).rsqrt()[:, None], rows, columns)
        singular, directions = sets.directions(rank, seed)
        # A direction may be turned round. This decides it, or else rounding would, and with it which chain is drawn.
        turned = columns.sum((directions.double() ** 3).sum(0)) < 0
        directions = torch.where(turned, -directions, directions)
        typical = max(float((singular**2).double().sum()) / count, 1e-9)  # brings features to about 1
        basis = directions / typical**0.5
        described = (columns.sum(rated @ basis)[filled] / held[filled].sqrt()[:, None]).double()
        logs = rows.gather(held[filled]).double().log1p()
        centre = rows.sum(described.sum(0)) / len(logs)
        spread = logs.std(correction=0).clamp(min=0.5)  # not 0 where all sets are of one size
        parts = (basis, centre, torch.stack([logs.mean(), spread]))
        return cls(*(part.cpu().numpy() for part in parts))

    @property
    def count(self) -> int:
        return int(self.basis.shape[1]) + 2

    def features(self, sums: NDArray[np.floating], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums of basis rows over each set (n, R), set sizes (n,) or one for all -> features (n, R + 2)."""
        return self.shares(sums, sizes) + self.empty(sizes)

    def shares(self, sums: NDArray[np.floating], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The part of `features` that depends on which columns a set holds. It is linear in their rows of `basis`."""
        parts = np.zeros((len(sums), self.count))
        parts[:, :-2] = sums * (np.sqrt(sizes) / (sizes + SET_DAMPING))[:, None]
        return parts

    def empty(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The part of `features` that depends on the size alone."""
        log = (np.log1p(sizes) - self.size_scale[0]) / self.size_scale[1]
        parts = np.empty((len(sizes), self.count))
        parts[:, :-2] = -self.centre * (sizes / (sizes + SET_DAMPING))[:, None]
        weight = sizes / (sizes + SIZE_DAMPING)
        parts[:, -2] = weight * log
        parts[:, -1] = weight * (log**2 - 1)
        return parts


def row_sums(rated: Tensor) -> Tensor:
    """(rows,) the sum of each row of a sparse matrix."""
    return (rated @ torch.ones(rated.shape[1], 1, device=rated.device))[:, 0]


@dataclass(frozen=True)
class _Sets:
    """Sets whose directions are found: `rated` (rows, columns), `raters` the same transposed, both CSR, and the `weights`
    (rows, 1) of the rows. `raters` is there for products with the transpose: torch.svd_lowrank would convert it to CSR anew for
    each product. `rows`, `columns`: the processes that these are spread over."""

    rated: Tensor
    raters: Tensor
    weights: Tensor
    rows: Communicator
    columns: Communicator

    def directions(self, rank: int, seed: int) -> tuple[Tensor, Tensor]:
        """The largest singular values (rank,) of weights * rated, and the right singular vectors (columns, rank).

        Randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4).
        """
        own, count = self.columns.place(self.rated.shape[1])
        generator = torch.Generator(self.rated.device).manual_seed(seed)
        right = torch.randn(count, rank, generator=generator, device=self.rated.device)[own]
        for _ in range(ITERATIONS):
            right, _ = _orthogonal(self._back(self._forth(right)), self.columns)
        found = self._back(self._forth(right))
        if self.columns.size == 1:
            _, singular, directions = torch.linalg.svd(found.mT, full_matrices=False)
            return singular, directions.mT
        basis, triangle = _orthogonal(found, self.columns)
        _, singular, directions = (self.columns.of_first(part) for part in torch.linalg.svd(triangle.mT))
        return singular, basis @ directions.mT

    def _forth(self, right: Tensor) -> Tensor:
        """(columns, rank) -> (rows, rank) orthogonal"""
        return _orthogonal(self.weights * self.columns.sum(self.rated @ right), self.rows)[0]

    def _back(self, left: Tensor) -> Tensor:
        """(rows, rank) -> (columns, rank)"""
        return self.rows.sum(self.raters @ (self.weights * left))


def _orthogonal(rows: Tensor, spread: Communicator) -> tuple[Tensor, Tensor]:
    """The QR decomposition of rows (n, r) that are spread over processes: this one's rows of Q, and R. Each decomposes its own,
    and then all their triangles together (Demmel, Grigori, Hoemmen and Langou 2012)."""
    if spread.size == 1:
        q, r = torch.linalg.qr(rows)
        return q, r
    q, triangle = torch.linalg.qr(rows)
    triangles = spread.parts(triangle)
    whole, r = (spread.of_first(part) for part in torch.linalg.qr(torch.cat(triangles)))
    own = torch.split(whole, [len(part) for part in triangles])[spread.rank]
    return q @ own, r
