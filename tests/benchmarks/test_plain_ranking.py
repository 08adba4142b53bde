"""The rankings in a few lines of numpy do what their papers say."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.peers.plain_ranking import by_length, ease, fit_popularity, item_knn, rp3beta
from benchmarks.peers.settings import ALL, ALS, EASE_ALL, EASE_LIKES, KNN, LIKED, LONGEST, RP3BETA, of_data

# Four people and three films.
RATED = np.array([[1, 1, 0], [1, 1, 1], [1, 0, 0], [0, 1, 1]], dtype=np.float32)


@pytest.mark.parametrize("rated", [RATED, RATED[:2]], ids=["more people than films", "more films than people"])
def test_ease_weighs_films_as_its_closed_form(rated: np.ndarray) -> None:
    inverse = np.linalg.inv(rated.T @ rated + 2 * np.eye(3))
    weights = -inverse / np.diag(inverse)
    found = ease(rated)(2.0)(np.array([0, 2]))
    assert found[1] == pytest.approx(weights[0, 1] + weights[2, 1], rel=1e-4)


def test_likeness_is_the_shrunk_cosine_and_a_film_is_not_like_itself() -> None:
    """Of film 0, which three people rated, two rated film 1 too, and one film 2: 2 / (3 + 1), 1 / (sqrt(6) + 1)."""
    found = item_knn(RATED)(1.0, 3)(np.array([0]))
    assert found == pytest.approx([0, 2 / 4, 1 / (6**0.5 + 1)])


def test_only_a_films_nearest_neighbours_speak_for_it() -> None:
    """Film 1 is the nearest of both others, and film 2 is the nearest of film 1."""
    nearest = item_knn(RATED)(1.0, 1)
    assert nearest(np.array([0])) == pytest.approx([0, 0, 0])
    assert nearest(np.array([1])) == pytest.approx([2 / 4, 0, 2 / (6**0.5 + 1)])


def test_a_walk_goes_over_the_people_who_rated_both_films() -> None:
    """From film 0 (n = 3) to film 2 (n = 2) there is only the second person (n = 3): 1 / (3 * 3) / 2^.5."""
    found = rp3beta(RATED)(1.0, 0.5)(np.array([0]))
    assert found[2] == pytest.approx(1 / (3 * 3) / 2**0.5)
    assert found[1] == pytest.approx((1 / 2 + 1 / 3) / 3 / 3**0.5)


@pytest.fixture
def train() -> pd.DataFrame:
    """Films 10, 20 and 30 as above, liked, and film 40, which the first three people rated low."""
    users, films = np.nonzero(RATED)
    liked = pd.DataFrame({"user": users, "movie": 10 * (films + 1), "rating": 5.0})
    return pd.concat([liked, pd.DataFrame({"user": [0, 1, 2], "movie": 40, "rating": 1.0})])


def test_a_list_has_nothing_of_the_history_and_the_settings_are_those_for_its_length(train: pd.DataFrame) -> None:
    ridges = []

    def noting(rated: np.ndarray):
        def with_ridge(ridge: float):
            return lambda rows: (ridges.append(ridge), ease(rated)(ridge)(rows))[1]

        return with_ridge

    recommend = by_length(noting, ((ALL, 1.0), (ALL, 2.0), (ALL, 3.0), (ALL, 4.0)), train)
    for longest, ridge in zip((*LONGEST, 100), (1.0, 2.0, 3.0, 4.0), strict=True):
        history = np.array([10, *range(1000, 999 + longest)])
        assert 10 not in recommend(history, np.full(longest, 5.0), 20)
        assert ridges[-1] == ridge


def test_only_ratings_that_count_speak_and_without_one_the_popular_films_come_first(train: pd.DataFrame) -> None:
    recommend = by_length(item_knn, ((LIKED, 0.0, 9),) * 4, train)
    assert recommend(np.array([10]), np.array([5.0]), 2).tolist() == [20, 30]
    disliked = recommend(np.array([10]), np.array([2.0]), 3)
    assert disliked.tolist() == fit_popularity(train, 0, "")(np.array([10]), np.array([2.0]), 3).tolist()


@pytest.mark.parametrize("settings", [EASE_LIKES, EASE_ALL, KNN, RP3BETA, ALS])
def test_there_is_a_setting_for_every_length_of_a_history_and_for_any_data_set(settings: dict) -> None:
    assert {len(own) for own in settings.values()} == {len(LONGEST) + 1}
    assert of_data(settings, "ml-20m") == settings["ml-1m"]
    assert of_data(settings, "ml-latest-small") == settings["ml-latest-small"]
