"""Which films a wish admits: genre, years, and phrases in a title."""

import unicodedata

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue, Movie


class FilmTable:
    """A catalogue as arrays, in its row order, for questions that are asked of every film at once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.years = np.array([movie.year or np.nan for movie in catalogue.movies], dtype=float)
        self.genres = np.array(
            [[genre in movie.genres for genre in catalogue.genres] for movie in catalogue.movies], dtype=bool
        ).reshape(len(catalogue), len(catalogue.genres))
        self._words = ["|".join(map(words_of, movie.names)) for movie in catalogue.movies]

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

    def with_phrase(self, phrase: str) -> NDArray[np.int64]:
        """Ids of the films with the phrase in one of their names: whole words, any case, accents ignored."""
        words = words_of(phrase)
        if not words.strip():
            return np.array([], dtype=np.int64)
        rows = [row for row, name in enumerate(self._words) if words in name]
        return self._catalogue.ids[rows]

    def likeness(self, movie: Movie, span: float) -> NDArray[np.float64]:
        """(films,) 0..1: how much of their genres a film shares with this one (Jaccard), less as years lie `span` apart."""
        own = np.array([genre in movie.genres for genre in self._catalogue.genres], dtype=bool)
        shared = (self.genres & own).sum(1)
        either = np.maximum((self.genres | own).sum(1), 1)
        apart = np.abs(self.years - (movie.year if movie.year is not None else np.nan))
        nearness = np.where(np.isnan(apart), 0.5, np.exp(-np.nan_to_num(apart) / span))
        return np.asarray(shared / either * (0.5 + 0.5 * nearness))


def words_of(text: str) -> str:
    """The words of a text with a space around each, folded: "Amélie's War!" -> " amelie s war "."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return f" {' '.join(words)} "
