"""What people would expect to find beside a film: its series (series.csv), and its neighbours (neighbours.csv). Both were made by
hand and stand as the built-in set spells them. One half of each was for choosing Marquee's weights, the other is reported."""

import csv
import re
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from recommender import Catalogue
from recommender.text import spaced_words

SERIES, NEIGHBOURS = (Path(__file__).parent / name for name in ("series.csv", "neighbours.csv"))
_LABEL = re.compile(r"(?P<title>.+) \((?P<year>\d{4})\)")


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
    rows = _rows(catalogue)
    places = {film: _place(rows, film.titles, film.year) for film in films}
    return {film: row for film, row in places.items() if row is not None}


def for_tuning(name: str) -> bool:
    """Whether a series or a film is of the half that Marquee's weights were chosen on: by a fixed hash of its name."""
    return zlib.crc32(name.encode()) % 2 == 0


def siblings(catalogue: Catalogue) -> dict[int, tuple[str, set[int]]]:
    """Row of a film -> its series, and the rows of the others in it; only films that have others."""
    series: defaultdict[str, set[int]] = defaultdict(set)
    for film, row in found(listed(), catalogue).items():
        series[film.series].add(row)
    return {row: (name, rows - {row}) for name, rows in series.items() for row in rows if len(rows) > 1}


def neighbours(catalogue: Catalogue) -> dict[int, tuple[str, set[int]]]:
    """Row of a film of neighbours.csv -> its label there, and the rows of those of its neighbours that the catalogue has; only
    films that have some."""
    rows = _rows(catalogue)
    wanted = {}
    with NEIGHBOURS.open(newline="") as file:
        for line in csv.DictReader(file):
            film, *others = (_labelled(rows, label) for label in (line["film"], *line["neighbours"].split("|")))
            there = {row for row in others if row is not None}
            if film is not None and there:
                wanted[film] = line["film"], there
    return wanted


def _rows(catalogue: Catalogue) -> dict[tuple[str, int | None], int]:
    return {(spaced_words(name), movie.year): row for row, movie in enumerate(catalogue.movies) for name in movie.names}


def _labelled(rows: dict[tuple[str, int | None], int], label: str) -> int | None:
    parts = _LABEL.fullmatch(label)
    assert parts is not None, label
    return _place(rows, (parts["title"],), int(parts["year"]))


def _place(rows: dict[tuple[str, int | None], int], titles: tuple[str, ...], year: int) -> int | None:
    keys = [(spaced_words(title), year + off) for off in (0, 1, -1) for title in titles]
    return next((rows[key] for key in keys if key in rows), None)
