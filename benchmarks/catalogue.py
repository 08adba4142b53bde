"""What does it take to hold very many films and to find them by typing?  python -m benchmarks.catalogue

The shipped films and made-up ones; of these most have no rating, half have another title, and many a word that no other film
has. For each number of films a process of its own builds the catalogue, the film table and the title index, is asked, and
builds them once more with one film more. Memory is beside the frame of the films, as it is read from a file; the peak has what
is freed again, too.
"""

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np
import pandas as pd

from benchmarks.report import Report
from benchmarks.titles import Ratings, enlarged, shipped
from bot.serving import give_back_memory
from bot.titles import TitleIndex
from recommender.catalogue import Catalogue
from recommender.datasets.identity import TYPED
from recommender.filters import FilmTable

SIZES = (60_000, 300_000)
RATED = 60_000  # films; nobody rated the others
OTHER_TITLES, NEW_WORDS = 0.5, 0.3  # shares of the made-up films
LANGUAGES = ("en", "fr", "ja", "es", "hi")
TYPED_TITLES = 300
ADDED = "Zorblax: The Return of the Clockmaker"
Built = TypeVar("Built")
Figures = dict[str, str]
Times = dict[str, list[str]]


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(_measured(Path(sys.argv[1]))))
        return
    found: list[tuple[Figures, Times]] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            films, ratings = made_up(size)
            films.assign(ratings=ratings).to_parquet(Path(folder) / "films.parquet")
            command = [sys.executable, "-m", "benchmarks.catalogue", folder]
            found.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
    with Report("catalogue") as report:
        report.heading("To hold them")
        held = [figures for figures, _ in found]
        report.table(["", *map(_films, SIZES)], [[name, *(own[name] for own in held)] for name in held[0]])
        report.heading("To find one, ms")
        head = [f"{quantile}, {_films(size)}" for size in SIZES for quantile in ("p50", "p99", "longest")]
        times = [times for _, times in found]
        report.table(["", *head], [[name, *(time for own in times for time in own[name])] for name in times[0]])


def _films(size: int) -> str:
    return f"{size:,} films"


def made_up(size: int) -> tuple[pd.DataFrame, Ratings]:
    """So many films, with all that is told of them, and how often each is rated."""
    own, counts = shipped()
    films, ratings = enlarged(own, counts, size)
    ratings[RATED:] = 0
    rng = np.random.default_rng(1)
    made = size - len(own)
    titles = films["title"].to_numpy(object)[len(own) :]
    titles = titles + np.where(rng.random(made) < NEW_WORDS, [f" {word}" for word in _words(rng, made)], "")
    others = [f"{word} {title}" for word, title in zip(_words(rng, made), rng.permutation(titles), strict=True)]
    has_other = rng.random(made) < OTHER_TITLES
    return films.assign(
        title=[*own["title"], *titles],
        genres=[*own["genres"], *rng.choice(own["genres"].to_numpy(object), made)],
        others=pd.Series(
            [""] * len(own) + [other if has else "" for other, has in zip(others, has_other, strict=True)]
        ),
        minutes=rng.integers(60, 180, size),
        language=rng.choice(LANGUAGES, size),
    ), ratings


def _words(rng: np.random.Generator, number: int) -> list[str]:
    """Words that nobody knows."""
    letters = rng.choice(list("aeioulnrstbdmk"), (number, 7))
    return ["".join(word).capitalize() for word in letters]


def _measured(folder: Path) -> tuple[Figures, Times]:
    films = pd.read_parquet(folder / "films.parquet")
    ratings = films.pop("ratings").to_numpy(np.int64)
    before = _megabytes("VmRSS")
    seconds: dict[str, float] = {}
    catalogue = _timed(seconds, "catalogue", lambda: Catalogue(films))
    table = _timed(seconds, "film table", lambda: FilmTable(catalogue))
    index = _timed(seconds, "title index", lambda: TitleIndex(catalogue, ratings))
    built = sum(seconds.values())
    give_back_memory()
    held, peak = _megabytes("VmRSS") - before, _megabytes("VmHWM") - before
    asked = _asked(catalogue, index)

    more = pd.concat([films, pd.DataFrame({"movie": [TYPED], "title": [ADDED], "year": [2026]})], ignore_index=True)
    started = perf_counter()
    grown = Catalogue(more, before=catalogue)
    FilmTable(grown, before=table)
    TitleIndex(grown, np.append(ratings, 0), before=index)
    return {
        **{f"{name}, s": f"{time:.2f}" for name, time in seconds.items()},
        "all of it, s": f"{built:.2f}",
        "the same with one film more, s": f"{perf_counter() - started:.2f}",
        "memory, MB": f"{held:.0f}",
        "memory at its peak, MB": f"{peak:.0f}",
    }, asked


def _timed(seconds: dict[str, float], name: str, build: Callable[[], Built]) -> Built:
    gc.collect()
    started = perf_counter()
    built = build()
    seconds[name] = perf_counter() - started
    return built


def _asked(catalogue: Catalogue, index: TitleIndex) -> Times:
    """The times of answers to titles: well-known ones and any others."""
    rng = np.random.default_rng(2)
    rows = rng.integers(len(catalogue), size=TYPED_TITLES // 2)
    films = [catalogue.movies[row] for row in rows.tolist()] + [
        match.movie for match in index.search("", TYPED_TITLES // 2)
    ]
    titles = [film.title for film in films]
    begun = [title[:end] for title in titles[::5] for end in range(1, len(title) + 1)]
    misspelled = [title[:at] + title[at + 1 :] for title in titles for at in [int(rng.integers(len(title)))]]
    labels = [film.label for film in films]
    return {
        "offers for a title, whole": _milliseconds(index.fitting, titles),
        "offers for a title, letter by letter": _milliseconds(index.fitting, begun),
        "offers for a title, one letter less": _milliseconds(index.fitting, misspelled),
        "the film of a title": _milliseconds(index.resolve, titles),
        "the film of a label": _milliseconds(index.resolve, labels),
    }


def _milliseconds(answer: Callable[[str], object], texts: Iterable[str]) -> list[str]:
    times = []
    for text in texts:
        started = perf_counter()
        answer(text)
        times.append(perf_counter() - started)
    return [f"{time * 1000:.1f}" for time in np.quantile(times, [0.5, 0.99, 1])]


def _megabytes(name: str) -> float:
    """Of this process: VmRSS, what it has now, or VmHWM, the most that it had. Linux only."""
    return int(Path("/proc/self/status").read_text().partition(f"{name}:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
