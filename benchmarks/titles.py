"""How quickly and how well typed titles are found: `python -m benchmarks.titles`.

Speed: a catalogue of 90,000 films, the shipped ones and made-up ones, each query typed letter by letter as an
autocomplete sees it; beside it one rapidfuzz scorer over every title, the usual way. Quality: the tests' query list
over the shipped films.
"""

import csv
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import fuzz, process, utils

from benchmarks.report import Report
from bot.titles import TitleIndex
from recommender.catalogue import Catalogue
from recommender.datasets import load_movielens

TITLES = 90_000
QUERIES = Path(__file__).parent.parent / "tests" / "bot" / "title_queries.csv"
TYPED_OUT = 120  # queries typed letter by letter
PEER_EVERY = 40  # the peer is slow: every 40th of these texts

Ratings = npt.NDArray[np.int64]


def main() -> None:
    with QUERIES.open(newline="") as file:
        queries = list(csv.DictReader(file))
    films, ratings = shipped()
    first, five = quality(TitleIndex(Catalogue(films), ratings), queries)

    films, many = enlarged(films, ratings, TITLES)
    catalogue = Catalogue(films)
    start = perf_counter()
    index = TitleIndex(catalogue, many)
    build = perf_counter() - start

    texts = [query["query"][:end] for query in queries[:TYPED_OUT] for end in range(1, len(query["query"]) + 1)]
    own = milliseconds(index.search, texts)
    titles = [utils.default_process(movie.title) for movie in catalogue]
    peer = milliseconds(
        lambda text: process.extract(utils.default_process(text), titles, scorer=fuzz.WRatio, limit=25),
        texts[::PEER_EVERY],
    )

    rows = ("Marquee", own), ("rapidfuzz WRatio over all titles", peer), ("ratio", peer / own)
    with Report("titles") as report:
        report.ran_with("rapidfuzz", version("rapidfuzz"))
        report.heading(f"{len(catalogue):,} titles, {len(texts):,} texts; index built in {build:.1f} s")
        report.table(["", "p50, ms", "p99, ms"], [[name, *(f"{time:.1f}" for time in times)] for name, times in rows])
        report.line(f"{len(queries)} queries: {first:.1%} right at first place, {five:.1%} in the first five")


def shipped() -> tuple[pd.DataFrame, Ratings]:
    data = load_movielens("ml-latest-small")
    counts = data.ratings["movie"].value_counts()
    return data.movies, counts.reindex(data.movies["movie"], fill_value=0).to_numpy(np.int64)


def enlarged(films: pd.DataFrame, ratings: Ratings, titles: int) -> tuple[pd.DataFrame, Ratings]:
    """So many films: these, and made-up ones with words drawn from all titles, as many as a real title has, and few ratings."""
    rng = np.random.default_rng(0)
    words = films["title"].str.split()
    number = titles - len(films)
    lengths = rng.choice(words.str.len().to_numpy(), number)
    drawn = np.split(rng.choice(np.concatenate(words.to_list()), lengths.sum()), np.cumsum(lengths)[:-1])
    made_up = pd.DataFrame(
        {
            "movie": films["movie"].max() + 1 + np.arange(number),
            "title": [" ".join(title) for title in drawn],
            "year": rng.integers(1920, 2025, number),
        }
    )
    # As in the large MovieLens sets: the best known have a hundred thousand, half of the rest fewer than ten.
    few = np.exp(rng.normal(1.8, 1.8, number)).astype(np.int64)
    return pd.concat([films, made_up], ignore_index=True), np.concatenate([ratings * 300, few])


def quality(index: TitleIndex, queries: list[dict[str, str]]) -> tuple[float, float]:
    """The share of queries whose film is first, and among the first five."""
    found = [[match.movie.label for match in index.search(query["query"], 5)] for query in queries]
    first = [labels[0] == query["label"] for labels, query in zip(found, queries, strict=True)]
    five = [query["label"] in labels for labels, query in zip(found, queries, strict=True)]
    return float(np.mean(first)), float(np.mean(five))


def milliseconds(search: Callable[[str], object], texts: Iterable[str]) -> npt.NDArray[np.float64]:
    """The median and the 99th percentile of the time one call takes."""
    times = []
    for text in texts:
        start = perf_counter()
        search(text)
        times.append(perf_counter() - start)
    return np.percentile(times, [50, 99]) * 1000


if __name__ == "__main__":
    main()
