"""How wrong is the default model, and how long does it take?  python -m benchmarks.accuracy [--data ml-100k]

Five random 80/20 splits. The model learns from the 80 alone; of the other 20 it knows what a catalogue tells: the films'
titles, genres and years. Prints Markdown.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.machine import machine
from recommender import Recommender, load_movielens
from recommender.evaluate import baselines, measure
from recommender.movielens import DATASETS, EMBEDDED, MovieLens

SEEDS = range(5)
TEST_SHARE = 0.2
HISTORY = 50
FOLD_INS = 1000


def main() -> None:
    options = _options()
    data = load_movielens(options.data, options.data_dir, options.mirror)
    splits = pd.DataFrame([_split(data, seed) for seed in SEEDS])
    print(f"## {data.name}: {len(data.ratings):,} ratings, {len(SEEDS)} random 80/20 splits (seeds 0 to 4)\n")
    print("| | mean squared error on the held-out 20% (mean ± sd) |\n|---|---|")
    for name in splits.columns.drop("seconds"):
        print(f"| {name} | {splits[name].mean():.4f} ± {splits[name].std():.4f} |")
    print(f"\nFit: {splits['seconds'].median():.2f} s (median; {splits['seconds'].max():.2f} s the slowest).  ")
    milliseconds = np.array(list(_fold_ins(data)))
    print(
        f"Fold-in of {HISTORY} ratings, one thread: median {np.median(milliseconds):.2f} ms, "
        f"p99 {np.quantile(milliseconds, 0.99):.2f} ms.  "
    )
    print(f"{machine('torch')}; {datetime.now(UTC):%Y-%m-%d}.")


def _split(data: MovieLens, seed: int) -> dict[str, float]:
    """Mean squared errors of the baselines and the model, and the seconds of the fit."""
    order = np.random.default_rng(seed).permutation(len(data.ratings))
    cut = round(len(order) * TEST_SHARE)
    test, train = data.ratings.iloc[order[:cut]], data.ratings.iloc[order[cut:]]
    started = time.perf_counter()
    model = Recommender.fit(train, data.movies, device="cpu", seed=seed)
    seconds = time.perf_counter() - started
    naive = {name: errors.mse for name, errors in baselines(train, test).items()}
    return {**naive, "Marquee, default fit": measure(model, test).mse, "seconds": seconds}


def _fold_ins(data: MovieLens) -> Iterator[float]:
    """Milliseconds of one fold-in each, over the histories of random users."""
    model = Recommender.fit(data.ratings, data.movies, device="cpu")
    long = data.ratings.groupby("user").filter(lambda own: len(own) >= HISTORY).groupby("user")
    histories = [dict(zip(own["movie"], own["rating"], strict=True)) for _, own in long.head(HISTORY).groupby("user")]
    chosen = np.random.default_rng(0).integers(len(histories), size=FOLD_INS)
    torch.set_num_threads(1)
    model.taste(histories[0])  # The first call of a process loads libraries.
    for index in chosen:
        started = time.perf_counter()
        model.taste(histories[index])
        yield (time.perf_counter() - started) * 1000


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Errors of the default fit on held-out ratings, as Markdown.")
    parser.add_argument("--data", choices=DATASETS, default=EMBEDDED)
    parser.add_argument("--data-dir", type=Path, help="where downloaded data sets are kept (default: data)")
    parser.add_argument("--mirror", help="base address of a mirror of GroupLens's files")
    return parser.parse_args()


if __name__ == "__main__":
    main()
