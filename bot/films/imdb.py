"""Films from IMDb's non-commercial data sets, for those who agreed to their terms.

The terms: personal and non-commercial use, no other database made of them, never passed on
(https://developer.imdb.com/non-commercial-datasets/). So this reader works only where a host chose it, and what it read
stays in the host's folder. title.akas.tsv.gz, with the titles by country, is left out: it is as large as all else together.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from bot.films.fetch import FetchError, Web, forget
from bot.films.film import Film, title_of
from bot.films.shelf import Shelf
from bot.films.source import Progress

URL = "https://datasets.imdbws.com"
CREDIT = "Information courtesy of IMDb (https://www.imdb.com). Used with permission."
RATINGS = "title.ratings.tsv.gz"
BASICS = "title.basics.tsv.gz"
RATINGS_COLUMNS = ["tconst", "averageRating", "numVotes"]
BASICS_COLUMNS = [
    *("tconst", "titleType", "primaryTitle", "originalTitle"),
    *("isAdult", "startYear", "runtimeMinutes", "genres"),
]
TYPES = ["movie", "tvMovie"]
LEAST_VOTES = 750  # about 60,000 films
LEAST_FILMS = 20_000  # a file with fewer is not the whole of it
MOST_BYTES = 2_000_000_000  # of a file; the larger has about a tenth
BLOCK = 1 << 20  # bytes that are unpacked at once

# IMDb's words that MovieLens has too, all but one as they are. Biography, History, Music, Short, Sport are no genres there.
SAME_GENRES = (
    *("Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Film-Noir"),
    *("Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
GENRES = {**{word: word for word in SAME_GENRES}, "Family": "Children"}


@dataclass(frozen=True)
class Imdb:
    """The source. `url` and `least_films`: those of a test's files."""

    url: str = URL
    least_films: int = LEAST_FILMS
    name: str = "imdb"

    async def update(self, web: Web, shelf: Shelf, older_than: datetime, progress: Progress) -> int:
        """As a `Source` does it: all or nothing."""
        kept = (await asyncio.to_thread(shelf.pieces, self.name)).get("all")
        if kept is not None and kept.at > older_than:
            return 0
        at = datetime.fromtimestamp(web.clock(), UTC)
        folder = shelf.folder / self.name
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        ratings, basics = files = folder / RATINGS, folder / BASICS
        for file in files:
            received = partial(progress, file.name)
            await web.download(f"{self.url}/{file.name}", file, most_bytes=MOST_BYTES, received=received)
        progress("reading", 0, None)
        try:
            films = await _read(ratings, basics)
            if len(films) < self.least_films:
                raise FetchError(f"IMDb's files hold {len(films):,} known films, which can't be all.")
        except FetchError:
            _forget(files)  # or the next update would go on from what is damaged
            raise
        await asyncio.to_thread(shelf.write, self.name, films, at)
        _forget(files)
        return 0


def votes_of(block: pa.RecordBatch) -> dict[str, tuple[float, int]]:
    """Mean and number of votes by IMDb id, of what has enough votes in a block of the ratings."""
    well_formed = pc.and_(
        pc.match_substring_regex(block["averageRating"], r"^(?:[1-9](?:\.[0-9]+)?|10(?:\.0+)?)$"),
        pc.match_substring_regex(block["numVotes"], r"^[0-9]{1,9}$"),
    )
    block = block.filter(well_formed)
    votes = block["numVotes"].cast(pa.int64())
    enough = pc.greater_equal(votes, LEAST_VOTES)
    ids, means = block["tconst"].filter(enough), block["averageRating"].filter(enough).cast(pa.float64())
    return dict(
        zip(ids.to_pylist(), zip(means.to_pylist(), votes.filter(enough).to_pylist(), strict=True), strict=True)
    )


def films_of(block: pa.RecordBatch, rated: Mapping[str, tuple[float, int]]) -> list[Film]:
    """The films among the rated in a block of the titles."""
    is_film = pc.and_(pc.is_in(block["titleType"], pa.array(TYPES)), pc.equal(block["isAdult"], "0"))
    block = block.filter(is_film)
    # Only of these are rows made: most titles have hardly any votes.
    block = block.filter(pa.array([title in rated for title in block["tconst"].to_pylist()], pa.bool_()))
    return [film for row in block.to_pylist() if (film := _film(row, *rated[row["tconst"]])) is not None]


def _film(row: dict[str, str | None], mean: float, votes: int) -> Film | None:
    imdb = _number(r"tt0*([1-9]\d{0,8})", row["tconst"])
    title, original = (title_of(row[name] or "") for name in ("primaryTitle", "originalTitle"))
    if imdb is None or not title:
        return None
    return Film(
        title=title,
        year=_number(r"(1[89]\d\d|20\d\d)", row["startYear"]),
        imdb=imdb,
        others=(original,) if original not in ("", title) else (),
        # A few rows are shifted by a column, and have words here.
        minutes=_number(r"([1-9]\d{0,2})", row["runtimeMinutes"]),
        genres=tuple(GENRES[word] for word in (row["genres"] or "").split(",") if word in GENRES),
        votes=votes,
        mean=mean,
        fame=float(votes),
    )


def _number(pattern: str, text: str | None) -> int | None:
    """The number in a text of this form, or None."""
    found = re.fullmatch(pattern, text or "", re.ASCII)
    return None if found is None else int(found[1])


async def _read(ratings: Path, basics: Path) -> list[Film]:
    """All films with enough votes. It goes on in a thread, a block at a time: there is always a place to stop."""
    rated: dict[str, tuple[float, int]] = {}
    async for block in _blocks(ratings, RATINGS_COLUMNS):
        rated |= await asyncio.to_thread(votes_of, block)
    films: list[Film] = []
    async for block in _blocks(basics, BASICS_COLUMNS):
        films += await asyncio.to_thread(films_of, block, rated)
    return films


async def _blocks(path: Path, columns: list[str]) -> AsyncIterator[pa.RecordBatch]:
    """The rows of a file with these columns, all of them str. Raises FetchError where the file is damaged or another one."""
    try:
        reader = await asyncio.to_thread(_open, path, columns)
        while (block := await asyncio.to_thread(_next, reader)) is not None:
            yield block
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk's, not the file's
        raise FetchError(f"{path.name} is damaged, or not what IMDb describes: {error}") from error


def _open(path: Path, columns: list[str]) -> csv.CSVStreamingReader:
    return csv.open_csv(
        pa.input_stream(str(path), compression="gzip"),
        read_options=csv.ReadOptions(block_size=BLOCK, use_threads=False),
        # Quotes are part of a title. A row with too many tabs is left out.
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, invalid_row_handler=lambda _: "skip"),
        convert_options=csv.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=["\\N"],
            strings_can_be_null=True,
        ),
    )


def _next(reader: csv.CSVStreamingReader) -> pa.RecordBatch | None:
    try:
        return reader.read_next_batch()
    except StopIteration:  # which no thread can hand over
        return None


def _forget(files: Iterable[Path]) -> None:
    for file in files:
        forget(file)
