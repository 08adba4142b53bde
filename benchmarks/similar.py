"""How good are the neighbours of a film?  python -m benchmarks.similar [--data ml-latest-small ml-1m]

Of the films with siblings in the catalogue (series.csv, made by hand): the share with a sibling among the first ten.
Beside Marquee the cosine of its factors, EASE, and implicit's models, which run in an environment of their own. All learn
from all ratings. Writes Markdown to results/similar.md, with thirty films whose neighbours are for reading.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.machine import machine
from benchmarks.peers.client import INTERPRETER
from recommender import Catalogue, Recommender
from recommender.datasets import DATASETS, EMBEDDED, MovieLens
from recommender.text import spaced_words

SERIES = Path(__file__).parent / "series.csv"
FIRST = 10
READ = 5
CHUNK = 500
EASE_RIDGES = 100.0, 500.0  # of 50 to 2,000 the best on the tuning half of ml-1m, and of the shipped set

# Well known and little known, old and new, of every genre, some with sequels and most without.
SEEDS = (
    "Toy Story (1995)",
    "The Silence of the Lambs (1991)",
    "Pulp Fiction (1994)",
    "The Matrix (1999)",
    "Casablanca (1942)",
    "Annie Hall (1977)",
    "Amelie (2001)",
    "Spirited Away (2001)",
    "Alien (1979)",
    "Manhunter (1986)",
    "Before Sunrise (1995)",
    "A Fistful of Dollars (1964)",
    "Three Colors: Blue (1993)",
    "Groundhog Day (1993)",
    "The Lion King (1994)",
    "Dr. No (1962)",
    "Die Hard (1988)",
    "Psycho (1960)",
    "Seven Samurai (1954)",
    "Singin' in the Rain (1952)",
    "Hoop Dreams (1994)",
    "Requiem for a Dream (2000)",
    "Clueless (1995)",
    "Dumb & Dumber (1994)",
    "Saving Private Ryan (1998)",
    "The Princess Bride (1987)",
    "Schindler's List (1993)",
    "Inception (2010)",
    "Koyaanisqatsi (1983)",
    "Heat (1995)",
)

Neighbours = NDArray[np.int64]  # (films, FIRST) rows of the catalogue, -1 where there are fewer


@dataclass(frozen=True)
class Listed:
    """A film of series.csv. `titles`: every way that the data sets spell it."""

    series: str
    titles: tuple[str, ...]
    year: int
    shipped: bool


def listed() -> list[Listed]:
    """The films of all series."""
    with SERIES.open(newline="") as file:
        return [
            Listed(line["series"], tuple(line["title"].split("|")), int(line["year"]), line["shipped"] == "yes")
            for line in csv.DictReader(file)
        ]


def found(films: list[Listed], catalogue: Catalogue) -> dict[Listed, int]:
    """The row of each film that the catalogue has: with the same title, and the same year or, as data sets disagree, one beside
    it."""
    rows = {(spaced_words(name), movie.year): row for row, movie in enumerate(catalogue.movies) for name in movie.names}
    places = {}
    for film in films:
        keys = [(spaced_words(title), film.year + off) for off in (0, 1, -1) for title in film.titles]
        row = next((rows[key] for key in keys if key in rows), None)
        if row is not None:
            places[film] = row
    return places


def for_tuning(series: str) -> bool:
    """Whether a series is of the half that Marquee's weights were chosen on: by a fixed hash of its name."""
    return zlib.crc32(series.encode()) % 2 == 0


def siblings(catalogue: Catalogue) -> dict[int, tuple[str, set[int]]]:
    """Row of a film -> its series, and the rows of the others in it; only films that have others."""
    series: defaultdict[str, set[int]] = defaultdict(set)
    for film, row in found(listed(), catalogue).items():
        series[film.series].add(row)
    return {row: (name, rows - {row}) for name, rows in series.items() for row in rows if len(rows) > 1}


def methods(data: MovieLens, model: Recommender) -> Iterator[tuple[str, Neighbours]]:
    """The name and the neighbours of everything that is compared."""
    untitled = Recommender(model.model, model.movies.assign(title=""), model.info)
    yield "**Marquee**", marquee(model)
    yield "**Marquee**, titles unknown", marquee(untitled)
    factors = model.model.items[:, :-1].numpy()
    unit = factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-12)
    yield "Marquee's factors, cosine", nearest(unit, unit.T)
    users = np.unique(data.ratings["user"], return_inverse=True)[1]
    films = model.model.item_rows(data.ratings["movie"].to_numpy())
    size = (int(users.max()) + 1, len(model.catalogue))
    for ridge in EASE_RIDGES:
        yield f"EASE, ridge {ridge:g}", ease(users, films, size, ridge)
    if INTERPRETER.exists():
        yield from implicit(users, films, size)
    else:
        print("implicit is left out: the peers are not installed (make .venv-peers).", file=sys.stderr)


def marquee(model: Recommender) -> Neighbours:
    rows = [
        [model.catalogue.row(near.movie) for near in model.similar(movie, FIRST)]
        for movie in model.catalogue.ids.tolist()
    ]
    return np.array(rows, dtype=np.int64)


