"""The layouts in which GroupLens packs its zips, each read into the same frames.

A layout takes an open zip and the folder inside it, and returns ratings (user, movie, rating, timestamp), movies
(movie, title, year, genres) and, where the layout has them, links (movie, imdb, tmdb). Members are streamed by their
known names; nothing is unpacked to disk, so no name in a zip ever becomes a path. What is not as the layout says raises
one of `MALFORMED`.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import IO, Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from recommender.catalogue import NAME_AND_YEAR, NO_GENRES

Layout = Callable[[zipfile.ZipFile, str], tuple[pd.DataFrame, ...]]

# ValueError covers Arrow's and Unicode's errors; RuntimeError is zipfile's word for encrypted or unknown compression.
MALFORMED = (KeyError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)

LINKS = {"movie": "int64", "imdb": "Int64", "tmdb": "Int64"}

LARGEST = 1 << 32  # bytes; the largest member of any set is about 0.9 GB

# The order of the 19 columns of 0 and 1 at the end of a line of u.item.
U_ITEM_GENRES = (
    NO_GENRES,
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)


def ml_100k(archive: zipfile.ZipFile, folder: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """u.data, separated by tabs, and u.item, by bars."""
    with _open(archive, f"{folder}/u.data") as file:
        ratings = _ratings(file, "\t", ["user", "movie", "rating", "timestamp"])
    rows = [line.split("|") for line in _lines(archive, f"{folder}/u.item", "latin-1")]
    films = ((fields[0], fields[1], _flagged(fields[5:])) for fields in rows)
    return ratings, _movies(films)


def dat(encoding: str) -> Layout:
    """ratings.dat and movies.dat, separated by "::"."""

    def read(archive: zipfile.ZipFile, folder: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        # Arrow splits at one character only. At ":" there is an empty column between any two.
        with _open(archive, f"{folder}/ratings.dat") as file:
            ratings = _ratings(file, ":", ["user", "", "movie", "", "rating", "", "timestamp"])
        return ratings, _movies(map(_film, _lines(archive, f"{folder}/movies.dat", encoding)))

    return read


def comma_separated(archive: zipfile.ZipFile, folder: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """ratings.csv, movies.csv and, in most zips, links.csv, each with a header."""
    with _open(archive, f"{folder}/ratings.csv") as file:
        ratings = _ratings(file, ",")
    types = {"movieId": pa.int64(), "title": pa.string(), "genres": pa.string()}
    films = _columns(archive, f"{folder}/movies.csv", types)
    return ratings, _movies(zip(*films, strict=True)), _links(archive, f"{folder}/links.csv")


def no_links() -> pd.DataFrame:
    return pd.DataFrame(columns=list(LINKS)).astype(LINKS)


def _links(archive: zipfile.ZipFile, member: str) -> pd.DataFrame:
    """One row a film with its numbers at IMDb and TMDB, which may be missing. The oldest zips have no such member."""
    if member not in archive.namelist():
        return no_links()
    # IMDb's numbers are written with leading zeros, which Arrow reads as it should.
    movie, imdb, tmdb = _columns(archive, member, dict.fromkeys(("movieId", "imdbId", "tmdbId"), pa.int64()))
    if None in movie:
        raise ValueError(f"{member} has a row without a film")
    return pd.DataFrame({"movie": movie, "imdb": imdb, "tmdb": tmdb}, dtype="object").astype(LINKS)


def _columns(archive: zipfile.ZipFile, member: str, types: dict[str, pa.DataType]) -> list[list[Any]]:
    """These columns of a small table with a header."""
    with _open(archive, member) as file:
        table = csv.read_csv(file, convert_options=csv.ConvertOptions(include_columns=list(types), column_types=types))
    return [column.to_pylist() for column in table.columns]


def _ratings(file: IO[bytes], delimiter: str, names: list[str] | None = None) -> pd.DataFrame:
    """One row a rating, read block by block. Without `names`, the header gives GroupLens's names."""
    user, movie = ("user", "movie") if names else ("userId", "movieId")
    types = {user: pa.int64(), movie: pa.int64(), "rating": pa.float64(), "timestamp": pa.int64()}
    table = csv.read_csv(
        file,
        read_options=csv.ReadOptions(column_names=names),
        parse_options=csv.ParseOptions(delimiter=delimiter),
        # No null values: an empty field is an error, not a hole.
        convert_options=csv.ConvertOptions(include_columns=list(types), column_types=types, null_values=[]),
    )
    # Each column is given back to the allocator once it is converted, or 32 million rows would be held twice.
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return frame.rename(columns={"userId": "user", "movieId": "movie"})


def _open(archive: zipfile.ZipFile, member: str) -> IO[bytes]:
    """A member's bytes, as a stream. ValueError for one that would unpack to more than any data set holds."""
    if archive.getinfo(member).file_size > LARGEST:
        raise ValueError(f"{member} would unpack to more than {LARGEST:,} bytes")
    return archive.open(member)


def _lines(archive: zipfile.ZipFile, member: str, encoding: str) -> list[str]:
    # Only real line ends count: str.splitlines would also cut at control characters inside a title.
    with _open(archive, member) as file:
        text = file.read().decode(encoding)
    return [line for line in text.replace("\r\n", "\n").split("\n") if line]


def _film(line: str) -> tuple[str, str, str]:
    # A title may contain colons; the id before it and the genres after it cannot.
    movie, rest = line.split("::", 1)
    title, genres = rest.rsplit("::", 1)
    return movie, title, genres


def _flagged(flags: list[str]) -> str:
    return "|".join(genre for genre, flag in zip(U_ITEM_GENRES, flags, strict=True) if flag == "1")


def _movies(films: Iterable[tuple[str | int, str, str]]) -> pd.DataFrame:
    """One row a film, from its id, its title with the year in it, and its genres."""
    movies = pd.DataFrame(films, columns=["movie", "title", "genres"])
    written = movies["title"].astype("str").str.strip()
    parts = written.str.extract(NAME_AND_YEAR)
    return pd.DataFrame(
        {
            "movie": movies["movie"].astype("int64"),
            "title": parts["name"].fillna(written),
            "year": pd.to_numeric(parts["year"]).astype("Int64"),
            "genres": movies["genres"].astype("str").replace("", NO_GENRES),
        }
    )
