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
from benchmarks.splits import RANKED_GIVEN, ranked_members
from recommender import Recommender
from recommender import ranking as blend
from recommender.evaluate import hits, ndcg, recall

GAIN_LENGTH = 10
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


def main() -> None:
    options = command_line.parser("Recall and NDCG of lists for new members, as Markdown.", seeds=1)
    options.add_argument("--data", nargs="+", choices=("ml-1m",), default=["ml-1m"])
    chosen = options.parse_args()
    with Report("ranking", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is not None:
                for seed in chosen.seeds:
                    _compare(report, name, data.ratings, data.movies, seed, chosen)


def _compare(
    report: Report,
    name: str,
    ratings: pd.DataFrame,
    movies: pd.DataFrame,
    seed: int,
    options: argparse.Namespace,
) -> None:
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
    for label, constants in BLENDS.items():
        with patch.multiple(blend, **constants):
            lists[f"Marquee, {label}"] = recommended(model, given)
    _table(report, lists, liked, f"{name}, {len(liked)} new members, seed {seed}", f"ranking-{name}-{seed}")


def recommended(model: Recommender, given: pd.DataFrame) -> NDArray[np.int64]:
    """(lists, LENGTH) film ids, for each history in `given` (list, movie, rating)."""
    lists = np.full((given["list"].max() + 1, LENGTH), -1, dtype=np.int64)
    for row, own in given.groupby("list"):
        picks = model.taste(dict(zip(own["movie"], own["rating"], strict=True))).recommend(LENGTH)
        lists[row, : len(picks)] = [pick.movie for pick in picks]
    return lists


def _table(report: Report, lists: dict[str, NDArray[np.int64]], liked: pd.Series, title: str, plot: str) -> None:
    relevant = liked.map(len).to_numpy()
    rows, recalls = [], {}
    for label, films in lists.items():
        cells = []
        for at in range(len(RANKED_GIVEN)):
            found = hits(films[at * len(liked) : (at + 1) * len(liked)], liked.to_list())
            share = float(recall(found, relevant).mean())
            recalls.setdefault(label, []).append(share)
            cells.append(f"{share:.3f} / {ndcg(found[:, :GAIN_LENGTH], relevant).mean():.3f}")
        rows.append([label, *cells])
    report.heading(f"{title}: recall@{LENGTH} / NDCG@{GAIN_LENGTH}")
    report.table(["k =", *map(str, RANKED_GIVEN)], rows)
    curves = {label: (RANKED_GIVEN, shares) for label, shares in recalls.items()}
    report.plot(plot, curves, "ratings given", f"recall@{LENGTH}")


if __name__ == "__main__":
    main()
