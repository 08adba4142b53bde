"""Lists for members who were not learned from: asked for from the peers and from Marquee, judged by five measures, in tables."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.bootstrap import interval
from benchmarks.peers import LENGTH, RANKING, client
from benchmarks.report import Report
from recommender import LIST_STYLES, Catalogue, Recommender
from recommender.evaluation.metrics import (
    FAMOUS,
    genre_mix,
    genre_shares,
    hits,
    miscalibration,
    ndcg,
    propensity_ndcg,
    recall,
    unfamiliar_recall,
)
from recommender.evaluation.splits import LIKED

GAIN_LENGTH = 10
RECALL_AND_GAIN = f"recall@{LENGTH} / NDCG@{GAIN_LENGTH}"
PROPENSITY = f"NDCG@{GAIN_LENGTH} by inverse propensity"
UNFAMILIAR = f"recall@{LENGTH} outside the {FAMOUS} most rated"
CALIBRATION = f"divergence of the genres of {GAIN_LENGTH} from the liked ones given"
MEASURES = {RECALL_AND_GAIN: (0, 1), PROPENSITY: (2,), UNFAMILIAR: (3,), CALIBRATION: (4,)}
LOWER_IS_BETTER = (CALIBRATION,)

OURS = "Marquee, balanced"
# What recommend is called with, by the name in the tables.
STYLES: dict[str, dict[str, Any]] = {f"Marquee, {style}": {"style": style} for style in LIST_STYLES}

Lists = NDArray[np.int64]  # (lists, LENGTH) film ids, -1 where a list is shorter
Figures = dict[str, NDArray[np.float64]]  # label -> (levels, members, 5), NaN where a member can't be judged


@dataclass(frozen=True)
class Question:
    """Lists that are asked for: one for each member at each level, a level being how much is given.

    `given` has the columns list, movie and rating; list = level * members + member. `liked`: for each member, what is right.
    """

    train: pd.DataFrame
    levels: tuple[str, ...]
    given: pd.DataFrame
    liked: list[set[int]]

    @classmethod
    def of(cls, train: pd.DataFrame, given: Mapping[str, pd.DataFrame], right: pd.DataFrame) -> "Question":
        """`given`: level -> rows (user, movie, rating). `right`: rows of what is right. Members without any are left out: no list
        could be right for them."""
        liked = right.groupby("user")["movie"].apply(set)
        parts = []
        for at, rows in enumerate(given.values()):
            own = rows[rows["user"].isin(liked.index)]
            parts.append(own.assign(list=at * len(liked) + liked.index.get_indexer(own["user"])))
        return cls(train, tuple(given), pd.concat(parts, ignore_index=True), liked.to_list())

    @cached_property
    def histories(self) -> list[dict[int, float]]:
        """One for each list."""
        histories: list[dict[int, float]] = [{} for _ in range(len(self.levels) * len(self.liked))]
        for row, movie, stars in self.given[["list", "movie", "rating"]].itertuples(index=False):
            histories[row][movie] = stars
        return histories


def peers_lists(
    report: Report,
    question: Question,
    name: str,
    seed: int,
    options: argparse.Namespace,
    peers: Sequence[str] | None = None,
) -> dict[str, Lists]:
    """Label -> lists, of the peers that the command line asks for, by default `peers` or all; `name`: the data set's."""
    wanted = options.peers if options.peers is not None else peers
    lists = {}
    for peer in client.chosen(RANKING, wanted, command_line.patience(options), name):
        answer = client.rank(peer, question.train, question.given, seed, name)
        if answer is not None:
            report.ran_with(RANKING[peer].distribution, answer.version)
            lists[RANKING[peer].label] = answer.output
    return lists


def marquees_lists(
    model: Recommender, histories: Sequence[Mapping[int, float]], ways: Mapping[str, Mapping[str, Any]]
) -> dict[str, Lists]:
    """Label -> lists. `ways`: label -> what recommend is called with."""
    lists = {label: np.full((len(histories), LENGTH), -1, dtype=np.int64) for label in ways}
    for row, history in enumerate(histories):
        taste = model.taste(history)
        for label, way in ways.items():
            picks = taste.recommend(LENGTH, **way)
            lists[label][row, : len(picks)] = [pick.movie for pick in picks]
    return lists


def judged(question: Question, lists: Mapping[str, Lists], catalogue: Catalogue) -> Figures:
    """Each ranking's figures for each member at each level."""
    counts = Counter(question.train["movie"].tolist())
    famous = {movie for movie, _ in counts.most_common(FAMOUS)}
    shares = genre_shares(catalogue)
    wanted = genre_mix([[m for m, stars in own.items() if stars >= LIKED] for own in question.histories], shares)
    levels, relevant = len(question.levels), np.array([len(films) for films in question.liked])

    def figures(films: Lists) -> NDArray[np.float64]:
        by_level = []
        for own, mix in zip(np.split(films, levels), np.split(wanted, levels), strict=True):
            found, first = hits(own, question.liked), own[:, :GAIN_LENGTH]
            columns = (
                recall(found, relevant),
                ndcg(found[:, :GAIN_LENGTH], relevant),
                propensity_ndcg(first, question.liked, counts),
                unfamiliar_recall(own, question.liked, famous),
                miscalibration(mix, genre_mix(first.tolist(), shares)),
            )
            by_level.append(np.column_stack(columns))
        return np.array(by_level)

    return {label: figures(films) for label, films in lists.items()}


def together(found: Sequence[Figures]) -> Figures:
    """The members of all splits, for the rankings that ran on each of them."""
    everywhere = [label for label in found[0] if all(label in each for each in found)]
    return {label: np.concatenate([each[label] for each in found], axis=1) for label in everywhere}


def means(report: Report, levels: Sequence[str], figures: Figures, measures: Sequence[str] = tuple(MEASURES)) -> None:
    """One table for each measure: its mean over the members at each level."""
    for measure in measures:
        rows = [
            [label, *(" / ".join(f"{np.nanmean(at[:, place]):.3f}" for place in MEASURES[measure]) for at in own)]
            for label, own in figures.items()
        ]
        report.table([f"{measure}, k =", *levels], rows)


def leads(report: Report, levels: Sequence[str], figures: Figures, measures: Sequence[str] = tuple(MEASURES)) -> None:
    """One table for each measure: by how much Marquee's balanced lists are better than the others', the same members resampled
    for both."""
    for measure in measures:
        sign = -1 if measure in LOWER_IS_BETTER else 1
        rows = [
            [
                label,
                *(" / ".join(_lead(sign * at[:, place]) for place in MEASURES[measure]) for at in figures[OURS] - own),
            ]
            for label, own in figures.items()
            if label != OURS
        ]
        report.table([f"{OURS}, ahead in {measure} (95% intervals), k =", *levels], rows)


def _lead(ahead: NDArray[np.float64]) -> str:
    return interval(ahead[~np.isnan(ahead)], 0, "+.3f")
