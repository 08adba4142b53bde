"""Errors of predictions, recall and NDCG of lists."""

import numpy as np
import pandas as pd
import pytest
import ranx

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


@pytest.mark.filterwarnings("ignore")  # numba warns of a cast within ranx
def test_ranx_finds_the_same_recall_and_gain() -> None:
    rng = np.random.default_rng(0)
    ranked = np.array([rng.permutation(200)[:20] for _ in range(50)])
    relevant = [set(rng.permutation(200)[: rng.integers(1, 60)].tolist()) for _ in ranked]
    sizes = np.array([len(films) for films in relevant])
    right = {str(row): {str(film): 1 for film in films} for row, films in enumerate(relevant)}
    lists = {str(row): {str(film): 20.0 - at for at, film in enumerate(films)} for row, films in enumerate(ranked)}
    theirs = ranx.Run(lists)
    ranx.evaluate(ranx.Qrels(right), theirs, ["recall@20", "ndcg@10"])
    found = hits(ranked, relevant)
    for row, scores in enumerate(zip(recall(found, sizes), ndcg(found[:, :10], sizes), strict=True)):
        # ranx divides by all that is relevant, also by what a list of 20 has no room for.
        share = theirs.scores["recall@20"][str(row)] * sizes[row] / min(20, sizes[row])
        assert scores == pytest.approx((share, theirs.scores["ndcg@10"][str(row)]))
