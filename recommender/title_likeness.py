"""How alike titles are: "Alien" and "Aliens", or "First Blood" and "Rambo: First Blood Part II", nearly one."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from math import hypot, log

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.text import ARTICLES, PART_WORDS, singular, spaced_words

# A subtitle tells the parts of a series apart more often than it joins them.
SUBTITLE_WEIGHT = 0.5
# Which word comes first, which follows which, and what the whole of a title or subtitle is, count as words of their own, with
# this weight: a series has its name in front, or one of several words. One word that two titles share tells less.
PHRASE_WEIGHT = 0.7
# No words in a row: "Requiem for" makes no series of "Requiem for a Dream" and "Requiem for a Heavyweight".
_LINKS = frozenset(["of", "for", "in", "on", "to", "from", "with", "and", "at", "by"])
_PART_WORDS = frozenset([*PART_WORDS, "pt", "vol"])  # "ch" may be a name: "Bienvenue chez les Ch'tis"
_NUMBER = re.compile(r"\d+|(?=[ivx])x{0,2}(?:ix|iv|v?i{0,3})")
_SUBTITLE = re.compile(": | - ")
FIRST, WHOLE = "…", "."  # end the phrases of which they say what they are


class TitleLikeness:
    """The words and phrases of all titles as TF-IDF vectors (Salton and Buckley 1988), so that a rare word in common counts
    for more than "love"."""

    def __init__(self, catalogue: Catalogue) -> None:
        titles = [_words(movie.names) for movie in catalogue]
        films = Counter(word for title in titles for word in title)
        number = {word: place for place, word in enumerate(word for word, times in films.items() if times > 1)}
        self._films, self._count = len(titles), len(number)
        rows, words, weights = array("i"), array("i"), array("f")
        for row, title in enumerate(titles):
            own = {word: weight * log(len(titles) / films[word]) for word, weight in title.items()}
            length = max(hypot(*own.values()), 1e-12)
            for word in filter(number.__contains__, own):
                rows.append(row)
                words.append(number[word])
                weights.append(own[word] / length)
        self._phrases = np.array([" " in word or word.endswith(WHOLE) for word in number], dtype=float)
        # Film i has the places _of_film[i] to _of_film[i + 1]; word w those of _by_word[_of_word[w] : _of_word[w + 1]].
        self._rows, self._words, self._weights = np.array(rows), np.array(words), np.array(weights)
        self._of_film = np.searchsorted(self._rows, np.arange(self._films + 1, dtype=np.int32))
        self._by_word = np.argsort(self._words, kind="stable").astype(np.int32)
        self._of_word = np.searchsorted(self._words[self._by_word], np.arange(self._count + 1, dtype=np.int32))
        numbers: dict[str, int] = {}
        plain = (" ".join(_plain(movie.title)) for movie in catalogue)
        self._title = np.array([numbers.setdefault(title, len(numbers)) for title in plain], dtype=np.int32)

    def likeness(self, row: int, worth: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """(films,) 0..1: the cosine of each other film's title with this one's. worth (words,): factors of the words'
        products."""
        own = slice(*self._of_film[row : row + 2])
        weights = self._weights[own] if worth is None else self._weights[own] * worth[self._words[own]]
        cosines = np.zeros(self._films)
        for word, weight in zip(self._words[own], weights, strict=True):
            bearers = self._by_word[slice(*self._of_word[word : word + 2])]
            cosines[self._rows[bearers]] += weight * self._weights[bearers]
        return cosines

    def named_alike(self, row: int) -> NDArray[np.bool_]:
        """(films,) True for titles that share two words in a row, or a whole title or subtitle, and are not the same."""
        return np.asarray((self.likeness(row, self._phrases) > 0) & (self._title != self._title[row]))

    def company(self, vectors: Iterable[NDArray[np.floating]]) -> NDArray[np.float64]:
        """(words,) how alike the films are that share a word: the mean product of two of them.

        vectors: the films' coordinates, (films,) for one after the other. Over n films with vectors x_i the mean product of
        two is (|sum x_i|^2 - sum |x_i|^2) / (n (n - 1)).
        """
        total = np.zeros(self._count)
        for coordinate in vectors:
            own = coordinate[self._rows].astype(float)
            sums = np.bincount(self._words, own, minlength=self._count)
            total += sums**2 - np.bincount(self._words, own**2, minlength=self._count)
        films = np.diff(self._of_word)
        return np.asarray(total / (films * (films - 1)))


def _words(names: Iterable[str]) -> dict[str, float]:
    """The words and phrases of a film's names that a sequel may share, with their weights. Numbers of parts and plurals tell
    nothing."""
    weights: dict[str, float] = {}
    for name in names:
        title, *subtitles = _SUBTITLE.split(name)
        for text, weight in ((title, 1.0), *((subtitle, SUBTITLE_WEIGHT) for subtitle in subtitles)):
            words = _plain(text)
            # A number that comes first is a name: "300", "2001".
            kept = words[:1] + [word for word in words[1:] if word not in _PART_WORDS and not _NUMBER.fullmatch(word)]
            phrases = [word + FIRST for word in kept[:1]]
            phrases += [f"{one} {other}" for one, other in pairwise(word for word in kept if word not in _LINKS)]
            phrases += [" ".join(kept) + WHOLE] if kept else []
            for word, own in (dict.fromkeys(kept, weight) | dict.fromkeys(phrases, weight * PHRASE_WEIGHT)).items():
                weights[word] = max(own, weights.get(word, 0.0))
    return weights


def _plain(text: str) -> list[str]:
    """The words of a title, without articles and plurals."""
    return [singular(word) for word in spaced_words(text).split() if word not in ARTICLES]
