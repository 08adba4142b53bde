"""Errors of predictions, recall and NDCG of lists."""

from math import log2

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Catalogue, Recommender
from recommender.evaluation.metrics import (
    confusion,
    errors,
    genre_mix,
    genre_shares,
    hits,
    measure,
    miscalibration,
    ndcg,
    propensity_ndcg,
    recall,
    unfamiliar_recall,
)


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


def test_gain_by_inverse_propensity_worked_out_by_hand() -> None:
    """Film 1 has 100 ratings, films 2 and 3 have 4, and nobody rated film 4: weights .1, .5, .5 and 1.

    The list finds film 1 first and film 2 third; film 4 is missed.
    DCG = .1 + .5 / log2(4) = .35        IDCG = 1 + .5 / log2(3) + .1 / log2(4) = 1.36546
    """
    found = propensity_ndcg(np.array([[1, 3, 2]]), [{1, 2, 4}], {1: 100, 2: 4, 3: 4})
    assert found == pytest.approx([0.35 / 1.36546], abs=1e-5)


def test_the_perfect_list_has_the_rarest_relevant_films_first() -> None:
    counts = {1: 100, 2: 25, 3: 4}
    relevant = [{1, 2, 3}] * 2
    best, other = propensity_ndcg(np.array([[3, 2], [1, 2]]), relevant, counts)
    assert best == pytest.approx(1)
    assert other < 1


def test_where_nothing_is_relevant_there_is_no_gain_by_propensity() -> None:
    assert np.isnan(propensity_ndcg(np.array([[1, 2]]), [set()], {1: 3})).all()


@given(st.data(), st.integers(1, 25), st.integers(1, 1000))
def test_where_all_films_are_known_alike_propensity_changes_nothing(data: st.DataObject, n: int, count: int) -> None:
    ranked = np.array([data.draw(st.permutations(range(30)))[:n]])
    relevant = [data.draw(st.sets(st.integers(0, 60), min_size=1))]
    alike = propensity_ndcg(ranked, relevant, dict.fromkeys(range(61), count))
    assert alike == pytest.approx(ndcg(hits(ranked, relevant), np.array([len(relevant[0])])))


def test_famous_films_count_neither_as_found_nor_as_missed() -> None:
    ranked = np.array([[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    found = unfamiliar_recall(ranked, [{1, 2, 9}, {1, 3}, {1}], famous={1})
    assert found[:2].tolist() == [0.5, 1.0]
    assert np.isnan(found[2])


@pytest.fixture(scope="module")
def shares() -> pd.DataFrame:
    """Film 1 is a horror film, 2 a comedy and a romance, 3 a comedy; of 4 nothing is known."""
    films = pd.DataFrame(
        {"movie": [1, 2, 3, 4], "title": list("abcd"), "genres": ["Horror", "Comedy|Romance", "Comedy", ""]}
    )
    return genre_shares(Catalogue(films))


def test_a_films_genres_count_alike_and_films_without_one_are_passed_over(shares: pd.DataFrame) -> None:
    mix = genre_mix([[1, 2], [3, 4, -1], [4]], shares[["Comedy", "Horror", "Romance"]])
    assert mix[:2].tolist() == [[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]]
    assert np.isnan(mix[2]).all()


def test_a_list_is_as_far_from_the_person_as_the_textbook_says() -> None:
    """p = (.5, .5), q = (1, 0) smoothed to (.995, .005): .5 log(.5 / .995) + .5 log(.5 / .005)."""
    far = miscalibration(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]]))
    assert far == pytest.approx([0.5 * np.log(0.5 / 0.995) + 0.5 * np.log(100)])


def test_without_a_mix_there_is_no_distance() -> None:
    mix, none = np.array([[0.5, 0.5]]), np.full((1, 2), np.nan)
    assert np.isnan(miscalibration(mix, none)).all()
    assert np.isnan(miscalibration(none, mix)).all()


MIXES = (
    st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any).map(lambda parts: np.array([parts]) / sum(parts))
)


@given(MIXES, MIXES)
def test_a_list_is_far_from_the_person_unless_its_genres_are_theirs(wanted: np.ndarray, shown: np.ndarray) -> None:
    far = miscalibration(wanted, shown)
    assert np.isfinite(far).all()
    assert (far >= -1e-12).all()
    assert miscalibration(wanted, wanted) == pytest.approx([0])
    if not np.allclose(wanted, shown):
        assert (far > 0).all()
