"""From several tastes to one slate: everybody counts, and the films are chosen together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import STYLES, Recommender, Taste, judged, remembered, slate
from tests.recommender.people import CLUB_IDS, EVEN, UNKNOWN, films, histories, pleased


def test_a_group_of_one_gets_what_they_love(even: Taste) -> None:
    assert set(films(slate([even], 5))) <= set(EVEN)


def test_the_order_of_the_members_does_not_matter(crowd: list[Taste]) -> None:
    picks, turned = slate(crowd, 5), slate(crowd[::-1], 5)
    assert films(picks) == films(turned)
    for pick, other in zip(picks, turned, strict=True):
        assert pick.percentiles == pytest.approx(other.percentiles[::-1], abs=1e-5)
        assert pick.stars == other.stars[::-1]


def test_the_same_group_gets_the_same_slate(crowd: list[Taste]) -> None:
    assert slate(crowd, 5) == slate(crowd, 5)


def test_a_slate_leaves_the_tastes_as_they_were(trained: Recommender) -> None:
    histories = [{}, {1: 4.5, 296: 2.0}, {318: 5.0}]
    used, fresh = ([trained.taste(history) for history in histories] for _ in range(2))
    before = [(taste.recommend(10), taste.stars_of_all().copy()) for taste in used]
    for style in STYLES:
        assert slate(used, 5, style=style) == slate(fresh, 5, style=style)
    for taste, (picks, stars) in zip(used, before, strict=True):
        assert taste.recommend(10) == picks
        np.testing.assert_array_equal(taste.stars_of_all(), stars)


def test_a_vetoed_film_is_not_in_the_slate(crowd: list[Taste]) -> None:
    first = films(slate(crowd, 5))
    rest = films(slate(crowd, 5, exclude=first))
    assert len(rest) == 5
    assert not set(first) & set(rest)


def test_a_slate_can_be_held_to_some_films(crowd: list[Taste]) -> None:
    some = films(slate(crowd, 30))[20:]
    assert set(films(slate(crowd, 5, among=some))) <= set(some)
    assert sorted(films(slate(crowd, 50, among=[*some, UNKNOWN]))) == sorted(some)


def test_a_slate_for_no_film_is_empty(even: Taste) -> None:
    assert slate([even], 0) == []
    assert slate([even], 5, among=[]) == []


@pytest.mark.parametrize("style", STYLES)
def test_a_slate_longer_than_the_catalogue_holds_every_film_once(even: Taste, odd: Taste, style: str) -> None:
    assert sorted(films(slate([even, odd], 100, style=style))) == CLUB_IDS


def test_every_member_of_a_divided_club_finds_something_near_the_top(even: Taste, odd: Taste) -> None:
    picks = slate([even, odd], 4)
    for member in range(2):
        assert max(pick.percentiles[member] for pick in picks[:2]) > 0.7
    assert abs(pleased(picks, 0) - pleased(picks, 1)) < 0.2


def test_suggestions_are_judged_as_the_slate_is(crowd: list[Taste]) -> None:
    picks = slate(crowd, 5, weights=(1, 2, 3, 4, 5, 6))
    again = judged(crowd, films(picks), weights=(1, 2, 3, 4, 5, 6))
    assert films(again) == films(picks)
    for pick, other in zip(picks, again, strict=True):
        assert pick.score == pytest.approx(other.score, abs=1e-6)
        assert pick.percentiles == pytest.approx(other.percentiles, abs=1e-6)


def test_an_unknown_film_is_judged_neutrally(even: Taste, odd: Taste) -> None:
    unknown, known = judged([even, odd], [UNKNOWN, EVEN[0]])
    assert unknown.movie == UNKNOWN
    assert unknown.score == pytest.approx(0.5)
    assert unknown.percentiles == (0.5, 0.5)
    assert known.percentiles[0] > 0.5 > known.percentiles[1]
    assert judged([even], []) == []


def test_whoever_loves_a_film_is_likely_to_enjoy_it(even: Taste, odd: Taste) -> None:
    (pick,) = judged([even, odd], [EVEN[12]])
    assert pick.enjoy[0] > 0.6
    assert pick.enjoy[1] < 0.2


@settings(max_examples=40)
@given(
    group=st.lists(histories, min_size=1, max_size=6),
    n=st.integers(0, 45),
    style=st.sampled_from(STYLES),
    exclude=st.lists(st.sampled_from([*CLUB_IDS, UNKNOWN]), max_size=10),
    data=st.data(),
)
def test_any_group_gets_distinct_films_and_figures_in_range(
    small: Recommender,
    group: list[dict[int, float]],
    n: int,
    style: str,
    exclude: list[int],
    data: st.DataObject,
) -> None:
    weights = data.draw(st.lists(st.floats(0.01, 10), min_size=len(group), max_size=len(group)))
    tastes = [small.taste(history) for history in group]
    picks = slate(tastes, n, exclude=exclude, style=style, weights=weights)
    left = set(CLUB_IDS) - set(exclude)
    assert len(picks) == len({pick.movie for pick in picks}) == min(n, len(left))
    assert {pick.movie for pick in picks} <= left
    for pick in picks:
        assert len(pick.percentiles) == len(pick.stars) == len(pick.enjoy) == len(group)
        assert all(0 <= figure <= 1 for figure in (pick.score, *pick.percentiles, *pick.enjoy))
        assert all(0.5 <= stars <= 5 for stars in pick.stars)


ANN, BEN, CAT = 1, 2, 3


def test_without_past_evenings_all_count_alike() -> None:
    assert remembered([], [ANN, BEN]) == (1.0, 1.0)
    assert remembered([{ANN: 0.3}], []) == ()


def test_whoever_got_least_weighs_more() -> None:
    weights = remembered([{ANN: 0.9, BEN: 0.2, CAT: 0.6}], [ANN, BEN, CAT])
    assert weights[1] > weights[2] > weights[0]
    assert np.mean(weights) == pytest.approx(1.0)


def test_what_lies_further_back_counts_for_less() -> None:
    bad, good = {ANN: 0.3, BEN: 0.7}, {ANN: 0.6, BEN: 0.6}
    lately = remembered([good, good, bad], [ANN, BEN])
    once = remembered([bad, good, good], [ANN, BEN])
    assert lately[0] > once[0] > 1


def test_an_evening_missed_is_no_evening_suffered() -> None:
    weights = remembered([{ANN: 0.5, BEN: 0.5}] * 3, [ANN, BEN, CAT])
    assert weights == pytest.approx((1.0, 1.0, 1.0))


def test_guests_of_past_evenings_who_are_not_here_count_for_nothing() -> None:
    assert remembered([{ANN: 0.5, BEN: 0.5, CAT: 0.0}], [ANN, BEN]) == (1.0, 1.0)


@given(
    evenings=st.lists(st.dictionaries(st.integers(1, 5), st.floats(0, 1), max_size=5), max_size=15),
    members=st.lists(st.integers(1, 6), unique=True, min_size=1),
)
def test_weights_stay_between_a_half_and_two_and_average_one(
    evenings: list[dict[int, float]], members: list[int]
) -> None:
    weights = remembered(evenings, members)
    assert len(weights) == len(members)
    assert np.mean(weights) == pytest.approx(1.0)
    assert all(0.499 < weight < 2.001 for weight in weights)


def test_memory_turns_the_next_slate_to_whoever_came_off_worst(even: Taste, odd: Taste) -> None:
    evenings = [{0: 0.95, 1: 0.05}] * 2
    for_odd, for_even = remembered(evenings, [0, 1]), remembered(evenings, [1, 0])
    assert pleased(slate([even, odd], 5, weights=for_odd), 1) > pleased(slate([even, odd], 5, weights=for_even), 1)


def test_what_is_known_decides_over_the_chance_of_having_seen_a_film(crowd: list[Taste], trained: Recommender) -> None:
    movie = films(slate(crowd, 1))[0]
    told: list[dict[int, bool]] = [{movie: True}, {movie: False}, *[{}] * 4]
    (pick,) = judged(crowd, [movie], seen=told)
    assert pick.seen[:2] == (1, 0)
    assert all(
        chance == pytest.approx(taste.seen([movie])[0]) for chance, taste in zip(pick.seen[2:], crowd[2:], strict=True)
    )


def test_what_is_known_must_be_told_for_each_member(crowd: list[Taste]) -> None:
    with pytest.raises(ValueError, match="for 6 members, not 1"):
        slate(crowd, 5, seen=[{}])
    with pytest.raises(ValueError, match="for 6 members, not 1"):
        judged(crowd, [1], seen=[{}])


def test_only_one_film_of_a_series_is_in_a_slate(crowd: list[Taste], trained: Recommender) -> None:
    """Every second film is of one series."""
    ids = trained.catalogue.ids
    picks = films(slate(crowd, 10, series=lambda row: np.arange(len(ids)) % 2 == row % 2))
    assert len(picks) == 2
    assert {int(np.searchsorted(ids, movie)) % 2 for movie in picks} == {0, 1}
