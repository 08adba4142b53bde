"""What a source says of a film: the same for every source."""

from typing import NamedTuple

from recommender import Movie
from recommender.text import beginning, visible

LONGEST_TITLE = 250  # characters, as many as a name in Wikidata may have
MOST_OTHERS = 10  # other titles of a film in one source


class Film(NamedTuple):
    """A film as a source has it. What the source does not say is None, or an empty tuple."""

    title: str  # as people write it: "The Matrix"
    year: int | None
    imdb: int | None = None  # 133093 for tt0133093
    tmdb: int | None = None
    others: tuple[str, ...] = ()  # other titles, the original one first
    minutes: int | None = None
    genres: tuple[str, ...] = ()  # in MovieLens's words: "Sci-Fi"
    language: str | None = None  # the original language, ISO 639-1: "ko"
    votes: int | None = None  # how many people elsewhere gave it stars
    mean: float | None = None  # what they gave it on average, 1 to 10
    fame: float | None = None  # how known it is, on the source's own scale: only the order counts


def title_of(text: str) -> str:
    """A title from a source as people see it, and no longer than titles are; "" for what nobody sees."""
    return beginning(visible(text), LONGEST_TITLE)


def as_asked(movie: Movie) -> Film:
    """A film of the catalogue as a source is asked for it."""
    return Film(movie.title, movie.year, movie.imdb, movie.tmdb)
