"""What the benchmarks work out of the predictions."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.bootstrap import rmse_difference
from benchmarks.generated import generated
from benchmarks.newcomers import baseline
from benchmarks.ranking import longest_run
from recommender.evaluation.baselines import DAMPING
from recommender.evaluation.splits import NewMembers


def test_the_interval_of_a_difference_holds_it_and_is_narrow_where_all_members_agree() -> None:
    errors = np.random.default_rng(0).random((50, 20))
    assert rmse_difference(errors, errors).tolist() == [0.0, 0.0]
    low, high = rmse_difference(np.full((50, 20), 0.81), np.ones((50, 20)))
    assert (low, high) == pytest.approx((-0.1, -0.1))


def test_an_interval_holds_zero_where_the_difference_is_chance() -> None:
    rng = np.random.default_rng(0)
    low, high = rmse_difference(rng.random((100, 20)), rng.random((100, 20)))
    assert low < 0 < high


def test_the_baseline_is_the_films_damped_mean_and_the_members_damped_offset() -> None:
    train = pd.DataFrame({"user": [1, 2, 3], "movie": [10, 10, 20], "rating": [5.0, 4.0, 3.0]})
    pool = pd.DataFrame({"user": [9], "movie": [10], "rating": [3.0]})
    split = NewMembers(train, pool, pd.DataFrame({"user": [9], "movie": [20], "rating": [4.0]}))
    film, other = 1.0 / (2 + DAMPING), -1.0 / (1 + DAMPING)
    assert baseline(split, 0) == pytest.approx([4 + other])
    assert baseline(split, 1) == pytest.approx([4 + other + (3 - 4 - film) / (1 + DAMPING)])


def test_generated_ratings_are_as_many_as_asked_for_and_a_few_films_have_most() -> None:
    ratings, movies = generated(users=300, films=2_000, ratings=5_000)
    assert len(ratings) == len(ratings.drop_duplicates(["user", "movie"])) == 5_000
    assert movies["movie"].tolist() == list(range(1, 2_001))
    assert set(ratings["movie"]) <= set(movies["movie"])
    assert ratings["movie"].value_counts().head(400).sum() > 0.5 * len(ratings)
    assert set(ratings["rating"]) <= set(np.arange(1, 11) / 2)


def test_more_ratings_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="too few for 100 ratings"):
        generated(users=10, films=10, ratings=100)


def test_a_run_is_of_one_series_and_films_of_none_have_no_run() -> None:
    assert longest_run(["Alien", "Alien", None, None, None, "Rocky", "Alien"]) == 2
    assert longest_run([None, None]) == longest_run([]) == 1
