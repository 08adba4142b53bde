"""From a film to films like it: who likes them, and what they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.filters import FilmTable
from recommender.model import EmbeddingDotBias

# Taste tells films apart once enough people rated them; below that their genres and year must speak.
SUPPORT = 20.0
CONTENT_WEIGHT = 0.35
YEAR_SPAN = 12.0


@dataclass(frozen=True)
class Neighbour:
    """A film like another. `score` ranks; `audience` (-1..1) is how alike the two are liked, `genres` what they share."""

    movie: int
    score: float
    audience: float
    genres: tuple[str, ...]


def similar(
    model: EmbeddingDotBias, catalogue: Catalogue, films: FilmTable, movie: int, n: int, allowed: NDArray[np.bool_]
) -> list[Neighbour]:
    """The n allowed films (m,) most like this one, best first. Raises KeyError for a film the model does not know.

    Audience: the correlation of predicted stars over the population of users, q_i' C q_j / (|q_i| |q_j|) under their
    covariance C, which unlike the cosine of factors does not depend on how the factors are scaled (Steck et al. 2024).
    """
    row = int(model.item_rows(np.array([movie]))[0])
    if row < 0:
        raise KeyError(movie)
    audience = _audience(model, row)
    counts = model.item_counts.numpy()
    trust = np.sqrt(counts / (counts + SUPPORT) * counts[row] / (counts[row] + SUPPORT))
    content = films.likeness(catalogue[movie], YEAR_SPAN)
    score = trust * audience + CONTENT_WEIGHT * content * (2 - trust)
    candidates = np.flatnonzero(allowed & (np.arange(len(score)) != row))
    best = candidates[np.argsort(-score[candidates], kind="stable")[: max(n, 0)]]
    seed_genres = catalogue[movie].genres
    return [
        Neighbour(
            movie=int(model.item_ids[i]),
            score=float(score[i]),
            audience=float(trust[i] * audience[i]),
            genres=tuple(genre for genre in seed_genres if genre in catalogue.movies[i].genres),
        )
        for i in best
    ]


def _audience(model: EmbeddingDotBias, row: int) -> NDArray[np.float64]:
    factors, cov = model.items[:, :-1], model.user_cov[:-1, :-1]
    spread = ((factors @ cov) * factors).sum(1).clamp(min=1e-12).sqrt()
    return np.asarray((factors @ (cov @ factors[row]) / (spread * spread[row])).double().numpy())
