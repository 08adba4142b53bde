"""What the card says of films for the people of a night."""

import pytest

from bot.night.group import Group, reasons
from recommender import GroupPick
from tests.bot.simulated import ALIEN, MATRIX, TITANIC

FILMS = ALIEN, MATRIX, TITANIC


def people(count):
    """A group of so many, of whom nothing is known."""
    return Group(tuple(range(1, count + 1)), ({},) * count, (), (), ({},) * count, "balanced", None)


def lines(serving, count, **figures):
    """What is said of three films to so many people. figures: a column of GroupPick, with what each film has in it."""
    usual = {"score": 0.5, "percentiles": (0.5,) * count, "stars": (3.5,) * count, "enjoy": (0.4,) * count}
    usual["seen"] = (0.1,) * count
    picks = [
        GroupPick(
            serving.recommender.catalogue.by_label(label).id,
            **usual | {name: each[at] for name, each in figures.items()},
        )
        for at, label in enumerate(FILMS)
    ]
    said = reasons(serving, people(count), picks)
    return [said.get(pick.movie, "") for pick in picks]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_small_group_is_told_which_films_fit_it_well_where_not_all_do(serving, count):
    assert lines(serving, count, score=(0.9, 0.5, 0.8)) == ["fits the group well", "", "fits the group well"]


@pytest.mark.parametrize("score", [0.9, 0.1])
def test_a_small_group_is_told_nothing_that_would_stand_on_every_line(serving, score):
    assert lines(serving, 3, score=(score,) * 3) == ["", "", ""]


def test_a_small_group_is_told_nothing_about_a_member(serving):
    seen, stars, enjoy = [(0.9, 0.1, 0.1)] * 3, [(1.0, 5.0, 5.0)] * 3, [(0.1, 0.9, 0.9)] * 3
    assert lines(serving, 3, seen=seen, stars=stars, enjoy=enjoy) == lines(serving, 3)


def test_from_four_on_it_is_said_to_how_many_a_film_is_probably_new(serving):
    some, everyone, nobody = lines(serving, 4, seen=((0.9, 0.1, 0.2, 0.0), (0.1,) * 4, (1.0, 0.5, 0.7, 0.6)))
    assert "probably new to 3 of you" in some
    assert "probably new to all of you" in everyone
    assert "new" not in nobody


def test_from_four_on_it_is_said_below_which_stars_nobody_is_predicted_where_not_all_will_enjoy_it(serving):
    stars, enjoy = [(3.9, 4.5, 4.5, 4.5), (2.9, 4.5, 4.5, 4.5), (4.5,) * 4], [(0.4, 0.6, 0.6, 0.6)] * 2 + [(0.6,) * 4]
    high, low, all_of_them = lines(serving, 4, stars=stars, enjoy=enjoy)
    assert "3 of 4 likely to enjoy it · nobody predicted below 3 stars" in high
    assert "below" not in low
    assert "4 of 4 likely to enjoy it" in all_of_them
    assert "below" not in all_of_them
