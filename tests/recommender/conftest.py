import numpy as np
import pandas as pd
import pytest

from recommender import FitConfig, Recommender, Taste, load_movielens
from recommender.datasets import MovieLens
from recommender.evaluation.splits import held_out
from tests.recommender.people import EVEN, ODD, history_of, lover
from tests.shared import made_once


@pytest.fixture(scope="session")
def movielens() -> MovieLens:
    """The shipped data."""
    return load_movielens()


@pytest.fixture(scope="session")
def split(movielens: MovieLens) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The shipped ratings: what `trained` learned from, and the 5% it has never seen."""
    unseen = held_out(movielens.ratings, 0.05)
    return movielens.ratings[~unseen], movielens.ratings[unseen]


@pytest.fixture(scope="session")
def trained(
    movielens: MovieLens, split: tuple[pd.DataFrame, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Recommender:
    """The default fit on the shipped data."""
    with made_once(tmp_path_factory, "trained") as (home, making):
        if making is not None:
            Recommender.fit(split[0], movielens.movies, device="cpu").save(making / "model.safetensors")
    return Recommender.load(home / "model.safetensors")


@pytest.fixture(scope="session")
def club() -> pd.DataFrame:
    """A small club, 1,200 ratings: even members love even films, odd members odd ones. Ids are large and have gaps."""
    rng = np.random.default_rng(0)
    users, films = (grid.ravel() for grid in np.meshgrid(np.arange(60), np.arange(40), indexing="ij"))
    stars = np.where(users % 2 == films % 2, 4.5, 1.5) + rng.choice([-0.5, 0.0, 0.5], users.size)
    ratings = pd.DataFrame({"user": 10**18 + 7 * users, "movie": 5 + 10 * films, "rating": stars})
    return ratings[rng.random(users.size) < 0.5].reset_index(drop=True)


@pytest.fixture(scope="session")
def club_films() -> pd.DataFrame:
    """The club's films: the even ones are comedies; the last two, ids 405 and 415, have no ratings."""
    films = np.arange(42)
    return pd.DataFrame(
        {
            "movie": 5 + 10 * films,
            "title": [f"Film No. {film}" for film in films],
            "year": pd.array([None, *range(1971, 2012)], dtype="Int64"),
            "genres": np.where(films % 2 == 0, "Comedy", "Horror|Thriller"),
        }
    )


@pytest.fixture(scope="session")
def small_config() -> FitConfig:
    """Enough for the club, and quick."""
    return FitConfig(factors=3, set_rank=4, samples=6, thinning=1, burn_in=6)


@pytest.fixture(scope="session")
def small(club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig) -> Recommender:
    """A model of the club."""
    return Recommender.fit(club, club_films, config=small_config, device="cpu")


@pytest.fixture(scope="session")
def even(small: Recommender) -> Taste:
    """Loves even films and can't stand odd ones."""
    return lover(small, EVEN, ODD)


@pytest.fixture(scope="session")
def odd(small: Recommender) -> Taste:
    return lover(small, ODD, EVEN)


@pytest.fixture(scope="session")
def crowd(trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame]) -> list[Taste]:
    """Six members of the shipped data."""
    return [trained.taste(history_of(split[0], user)) for user in (1, 6, 19, 42, 68, 91)]
