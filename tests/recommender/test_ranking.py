"""From predictions to a list: likely worth, popularity and variety."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Recommender
from recommender.model import EmbeddingDotBias
from recommender.ranking import rank


@pytest.fixture(scope="module")
def model(small: Recommender) -> EmbeddingDotBias:
    """The club's films, each rated as often as the others and like none of the others."""
    counts = torch.full_like(small.model.item_counts, 10.0)
    return replace(small.model, items=torch.zeros_like(small.model.items), item_counts=counts)


def ranked(
    model: EmbeddingDotBias, n: int, mean: dict[int, float], sd_mean: dict[int, float] | None = None
) -> list[int]:
    """Rows of the n best; films without a mean are not allowed."""
    size = len(model.item_ids)
    means, doubts, allowed = np.zeros(size), np.full(size, 0.3), np.zeros(size, dtype=bool)
    for row, stars in mean.items():
        means[row], allowed[row] = stars, True
    for row, doubt in (sd_mean or {}).items():
        doubts[row] = doubt
    return [(pick.movie - 5) // 10 for pick in rank(model, means, doubts, allowed, n)]


def test_the_best_film_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 3, {4: 3.0, 9: 4.5, 2: 4.0, 7: 1.0}) == [9, 2, 4]


def test_of_equal_films_the_surer_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 2, {4: 4.0, 9: 4.0}, {4: 0.6, 9: 0.2}) == [9, 4]


def test_of_equal_films_the_popular_comes_first(model: EmbeddingDotBias) -> None:
    counts = model.item_counts.clone()
    counts[9] = 500
    assert ranked(replace(model, item_counts=counts), 2, {4: 4.0, 9: 4.0}) == [9, 4]


def test_of_films_that_are_equal_in_all_the_earlier_row_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 5, dict.fromkeys(range(20), 4.0)) == [0, 1, 2, 3, 4]


def test_a_film_just_like_the_first_makes_room_for_another(model: EmbeddingDotBias) -> None:
    items = model.items.clone()
    items[1, :-1] = items[2, :-1] = torch.tensor([1.0, 0.0, 0.0])
    twins = replace(model, items=items)
    assert ranked(model, 3, {1: 4.5, 2: 4.4, 3: 4.3}) == [1, 2, 3]
    assert ranked(twins, 3, {1: 4.5, 2: 4.4, 3: 4.3}) == [1, 3, 2]
    assert ranked(twins, 3, {1: 4.5, 2: 4.4, 3: 4.0}) == [1, 2, 3]


@settings(max_examples=50)
@given(stars=st.lists(st.floats(0, 6), min_size=42, max_size=42), n=st.integers(1, 42))
def test_a_longer_list_begins_with_the_shorter_one(small: Recommender, stars: list[float], n: int) -> None:
    means = dict(enumerate(stars))
    longest = ranked(small.model, 42, means)
    assert sorted(longest) == list(range(42))
    assert ranked(small.model, n, means) == longest[:n]


def test_a_pick_holds_its_stars_inside_the_scale_and_both_kinds_of_doubt(model: EmbeddingDotBias) -> None:
    size = len(model.item_ids)
    (pick,) = rank(model, np.full(size, 7.0), np.full(size, 0.3), np.arange(size) == 3, 5)
    assert pick.movie == 35
    assert pick.stars == model.bounds[1]
    assert pick.sd_mean == pytest.approx(0.3)
    assert pick.sd == pytest.approx(np.sqrt(0.3**2 + 1 / model.noise_precision))


def test_nothing_allowed_gives_an_empty_list(model: EmbeddingDotBias) -> None:
    assert ranked(model, 5, {}) == []
