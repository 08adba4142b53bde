"""What is known of a row before its ratings."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.features import YEAR_CENTRES, FilmFeatures, SetFeatures, film_genres, film_years, genre_names

FILMS = pd.DataFrame(
    {
        "genres": ["Comedy|Drama", "Comedy", "(no genres listed)", None],
        "year": pd.array([1999, 1925, None, 2001], dtype="Int64"),
    }
)


def film_features(films: pd.DataFrame) -> NDArray[np.float32]:
    return FilmFeatures.of(films).features(films)


def sets(rows: int = 200, columns: int = 12, seed: int = 0) -> Tensor:
    """Sets of columns in which the first half and the second half seldom meet, 0 or 1 each."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, rows)[:, None] == (np.arange(columns) >= columns // 2)
    return torch.from_numpy((rng.random((rows, columns)) < np.where(kind, 0.7, 0.1)).astype(np.float32))


Array = NDArray[np.float64]


def learned(rank: int, seed: int = 0) -> SetFeatures:
    rated = sets()
    return SetFeatures.of(rated.to_sparse_csr(), rated.mT.to_sparse_csr(), rank, seed)


def described(found: SetFeatures, held: Array) -> Array:
    return found.features(held @ found.basis, held.sum(1))


@pytest.fixture(scope="module")
def found() -> SetFeatures:
    return learned(rank=12)


def test_every_feature_of_films_has_mean_zero_over_the_catalogue() -> None:
    features = film_features(FILMS)
    assert np.isfinite(features).all()
    np.testing.assert_allclose(features.mean(0), 0, atol=1e-6)


def test_genres_are_marked_and_years_are_whole_with_nothing_where_nothing_is_known() -> None:
    assert genre_names(FILMS) == ("Comedy", "Drama")
    assert film_genres(FILMS, ("Comedy", "Drama")).tolist() == [[1, 1], [1, 0], [0, 0], [0, 0]]
    assert film_years(FILMS).tolist() == [1999, 1925, 0, 2001]
    assert film_genres(FILMS, ("Drama", "War")).tolist() == [[1, 0], [0, 0], [0, 0], [0, 0]]
    assert film_genres(FILMS[2:], ()).shape == (2, 0)


def test_a_film_without_a_year_has_that_of_the_average_film() -> None:
    years = film_features(FILMS)[:, -len(YEAR_CENTRES) :]
    assert not years[2].any()
    assert years[[0, 1, 3]].any(axis=1).all()


def test_films_without_genres_are_described_alike_whatever_they_are_listed_as() -> None:
    same_year = FILMS.assign(year=pd.array([1999] * 4, dtype="Int64"))
    listed, missing = film_features(same_year)[2:]
    assert listed.tolist() == missing.tolist()


def test_films_of_near_years_are_more_alike_than_films_far_apart() -> None:
    features = film_features(FILMS.assign(genres=""))
    near, far = features[0] - features[3], features[0] - features[1]
    assert np.linalg.norm(near) < np.linalg.norm(far) / 2


def test_an_empty_set_says_nothing(found: SetFeatures) -> None:
    assert not described(found, np.zeros((1, 12))).any()


def test_a_larger_set_of_the_same_kind_says_more(found: SetFeatures) -> None:
    held = np.zeros((2, 12))
    held[0, :1] = held[1, :6] = 1
    small, large = np.linalg.norm(described(found, held)[:, :-2], axis=1)
    assert large > small


def test_sets_of_one_kind_are_described_alike() -> None:
    found = learned(rank=3)
    held = np.zeros((3, 12))
    held[0, :3] = held[1, 3:6] = held[2, 6:9] = 1
    first, same, other = described(found, held)[:, :-2]
    assert np.linalg.norm(first - same) < np.linalg.norm(first - other)


def test_the_features_fall_apart_into_what_each_film_says_and_what_the_size_says(found: SetFeatures) -> None:
    held = sets(rows=5, seed=1).double().numpy()
    sizes = held.sum(1)
    each = found.shares(found.basis, np.ones(12))  # one column, in a set of one
    ones = np.ones((1, 12))
    scale = found.shares(ones, sizes[:1])[0, 0] / found.shares(ones, np.ones(1))[0, 0]
    parts = scale * (held[:1] @ each) + found.empty(sizes[:1])
    np.testing.assert_allclose(described(found, held)[:1], parts, atol=1e-5)


def test_there_are_no_more_directions_than_columns() -> None:
    assert learned(rank=50).basis.shape == (12, 12)
    assert learned(rank=3).count == 5


def test_the_same_seed_gives_the_same_description_and_leaves_torchs_own_as_it_was() -> None:
    state = torch.get_rng_state()
    first, second = (learned(rank=3, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.basis, second.basis)
    assert torch.equal(torch.get_rng_state(), state)
