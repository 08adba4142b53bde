"""How wrong are Marquee and its peers on held-out ratings, and how long do their fits take?  python -m benchmarks.accuracy

All learn from the same rows and are measured on the same others. Marquee also gets the genres and years of all films, as a
catalogue has them. Seconds are those of the fit alone, from a frame in memory to a model.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks import options as command_line
from benchmarks.peers import RATING, client
from benchmarks.report import Report
from recommender import FitConfig, Recommender
from recommender.datasets import EMBEDDED, DatasetError
from recommender.evaluation.baselines import baselines
from recommender.evaluation.metrics import errors
from recommender.evaluation.splits import Split, random_split, u1
from recommender.recommender import CONFIGS

TUTORIALS_MSE = 0.823  # on MovieLens 100K, as they report it
# The share that is held out of each data set, as is usual for it.
RANDOM_SPLITS = {"ml-100k": 0.2, "ml-1m": 0.1, EMBEDDED: 0.2}
LARGE = 500_000  # ratings
U1_PATIENCE = 9.0  # seconds: peers with a longer fit are only in the first table of the same data
QUICK_SAMPLES = 4  # draws of the fits that are timed to the tutorials' error
WARM_SHARE = 0.01  # share of the ratings that a warm start learns anew


@dataclass(frozen=True)
class Result:
    mse: float
    seconds: float


Results = dict[str, list[Result]]


def main() -> None:
    options = _options()
    with Report("accuracy", options.results, options.seeds) as report:
        for data, seeds in command_line.loaded(options):
            name = data.name
            share = RANDOM_SPLITS[name]
            splits = [random_split(data.ratings, share, seed) for seed in seeds]
            peers = client.chosen(RATING, options.peers, command_line.patience(options), name)
            # The tutorials' recipe takes minutes on a large set.
            quick = [config for config in CONFIGS if config != "one_cycle" or len(data.ratings) < LARGE]
            results = _compare(splits, seeds, data.movies, peers, CONFIGS if options.full else quick, report)
            report.heading(f"{name}, random {1 - share:.0%} / {share:.0%}, seeds {', '.join(map(str, seeds))}")
            _table(report, results)
            _warm_start(report, splits, seeds, data.movies)
            if name == "ml-100k":
                _time_to_the_tutorials(report, splits, seeds, data.movies, results)
                _u1(report, data.movies, options)


def _u1(report: Report, movies: pd.DataFrame, options: argparse.Namespace) -> None:
    try:
        split = u1(options.data_dir, options.mirror)
    except DatasetError as error:
        print(f"u1 is left out: {error}", file=sys.stderr)
        return
    peers = client.chosen(RATING, options.peers, command_line.patience(options, U1_PATIENCE), "ml-100k")
    results = _compare([split], options.seeds[:1], movies, peers, CONFIGS, report)
    report.heading("ml-100k, u1.base / u1.test")
    _table(report, results)


def _compare(
    splits: Sequence[Split],
    seeds: Sequence[int],
    movies: pd.DataFrame,
    peers: Sequence[str],
    configs: Iterable[str],
    report: Report,
) -> Results:
    """The results of the baselines, the peers and Marquee, one for each split."""
    results: Results = {}
    for split, seed in zip(splits, seeds, strict=True):
        for label, result in _results(split, seed, movies, peers, configs, report):
            results.setdefault(label, []).append(result)
    return results


def _results(
    split: Split, seed: int, movies: pd.DataFrame, peers: Sequence[str], configs: Iterable[str], report: Report
) -> Iterator[tuple[str, Result]]:
    for label, found in baselines(split.train, split.test).items():
        yield label, Result(found.mse, 0.0)
    for name in peers:
        answer = client.rate(name, split.train, split.test, seed)
        if answer is not None:
            report.ran_with(RATING[name].distribution, answer.version)
            yield RATING[name].label, Result(_mse(answer.output, split.test), answer.seconds)
    for config in configs:
        yield f"Marquee, {config}", marquee(split, movies, config, seed)


def marquee(
    split: Split, movies: pd.DataFrame, config: str | FitConfig, seed: int, start: Recommender | None = None
) -> Result:
    started = time.perf_counter()
    model = Recommender.fit(split.train, movies, config=config, device="cpu", seed=seed, warm_start=start)
    seconds = time.perf_counter() - started
    return Result(_mse(model.predict(split.test["user"], split.test["movie"]), split.test), seconds)


def _mse(predicted: np.ndarray, test: pd.DataFrame) -> float:
    return errors(predicted, test["rating"].to_numpy(float)).mse


def _table(report: Report, results: Results) -> None:
    report.table(
        ["", "MSE, mean ± sd", "RMSE, mean", "fit, s (median)"],
        [
            [
                label,
                _spread([result.mse for result in own]),
                f"{np.mean([result.mse**0.5 for result in own]):.4f}",
                f"{_seconds(own):.2f}" if _seconds(own) else "",
            ]
            for label, own in sorted(results.items(), key=lambda row: -np.mean([result.mse for result in row[1]]))
        ],
    )


def _spread(values: Sequence[float]) -> str:
    """Mean ± sd; of one value the mean alone."""
    return f"{np.mean(values):.4f}" + (f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else "")


def _seconds(results: Sequence[Result]) -> float:
    return float(np.median([result.seconds for result in results]))


def _time_to_the_tutorials(
    report: Report, splits: Sequence[Split], seeds: Sequence[int], movies: pd.DataFrame, results: Results
) -> None:
    """The fewest sweeps before the first draw with which the mean error is no worse than what the tutorials report, beside
    fastai's whole fit."""
    default = FitConfig()
    for burn_in in range(1, default.burn_in + 1):
        config = replace(default, burn_in=burn_in, samples=QUICK_SAMPLES, thinning=1)
        own = [marquee(split, movies, config, seed) for split, seed in zip(splits, seeds, strict=True)]
        if np.mean([result.mse for result in own]) <= TUTORIALS_MSE:
            break
    else:
        report.line(f"Marquee does not reach an MSE of {TUTORIALS_MSE} with {QUICK_SAMPLES} draws.")
        return
    text = f"To an MSE of {TUTORIALS_MSE}, which the tutorials report: {config.sweeps} sweeps, {_seconds(own):.3f} s (median)"
    fastai = results.get(RATING["fastai"].label)
    report.line(text + (f", 1/{_seconds(fastai) / _seconds(own):.0f} of fastai's whole fit." if fastai else "."))


def _warm_start(report: Report, splits: Sequence[Split], seeds: Sequence[int], movies: pd.DataFrame) -> None:
    """Two fits of all ratings: from a model that lacks WARM_SHARE of them, and from nothing."""
    found: Results = {}
    for split, seed in zip(splits, seeds, strict=True):
        old = random_split(split.train, WARM_SHARE, seed).train
        before = Recommender.fit(old, movies, device="cpu", seed=seed)
        for label, start in (("from nothing", None), ("from the model of the other 99%", before)):
            found.setdefault(label, []).append(marquee(split, movies, "default", seed, start))
    report.line(f"A fit once {WARM_SHARE:.0%} of the ratings is new:")
    _table(report, found)


def _options() -> argparse.Namespace:
    parser = command_line.with_peers(
        command_line.parser("Errors on held-out ratings and seconds of the fits, as Markdown.", seeds=5)
    )
    parser.add_argument("--data", nargs="+", choices=RANDOM_SPLITS, default=["ml-100k", "ml-1m"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
