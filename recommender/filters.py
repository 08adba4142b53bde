"""Which films a wish admits: genre, years, and phrases in a title."""

from collections import defaultdict
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.series import TitleTable
from recommender.text import spaced_words

NO_ROWS = np.array([], dtype=np.int32)


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
        rows_with: defaultdict[str, list[int]] = defaultdict(list)
        for row, names in enumerate(self._words):
            for word in set(names.split()):
                rows_with[word].append(row)
        self._rows_with = {word: np.array(rows, dtype=np.int32) for word, rows in rows_with.items()}

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
        found = [self._rows_with.get(word, NO_ROWS) for word in words.split()]
        if found:
            rows = reduce(lambda some, more: np.intersect1d(some, more, assume_unique=True), sorted(found, key=len))
            mask[rows if len(found) == 1 else [row for row in rows if words in self._words[row]]] = True
        return mask

    def likeness(self, rows: NDArray[np.int64], others: slice, span: float) -> NDArray[np.float32]:
        """(rows, others) 0..1: how much of their genres two films share (Jaccard), less as years lie `span` apart."""
        own, theirs = self.genres[rows].astype(np.float32), self.genres[others].astype(np.float32)
        shared = own @ theirs.T
        either = own.sum(1)[:, None] + theirs.sum(1) - shared
        apart = np.abs(self.years[rows][:, None] - self.years[others]).astype(np.float32)
        nearness = np.where(np.isnan(apart), 0.5, np.exp(-np.nan_to_num(apart) / span))
        return np.asarray(shared / np.maximum(either, 1) * (0.5 + 0.5 * nearness), dtype=np.float32)
