"""Which films are found for the rows of a file from elsewhere?  python -m benchmarks.imports

500 titles as Letterboxd and people who keep lists write them: dashes of all widths, no-break and thin spaces, `WALL·E`, original
titles, articles at the end, a year off; and films that the catalogue lacks, some of them with a title or half a title of one that
it has. Each is looked for among the films that come with the bot, and among those and made-up ones with other titles than these:
a made-up film called "Up" is as good as the real one. Seconds are of a processor, for 2,000 rows of which three in ten are of
films that are not known.
"""

import csv
from collections import Counter
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from benchmarks.options import parser
from benchmarks.report import Report
from benchmarks.titles import Ratings, enlarged
from bot.films.shelf import FOLDER
from bot.films.sources import all_films
from bot.imports.matching import matches
from bot.imports.rows import Row
from bot.titles import TitleIndex
from recommender.catalogue import Catalogue
from recommender.datasets import load_movielens
from recommender.filters import FilmTable
from recommender.text import title_key

TITLES = Path(__file__).with_suffix(".tsv")  # title, year, the label of the film or "", in which way they are written
SIZES = (60_000, 300_000)  # films of the larger catalogues
TIMED, NOT_KNOWN = 2_000, 0.3  # rows, and the share of those whose films are not known
OUTCOMES = ("found", "unclear", "not found", "wrong")


def main() -> None:
    options = parser("Which films are found for the rows of a file from elsewhere", 1).parse_args()
    with TITLES.open(encoding="utf-8", newline="") as file:
        titles = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    films, ratings = shipped(options.data_dir)
    with Report("imports", options.results) as report:
        for name, size in {"built in": len(films), **{f"{size:,} films": size for size in SIZES}}.items():
            table, index = catalogue_of(films, ratings, size, titles)
            report.heading(name)
            report.table(["", *OUTCOMES], outcomes(titles, table, index))
            report.table(["", "seconds"], [["2,000 rows", f"{seconds(table, index):.2f}"]])


def shipped(data_dir: Path) -> tuple[pd.DataFrame, Ratings]:
    """The films that come with the bot, and how often each is rated."""
    data = load_movielens("ml-latest-small", data_dir)
    films = all_films(data, data_dir, data_dir / FOLDER).movies()
    counts = data.ratings["movie"].value_counts()
    return films, counts.reindex(films["movie"], fill_value=0).to_numpy(np.int64)


def catalogue_of(
    films: pd.DataFrame, ratings: Ratings, size: int, titles: list[dict[str, str]]
) -> tuple[FilmTable, TitleIndex]:
    """A catalogue of these films and made-up ones, about so many in all; of the made-up ones none has one of the titles."""
    if size > len(films):
        own, (films, ratings) = len(films), enlarged(films, ratings, size)
        taken = {title_key(title["title"]) for title in titles}
        kept = np.array([place < own or title_key(title) not in taken for place, title in enumerate(films["title"])])
        films, ratings = films[kept].reset_index(drop=True), ratings[kept]
    catalogue = Catalogue(films)
    return FilmTable(catalogue), TitleIndex(catalogue, ratings)


def seconds(table: FilmTable, index: TitleIndex) -> float:
    """What the rows of a file take, of films drawn from all; the titles of those that are not known are read backwards."""
    rng = np.random.default_rng(0)
    some = [table.catalogue.movies[place] for place in rng.integers(len(table.catalogue), size=TIMED).tolist()]
    backwards = rng.random(TIMED) < NOT_KNOWN
    rows = [row(film.title[:: -1 if new else 1], film.year) for film, new in zip(some, backwards, strict=True)]
    started = process_time()
    matches(rows, table, index)
    return process_time() - started


def outcomes(titles: list[dict[str, str]], table: FilmTable, index: TitleIndex) -> list[list[str]]:
    """For each way in which titles are written, and for all of films that are known, how many come to what."""
    found = matches([row(title["title"], int(title["year"])) for title in titles], table, index)
    counted: dict[str, Counter[str]] = {"all that are known": Counter()}
    for title, films in zip(titles, found, strict=True):
        outcome = outcome_of(title["film"], [table.catalogue[film].label for film in films])
        counted.setdefault(title["way"], Counter())[outcome] += 1
        if title["film"]:
            counted["all that are known"][outcome] += 1
    return [[way, *(str(own[outcome]) for outcome in OUTCOMES)] for way, own in sorted(counted.items())]


def outcome_of(film: str, found: list[str]) -> str:
    """film: the label of the film that is meant, "" if the catalogue lacks it. found: those of the films that it may be."""
    if len(found) == 1:
        return "found" if found == [film] else "wrong"
    return "unclear" if found else "not found"


def row(title: str, year: int | None) -> Row:
    return Row(1, title, year, "rated", 4.0)


if __name__ == "__main__":
    main()