def nearest(left: NDArray[np.float32], right: NDArray[np.float32]) -> Neighbours:
    """The columns of the highest numbers in each row of left @ right, without the film itself."""
    best = []
    for start in range(0, len(left), CHUNK):
        score = left[start : start + CHUNK] @ right
        score[np.arange(len(score)), start + np.arange(len(score))] = -np.inf
        best.append(np.argpartition(-score, FIRST, axis=1)[:, :FIRST])
    return np.concatenate(best)


def ease(users: NDArray[np.int64], films: NDArray[np.int64], size: tuple[int, int], ridge: float) -> Neighbours:
    """The films j with the highest weights -P_ij / P_ii for film i (Steck 2019; -P_ij / P_jj is worse).

    P = (X'X + ridge I)^-1, where X is 1 where a user rated a film. Where users are fewer than films, it is found as
    P = (I - X' (X X' + ridge I)^-1 X) / ridge.
    """
    rated = np.zeros(size, dtype=np.float32)
    rated[users, films] = 1
    if size[0] < size[1]:
        return nearest(rated.T, np.linalg.solve(rated @ rated.T + ridge * np.eye(size[0], dtype=np.float32), rated))
    inverse = np.linalg.inv((rated.T @ rated).astype(float) + ridge * np.eye(size[1]))
    return nearest(-inverse, np.eye(size[1]))


def implicit(
    users: NDArray[np.int64], films: NDArray[np.int64], size: tuple[int, int]
) -> Iterator[tuple[str, Neighbours]]:
    with tempfile.TemporaryDirectory() as folder:
        pairs, neighbours = Path(folder) / "pairs.npz", Path(folder) / "neighbours.npz"
        np.savez(pairs, users=users, films=films, size=size)
        subprocess.run([INTERPRETER, "-m", "benchmarks.peers_neighbours", pairs, neighbours], check=True)
        with np.load(neighbours) as arrays:
            yield from arrays.items()


def figures(neighbours: Neighbours, families: dict[int, tuple[str, set[int]]]) -> dict[str, float]:
    """What the table shows of one method.

    Hit: the share of films with siblings that have at least one of them among their first ten. Recall: of a film's
    siblings the share in its first ten, of ten at most; the mean over films. Hubness: the skewness of N10, how often each
    film of the catalogue is among the first ten of another (Radovanovic, Nanopoulos and Ivanovic 2010).
    """
    hits, recalls, reported = [], [], []
    for row, (series, others) in families.items():
        inside = len(others & set(neighbours[row].tolist()))
        hits.append(inside > 0)
        recalls.append(inside / min(FIRST, len(others)))
        reported.append(not for_tuning(series))
    occurrences = np.bincount(neighbours[neighbours >= 0], minlength=len(neighbours))
    off = occurrences - occurrences.mean()
    return {
        "hit": float(np.mean(hits)),
        "hit, report half": float(np.mean(np.array(hits)[reported])),
        "recall": float(np.mean(recalls)),
        "recall, report half": float(np.mean(np.array(recalls)[reported])),
        "hubness": float((off**3).mean() / (off**2).mean() ** 1.5),
        "largest N10": float(occurrences.max()),
    }


def compared(data: MovieLens, model: Recommender) -> str:
    families = siblings(model.catalogue)
    names = {series for series, _ in families.values()}
    half = sum(not for_tuning(series) for series, _ in families.values())
    text = (
        f"## {data.name}\n\n{len(families)} films in {len(names)} series; {half} films in the report half; "
        f"{len(model.catalogue):,} films in the catalogue.\n\n"
        "| | hit | hit, report half | recall | recall, report half | hubness | largest N10 |\n|---|---|---|---|---|---|---|\n"
    )
    for name, neighbours in methods(data, model):
        *shares, hubness, largest = figures(neighbours, families).values()
        cells = [*(f"{share:.3f}" for share in shares), f"{hubness:.2f}", f"{largest:.0f}"]
        text += f"| {name} | {' | '.join(cells)} |\n"
    return text


def to_read(model: Recommender) -> str:
    text = f"## The first {READ} of {len(SEEDS)} films, for reading\n\n| film | like it |\n|---|---|\n"
    for label in SEEDS:
        seed = model.catalogue.by_label(label)
        assert seed is not None, label
        near = [model.catalogue[neighbour.movie].label for neighbour in model.similar(seed.id, READ)]
        text += f"| {label} | {', '.join(near)} |\n"
    return text


def main() -> None:
    options = _options()
    seed = options.seeds[0]
    text = "# Similar films\n\n"
    for name in options.data:
        data = command_line.load(name, options)
        if data is None:
            continue
        model = Recommender.fit(data.ratings, data.movies, device="cpu", seed=seed)
        text += compared(data, model) + "\n"
        if name == EMBEDDED:
            text += to_read(model) + "\n"
    text += f"{machine('torch', 'numpy')}; seed {seed}; {datetime.now(UTC):%Y-%m-%d}.\n"
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "similar.md").write_text(text)
    print(text)


def _options() -> argparse.Namespace:
    parser = command_line.parser("Neighbours of films: series found, and hubness, as Markdown.", seeds=1)
    parser.add_argument("--data", nargs="+", choices=DATASETS, default=[EMBEDDED, "ml-1m"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
