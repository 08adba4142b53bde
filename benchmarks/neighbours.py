"""Ten neighbours of every film, by Marquee and by peers. All learn from all ratings."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.client import INTERPRETER
from recommender import Recommender
from recommender.datasets import MovieLens

FIRST = 10
CHUNK = 500
# Of 20 to 2,000, and of 0 to 100, those that found most on one of the tuning halves.
EASE_RIDGES = 100.0, 500.0
SHRINKAGES = 0.0, 5.0, 20.0

Neighbours = NDArray[np.int64]  # (films, FIRST) rows of the catalogue, -1 where there are fewer


def methods(data: MovieLens, model: Recommender) -> Iterator[tuple[str, Neighbours]]:
    """The name and the neighbours of everything that is compared."""
    untitled = Recommender(model.model, model.movies.assign(title=""), model.info)
    yield "**Marquee**", marquee(model)
    yield "**Marquee**, titles unknown", marquee(untitled)
    factors = model.model.item_factors(np.arange(len(model.catalogue)))[:, :-1]
    unit = factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-12)
    yield "Marquee's factors, cosine", nearest(unit, unit.T)
    users = np.unique(data.ratings["user"], return_inverse=True)[1]
    films = model.model.item_rows(data.ratings["movie"].to_numpy())
    size = (int(users.max()) + 1, len(model.catalogue))
    for ridge in EASE_RIDGES:
        yield f"EASE, ridge {ridge:g}", ease(users, films, size, ridge)
    for shrinkage in SHRINKAGES:
        yield f"item-kNN, cosine, shrinkage {shrinkage:g}", knn(users, films, size, shrinkage)
    if INTERPRETER.exists():
        yield from implicit(users, films, size)
    else:
        print("implicit is left out: the peers are not installed (make .venv-peers).", file=sys.stderr)


def marquee(model: Recommender) -> Neighbours:
    rows = [
        [model.catalogue.row(near.movie) for near in model.similar(movie, FIRST)]
        for movie in model.catalogue.ids.tolist()
    ]
    return np.array(rows, dtype=np.int64)


def nearest(left: NDArray[np.floating], right: NDArray[np.floating]) -> Neighbours:
    """The columns of the highest numbers in each row of left @ right, without the film itself."""
    best = []
    for start in range(0, len(left), CHUNK):
        score = left[start : start + CHUNK] @ right
        score[np.arange(len(score)), start + np.arange(len(score))] = -np.inf
        best.append(np.argpartition(-score, FIRST, axis=1)[:, :FIRST])
    return np.concatenate(best)


def ease(users: NDArray[np.int64], films: NDArray[np.int64], size: tuple[int, int], ridge: float) -> Neighbours:
    """The films j with the highest weights -P_ij / P_ii for film i (Steck 2019; -P_ij / P_jj is worse).

    P = (X'X + ridge I)^-1, where X is 1 where a user rated a film. Where users are fewer than films, it is found as
    P = (I - X' (X X' + ridge I)^-1 X) / ridge.
    """
    rated = np.zeros(size, dtype=np.float32)
    rated[users, films] = 1
    if size[0] < size[1]:
        return nearest(rated.T, np.linalg.solve(rated @ rated.T + ridge * np.eye(size[0], dtype=np.float32), rated))
    inverse = np.linalg.inv((rated.T @ rated).astype(float) + ridge * np.eye(size[1]))
    return nearest(-inverse, np.eye(size[1]))


def knn(users: NDArray[np.int64], films: NDArray[np.int64], size: tuple[int, int], shrinkage: float) -> Neighbours:
    """The films j with the highest cosines for film i, shrunk by how many rated both, n_ij:
    n_ij / sqrt(n_i n_j) n_ij / (n_ij + shrinkage) (Bell and Koren 2007)."""
    rated = np.zeros(size, dtype=np.float32)
    rated[users, films] = 1
    both = rated.T @ rated
    counts = np.maximum(np.diag(both), 1)
    cosines = both / np.sqrt(counts[:, None] * counts) * both / np.maximum(both + shrinkage, 1)
    return nearest(cosines, np.eye(size[1], dtype=np.float32))


def implicit(
    users: NDArray[np.int64], films: NDArray[np.int64], size: tuple[int, int]
) -> Iterator[tuple[str, Neighbours]]:
    with tempfile.TemporaryDirectory() as folder:
        pairs, neighbours = Path(folder) / "pairs.npz", Path(folder) / "neighbours.npz"
        np.savez(pairs, users=users, films=films, size=size)
        subprocess.run([INTERPRETER, "-m", "benchmarks.peers_neighbours", pairs, neighbours], check=True)
        with np.load(neighbours) as arrays:
            yield from arrays.items()
