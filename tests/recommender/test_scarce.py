"""New films and rare ones: what is predicted of a film that few have rated, or nobody."""

import numpy as np
import pandas as pd
import pytest
import torch

from recommender import FitConfig, Recommender
from recommender.features import FilmFeatures
from recommender.scarce import FEW, MOST_KEPT, cut_down

POPULAR, RARE, NEW = 100, 200, 300  # ids of films begin at these
FILMS = 60  # of each of the first two kinds
USERS = 120
CONFIG = FitConfig(factors=2, set_rank=4, samples=6, thinning=1, burn_in=8)


QUALITIES = np.linspace(-0.5, 0.5, FILMS)  # stars by which films differ from others of their kind


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    """Popular films, rated by 60 of 120 people, have 4 stars on average; rare ones, rated by 2, have 2.5."""
    rng = np.random.default_rng(0)
    rows = [
        (user, first + film, stars + quality + rng.choice([-0.5, 0.0, 0.5]))
        for first, raters, stars in ((POPULAR, 60, 4.0), (RARE, 2, 2.5))
        for film, quality in enumerate(QUALITIES)
        for user in rng.choice(USERS, raters, replace=False)
    ]
    return pd.DataFrame(rows, columns=["user", "movie", "rating"])


@pytest.fixture(scope="module")
def films() -> pd.DataFrame:
    """All films, and three that nobody has rated: of the first people elsewhere think much, of the second little, and the third
    few have seen there either."""
    movies = [*range(POPULAR, POPULAR + FILMS), *range(RARE, RARE + FILMS), NEW, NEW + 1, NEW + 2]
    means = [*(8 + 2 * QUALITIES), *(5 + 2 * QUALITIES), 9.0, 7.0, np.nan]
    votes = [*np.repeat([60_000.0, 2000.0], FILMS), 60_000.0, 60_000.0, 2000.0]
    return pd.DataFrame({"movie": movies, "outside_mean": means, "outside_votes": votes})


def fitted(ratings: pd.DataFrame, films: pd.DataFrame) -> Recommender:
    return Recommender.fit(ratings, films, config=CONFIG, device="cpu")


def test_a_film_that_nobody_rated_is_rather_a_new_one_than_a_rare_one(
    ratings: pd.DataFrame, films: pd.DataFrame
) -> None:
    assert 3.25 < fitted(ratings, films[["movie"]]).average_stars(NEW) < 4.25


def test_one_rating_is_not_enough_to_make_a_film_a_rare_one(ratings: pd.DataFrame, films: pd.DataFrame) -> None:
    one = pd.DataFrame({"user": [0], "movie": [NEW], "rating": [4.0]})
    assert fitted(pd.concat([ratings, one]), films[["movie"]]).average_stars(NEW) > 2.8


def test_votes_from_elsewhere_tell_a_new_film_from_a_rare_one(ratings: pd.DataFrame, films: pd.DataFrame) -> None:
    model = fitted(ratings, films.drop(columns="outside_mean"))
    assert model.average_stars(NEW) > model.average_stars(NEW + 2) + 0.5


def test_a_film_that_nobody_rated_is_about_as_good_as_people_elsewhere_think(
    ratings: pd.DataFrame, films: pd.DataFrame
) -> None:
    model = fitted(ratings, films)
    assert model.average_stars(NEW) == pytest.approx(4.5, abs=0.4)
    assert model.average_stars(NEW) > model.average_stars(NEW + 1) + 0.5


def test_a_mean_of_hardly_any_votes_says_little(ratings: pd.DataFrame, films: pd.DataFrame) -> None:
    everywhere = films.assign(outside_votes=60_000.0)
    alone = everywhere.assign(outside_votes=everywhere["outside_votes"].where(everywhere["movie"] != NEW, 1.0))
    votes_alone, sure = (fitted(ratings, known) for known in (alone, everywhere))
    assert votes_alone.average_stars(NEW) < sure.average_stars(NEW) - 0.1


def test_any_scale_does_for_the_mean(ratings: pd.DataFrame, films: pd.DataFrame) -> None:
    of_ten = fitted(ratings, films)
    of_hundred = fitted(ratings, films.assign(outside_mean=10 * films["outside_mean"]))
    for film in films["movie"]:
        assert of_hundred.average_stars(film) == pytest.approx(of_ten.average_stars(film), abs=0.01)


