"""What do several processes take to learn together, and do they learn the same?  python -m benchmarks.distributed

The default's fit, in one process and in two that torchrun starts on this machine, one thread each. A sweep's seconds are those
after the first; of them, sending is what a process spends with the others, waiting for the slower one included. Bytes are what a
process sends in a sweep: of B bytes that P processes sum 2 (P - 1) / P B, of rows that they gather P - 1 times its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from benchmarks import options as command_line
from benchmarks.generated import generated
from benchmarks.report import Report
from benchmarks.scale import NAME, pack, peak_gigabytes
from recommender import Recommender, load_movielens
from recommender.communicator import Communicator
from recommender.evaluation.metrics import errors
from recommender.evaluation.splits import held_out

TESTED = 0.05  # share of the ratings that nobody learns from
FIGURES = {  # and their digits
    "fit, s": 1,
    "a sweep, s": 3,
    "of it solving, s": 3,
    "of it sending, s": 3,
    "sent in a sweep, MB": 2,
    "ratings of a process": 0,
    "memory before, MB": 0,
    "peak memory, MB": 0,
    "RMSE": 4,
}
OF_EACH = ("ratings of a process", "memory before, MB", "peak memory, MB")
RUNS = {"one process": (1, 0), "two processes": (2, 0)}  # how many, and the seed
ANOTHER = {"one process, another seed": (1, 1)}
USERS, FILMS = 20_000, 20_000  # of the generated ratings


def main() -> None:
    options = _options()
    if options.alone is not None:
        _learn(options)
        return
    with Report("distributed", options.results) as report:
        for name in options.data:
            if command_line.load(name, options) is not None:
                report.heading(name)
                _compare(name, options.data_dir, RUNS | ANOTHER, report)
        if options.generated:
            report.heading(f"{options.generated:,} generated ratings, {USERS:,} users, {FILMS:,} films")
            with tempfile.TemporaryDirectory() as folder:
                pack(Path(folder), *generated(USERS, FILMS, options.generated))
                load_movielens(NAME, folder)  # unpacked once, of which each process reads its part
                _compare(NAME, Path(folder), RUNS, report)


def _compare(name: str, data: Path, runs: dict[str, tuple[int, int]], report: Report) -> None:
    rows, predicted = [], {}
    for label, (processes, seed) in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
            program = ["-m", "benchmarks.distributed", "--alone", folder, "--data", name, "--seeds", str(seed)]
            given = ["--data-dir", str(data)]
            subprocess.run([*launcher, *program, *given], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
            found = [json.loads((Path(folder) / f"{rank}.json").read_text()) for rank in range(processes)]
            predicted[label] = np.load(Path(folder) / "predicted.npy")
        rows.append([label, *(_told(figure, [own[figure] for own in found]) for figure in FIGURES)])
    report.table(["", *FIGURES], rows)
    one, *others = predicted
    apart = [[f"{one}, and {other}", f"{_apart(predicted[one], predicted[other]):.4f}"] for other in others]
    report.table(["predictions apart", "RMS, stars"], apart)


def _told(figure: str, of_each: list[float]) -> str:
    """Of the slowest process; what each has is told of each, the first process's first."""
    told = of_each if figure in OF_EACH else [max(of_each)]
    return "; ".join(f"{value:,.{FIGURES[figure]}f}" for value in told)


def _apart(predicted: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((predicted - other) ** 2)))


class Sent:
    """What this process tells the others, and how long that takes."""

    def __init__(self) -> None:
        self.bytes, self.seconds = 0.0, 0.0

    def counting(self, call: Callable[..., Any], share: Callable[[tuple[Any, ...], int], float]) -> Callable[..., Any]:
        """The same call, which adds up bytes, `share` of its arguments and P, and seconds."""

        def counted(*arguments: Any) -> Any:
            started = time.perf_counter()
            result = call(*arguments)
            self.seconds += time.perf_counter() - started
            self.bytes += share(arguments, dist.get_world_size())
            return result

        return counted


def _size(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


# What of their arguments, with so many processes, the collectives of the fit send.
COLLECTIVES: dict[str, Callable[[tuple[Any, ...], int], float]] = {
    "all_reduce": lambda own, size: 2 * (size - 1) / size * _size(own[0]),
    "all_gather_single": lambda own, size: (size - 1) * _size(own[1]),
    "all_to_all_single": lambda own, size: (size - 1) / size * _size(own[1]),
}


def _learn(options: argparse.Namespace) -> None:
    """One of the processes."""
    torch.set_num_threads(1)
    sent, marks = Sent(), list[tuple[float, float, float]]()
    with Communicator.joined(torch.device("cpu")) as spread:
        data = load_movielens(options.data[0], options.data_dir, share=(spread.rank, spread.size))
        held = held_out(data.ratings, TESTED)
        ratings, before = data.ratings[~held], peak_gigabytes()

        def mark(_: float) -> None:
            marks.append((time.perf_counter(), sent.seconds, sent.bytes))

        started = time.perf_counter()
        counted = {name: sent.counting(getattr(dist, name), share) for name, share in COLLECTIVES.items()}
        with patch.multiple(dist, **counted):
            model = Recommender.fit(
                ratings, data.movies, device="cpu", seed=options.seeds[0], progress=mark, spread=spread
            )
        learned = time.perf_counter() - started
    test = load_movielens(options.data[0], options.data_dir).ratings
    test = test[held_out(test, TESTED)]
    predicted = model.predict(test["user"], test["movie"])
    sweep, sending, amount = (
        (last - first) / (len(marks) - 1) for first, last in zip(marks[0], marks[-1], strict=True)
    )
    rmse = errors(predicted, test["rating"].to_numpy(float)).rmse
    memory = 1e3 * before, 1e3 * peak_gigabytes()
    found = (learned, sweep, sweep - sending, sending, amount / 1e6, len(ratings), *memory, rmse)
    (Path(options.alone) / f"{spread.rank}.json").write_text(json.dumps(dict(zip(FIGURES, found, strict=True))))
    if spread.rank == 0:
        np.save(Path(options.alone) / "predicted.npy", predicted)


def _options() -> argparse.Namespace:
    parser = command_line.parser("Seconds, memory and bytes of a fit in one process and in two, as Markdown.", seeds=1)
    parser.add_argument("--data", nargs="+", default=["ml-latest-small", "ml-1m"], help="data sets")
    parser.add_argument("--generated", type=int, default=3_000_000, help="how many ratings are made up; 0: none")
    parser.add_argument("--alone", metavar="FOLDER", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
