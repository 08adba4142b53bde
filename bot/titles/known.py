"""Titles that no data set knew when somebody rated them, once one does."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping

from bot.store import AddedFilm, Store
from bot.store.unknown import Title
from recommender import Movie
from recommender.catalogue import names_of
from recommender.filters import FilmTable
from recommender.text import title_key

log = logging.getLogger(__name__)


def films_of(films: FilmTable, titles: Collection[Title]) -> dict[Title, int]:
    """Title -> the one film that has this very name, in that year or else in one beside it; without a year, in any. Titles that
    no film has, or several, are left out."""
    names = list({name for name, _ in titles})
    movies = films.catalogue.movies
    named = {
        name: {(movies[row].year, movies[row].id) for row in rows.tolist()}
        for name, rows in zip(names, films.named(names), strict=True)
    }
    found = {(name, year): _film(named[name], year) for name, year in titles}
    return {title: film for title, film in found.items() if film is not None}


def namesakes(films: FilmTable, name: str) -> list[Movie]:
    """The films that have a name, as titles are compared, in whatever year."""
    return [films.catalogue.movies[row] for row in films.named([name])[0].tolist()]


def _film(films: Collection[tuple[int | None, int]], year: int | None) -> int | None:
    if year is None:
        fitting = [film for _, film in films]
    else:
        away = {film: abs(own - year) for own, film in films if own is not None}
        fitting = [film for film in away if away[film] == 0] or [film for film in away if away[film] == 1]
    return fitting[0] if len(fitting) == 1 else None


def moves_of(films: FilmTable, added: Iterable[AddedFilm], moving: Mapping[int, int]) -> dict[int, int]:
    """Which films are others in a model that has learned, of those it says and of those that members added since it began.
    moving: what it says. A film that was renamed meanwhile is no longer the one that its former name was."""
    moves = dict(moving)
    for film in added:
        if film.movie != film.id or (film.id in films.catalogue and film.id not in moving):
            continue
        titles = {(title_key(name), film.year) for name in names_of(film.title)}
        found = set(films_of(films, titles).values()) if film.year is not None else set()
        if film.id in moves and not _is_called(films.catalogue.get(moves[film.id]), film):
            del moves[film.id]
        if film.id not in moves and len(found) == 1:
            moves[film.id] = found.pop()
    return moves


def _is_called(movie: Movie | None, film: AddedFilm) -> bool:
    """Whether it has the title of the film that was added, and about its year."""
    if movie is None or abs((film.year or 0) - (movie.year or 0)) > 1:
        return False
    return not set(map(title_key, names_of(film.title))).isdisjoint(map(title_key, movie.names))


async def settle(store: Store, films: FilmTable, new: Movie | None = None) -> None:
    """Let the stars count that members gave films which this catalogue knows, or only those for a film that is new in it."""
    titles = await store.unknown.titles() if new is None else _titles_of(new)
    if titles:
        known = await asyncio.to_thread(films_of, films, titles)
        if count := await store.unknown.settle(known):
            log.info("%d ratings count now: their films were not known before", count)


def _titles_of(film: Movie) -> set[Title]:
    """Under which stars may wait for a film, as `films_of` has it."""
    years = [None] if film.year is None else [None, film.year - 1, film.year, film.year + 1]
    return {(title_key(name), year) for name in film.names for year in years}
