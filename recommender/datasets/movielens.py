"""The MovieLens data sets: the embedded one, and GroupLens's others, downloaded by name on first use."""

import logging
import zipfile
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from pyarrow import parquet

from recommender.datasets.download import DatasetError, Progress, download, publish, published_md5
from recommender.datasets.identity import FILMS_OF_ML_100K, IMDB, ML_100K, renumbered
from recommender.datasets.layouts import MALFORMED, Layout, comma_separated, dat, ml_100k, no_links

__all__ = ["DATASETS", "DatasetError", "MovieLens", "load_movielens"]

GROUPLENS = "https://files.grouplens.org/datasets/movielens"
EMBEDDED = "ml-latest-small"
COLUMNS = {
    "ratings": ["user", "movie", "rating", "timestamp"],
    "movies": ["movie", "title", "year", "genres"],
    "links": ["movie", "imdb", "tmdb"],
}
RATED = ("ratings", "movies")  # the tables that every set has
Share = tuple[int, int]
WHOLE: Share = (0, 1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MovieLens:
    """A data set. Not every film has a rating, and not every film has a year. A film's id is that of `identity`."""

    name: str
    ratings: pd.DataFrame  # user int64, movie int64, rating float64 (stars), timestamp int64 (seconds since 1970)
    movies: pd.DataFrame  # movie int64, title str ("Matrix, The"), year Int64 (may be NA), genres str ("Action|Sci-Fi")
    # movie int64, imdb Int64 (133093 for tt0133093), tmdb Int64; the last two may be NA. Empty where the set has none.
    links: pd.DataFrame = field(default_factory=no_links)


@dataclass(frozen=True)
class Counts:
    """What a set that GroupLens never changes holds."""

    ratings: int
    users: int
    movies: int

    def __str__(self) -> str:
        return f"{self.ratings:,} ratings by {self.users:,} users and {self.movies:,} films"


@dataclass(frozen=True)
class Source:
    """How one of GroupLens's zips is read, and what it must hold."""

    folder: str
    layout: Layout
    counts: Counts | None
    step: float = 0.5  # ratings run from one step to 5 stars
    highest: int = IMDB - 1  # number of a film


SOURCES = {
    "ml-100k": Source("ml-100k", ml_100k, Counts(100_000, 943, FILMS_OF_ML_100K), 1.0, FILMS_OF_ML_100K),
    "ml-1m": Source("ml-1m", dat("latin-1"), Counts(1_000_209, 6_040, 3_883), step=1.0),
    # The README of ml-10m says 71,567 users: the highest id. 69,878 of them have ratings.
    "ml-10m": Source("ml-10M100K", dat("utf-8"), Counts(10_000_054, 69_878, 10_681)),
    "ml-20m": Source("ml-20m", comma_separated, Counts(20_000_263, 138_493, 27_278)),
    "ml-25m": Source("ml-25m", comma_separated, Counts(25_000_095, 162_541, 62_423)),
    "ml-32m": Source("ml-32m", comma_separated, Counts(32_000_204, 200_948, 87_585)),
    # GroupLens renews this one now and then. Whoever wants the new one deletes the old from the data folder.
    "ml-latest": Source("ml-latest", comma_separated, None),
}
DATASETS = (EMBEDDED, *SOURCES)


def load_movielens(
    name: str = EMBEDDED,
    data_dir: str | Path | None = None,
    base_url: str | None = None,
    progress: Progress | None = None,
    share: Share = WHOLE,
) -> MovieLens:
    """Load a data set by name, one of `DATASETS`.

    The embedded set needs neither network nor `data_dir`. The others are downloaded on first use from GroupLens, or
    from the mirror at `base_url`, and kept in `data_dir` ("data" by default) as parquet, with the numbers that the set
    itself gives its films. `progress` is called with bytes done and bytes in all (None if unknown). Raises ValueError
    for an unknown name, and DatasetError, which is one, where the set cannot be had or is not what it should be; the
    next call tries again. share: (k, n) for the ratings of the k-th, from 0, of n ranges of users' ids; of a set that is kept, no
    others are held in memory.
    """
    if name == EMBEDDED:
        return _read_parquet(resources.files("recommender.datasets") / "embedded", name, RATED, share)
    if name not in SOURCES:
        raise ValueError(f"There is no data set {name!r}. The names are {', '.join(DATASETS)}.")
    data = _published(name, Path(data_dir or "data"), base_url or GROUPLENS, progress, share)
    if name == "ml-100k":
        data = replace(data, ratings=renumbered(data.ratings), movies=renumbered(data.movies))
    return data


def kept_films(name: str, data_dir: str | Path) -> MovieLens | None:
    """The films of the embedded set, or of one that is kept in `data_dir`, without ratings; None if it isn't there."""
    folder = resources.files("recommender.datasets") / "embedded" if name == EMBEDDED else Path(data_dir)
    data = _read_cache(folder, name, _tables(name)[1:]) or _read_cache(folder, name, ("movies",))
    return replace(data, movies=renumbered(data.movies)) if data and name == "ml-100k" else data


def _tables(name: str) -> tuple[str, ...]:
    return tuple(COLUMNS) if name != EMBEDDED and SOURCES[name].layout is comma_separated else RATED


def _published(name: str, folder: Path, base_url: str, progress: Progress | None, share: Share) -> MovieLens:
    """The set as GroupLens published it: what an earlier call kept, else what its zip holds."""
    tables = _tables(name)
    kept = _read_cache(folder, name, tables, share)
    if kept is not None:
        return kept
    try:
        whole = _downloaded(name, folder, base_url, progress, tables)
        return whole if share == WHOLE else _read_parquet(folder, name, tables, share)
    except DatasetError as error:
        # What an older version kept lacks the links, and still is the set.
        older = _read_cache(folder, name, RATED, share)
        if older is None:
            raise
        log.warning("The links of %s to other databases are not there yet: %s", name, error)
        return older


def _downloaded(
    name: str, folder: Path, base_url: str, progress: Progress | None, tables: tuple[str, ...]
) -> MovieLens:
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{name}.zip"
    if not archive.exists():
        _fetch(archive, base_url, progress)
    try:
        data = _read_zip(archive, name)
    except DatasetError:
        archive.unlink()
        raise
    _write_parquet(data, folder, tables)
    archive.unlink()
    return data


def _fetch(archive: Path, base_url: str, progress: Progress | None) -> None:
    base_url = base_url.rstrip("/")
    url = f"{base_url}/{archive.name}"
    # A mirror may have packed its zip anew, so the published sum binds the original site only.
    md5 = published_md5(url) if base_url == GROUPLENS else None
    download(url, archive, md5, progress)


def _read_zip(path: Path, name: str) -> MovieLens:
    source = SOURCES[name]
    try:
        with zipfile.ZipFile(path) as archive:
            data = MovieLens(name, *source.layout(archive, source.folder))
    except MALFORMED as error:
        raise DatasetError(f"{path.name} is damaged or not in the layout of {name}: {error}") from error
    fault = _fault(data, source)
    if fault is not None:
        raise DatasetError(f"{path.name} is not {name} as GroupLens published it: {fault}.")
    return data


def _fault(data: MovieLens, source: Source) -> str | None:
    """What is wrong with a data set, in words; None if nothing is."""
    ratings, movies = data.ratings, data.movies
    found = Counts(len(ratings), ratings["user"].nunique(), len(movies))
    if source.counts is not None and found != source.counts:
        return f"it holds {found}, not {source.counts}"
    if ratings.empty or movies.empty:
        return "it is empty"
    if min(ratings["user"].min(), ratings["movie"].min(), movies["movie"].min()) < 1:
        return "an id is not positive"
    if max(ratings["movie"].max(), movies["movie"].max()) > source.highest:
        return f"a film's id is above {source.highest:,}"
    if movies["movie"].duplicated().any():
        return "a film is listed twice"
    stars = ratings["rating"]
    if not (stars.between(source.step, 5.0) & (stars % source.step == 0)).all():
        return f"a rating is not on the scale from {source.step} to 5 stars"
    if ratings["timestamp"].min() < 0:
        return "a timestamp is negative"
    if data.links["movie"].duplicated().any():
        return "a film has two rows of links"
    highest = {"movie": source.highest, "imdb": ML_100K - IMDB - 1, "tmdb": np.inf}
    if not all(data.links[column].dropna().between(1, most).all() for column, most in highest.items()):
        return "a number in its links is impossible"
    return None


def _read_cache(
    folder: Path | Traversable, name: str, tables: tuple[str, ...], share: Share = WHOLE
) -> MovieLens | None:
    """What an earlier call left in the folder; None where that is missing or damaged."""
    try:
        return _read_parquet(folder, name, tables, share)
    except FileNotFoundError:
        return None
    except Exception:  # Arrow answers damage with anything from OSError to TypeError
        log.warning("The copy of %s in %s is damaged; it is built anew.", name, folder, exc_info=True)
        return None


def _read_parquet(folder: Path | Traversable, name: str, tables: tuple[str, ...], share: Share = WHOLE) -> MovieLens:
    frames = {"ratings": pd.DataFrame(columns=COLUMNS["ratings"])}
    for kind in tables:
        with (folder / f"{name}.{kind}.parquet").open("rb") as file:
            wanted = _users(file, share) if kind == "ratings" and share != WHOLE else None
            table = parquet.read_table(file, page_checksum_verification=True, filters=wanted).select(COLUMNS[kind])
        # Column by column, each given back once it is converted, or a large set would be held twice.
        frames[kind] = table.to_pandas(split_blocks=True, self_destruct=True)
    return MovieLens(name, **frames)


def _users(file: IO[bytes], share: Share) -> list[tuple[str, str, int]]:
    """Which rows are the share's. GroupLens numbers users at random, so that equal ranges of ids have about as many ratings; and
    its files are sorted by them, so that groups of rows without any are not read."""
    kept = parquet.read_metadata(file)
    groups = [kept.row_group(group) for group in range(kept.num_row_groups)]
    column = kept.schema.names.index("user")
    ends = [group.column(column).statistics for group in groups]
    low, high = min(end.min for end in ends), max(end.max for end in ends) + 1
    number, count = share
    first, last = (low + (high - low) * part // count for part in (number, number + 1))
    return [("user", ">=", first), ("user", "<", last)]


def _write_parquet(data: MovieLens, folder: Path, tables: tuple[str, ...]) -> None:
    frames = {"ratings": data.ratings, "movies": data.movies, "links": data.links}
    for kind in tables:
        target = folder / f"{data.name}.{kind}.parquet"
        part = target.with_name(f"{target.name}.part")
        frames[kind].to_parquet(part, index=False, compression="zstd", write_page_checksum=True)
        publish(part, target)
