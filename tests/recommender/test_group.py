"""From several tastes to one slate: everybody counts, nobody is forgotten, and the films are chosen together."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import STYLES, GroupPick, Recommender, Taste, judged, remembered, slate
from tests.recommender.test_taste import CLUB_IDS, HALF_STARS, UNKNOWN, history_of

EVEN, ODD = CLUB_IDS[0:40:2], CLUB_IDS[1:40:2]
histories = st.dictionaries(st.sampled_from([*CLUB_IDS, UNKNOWN]), st.sampled_from(HALF_STARS), max_size=25)


def lover(model: Recommender, loved: Sequence[int], hated: Sequence[int] = (), rated: int = 8) -> Taste:
    return model.taste({**dict.fromkeys(loved[:rated], 5.0), **dict.fromkeys(hated[:rated], 1.0)})


@pytest.fixture(scope="module")
def even(small: Recommender) -> Taste:
    """Loves even films and can't stand odd ones."""
    return lover(small, EVEN, ODD)


@pytest.fixture(scope="module")
def odd(small: Recommender) -> Taste:
    return lover(small, ODD, EVEN)


@pytest.fixture(scope="module")
def crowd(trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame]) -> list[Taste]:
    """Six members of the shipped data."""
    return [trained.taste(history_of(split[0], user)) for user in (1, 6, 19, 42, 68, 91)]


def films(picks: list[GroupPick]) -> list[int]:
    return [pick.movie for pick in picks]


def pleased(picks: list[GroupPick], member: int) -> float:
    """What a slate is to a member, in percentiles."""
    return float(np.mean([pick.percentiles[member] for pick in picks]))


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


def test_a_harsh_and_a_generous_member_count_alike(small: Recommender) -> None:
    """Each rates half a star off for the other: only the level differs."""
    generous = {**dict.fromkeys(EVEN[:8], 5.0), **dict.fromkeys(ODD[:8], 3.0)}
    harsh = {**dict.fromkeys(EVEN[:8], 3.0), **dict.fromkeys(ODD[:8], 1.0)}
    for pick in judged([small.taste(generous), small.taste(harsh)], CLUB_IDS):
        assert pick.percentiles[0] == pytest.approx(pick.percentiles[1], abs=0.06)
        assert pick.stars[0] > pick.stars[1]


def test_a_harsh_member_does_not_outvote_a_generous_one(small: Recommender) -> None:
    generous = small.taste({**dict.fromkeys(EVEN[:8], 5.0), **dict.fromkeys(ODD[:8], 3.0)})
    harsh = small.taste({**dict.fromkeys(ODD[:8], 3.0), **dict.fromkeys(EVEN[:8], 1.0)})
    picks = slate([generous, harsh], 6, among=[*EVEN, *ODD])
    assert abs(pleased(picks, 0) - pleased(picks, 1)) < 0.2


def test_someone_without_ratings_does_not_decide_against_those_with(small: Recommender, even: Taste) -> None:
    newcomer = small.taste({})
    picks = slate([even, newcomer, newcomer], 5, among=[*EVEN, *ODD])
    assert set(films(picks)) <= set(EVEN)
    assert all(abs(pick.percentiles[1] - 0.5) < abs(pick.percentiles[0] - 0.5) for pick in picks)


def test_a_group_of_newcomers_gets_what_is_liked_by_all(trained: Recommender) -> None:
    picks = slate([trained.taste({})] * 3, 5)
    assert all(pick.percentiles[0] > 0.6 for pick in picks)


