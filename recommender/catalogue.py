"""Films and their names: MovieLens titles as people write them, and labels that name one film each."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, overload

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recommender.rows import Kept, Lookup, Rows, Stored, ToStore, hashes
from recommender.text import beginning, unaccented, visible

Years = NDArray[np.float64]

LABEL_LENGTH = 100  # characters, at most
NO_GENRES = "(no genres listed)"  # as MovieLens writes it
# A title as MovieLens writes it, which may end in its year: "(1999)", "(1975-1979)", "(2007-)", "(2009– )", "(1983))" and
# "(1995) (V)" all occur.
NAME_AND_YEAR = (
    r"^(?P<name>.+?)"
    r"(?:\s*\((?P<year>(?:18|19|20)\d\d)\s*(?:[-–]\s*(?:\d{4})?\s*)?\)+\s*(?:\((?:V|TV)\))?)?$"
)

# Articles that MovieLens moves to the end: English (also "Da Hip Hop Witch"), French, Italian, German,
# Spanish, Portuguese, Scandinavian, Dutch.
_ARTICLE = (
    "The|A|An|Da|La|Le|Les|L'|L’|Un|Une|Des|Il|Lo|Gli|I|Uno|Una|Un'|Der|Die|Das|Ein|Eine|"
    "El|Los|Las|O|Os|As|Um|Uma|Det|Den|De|Et|En|Ett|Het|Een"
)
_MOVED_ARTICLE = re.compile(
    rf"(?P<all>.+?) ?, ?(?P<last>{_ARTICLE})|(?P<head>[^:]+?) ?, ?(?P<inner>{_ARTICLE})(?P<tail>: .+)", re.IGNORECASE
)
_LAST_BRACKET = re.compile(r"(?P<rest>.*\S) \((?P<name>(?:[^()]|\([^()]*\))+)\)")
_ALSO_KNOWN_AS = re.compile(r"^(?:a\.? ?k\.? ?a(?:\.:? ?|:? )|also known as:? )", re.IGNORECASE)
_TOLD = ("movie", "title", "year", "genres", "others", "minutes", "language", "imdb", "tmdb")
_SHOWN = ("movie", "genres", "minutes", "language", "imdb", "tmdb")  # what a Movie has as it was told
_GOES_ON = re.compile(r"(?:and|or|but) ")


@dataclass(frozen=True, slots=True)
class Movie:
    """A film. `names` holds every name without its year, `title` first; `label` names this film only."""

    id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    names: tuple[str, ...]
    label: str
    minutes: int | None = None
    language: str | None = None  # the original language, ISO 639-1
    imdb: int | None = None  # 133093 for tt0133093
    tmdb: int | None = None


class Movies(Sequence[Movie]):
    """The films of a catalogue in its order. They are held as arrays, since they may be many; a Movie is made when asked for."""

    def __init__(self, told: pa.RecordBatch, names: pa.Array, years: Years, numbered: NDArray[np.bool_]) -> None:
        """told: see `_told`. names: of each film, a line for each name. years: NaN where unknown. numbered: whose labels
        need an id, since they would be another film's too."""
        self._told, self._names, self._years, self.numbered = told, names, years, numbered

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, row: int) -> Movie: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Movie]: ...
    def __getitem__(self, row: int | slice) -> Movie | Sequence[Movie]:
        rows = range(len(self))[row]
        return self._movie(rows) if isinstance(rows, int) else tuple(map(self._movie, rows))

    def _movie(self, row: int) -> Movie:
        names = tuple(self._names[row].as_py().split("\n"))
        year = _whole(self._years[row])
        movie_id, genres, minutes, language, imdb, tmdb = (self._told.column(name)[row].as_py() for name in _SHOWN)
        label = _label(names[0], year, movie_id if self.numbered[row] else None)
        return Movie(movie_id, names[0], year, _genres(genres), names, label, minutes, language or None, imdb, tmdb)


