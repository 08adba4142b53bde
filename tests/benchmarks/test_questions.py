"""What members are asked, and what they answer."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import fixed_questions as fixed
from benchmarks.questions import ASKED, answers, next_of
from recommender import FitConfig, Recommender
from recommender.evaluation.splits import askable, asked_members

FILMS = list(range(10, 70))


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    """30 people have rated nearly all of 60 films."""
    rng = np.random.default_rng(0)
    users, films = (grid.ravel() for grid in np.meshgrid(np.arange(30), FILMS, indexing="ij"))
    rows = pd.DataFrame({"user": users, "movie": films, "rating": rng.integers(1, 11, users.size) / 2, "timestamp": 0})
    return rows[rng.random(users.size) < 0.9].reset_index(drop=True)


@pytest.fixture(scope="module")
def model(ratings: pd.DataFrame) -> Recommender:
    films = pd.DataFrame({"movie": FILMS, "title": [f"Film No. {film}" for film in FILMS], "genres": "Comedy"})
    config = FitConfig(factors=3, set_rank=4, samples=6, thinning=1, burn_in=6)
    return Recommender.fit(ratings, films.assign(year=1990), config=config, device="cpu")


def test_whether_a_film_was_rated_decides_nothing_about_whether_it_can_be_asked(ratings: pd.DataFrame) -> None:
    split = asked_members(ratings, seed=0)
    fewer = asked_members(ratings[ratings["movie"] != FILMS[0]], seed=0)
    assert askable(split.pool, 0).all()
    assert not askable(split.test, 0).any()
    films = (split.pool.groupby("user")["movie"].apply(set), fewer.pool.groupby("user")["movie"].apply(set))
    assert all(films[0][user] - {FILMS[0]} == films[1][user] for user in films[1].index)


def test_nothing_is_learned_from_members_who_are_asked(ratings: pd.DataFrame) -> None:
    split = asked_members(ratings, seed=0)
    asked = set(split.pool["user"]) | set(split.test["user"])
    assert len(asked) == 6
    assert not asked & set(split.train["user"])


def test_films_that_were_rated_are_answered_with_stars_and_others_with_not_seen(model: Recommender) -> None:
    order, can = np.array(FILMS), np.isin(model.catalogue.ids, FILMS[::2])
    asked: list[int] = []

    def way(history: dict[int, float], unseen: list[int], mask: np.ndarray) -> int:
        assert set(asked) == history.keys() | set(unseen)
        asked.append(next_of(order, model, history, unseen, mask))
        return asked[-1]

    first, second = FILMS[0], FILMS[12]
    found = answers(way, {first: 4.0, second: 2.5, FILMS[1]: 5.0}, can)
    assert asked == FILMS[: 2 * max(ASKED) : 2]
    assert found == [{first: 4.0}, {first: 4.0, second: 2.5}, {first: 4.0, second: 2.5}]


def test_films_on_which_people_agree_are_asked_later_where_entropy_counts() -> None:
    agreed = pd.DataFrame({"user": range(8), "movie": 1, "rating": 4.0})
    divided = pd.DataFrame({"user": range(6), "movie": 2, "rating": [1.0, 2.0, 3.0, 4.0, 5.0, 4.5]})
    train = pd.concat([agreed, divided])
    assert fixed.popularity(train).tolist() == [1, 2]
    assert fixed.popularity_and_entropy(train).tolist() == [2, 1]


def test_a_grown_list_holds_each_film_once(model: Recommender, ratings: pd.DataFrame) -> None:
    assert sorted(fixed.greedy(model, ratings, seed=0).tolist()) == FILMS
