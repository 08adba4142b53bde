"""How often is a film seen that is said to be?  python -m benchmarks.seen

The members of `splits.ranked_members` are never learned from; k of their ratings are given. Of each other film of the catalogue
`Taste.seen` says how likely they have seen it, and it is found if it is among their other ratings. People also see what they
don't rate, so what is found is a lower bound.
"""

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.report import Report
from recommender import Recommender
from recommender.datasets import EMBEDDED, MovieLens
from recommender.evaluation.splits import ranked_members

GIVEN = (5, 10, 20)
BINS = 10  # of equal width, of what is said

Array = NDArray[np.float64]


def main() -> None:
    options = command_line.parser("The chance of having seen a film, said against found, as Markdown.", seeds=5)
    options.add_argument("--data", nargs="+", choices=(EMBEDDED, "ml-1m"), default=[EMBEDDED, "ml-1m"])
    chosen = options.parse_args()
    with Report("seen", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is not None:
                _tables(report, data, chosen)


def _tables(report: Report, data: MovieLens, options: argparse.Namespace) -> None:
    """One table for each k, of all members of the seeds."""
    counted = {k: np.zeros((3, BINS)) for k in GIVEN}
    for seed in options.seeds:
        split = ranked_members(data.ratings, seed)
        model = Recommender.fit(split.train, data.movies, device="cpu", seed=seed)
        everything = data.ratings[data.ratings["user"].isin(split.pool["user"].unique())]
        for k in GIVEN:
            for said, found in _chances(model, split.given(k), everything):
                counted[k] += tallied(said, found)
    for k, (films, said, found) in counted.items():
        report.heading(f"{data.name}, k = {k}")
        rows = [
            [
                f"{place / BINS:.0%} to {(place + 1) / BINS:.0%}",
                f"{films[place]:,.0f}",
                *_shares(said, found, films, place),
            ]
            for place in range(BINS)
        ]
        report.table(["chance, as said", "films", "said, mean", "found"], rows)
        off = np.abs(said - found).sum() / films.sum()
        report.line(f"Said less found, weighted by films: {off:.2%} on average.")


def _chances(
    model: Recommender, given: pd.DataFrame, everything: pd.DataFrame
) -> list[tuple[Array, NDArray[np.bool_]]]:
    """For each member, of the films that were not given: the chance, and whether it was rated."""
    ids = model.catalogue.ids
    rated = everything.groupby("user")["movie"].apply(np.array)
    chances = []
    for user, own in given.groupby("user"):
        others = ids[~np.isin(ids, own["movie"])]
        taste = model.taste(dict(zip(own["movie"], own["rating"], strict=True)))
        chances.append((taste.seen(others), np.isin(others, rated[user])))
    return chances


def tallied(said: Array, found: NDArray[np.bool_]) -> Array:
    """(3, BINS) for each tenth of the chances: how many films, the sum of what is said of them, and how many were found."""
    places = np.minimum((said * BINS).astype(int), BINS - 1)
    return np.array([np.bincount(places, weights, BINS) for weights in (np.ones(len(said)), said, found)])


def _shares(said: Array, found: Array, films: Array, place: int) -> list[str]:
    return [f"{sums[place] / films[place]:.1%}" if films[place] else "" for sums in (said, found)]


if __name__ == "__main__":
    main()
