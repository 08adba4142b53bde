"""Do lists find what people come to like later?  python -m benchmarks.later

Members who are never learned from, with five ratings or more on their first day, the 24 hours from their first rating. Given are
the first five and twenty ratings of that day, and all of it. Right is what they gave 4 stars or more a week or more after it
ended: the nearest that these data sets come to what people watch next. Every film that was not given is a candidate, and `lists`
has the measures. Settings are those of `ranking`, for the peers and for Marquee.
"""

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.lists import (
    LENGTH,
    RECALL_AND_GAIN,
    STYLES,
    Figures,
    Lists,
    Question,
    judged,
    leads,
    marquees_lists,
    means,
    peers_lists,
    together,
)
from benchmarks.report import Report
from recommender import Recommender
from recommender.datasets import EMBEDDED, MovieLens
from recommender.evaluation.splits import LIKED

DAY = 86_400  # seconds
LATER = 7 * DAY  # after the first day
LEAST_GIVEN = 5
SHARE = 0.5  # of the people who can be judged become members; the others are learned from
FIRST = (5, 20)
LEVELS = (*map(str, FIRST), "first day")
PEERS = ("popularity", "ease-likes", "ease-all", "item-knn", "rp3beta")
# The days before the end of a member's first day whose ratings say what is popular. Of 7, 30, 90, 180, 365, 1,000, 3,000 and
# 10,000 those with the best NDCG@10 over all levels, on the members of seeds 100 to 103, of ml-1m 100 and 101.
RECENT_DAYS = {EMBEDDED: 1000, "ml-1m": 1000}


def main() -> None:
    options = command_line.with_peers(
        command_line.parser("Recall and NDCG of what new members like later, as Markdown.", seeds=5)
    )
    options.add_argument("--data", nargs="+", choices=tuple(RECENT_DAYS), default=list(RECENT_DAYS))
    chosen = options.parse_args()
    with Report("later", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is not None:
                everyone = together([_compared(report, data, seed, chosen) for seed in chosen.seeds])
                report.heading(f"{name}, all members of seeds {', '.join(map(str, chosen.seeds))}")
                means(report, LEVELS, everyone)
                leads(report, LEVELS, everyone, [RECALL_AND_GAIN])


def _compared(report: Report, data: MovieLens, seed: int, options: argparse.Namespace) -> Figures:
    question, ends = later_likes(data.ratings, seed)
    lists = {"most popular lately": recently_popular(question, ends, RECENT_DAYS[data.name])}
    lists |= peers_lists(report, question, data.name, seed, options, PEERS)
    model = Recommender.fit(question.train, data.movies, device="cpu", seed=seed)
    lists |= marquees_lists(model, question.histories, STYLES)
    figures = judged(question, lists, model.catalogue)
    report.heading(f"{data.name}, {len(question.liked)} members, seed {seed}")
    means(report, LEVELS, figures, [RECALL_AND_GAIN])
    return figures


def later_likes(ratings: pd.DataFrame, seed: int) -> tuple[Question, NDArray[np.int64]]:
    """The question, and when each member's first day ended (members,), in seconds since 1970.

    Only people all of whose ratings have a time can be members: where there is none, ml-1m has 0.
    """
    rng = np.random.default_rng(seed)
    times = ratings.groupby("user")["timestamp"].min()
    ends = times[times > 0] + DAY
    timed = ratings[ratings["user"].isin(ends.index)]
    end = timed["user"].map(ends)
    early, right = (
        timed[timed["timestamp"] < end],
        timed[(timed["timestamp"] >= end + LATER) & (timed["rating"] >= LIKED)],
    )
    counts = early.groupby("user").size()
    able = np.intersect1d(counts.index[counts >= LEAST_GIVEN], right["user"])
    members = np.sort(rng.permutation(able)[: round(len(able) * SHARE)])
    # Ratings of the same second come in random order.
    early = early[early["user"].isin(members)].sample(frac=1, random_state=seed)
    early = early.sort_values(["user", "timestamp"], kind="stable")
    given = {str(k): early.groupby("user").head(k) for k in FIRST} | {LEVELS[-1]: early}
    train = ratings[~ratings["user"].isin(members)]
    return Question.of(train, given, right[right["user"].isin(members)]), ends[members].to_numpy()


def recently_popular(question: Question, ends: NDArray[np.int64], days: int) -> Lists:
    """For each member the films that most people rated in so many days before the end of the first day, and then those with
    the most ratings at all."""
    rated = question.train.sort_values("timestamp", kind="stable")
    times = rated["timestamp"].to_numpy()
    movies, films = np.unique(rated["movie"], return_inverse=True)
    everything = np.bincount(films) / (len(films) + 1)  # below 1, so that it breaks ties alone
    starts, stops = np.searchsorted(times, ends - days * DAY), np.searchsorted(times, ends)
    orders = [
        movies[np.argsort(-(np.bincount(films[start:stop], minlength=len(movies)) + everything), kind="stable")]
        for start, stop in zip(starts, stops, strict=True)
    ]
    lists = np.full((len(question.histories), LENGTH), -1, dtype=np.int64)
    for row, history in enumerate(question.histories):
        order = orders[row % len(orders)]
        own = order[: LENGTH + len(history)]
        own = own[~np.isin(own, list(history))][:LENGTH]
        lists[row, : len(own)] = own
    return lists


if __name__ == "__main__":
    main()
