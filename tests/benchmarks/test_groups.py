"""Groups: who is in them, what is true of them, and the rules they are compared by."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import group_rules
from benchmarks.bootstrap import interval
from benchmarks.group_rules import RULES, best, grouprec
from benchmarks.group_truth import LEAST_SHARED, Members, correlations, groups, members
from benchmarks.groups import Group, _cost, _figures, _meet
from benchmarks.peers_groups import chosen
from benchmarks.report import Report
from benchmarks.tables import Results
from recommender import STYLES


@pytest.fixture(scope="module")
def people() -> Members:
    """900 users with 60 of 120 films each: even ones like even films, odd ones odd films."""
    rng = np.random.default_rng(0)
    rows = [(user, movie) for user in range(900) for movie in rng.permutation(120)[:60]]
    frame = pd.DataFrame(rows, columns=["user", "movie"])
    alike = frame["user"] % 2 == frame["movie"] % 2
    stars = np.where(alike, 4.0, 2.0) + rng.integers(-1, 2, len(frame))
    return members(frame.assign(rating=stars, timestamp=0), seed=0)


def test_no_film_is_both_given_and_true(people: Members) -> None:
    assert not (~np.isnan(people.given) & ~np.isnan(people.apart)).any()
    assert len(people.given) == 270
    assert people.train["user"].nunique() == 630


def test_neighbours_know_what_members_like(people: Members) -> None:
    known = ~np.isnan(people.apart) & ~np.isnan(people.neighbours)
    assert np.corrcoef(people.apart[known], people.neighbours[known])[0, 1] > 0.7


def test_groups_share_enough_films_and_are_as_alike_as_they_are_called(people: Members) -> None:
    average = {}
    for kind in ("similar", "random", "divergent"):
        formed = groups(people, kind, 3, 20, seed=0)
        assert len(formed) == 20
        for group in formed:
            assert len(set(group.tolist())) == 3
            assert (~np.isnan(people.apart[group])).all(0).sum() >= LEAST_SHARED
        likeness = correlations(people.given)
        average[kind] = np.mean([likeness[np.ix_(group, group)][np.triu_indices(3, 1)].mean() for group in formed])
    assert average["similar"] > average["random"] > average["divergent"]


# Two members: what one loves the other hates, but for the third film, which both like, and the last, which nobody does.
STARS = np.array([[5.0, 1.0, 3.5, 4.8, 1.0], [1.0, 5.0, 3.5, 1.0, 1.5]])


@pytest.mark.parametrize(
    ("rule", "first"),
    [("average", 2), ("least misery", 2), ("most pleasure", 0), ("average without misery", 2), ("multiplicative", 2)],
)
def test_a_rule_puts_its_film_first(rule: str, first: int) -> None:
    assert RULES[rule](STARS, 1)[0] == first


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_gives_so_many_different_films(rule: str) -> None:
    assert sorted(RULES[rule](STARS, 9)) == [0, 1, 2, 3, 4]
    assert len(set(RULES[rule](STARS, 3).tolist())) == 3


class TakesTurns:
    """An aggregator that remembers whose turn it is, one member for each slate."""

    def __init__(self) -> None:
        self.turn = 0

    def aggregate(self, stars: np.ndarray, length: int) -> np.ndarray:
        self.turn += 1
        return best(stars[(self.turn - 1) % len(stars)], length)


def test_a_library_makes_one_slate_after_the_other_and_keeps_its_memory() -> None:
    assert chosen(TakesTurns(), STARS, length=2, evenings=2).tolist() == [0, 3, 1, 2]


def test_without_the_library_its_rules_are_left_out_with_a_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(group_rules, "INTERPRETER", tmp_path / "python")
    assert grouprec([STARS], length=2) == {}
    assert "grouprec is left out" in capsys.readouterr().err


def test_a_slate_of_the_members_own_best_is_worth_one() -> None:
    group = Group("random", 1, np.array([0]), np.arange(5), STARS[:1])
    assert _figures(group, np.array([0, 3, 2, 1, 4])) == (1.0, 1.0, 1.0, 0.0)


def test_a_slate_costs_what_it_gives_less_than_the_average(tmp_path: Path) -> None:
    average = np.tile([0.9, 0.8, 0.7, 0.05], (3, 1))
    figures = {f"Marquee, {style}": average * [0.97, 0.95, 1, 0.4] for style in STYLES} | {"average": average}
    with Report("groups", tmp_path) as report:
        _cost(report, figures, seed=0)
    cost = Results(tmp_path).table("groups", corner="against the average, 95% intervals").number
    assert cost("Marquee, fair", "members' mean") == -3
    assert cost("Marquee, fair", "least member") == -5
    assert cost("Marquee, fair", "members who like none, points") == -3


def test_evenings_count_each_film_once_and_rank_it_by_truth() -> None:
    group = Group("random", 2, np.array([7, 9]), np.arange(12), np.vstack([np.arange(12.0), -np.arange(12.0)]))
    had = _meet(group, lambda people, films, past: len(films) - 1)
    assert had[:, 0] == pytest.approx([(11 - evening + 0.5) / 12 for evening in range(10)])
    assert np.allclose(had.sum(1), 1)


def test_an_interval_holds_the_mean() -> None:
    assert interval(np.array([0.5, 0.5, 0.5]), seed=0) == "0.500 (0.500 to 0.500)"
