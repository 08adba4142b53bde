"""Films and their names: MovieLens titles as people write them, and labels that name one film each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.text import beginning, unaccented, visible

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


class Catalogue:
    """The films of a data set, in the order given, found by id, row or label.

    `movies` has the columns movie and title, and may have year and genres ("Action|Comedy"). Without a year in its
    column, a film's year is read from a title that ends in "(1999)". Raises ValueError if an id occurs twice.
    """

    def __init__(self, movies: pd.DataFrame) -> None:
        self.ids: npt.NDArray[np.int64] = movies["movie"].to_numpy(np.int64)
        self.ids.flags.writeable = False
        self._rows = {movie_id: row for row, movie_id in enumerate(self.ids.tolist())}
        if len(self._rows) < len(self.ids):
            raise ValueError("a movie id occurs more than once")
        self.movies = tuple(_movies(movies))
        self._by_label = {movie.label: movie for movie in self.movies}
        plain = [unaccented(movie.label) for movie in self.movies]
        uses = Counter(plain)
        self._by_plain_label = {
            label: movie for label, movie in zip(plain, self.movies, strict=True) if uses[label] == 1
        }
        self.genres = tuple(sorted({genre for movie in self.movies for genre in movie.genres}))

    def __len__(self) -> int:
        return len(self.movies)

    def __iter__(self) -> Iterator[Movie]:
        return iter(self.movies)

    def __contains__(self, movie_id: object) -> bool:
        return movie_id in self._rows

    def __getitem__(self, movie_id: int) -> Movie:
        return self.movies[self._rows[movie_id]]

    def get(self, movie_id: int) -> Movie | None:
        """The film with this id, or None."""
        row = self.row(movie_id)
        return None if row is None else self.movies[row]

    def row(self, movie_id: int) -> int | None:
        """The film's position in `movies` and `ids`, or None."""
        return self._rows.get(movie_id)

    def by_label(self, label: str) -> Movie | None:
        """The film with this label, else the only one whose label differs by case or accents alone; or None."""
        return self._by_label.get(visible(label)) or self._by_plain_label.get(unaccented(label))


def names_of(text: str) -> tuple[str, ...]:
    """All names in a MovieLens title without its year, the main one first.

    >>> names_of("City of Lost Children, The (Cité des enfants perdus, La)")
    ('The City of Lost Children', 'La Cité des enfants perdus')
    """
    others: list[str] = []
    while (last := _LAST_BRACKET.fullmatch(text)) and not _part_of_title(last["rest"], last["name"]):
        others.insert(0, _ALSO_KNOWN_AS.sub("", last["name"].strip()))
        text = last["rest"]
    return tuple(dict.fromkeys(_article_first(name) for name in (text, *others)))


def name_and_year(text: str) -> tuple[str, int | None]:
    """ "Dune: Part Two (2024)" -> its name, and its year if it ends in one."""
    found = re.match(NAME_AND_YEAR, text)
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


def _movies(movies: pd.DataFrame) -> Iterator[Movie]:
    text = movies["title"].astype("string").fillna("").map(visible)
    parts = text.str.extract(NAME_AND_YEAR)
    year_column = pd.to_numeric(parts["year"]).astype("Int64")
    if "year" in movies:
        year_column = pd.to_numeric(movies["year"]).astype("Int64").fillna(year_column)
    years = [None if pd.isna(year) else int(year) for year in year_column]
    names = [names_of(name) for name in parts["name"].fillna("Untitled")]
    genres = movies["genres"] if "genres" in movies else [""] * len(movies)
    ids = movies["movie"].to_list()
    labels = _labels(ids, [own[0] for own in names], years)
    for movie_id, own, year, genre, label in zip(ids, names, years, genres, labels, strict=True):
        yield Movie(movie_id, own[0], year, _genres(genre), own, label)


@lru_cache(maxsize=4096)  # thousands of films share a handful of these
def _genres(value: object) -> tuple[str, ...]:
    if not isinstance(value, str) or value in ("", NO_GENRES):
        return ()
    return tuple(genre for genre in value.split("|") if genre != "IMAX")  # a kind of screen, no genre


def _labels(ids: Sequence[int], titles: Sequence[str], years: Sequence[int | None]) -> Iterator[str]:
    endings = ["" if year is None else f" ({year})" for year in years]
    plain = [_label(title, ending) for title, ending in zip(titles, endings, strict=True)]
    uses = Counter(plain)
    for movie_id, title, ending, label in zip(ids, titles, endings, plain, strict=True):
        # A title that itself ends in "]" could look like another film's id.
        alone = uses[label] == 1 and not label.endswith("]")
        yield label if alone else _label(title, f"{ending} [{movie_id}]")


def _label(title: str, ending: str) -> str:
    room = LABEL_LENGTH - len(ending)
    return (title if len(title) <= room else beginning(title, room - 1) + "…") + ending
