"""How long does the default fit of many ratings take, and how much memory?  python -m benchmarks.scale [--ratings 10000000]

Generated ratings, power-law users and films. Each fit is a process of its own, so that its peak memory is its own too.
"""

import argparse
import json
import subprocess
import sys
import time

from benchmarks import options as command_line
from benchmarks.generated import generated
from benchmarks.report import Report
from recommender import Recommender


def main() -> None:
    options = _options()
    if options.alone:
        print(json.dumps(_measure(options)))
        return
    with Report("scale", options.results, options.seeds) as report:
        report.heading(f"{options.ratings:,} generated ratings, {options.users:,} users, {options.films:,} films")
        rows = []
        for seed in options.seeds:
            sizes = {"ratings": options.ratings, "users": options.users, "films": options.films, "seeds": seed}
            arguments = [text for name, value in sizes.items() for text in (f"--{name}", str(value))]
            command = [sys.executable, "-m", "benchmarks.scale", "--alone", "--device", options.device, *arguments]
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            rows.append([f"seed {seed}", f"{found['seconds']:.1f}", f"{found['before']:.2f}", f"{found['peak']:.2f}"])
        report.table(["", "fit, s", "memory before it, GB", "peak memory, GB"], rows)


def _measure(options: argparse.Namespace) -> dict[str, float]:
    ratings, movies = generated(options.users, options.films, options.ratings, options.seeds[0])
    before = _peak_gigabytes()
    started = time.perf_counter()
    Recommender.fit(ratings, movies, device=options.device, seed=options.seeds[0])
    return {"seconds": time.perf_counter() - started, "before": before, "peak": _peak_gigabytes()}


def _peak_gigabytes() -> float:
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _options() -> argparse.Namespace:
    parser = command_line.parser("Seconds and peak memory of a fit of generated ratings, as Markdown.", seeds=1)
    parser.add_argument("--ratings", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=70_000)
    parser.add_argument("--films", type=int, default=10_000)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
