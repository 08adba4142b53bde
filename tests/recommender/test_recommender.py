"""The public verbs together: what other programs call."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recommender
from recommender import Filters, FitConfig, Recommender
from recommender.datasets import MovieLens


def test_every_public_name_is_there() -> None:
    assert all(hasattr(recommender, name) for name in recommender.__all__)


def test_it_is_imported_without_discord_and_without_the_bot() -> None:
    program = (
        "import sys\n"
        "sys.modules['discord'] = None  # whoever imports it fails\n"
        "from recommender import Recommender\n"
        "assert not any(name == 'bot' or name.startswith('bot.') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_predictions_come_one_for_each_pair(small: Recommender) -> None:
    even, odd = 10**18, 10**18 + 7
    stars = small.predict([even, odd, even], [5, 5, 15])
    assert stars.dtype == np.float64
    assert stars[0] > 4 > 2 > stars[1]
    assert stars[2] < 2
    assert small.predict([], []).tolist() == []


def test_users_and_films_of_different_numbers_are_refused(small: Recommender) -> None:
    with pytest.raises(ValueError, match="same length, not 1 and 2"):
        small.predict([1], [5, 15])


def test_unknown_ids_are_no_error(small: Recommender) -> None:
    stars = small.predict([10**18, 404, 404], [404, 5, 404])
    assert ((stars >= 0.5) & (stars <= 5)).all()


def test_the_top_is_led_by_films_that_many_rate_highly(trained: Recommender, movielens: MovieLens) -> None:
    first = trained.top(20)
    assert {318, 858} <= set(first[:5])  # The Shawshank Redemption and The Godfather.
    means = movielens.ratings.groupby("movie")["rating"].mean()
    assert all(trained.count(movie) > 20 and means[movie] > 3.9 for movie in first)
    assert all(trained.average_stars(movie) > 3.9 for movie in first)


def test_the_top_of_some_films_keeps_their_order(small: Recommender) -> None:
    everything = small.top(100)
    assert len(everything) == len(set(everything)) > 30
    some = [15, 5, 405, 15, 10**9]
    assert small.top(10, among=some) == [movie for movie in everything if movie in some]
    assert small.top(1, among=some) == small.top(10, among=some)[:1]
    assert small.top(0) == small.top(-1) == small.top(5, among=[]) == []


@pytest.mark.parametrize("years", [(None, None), (2000, None), (None, 1949)])
def test_no_filter_brings_up_a_film_that_a_handful_rated(
    trained: Recommender, years: tuple[int | None, int | None]
) -> None:
    assert trained.top(10)
    for genre in (None, *trained.catalogue.genres):
        best = trained.top(10, among=trained.films.admitted(Filters(genre=genre, from_year=years[0], to_year=years[1])))
        assert all(trained.count(movie) >= 10 for movie in best)


@given(seed=st.integers(0, 10**6), share=st.floats(0.05, 1))
@settings(max_examples=10, deadline=None)
def test_a_film_is_at_the_top_by_many_ratings_and_not_by_a_few_perfect_ones(
    club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig, seed: int, share: float
) -> None:
    """Two films of the club, each loved by all: one by at most nine, one by forty."""
    rng = np.random.default_rng(seed)
    members = club["user"].unique()
    few, many = rng.choice(members, rng.integers(1, 10), replace=False), rng.choice(members, 40, replace=False)
    loved = pd.DataFrame({"user": np.r_[few, many], "movie": [405] * len(few) + [415] * 40, "rating": 5.0})
    model = Recommender.fit(pd.concat([club, loved]), club_films, config=small_config, device="cpu", seed=seed)
    best = model.top(100, among=[*club_films["movie"].sample(frac=share, random_state=seed), 405, 415])
    assert best[0] == 415
    assert 405 not in best


def test_the_catalogue_has_every_film_in_the_order_of_the_model(small: Recommender, club_films: pd.DataFrame) -> None:
    assert small.catalogue.ids.tolist() == small.model.item_ids.tolist() == club_films["movie"].tolist()
    assert small.catalogue[5].year is None
    assert small.catalogue[15].year == 1971
    assert small.movies["year"].dtype == "Int64"


def test_a_film_that_is_rated_but_not_listed_has_a_name_of_its_own(
    club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    model = Recommender.fit(club, club_films[1:], config=small_config)
    assert model.catalogue[5].title == "Film 5"
    assert model.catalogue[15].title == "Film No. 1"


def test_popularity_counts_ratings(small: Recommender, club: pd.DataFrame) -> None:
    counts = club["movie"].value_counts()
    assert small.popularity.tolist() == [counts.get(movie, 0) for movie in small.catalogue.ids]
    assert small.count(5) == counts[5]
    assert small.count(405) == 0


def test_nothing_is_counted_for_an_unknown_film(small: Recommender) -> None:
    with pytest.raises(KeyError, match="404"):
        small.count(404)
    with pytest.raises(KeyError, match="404"):
        small.average_stars(404)


def test_the_fit_tells_what_it_learned_from(small: Recommender, club: pd.DataFrame) -> None:
    assert small.info["ratings"] == len(club)
    assert small.info["given"] == [int((club["rating"] == half / 2).sum()) for half in range(1, 11)]
    assert small.info["users"] == club["user"].nunique()
    assert small.info["films"] == 42
    assert small.info["device"] == "CPU"
    assert small.info["seconds"] >= 0
    assert small.info["config"] == {
        "factors": 3,
        "richness": 1.0,
        "set_rank": 4,
        "samples": 6,
        "thinning": 1,
        "burn_in": 6,
        "seed": 0,
    }
    assert json.loads(json.dumps(small.info)) == small.info


def test_more_can_be_told_without_changing_the_original(small: Recommender) -> None:
    more = small.with_info(version=7)
    assert more.info == {**small.info, "version": 7}
    assert "version" not in small.info
    assert more.predict([1], [5]) == small.predict([1], [5])


def test_films_are_shared_if_they_are_the_same(small: Recommender) -> None:
    shared = small.with_info(version=7).sharing_films(small)
    assert shared.info["version"] == 7
    assert shared.catalogue is small.catalogue
    assert shared.films is small.films


def test_other_films_are_not_shared(small: Recommender) -> None:
    other = Recommender(small.model, small.movies.assign(title=small.movies["title"] + " Again"), small.info)
    assert other.sharing_films(small) is other


def test_a_film_that_nobody_rated_is_as_known_as_the_one_in_its_place(
    club: pd.DataFrame, small_config: FitConfig
) -> None:
    counts = club["movie"].value_counts()
    movies = pd.DataFrame({"movie": [10**9 + 1, 10**9 + 2, 10**9 + 3], "rank": [1, len(counts), None]})
    model = Recommender.fit(club, movies, config=small_config, device="cpu")
    known = dict(zip(model.catalogue.ids.tolist(), model.fame.tolist(), strict=True))
    assert [known[10**9 + n] for n in (1, 2, 3)] == [counts.max(), counts.min(), 0]
    assert {movie: known[movie] for movie in counts.index} == counts.to_dict()
