"""All that films come from, in the order in which it is believed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from bot.films.catalogue import FilmCatalogue
from bot.films.film import Film
from bot.films.listed import listed_films
from bot.films.shelf import Shelf
from bot.films.typed import typed_films
from bot.films.update import SOURCES
from bot.store import AddedFilm
from recommender.catalogue import NO_GENRES
from recommender.datasets import DATASETS, MovieLens, kept_films
from recommender.datasets.identity import IMDB


def all_films(
    data: MovieLens,
    data_dir: Path,
    films_dir: Path,
    source: str = "off",
    wanted: Collection[int] = (),
    aliases: Mapping[int, int] | None = None,
    added: Iterable[AddedFilm] = (),
) -> FilmCatalogue:
    """The films of a data set, the list of recent films, what was fetched from the source of films that is chosen, and those that
    members added; of other data sets and sources that are at hand, the films whose ids are wanted. data_dir: of data sets;
    films_dir: of what was fetched; aliases: ids that films were known by -> their ids."""
    catalogue = FilmCatalogue(aliases or {})
    catalogue.join(of_movielens(data))
    for name in DATASETS:
        if name != data.name and (other := kept_films(name, data_dir)) is not None:
            catalogue.join((movie, film) for movie, film in of_movielens(other) if catalogue.today(movie) in wanted)
    catalogue.join(listed_films())
    shelf = Shelf(films_dir)
    for name in SOURCES:
        films = of_shelf(shelf, name)
        catalogue.join(row for row in films if name == source or catalogue.today(row[0]) in wanted)
    for row in typed_films(added):
        catalogue.join([row])  # one by one: two members may have typed the same film in two ways
    return catalogue


def of_shelf(shelf: Shelf, source: str) -> Iterator[tuple[int, Film]]:
    """What was fetched from a source, with the ids that follow from IMDb's; films that IMDb doesn't know have none."""
    frame = shelf.read(source)
    known = frame[frame["imdb"].notna()]
    columns = (known[name].astype(object).where(known[name].notna(), None) for name in Film._fields)
    for row in zip(*columns, strict=True):
        film = Film(*row)
        yield IMDB + int(row[2]), film._replace(others=tuple(film.others), genres=tuple(film.genres))


def of_movielens(data: MovieLens) -> Iterator[tuple[int, Film]]:
    """A data set's films as a source has them."""
    movies = data.movies.merge(data.links, on="movie", how="left") if len(data.links) else data.movies
    nowhere = [None] * len(movies)
    imdb, tmdb = (map(_number, movies[name]) if name in movies else nowhere for name in ("imdb", "tmdb"))
    rows = zip(*(movies[name].tolist() for name in ("movie", "title", "year", "genres")), imdb, tmdb, strict=True)
    for movie, title, year, genres, imdb_id, tmdb_id in rows:
        kinds = () if genres in ("", NO_GENRES) else tuple(genres.split("|"))
        yield movie, Film(title, _number(year), imdb_id, tmdb_id, genres=kinds)


def _number(value: object) -> int | None:
    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]


def fetched_at(films_dir: Path, source: str) -> int:
    """When the newest films of a source were fetched, in UTC seconds since 1970; 0 if none are there."""
    about = Shelf(films_dir).about(source)
    return int(about.newest.timestamp()) if about else 0
