"""What somebody is asked about."""

import numpy as np
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


STAR_WARS, EMPIRE = 260, 1196


def test_who_has_not_seen_a_film_is_asked_later_about_its_sequel(trained: Recommender) -> None:
    seen = trained.taste({STAR_WARS: 3.5}).questions(100)
    not_seen = trained.taste({}).questions(100, [STAR_WARS])
    assert EMPIRE in seen
    assert EMPIRE not in not_seen or not_seen.index(EMPIRE) > seen.index(EMPIRE)


def test_films_asked_about_together_begin_with_the_one_asked_about_alone(trained: Recommender) -> None:
    taste = trained.taste({STAR_WARS: 5.0})
    together = taste.questions(5)
    assert together[:1] == taste.questions(1)
    assert len(set(together)) == 5


def test_the_answers_that_teach_most_are_not_those_of_the_most_rated_films(trained: Recommender) -> None:
    """An answer is worth what it moves: asking in this order leaves less doubt than asking about fame alone."""
    counts = trained.model.item_counts.numpy()
    famous = trained.model.item_ids.numpy()[np.argsort(-counts)[:10]].tolist()
    shown = [pick.movie for pick in trained.taste({}).recommend(50)]

    def doubt(films: list[int]) -> float:
        return float(trained.taste(dict.fromkeys(films, 3.5)).predict_mean(shown)[1].mean())

    assert doubt(trained.taste({}).questions(10)) < doubt(famous)


def test_a_generator_of_films_is_read_once(small: Recommender) -> None:
    taste = small.taste({})
    assert taste.questions(5, (film for film in CLUB_IDS[:9])) == taste.questions(5, CLUB_IDS[:9])
