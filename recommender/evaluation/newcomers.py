"""How good is a model for people it has not learned from? Each is folded in from a few of their ratings."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.evaluation.baselines import naive
from recommender.evaluation.metrics import hits, ndcg, recall
from recommender.evaluation.splits import GIVEN, LIKED
from recommender.recommender import Recommender

LEVELS = np.linspace(0.1, 0.95, 18)  # of the intervals whose coverage is measured
MOST_PEOPLE = 500
RECALL_AT, NDCG_AT = 20, 10


@dataclass(frozen=True)
class NewPeople:
    """People whom `model` has not learned from. The frames have the columns user, movie and rating."""

    model: Recommender
    others: pd.DataFrame  # what `model` has learned from
    own: pd.DataFrame  # ratings that may be given, in random order; the column place counts each person's from 0
    asked: pd.DataFrame  # ratings of the same people that are never given, sorted by user

    def given(self, count: int) -> pd.DataFrame:
        """The first `count` ratings of each."""
        return self.own[self.own["place"] < count]


def new_people(fit: Callable[[pd.DataFrame], Recommender], train: pd.DataFrame, test: pd.DataFrame) -> NewPeople:
    """A fifth of the users in `train`, MOST_PEOPLE at most, of those who have ratings in `test` and at least max(GIVEN) in
    `train`. `fit` learns from the others' rows of `train`. Frames have the columns user, movie and rating."""
    counts = train.groupby("user").size()
    asked = _some_people(test[test["user"].map(counts) >= GIVEN[-1]], most=max(len(counts) // 5, 1))
    is_theirs = train["user"].isin(asked["user"])
    own, others = train[is_theirs].sample(frac=1, random_state=0), train[~is_theirs]
    return NewPeople(fit(others), others, own.assign(place=own.groupby("user").cumcount()), asked)


def errors_by_ratings(people: NewPeople) -> pd.DataFrame:
    """RMSE on the ratings asked for: a row for each of GIVEN, a column for the model and for each of `naive`."""
    rows = []
    stars = people.asked["rating"].to_numpy(float)
    for count in GIVEN:
        given = people.given(count)
        known = pd.concat([people.others, given.drop(columns="place")])
        predictions = {"Marquee": _folded_in(people.model, given, people.asked)[0], **naive(known, people.asked)}
        rows.append({name: np.mean((found - stars) ** 2) ** 0.5 for name, found in predictions.items()})
    return pd.DataFrame(rows, index=GIVEN)


def lists_by_ratings(people: NewPeople) -> pd.DataFrame:
    """Recall and NDCG of lists out of all films that were not given: a row for each of GIVEN, two columns for the model and
    two for the films with the most ratings. Relevant is what a person liked of the ratings that are never given."""
    rest = pd.concat([people.own[people.own["place"] >= GIVEN[-1]], people.asked])
    liked = rest[rest["rating"] >= LIKED].groupby("user")["movie"].apply(set)
    relevant = liked.map(len).to_numpy()
    popular = people.others["movie"].value_counts().index.to_numpy()[: RECALL_AT + GIVEN[-1]]
    rows = []
    for count in GIVEN:
        given = people.given(count)
        histories = {user: _history(own) for user, own in given[given["user"].isin(liked.index)].groupby("user")}
        lists: dict[str, list[list[int]]] = {"Marquee": [], "most popular": []}
        for user in liked.index:
            history = histories.get(user, {})
            picks = people.model.taste(history).recommend(RECALL_AT)
            lists["Marquee"].append([pick.movie for pick in picks])
            lists["most popular"].append([movie for movie in popular.tolist() if movie not in history][:RECALL_AT])
        row = {}
        for name, films in lists.items():
            found = hits(_filled(films), liked.to_list())
            row[f"{name}, recall@{RECALL_AT}"] = float(recall(found, relevant).mean())
            row[f"{name}, NDCG@{NDCG_AT}"] = float(ndcg(found[:, :NDCG_AT], relevant).mean())
        rows.append(row)
    return pd.DataFrame(rows, index=GIVEN)


def coverage(model: Recommender, train: pd.DataFrame, test: pd.DataFrame) -> NDArray[np.float64]:
    """(LEVELS,) the share of the ratings in `test` that lie inside the intervals of each level. At most MOST_PEOPLE users count,
    each folded in from all of their rows in `train`."""
    asked = _some_people(test)
    stars, sd = _folded_in(model, train[train["user"].isin(asked["user"])], asked)
    distances = np.abs(asked["rating"].to_numpy(float) - stars) / sd
    return np.array([(distances <= NormalDist().inv_cdf((1 + level) / 2)).mean() for level in LEVELS])


def _some_people(test: pd.DataFrame, most: int = MOST_PEOPLE) -> pd.DataFrame:
    """The rows of at most `most` random users, and at most MOST_PEOPLE, sorted by user."""
    people = np.random.default_rng(0).permutation(np.unique(test["user"]))[: min(most, MOST_PEOPLE)]
    return test[test["user"].isin(people)].sort_values("user", kind="stable")


def _folded_in(
    model: Recommender, known: pd.DataFrame, asked: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted stars and sd for the rows of `asked`, sorted by user, from their users' rows in `known`."""
    histories = {user: _history(own) for user, own in known.groupby("user")}
    predictions = [model.taste(histories.get(user, {})).predict(own["movie"]) for user, own in asked.groupby("user")]
    stars, sds = (np.concatenate(part) for part in zip(*predictions, strict=True))
    return stars, sds


def _history(own: pd.DataFrame) -> dict[int, float]:
    return dict(zip(own["movie"], own["rating"], strict=True))


def _filled(lists: list[list[int]]) -> NDArray[np.int64]:
    """(lists, RECALL_AT), -1 where a list is shorter."""
    filled = np.full((len(lists), RECALL_AT), -1, dtype=np.int64)
    for row, films in zip(filled, lists, strict=True):
        row[: len(films)] = films
    return filled
