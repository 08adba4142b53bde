"""What the sources know, kept between updates: parquet files in one folder a source.

A source that is fetched in pieces has a file a piece, so that an update that was stopped has lost the piece it was at and
nothing else. Every file is replaced as a whole.
"""

import fcntl
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from bot.films.film import Film

SCHEMA = pa.schema(
    {
        "title": pa.string(),
        "year": pa.int64(),
        "imdb": pa.int64(),
        "tmdb": pa.int64(),
        "others": pa.list_(pa.string()),
        "minutes": pa.int64(),
        "genres": pa.list_(pa.string()),
        "language": pa.string(),
        "votes": pa.int64(),
        "mean": pa.float64(),
        "fame": pa.float64(),
    }
)
FOLDER = "films"  # in the data folder
FETCHED = b"fetched"  # the key of a file's time in its metadata
# int64 as pandas has it where some are missing; floats would round an id.
_TYPES = {pa.int64(): pd.Int64Dtype()}

log = logging.getLogger(__name__)


class InUseError(RuntimeError):
    """Another process is fetching films into this folder. The message is a sentence to show."""


class Kept(NamedTuple):
    """A piece of a source."""

    films: int
    at: datetime  # when it was fetched (UTC)


class About(NamedTuple):
    """What is kept of a source: how many films, and when its oldest and its newest piece were fetched (UTC)."""

    films: int  # a film that is in two pieces counts twice
    oldest: datetime
    newest: datetime


class Shelf:
    """A folder with what each source knows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, source: str, films: Iterable[Film], at: datetime, piece: str = "all") -> None:
        """Replace a piece of a source by these films, fetched `at`. Raises OSError where the folder can't be written."""
        schema = SCHEMA.with_metadata({FETCHED: at.astimezone(UTC).isoformat()})
        table = pa.Table.from_pylist([film._asdict() for film in films], schema)
        target = self._file(source, piece)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            # Without dictionaries, hundreds of small files are read in half the time.
            parquet.write_table(table, file, compression="zstd", use_dictionary=False, write_page_checksum=True)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)

    def read(self, source: str) -> pd.DataFrame:
        """All films of a source, one row each, with the fields of `Film` as columns; none of a source that is not kept.

        Of two rows with one IMDb id, the one that was fetched later counts. Whole numbers are Int64, `others` and `genres`
        arrays of str. A damaged piece is set aside, so that the next update fetches it again.
        """
        pieces = sorted(self.pieces(source).items(), key=lambda piece: piece[1].at)
        tables = [table for name, _ in pieces if (table := _table(self._file(source, name))) is not None]
        frame: pd.DataFrame = pa.concat_tables([SCHEMA.empty_table(), *tables]).to_pandas(types_mapper=_TYPES.get)
        superseded = frame["imdb"].notna() & frame["imdb"].duplicated(keep="last")
        return frame[~superseded].reset_index(drop=True)

    def pieces(self, source: str) -> dict[str, Kept]:
        """The pieces of a source that are kept, by name."""
        paths = sorted((self.folder / source).glob("*.parquet"))
        return {path.stem: kept for path in paths if (kept := _kept(path)) is not None}

    def about(self, source: str) -> About | None:
        """How much is kept of a source, and how old it is; None if nothing is."""
        pieces = self.pieces(source).values()
        if not pieces:
            return None
        times = [piece.at for piece in pieces]
        return About(sum(piece.films for piece in pieces), min(times), max(times))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else updates while this is open, in no process. Raises InUseError if somebody does, OSError where the folder
        can't be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # The lock goes with the process, however it ends. The file stays: it is what two processes meet at.
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUseError("Films are being fetched by another process already.") from None
            yield

    def _file(self, source: str, piece: str) -> Path:
        return self.folder / source / f"{piece}.parquet"


def _kept(path: Path) -> Kept | None:
    """What a piece's own footer says of it; None if it is damaged."""
    try:
        footer = parquet.read_metadata(path)
        return Kept(footer.num_rows, datetime.fromisoformat(footer.metadata[FETCHED].decode()))
    except Exception:  # Arrow answers damage with anything from OSError to TypeError
        _set_aside(path)
        return None


def _table(path: Path) -> pa.Table | None:
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            return file.read(SCHEMA.names, use_threads=False).cast(SCHEMA)
    except Exception:  # as above
        _set_aside(path)
        return None


def _set_aside(path: Path) -> None:
    log.warning("%s is damaged; it counts as missing and is fetched again with the next update.", path, exc_info=True)
    try:
        path.replace(path.with_suffix(".damaged"))
    except OSError:
        log.warning("%s could not be set aside.", path, exc_info=True)
