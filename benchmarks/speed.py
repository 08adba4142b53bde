"""How soon does a rating count, and what does serving 60,000 films take?  python -m benchmarks.speed

One thread, as the bot serves. The films and ratings are generated; many of the films have no rating. Memory is that of a
process of its own, which loads the model and makes one list, beside what torch alone takes.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks import options as command_line
from benchmarks.generated import generated
from benchmarks.report import Report
from recommender import Recommender

HISTORY = 200
CALLS = 1000
FILMS, USERS, RATINGS = 60_000, 10_000, 1_000_000

SERVE = """
import sys
from pathlib import Path

def megabytes():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024

import torch
torch.set_num_threads(1)
alone = megabytes()
from recommender import Recommender
model = Recommender.load(sys.argv[1])
model.taste({int(model.catalogue.ids[0]): 5.0}).recommend(10)
print(megabytes() - alone, alone)
"""


def main() -> None:
    options = command_line.parser("Milliseconds and memory of serving 60,000 films, as Markdown.", seeds=1).parse_args()
    with Report("speed", options.results, options.seeds) as report, tempfile.TemporaryDirectory() as folder:
        seed = options.seeds[0]
        ratings, movies = generated(USERS, FILMS, RATINGS, seed)
        model = Recommender.fit(ratings, movies, device="cpu", seed=seed)
        path = Path(folder) / "model.safetensors"
        model.save(path)
        histories = _histories(ratings, seed)
        torch.set_num_threads(1)
        report.heading(f"{FILMS:,} films, {RATINGS:,} generated ratings, one thread")
        report.table(
            ["", "p50, ms", "p99, ms"],
            [
                [f"fold-in of {HISTORY} ratings", *_times(model.taste, histories)],
                [
                    "a rating to a new list of ten",
                    *_times(lambda history: model.taste(history).recommend(10), histories),
                ],
            ],
        )
        if sys.platform == "linux":
            command = [sys.executable, "-c", SERVE, str(path)]
            ours, torchs = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
            report.line(
                f"Memory while serving: {float(ours):.0f} MB beside the {float(torchs):.0f} MB of torch itself."
            )


def _histories(ratings: pd.DataFrame, seed: int) -> list[dict[int, float]]:
    """Histories of `HISTORY` ratings, of random users who have as many."""
    long = ratings.groupby("user").filter(lambda own: len(own) >= HISTORY).groupby("user").head(HISTORY)
    own = [dict(zip(rows["movie"], rows["rating"], strict=True)) for _, rows in long.groupby("user")]
    return [own[index] for index in np.random.default_rng(seed).integers(len(own), size=CALLS)]


def _times(call: Callable[[dict[int, float]], object], histories: list[dict[int, float]]) -> list[str]:
    """The median and the 99th percentile of one call, in milliseconds."""
    call(histories[0])  # The first call of a process loads libraries.
    times = []
    for history in histories:
        started = time.perf_counter()
        call(history)
        times.append((time.perf_counter() - started) * 1000)
    return [f"{figure:.2f}" for figure in np.quantile(times, [0.5, 0.99])]


if __name__ == "__main__":
    main()