class Catalogue:
    """The films of a data set, in the order given, found by id, row or label."""

    def __init__(self, movies: pd.DataFrame, before: Catalogue | None = None, stored: Stored | None = None) -> None:
        """movies: the columns movie and title, and where known year, genres ("Action|Comedy"), others (other titles, a line for
        each), minutes, language, imdb and tmdb. Without a year in its column, a film's year is read from a title that ends in
        "(1999)".

        before: an earlier catalogue, from which it takes over what it knows of films that are the same; stored: what a
        catalogue of these films has `stored`. Both make it quicker, and nothing else. Raises ValueError if an id occurs twice.
        """
        self.ids: NDArray[np.int64] = movies["movie"].to_numpy(np.int64)
        self.ids.flags.writeable = False
        if stored is None:
            self._order = np.argsort(self.ids, kind="stable").astype(np.int32)
        else:
            self._order = stored.tables["catalogue.order"]
        if (np.diff(self.ids[self._order]) == 0).any():
            raise ValueError("a movie id occurs more than once")
        self._told = _told(movies) if stored is None else stored.films.select(_TOLD)
        self.names, self.years, self._plain = self._known(before, stored)
        self.movies, self._by_label = self._labelled() if stored is None else self._known_labels(stored.tables)
        texts, self.genre_set = self._distinct("genres", stored)  # (films,) which of the sets each has
        self.genre_sets = tuple(map(_genres, texts))  # a few thousand, however many films
        self.genres = tuple(sorted({genre for genres in self.genre_sets for genre in genres}))
        self.minutes: NDArray[np.float32]  # (films,) NaN where unknown
        if stored is None:
            minutes = self._told.column("minutes").to_numpy(zero_copy_only=False).astype(np.float32)
            self.minutes = np.where(minutes > 0, minutes, np.float32(np.nan))
        else:
            self.minutes = stored.column("known_minutes")
        languages, self.language = self._distinct("language", stored)  # (films,) which of them each has
        self.languages = tuple(languages)  # of any film, "" where unknown

    def _known(self, before: Catalogue | None, stored: Stored | None) -> tuple[pa.Array, Years, Rows]:
        """See `_read`."""
        if stored is not None:
            return stored.films.column("names"), stored.column("first_year"), stored.column("label")
        if before is None:
            return _read(self._told)
        kept = self.kept(before)
        names, years, plain = _read(self._told.take(pa.array(kept.new)))
        return (
            kept.arrow(before.names, names),
            kept.array(before.years, years),
            kept.array(before._plain, plain),
        )

    def _distinct(self, name: str, stored: Stored | None) -> tuple[list[str], NDArray[np.int32]]:
        """The texts of a column, each once, in the order in which they come; and which of them each film has."""
        column = pc.fill_null(self._told.column(name), "")
        if stored is not None:
            return pc.unique(column).to_pylist(), stored.column(f"{name}_number")
        encoded = column.dictionary_encode()
        return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()

    def __len__(self) -> int:
        return len(self.movies)

    def __iter__(self) -> Iterator[Movie]:
        return iter(self.movies)

    def __contains__(self, movie_id: int) -> bool:
        return self.row(movie_id) is not None

    def __getitem__(self, movie_id: int) -> Movie:
        row = self.row(movie_id)
        if row is None:
            raise KeyError(movie_id)
        return self.movies[row]

    def get(self, movie_id: int) -> Movie | None:
        """The film with this id, or None."""
        row = self.row(movie_id)
        return None if row is None else self.movies[row]

    def row(self, movie_id: int) -> int | None:
        """The position in `movies` and `ids` of the film that has this id, or None."""
        place = bisect_left(self._order, movie_id, key=self.ids.__getitem__)
        row = int(self._order[place]) if place < len(self._order) else None
        return row if row is not None and self.ids[row] == movie_id else None

    def by_label(self, label: str) -> Movie | None:
        """The film with this label, else the only one whose label differs by case or accents alone; or None."""
        seen, plain = visible(label), unaccented(label)
        for row in map(int, self._by_label(unaccented(seen))):
            if (film := self.movies[row]).label == seen:
                return film
        alike = self._by_label(plain)
        return self.movies[int(alike[0])] if len(alike) == 1 else None

    def stored(self) -> ToStore:
        """What was read of each film, and tables of all."""
        of_each = {
            "known_minutes": self.minutes,
            "genres_number": self.genre_set,
            "language_number": self.language,
        }
        return ToStore(
            {"names": self.names, "first_year": self.years, "label": self._plain, **of_each},
            {
                "catalogue.order": self._order,
                "catalogue.numbered": self.movies.numbered,
                "catalogue.labels": self._by_label.hashes,
                "catalogue.label_places": self._by_label.places,
            },
        )

    @cached_property
    def imdb(self) -> NDArray[np.int64]:
        """(films,) the number of each in IMDb, 0 where unknown."""
        return self._outside("imdb")

    @cached_property
    def tmdb(self) -> NDArray[np.int64]:
        """(films,) the number of each in TMDB, 0 where unknown."""
        return self._outside("tmdb")

    def _outside(self, name: str) -> NDArray[np.int64]:
        return np.asarray(pc.fill_null(self._told.column(name), 0).to_numpy(zero_copy_only=False))

    def kept(self, before: Catalogue) -> Kept:
        """Which films the earlier catalogue has, too, and says the same of."""
        rows = pd.Index(before.ids).get_indexer(pd.Index(self.ids))
        same = rows >= 0
        for told, told_before in zip(self._told, before._told.take(pa.array(rows, mask=~same)), strict=True):
            equal = pc.fill_null(pc.equal(told, told_before), False)
            same &= pc.or_(equal, pc.and_(told.is_null(), told_before.is_null())).to_numpy(zero_copy_only=False)
        return Kept(np.where(same, rows, -1).astype(np.int64))

    def _known_labels(self, tables: Mapping[str, NDArray[Any]]) -> tuple[Movies, Lookup]:
        """What `_labelled` gave, as it is stored."""
        movies = Movies(self._told, self.names, self.years, tables["catalogue.numbered"])
        return movies, Lookup(tables["catalogue.labels"], tables["catalogue.label_places"])

    def _labelled(self) -> tuple[Movies, Lookup]:
        """The films, with labels that are theirs alone, and by what they are found."""
        # A title that itself ends in "]" could look like another film's id.
        bracket = pc.match_substring_regex(self.names, r"\A[^\n]*\](\n|\z)").to_numpy(zero_copy_only=False)
        numbered = bracket & np.isnan(self.years)
        twins = _twins(self._plain)
        names, years = self.names.take(pa.array(twins)).to_pylist(), map(_whole, self.years[twins])
        labels = [_label(own.partition("\n")[0], year, None) for own, year in zip(names, years, strict=True)]
        uses = Counter(labels)
        numbered[twins[[uses[label] > 1 for label in labels]]] = True
        movies, plain = Movies(self._told, self.names, self.years, numbered), self._plain.copy()
        rows = np.flatnonzero(numbered)
        plain[rows] = hashes(unaccented(movies[row].label) for row in rows.tolist())
        return movies, Lookup(plain)


