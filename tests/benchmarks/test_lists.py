"""Lists for members who were not learned from: what is asked, what is right, and how it is judged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.later import DAY, later_likes, recently_popular
from benchmarks.lists import CALIBRATION, LENGTH, OURS, RECALL_AND_GAIN, Question, judged, leads, means, together
from benchmarks.report import Report
from benchmarks.seen import tallied
from benchmarks.tables import Results
from recommender import Catalogue

FILMS = Catalogue(pd.DataFrame({"movie": [1, 2, 3], "title": list("abc"), "genres": ["Horror", "Comedy", "Horror"]}))


def frame(*rows: tuple[float, ...]) -> pd.DataFrame:
    """Rows of user, movie, rating and timestamp."""
    return pd.DataFrame(rows, columns=["user", "movie", "rating", "timestamp"])


def listing(*films: int) -> np.ndarray:
    return np.array([[*films, *[-1] * (LENGTH - len(films))]])


@pytest.fixture
def question() -> Question:
    """Member 7 liked film 3, which nobody else rated, and is asked with film 1 given, and with films 1 and 2."""
    given = {"1": frame((7, 1, 5.0, 0), (8, 1, 5.0, 0)), "2": frame((7, 1, 5.0, 0), (7, 2, 1.0, 0))}
    return Question.of(frame((5, 1, 4.0, 0), (5, 2, 4.0, 0)), given, frame((7, 3, 5.0, 0)))


def test_there_is_a_history_for_each_member_at_each_level_and_none_for_who_liked_nothing(question: Question) -> None:
    assert question.histories == [{1: 5.0}, {1: 5.0, 2: 1.0}]
    assert question.liked == [{3}]


def test_lists_are_judged_at_each_level_by_every_measure(question: Question) -> None:
    films = np.concatenate([listing(3, 2), listing(2)])
    [figures] = judged(question, {"": films}, FILMS).values()
    recall, gain, propensity, _, divergence = figures[0, 0]
    assert (recall, gain, propensity) == (1, 1, 1)
    assert divergence == pytest.approx(np.log(1 / (0.99 * 0.5 + 0.01)))
    assert figures[1, 0, :3].tolist() == [0, 0, 0]


def test_rankings_that_ran_on_all_splits_are_put_together() -> None:
    one, two = {"a": np.zeros((4, 3, 5)), "b": np.zeros((4, 3, 5))}, {"a": np.ones((4, 2, 5))}
    assert {label: found.shape for label, found in together([one, two]).items()} == {"a": (4, 5, 5)}


def test_the_lead_is_positive_where_marquee_is_better_also_where_lower_is_better(tmp_path: Path) -> None:
    ours, theirs = np.full((1, 9, 5), 0.5), np.full((1, 9, 5), 0.4)
    ours[0, :, 4], theirs[0, :, 4] = 0.4, 0.5
    ours[0, 0, 4] = np.nan  # a member who can't be judged is left out
    with Report("lists", tmp_path) as report:
        means(report, ["1"], {OURS: ours, "peer": theirs})
        leads(report, ["1"], {OURS: ours, "peer": theirs})
    written = Results(tmp_path)
    assert written.table("lists", corner=f"{RECALL_AND_GAIN}, k =").text(OURS, "1") == "0.500 / 0.500"
    for measure in (RECALL_AND_GAIN, CALIBRATION):
        table = written.table("lists", corner=f"{OURS}, ahead in {measure} (95% intervals), k =")
        assert table.number("peer", "1") == pytest.approx(0.1)


def test_what_is_liked_later_is_asked_from_the_first_day() -> None:
    """Each of ten people rates six films within an hour, one two days later and two a fortnight later, of which they like one.
    Another has no times, and one rates five films on one day alone."""
    rows = []
    for user in range(10):
        start = 1_000_000 + user
        rows += [(user, film, 3.0, start + 600 * film) for film in range(6)]
        rows += [(user, 6, 5.0, start + 2 * DAY), (user, 7, 5.0, start + 14 * DAY), (user, 8, 3.0, start + 14 * DAY)]
    rows += [(10, film, 5.0, 0) for film in range(9)] + [(11, film, 5.0, 1_000_000) for film in range(5)]
    question, ends = later_likes(frame(*rows), seed=0)
    assert len(ends) == len(question.liked) == 5
    assert all(films == {7} for films in question.liked)
    assert [sorted(history) for history in question.histories[:5]] == [[0, 1, 2, 3, 4]] * 5
    assert [sorted(history) for history in question.histories[10:]] == [[0, 1, 2, 3, 4, 5]] * 5
    assert {10, 11} <= set(question.train["user"])
    assert set(ends - DAY - 1_000_000) | set(question.train["user"]) >= set(range(10))


def test_what_is_popular_lately_was_rated_in_the_days_before_and_the_others_follow() -> None:
    old, new = [(user, 1, 5.0, 10 * DAY) for user in range(5)], [(user, 2, 3.0, 99 * DAY) for user in range(3)]
    future = [(user, 3, 5.0, 101 * DAY) for user in range(9)]
    given = frame((7, 4, 5.0, 99 * DAY))
    question = Question.of(frame(*old, *new, *future, (9, 4, 5.0, 99 * DAY)), {"1": given}, frame((7, 1, 5.0, 0)))
    [films] = recently_popular(question, np.array([100 * DAY]), days=7)
    assert films[:4].tolist() == [2, 3, 1, -1]


def test_chances_are_counted_by_tenths() -> None:
    films, said, found = tallied(np.array([0.05, 0.15, 0.19, 1.0]), np.array([False, True, False, True]))
    assert films.tolist() == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert said == pytest.approx([0.05, 0.34, 0, 0, 0, 0, 0, 0, 0, 1])
    assert found.tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
