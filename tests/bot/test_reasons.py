"""Which of a member's own films are named as reasons."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import reasons
from tests.bot.simulated import TASTE

STARS = st.integers(1, 10).map(lambda halves: halves / 2)
HISTORIES = st.dictionaries(st.integers(1, 12), STARS, max_size=12)


@st.composite
def lists(draw):
    """A history, and by how much each of its ratings lifts each film of a list."""
    history = draw(HISTORIES)
    lift = st.floats(-1, 1) | st.sampled_from([0.0, 0.1, 0.2])
    return history, draw(st.lists(st.fixed_dictionaries(dict.fromkeys(history, lift)), max_size=12))


@given(lists())
def test_every_named_film_is_liked_and_truly_lifts_the_film(made):
    history, lifts = made
    for own, named in zip(lifts, reasons.speaking(lifts, history), strict=True):
        assert len(set(named)) == len(named) <= 2
        assert all(own[movie] >= 0.1 for movie in named)
        assert all(history[movie] >= sum(history.values()) / len(history) for movie in named)


@given(lists())
def test_a_named_film_lifts_nearly_as_much_as_any_that_could_be_named(made):
    history, lifts = made
    everywhere = reasons.speaking(lifts, history)
    for own, named in zip(lifts, everywhere, strict=True):
        [alone] = reasons.speaking([own], history)  # the strongest, since nothing was named before
        assert bool(named) == bool(alone)
        assert all(own[movie] >= 0.6 * own[alone[0]] for movie in named)
        assert all(own[first] >= own[second] for first, second in pairwise(named))


@given(lists(), st.integers(0, 12))
def test_the_beginning_of_a_list_has_the_same_reasons_as_the_whole(made, count):
    history, lifts = made
    assert reasons.speaking(lifts[:count], history) == reasons.speaking(lifts, history)[:count]


@given(HISTORIES.filter(lambda history: len(history) >= 2), st.integers(2, 10))
def test_films_that_lift_alike_are_named_equally_often(history, count):
    alike = dict.fromkeys(history, 1.0)
    named = [movie for films in reasons.speaking([alike] * count, history) for movie in films]
    times = [named.count(movie) for movie in set(named)]
    assert max(times, default=0) - min(times, default=0) <= 1


def test_the_strongest_is_named_on_every_line_if_nothing_comes_near():
    assert reasons.speaking([{1: 1.0, 2: 0.3, 3: 0.2}] * 3, {1: 5.0, 2: 5.0, 3: 5.0}) == [[1], [1], [1]]


def test_what_lifts_a_film_by_less_than_a_tenth_tells_nothing():
    assert reasons.speaking(
        [{1: 0.09, 2: 0.1, 3: -1.0}, {1: 0.09, 2: 0.0, 3: -1.0}], dict.fromkeys((1, 2, 3), 5.0)
    ) == [
        [2],
        [],
    ]


def test_those_that_come_near_take_turns():
    lifts = {1: 1.0, 2: 0.9, 3: 0.8, 4: 0.7, 5: 0.1}
    assert reasons.speaking([lifts] * 3, dict.fromkeys(lifts, 4.0)) == [[1, 2], [3, 4], [1, 2]]


@pytest.mark.parametrize("history", [{1: 1.5}, {1: 2.5, 2: 1.0}])
def test_whoever_liked_nothing_is_given_no_film_as_a_reason(history):
    assert reasons.speaking([dict.fromkeys(history, 1.0)], history) == [[]]


def test_the_reasons_of_a_list_are_by_its_films_and_none_for_a_rated_one(serving):
    catalogue = serving.recommender.catalogue
    history = {catalogue.by_label(label).id: stars for label, stars in TASTE.items()}
    taste = serving.recommender.taste(history)
    rated, *films = [*history][:1], *(pick.movie for pick in taste.recommend(4))
    found = reasons.of_list(taste, [*rated, *films], history)
    assert list(found) == films
    assert {movie for named in found.values() for movie in named} <= {movie for movie in history if history[movie] >= 4}
    assert any(found.values())


def test_the_reasons_are_those_of_the_lists_style(serving):
    catalogue = serving.recommender.catalogue
    history = {catalogue.by_label(label).id: stars for label, stars in TASTE.items()}
    taste = serving.recommender.taste(history)
    films = [pick.movie for pick in taste.recommend(10, style="adventurous")]
    found = reasons.of_list(taste, films, history, "adventurous")
    assert [*found.values()] == reasons.speaking(taste.lifts(films, "adventurous"), history)


def test_what_lowers_a_film_is_not_liked_and_truly_lowers_it(serving):
    catalogue = serving.recommender.catalogue
    labels = {"Alien (1979)": 1.5, "The Terminator (1984)": 2.0, "Reservoir Dogs (1992)": 1.5, "Titanic (1997)": 5.0}
    history = {catalogue.by_label(label).id: stars for label, stars in labels.items()}
    film = catalogue.by_label("Aliens (1986)").id
    taste = serving.recommender.taste(history)
    named = reasons.lowering(taste, film, history)
    assert 1 <= len(named) <= reasons.NAMED
    for own in named:
        assert history[own] < reasons.LIKED
        without = serving.recommender.taste({movie: stars for movie, stars in history.items() if movie != own})
        assert taste.predict_mean([film])[0] < without.predict_mean([film])[0]