def names_of(text: str) -> tuple[str, ...]:
    """All names in a MovieLens title without its year, the main one first.

    >>> names_of("City of Lost Children, The (Cité des enfants perdus, La)")
    ('The City of Lost Children', 'La Cité des enfants perdus')
    """
    if "(" not in text and "," not in text:
        return (text,)
    others: list[str] = []
    while (last := _LAST_BRACKET.fullmatch(text)) and not _part_of_title(last["rest"], last["name"]):
        others.insert(0, _ALSO_KNOWN_AS.sub("", last["name"].strip()))
        text = last["rest"]
    return tuple(dict.fromkeys(_article_first(name) for name in (text, *others)))


def name_and_year(text: str) -> tuple[str, int | None]:
    """ "Dune: Part Two (2024)" -> its name, and its year if it ends in one."""
    found = re.match(NAME_AND_YEAR, text) if text.endswith(")") else None
    return (text, None) if found is None else (found["name"], int(found["year"]) if found["year"] else None)


def _part_of_title(rest: str, name: str) -> bool:
    """Whether a bracket goes on with the sentence, as in "Birdman: Or (The Unexpected Virtue of Ignorance)"."""
    return not any(map(str.isalnum, name)) or rest.lower().endswith(" or") or _GOES_ON.match(name) is not None


