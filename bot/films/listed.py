"""The list of well-known films from 2017 on that comes with the bot: the built-in ratings end in 2016."""

import csv
from collections.abc import Iterator
from importlib import resources

from bot.films.film import Film
from recommender.datasets.identity import LISTED


def listed_films() -> Iterator[tuple[int, Film]]:
    """The films of recent.tsv with their ids. A film keeps its number there for ever, and nobody gets one that was taken out."""
    lines = (resources.files("bot.films") / "recent.tsv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        yield (
            LISTED + int(row["number"]),
            Film(
                row["title"],
                int(row["year"]),
                others=_several(row["other titles"]),
                minutes=int(row["minutes"]) if row["minutes"] else None,
                genres=_several(row["genres"]),
                language=row["language"] or None,
                fame=1.0,  # all alike: each is well known
            ),
        )


def _several(field: str) -> tuple[str, ...]:
    return tuple(field.split("|")) if field else ()
