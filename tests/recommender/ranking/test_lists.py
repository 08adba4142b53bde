"""From worths to a list: the best films, and variety among them."""

from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Recommender
from recommender.model import EmbeddingDotBias
from recommender.ranking.bounded import Bounded
from recommender.ranking.lists import rank

FILMS = 42
SAMENESS = 0.5
# Of these, any two are alike in all, in nothing, or opposites. Worths are in 64ths. So nothing is rounded, and many are equal.
KINDS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [0, 0]], dtype=np.float32)
WORTHS = st.lists(st.integers(-384, 192).map(lambda parts: parts / 64), min_size=FILMS, max_size=FILMS)
ALIKE = st.lists(st.integers(0, len(KINDS) - 1), min_size=FILMS, max_size=FILMS)
SLACK = st.lists(st.floats(0, 5, width=32), min_size=FILMS, max_size=FILMS)


def with_kinds(small: Recommender, kinds: list[int]) -> EmbeddingDotBias:
    """The club's films, each of one of the KINDS. Nobody rated every fourth."""
    rated, others = np.flatnonzero(np.arange(FILMS) % 4), np.arange(0, FILMS, 4)
    items = torch.from_numpy(np.insert(KINDS[kinds] * np.float32(0.5), 2, 0, axis=1))
    features = {"features": torch.eye(len(others)), "feature_items": items[others]}
    return replace(small.model, items=items[rated], rated_rows=torch.from_numpy(rated), **features)


@pytest.fixture(scope="module")
def model(small: Recommender) -> EmbeddingDotBias:
    """Films that are like none of the others."""
    return with_kinds(small, [4] * FILMS)


def ranked(
    model: EmbeddingDotBias,
    n: int,
    worths: dict[int, float],
    slack: list[float] | None = None,
    sameness: float = SAMENESS,
) -> tuple[list[int], list[float]]:
    """Rows of the n best, and what each had left; films without a worth are not allowed. slack: by how much bounds are too
    high."""
    allowed, values = np.zeros(FILMS, dtype=bool), np.zeros(FILMS, dtype=np.float32)
    for row, worth in worths.items():
        allowed[row], values[row] = True, worth
    most = values + np.array(slack or [0.0] * FILMS, dtype=np.float32)
    bounded = Bounded(values.__getitem__, most[model.rated], float(most[model.unrated].max()))
    rows, left = rank(model, bounded, allowed, n, sameness)
    return rows.tolist(), left.tolist()


def one_after_the_other(worths: list[float], kinds: list[int], n: int, sameness: float) -> list[int]:
    """The greedy choice as it is stated, from all films."""
    values, chosen = np.array(worths), list[int]()
    alike = KINDS[kinds] @ KINDS[kinds].T
    for _ in range(n):
        lost = alike[:, chosen].max(1, initial=0) if chosen else np.zeros(FILMS)
        beside = values - sameness * lost
        beside[chosen] = -np.inf
        chosen.append(int(np.argmax(beside)))
    return chosen


def test_the_best_film_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 3, {4: -2.0, 9: 1.5, 2: -1.0, 7: -4.0}) == ([9, 2, 4], [1.5, -1.0, -2.0])


def test_of_films_that_are_equal_in_all_the_earlier_row_comes_first(model: EmbeddingDotBias) -> None:
    assert ranked(model, 5, dict.fromkeys(range(20), -1.0))[0] == [0, 1, 2, 3, 4]


def test_a_film_just_like_the_first_makes_room_for_another(small: Recommender) -> None:
    twins = with_kinds(small, [4, 0, 0, 1, 2, *[4] * 37])
    assert ranked(twins, 3, {1: 1.0, 2: 0.9, 3: 0.6}) == ([1, 3, 2], pytest.approx([1.0, 0.6, 0.4]))
    assert ranked(twins, 3, {1: 1.0, 2: 0.9, 3: 0.3})[0] == [1, 2, 3]
    assert ranked(twins, 3, {1: 1.0, 2: 0.9, 3: 0.6}, sameness=0.0)[0] == [1, 2, 3]


def test_a_film_that_is_the_opposite_of_the_first_gains_nothing_by_it(small: Recommender) -> None:
    opposites = with_kinds(small, [4, 0, 0, 1, 2, *[4] * 37])
    assert ranked(opposites, 3, {1: 1.0, 4: 0.5, 3: 0.6}) == ([1, 3, 4], pytest.approx([1.0, 0.6, 0.5]))


@settings(max_examples=200)
@given(worths=WORTHS, kinds=ALIKE, slack=SLACK, n=st.integers(1, FILMS), sameness=st.sampled_from([0.0, 0.5, 2.0]))
def test_bounds_lose_no_film(
    small: Recommender, worths: list[float], kinds: list[int], slack: list[float], n: int, sameness: float
) -> None:
    with patch("recommender.ranking.lists.FIRST", 1):
        rows, _ = ranked(with_kinds(small, kinds), n, dict(enumerate(worths)), slack, sameness)
    assert rows == one_after_the_other(worths, kinds, n, sameness)


@given(worths=WORTHS, kinds=ALIKE, n=st.integers(1, FILMS))
def test_what_is_left_never_rises_down_a_list(
    small: Recommender, worths: list[float], kinds: list[int], n: int
) -> None:
    rows, left = ranked(with_kinds(small, kinds), n, dict(enumerate(worths)))
    assert all(before >= after for before, after in pairwise(left))
    assert all(worths[row] - SAMENESS <= value <= worths[row] for row, value in zip(rows, left, strict=True))


@given(worths=WORTHS, n=st.integers(1, FILMS))
def test_a_longer_list_begins_with_the_shorter_one(small: Recommender, worths: list[float], n: int) -> None:
    longest, left = ranked(small.model, FILMS, dict(enumerate(worths)))
    assert sorted(longest) == list(range(FILMS))
    rows, own = ranked(small.model, n, dict(enumerate(worths)))
    assert rows == longest[:n]
    assert own == pytest.approx(left[:n], abs=1e-6)


def test_most_films_of_a_large_catalogue_are_never_worked_out(model: EmbeddingDotBias) -> None:
    worked_out: list[int] = []

    def of(rows: np.ndarray) -> np.ndarray:
        worked_out.extend(rows.tolist())
        return -rows.astype(np.float32)

    most = -model.rated.astype(np.float32) + np.float32(0.1)
    with patch("recommender.ranking.lists.FIRST", 1):
        rows, _ = rank(model, Bounded(of, most, -9.0), np.ones(FILMS, dtype=bool), 3, SAMENESS)
    assert rows.tolist() == [1, 2, 3]
    assert len(set(worked_out)) <= 12


def test_nothing_allowed_gives_an_empty_list(model: EmbeddingDotBias) -> None:
    assert ranked(model, 5, {}) == ([], [])
