"""What somebody is asked about."""

from hypothesis import given
from hypothesis import strategies as st

from recommender import Recommender
from tests.recommender.people import CLUB_IDS, UNKNOWN, histories


@given(histories, st.sets(st.sampled_from([*CLUB_IDS, UNKNOWN])), st.integers(0, 50))
def test_nobody_is_asked_twice(small: Recommender, history: dict[int, float], asked: set[int], n: int) -> None:
    questions = small.taste(history).questions(n, asked)
    assert len(questions) == len(set(questions)) <= n
    assert not set(questions) & (history.keys() | asked)


@given(histories, st.sets(st.sampled_from([*CLUB_IDS, UNKNOWN])))
def test_only_the_wanted_films_are_asked_about(small: Recommender, history: dict[int, float], among: set[int]) -> None:
    assert set(small.taste(history).questions(50, among=among)) <= among


def test_nothing_is_asked_about_films_that_nobody_rated(small: Recommender) -> None:
    rated = small.model.item_ids.numpy()[small.model.rated].tolist()
    assert sorted(small.taste({}).questions(50)) == rated