def test_columns_in_which_nothing_is_known_change_nothing(ratings: pd.DataFrame, films: pd.DataFrame) -> None:
    empty = films.assign(outside_mean=np.nan, outside_votes=pd.array([None] * len(films), dtype="Float64"))
    known, unknown = (fitted(ratings, movies) for movies in (films[["movie"]], empty))
    assert (
        unknown.predict([0] * len(films), films["movie"]).tolist()
        == known.predict([0] * len(films), films["movie"]).tolist()
    )


def test_the_order_of_the_films_does_not_matter(ratings: pd.DataFrame, films: pd.DataFrame) -> None:
    model, shuffled = (fitted(ratings, movies) for movies in (films, films.sample(frac=1, random_state=0)))
    assert (
        shuffled.predict([0] * len(films), films["movie"]).tolist()
        == model.predict([0] * len(films), films["movie"]).tolist()
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("outside_mean", np.inf),
        ("outside_mean", 1e160),
        ("outside_mean", "high"),
        ("outside_votes", -1),
        ("outside_votes", [1]),
    ],
    ids=str,
)
def test_what_is_no_mean_and_no_number_of_votes_is_refused_by_name(
    ratings: pd.DataFrame, films: pd.DataFrame, column: str, value: object
) -> None:
    wrong = films.astype({column: "object"})
    wrong.at[3, column] = value
    with pytest.raises(ValueError, match=f"the column {column} must hold"):
        fitted(ratings, wrong)


def test_a_film_is_cut_down_to_a_few_of_its_own_ratings() -> None:
    rng = np.random.default_rng(0)
    raters = torch.from_numpy((rng.random((2000, 50)) < np.repeat([0.6, 0.05], 1000)[:, None]).astype(np.float32))
    found = cut_down(raters.to_sparse_csr(), seed=0)
    kept = found.raters.to_dense()
    assert (raters[found.films].sum(1) > FEW).all()
    assert ((kept == 0) | (kept == raters[found.films])).all()
    copies = np.bincount(kept.sum(1).int().numpy())
    assert len(copies) == MOST_KEPT + 1
    assert copies[0] > copies[1] > copies[2:].mean() > 0


def test_where_no_film_has_many_ratings_none_is_cut_down() -> None:
    assert not cut_down(torch.eye(5).to_sparse_csr(), seed=0).films.numel()


def test_ratings_that_hardly_count_make_no_film_one_that_many_rated() -> None:
    weights = torch.ones(30, 40)
    weights[0] = 0.1
    assert 0 not in cut_down(weights.to_sparse_csr(), seed=0).films


def test_a_single_film_that_many_rated_does_not_speak_for_all_that_are_new() -> None:
    raters = torch.zeros(100, 40)
    raters[:, :3] = 1
    raters[0] = 1
    assert 0 < len(cut_down(raters.to_sparse_csr(), seed=0).films) < 10


def test_means_from_elsewhere_keep_their_order_however_few_are_known() -> None:
    means = np.linspace(5, 8, 10)
    for films in (10, 100, 1000):
        known = pd.DataFrame({"movie": range(films), "outside_mean": np.nan, "outside_votes": np.nan})
        known = known.assign(year=pd.array([None] * films, dtype="Int64"), genres="")
        known.loc[:9, "outside_mean"], known.loc[:9, "outside_votes"] = means, 1000.0
        described = FilmFeatures.of(known).features(known)[:10, -3]
        assert (np.diff(described) > 0).all()
        assert described[0] == pytest.approx(-described[-1], abs=1e-4)


def test_a_mean_of_no_votes_is_none() -> None:
    films = pd.DataFrame({"year": pd.array([None] * 60, dtype="Int64"), "genres": ""})
    rated = films.assign(outside_mean=np.tile([6.0, 7.0], 30), outside_votes=100.0)
    unrated = pd.concat([rated, films.assign(outside_mean=0.0, outside_votes=0.0)], ignore_index=True)
    described, of_rated = (FilmFeatures.of(known).features(known) for known in (unrated, rated))
    np.testing.assert_allclose(described[:60, -3], of_rated[:, -3], atol=1e-5)
    assert (described[60:, -3] == 0).all()
