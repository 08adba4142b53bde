"""Which films a wish admits: genre, years, and phrases in a title."""

from functools import reduce
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.series import TitleTable
from recommender.text import spaced_words


class FilmTable:
    """A catalogue as arrays, in its row order, for questions that are asked of every film at once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.years = np.array([movie.year or np.nan for movie in catalogue.movies], dtype=float)
        self.genres = np.array(
            [[genre in movie.genres for genre in catalogue.genres] for movie in catalogue.movies], dtype=bool
        ).reshape(len(catalogue), len(catalogue.genres))
        self._words = ["|".join(map(spaced_words, movie.names)) for movie in catalogue.movies]
        self.titles = TitleTable(catalogue)
        # All films with the first word, all with the second, and so on, and where each word's begin.
        number: dict[str, int] = {}
        held = [{number.setdefault(word, len(number)) for word in names.split()} for names in self._words]
        words = np.fromiter(chain.from_iterable(held), np.int32)
        rows = np.repeat(np.arange(len(held), dtype=np.int32), [len(own) for own in held])
        self._number, self._rows = number, rows[np.argsort(words, kind="stable")]
        self._starts = np.append(0, np.cumsum(np.bincount(words, minlength=len(number))))

    def admitted(
        self, genre: str | None = None, from_year: int | None = None, to_year: int | None = None
    ) -> NDArray[np.bool_]:
        """(films,) True for films of the genre and of the years, both ends included; a film without a year is of none."""
        mask = np.ones(len(self._catalogue), dtype=bool)
        if genre is not None:
            known = genre in self._catalogue.genres
            mask &= self.genres[:, self._catalogue.genres.index(genre)] if known else False
        if from_year is not None:
            mask &= self.years >= from_year
        if to_year is not None:
            mask &= self.years <= to_year
        return mask

    def with_phrase(self, phrase: str) -> NDArray[np.bool_]:
        """(films,) True for films with the phrase in one of their names: whole words, any case, accents ignored."""
        words = spaced_words(phrase)
        mask = np.zeros(len(self._catalogue), dtype=bool)
        # A phrase is looked for only in the films that have all its words, and a word alone is found with them.
        found = [self._rows_with(word) for word in words.split()]
        if found:
            rows = reduce(lambda some, more: np.intersect1d(some, more, assume_unique=True), sorted(found, key=len))
            mask[rows if len(found) == 1 else [row for row in rows if words in self._words[row]]] = True
        return mask

    def _rows_with(self, word: str) -> NDArray[np.int32]:
        """Ascending, the films that have the word in one of their names."""
        place = self._number.get(word)
        return self._rows[:0] if place is None else self._rows[self._starts[place] : self._starts[place + 1]]

    def likeness(self, rows: NDArray[np.int64], others: slice, span: float) -> NDArray[np.float32]:
        """(rows, others) 0..1: how much of their genres two films share (Jaccard 1912), less as years lie `span` apart."""
        own, theirs = self.genres[rows].astype(np.float32), self.genres[others].astype(np.float32)
        shared = own @ theirs.T
        either = own.sum(1)[:, None] + theirs.sum(1) - shared
        apart = np.abs(self.years[rows][:, None] - self.years[others]).astype(np.float32)
        nearness = np.where(np.isnan(apart), 0.5, np.exp(-np.nan_to_num(apart) / span))
        return np.asarray(shared / np.maximum(either, 1) * (0.5 + 0.5 * nearness), dtype=np.float32)