def _article_first(name: str) -> str:
    """Move an article back: "Matrix, The", "Crow, The: Wicked Prayer" and "Atalante, L'"."""
    moved = _MOVED_ARTICLE.fullmatch(name) if "," in name else None
    if moved is None:
        return name
    article = moved["last"] or moved["inner"]
    space = "" if article[-1] in "'’" else " "
    return article + space + (moved["all"] or moved["head"] + moved["tail"])


def _told(movies: pd.DataFrame) -> pa.RecordBatch:
    """What a frame tells of the films, a column for each fact, null where unknown."""
    return pa.record_batch(
        {
            "movie": pa.array(movies["movie"].to_numpy(np.int64)),
            "title": texts(movies, "title"),
            "year": numbers(movies, "year"),
            "genres": texts(movies, "genres"),
            "others": texts(movies, "others"),
            "minutes": numbers(movies, "minutes"),
            "language": texts(movies, "language"),
            "imdb": numbers(movies, "imdb"),
            "tmdb": numbers(movies, "tmdb"),
        }
    )


def texts(movies: pd.DataFrame, name: str) -> pa.Array:
    """A column of texts, null where unknown."""
    texts = movies[name].astype("str") if name in movies else pd.Series(pd.NA, movies.index, dtype="str")
    return pa.chunked_array(pa.array(texts), pa.large_string()).combine_chunks()


def numbers(movies: pd.DataFrame, name: str) -> pa.Array:
    """A column of whole numbers, null where unknown; TypeError for others."""
    numbers = pd.to_numeric(movies[name]) if name in movies else pd.Series(pd.NA, movies.index)
    return pa.array(numbers.astype("Int64"), pa.int64())


def _read(told: pa.RecordBatch) -> tuple[pa.Array, Years, Rows]:
    """Each film's names, a line for each, its year, NaN where unknown, and the hash of its unaccented label without an id."""
    titles, others, years = (told.column(name).to_pylist() for name in ("title", "others", "year"))
    names, labels, found = [], [], np.full(len(titles), np.nan)
    for row, (title, more, year) in enumerate(zip(titles, others, years, strict=True)):
        text, written = name_and_year(visible(title or ""))
        own = names_of(text or "Untitled")
        if more:
            own = tuple(
                dict.fromkeys(
                    (*own, *(name for other in more.splitlines() for name in names_of(visible(other)) if name))
                )
            )
        year = written if year is None else year
        names.append("\n".join(own))
        labels.append(unaccented(_label(own[0], year, None)))
        if year is not None:
            found[row] = year
    return pa.array(names, pa.string()), found, hashes(labels)


def _twins(values: Rows) -> Rows:
    """Where values are that occur more than once."""
    order = np.argsort(values, kind="stable")
    same = values[order][1:] == values[order][:-1]
    twin = np.append(same, False)[: len(order)] | np.append(False, same)[: len(order)]
    return np.asarray(order[twin])


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


@lru_cache(maxsize=4096)  # thousands of films share a handful of these
def _genres(value: object) -> tuple[str, ...]:
    if not isinstance(value, str) or value in ("", NO_GENRES):
        return ()
    return tuple(genre for genre in value.split("|") if genre != "IMAX")  # a kind of screen, no genre


def _label(title: str, year: int | None, movie_id: int | None) -> str:
    """Without an id, if that is None, the label that other films may have too."""
    ending = ("" if year is None else f" ({year})") + ("" if movie_id is None else f" [{movie_id}]")
    room = LABEL_LENGTH - len(ending)
    return (title if len(title) <= room else beginning(title, room - 1) + "…") + ending
