"""What a fit learns, what it depends on, and what it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from recommender import LIST_STYLES, FitConfig, Recommender, slate
from recommender.datasets import MovieLens
from recommender.evaluation.baselines import baselines
from recommender.evaluation.metrics import measure

Split = tuple[pd.DataFrame, pd.DataFrame]
HALF_PRECISION = 2e-3  # stars: what it makes of a prediction that draws are kept in it


def predictions(model: Recommender, frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    return model.predict(frame["user"], frame["movie"])


# What it learns


@pytest.mark.parametrize("noise", [0.0, 0.5], ids=["without noise", "with noise"])
def test_a_checkerboard_of_tastes_is_learned(noise: float) -> None:
    rng = np.random.default_rng(1)
    users, films = (grid.ravel() for grid in np.meshgrid(np.arange(60), np.arange(40), indexing="ij"))
    meant = np.where(users % 2 == films % 2, 4.5, 1.5)
    stars = meant + rng.choice([-noise, 0.0, noise], users.size)
    board = pd.DataFrame({"user": users, "movie": films, "rating": stars})
    seen = rng.random(users.size) < 0.5
    model = Recommender.fit(board[seen], config=FitConfig(factors=4))
    off = np.abs(predictions(model, board[~seen]) - meant[~seen])
    assert off.mean() < 0.02 + noise / 3
    assert off.max() < 0.15 + 2 * noise


def test_the_error_on_ratings_it_never_saw_stays_in_its_band(trained: Recommender, split: Split) -> None:
    train, test = split
    error = measure(trained, test).rmse
    assert 0.82 < error < 0.845
    assert error < 0.96 * min(baseline.rmse for baseline in baselines(train, test).values())


def test_films_nobody_rated_get_the_prior_of_their_genres(small: Recommender) -> None:
    even, odd = 10**18, 10**18 + 7
    comedy, horror = 405, 415
    assert small.predict([even], [comedy]) > small.predict([even], [horror]) + 1
    assert small.predict([odd], [comedy]) < small.predict([odd], [horror]) - 1


def test_films_nobody_rated_get_the_prior_of_their_year(club: pd.DataFrame, small_config: FitConfig) -> None:
    before_sound, after_sound = 1, 1001
    worse = club.assign(rating=club["rating"] - 0.5 * (club["movie"] > 200))
    movies = pd.DataFrame({"movie": [*club["movie"].unique(), before_sound, after_sound]})
    movies["year"] = np.where(movies["movie"] > 200, 2000, 1925)
    model = Recommender.fit(worse, movies, config=small_config)
    assert model.predict([0], [before_sound]) > model.predict([0], [after_sound]) + 0.1


def test_predictions_stay_inside_the_scale(small: Recommender, club: pd.DataFrame) -> None:
    users, films = np.meshgrid(club["user"].unique(), small.movies["movie"])
    stars = small.predict(users.ravel(), films.ravel())
    assert stars.min() >= 0.5
    assert stars.max() <= 5.0


def test_films_need_no_description(club: pd.DataFrame, small_config: FitConfig) -> None:
    model = Recommender.fit(club, config=small_config)
    assert measure(model, club).rmse < 0.6
    assert model.catalogue[5].title == "Film 5"


def test_a_member_who_rated_fifty_thousand_films_the_same_is_borne(club: pd.DataFrame) -> None:
    eager, films = 404, 10**6 + np.arange(50_000)
    ratings = pd.concat([club, pd.DataFrame({"user": eager, "movie": films, "rating": 4.0})])
    model = Recommender.fit(ratings, config=FitConfig(factors=2, set_rank=2, samples=2, thinning=1, burn_in=4))
    assert model.predict([eager], [films[0]]) == pytest.approx(4.0, abs=0.1)
    even, odd = 10**18, 10**18 + 7
    assert model.predict([even], [5]) > model.predict([odd], [5]) + 1
    taste = model.taste(dict.fromkeys(films.tolist(), 4.0))
    assert taste.predict([films[0]])[0] == pytest.approx(4.0, abs=0.1)
    assert {pick.movie for pick in taste.recommend(3)} <= set(club["movie"])
    reasons = taste.explain(5)
    total = reasons.baseline + sum(reasons.contributions.values())
    assert np.clip(total, 0.5, 5) == pytest.approx(taste.predict([5])[0][0], abs=1e-3)


@pytest.mark.parametrize("ratings", [1, 3000])
def test_ratings_that_are_all_the_same_teach_just_that(ratings: int) -> None:
    rows = np.arange(ratings)
    frame = pd.DataFrame({"user": rows // 60, "movie": rows % 60, "rating": 3.0})
    stars, sd = Recommender.fit(frame).taste({}).predict([0, 999])
    assert stars.tolist() == [3.0, 3.0]
    assert np.isfinite(sd).all()


# What it depends on


def test_the_same_seed_gives_the_same_model(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    again = Recommender.fit(club, club_films, config=small_config, device="cpu")
    other = Recommender.fit(club, club_films, config=small_config, device="cpu", seed=1)
    assert predictions(again, club).tolist() == predictions(small, club).tolist()
    assert predictions(other, club).tolist() != predictions(small, club).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_which_way_round_a_decomposition_has_its_vectors_does_not_matter(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig, seed: int
) -> None:
    with turning(np.random.default_rng(seed)):
        turned = Recommender.fit(club, club_films, config=small_config, device="cpu")
    assert predictions(turned, club) == pytest.approx(predictions(small, club), abs=HALF_PRECISION)
    assert turned.predict([0, 0], [405, 415]) == pytest.approx(small.predict([0, 0], [405, 415]), abs=HALF_PRECISION)


@contextmanager
def turning(rng: np.random.Generator) -> Iterator[None]:
    """Decompositions whose vectors are as true as before, but may point the other way."""
    svd, eigh, qr = torch.linalg.svd, torch.linalg.eigh, torch.linalg.qr

    def either_way(count: int) -> Tensor:
        return torch.from_numpy(rng.choice([-1.0, 1.0], count)).float()

    def other_svd(matrix: Tensor, full_matrices: bool = True) -> tuple[Tensor, ...]:
        left, singular, right = svd(matrix, full_matrices=full_matrices)
        signs = either_way(len(singular))
        return left * signs, singular, right * signs[:, None]

    def other_eigh(matrix: Tensor) -> tuple[Tensor, ...]:
        values, vectors = eigh(matrix)
        return values, vectors * either_way(len(values))

    def other_qr(matrix: Tensor) -> Any:
        found = qr(matrix)
        signs = either_way(len(found.R))
        return torch.return_types.linalg_qr((found.Q * signs, found.R * signs[:, None]))

    with patch.multiple(torch.linalg, svd=other_svd, eigh=other_eigh, qr=other_qr):
        yield


def test_the_order_of_the_rows_does_not_matter(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    ratings, films = club.sample(frac=1, random_state=1), club_films.sample(frac=1, random_state=2)
    shuffled = Recommender.fit(ratings, films, config=small_config, device="cpu")
    assert predictions(shuffled, club).tolist() == predictions(small, club).tolist()


def test_a_rating_that_was_replaced_leaves_no_trace(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    stale = club.iloc[::7].assign(rating=0.5, timestamp=50)
    history = pd.concat([club.assign(timestamp=100), stale])
    model = Recommender.fit(history, club_films, config=small_config, device="cpu")
    assert predictions(model, club).tolist() == predictions(small, club).tolist()


CHANGES: dict[str, Any] = {
    "factors": 2,
    "richness": 0.5,
    "set_rank": 2,
    "samples": 3,
    "thinning": 2,
    "burn_in": 2,
    "scale": (0.0, 5.0),
}


def test_every_field_of_the_configuration_is_tried_here() -> None:
    assert {field.name for field in fields(FitConfig)} == set(CHANGES)


@pytest.mark.parametrize("field", [field for field in CHANGES if field not in ("richness", "scale")])
def test_every_number_of_the_configuration_changes_the_result(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig, field: str
) -> None:
    config = replace(small_config, **{field: CHANGES[field]})
    changed = Recommender.fit(club, club_films, config=config, device="cpu")
    assert np.abs(predictions(changed, club) - predictions(small, club)).max() > 1e-3
    assert changed.info["config"][field] == CHANGES[field]


def test_more_ratings_and_more_richness_give_more_factors() -> None:
    factors = [
        FitConfig(richness=richness).resolved(ratings).factors for ratings in (10**5, 10**6) for richness in (1, 2)
    ]
    assert factors == sorted(set(factors))
    assert FitConfig(factors=7, richness=3).resolved(10**6).factors == 7


def test_of_many_ratings_draws_are_fewer_sweeps_apart_unless_it_is_said_how_many() -> None:
    few, many = (FitConfig().resolved(ratings) for ratings in (10**6, 10**7))
    assert few.sweeps > many.sweeps
    assert FitConfig(thinning=5).resolved(10**7).thinning == 5


def test_richness_changes_the_result_where_the_factors_are_left_open(
    club: pd.DataFrame, small_config: FitConfig
) -> None:
    plain, poorer = (
        Recommender.fit(club, config=replace(small_config, factors=None, richness=richness), device="cpu")
        for richness in (1.0, CHANGES["richness"])
    )
    assert plain.info["config"]["factors"] == 2 * poorer.info["config"]["factors"]
    assert np.abs(predictions(plain, club) - predictions(poorer, club)).max() > 1e-3


def test_the_scale_decides_which_ratings_are_taken(club: pd.DataFrame, small_config: FitConfig) -> None:
    with_zero = club.assign(rating=club["rating"].where(club.index != 3, 0.0))
    with pytest.raises(ValueError, match="off the scale"):
        Recommender.fit(with_zero, config=small_config)
    model = Recommender.fit(with_zero, config=replace(small_config, scale=CHANGES["scale"]))
    assert model.scale == (0.0, 5.0)


def test_a_scale_of_ten_is_learned_as_well(club: pd.DataFrame, small_config: FitConfig) -> None:
    ten = club.assign(rating=club["rating"] * 2)
    model = Recommender.fit(ten, config=replace(small_config, scale=(1.0, 10.0)))
    assert measure(model, ten).rmse < 1.2
    assert model.taste({5: 9.5}).predict([25])[0] > 7
    with pytest.raises(ValueError, match="off the scale 1 to 10"):
        model.taste({5: 0.5})


@pytest.mark.parametrize("style", LIST_STYLES)
def test_a_list_is_the_same_on_another_scale(club: pd.DataFrame, small_config: FitConfig, style: str) -> None:
    lists, matches, seen, lifts = [], [], [], []
    for times in (1, 20):
        config = replace(small_config, scale=(0.5 * times, 5.0 * times))
        model = Recommender.fit(club.assign(rating=club["rating"] * times), config=config, device="cpu")
        taste = model.taste({5: 5.0 * times, 15: 1.0 * times})
        picks = taste.recommend(20, style=style)
        lists.append([[pick.movie for pick in films] for films in (picks, slate([taste], 20))])
        matches.append([pick.match for pick in picks])
        seen.append(taste.seen(club["movie"].unique()))
        lifts.append([own[5] for own in taste.lifts(lists[0][0], style)])
    assert lists[0] == lists[1]
    for one, other in (matches, seen, lifts):
        np.testing.assert_allclose(one, other, atol=2e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"factors": 0},
        {"samples": 0},
        {"thinning": 0},
        {"burn_in": 0},
        {"set_rank": -1},
        {"richness": 0.0},
        {"richness": float("inf")},
        {"scale": (5.0, 0.5)},
        {"scale": (0.0, float("inf"))},
    ],
)
def test_a_configuration_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a usable configuration"):
        FitConfig(**wrong)


def test_an_unknown_configuration_is_refused_with_the_names_there_are(club: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="unknown config 'best': choose one of default"):
        Recommender.fit(club, config="best")


@pytest.mark.parametrize(
    "films",
    [pd.DataFrame({"id": [1]}), pd.DataFrame({"movie": [1.5]}), pd.DataFrame({"movie": ["a"]})],
    ids=["no ids", "fractions", "text"],
)
def test_films_without_proper_ids_are_refused(club: pd.DataFrame, films: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="movies need a column movie of whole numbers"):
        Recommender.fit(club, films)


@pytest.mark.parametrize(
    ("column", "trouble"),
    [
        ({"genre": "Comedy"}, "columns of which nothing is known: genre; known are movie, title, genres"),
        ({"genres": 7}, "column genres must hold texts"),
        ({"title": 1.5}, "column title must hold texts"),
        (
            {"movie": np.uint64(2**63)},
            "column movie holds 9223372036854775808; an id may be 9223372036854775807 at most",
        ),
    ],
)
def test_a_column_of_films_that_is_none_is_refused_by_name(
    club: pd.DataFrame, club_films: pd.DataFrame, column: dict[str, Any], trouble: str
) -> None:
    with pytest.raises(ValueError, match=trouble):
        Recommender.fit(club, club_films.assign(**column))


@pytest.mark.parametrize("year", [1990.5, float("inf"), "ninety"])
def test_a_year_that_is_none_is_refused(club: pd.DataFrame, club_films: pd.DataFrame, year: object) -> None:
    with pytest.raises(ValueError, match="column year must hold whole numbers"):
        Recommender.fit(club, club_films.assign(year=year))


def test_ratings_that_are_no_ratings_are_refused(movielens: MovieLens) -> None:
    with pytest.raises(ValueError, match="empty"):
        Recommender.fit(movielens.ratings[:0], movielens.movies)


# How it runs


def test_progress_rises_to_one(club: pd.DataFrame, small_config: FitConfig) -> None:
    shares: list[float] = []
    Recommender.fit(club, config=small_config, progress=shares.append)
    assert shares == sorted(set(shares))
    assert len(shares) == small_config.sweeps
    assert shares[-1] == 1.0


def test_a_warm_start_gets_there_sooner(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    shares: list[float] = []
    warm = Recommender.fit(club, club_films, config=small_config, warm_start=small, progress=shares.append)
    assert len(shares) == small_config.samples < small_config.sweeps
    assert shares[-1] == 1.0
    assert measure(warm, club).rmse < measure(small, club).rmse + 0.02


def test_a_warm_start_meets_new_films_and_new_members(
    club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    known = club[(club["movie"] < 300) & (club["user"] < 10**18 + 7 * 40)]
    before = Recommender.fit(known, config=small_config)
    after = Recommender.fit(club, club_films, config=small_config, warm_start=before)
    assert measure(after, club).rmse < 0.6
    assert len(after.catalogue) == len(club_films)


def test_a_warm_start_from_another_number_of_factors_is_a_cold_one(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    wider = Recommender.fit(club, club_films, config=replace(small_config, factors=5))
    model = Recommender.fit(club, club_films, config=small_config, device="cpu", warm_start=wider)
    assert predictions(model, club).tolist() == predictions(small, club).tolist()


def test_a_warm_start_goes_on_where_more_ratings_would_have_one_more_factor(movielens: MovieLens) -> None:
    """The ratings' number decides how many factors a fit has, and one percent more must not begin it anew."""
    config = FitConfig(samples=2, thinning=1, burn_in=2)
    sizes = range(86_000, 96_000, 100)
    size = next(size for size in sizes if config.resolved(size).factors != config.resolved(size + 1000).factors)
    before = Recommender.fit(movielens.ratings[:size], movielens.movies, config=config)
    shares: list[float] = []
    more = movielens.ratings[: size + 1000]
    Recommender.fit(more, movielens.movies, config=config, warm_start=before, progress=shares.append)
    assert len(shares) == config.samples
