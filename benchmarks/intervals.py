"""Do the 80% intervals hold for the future?  python -m benchmarks.intervals

`newcomers` draws what is given and what is tested at random. Here the first k ratings of somebody who is never learned from are
given, and later ones are tested: 20 later ones (`splits.members_in_time`); 20 from after the first day; or, of people who rated
before one moment and after it, all from after it (`splits.members_at`), with nothing learned from later either. The first two
are drawn by seeds; the last has one moment for each of MOMENTS, and few people, of whom some rate by the hundred.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.later import DAY
from benchmarks.newcomers import COVERED_K, INTERVAL, covered, fold_in
from benchmarks.report import Report
from recommender import Recommender
from recommender.datasets import EMBEDDED, MovieLens
from recommender.evaluation.splits import GIVEN, NewMembers, members_at, members_in_time, new_members

DATA = (EMBEDDED, "ml-1m")
MOMENTS = (0.7, 0.8, 0.9)  # shares of the ratings that came before
RANDOM, LATER, NEXT_DAY = "at random", "later", "after the first day"
WAITS = {LATER: 0, NEXT_DAY: DAY}  # seconds from the first rating
EARLIER = 10**6  # all that came before


def main() -> None:
    options = _options()
    with Report("intervals", options.results, options.seeds) as report:
        for data, seeds in command_line.loaded(options):
            report.heading(f"{data.name}, seeds {', '.join(map(str, seeds))}")
            _by_seed(report, data, seeds)
            report.heading(f"{data.name}, before and after a moment")
            _by_moment(report, data)


def _by_seed(report: Report, data: MovieLens, seeds: list[int]) -> None:
    """The coverage and the error for each protocol: mean of the seeds, and the coverage of the seeds apart."""
    shares: dict[str, list[list[float]]] = {}
    squares: dict[str, list[list[float]]] = {}
    for seed in seeds:
        for label, model, split in _splits(data, seed):
            found = [_measured(model, split, k, later=label != RANDOM) for k in GIVEN]
            shares.setdefault(label, []).append([share for share, _ in found])
            squares.setdefault(label, []).append([square for _, square in found])
    columns = [*map(str, COVERED_K), "all k"]
    spread = {label: np.array([_chosen(own) for own in seen]) for label, seen in shares.items()}
    report.table(
        [f"{INTERVAL:.0%} intervals hold, mean, at k =", *columns],
        [[label, *(f"{share:.1%}" for share in found.mean(0))] for label, found in spread.items()],
    )
    report.table(
        [f"{INTERVAL:.0%} intervals hold, single seeds, at k =", *columns],
        [
            [label, *(f"{low:.1%} to {high:.1%}" for low, high in zip(found.min(0), found.max(0), strict=True))]
            for label, found in spread.items()
        ],
    )
    report.table(
        ["RMSE at k =", *map(str, GIVEN)],
        [[label, *(f"{error:.4f}" for error in np.sqrt(np.mean(found, axis=0)))] for label, found in squares.items()],
    )


def _splits(data: MovieLens, seed: int) -> Iterator[tuple[str, Recommender, NewMembers]]:
    split = new_members(data.ratings, seed)
    yield RANDOM, _fitted(split, data.movies, seed), split
    in_time = {label: members_in_time(data.ratings, seed, wait) for label, wait in WAITS.items()}
    model = _fitted(in_time[LATER], data.movies, seed)  # all learn from the same rows
    for label, split in in_time.items():
        yield label, model, split


def _by_moment(report: Report, data: MovieLens) -> None:
    """The coverage for each moment, over all tested ratings."""
    given = (*COVERED_K, EARLIER)
    rows = []
    for share in MOMENTS:
        split = members_at(data.ratings, share)
        model = _fitted(split, data.movies, seed=0)
        people, tested = split.test["user"].nunique(), len(split.test)
        found = [f"{_measured(model, split, k, later=True)[0]:.1%}" for k in given]
        rows.append([f"{share:.0%} of the ratings came before", str(people), f"{tested:,}", *found])
    columns = ["people", "tested", *map(str, COVERED_K), "all earlier"]
    report.table([f"{INTERVAL:.0%} intervals hold, at k =", *columns], rows)


def _fitted(split: NewMembers, movies: pd.DataFrame, seed: int) -> Recommender:
    return Recommender.fit(split.train, movies, device="cpu", seed=seed)


def _measured(model: Recommender, split: NewMembers, k: int, *, later: bool) -> tuple[float, float]:
    """The share of the tested ratings inside their intervals, and the mean squared error."""
    stars, sd = fold_in(model, split, k, later=later)
    return covered(split, stars, sd), float(np.mean((split.test["rating"].to_numpy() - stars) ** 2))


def _chosen(shares: list[float]) -> NDArray[np.float64]:
    """Shares for each of GIVEN -> for each of COVERED_K, and for all together."""
    return np.array([*(shares[GIVEN.index(k)] for k in COVERED_K), np.mean(shares)])


def _options() -> argparse.Namespace:
    parser = command_line.parser("Coverage of the intervals of later ratings, as Markdown.", seeds=5)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--full", action="store_true", help="more seeds of large data sets")
    return parser.parse_args()


if __name__ == "__main__":
    main()
