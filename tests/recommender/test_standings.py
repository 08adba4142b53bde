"""How the members of a group count: alike however they rate, by what they love and have not seen, and nobody is forgotten."""

from itertools import combinations

import numpy as np
import pytest

from recommender import STYLES, Recommender, Taste, judged, slate
from tests.recommender.people import CLUB_IDS, EVEN, ODD, films, pleased


def test_a_harsh_and_a_generous_member_count_alike(small: Recommender) -> None:
    """Each rates half a star off for the other: only the level differs."""
    generous = {**dict.fromkeys(EVEN[:8], 5.0), **dict.fromkeys(ODD[:8], 3.0)}
    harsh = {**dict.fromkeys(EVEN[:8], 3.0), **dict.fromkeys(ODD[:8], 1.0)}
    picks = judged([small.taste(generous), small.taste(harsh)], CLUB_IDS)
    assert picks
    for pick in picks:
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
    assert len(picks) == 5
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


def test_a_film_that_everybody_has_seen_makes_room(crowd: list[Taste]) -> None:
    first = films(slate(crowd, 5))
    told = slate(crowd, 5, seen=[{first[0]: True}] * len(crowd))
    assert first[0] not in films(told)


def test_what_was_seen_does_not_matter_to_a_crowd_pleaser(crowd: list[Taste]) -> None:
    first = slate(crowd, 5, style="crowd-pleaser")
    told = slate(crowd, 5, style="crowd-pleaser", seen=[dict.fromkeys(films(first), True)] * len(crowd))
    assert films(told) == films(first)
