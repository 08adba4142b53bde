"""The trained embeddings as a model that serves like any other.

A person who was not in training is solved in scores: their stars go through the sigmoid's inverse, after which the model is
linear and the row solver holds. Users who were in training keep their embeddings.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from recommender import cowatching, solver
from recommender.features import FilmFeatures, film_genres, film_years
from recommender.interactions import Interactions, usual_unit
from recommender.model import EmbeddingDotBias
from recommender.one_cycle.training import Embeddings, OneCycleConfig, train

LEAST_VARIANCE = 1e-4  # added to the diagonal of a covariance, so that it can be inverted
LEAST_NOISE_VARIANCE = 1e-2  # of scores


def fit(
    data: Interactions,
    movies: pd.DataFrame,
    config: OneCycleConfig,
    device: torch.device,
    seed: int,
    progress: Callable[[float], None],
    start: EmbeddingDotBias | None = None,
) -> EmbeddingDotBias:
    """Train by the tutorials' recipe. movies: one row (year, genres) for each of `data.item_ids`, in that order.

    start: a model of this kind with as many factors, to go on from."""
    size = config.factors + 1
    goes_on = start is not None and start.sigmoid_range == config.sigmoid_range and start.items.shape[1] == size
    begin = _embeddings(start, data) if start is not None and goes_on else None
    return _model(train(data, config, device, seed, progress, begin), data, movies, config, device, seed)


def _embeddings(start: EmbeddingDotBias, data: Interactions) -> Embeddings:
    """The earlier model's rows for this data; new rows begin at zero, as the average user and film."""
    sides = (data.user_ids, start.user_rows, start.users), (data.item_ids, start.rated_places, start.items)
    found = []
    for ids, rows_of, before in sides:
        rows = torch.from_numpy(rows_of(ids))
        new = torch.zeros(len(rows), before.shape[1])
        new[rows >= 0] = before[rows[rows >= 0]]
        found.append(new)
    return Embeddings(*found)


def _model(
    trained: Embeddings,
    data: Interactions,
    movies: pd.DataFrame,
    config: OneCycleConfig,
    device: torch.device,
    seed: int,
) -> EmbeddingDotBias:
    # A person's prior mean is zero, so the average user must be zero too: the films' biases take up what it had.
    average = trained.users.mean(0)
    users, items = trained.users - average, trained.items.clone()
    items[:, -1] += items[:, :-1] @ average[:-1] + average[-1]
    size, films = items.shape[1], len(items)
    counts = torch.from_numpy(np.bincount(data.items, data.weights, minlength=films)).float()
    unit = usual_unit(config.scale)
    following = cowatching.learn(replace(data, stars=data.stars / np.float32(unit)), device, seed)
    content = FilmFeatures.of(movies)
    count = 1 + len(content.centre)
    # A film that nobody rated is one of zeros, like the average user, around which films vary.
    of_unrated = torch.zeros(count, size)
    of_unrated[0, -1] = average[-1]
    columns = torch.zeros(count, 1, size + 1)
    columns[0] = solver.augment(of_unrated[:1])
    model = EmbeddingDotBias(
        user_ids=torch.from_numpy(data.user_ids),
        item_ids=torch.from_numpy(data.item_ids),
        users=users,
        items=items,
        user_counts=torch.from_numpy(np.bincount(data.users).astype(np.float32)),
        item_counts=counts,
        item_audience=torch.zeros(films),
        item_doubt=torch.zeros(films),
        item_genres=torch.from_numpy(film_genres(movies, content.genres)),
        item_years=torch.from_numpy(film_years(movies).copy()),
        rated_rows=torch.arange(films),
        **following.fields(),
        samples=solver.augment(items[:, None].half()),
        projection=torch.eye(size - 1, dtype=torch.float64)[None],
        user_cov=_covariance(users.double())[None],
        noise_precision=torch.ones(1, dtype=torch.float64),
        set_basis=torch.zeros(films, 1),
        set_centre=torch.zeros(1, dtype=torch.float64),
        set_size_scale=torch.tensor([0.0, 1.0], dtype=torch.float64),
        set_weights=torch.zeros(1, 3, size, dtype=torch.float64),
        features=torch.zeros(0, count),
        feature_centre=torch.from_numpy(content.centre),
        feature_scale=torch.from_numpy(content.scale),
        feature_items=of_unrated,
        feature_samples=columns,
        feature_doubt=torch.zeros(count, count),
        item_cov=_covariance(items.double())[None],
        genres=content.genres,
        mu=0.0,
        lowest=float(data.stars.min()),
        highest=float(data.stars.max()),
        sigmoid_range=config.sigmoid_range,
        unit=unit,
    )
    scores = torch.from_numpy(model.to_scores(data.stars))
    left, right = users[torch.from_numpy(data.users)], items[torch.from_numpy(data.items)]
    errors = scores - (left[:, :-1] * right[:, :-1]).sum(1) - left[:, -1] - right[:, -1]
    noise = 1 / errors.square().mean().clamp(min=LEAST_NOISE_VARIANCE)
    return replace(model, noise_precision=noise[None].double())


def _covariance(rows: Tensor) -> Tensor:
    """(D, D) of rows (n, D)."""
    centred = rows - rows.mean(0)
    return centred.mT @ centred / len(rows) + LEAST_VARIANCE * torch.eye(rows.shape[1], dtype=rows.dtype)
