"""Which films a wish admits: genre, years, and phrases in a title."""

from array import array

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.text import spaced_words
from recommender.title_likeness import TitleLikeness

GAP = -1  # between the names of films


class FilmTable:
    """A catalogue as arrays, in its row order, for questions that are asked of every film at once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.years = np.array([movie.year or np.nan for movie in catalogue.movies], dtype=float)
        self.genres = np.array(
            [[genre in movie.genres for genre in catalogue.genres] for movie in catalogue.movies], dtype=bool
        ).reshape(len(catalogue), len(catalogue.genres))
        # (films, genres) of length 1, or 0 without genres: a rare genre in common counts for more than drama.
        rarity = np.log((len(catalogue) + 1) / np.maximum(self.genres.sum(0), 1))
        lengths = np.sqrt(self.genres @ rarity**2)
        self.genre_vectors = (self.genres * rarity / np.maximum(lengths, 1e-12)[:, None]).astype(np.float32)
        self.titles = TitleLikeness(catalogue)
        # All names are one text of word numbers, with a GAP after each name. `_films` holds the film at each place of it;
        # word w stands at the places _places[_ends[w] : _ends[w + 1]].
        self._number: dict[str, int] = {}
        text, films = array("i"), array("i")
        for row, movie in enumerate(catalogue.movies):
            for name in movie.names:
                words = [self._number.setdefault(word, len(self._number)) for word in spaced_words(name).split()]
                text.extend([*words, GAP])
                films.extend([row] * (len(words) + 1))
        self._text, self._films = np.array(text, dtype=np.int32), np.array(films, dtype=np.intp)
        self._places = np.argsort(self._text, kind="stable")
        self._ends = np.cumsum(np.bincount(self._text - GAP, minlength=len(self._number) + 1))

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
        words = [self._number.get(word) for word in spaced_words(phrase).split()]
        known = [word for word in words if word is not None]
        if not known or len(known) < len(words):
            return mask
        # Wherever the rarest word is, the others must stand around it. A GAP is no word, so no phrase runs over two names.
        rarest = min(range(len(known)), key=lambda place: self._ends[known[place] + 1] - self._ends[known[place]])
        starts = self._places[slice(*self._ends[known[rarest] : known[rarest] + 2])] - rarest
        starts = starts[(starts >= 0) & (starts + len(known) <= len(self._text))]
        for place, word in enumerate(known):
            if place != rarest:
                starts = starts[self._text[starts + place] == word]
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
