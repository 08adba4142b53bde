"""How good are whole lists for new members?  python -m benchmarks.ranking

The protocol is `splits.ranked_members`: 600 users are never learned from; k of their ratings are given, and a film of the
other half of their ratings is right if they gave it 4 stars or more. Every film that was not given is a candidate.
"""

import argparse
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.peers import LENGTH, RANKING, client
from benchmarks.report import Report
from benchmarks.splits import RANKED_GIVEN, RANKED_MEMBERS, ranked_members
from recommender import Recommender
from recommender import ranking as blend
from recommender.evaluate import hits, ndcg, recall

GAIN_LENGTH = 10
Figures = dict[str, NDArray[np.float64]]
# What lists would be by less: what each part of the blend buys.
STARS_ALONE = {
    "COMMON": 0.0,
    "BELOW_PAR": 0.0,
    "CAUTION": 0.0,
    "POPULARITY": 0.0,
    "NEWCOMER_POPULARITY": 0.0,
    "CHOICE": 0.0,
    "SAMENESS": 0.0,
}
BLENDS: dict[str, dict[str, float]] = {
    "predicted stars alone": STARS_ALONE,
    "stars less doubt": {**STARS_ALONE, "CAUTION": blend.CAUTION},
    "without what is chosen together": {"CHOICE": 0.0},
    "without popularity": {"POPULARITY": 0.0, "NEWCOMER_POPULARITY": 0.0},
    "without variety": {"SAMENESS": 0.0},
    "recommend": {"CHOICE": blend.CHOICE},
}
ON_EVERY_SPLIT = ("predicted stars alone", "recommend")  # the others on the first alone


def main() -> None:
    options = command_line.parser("Recall and NDCG of lists for new members, as Markdown.", seeds=5)
    options.add_argument("--data", nargs="+", choices=("ml-1m",), default=["ml-1m"])
    chosen = options.parse_args()
    with Report("ranking", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is None:
                continue
            found = []
            for seed in chosen.seeds:
                blends = BLENDS if seed == chosen.seeds[0] else {label: BLENDS[label] for label in ON_EVERY_SPLIT}
                found.append(_compared(report, name, data.ratings, data.movies, seed, blends, chosen))
                _table(report, found[-1], f"{name}, {RANKED_MEMBERS} new members, seed {seed}")
            everywhere = [label for label in found[0] if all(label in each for each in found)]
            mean = {label: np.mean([each[label] for each in found], axis=0) for label in everywhere}
            _table(report, mean, f"{name}, mean of seeds {', '.join(map(str, chosen.seeds))}")
            curves = {label: (RANKED_GIVEN, figures[:, 0].tolist()) for label, figures in mean.items()}
            report.plot(f"ranking-{name}", curves, "ratings given", f"recall@{LENGTH}")


def _compared(
    report: Report,
    name: str,
    ratings: pd.DataFrame,
    movies: pd.DataFrame,
    seed: int,
    blends: dict[str, dict[str, float]],
    options: argparse.Namespace,
) -> Figures:
    """Each ranking's recall and NDCG at each k (k, 2)."""
    split = ranked_members(ratings, seed)
    # Whoever liked nothing of their other half can't be given anything right.
    liked = split.test.groupby("user")["movie"].apply(set)
    parts = []
    for at, k in enumerate(RANKED_GIVEN):
        own = split.given(k)
        own = own[own["user"].isin(liked.index)]
        parts.append(own.assign(list=at * len(liked) + liked.index.get_indexer(own["user"])))
    given = pd.concat(parts, ignore_index=True)
    lists = {}
    for peer in client.chosen(RANKING, options.peers, command_line.patience(options), name):
        answer = client.rank(peer, split.train, given, seed)
        if answer is not None:
            report.ran_with(RANKING[peer].distribution, answer.version)
            lists[RANKING[peer].label] = answer.output
    model = Recommender.fit(split.train, movies, device="cpu", seed=seed)
    for label, constants in blends.items():
        with patch.multiple(blend, **constants):
            lists[f"Marquee, {label}"] = recommended(model, given)
    return {label: _measured(films, liked) for label, films in lists.items()}


def recommended(model: Recommender, given: pd.DataFrame) -> NDArray[np.int64]:
    """(lists, LENGTH) film ids, for each history in `given` (list, movie, rating)."""
    lists = np.full((given["list"].max() + 1, LENGTH), -1, dtype=np.int64)
    for row, own in given.groupby("list"):
        picks = model.taste(dict(zip(own["movie"], own["rating"], strict=True))).recommend(LENGTH)
        lists[row, : len(picks)] = [pick.movie for pick in picks]
    return lists


def _measured(films: NDArray[np.int64], liked: pd.Series) -> NDArray[np.float64]:
    relevant, figures = liked.map(len).to_numpy(), []
    for own in np.split(films, len(RANKED_GIVEN)):
        found = hits(own, liked.to_list())
        figures.append((recall(found, relevant).mean(), ndcg(found[:, :GAIN_LENGTH], relevant).mean()))
    return np.array(figures)


def _table(report: Report, figures: Figures, title: str) -> None:
    rows = [[label, *(f"{share:.3f} / {gain:.3f}" for share, gain in found)] for label, found in figures.items()]
    report.heading(f"{title}: recall@{LENGTH} / NDCG@{GAIN_LENGTH}")
    report.table(["k =", *map(str, RANKED_GIVEN)], rows)


if __name__ == "__main__":
    main()
