"""How good are whole lists for new members?  python -m benchmarks.ranking

The protocol is `splits.ranked_members`: users who are never learned from; k of their ratings are given, and a film of the other
half of their ratings is right if they gave it 4 stars or more. Every film that was not given is a candidate. `lists` has the
measures.
"""

import argparse
from dataclasses import fields, replace
from itertools import groupby
from typing import Any

from benchmarks import options as command_line
from benchmarks.expected import siblings
from benchmarks.lists import (
    GAIN_LENGTH,
    OURS,
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
from benchmarks.peers import LENGTH
from benchmarks.report import Report
from recommender import Blend, Recommender
from recommender.datasets import EMBEDDED, MovieLens
from recommender.evaluation.splits import RANKED_GIVEN, ranked_members

LEVELS = tuple(map(str, RANKED_GIVEN))  # of ratings given
ALONE = Blend(**dict.fromkeys((field.name for field in fields(Blend)), 0.0))
# Lists with less in the blend show what each part of it buys. They run on the first split alone.
BLENDS: dict[str, dict[str, Any]] = {
    "Marquee, chances alone": {"blend": ALONE},
    "Marquee, chances and stars": {"blend": replace(ALONE, liking=Blend.liking, caution=Blend.caution)},
    "Marquee, without rarity": {"blend": Blend(rarity=0.0)},
    "Marquee, without kinds": {"blend": Blend(genres=0.0, decades=0.0)},
    "Marquee, without variety": {"blend": Blend(sameness=0.0)},
}
WITH_AND_WITHOUT_VARIETY = (OURS, "Marquee, without variety")
LONG_RUN = 5
MOST_SPLITS = {"ml-1m": 3}  # each takes minutes
RUNS = (*map(str, range(1, LONG_RUN)), f"{LONG_RUN} or more")


def main() -> None:
    options = command_line.with_peers(
        command_line.parser("Five measures of lists for new members, as Markdown.", seeds=5)
    )
    options.add_argument("--data", nargs="+", choices=(EMBEDDED, "ml-1m"), default=[EMBEDDED, "ml-1m"])
    chosen = options.parse_args()
    with Report("ranking", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is None:
                continue
            seeds = chosen.seeds[: MOST_SPLITS.get(name)]
            found = [_compared(report, data, seed, chosen) for seed in seeds]
            everyone = together(found)
            report.heading(f"{name}, all members of seeds {', '.join(map(str, seeds))}")
            means(report, LEVELS, everyone)
            leads(report, LEVELS, everyone)
            curves = {label: (RANKED_GIVEN, figures[:, :, 0].mean(1).tolist()) for label, figures in everyone.items()}
            report.plot(f"ranking-{name}", curves, "ratings given", f"recall@{LENGTH}")


def _compared(report: Report, data: MovieLens, seed: int, options: argparse.Namespace) -> Figures:
    split = ranked_members(data.ratings, seed)
    question = Question.of(split.train, {str(k): split.given(k) for k in RANKED_GIVEN}, split.test)
    lists = peers_lists(report, question, data.name, seed, options)
    model = Recommender.fit(split.train, data.movies, device="cpu", seed=seed)
    first = seed == options.seeds[0]
    lists |= marquees_lists(model, question.histories, STYLES | BLENDS if first else STYLES)
    figures = judged(question, lists, model.catalogue)
    report.heading(f"{data.name}, {len(question.liked)} new members, seed {seed}")
    means(report, LEVELS, figures, [RECALL_AND_GAIN])
    _series(report, model, lists)
    return figures


def _series(report: Report, model: Recommender, lists: dict[str, Lists]) -> None:
    """The longest run of films of one series among the first ten of each list."""
    families = {int(model.catalogue.ids[row]): name for row, (name, _) in siblings(model.catalogue).items()}
    rows = []
    for label in (label for label in WITH_AND_WITHOUT_VARIETY if label in lists):
        names = [[families.get(film) for film in films] for films in lists[label][:, :GAIN_LENGTH].tolist()]
        runs = [min(longest_run(own), LONG_RUN) for own in names]
        rows.append([label, *(str(runs.count(length)) for length in range(1, LONG_RUN + 1))])
    report.table(
        [f"Of {len(lists[OURS])} lists, so many of one series in a row in the first {GAIN_LENGTH}:", *RUNS], rows
    )


def longest_run(series: list[str | None]) -> int:
    """The length of the longest run of one name; None is no name."""
    return max((len(list(run)) for name, run in groupby(series) if name is not None), default=1)


if __name__ == "__main__":
    main()
