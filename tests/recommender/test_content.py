"""Which kinds of film somebody likes."""

from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.content import DECADE_WIDTH, DECADES, DISLIKES, LEAST_SHARE, USUAL, Content, likings

COMEDY, HORROR, WESTERN, RARE = range(4)
GENRES = np.array(
    [[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=np.uint8
)
YEARS = np.array([1990, 1994, 1955, 2001, 1955, 0, 2012], dtype=np.int16)
COUNTS = np.array([40, 20, 10, 20, 10, 0, 0], dtype=np.float32)
ALL = slice(None)

Array = np.ndarray[Any, np.dtype[np.float64]]


@pytest.fixture(scope="module")
def content() -> Content:
    """Seven films and a hundred ratings: 80 of a comedy, 30 of a horror film, 10 of a Western."""
    return Content(GENRES, YEARS, COUNTS)


def lifts(content: Content, history: dict[int, float]) -> tuple[Array, Array]:
    """Of the genres and of the decades, for a history by rows."""
    stars = np.array(list(history.values()), dtype=np.float64)
    genres, decades = content.lifts(np.array(list(history), dtype=np.int64), likings(stars)[None])
    return genres[0], decades[0]


def test_a_like_counts_one_from_four_stars_up_a_dislike_from_two_down_and_three_tell_nothing() -> None:
    stars = np.array([5.0, 4.0, 3.5, 3.0, 2.5, 2.0, 0.5])
    assert likings(stars).tolist() == [1, 1, 0.5, 0, -0.5, -1, -1]


def test_a_lift_is_how_much_oftener_than_others_somebody_likes_the_genre(content: Content) -> None:
    """Two comedies liked, one of them a horror film too; a Western disliked, and half a like for another comedy."""
    found, _ = lifts(content, {0: 5.0, 3: 4.0, 4: 1.0, 1: 3.5})
    liked, disliked = 2.5 + USUAL, 1 + USUAL
    assert found[COMEDY] == pytest.approx(
        log((2.5 + USUAL * 0.8) / (liked * 0.8)) - DISLIKES * log(USUAL * 0.8 / (disliked * 0.8))
    )
    assert found[HORROR] == pytest.approx(
        log((1 + USUAL * 0.3) / (liked * 0.3)) - DISLIKES * log(USUAL * 0.3 / (disliked * 0.3))
    )
    assert found[WESTERN] == pytest.approx(
        log(USUAL * 0.1 / (liked * 0.1)) - DISLIKES * log((1 + USUAL * 0.1) / (disliked * 0.1))
    )


def test_a_genre_that_nobody_watches_counts_as_one_that_hardly_anybody_does(content: Content) -> None:
    found, _ = lifts(content, {5: 5.0})
    assert found[RARE] == pytest.approx(log((1 + USUAL * LEAST_SHARE) / ((1 + USUAL) * LEAST_SHARE)))


def test_a_marked_taste_lifts_its_genre_and_lowers_the_others(content: Content) -> None:
    genres, decades = lifts(content, {2: 5.0, 4: 3.0})
    assert genres[HORROR] > 0 > genres[COMEDY]
    assert decades[DECADES.tolist().index(1950)] > 0 > decades[DECADES.tolist().index(1990)]
    scores = content.genre_scores(genres[None]).of(ALL)[0]
    assert scores.argmax() == 2
    assert scores[0] < 0


def test_dislikes_count_half_as_much_the_other_way(content: Content) -> None:
    liked, disliked = lifts(content, {2: 5.0})[0], lifts(content, {2: 0.5})[0]
    np.testing.assert_allclose(disliked, -DISLIKES * liked)


@pytest.mark.parametrize("history", [{}, {0: 3.0, 2: 3.0}], ids=["no ratings", "middling ones"])
def test_who_says_nothing_of_kinds_has_no_lifts(content: Content, history: dict[int, float]) -> None:
    genres, decades = lifts(content, history)
    np.testing.assert_allclose(genres, 0, atol=1e-12)
    np.testing.assert_allclose(decades, 0, atol=1e-12)
    assert not content.genre_scores(genres[None]).of(ALL).any()


def test_unknown_years_and_genres_say_nothing_and_gain_nothing(content: Content) -> None:
    """Film 5 has no year, and film 6 no genre."""
    genres, decades = lifts(content, {0: 5.0, 5: 5.0})
    assert content.decade_scores(decades[None]).of(ALL)[0, 5] == 0
    assert content.genre_scores(genres[None]).of(ALL)[0, 6] == 0
    two_liked = lifts(content, {0: 5.0, 6: 5.0})[0]
    assert two_liked[COMEDY] == pytest.approx(log((1 + USUAL * 0.8) / ((2 + USUAL) * 0.8)))


def test_a_decade_is_near_or_far(content: Content) -> None:
    """1994 is four years from 1990 and six from 2000."""
    only = np.zeros((1, len(DECADES)))
    only[0, DECADES.tolist().index(1990)] = 1.0
    nearness = np.exp(-0.5 * ((1994 - DECADES) / DECADE_WIDTH) ** 2)
    found = content.decade_scores(only).of(ALL)[0]
    assert found[1] == pytest.approx(np.exp(-0.5 * (4 / DECADE_WIDTH) ** 2) / nearness.sum(), rel=1e-6)
    assert found[0] > found[1] > found[3] > found[2]


@given(
    st.dictionaries(st.integers(0, 6), st.sampled_from([half / 2 for half in range(1, 11)])),
    st.lists(st.integers(0, 6), max_size=9),
)
def test_the_scores_of_any_films_are_those_of_the_formula(history: dict[int, float], wanted: list[int]) -> None:
    content = Content(GENRES, YEARS, COUNTS)
    genres, decades = lifts(content, history)
    rows = np.array(wanted, dtype=np.int64)
    squares = GENRES[rows] @ (np.sign(genres) * genres**2)
    np.testing.assert_allclose(content.genre_scores(genres[None]).of(rows)[0], squares, atol=1e-5)
    near = np.exp(-0.5 * ((YEARS[rows, None].astype(float) - DECADES) / DECADE_WIDTH) ** 2)
    shares = np.where(YEARS[rows, None] > 0, near / np.maximum(near.sum(1, keepdims=True), 1e-300), 0)
    np.testing.assert_allclose(content.decade_scores(decades[None]).of(rows)[0], shares @ decades, atol=1e-5)


def test_several_people_are_asked_for_at_once(content: Content) -> None:
    rows, stars = np.array([0, 2, 4]), np.array([[5.0, 1.0, 3.0], [1.0, 5.0, 4.0]])
    genres, decades = content.lifts(rows, likings(stars))
    for person, own in enumerate(stars):
        alone = lifts(content, dict(zip(rows.tolist(), own.tolist(), strict=True)))
        np.testing.assert_allclose(genres[person], alone[0])
        np.testing.assert_allclose(decades[person], alone[1])
        np.testing.assert_allclose(
            content.genre_scores(genres).of(rows)[person], content.genre_scores(alone[0][None]).of(rows)[0]
        )


@pytest.mark.parametrize("genres", [0, 2])
def test_films_of_which_nothing_is_known_are_all_the_same(genres: int) -> None:
    nothing = Content(np.zeros((3, genres), np.uint8), np.zeros(3, np.int16), np.zeros(3, np.float32))
    lifted, decades = lifts(nothing, {0: 5.0, 1: 1.0})
    assert not nothing.genre_scores(lifted[None]).of(ALL).any()
    assert not nothing.decade_scores(decades[None]).of(ALL).any()
