"""What rows call their films, and which films are called that."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.imports.rows import Row
from recommender.catalogue import name_and_year, names_of
from recommender.filters import FilmTable
from recommender.text import visible

Places = npt.NDArray[np.int64]  # of films in the catalogue


class Title(NamedTuple):
    """A title as people see it, the names in it, its year, and the IMDb id of its film."""

    whole: str
    names: tuple[str, ...]  # without the year, articles first
    year: int | None
    imdb: int | None


def title_of(row: Row) -> Title:
    """ "Matrix, The (1999)", in a file without a column of years, is "The Matrix" of 1999."""
    whole = visible(row.written)
    name, year = name_and_year(whole)
    return Title(whole, names_of(name), year if row.year is None else row.year, row.imdb)


def namesakes(films: FilmTable, titles: Sequence[Title]) -> list[Places]:
    """For each title the films that have it as it is written, or every one of the names in it, and no other IMDb id."""
    texts = list(dict.fromkeys(text for title in titles for text in (title.whole, *title.names)))
    named = dict(zip(texts, films.named(texts), strict=True))
    imdb = films.catalogue.imdb
    found = []
    for title in titles:
        places = named[title.whole]
        if title.names != (title.whole,):
            places = np.union1d(places, reduce(np.intersect1d, (named[name] for name in title.names)))
        found.append(places if title.imdb is None else places[np.isin(imdb[places], (0, title.imdb))])
    return found
