"""Ratings as the fit reads them, and all that is refused."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recommender.interactions import Interactions, rows_from, transposed, with_values

SCALE = (0.5, 5.0)
CPU = torch.device("cpu")
GOOD = pd.DataFrame({"user": [7, 7, 3], "movie": [20, 10, 20], "rating": [4.0, 2.5, 5.0]})


def read(ratings: pd.DataFrame) -> Interactions:
    return Interactions.from_frame(ratings, SCALE)


def rows(data: Interactions) -> list[tuple[int, int, float]]:
    """(user id, film id, stars) in the order of the data."""
    users, films = data.user_ids[data.users], data.item_ids[data.items]
    return list(zip(users.tolist(), films.tolist(), data.stars.tolist(), strict=True))


def test_rows_are_sorted_by_user_then_film() -> None:
    assert rows(read(GOOD)) == [(3, 20, 5.0), (7, 10, 2.5), (7, 20, 4.0)]


def test_of_two_ratings_of_one_film_the_later_counts_wherever_it_stands() -> None:
    frame = pd.DataFrame({"user": 1, "movie": 2, "rating": [5.0, 1.0], "timestamp": [200, 100]})
    assert rows(read(frame)) == rows(read(frame[::-1])) == [(1, 2, 5.0)]


WRITTEN: dict[str, Callable[[Sequence[int]], object]] = {
    "text": lambda times: [str(time) for time in times],
    "text with a point": lambda times: [f"{time}.0" for time in times],
    "some of it text": lambda times: [str(time) if time % 2 else time for time in times],
    "dates and times": lambda times: pd.to_datetime(times, unit="s"),
}


@given(st.lists(st.tuples(st.integers(0, 2**32), st.integers(1, 10)), min_size=1, max_size=8))
@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_times_are_in_the_order_of_time_however_they_are_written(
    written: Callable[[Sequence[int]], object], given: list[tuple[int, int]]
) -> None:
    times, halves = zip(*given, strict=True)
    frame = pd.DataFrame({"user": 1, "movie": 2, "rating": np.array(halves) / 2})
    assert rows(read(frame.assign(timestamp=written(times)))) == rows(read(frame.assign(timestamp=times)))


@pytest.mark.parametrize("timestamps", [{}, {"timestamp": 100}], ids=["no timestamps", "the same timestamp"])
def test_of_two_ratings_of_one_moment_the_last_row_counts(timestamps: dict[str, int]) -> None:
    frame = pd.DataFrame({"user": 1, "movie": 2, "rating": [5.0, 1.0, 3.0], **timestamps})
    assert rows(read(frame)) == [(1, 2, 3.0)]


def test_a_rating_counts_whole_unless_a_weight_is_given() -> None:
    assert read(GOOD).weights.tolist() == [1.0, 1.0, 1.0]


def test_weights_go_with_their_ratings() -> None:
    data = read(GOOD.assign(weight=[0.25, 0.5, 1.0]))
    assert rows(data) == rows(read(GOOD))
    assert data.weights.tolist() == [1.0, 0.5, 0.25]


def test_of_two_ratings_of_one_film_the_weight_is_that_of_the_later() -> None:
    frame = pd.DataFrame({"user": 1, "movie": 2, "rating": [5.0, 1.0], "weight": [0.25, 1.0], "timestamp": [200, 100]})
    assert read(frame).weights.tolist() == [0.25]


def test_the_frame_that_was_given_stays_as_it_was() -> None:
    frame = GOOD.copy()
    read(frame)
    pd.testing.assert_frame_equal(frame, GOOD)


@given(
    st.lists(
        st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(1, 10)),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[:2],
    )
)
def test_ids_of_any_size_come_back_whole(pairs: list[tuple[int, int, int]]) -> None:
    users, movies, halves = zip(*pairs, strict=True)
    frame = pd.DataFrame({"user": users, "movie": movies, "rating": np.array(halves) / 2})
    assert rows(read(frame)) == sorted((user, movie, half / 2) for user, movie, half in pairs)


def test_matrices_by_user_and_by_film_are_each_others_transpose() -> None:
    data = read(GOOD)
    by_user, halves_by_user = data.matrices(CPU, data.stars, data.stars / 2)
    by_film, halves_by_film = transposed(by_user, halves_by_user)
    assert by_user.to_dense().tolist() == [[0.0, 5.0], [2.5, 4.0]]
    assert by_film.to_dense().tolist() == by_user.to_dense().mT.tolist()
    assert (
        halves_by_film.to_dense().tolist() == halves_by_user.to_dense().mT.tolist() == (by_film.to_dense() / 2).tolist()
    )


def test_the_matrices_of_one_side_hold_their_places_once() -> None:
    data = read(GOOD)
    by_user = data.matrices(CPU, data.stars, data.weights)
    for side in (by_user, transposed(*by_user)):
        assert len({matrix.col_indices().data_ptr() for matrix in side}) == 1


def test_the_last_rows_of_a_matrix_and_other_values_in_its_places() -> None:
    (by_user,) = read(GOOD).matrices(CPU, np.array([1, 2, 3], dtype=np.float32))
    assert rows_from(by_user, 1).to_dense().tolist() == [[2.0, 3.0]]
    assert with_values(by_user, by_user.values() ** 2).to_dense().tolist() == [[0.0, 1.0], [4.0, 9.0]]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 10)), min_size=1, max_size=8))
def test_rows_that_are_in_order_already_are_read_like_any_others(pairs: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(pairs, columns=["user", "movie", "rating"]).assign(rating=lambda rows: rows["rating"] / 2)
    in_order = frame.sort_values(["user", "movie"], kind="stable")
    assert (
        rows(read(frame))
        == rows(read(in_order))
        == rows(read(in_order.drop_duplicates(["user", "movie"], keep="last")))
    )


@pytest.mark.parametrize(
    ("ratings", "trouble"),
    [
        (GOOD[:0], "empty"),
        (GOOD.drop(columns="movie"), "missing: movie"),
        (GOOD.drop(columns=["user", "rating"]), "missing: user, rating"),
        (GOOD.assign(rating=[4.0, np.nan, 5.0]), "finite numbers; found nan"),
        (GOOD.assign(rating=[4.0, np.inf, 5.0]), "finite numbers; found inf"),
        (GOOD.assign(rating=pd.array([4.0, None, 5.0], dtype="Float64")), "finite numbers; found nan"),
        (GOOD.assign(rating=[4.0, 0.0, 5.0]), "rating 0 is off the scale 0.5 to 5"),
        (GOOD.assign(rating=[4.0, 5.5, 5.0]), r"rating 5\.5 is off the scale 0\.5 to 5"),
        (GOOD.assign(rating=["four", "two", "five"]), "column rating must hold numbers: .*four"),
        (GOOD.assign(wieght=0.5), "nothing is known: wieght; known are user, movie, rating, timestamp, weight"),
        (GOOD.assign(timestamp=[1.0, np.nan, 2.0]), "column timestamp must hold finite numbers; found nan"),
        (GOOD.assign(timestamp="monday"), "column timestamp must hold numbers"),
        (GOOD.assign(timestamp="2020-01-31"), "column timestamp must hold numbers: .*2020-01-31"),
        (GOOD.assign(timestamp=["9", "", "10"]), "column timestamp must hold finite numbers; found nan"),
        (
            GOOD.assign(timestamp=pd.to_datetime([None, "2020", "2021"])),
            "timestamp must hold finite numbers; found nan",
        ),
        (GOOD.assign(movie=np.array([2**63, 1, 2], dtype=np.uint64)), "column movie holds 9223372036854775808"),
        (GOOD.assign(user=[7.5, 7.0, 3.0]), "column user must hold whole numbers, not float64"),
        (GOOD.assign(movie=["a", "b", "c"]), "column movie must hold whole numbers"),
        (GOOD.assign(movie=pd.array([20, None, 10], dtype="Int64")), "column movie must hold whole numbers"),
        (GOOD.assign(weight=[1.0, 0.0, 1.0]), "column weight must be 1e-06 to 1; found 0"),
        (GOOD.assign(weight=[1.0, 1.0, 1.5]), r"column weight must be 1e-06 to 1; found 1\.5"),
        (GOOD.assign(weight=1e-50), "column weight must be 1e-06 to 1; found 1e-50"),
        (GOOD.assign(weight=[1.0, np.nan, 1.0]), "column weight must hold finite numbers; found nan"),
    ],
)
def test_what_is_no_rating_is_refused_by_name(ratings: pd.DataFrame, trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        read(ratings)
