"""Which film a member means: fuzzy matching of typed text against every name in the catalogue.

Character pairs and triples find a few hundred films that share most of what was typed; rapidfuzz then compares only
their names, word by word and as a whole, so that a search stays quick however long the catalogue is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.titles.certain import films_with, is_named, lacks
from bot.titles.fit import fits
from bot.titles.grams import GramIndex
from bot.titles.likeness import in_order, letter_by_letter, word_by_word
from bot.titles.series import initials, places
from bot.titles.words import plain_words, same_words
from recommender.catalogue import Catalogue, Movie
from recommender.text import ARTICLES, visible

Floats = npt.NDArray[np.float32]

_LONGEST_TEXT = 100  # no label is longer
_CANDIDATES = 200  # films that are compared name by name
_BEGUN_ENDING = re.compile(r"\(\d?$|\[\d*\]?$")  # of a label: its year, of which one digit tells nothing, or its number
_SEGMENTS = re.compile(r": | - |/")

# What a match is made of, in points; a perfect one has 100.
_LIKE = 58  # what was typed is in the name
_WHOLE = 10  # the name is in what was typed
_ORDER = 10  # in the same order
_KNOWN = 22  # the film is well known
# The worth of an indirect match beside a direct one.
_INITIALS = 0.9
_SEGMENT = 0.96  # "A New Hope"
_WRONG_NUMBER = 0.75
# How clear a match must be, in points.
_POSSIBLE = 52
_LIKELY = 46  # enough to look whether a film fits what was typed so far
_LOOKED_AT = 60  # films of which it is looked at
_SURE = 88  # with half of its lead
_AHEAD = 6
_NAMED_AHEAD = 3  # for a film whose very name was typed
_HARDLY_KNOWN = 0.2  # on the scale of _KNOWN: one or two ratings where the best known film has hundreds
_INITIALS_LENGTH = 3  # letters: "Us" is not The Usual Suspects


@dataclass(frozen=True, slots=True)
class Match:
    """A film and how well it fits what was typed, 0 to 100."""

    movie: Movie
    score: float


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The films a text may have meant, best first; none if nothing is like it."""

    movies: tuple[Movie, ...]


class _Name(NamedTuple):
    words: str  # in one spelling, separated by spaces
    joined: str  # as written, without spaces
    worth: float = 1.0


