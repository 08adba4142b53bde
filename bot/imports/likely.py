"""Films that a file writes in another way than the catalogue: numbers, signs and subtitles, and titles with typing errors."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from bot.imports.titles import Places, Title
from bot.imports.turns import in_turns
from bot.titles import TitleIndex
from bot.titles.names import parts
from bot.titles.words import plain_words, same_words
from recommender.catalogue import Movie
from recommender.filters import FilmTable
from recommender.text import ARTICLES, spaced_words

_BESIDE = 1  # years by which sources differ about a film
_ABOUT = 2  # years: a film of the very title may be meant; one further away is another
_LIKE = 75  # percent of their letters that two ways to write a title have in common, at least
_NAMES = 30  # of films that are looked at for a title
_TOGETHER = 256  # titles that are compared with all names of some years at once
_SEARCHED, _FOUND = 100, 5  # titles without a year, which take milliseconds each, and films that are found for one
# Of the ratings of the best known film. One that has so many is also called by a part of its name: "The Empire Strikes Back". Of
# others, a film that is called so may be another one, which the catalogue lacks.
_FAMOUS = 0.5


class _Near(NamedTuple):
    """Films by how much their names are like a title."""

    alike: list[int]  # the most alike first
    next: list[int]  # that are the most alike of the others


class Likely:
    """The films of a catalogue, to be found by titles that none of them has in these words."""

    def __init__(self, films: FilmTable, index: TitleIndex) -> None:
        self._films, self._index = films, index

    def films(self, titles: Sequence[Title], called: Sequence[Places]) -> list[list[int]]:
        """For each title the places of films: one that is surely meant, or two and more that may be, best first, or none.

        called: the films that have the very title, of whatever year.
        """
        found: list[list[int]] = [[] for _ in titles]
        for at, near in in_turns(self._near(titles)):
            found[at] = self._meant(titles[at], called[at].tolist(), near)
        return found

    def _near(self, titles: Sequence[Title]) -> Iterator[tuple[int, _Near]]:
        """The place of each title, and the films of about its year by how much they are like it."""
        by_year: defaultdict[int, list[int]] = defaultdict(list)
        without: list[int] = []
        for at, title in in_turns(enumerate(titles)):
            if plain_words(title.names[0]):
                (without if title.year is None else by_year[title.year]).append(at)
        for at in without[:_SEARCHED]:
            rows = (
                self._films.catalogue.row(match.movie.id) for match in self._index.search(titles[at].names[0], _FOUND)
            )
            yield at, _Near([row for row in rows if row is not None], [])
        for year, own in by_year.items():
            for start in range(0, len(own), _TOGETHER):
                some = own[start : start + _TOGETHER]
                yield from zip(some, self._of_about(year, [titles[at] for at in some]), strict=True)

    def _of_about(self, year: int, titles: Sequence[Title]) -> Iterator[_Near]:
        about = np.flatnonzero(np.abs(self._films.years - year) <= _BESIDE)
        names = self._index.names(about)
        if not len(names.words):
            yield from (_Near([], []) for _ in titles)
            return
        film = np.repeat(about, np.diff(names.first))
        typed = [" ".join(same_words(plain_words(title.names[0]))) for title in titles]
        for like in cdist(typed, names.words, scorer=fuzz.ratio):
            best = np.argpartition(-like, min(_NAMES, len(like)) - 1)[:_NAMES]
            best = best[np.argsort(-like[best], kind="stable")]
            places = list(dict.fromkeys(film[best].tolist()))
            alike = len(set(film[best[like[best] >= _LIKE]].tolist()))
            yield _Near(places[:alike], places[alike : alike + 1])

    def _meant(self, title: Title, called: list[int], near: _Near) -> list[int]:
        """Of the films the one that is surely meant, or those that may be."""
        movies = {place: self._films.catalogue.movies[place] for place in near.alike}
        if title.imdb is not None:
            movies = {place: movie for place, movie in movies.items() if movie.imdb in (None, title.imdb)}
        of_year = [place for place, movie in movies.items() if title.year in (None, movie.year)]
        if same := [place for place in of_year if _is_same(title, movies[place])]:
            return same
        longer = [place for place in of_year if _is_part(title, movies[place])]
        if len(longer) == 1 and not called and (parts(title.names[0]) or self._index.share[longer[0]] >= _FAMOUS):
            return longer
        about = [place for place in called if not abs(self._films.years[place] - (title.year or np.nan)) > _ABOUT]
        texts = {place: f"{title.names[0]} {movie.year or ''}" for place, movie in movies.items()}
        certain = [place for place, movie in movies.items() if self._index.is_certain(movie, texts[place])]
        maybe = list(dict.fromkeys([*about, *longer, *certain]))
        if len(maybe) == 1:  # one alone would be a film that is found
            maybe += [place for place in (*movies, *near.next) if place not in maybe][:1]
        return maybe if len(maybe) > 1 else []


def _is_same(title: Title, movie: Movie) -> bool:
    """Whether the film has every name in the title, but for how numbers are written, signs, and where words end."""
    return set(map(_spelled, title.names)) <= set(map(_spelled, movie.names))


def _is_part(title: Title, movie: Movie) -> bool:
    """Whether a name of the film has all parts of the title, in their order, and more."""
    own = list(map(_spelled, parts(title.names[0]) or title.names[:1]))
    for name in movie.names:
        left = map(_spelled, parts(name) if "/" not in name else ())  # "Face" is another film than "Face/Off"
        if all(part in left for part in own):
            return True
    return False


def _spelled(name: str) -> tuple[str, str]:
    """A name as it is compared here: its article, and the rest as one word. A number alone stays: "Nine" is not "9"."""
    plain = plain_words(name)
    same = same_words(plain)
    first, *rest = spaced_words(name).split() or [""]
    is_number = all(map(str.isdecimal, same))
    return first if rest and first in ARTICLES else "", "".join(plain if is_number else same)