@pytest.mark.parametrize("style", ["balanced", "fair"])
def test_a_film_that_somebody_would_hate_is_pushed_down(trained: Recommender, crowd: list[Taste], style: str) -> None:
    """Of two films that please the members as much on average, the one that its least pleased member likes better mostly
    comes first. (Of films that many know: others stand lower for that alone.)"""
    picks = judged(crowd, [movie for movie in trained.catalogue.ids if trained.count(movie) >= 20], style=style)
    score, percentiles = np.array([pick.score for pick in picks]), np.array([pick.percentiles for pick in picks])
    average, least = percentiles.mean(1), percentiles.min(1)
    one, other = np.triu_indices(len(picks), 1)
    pairs = (abs(average[one] - average[other]) < 0.02) & (abs(least[one] - least[other]) > 0.15)
    assert pairs.sum() > 1000
    agrees = (score[one] > score[other]) == (least[one] > least[other])
    assert agrees[pairs].mean() > 2 / 3


def test_every_member_of_a_divided_club_finds_something_near_the_top(even: Taste, odd: Taste) -> None:
    picks = slate([even, odd], 4)
    for member in range(2):
        assert max(pick.percentiles[member] for pick in picks[:2]) > 0.7
    assert abs(pleased(picks, 0) - pleased(picks, 1)) < 0.2


def test_weights_move_the_slate_towards_whoever_has_more(even: Taste, odd: Taste) -> None:
    even_more, odd_more = slate([even, odd], 5, weights=(3, 1)), slate([even, odd], 5, weights=(1, 3))
    assert pleased(even_more, 0) > pleased(odd_more, 0)
    assert pleased(even_more, 1) < pleased(odd_more, 1)


def test_only_the_proportion_of_the_weights_matters(crowd: list[Taste]) -> None:
    assert films(slate(crowd, 5, weights=[2.0] * 6)) == films(slate(crowd, 5))


def test_a_member_without_weight_counts_for_nothing(even: Taste, odd: Taste) -> None:
    assert films(slate([even, odd], 5, weights=(1, 0))) == films(slate([even], 5))


def test_a_film_that_hardly_anybody_rated_is_in_no_slate(trained: Recommender, crowd: list[Taste]) -> None:
    for style in STYLES[:3]:
        for three in combinations(crowd, 3):
            assert min(trained.count(movie) for movie in films(slate(three, 5, style=style))) >= 10


def test_each_style_changes_the_slate(crowd: list[Taste]) -> None:
    slates = [tuple(films(slate(crowd, 10, style=style))) for style in STYLES]
    assert len(set(slates)) == len(STYLES)


def test_styles_do_what_they_are_called(trained: Recommender, crowd: list[Taste]) -> None:
    def ratings(style: str) -> float:
        return float(np.median([trained.count(movie) for movie in films(slate(crowd, 10, style=style))]))

    def least(style: str) -> float:
        picks = slate(crowd, 10, style=style)
        return min(pleased(picks, member) for member in range(6))

    assert ratings("crowd-pleaser") > ratings("balanced") > ratings("adventurous")
    assert least("fair") >= least("balanced")


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


def test_wrong_input_is_named(small: Recommender, trained: Recommender, even: Taste) -> None:
    with pytest.raises(ValueError, match="unknown style 'loud'"):
        slate([even], style="loud")
    with pytest.raises(ValueError, match="weights"):
        slate([even], weights=(1, 2))
    with pytest.raises(ValueError, match="weights"):
        slate([even, even], weights=(-1, 2))
    with pytest.raises(ValueError, match="weights"):
        slate([even], weights=(0,))
    with pytest.raises(ValueError, match="a member"):
        slate([])
    with pytest.raises(ValueError, match="different models"):
        slate([even, trained.taste({})])


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


def test_a_film_that_everybody_has_seen_makes_room(crowd: list[Taste]) -> None:
    first = films(slate(crowd, 5))
    told = slate(crowd, 5, seen=[{first[0]: True}] * len(crowd))
    assert first[0] not in films(told)


def test_what_was_seen_does_not_matter_to_a_crowd_pleaser(crowd: list[Taste]) -> None:
    first = slate(crowd, 5, style="crowd-pleaser")
    told = slate(crowd, 5, style="crowd-pleaser", seen=[dict.fromkeys(films(first), True)] * len(crowd))
    assert films(told) == films(first)


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
