"""Which films the rows of a file mean."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bot.imports.likely import Likely
from bot.imports.rows import Row
from bot.imports.titles import Places, Title, namesakes, title_of
from bot.imports.turns import in_turns
from bot.store.unknown import title_of as told_title
from bot.titles import TitleIndex
from bot.titles.known import films_of
from recommender.filters import FilmTable

MOST = 5  # films among which a member chooses
_NONE: Mapping[int, int] = {}
_BESIDE = 1  # years by which sources differ about a film


def matches(
    rows: Sequence[Row], films: FilmTable, index: TitleIndex | None, aliases: Mapping[int, int] = _NONE
) -> list[tuple[int, ...]]:
    """For each row the ids of the films that it may mean: one if it is found, two to five if that is unclear, best first, none
    if no film is known that it could be.

    An id decides, then the title and the year, then the title and a year beside, if one film alone fits. No row is a film that
    has another IMDb id. index: without it, a title is known only if its words are those of the catalogue. aliases: an id
    that a film was known by -> its id.
    """
    by_id = _ById(films, aliases)
    found: list[list[int]] = [by_id.films(row) for row in in_turns(rows)]
    rest = [at for at, places in enumerate(found) if not places]
    titles = [title_of(rows[at]) for at in in_turns(rest)]
    called = namesakes(films, titles)
    for at, title, namesake in in_turns(zip(rest, titles, called, strict=True)):
        found[at] = _of_year(films, title, namesake)
    if index is not None:
        for places in found:
            places.sort(key=index.share.__getitem__, reverse=True)
        unknown = [place for place, at in enumerate(rest) if not found[at]]
        likely = Likely(films, index).films([titles[place] for place in unknown], [called[place] for place in unknown])
        for place, meant in zip(unknown, likely, strict=True):
            found[rest[place]] = meant
    return [tuple(films.catalogue.ids[places[:MOST]].tolist()) for places in in_turns(found)]


def only_by_title(rows: Sequence[Row], found: Sequence[tuple[int, ...]], films: FilmTable) -> list[int]:
    """The places of rows that are none of these films, by their IMDb ids, though their titles alone would be one: kept by title,
    they would become that film."""
    rest = [at for at, row in enumerate(rows) if row.imdb is not None and not found[at]]
    titles = {
        at: told_title(f"{rows[at].written} ({rows[at].year})" if rows[at].year else rows[at].written) for at in rest
    }
    known = films_of(films, set(titles.values()))
    return [at for at in rest if titles[at] in known]


def _of_year(films: FilmTable, title: Title, places: Places) -> list[int]:
    """The films of the title's year, or else those of a year beside; all, if it has no year."""
    if title.year is None or not len(places):
        return list(places)
    away = np.abs(films.years[places] - title.year)
    same: list[int] = places[away == 0].tolist()
    return same or list(places[away == _BESIDE])


class _ById:
    """Films by the numbers that others have for them."""

    def __init__(self, films: FilmTable, aliases: Mapping[int, int]) -> None:
        self._catalogue, self._aliases = films.catalogue, aliases
        self._by_imdb, self._by_tmdb = _alone(self._catalogue.imdb), _alone(self._catalogue.tmdb)

    def films(self, row: Row) -> list[int]:
        """The place of the film that has one of the row's ids, and no other IMDb id than the row, or none."""
        places = (
            None if row.imdb is None else self._by_imdb.get(row.imdb),
            None if row.tmdb is None else self._by_tmdb.get(row.tmdb),
            None if row.movielens is None else self._catalogue.row(self._aliases.get(row.movielens, row.movielens)),
        )
        return [place for place in places if place is not None and self._may_be(place, row.imdb)][:1]

    def _may_be(self, place: int, imdb: int | None) -> bool:
        return imdb is None or self._catalogue.imdb[place] in (0, imdb)


def _alone(numbers: npt.NDArray[np.int64]) -> dict[int, int]:
    """Number -> the place of the one film that has it."""
    found, first, films = np.unique(numbers, return_index=True, return_counts=True)
    alone = (films == 1) & (found > 0)
    return dict(zip(found[alone].tolist(), first[alone].tolist(), strict=True))
