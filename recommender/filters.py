"""Which films a wish admits: by genre, years, length and language, and by phrases in a title."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.rows import Lookup, Rows, Stored, ToStore, hashes
from recommender.text import spaced_words, title_key, words_by_line
from recommender.title_likeness import TitleLikeness, hashed_together

END = "\n"  # of a name
[_END] = hashes([END])


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a wish admits: every film, but for what is given. from_year and to_year are admitted themselves; decade is named by
    its first year; language is the original one, ISO 639-1."""

    genre: str | None = None
    from_year: int | None = None
    to_year: int | None = None
    decade: int | None = None
    max_minutes: int | None = None
    language: str | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names of those that are."""
        return tuple(field.name for field in fields(Filters) if getattr(self, field.name) is not None)


class FilmTable:
    """A catalogue as arrays, in its row order, for questions that are asked of every film at once."""

    def __init__(self, catalogue: Catalogue, before: "FilmTable | None" = None, stored: Stored | None = None) -> None:
        """before: of an earlier catalogue; what it knows of films that are the same is taken over. stored: what a table of these
        films has `stored`."""
        self.catalogue = catalogue
        self.years = catalogue.years
        sets = np.array([[genre in own for genre in catalogue.genres] for own in catalogue.genre_sets], dtype=bool)
        self._sets = sets = sets.reshape(len(catalogue.genre_sets), len(catalogue.genres))
        # (sets of genres, genres) of length 1, or 0 without genres: a rare genre in common counts for more than drama.
        films = np.bincount(catalogue.genre_set, minlength=len(sets)) @ sets
        rarity = np.log((len(catalogue) + 1) / np.maximum(films, 1))
        lengths = np.sqrt(sets @ rarity**2)
        self._set_vectors = (sets * rarity / np.maximum(lengths, 1e-12)[:, None]).astype(np.float32)
        self.titles: TitleLikeness = TitleLikeness(catalogue, None if before is None else before.titles, stored)
        # The words of all names as one text of hashes, with an END after each name; `_films` holds the film at each place.
        if stored is not None:
            self._words = stored.films.column("words")
        elif before is None:
            self._words = _words(catalogue.names)
        else:
            kept = catalogue.kept(before.catalogue)
            self._words = kept.arrow(before._words, _words(catalogue.names.take(pa.array(kept.new))))
        self._text = self._words.flatten().to_numpy()
        if stored is not None:
            self._films = stored.tables["words.films"]
            self._places = Lookup(self._text, stored.tables["words.places"])
        else:
            self._films = np.repeat(np.arange(len(catalogue), dtype=np.int32), np.diff(self._words.offsets.to_numpy()))
            self._places = Lookup(self._text)

    def stored(self) -> ToStore:
        """What was read of each film, and tables of all."""
        titles, places = self.titles.stored(), self._places.places
        tables = {"words.films": self._films, "words.places": places, **titles.tables}
        return ToStore({"words": self._words, **titles.columns}, tables)

    @property
    def genres(self) -> NDArray[np.bool_]:
        """(films, genres) which each film is of; made anew, since the films share some hundreds of sets."""
        return np.asarray(self._sets[self.catalogue.genre_set])

    def admitted(self, wish: Filters) -> NDArray[np.bool_]:
        """(films,) True for films of which all that is wished is known to hold; a film without a year is of no years."""
        mask = np.ones(len(self.catalogue), dtype=bool)
        if wish.genre is not None:
            known = wish.genre in self.catalogue.genres
            mask &= self._sets[self.catalogue.genre_set, self.catalogue.genres.index(wish.genre)] if known else False
        if wish.from_year is not None:
            mask &= self.years >= wish.from_year
        if wish.to_year is not None:
            mask &= self.years <= wish.to_year
        if wish.decade is not None:
            mask &= (self.years >= wish.decade) & (self.years < wish.decade + 10)
        if wish.max_minutes is not None:
            mask &= self.catalogue.minutes <= wish.max_minutes
        if wish.language is not None:
            mask &= self._spoken(wish.language)
        return mask

    def lacking(self, wish: Filters) -> NDArray[np.bool_]:
        """(films,) True for films of which a fact is unknown that the wish asks for, and all that is known holds."""
        facts = [name for name in wish.given if name in self.known]
        lacking = self.admitted(replace(wish, **dict.fromkeys(facts)))
        for name in facts:
            lacking &= self.admitted(Filters(**{name: getattr(wish, name)})) | ~self.known[name]
        return lacking & ~self.admitted(wish)

    @cached_property
    def known(self) -> dict[str, NDArray[np.bool_]]:
        """Filter -> (films,) True for films of which the fact is known that it asks for: a fact that many films lack."""
        return {"max_minutes": ~np.isnan(self.catalogue.minutes), "language": ~self._spoken("")}

    @cached_property
    def languages(self) -> list[str]:
        """The original languages of films, those of most films first."""
        films = np.bincount(self.catalogue.language, minlength=len(self.catalogue.languages))
        ordered = sorted(zip(-films, self.catalogue.languages, strict=True))
        return [code for _, code in ordered if code]

    def _spoken(self, language: str) -> NDArray[np.bool_]:
        """(films,) True for films in the language; with "", for those of which it is unknown."""
        known = language in self.catalogue.languages
        place = self.catalogue.languages.index(language) if known else len(self.catalogue.languages)
        return np.asarray(self.catalogue.language == place)

    def with_phrase(self, phrase: str) -> NDArray[np.bool_]:
        """(films,) True for films with the phrase in one of their names: whole words, any case, accents ignored."""
        mask = np.zeros(len(self.catalogue), dtype=bool)
        words = spaced_words(phrase).split()
        if not words:
            return mask
        # Wherever the rarest word is, the others must stand around it. An END is no word, so no phrase runs over two names.
        found = [self._places(word) for word in words]
        rarest = min(range(len(words)), key=lambda place: len(found[place]))
        starts = found[rarest] - rarest
        starts = starts[(starts >= 0) & (starts + len(words) <= len(self._text))]
        for place, word in enumerate(hashes(words)):
            if place != rarest:
                starts = starts[self._text[starts + place] == word]
        mask[self._films[starts]] = True
        return mask

    def named(self, names: Sequence[str]) -> list[Rows]:
        """For each name, which has no line's end, the rows of the films that have it, as whole titles are compared: see
        `title_key`."""
        lines, wanted = _whole_names(hashes(words_by_line(names)))
        known, films = self._by_name
        starts, ends = (np.searchsorted(known, wanted, side).tolist() for side in ("left", "right"))
        found = dict(zip(lines.tolist(), map(slice, starts, ends), strict=True))
        return [films[found[line]] if line in found else self._wordless(name) for line, name in enumerate(names)]

    @cached_property
    def _by_name(self) -> tuple[Rows, Rows]:
        """The hashes of all names that have words, ascending, and the row of a film that has each."""
        names, whole = _whole_names(self._text)
        films = self._films[self._text == _END][names].astype(np.int64)
        order = np.lexsort((films, whole))
        whole, films = whole[order], films[order]
        twice = np.append(False, (whole[1:] == whole[:-1]) & (films[1:] == films[:-1]))[: len(order)]
        return whole[~twice], films[~twice]

    def _wordless(self, name: str) -> Rows:
        """The rows of the films that have a name of signs alone."""
        ends = np.flatnonzero(self._text == _END)
        rows = np.unique(self._films[ends[np.diff(ends, prepend=-1) == 1]]).tolist()
        key, movies = title_key(name), self.catalogue.movies
        return np.array([row for row in rows if key in map(title_key, movies[row].names)], dtype=np.int64)

    def genres_alike(self, rows: NDArray[np.int64], others: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """(rows, others) 0..1: the cosines of the films' genres."""
        own, vectors = self.catalogue.genre_set, self._set_vectors
        return np.asarray((vectors[own[rows]] @ vectors.T)[:, own[others]])

    def genre_coordinates(self) -> Iterator[NDArray[np.float32]]:
        """Vectors of the films, one coordinate (films,) after the other, whose products `genres_alike` gives."""
        return (coordinate[self.catalogue.genre_set] for coordinate in self._set_vectors.T)

    def years_alike(
        self, rows: NDArray[np.int64], others: slice | NDArray[np.int64], span: float
    ) -> NDArray[np.float32]:
        """(rows, others) 0..1: exp(-years apart / span), a half where a year is unknown."""
        apart = np.abs(self.years[rows][:, None] - self.years[others]).astype(np.float32)
        return np.where(np.isnan(apart), np.float32(0.5), np.exp(-np.nan_to_num(apart) / np.float32(span)))


def _whole_names(text: Rows) -> tuple[Rows, Rows]:
    """text: the hashes of the words of names, with an END after each. -> The places of the names that have words, among all, and
    a hash of the words of each."""
    is_end = text == _END
    name = np.cumsum(is_end)[~is_end]
    return np.unique(name), hashed_together(name, text[~is_end].view(np.uint64)).view(np.int64)


def _words(names: pa.Array) -> pa.ListArray:
    """The hashes of the words of each film's names, with an END after each name."""
    own = pc.split_pattern(names, "\n")
    text = hashes(words_by_line(own.flatten().to_pylist()))
    ends = np.append(0, np.flatnonzero(text == _END) + 1)  # of all names
    return pa.ListArray.from_arrays(pa.array(ends[own.offsets.to_numpy()].astype(np.int32)), pa.array(text))
