"""How long does it take to read and to learn from many ratings, and how much memory?  python -m benchmarks.scale

Generated ratings in the sizes of ml-32m, with its long tails of users and films, packed as GroupLens packs it and read by the
same code. They are read, learned from with the default's settings, and served from, in a process of its own, so that its peak
memory is its own too.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from benchmarks import options as command_line
from benchmarks.generated import generated
from benchmarks.report import Report
from recommender import Recommender, load_movielens

NAME = "ml-latest"  # its counts are not known beforehand
FIGURES = {  # and their digits
    "reading, s": 1,
    "fit, s": 1,
    "peak memory of reading, GB": 2,
    "peak memory, GB": 2,
    "fold-in, ms": 2,
    "a rating to a new list of ten, ms": 1,
}
MEMBERS, HISTORY = 50, 20  # who are served, and how many of each one's ratings are known


def main() -> None:
    options = _options()
    if options.alone is not None:
        print(json.dumps(_measure(options)))
        return
    with Report("scale", options.results, options.seeds) as report:
        report.heading(f"{options.ratings:,} generated ratings, {options.users:,} users, {options.films:,} films")
        rows = []
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as folder:
                pack(Path(folder), *generated(options.users, options.films, options.ratings, seed))
                arguments = ["--alone", folder, "--device", options.device, "--seeds", str(seed)]
                command = [sys.executable, "-m", "benchmarks.scale", *arguments]
                found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            rows.append([f"seed {seed}", *(f"{found[name]:.{digits}f}" for name, digits in FIGURES.items())])
        report.table(["", *FIGURES], rows)


def pack(folder: Path, ratings: pd.DataFrame, movies: pd.DataFrame) -> None:
    """Write the zip of a data set into the folder, sorted by user and film."""
    ratings = ratings.sort_values(["user", "movie"]).rename(columns={"user": "userId", "movie": "movieId"})
    titles = movies["title"] + " (" + movies["year"].astype(str) + ")"
    films = pd.DataFrame({"movieId": movies["movie"], "title": titles, "genres": movies["genres"]})
    with zipfile.ZipFile(folder / f"{NAME}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, frame in (("ratings", ratings), ("movies", films)):
            with archive.open(f"{NAME}/{member}.csv", "w", force_zip64=True) as file:
                csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), file)


def _measure(options: argparse.Namespace) -> dict[str, float]:
    started = time.perf_counter()
    data = load_movielens(NAME, options.alone)
    read, before = time.perf_counter() - started, peak_gigabytes()
    started = time.perf_counter()
    model = Recommender.fit(data.ratings, data.movies, device=options.device, seed=options.seeds[0])
    learned = time.perf_counter() - started
    members = [data.ratings[data.ratings["user"] == user].head(HISTORY) for user in range(1, MEMBERS + 1)]
    histories = [dict(zip(own["movie"], own["rating"], strict=True)) for own in members]
    served = (_milliseconds(call, histories) for call in (model.taste, lambda own: model.taste(own).recommend(10)))
    return dict(zip(FIGURES, (read, learned, before, peak_gigabytes(), *served), strict=True))


def _milliseconds(call: Callable[[dict[int, float]], object], histories: list[dict[int, float]]) -> float:
    """The median of a call."""
    call(histories[0])  # what is the same for all members is made once
    times = []
    for history in histories:
        started = time.perf_counter()
        call(history)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def peak_gigabytes() -> float:
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _options() -> argparse.Namespace:
    parser = command_line.parser(
        "Seconds and peak memory of reading and learning from generated ratings, as Markdown.", seeds=1
    )
    parser.add_argument("--ratings", type=int, default=32_000_204)
    parser.add_argument("--users", type=int, default=200_948)
    parser.add_argument("--films", type=int, default=87_585)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--alone", metavar="FOLDER", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
