"""How good a model is for people it has not learned from."""

import numpy as np
import pandas as pd
import pytest

from recommender import Recommender
from recommender.datasets import MovieLens
from recommender.evaluation.newcomers import (
    GIVEN,
    LEVELS,
    NewPeople,
    coverage,
    errors_by_ratings,
    lists_by_ratings,
    new_people,
)

Split = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def people(movielens: MovieLens, split: Split) -> NewPeople:
    return new_people(lambda others: Recommender.fit(others, movielens.movies, device="cpu"), *split)


def test_new_people_were_not_learned_from(people: NewPeople) -> None:
    theirs = set(people.asked["user"])
    assert len(theirs) > 50
    assert theirs == set(people.own["user"])
    assert not theirs & set(people.others["user"])
    assert not theirs & set(people.model.model.user_ids.tolist())
    assert (people.given(5).groupby("user").size() == 5).all()


def test_the_error_of_new_people_falls_with_the_ratings_given(people: NewPeople) -> None:
    errors = errors_by_ratings(people)
    assert tuple(errors.index) == GIVEN
    assert (np.diff(errors["Marquee"]) < 0.02).all(), "with few people, it need not fall at every step"
    assert errors["Marquee"].iloc[-1] < errors["Marquee"].iloc[0] - 0.03
    assert (errors["Marquee"] < errors["mean of all ratings"]).all()


def test_lists_for_new_people_get_better_and_ahead_of_the_most_popular_films(people: NewPeople) -> None:
    lists = lists_by_ratings(people)
    assert tuple(lists.index) == GIVEN
    assert ((lists > 0) & (lists < 1)).all(axis=None)
    for measure in ("recall@20", "NDCG@10"):
        ours, popular = lists[f"Marquee, {measure}"], lists[f"most popular, {measure}"]
        assert ours.iloc[-1] > max(ours.iloc[0], popular.iloc[-1]) + 0.03


def test_intervals_of_every_level_hold_about_their_share(trained: Recommender, split: Split) -> None:
    inside = coverage(trained, *split)
    assert (np.diff(inside) >= 0).all()
    assert np.abs(inside - LEVELS).max() < 0.06


def test_people_who_are_new_have_intervals_too(trained: Recommender, split: Split) -> None:
    train, test = split
    assert 0.7 < np.interp(0.8, LEVELS, coverage(trained, train[:0], test)) < 0.9