class TitleIndex:
    """The names of all films, ready to be searched."""

    def __init__(self, catalogue: Catalogue, ratings: npt.NDArray[np.int64]) -> None:
        """`ratings` is the number of ratings of each film, in the catalogue's order: a well-known film is likelier meant."""
        self._catalogue = catalogue
        self._known = (np.log1p(ratings) / np.log1p(max(ratings.max(initial=0), 1))).astype(np.float32)
        self._share = ratings / max(ratings.max(initial=0), 1)
        self._best_known = np.argsort(-self._known, kind="stable")
        names = [list(_names(movie)) for movie in catalogue]
        flat = list(chain.from_iterable(names))
        # Lists of plain strings, which the garbage collector does not scan. Film `row` has the names first[row]:first[row + 1].
        self._first = np.cumsum([0, *map(len, names)])
        self._words = [name.words for name in flat]
        self._joined = [name.joined for name in flat]
        self._worth = np.array([name.worth for name in flat], np.float32)

        words = [[name.words for name in own] for own in names]
        self._films_with = films_with(words)
        years = [movie.year for movie in catalogue]
        series = zip(years, places(words, years, ratings), strict=True)
        self._also = [f"{year} {place}" for year, own in series for place in own]
        self._initials = initials(words, ratings)
        self._grams = GramIndex(["\n".join(_lines(name.words, name.joined) for name in own) for own in names])
        shortest = np.array([min(len(name.joined) for name in own) for own in names], np.float32)
        # Known films and short names first, where more films share what was typed than can be compared.
        self._favour = 0.15 * self._known + 0.3 / (1 + shortest)

    def search(self, text: str, limit: int = 25) -> list[Match]:
        """The films a text, or the beginning of one, may mean, best first; the best known for a text without words."""
        plain = plain_words(visible(text)[:_LONGEST_TEXT])
        if not plain or not self._words:
            return [Match(movie, 0.0) for movie in islice(self.best_known(), limit)]
        scores = self._scores(same_words(plain), "".join(plain))
        if spelled := self._spelled(same_words(plain)):
            for row, score in self._scores(spelled, "".join(spelled)).items():
                scores[row] = max(score * _INITIALS, scores.get(row, 0.0))
        best = sorted(scores, key=scores.__getitem__, reverse=True)[:limit]
        return [Match(self._catalogue.movies[row], scores[row]) for row in best]

    def fitting(self, text: str, limit: int = 25) -> list[Movie]:
        """The films that what was typed so far fits, best first; none for a text without words."""
        text = _BEGUN_ENDING.sub("", visible(text)[:_LONGEST_TEXT])
        plain = plain_words(text)
        if not plain:
            return []
        typed = same_words(plain)
        meant = [words for words in (typed, self._spelled(typed)) if words]
        likely = (match.movie for match in self.search(text, _LOOKED_AT) if match.score >= _LIKELY)
        return list(islice((movie for movie in likely if self._fits(movie, meant, "".join(plain))), limit))

    def _fits(self, movie: Movie, meant: list[list[str]], joined: str) -> bool:
        """Whether one of the ways to read what was typed fits the film."""
        own = self._own(movie)
        names = list(zip(self._words[own], self._joined[own], strict=True))
        numbers = {number for also in self._also[own] for number in also.split()}
        return any(fits(words, joined, names, numbers) for words in meant)

    def _own(self, movie: Movie) -> slice:
        """Where a film's names are."""
        row = self._catalogue.row(movie.id)
        assert row is not None
        return slice(self._first[row], self._first[row + 1])

    def best_known(self) -> Iterator[Movie]:
        """All films, the best known first."""
        return (self._catalogue.movies[row] for row in self._best_known)

    def resolve(self, text: str) -> Movie | Suggestions:
        """The film with this label, or the one a text must mean, or up to five that it may mean."""
        if movie := self._catalogue.by_label(text):
            return movie
        found = self.search(text, limit=5)
        typed = "".join(plain_words(text))
        if found and (_is_named(found, typed) or _is_sure(found)):
            movie, *others = (match.movie for match in found)
            if self._is_certain(movie, text) and not lacks(movie, text, others):
                return movie
        return Suggestions(tuple(match.movie for match in found if match.score >= _POSSIBLE))

    def _is_certain(self, movie: Movie, text: str) -> bool:
        """Whether all of the text names the film."""
        row = self._catalogue.row(movie.id)
        assert row is not None
        typed = same_words(plain_words(text))
        if self._known[row] < _HARDLY_KNOWN and str(movie.year) not in typed:
            return False
        typed = [word for word in typed if word != str(movie.year)] or typed
        own = self._own(movie)
        names = self._words[own]
        places = {word for also in self._also[own] for word in also.split()[1:]}  # the first is the year
        telling = len("".join(typed)) >= _INITIALS_LENGTH or any(map(str.isdecimal, typed))
        meant = (typed, self._spelled(typed) if telling else [])
        share = float(self._share[row])
        return any(words and is_named(words, names, places, share, self._films_with) for words in meant)

    def _spelled(self, words: list[str]) -> list[str]:
        """The words with initials spelled out, or none if there are no initials."""
        if whole := self._initials.get("".join(words)):
            return whole.split()
        spelled = [part for word in words for part in self._initials.get(word, word).split()]
        return spelled if spelled != words else []

    def _scores(self, words: list[str], joined: str) -> dict[int, float]:
        rows = self._candidates(" ".join(words), joined)
        firsts, counts = self._first[rows], self._first[rows + 1] - self._first[rows]
        names = np.repeat(firsts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        picked = names.tolist()
        own, also = [self._words[name] for name in picked], [self._also[name] for name in picked]

        by_word, whole, right_numbers = word_by_word(words, own, also)
        by_letter, equal = letter_by_letter(joined, [self._joined[name] for name in picked])
        like = np.maximum(by_word, by_letter) * np.where(right_numbers, 1, _WRONG_NUMBER)
        points = (
            _LIKE
            + _WHOLE * np.maximum(whole, equal)
            + _ORDER * in_order(" ".join(words), own)
            + _KNOWN * np.repeat(self._known[rows], counts)
        )
        best = np.maximum.reduceat(like * self._worth[names] * points, np.cumsum(counts) - counts)
        return dict(zip(rows.tolist(), best.tolist(), strict=True))

    def _candidates(self, words: str, joined: str) -> npt.NDArray[np.intp]:
        shared = self._grams.shared(_lines(words, joined)) + self._favour
        count = min(_CANDIDATES, len(shared))
        return np.argpartition(shared, len(shared) - count)[len(shared) - count :]


def _names(movie: Movie) -> Iterator[_Name]:
    for text in movie.names:
        name = _name(text)
        yield name
        article, _, rest = text.lower().partition(" ")
        if article in ARTICLES and rest:
            yield _Name(f"{article} {name.words}", article + name.joined)
        segments = _SEGMENTS.split(text)
        for segment in segments if len(segments) > 1 else ():
            part = _name(segment, _SEGMENT)
            if part.joined and not part.joined.isdecimal():
                yield part


def _name(text: str, worth: float = 1.0) -> _Name:
    plain = plain_words(text)
    return _Name(" ".join(same_words(plain)), "".join(plain), worth)


def _lines(words: str, joined: str) -> str:
    """A name for the gram index: the spaces round a word tell its beginning and end; without them "starwars" fits."""
    return f" {words} \n{joined}"


def _is_sure(found: list[Match]) -> bool:
    lead = _lead(found)
    return lead >= _AHEAD and found[0].score + lead / 2 >= _SURE


def _is_named(found: list[Match], joined: str) -> bool:
    names = ("".join(plain_words(name)) for name in found[0].movie.names)
    return _lead(found) >= _NAMED_AHEAD and joined in names


def _lead(found: list[Match]) -> float:
    """How far the best match is ahead of the next, in points."""
    return found[0].score - max((match.score for match in found[1:]), default=0.0)
