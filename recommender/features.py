"""What is known of a row before its ratings: what a film is, and which set of films a user chose to rate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.catalogue import NO_GENRES

# A film's year is described by its nearness to each centre: exp(-((year - centre) / YEAR_WIDTH)^2 / 2). In years.
YEAR_CENTRES = np.array([1930.0, 1945, 1958, 1968, 1978, 1986, 1993, 2000, 2008, 2016, 2024])
YEAR_WIDTH = 7.0
LAST_YEAR = 9999  # more is no year
# Columns of films: what people elsewhere gave them on average, on any one scale, and how many did.
OUTSIDE = ("outside_mean", "outside_votes")
# Votes with which an outside mean counts half: one person's stars for a film vary about five times as much as films' means.
OUTSIDE_DAMPING = 5.0
FARTHEST = 3.0  # sds: what no other film is like tells nothing
# Ratings with which a set, or its size, counts half. The model learns from sets of twenty films or more: a newcomer's first
# film must not be read as if it were such a set.
SET_DAMPING = 5.0
SIZE_DAMPING = 40.0
ITERATIONS = 5  # of the subspace iteration that finds the directions of sets


def film_genres(movies: pd.DataFrame) -> NDArray[np.uint8]:
    """(films, genres) 1 where a film is of a genre."""
    genres = movies["genres"].fillna("").str.get_dummies("|").drop(columns=["", NO_GENRES], errors="ignore")
    return genres.to_numpy(np.uint8).reshape(len(movies), -1)


def film_years(movies: pd.DataFrame) -> NDArray[np.int16]:
    """(films,) 0 where a year is unknown."""
    years = movies["year"].astype("Int64").fillna(0)
    return np.asarray(years.where(years.between(0, LAST_YEAR), 0).to_numpy(np.int16))


def film_features(movies: pd.DataFrame) -> NDArray[np.float32]:
    """Genres, year and what is known from outside of each film -> (films, features), those of genres and years with mean 0 over
    the catalogue."""
    years = movies["year"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    nearness = np.exp(-0.5 * ((years[:, None] - YEAR_CENTRES) / YEAR_WIDTH) ** 2)
    nearness[np.isnan(years)] = np.nan
    content = _centred(np.hstack([film_genres(movies).astype(float), nearness]))
    content /= max(float(np.sqrt((content**2).sum(1).mean())), 1e-9)
    return np.hstack([content, _outside_features(movies)]).astype(np.float32)


def _outside_features(movies: pd.DataFrame) -> NDArray[np.float64]:
    """What people elsewhere gave a film -> (films, 3), or (films, 0) where nothing is known of any film:

        (outside_mean - centre) votes / (votes + OUTSIDE_DAMPING),   log(1 + votes),   1 where the mean is known

    each over the root mean square of what is known, at most FARTHEST of them; 0 where it is not known. The centre is the mean of
    the means, each counting as votes / (votes + OUTSIDE_DAMPING). A mean without votes is that of many, and one of 0 votes none.
    """
    mean, votes = (
        movies[name].to_numpy(dtype=float, na_value=np.nan) if name in movies else np.full(len(movies), np.nan)
        for name in OUTSIDE
    )
    if np.isnan(mean).all() and np.isnan(votes).all():
        return np.zeros((len(movies), 0))
    known = ~np.isnan(mean) & (votes != 0)
    trust = np.where(known, 1 / (1 + OUTSIDE_DAMPING / np.where(known & ~np.isnan(votes), votes, np.inf)), 0)
    mean = np.where(known, mean, 0)
    above = (mean - trust @ mean / max(trust.sum(), 1e-9)) * trust
    features = np.column_stack([above, _centred(np.column_stack([np.log1p(votes), known]))])
    counts = np.maximum([known.sum(), (~np.isnan(votes)).sum(), len(known)], 1)
    return np.asarray((features / np.maximum(np.sqrt((features**2).sum(0) / counts), 1e-9)).clip(-FARTHEST, FARTHEST))


def _centred(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same less the mean of what is known of each; 0 where nothing is."""
    present = ~np.isnan(features)
    centre = np.where(present, features, 0).sum(0) / np.maximum(present.sum(0), 1)
    return np.asarray(np.where(present, features - centre, 0.0))


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
    def of(cls, rated: Tensor, raters: Tensor, rank: int, seed: int) -> "SetFeatures":
        """Learn from sets. rated: rows x columns, 1 or a rating's weight; raters: the same transposed; both sparse (CSR)."""
        rows, columns = rated.shape
        rank = min(rank, rows, columns)
        held = row_sums(rated)
        filled = held > 0
        singular, directions = _directions(rated, raters, held.clamp(min=1).rsqrt()[:, None], rank, seed)
        typical = max(float((singular**2).double().sum()) / rows, 1e-9)  # brings features to about 1
        basis = directions / typical**0.5
        centre = ((rated @ basis)[filled] / held[filled].sqrt()[:, None]).double().mean(0)
        logs = held[filled].double().log1p()
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


def _directions(rated: Tensor, raters: Tensor, weights: Tensor, rank: int, seed: int) -> tuple[Tensor, Tensor]:
    """The largest singular values (rank,) of weights (rows, 1) * rated, and the right singular vectors (columns, rank).

    Randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4). `raters` is there for products with the
    transpose: torch.svd_lowrank would convert it to CSR anew for each product.
    """
    generator = torch.Generator(rated.device).manual_seed(seed)
    right = torch.randn(rated.shape[1], rank, generator=generator, device=rated.device)
    for _ in range(ITERATIONS):
        left = torch.linalg.qr(weights * (rated @ right)).Q
        right = torch.linalg.qr(raters @ (weights * left)).Q
    left = torch.linalg.qr(weights * (rated @ right)).Q
    _, singular, directions = torch.linalg.svd((raters @ (weights * left)).mT, full_matrices=False)
    return singular, directions.mT
