"""Films that members added, as a source; and what has to change for a model to have them as they are now."""

from collections.abc import Iterable, Iterator

import pandas as pd

from bot.films.film import Film
from bot.store import AddedFilm
from recommender.datasets.identity import TYPED


def typed_films(added: Iterable[AddedFilm]) -> Iterator[tuple[int, Film]]:
    """Those films with their ids."""
    for film in added:
        yield film.id, Film(film.title, film.year, genres=film.genres)


def differences(movies: pd.DataFrame, added: Iterable[AddedFilm]) -> tuple[pd.DataFrame, list[int]]:
    """What a model of these movies lacks, and what it has too much: films that were added or renamed, with the columns of
    `Recommender.with_films`, and the ids of those that were removed or merged into others.

    A film that is another today is told of only where nothing else is known of that one.
    """
    ids = set(movies["movie"])
    typed = movies[movies["movie"] >= TYPED]
    facts = zip(typed["title"], typed["year"].fillna(0), typed["genres"], strict=True)
    known = dict(zip(typed["movie"], facts, strict=True))
    wanted: dict[int, AddedFilm] = {}
    for film in added:
        wanted.setdefault(film.movie, film)
    new = [
        (movie, film.title, film.year, "|".join(film.genres))
        for movie, film in wanted.items()
        if movie not in ids or (movie in known and _is_renamed(film, *known[movie]))
    ]
    frame = pd.DataFrame(new, columns=["movie", "title", "year", "genres"]).astype({"movie": "int64", "year": "Int64"})
    return frame, [movie for movie in known if movie not in wanted]


def _is_renamed(film: AddedFilm, title: str, year: int, genres: str) -> bool:
    """Whether a model was told something else of a film; year 0: none. One that was taken away stays until the next retrain."""
    return (film.title, "|".join(film.genres)) != (title, genres) or (film.year is not None and film.year != year)
