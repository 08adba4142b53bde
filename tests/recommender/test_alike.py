"""How alike two tastes are."""

import pytest

from recommender import Recommender, Taste
from recommender.alike import likeness
from tests.recommender.people import EVEN, ODD, lover


def test_who_loves_the_same_films_is_more_alike_than_strangers_and_who_hates_them_less(
    small: Recommender, even: Taste, odd: Taste
) -> None:
    strangers = likeness(small.taste({}), small.taste({})).share
    assert likeness(even, lover(small, EVEN[4:], ODD[4:])).share > strangers + 0.1
    assert likeness(even, odd).share < strangers - 0.1


def test_it_is_the_surer_the_more_they_rated(small: Recommender) -> None:
    strangers = likeness(small.taste({}), small.taste({}))
    known = likeness(lover(small, EVEN, ODD, 8), lover(small, EVEN[8:], ODD[8:], 8))
    assert known.high - known.low < (strangers.high - strangers.low) / 2


def test_it_lies_in_its_interval_and_is_the_same_each_time(even: Taste, odd: Taste) -> None:
    found = likeness(even, odd)
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert likeness(even, odd) == found


def test_tastes_of_two_models_are_not_compared(small: Recommender, trained: Recommender) -> None:
    with pytest.raises(ValueError, match="two models"):
        likeness(small.taste({}), trained.taste({}))
