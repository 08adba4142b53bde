"""From predictions to a list: likely worth, doubt, what others chose, and variety."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Recommender
from recommender.model import EmbeddingDotBias
from recommender.ranking.blend import SHIPPED
from recommender.ranking.bounded import Bounded
from recommender.ranking.lists import rank

PRACTISED = 50  # ratings in a history that is no newcomer's


@pytest.fixture(scope="module")
def model(small: Recommender) -> EmbeddingDotBias:
    """The club's films, each rated as often and as surely as the others, and like none of the others."""
    return replace(
        small.model,
        items=torch.zeros_like(small.model.items),
        item_counts=torch.full_like(small.model.item_counts, 10.0),
        item_doubt=torch.full_like(small.model.item_doubt, 0.3),
    )


def ranked(
    model: EmbeddingDotBias,
    n: int,
    stars: dict[int, float],
    cowatched: dict[int, float] | None = None,
    count: int = PRACTISED,
    slack: float = 0.0,
) -> list[int]:
    """Rows of the n best; films without stars are not allowed. slack: by how much the bounds are too high."""
    size = len(model.item_ids)
    values, cowatching = np.full(size, 3.0, dtype=np.float32), np.zeros(size, dtype=np.float32)
    allowed = np.zeros(size, dtype=bool)
    for row, value in stars.items():
        values[row], allowed[row] = value, True
    for row, likelihood in (cowatched or {}).items():
        cowatching[row] = likelihood
    cowatching /= cowatching.std() or 1.0
    bounded = [Bounded(figures.__getitem__, figures + np.float32(slack)) for figures in (values, cowatching)]
    counts = model.item_counts.numpy()
    par = float(values @ counts / counts.sum())
    return [int(row) for row in rank(model, *bounded, par, count, allowed, n, SHIPPED)]


def changed(values: torch.Tensor, row: int, value: float) -> torch.Tensor:
    values = values.clone()
    values[row] = value
    return values


def test_the_best_film_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 3, {4: 3.0, 9: 4.5, 2: 4.0, 7: 1.0}) == [9, 2, 4]


def test_of_equal_films_the_surer_comes_first(model: EmbeddingDotBias) -> None:
    doubtful = replace(model, item_doubt=changed(model.item_doubt, 4, 0.6))
    assert ranked(doubtful, 2, {4: 4.0, 9: 4.0}) == [9, 4]


def test_of_equal_films_the_popular_comes_first(model: EmbeddingDotBias) -> None:
    popular = replace(model, item_counts=changed(model.item_counts, 9, 500))
    assert ranked(popular, 2, {4: 4.0, 9: 4.0}) == [9, 4]


def test_popularity_counts_for_more_while_nothing_is_known(model: EmbeddingDotBias) -> None:
    popular = replace(model, item_counts=changed(model.item_counts, 9, 60))
    assert ranked(popular, 2, {4: 4.5, 9: 4.0}, count=0) == [9, 4]
    assert ranked(popular, 2, {4: 4.5, 9: 4.0}, count=PRACTISED) == [4, 9]


def test_of_equal_films_the_one_that_goes_with_the_history_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 2, {4: 4.0, 9: 4.0}, cowatched={9: 1.0}) == [9, 4]


def test_what_goes_with_the_history_does_not_make_up_for_being_below_par(model: EmbeddingDotBias) -> None:
    assert ranked(model, 2, {4: 3.1, 9: 2.2}, cowatched={9: 1.0}) == [4, 9]


def test_of_films_that_are_equal_in_all_the_earlier_row_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 5, dict.fromkeys(range(20), 4.0)) == [0, 1, 2, 3, 4]


def test_a_film_just_like_the_first_makes_room_for_another(model: EmbeddingDotBias) -> None:
    items = model.items.clone()
    items[1, 0] = items[2, 0] = 1.0
    twins = replace(model, items=items)
    assert ranked(model, 3, {1: 4.5, 2: 4.4, 3: 4.3}) == [1, 2, 3]
    assert ranked(twins, 3, {1: 4.5, 2: 4.4, 3: 4.3}) == [1, 3, 2]
    assert ranked(twins, 3, {1: 4.5, 2: 4.4, 3: 4.0}) == [1, 2, 3]


@settings(max_examples=50)
@given(stars=st.lists(st.floats(0, 6), min_size=42, max_size=42), n=st.integers(1, 42))
def test_a_longer_list_begins_with_the_shorter_one(small: Recommender, stars: list[float], n: int) -> None:
    values = dict(enumerate(stars))
    longest = ranked(small.model, 42, values)
    assert sorted(longest) == list(range(42))
    assert ranked(small.model, n, values) == longest[:n]


@settings(max_examples=50)
@given(stars=st.lists(st.floats(0, 6, width=32), min_size=42, max_size=42), slack=st.floats(0, 5), n=st.integers(1, 42))
def test_loose_bounds_change_nothing_of_a_list(small: Recommender, stars: list[float], slack: float, n: int) -> None:
    with patch("recommender.ranking.lists.FIRST", 1):
        values = dict(enumerate(stars))
        assert ranked(small.model, n, values, slack=slack) == ranked(small.model, n, values)


def test_nothing_allowed_gives_an_empty_list(model: EmbeddingDotBias) -> None:
    assert ranked(model, 5, {}) == []


def test_of_films_as_good_for_this_person_one_that_is_not_for_everybody_comes_first(model: EmbeddingDotBias) -> None:
    common = model.items.clone()
    common[4, -1] = 0.5
    assert ranked(replace(model, items=common), 2, {4: 4.0, 9: 4.0}) == [9, 4]
