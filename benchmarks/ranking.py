"""How good are whole lists for new members?  python -m benchmarks.ranking

The protocol is `splits.ranked_members`: 600 users are never learned from; k of their ratings are given, and a film of the
other half of their ratings is right if they gave it 4 stars or more. Every film that was not given is a candidate.
"""

import argparse
from dataclasses import fields, replace
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.bootstrap import interval
from benchmarks.expected import siblings
from benchmarks.peers import LENGTH, RANKING, client
from benchmarks.report import Report
from recommender import Blend, Recommender
from recommender.evaluation.metrics import hits, ndcg, recall
from recommender.evaluation.splits import RANKED_GIVEN, RANKED_MEMBERS, ranked_members
from recommender.ranking.blend import SHIPPED

GAIN_LENGTH = 10
MEASURES = f"recall@{LENGTH} / NDCG@{GAIN_LENGTH}"
Figures = dict[str, NDArray[np.float64]]
# Lists with less in the blend show what each part of it buys.
STARS_ALONE = Blend(**dict.fromkeys((field.name for field in fields(Blend)), 0.0))
BLENDS = {
    "predicted stars alone": STARS_ALONE,
    "stars less doubt": replace(STARS_ALONE, caution=SHIPPED.caution),
    "without co-watching": replace(SHIPPED, cowatching=0.0),
    "without popularity": replace(SHIPPED, popularity=0.0, newcomer_popularity=0.0),
    "without variety": replace(SHIPPED, sameness=0.0),
    "recommend": SHIPPED,
}
OURS = "Marquee, recommend"
WITH_AND_WITHOUT_VARIETY = (OURS, "Marquee, without variety")
LONG_RUN = 5
RUNS = (*map(str, range(1, LONG_RUN)), f"{LONG_RUN} or more")
ON_EVERY_SPLIT = ("predicted stars alone", "recommend")  # the other blends on the first split alone


def main() -> None:
    options = command_line.with_peers(
        command_line.parser("Recall and NDCG of lists for new members, as Markdown.", seeds=5)
    )
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
                report.heading(f"{name}, {RANKED_MEMBERS} new members, seed {seed}: {MEASURES}")
                found.append(_compared(report, name, data.ratings, data.movies, seed, blends, chosen))
            everywhere = [label for label in found[0] if all(label in each for each in found)]
            together = {label: np.concatenate([each[label] for each in found], axis=1) for label in everywhere}
            report.heading(f"{name}, all members of seeds {', '.join(map(str, chosen.seeds))}: {MEASURES}")
            _table(report, together)
            _lead(report, together)
            curves = {label: (RANKED_GIVEN, figures.mean(1)[:, 0].tolist()) for label, figures in together.items()}
            report.plot(f"ranking-{name}", curves, "ratings given", f"recall@{LENGTH}")


def _compared(
    report: Report,
    name: str,
    ratings: pd.DataFrame,
    movies: pd.DataFrame,
    seed: int,
    blends: dict[str, Blend],
    options: argparse.Namespace,
) -> Figures:
    """Each ranking's recall and NDCG for each member at each k (k, members, 2)."""
    split = ranked_members(ratings, seed)
    # Members who liked nothing of the other half are left out: no list could be right for them.
    liked = split.test.groupby("user")["movie"].apply(set)
    parts = []
    for at, k in enumerate(RANKED_GIVEN):
        own = split.given(k)
        own = own[own["user"].isin(liked.index)]
        parts.append(own.assign(list=at * len(liked) + liked.index.get_indexer(own["user"])))
    given = pd.concat(parts, ignore_index=True)
    lists: dict[str, NDArray[np.int64]] = {}
    for peer in client.chosen(RANKING, options.peers, command_line.patience(options), name):
        answer = client.rank(peer, split.train, given, seed)
        if answer is not None:
            report.ran_with(RANKING[peer].distribution, answer.version)
            lists[RANKING[peer].label] = answer.output
    model = Recommender.fit(split.train, movies, device="cpu", seed=seed)
    for label, blend in blends.items():
        lists[f"Marquee, {label}"] = recommended(model, given, blend)
    figures = {label: _measured(films, liked) for label, films in lists.items()}
    _table(report, figures)
    _series(report, model, lists)
    return figures


def recommended(model: Recommender, given: pd.DataFrame, blend: Blend) -> NDArray[np.int64]:
    """(lists, LENGTH) film ids, for each history in `given` (list, movie, rating)."""
    lists = np.full((given["list"].max() + 1, LENGTH), -1, dtype=np.int64)
    for row, own in given.groupby("list"):
        history = dict(zip(own["movie"], own["rating"], strict=True))
        picks = model.taste(history).recommend(LENGTH, blend=blend)
        lists[row, : len(picks)] = [pick.movie for pick in picks]
    return lists


def _measured(films: NDArray[np.int64], liked: pd.Series) -> NDArray[np.float64]:
    relevant, figures = liked.map(len).to_numpy(), []
    for own in np.split(films, len(RANKED_GIVEN)):
        found = hits(own, liked.to_list())
        figures.append(np.column_stack([recall(found, relevant), ndcg(found[:, :GAIN_LENGTH], relevant)]))
    return np.array(figures)


def _table(report: Report, figures: Figures) -> None:
    rows = [
        [label, *(f"{share:.3f} / {gain:.3f}" for share, gain in found.mean(1))] for label, found in figures.items()
    ]
    report.table(["k =", *map(str, RANKED_GIVEN)], rows)


def _lead(report: Report, figures: Figures) -> None:
    """By how much Marquee's lists are ahead of the others', the same members resampled for both."""
    ours = figures[OURS]
    rows = [
        [label, *(" / ".join(interval(ahead[:, at], 0, "+.3f") for at in range(2)) for ahead in ours - theirs)]
        for label, theirs in figures.items()
        if label != OURS
    ]
    report.table([f"{OURS}, ahead of (95% intervals), k =", *map(str, RANKED_GIVEN)], rows)


def _series(report: Report, model: Recommender, lists: dict[str, NDArray[np.int64]]) -> None:
    """The longest run of films of one series among the first ten of each list."""
    families = {int(model.catalogue.ids[row]): name for row, (name, _) in siblings(model.catalogue).items()}
    rows = []
    for label in (label for label in WITH_AND_WITHOUT_VARIETY if label in lists):
        names = [[families.get(film) for film in films] for films in lists[label][:, :GAIN_LENGTH].tolist()]
        runs = np.bincount([min(longest_run(own), LONG_RUN) for own in names], minlength=LONG_RUN + 1)
        rows.append([label, *map(str, runs[1:])])
    report.table(
        [f"Of {len(lists[OURS])} lists, so many of one series in a row in the first {GAIN_LENGTH}:", *RUNS], rows
    )


def longest_run(series: list[str | None]) -> int:
    """The length of the longest run of one name; None is no name."""
    return max((len(list(run)) for name, run in groupby(series) if name is not None), default=1)


if __name__ == "__main__":
    main()
