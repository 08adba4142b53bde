"""How alike titles are: "Alien" and "Aliens", or "First Blood" and "Rambo: First Blood Part II", nearly one."""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.text import ARTICLES, PART_WORDS, singular, spaced_words

# A subtitle tells the parts of a series apart more often than it joins them.
SUBTITLE_WEIGHT = 0.5
# The first word of a title also counts as a word of its own, with this weight: a series has its name in front, and "Heat" is
# not "Red Heat".
FIRST_WEIGHT = 0.7
_PART_WORDS = frozenset([*PART_WORDS, "pt", "vol"])  # "ch" may be a name: "Bienvenue chez les Ch'tis"
_NUMBER = re.compile(r"\d+|(?=[ivx])x{0,2}(?:ix|iv|v?i{0,3})")


class TitleLikeness:
    """The words of all titles as TF-IDF vectors (Salton and Buckley 1988), so that a rare word in common counts for more
    than "love"."""

    def __init__(self, catalogue: Catalogue) -> None:
        titles = [_words(movie.names) for movie in catalogue]
        films = Counter(word for title in titles for word in title)
        number = {word: place for place, word in enumerate(films)}
        self._films = len(titles)
        self._rows = np.repeat(np.arange(len(titles)), np.array([len(title) for title in titles], dtype=np.int64))
        self._words = np.array([number[word] for title in titles for word in title], dtype=np.int64)
        rarity = np.log(self._films / np.array(list(films.values()), dtype=float))
        weights = np.array([weight for title in titles for weight in title.values()]) * rarity[self._words]
        lengths = np.sqrt(np.bincount(self._rows, weights**2, minlength=self._films))
        self._weights = weights / np.maximum(lengths, 1e-12)[self._rows]

    def likeness(self, row: int) -> NDArray[np.float64]:
        """(films,) 0..1: the cosine of each film's title with this one's."""
        own = slice(*np.searchsorted(self._rows, [row, row + 1]))
        title = np.zeros(self._words.max(initial=-1) + 1)
        title[self._words[own]] = self._weights[own]
        alike = np.bincount(self._rows, title[self._words] * self._weights, minlength=self._films)
        return alike.astype(np.float64)  # bincount gives whole numbers where there are no words


def _words(names: Iterable[str]) -> dict[str, float]:
    """The words of a film's names that a sequel may share, with their weights. Numbers of parts and plurals tell nothing."""
    weights: dict[str, float] = {}
    for name in names:
        title, _, subtitle = name.partition(":" if ":" in name else " - ")
        for text, weight in ((title, 1.0), (subtitle, SUBTITLE_WEIGHT)):
            words = [singular(word) for word in spaced_words(text).split() if word not in ARTICLES]
            # A number that comes first is a name: "300", "2001".
            kept = words[:1] + [word for word in words[1:] if word not in _PART_WORDS and not _NUMBER.fullmatch(word)]
            counted = {f"{word}…": weight * FIRST_WEIGHT for word in words[:1]} | dict.fromkeys(kept, weight)
            for word, own in counted.items():
                weights[word] = max(own, weights.get(word, 0.0))
    return weights
