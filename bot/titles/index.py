"""Which film a member means: fuzzy matching of typed text against every name in the catalogue.

Character pairs and triples find a few hundred films that share most of what was typed; rapidfuzz then compares only
their names, word by word and as a whole, so that a search stays quick however long the catalogue is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from bot.titles.grams import GramIndex
from bot.titles.series import initials, places
from bot.titles.words import sound, ARTICLES, plain_words, same_words, weight
from recommender.catalogue import Catalogue, Movie

SOUND=True; SW=0.5
ENDS=lambda n:(n,n+1)
Floats = npt.NDArray[np.float32]

_LONGEST_TEXT = 100  # no label is longer
_CANDIDATES = 200  # films that are compared name by name
_SEGMENTS = re.compile(r": | - |/")

# What a match is made of, in points; a perfect one has 100.
_LIKE = 60  # what was typed is in the name
_WHOLE = 10  # the name is in what was typed
_ORDER = 7  # in the same order
_KNOWN = 23  # the film is well known
# The worth of an indirect match beside a direct one.
_BEGINNING = 0.96  # of the last word typed, or of the name
_BEGINNING_OF_EARLIER_WORD = 0.85
_INITIALS = 0.9
_SEGMENT = 0.96  # "A New Hope"
_INSIDE = 0.8  # letters from the middle of a name
_WRONG_NUMBER = 0.7
# How clear a match must be, in points.
_SURE, _AHEAD, _POSSIBLE = 80, 5, 55


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
        """`ratings` is the number of ratings of each film, in the catalogue's order: the better known wins a tie."""
        self._catalogue = catalogue
        self._known = (np.log1p(ratings) / np.log1p(max(ratings.max(initial=0), 1))).astype(np.float32)
        self._best_known = np.argsort(-self._known, kind="stable")
        names = [list(_names(movie)) for movie in catalogue]
        flat = list(chain.from_iterable(names))
        # Columns of plain strings: a garbage collection needn't look at them. Film `row` has first[row]:first[row + 1].
        self._first = np.cumsum([0, *map(len, names)])
        self._words = [name.words for name in flat]
        self._joined = [name.joined for name in flat]
        self._worth = np.array([name.worth for name in flat], np.float32)

        words = [[name.words for name in own] for own in names]
        years = [movie.year for movie in catalogue]
        series = zip(years, places(words, years, ratings), strict=True)
        self._also = [f"{year} {place}" for year, own in series for place in own]
        self._initials = initials(words, ratings)
        self._grams = GramIndex(["\n".join(_lines(name.words, name.joined) for name in own) for own in names])
        shortest = np.array([min(len(name.joined) for name in own) for own in names], np.float32)
        # The gram index knows neither, and both matter where more films than are compared share what was typed.
        self._favour = 0.15 * self._known + 0.3 / (1 + shortest)

    def search(self, text: str, limit: int = 25) -> list[Match]:
        """The films a text, or the beginning of one, may mean, best first; the best known for a text without words."""
        plain = plain_words(text[:_LONGEST_TEXT])
        if not plain or not self._words:
            return [Match(self._catalogue.movies[row], 0.0) for row in self._best_known[:limit]]
        scores = self._scores(same_words(plain), "".join(plain))
        if spelled := self._spelled(same_words(plain)):
            for row, score in self._scores(spelled, "".join(spelled)).items():
                scores[row] = max(score * _INITIALS, scores.get(row, 0.0))
        best = sorted(scores, key=scores.__getitem__, reverse=True)[:limit]
        return [Match(self._catalogue.movies[row], scores[row]) for row in best]

    def resolve(self, text: str) -> Movie | Suggestions:
        """The film with this label, or the one a text must mean, or up to five that it may mean."""
        if movie := self._catalogue.by_label(text.strip()):
            return movie
        best = [match for match in self.search(text, limit=5) if match.score >= _POSSIBLE]
        same = [match for match in best if plain_words(text) in map(plain_words, match.movie.names)]
        ahead = best[:1] and best[0].score >= _SURE and all(best[0].score >= other.score + _AHEAD for other in best[1:])
        if ahead or (len(same) == 1 and same == best[:1]):
            return best[0].movie
        return Suggestions(tuple(match.movie for match in best))

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

        by_word, whole, right_numbers = _word_by_word(words, own, also)
        by_letter, equal = _letter_by_letter(joined, [self._joined[name] for name in picked])
        like = np.maximum(by_word, by_letter) * np.where(right_numbers, 1, _WRONG_NUMBER)
        points = (
            _LIKE
            + _WHOLE * np.maximum(whole, equal)
            + _ORDER * _in_order(" ".join(words), own)
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
        segments = [_name(segment, _SEGMENT) for segment in _SEGMENTS.split(text)]
        if len(segments) > 1:
            yield from (segment for segment in segments if segment.joined and not segment.joined.isdecimal())


def _name(text: str, worth: float = 1.0) -> _Name:
    plain = plain_words(text)
    return _Name(" ".join(same_words(plain)), "".join(plain), worth)


def _lines(words: str, joined: str) -> str:
    """A name for the gram index: the spaces round a word tell its beginning and end; without them "starwars" fits."""
    return f" {words} \n{joined}"


def _word_by_word(words: list[str], names: list[str], also: list[str]) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """For each name: how much of what was typed it has, how much of it was typed, and whether all numbers are in it.

    `also` has each name's year and place in its series, which count as its words when typed but need not be typed.
    """
    ids: dict[str, int] = {}
    texts = [text.split() for pair in zip(names, also, strict=True) for text in pair]
    flat = [ids.setdefault(word, len(ids)) for word in chain.from_iterable(texts)]
    sizes = np.array([len(text) for text in texts])
    starts = (np.cumsum(sizes) - sizes)[::2]
    vocabulary = list(ids)
    alike = np.stack([_alike(word, vocabulary, word is words[-1]) for word in words])[:, flat]
    best = np.maximum.reduceat(alike, starts, axis=1)
    typed = np.array([weight(word) for word in words], np.float32)
    of_name = np.repeat(np.arange(len(sizes)) % 2 == 0, sizes)
    named = np.array([weight(word) for word in vocabulary], np.float32)[flat] * of_name
    whole = np.add.reduceat(named * alike.max(axis=0), starts) / np.maximum(np.add.reduceat(named, starts), 1)
    numbers = best[[word.isdecimal() for word in words]]
    return typed @ best / typed.sum(), np.asarray(whole, np.float32), np.all(numbers == 1, axis=0)


def _alike(word: str, vocabulary: list[str], last: bool) -> Floats:
    """How like each word of the vocabulary is, 0 to 1; numbers are either equal or not."""
    if word.isdecimal():
        return np.array([other == word for other in vocabulary], np.float32)
    beginning = _BEGINNING if last else _BEGINNING_OF_EARLIER_WORD
    alike = np.maximum(_similarity(word, vocabulary), _begins(word, vocabulary) * beginning)
    return np.where(alike > 0.5, alike**1.5, np.float32(0))  # a half is chance


def _letter_by_letter(joined: str, names: list[str]) -> tuple[Floats, Floats]:
    """For each name, all without spaces: how like it or its beginning is, and the same for all of it if nearly equal."""
    all_of_it = _similarity(joined, names)
    beginning = _begins(joined, names) * _BEGINNING
    inside = np.array([_INSIDE if len(joined) > 5 and joined in name else 0.0 for name in names], np.float32)
    like = np.maximum(np.maximum(all_of_it, beginning), inside)
    return like, np.where(all_of_it > 0.8, all_of_it, np.float32(0))


def _in_order(words: str, names: list[str]) -> Floats:
    """For each name how much is in the order typed; whole words at its beginning are nearly as good as all."""
    begins = np.array([0.9 if f"{name} ".startswith(f"{words} ") else 0.0 for name in names], np.float32)
    same = np.asarray(cdist([words], names, scorer=fuzz.ratio)[0] / 100, np.float32)
    return np.maximum(same, begins)


def _begins(text: str, others: Sequence[str]) -> Floats:
    """How like the text is to the beginning of each of the others; a letter may be missing or too many."""
    size = len(text)
    return np.maximum.reduce([_similarity(text, [other[:end] for other in others]) for end in ENDS(size)])


def _similarity(text: str, others: Sequence[str]) -> Floats:
    """How like each of the others is, 0 to 1. Wrong letters count half if the two still sound the same."""
    spelled = _osa(text, others)
    if not SOUND: return spelled
    return np.maximum(spelled, SW*_osa(sound(text), [sound(other) for other in others])+(1-SW)*spelled)


def _osa(text: str, others: Sequence[str]) -> Floats:
    return np.asarray(cdist([text], others, scorer=OSA.normalized_similarity)[0], np.float32)
