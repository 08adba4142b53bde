"""Which films a wish admits: genre, years, and phrases in a title."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.rows import Lookup, hashes
from recommender.text import spaced_words, words_by_line
from recommender.title_likeness import TitleLikeness

END = "\n"  # of a name


class FilmTable:
    """A catalogue as arrays, in its row order, for questions that are asked of every film at once."""

    def __init__(self, catalogue: Catalogue, before: "FilmTable | None" = None) -> None:
        """before: of an earlier catalogue; what it knows of films that are the same is taken over."""
        self._catalogue = catalogue
        self.years = catalogue.years
        sets = np.array([[genre in own for genre in catalogue.genres] for own in catalogue.genre_sets], dtype=bool)
        self.genres = sets.reshape(len(catalogue.genre_sets), len(catalogue.genres))[catalogue.genre_set]
        # (films, genres) of length 1, or 0 without genres: a rare genre in common counts for more than drama.
        rarity = np.log((len(catalogue) + 1) / np.maximum(self.genres.sum(0), 1))
        lengths = np.sqrt(self.genres @ rarity**2)
        self.genre_vectors = (self.genres * rarity / np.maximum(lengths, 1e-12)[:, None]).astype(np.float32)
        self.titles: TitleLikeness = TitleLikeness(catalogue, None if before is None else before.titles)
        # The words of all names as one text of hashes, with an END after each name; `_films` holds the film at each place.
        if before is None:
            self._words = _words(catalogue.names)
        else:
            kept = catalogue.kept(before._catalogue)
            self._words = kept.arrow(before._words, _words(catalogue.names.take(pa.array(kept.new))))
        self._text = self._words.flatten().to_numpy()
        self._films = np.repeat(np.arange(len(catalogue), dtype=np.int32), np.diff(self._words.offsets.to_numpy()))
        self._places = Lookup(self._text)

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
        mask = np.zeros(len(self._catalogue), dtype=bool)
        words = spaced_words(phrase).split()
        if not words:
            return mask
        # Wherever the rarest word is, the others must stand around it. An END is no word, so no phrase runs over two names.
        found = [self._places(word) for word in words]
        rarest = min(range(len(words)), key=lambda place: len(found[place]))
        starts = found[rarest] - rarest
        starts = starts[(starts >= 0) & (starts + len(words) <= len(self._text))]
        for place, word in enumerate(words):
            if place != rarest:
                starts = starts[self._text[starts + place] == hash(word)]
        mask[self._films[starts]] = True
        return mask

    def genres_alike(self, rows: NDArray[np.int64], others: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """(rows, others) 0..1: the cosines of the films' `genre_vectors`."""
        return np.asarray(self.genre_vectors[rows] @ self.genre_vectors[others].T)

    def years_alike(
        self, rows: NDArray[np.int64], others: slice | NDArray[np.int64], span: float
    ) -> NDArray[np.float32]:
        """(rows, others) 0..1: exp(-years apart / span), a half where a year is unknown."""
        apart = np.abs(self.years[rows][:, None] - self.years[others]).astype(np.float32)
        return np.where(np.isnan(apart), np.float32(0.5), np.exp(-np.nan_to_num(apart) / np.float32(span)))


def _words(names: pa.Array) -> pa.ListArray:
    """The hashes of the words of each film's names, with an END after each name."""
    own = pc.split_pattern(names, "\n")
    text = hashes(words_by_line(own.flatten().to_pylist()))
    ends = np.append(0, np.flatnonzero(text == hash(END)) + 1)  # of all names
    return pa.ListArray.from_arrays(pa.array(ends[own.offsets.to_numpy()].astype(np.int32)), pa.array(text))
