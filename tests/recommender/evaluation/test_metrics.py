"""Errors of predictions, recall and NDCG of lists."""

from math import log2

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Recommender
from recommender.evaluation.metrics import confusion, errors, hits, measure, ndcg, recall


def test_errors_are_those_of_the_textbook() -> None:
    found = errors(np.array([3.0, 4.0, 1.0]), np.array([3.0, 2.0, 2.0]))
    assert found.ratings == 3
    assert found.mse == pytest.approx(5 / 3)
    assert found.rmse == pytest.approx((5 / 3) ** 0.5)
    assert found.mae == pytest.approx(1.0)


def test_no_rating_has_no_error() -> None:
    with pytest.raises(ValueError, match="no held-out ratings"):
        errors(np.array([]), np.array([]))


def test_a_model_is_measured_on_what_it_predicts(small: Recommender, club: pd.DataFrame) -> None:
    expected = np.mean((small.predict(club["user"], club["movie"]) - club["rating"]) ** 2)
    assert measure(small, club).mse == pytest.approx(expected)


def test_the_table_of_given_and_predicted_stars_counts_every_rating(small: Recommender, club: pd.DataFrame) -> None:
    table = confusion(small, club)
    assert table.to_numpy().sum() == len(club)
    assert table.sum(axis=1).to_dict() == club["rating"].value_counts().to_dict()
    assert set(table.columns) <= set(np.arange(1, 11) / 2)


def test_a_list_is_right_where_its_films_are_relevant() -> None:
    found = hits(np.array([[1, 2, 3], [1, 2, -1]]), [{2, 9}, set()])
    assert found.tolist() == [[False, True, False], [False, False, False]]


def test_as_many_sets_as_lists_are_needed() -> None:
    with pytest.raises(ValueError, match="2 lists need as many sets of relevant films, not 1"):
        hits(np.array([[1], [2]]), [{1}])


def test_a_perfect_list_has_the_full_recall_and_gain_however_many_films_are_relevant() -> None:
    found, relevant = np.array([[True, True, True], [True, False, False]]), np.array([50, 1])
    assert recall(found, relevant).tolist() == [1.0, 1.0]
    assert ndcg(found, relevant) == pytest.approx([1.0, 1.0])


def test_recall_and_gain_are_those_of_the_textbook() -> None:
    found, relevant = np.array([[False, True, True]]), np.array([2])
    assert recall(found, relevant) == pytest.approx([1.0])
    ideal = 1 + 1 / np.log2(3)
    assert ndcg(found, relevant) == pytest.approx([(1 / np.log2(3) + 1 / 2) / ideal])


def test_where_nothing_is_relevant_there_is_no_recall() -> None:
    nothing = np.zeros((1, 3), dtype=bool)
    assert np.isnan(recall(nothing, np.array([0]))).all()
    assert np.isnan(ndcg(nothing, np.array([0]))).all()


def test_recall_and_gain_of_a_list_worked_out_by_hand() -> None:
    """Of five films the second, fourth and fifth are right; a fourth right one is not in the list.

    DCG = 1 / log2(3) + 1 / log2(5) + 1 / log2(6) = 0.63093 + 0.43068 + 0.38685 = 1.44846
    IDCG = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5) = 1 + 0.63093 + 0.5 + 0.43068 = 2.56161
    """
    found = hits(np.array([[10, 20, 30, 40, 50]]), [{20, 40, 50, 99}])
    assert recall(found, np.array([4])) == pytest.approx([3 / 4])
    assert ndcg(found, np.array([4])) == pytest.approx([1.44846 / 2.56161], abs=1e-5)


@given(st.data(), st.integers(1, 25), st.integers(1, 4))
def test_recall_and_gain_are_what_their_definitions_say(data: st.DataObject, n: int, lists: int) -> None:
    ranked = [data.draw(st.permutations(range(30)))[:n] for _ in range(lists)]
    relevant = [data.draw(st.sets(st.integers(0, 60), min_size=1)) for _ in ranked]
    found, sizes = hits(np.array(ranked), relevant), np.array([len(films) for films in relevant])
    shares, gains = recall(found, sizes), ndcg(found, sizes)
    for row, (films, right) in enumerate(zip(ranked, relevant, strict=True)):
        most = min(n, len(right))
        assert shares[row] == pytest.approx(len(right.intersection(films)) / most)
        gain = sum(1 / log2(place + 1) for place, film in enumerate(films, start=1) if film in right)
        best = sum(1 / log2(place + 1) for place in range(1, most + 1))
        assert gains[row] == pytest.approx(gain / best)
