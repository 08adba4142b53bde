"""Which film a member means: fuzzy matching of typed text against every name in the catalogue.

Character pairs and triples find a few hundred films that share most of what was typed; rapidfuzz then compares only
their names, word by word and as a whole, so that a search stays quick however long the catalogue is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bot.titles.certain import is_named, lacks
from bot.titles.fit import fits
from bot.titles.grams import GramIndex
from bot.titles.likeness import in_order, letter_by_letter, word_by_word
from bot.titles.names import Names, NameTable
from bot.titles.series import heard_of, initials, places
from bot.titles.words import plain_words, same_words
from recommender.catalogue import Catalogue, Movie
from recommender.text import visible

Floats = npt.NDArray[np.float32]

_LONGEST_TEXT = 100  # no label is longer
_CANDIDATES = 200  # films that are compared name by name
_BEGUN_ENDING = re.compile(r"\(\d?$|\[\d*\]?$")  # of a label: its year, of which one digit tells nothing, or its number

# What a match is made of, in points; a perfect one has 100.
_LIKE = 58  # what was typed is in the name
_WHOLE = 10  # the name is in what was typed
_ORDER = 10  # in the same order
_KNOWN = 22  # the film is well known
# The worth of an indirect match beside a direct one.
_INITIALS = 0.9
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


class TitleIndex:
    """The names of all films, ready to be searched."""

    def __init__(self, catalogue: Catalogue, ratings: npt.NDArray[np.int64], before: TitleIndex | None = None) -> None:
        """ratings: of each film how many, in the catalogue's order: a well-known film is likelier meant.

        before: an earlier index. What it knows of films that are the same is taken over, which is quicker and the same else.
        """
        self._catalogue = catalogue
        most = max(ratings.max(initial=0), 1)
        self._known = (np.log1p(ratings) / np.log1p(most)).astype(np.float32)
        # (films,) the ratings of each in those of the best known film, in the catalogue's order
        self.share: npt.NDArray[np.float64] = ratings / most
        self._best_known = np.argsort(-self._known, kind="stable").astype(np.int32)
        if before is None:
            self._names = NameTable.of(catalogue.names)
            self._grams = GramIndex.of(map(_texts, self._names.some()))
        else:
            kept = catalogue.kept(before._catalogue)
            new = NameTable.of(catalogue.names.take(pa.array(kept.new)))
            self._names = before._names.changed(kept, new)
            self._grams = before._grams.changed(kept, GramIndex.of(map(_texts, new.some())))
        # Known films and short names first, where more films share what was typed than can be compared.
        self._favour = 0.15 * self._known + 0.3 / (1 + self._names.shortest())

        rows = heard_of(ratings)
        self._heard_of = np.stack([catalogue.ids[rows], ratings[rows]])
        if before is not None and np.array_equal(self._heard_of, before._heard_of) and (kept.rows[rows] >= 0).all():
            self._places: dict[int, list[str]] = before._places
            self._initials: dict[str, str] = before._initials
        else:
            names = self._names.at(rows)
            words = [names.words[own] for own in names.by_film()]
            years = [int(year) or None for year in np.nan_to_num(catalogue.years[rows])]
            found = zip(catalogue.ids[rows].tolist(), places(words, years, ratings[rows]), strict=True)
            self._places = {movie: own for movie, own in found if any(own)}  # of each name of the films in series
            self._initials = initials(words, ratings[rows])

    def search(self, text: str, limit: int = 25) -> list[Match]:
        """The films a text, or the beginning of one, may mean, best first; the best known for a text without words."""
        movies = self._catalogue.movies
        return [Match(movies[row], score) for row, score in self._found(text, limit)]

    def _found(self, text: str, limit: int) -> list[tuple[int, float]]:
        """The rows and scores of `search`."""
        plain = plain_words(visible(text)[:_LONGEST_TEXT])
        if not plain or not len(self._names):
            return [(int(row), 0.0) for row in self._best_known[:limit]]
        scores = self._scores(same_words(plain), "".join(plain))
        if spelled := self._spelled(same_words(plain)):
            for row, score in self._scores(spelled, "".join(spelled)).items():
                scores[row] = max(score * _INITIALS, scores.get(row, 0.0))
        best = sorted(scores, key=scores.__getitem__, reverse=True)[:limit]
        return [(row, scores[row]) for row in best]

    def fitting(self, text: str, limit: int = 25) -> list[Movie]:
        """The films that what was typed so far fits, best first; none for a text without words."""
        text = _BEGUN_ENDING.sub("", visible(text)[:_LONGEST_TEXT])
        plain = plain_words(text)
        if not plain:
            return []
        typed = same_words(plain)
        meant = [words for words in (typed, self._spelled(typed)) if words]
        likely = np.array([row for row, score in self._found(text, _LOOKED_AT) if score >= _LIKELY], np.int32)
        names = self._names.at(likely)
        also = self._also(likely, names)
        fitting = (
            row
            for row, own in zip(likely.tolist(), names.by_film(), strict=True)
            if _fits(meant, "".join(plain), list(zip(names.words[own], names.joined[own], strict=True)), also[own])
        )
        return [self._catalogue.movies[row] for row in islice(fitting, limit)]

    def _also(self, rows: npt.NDArray[np.integer], names: Names) -> list[str]:
        """For each of the names of films what counts as its words, too: the year, and its places in its series."""
        years = [str(int(year)) if year else "" for year in np.nan_to_num(self._catalogue.years[rows]).tolist()]
        films = zip(self._catalogue.ids[rows].tolist(), years, np.diff(names.first).tolist(), strict=True)
        found: list[str] = []
        for movie, year, count in films:
            places = self._places.get(movie)
            found += [year] * count if places is None else [f"{year} {place}" for place in places]
        return found

    def best_known(self) -> Iterator[Movie]:
        """All films, the best known first."""
        return (self._catalogue.movies[row] for row in self._best_known.tolist())

    def resolve(self, text: str) -> Movie | Suggestions:
        """The film with this label, or the one a text must mean, or up to five that it may mean."""
        if movie := self._catalogue.by_label(text):
            return movie
        found = self.search(text, limit=5)
        typed = "".join(plain_words(text))
        if found and (_is_named(found, typed) or _is_sure(found)):
            movie, *others = (match.movie for match in found)
            if self.is_certain(movie, text) and not lacks(movie, text, others):
                return movie
        return Suggestions(tuple(match.movie for match in found if match.score >= _POSSIBLE))

    def names(self, rows: npt.NDArray[np.integer]) -> Names:
        """The names of the films in these rows of the catalogue, whole and in parts."""
        return self._names.at(rows)

    def is_certain(self, movie: Movie, text: str) -> bool:
        """Whether all of the text, which may end in the film's year, names the film; typing errors allowed."""
        row = self._catalogue.row(movie.id)
        assert row is not None
        typed = same_words(plain_words(text))
        if self._known[row] < _HARDLY_KNOWN and str(movie.year) not in typed:
            return False
        typed = [word for word in typed if word != str(movie.year)] or typed
        names = self._names.at(np.array([row])).words
        places = {word for own in self._places.get(movie.id, ()) for word in own.split()}
        telling = len("".join(typed)) >= _INITIALS_LENGTH or any(map(str.isdecimal, typed))
        meant = (typed, self._spelled(typed) if telling else [])
        share = float(self.share[row])
        return any(words and is_named(words, names, places, share, self._is_alone) for words in meant)

    def _is_alone(self, word: str) -> bool:
        """Whether one film alone has the word in its names."""
        names = self._names.at(self._grams.having(f" {word} "))
        return sum(any(word in name.split() for name in names.words[own]) for own in names.by_film()) == 1

    def _spelled(self, words: list[str]) -> list[str]:
        """The words with initials spelled out, or none if there are no initials."""
        if whole := self._initials.get("".join(words)):
            return whole.split()
        spelled = [part for word in words for part in self._initials.get(word, word).split()]
        return spelled if spelled != words else []

    def _scores(self, words: list[str], joined: str) -> dict[int, float]:
        rows = self._candidates(" ".join(words), joined)
        names = self._names.at(rows)
        counts = np.diff(names.first)
        by_word, whole, right_numbers = word_by_word(words, names.words, self._also(rows, names))
        by_letter, equal = letter_by_letter(joined, names.joined)
        like = np.maximum(by_word, by_letter) * np.where(right_numbers, 1, _WRONG_NUMBER)
        points = (
            _LIKE
            + _WHOLE * np.maximum(whole, equal)
            + _ORDER * in_order(" ".join(words), names.words)
            + _KNOWN * np.repeat(self._known[rows], counts)
        )
        best = np.maximum.reduceat(like * names.worth * points, names.first[:-1])
        return dict(zip(rows.tolist(), best.tolist(), strict=True))

    def _candidates(self, words: str, joined: str) -> npt.NDArray[np.intp]:
        shared = self._grams.shared(_lines(words, joined)) + self._favour
        count = min(_CANDIDATES, len(shared))
        return np.argpartition(shared, len(shared) - count)[len(shared) - count :]


def _fits(meant: list[list[str]], joined: str, names: list[tuple[str, str]], also: list[str]) -> bool:
    """Whether one of the ways to read what was typed fits a film."""
    numbers = {number for own in also for number in own.split()}
    return any(fits(words, joined, names, numbers) for words in meant)


def _texts(names: Names) -> list[str]:
    """The films for the gram index."""
    lines = list(map(_lines, names.words, names.joined))
    return ["\n".join(lines[own]) for own in names.by_film()]


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
