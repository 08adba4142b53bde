"""All that films come from, in the order in which it is believed."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from bot.films.catalogue import FilmCatalogue
from bot.films.film import Film
from bot.films.listed import listed_films
from recommender.catalogue import NO_GENRES
from recommender.datasets import DATASETS, MovieLens, kept_films


def all_films(
    data: MovieLens, data_dir: Path, wanted: Collection[int] = (), aliases: Mapping[int, int] | None = None
) -> FilmCatalogue:
    """The films of a data set; of the sets that are at hand besides, those whose ids are wanted; and the list of recent films.
    aliases: ids that films were known by -> their ids."""
    catalogue = FilmCatalogue(aliases or {})
    catalogue.join(of_movielens(data))
    for name in DATASETS:
        if name != data.name and (other := kept_films(name, data_dir)) is not None:
            catalogue.join((movie, film) for movie, film in of_movielens(other) if catalogue.today(movie) in wanted)
    catalogue.join(listed_films())
    return catalogue


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
