"""Rows of films in arrays: taken over from earlier ones or from a file, and found by a text."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True)
class Stored:
    """What was worked out of films, as a file holds it. `films`: a column for each fact of a film, in the order of a catalogue.
    `tables`: whatever else there is of them all together, by names with a dot. None of it can be written to."""

    films: pa.RecordBatch
    tables: Mapping[str, NDArray[Any]]

    def column(self, name: str) -> NDArray[Any]:
        """A column of numbers, without a copy."""
        return np.asarray(self.films.column(name).to_numpy())


@dataclass(frozen=True)
class Kept:
    """Which films were there before, with the same said of them. rows: (films,) the row of each there, -1 for what is new."""

    rows: Rows

    @cached_property
    def new(self) -> Rows:
        """The rows of what is new."""
        return np.flatnonzero(self.rows < 0)

    def is_all(self, before: int) -> bool:
        """Whether there were so many films before, and these are the same in the same rows."""
        return np.array_equal(self.rows, np.arange(before))

    def array(self, before: NDArray[Value], new: NDArray[Value]) -> NDArray[Value]:
        """What stood in the rows before, and what stands in those of `new` -> (films, ...)."""
        return before if self.is_all(len(before)) else np.concatenate([before, new])[self._places(len(before))]

    def arrow(self, before: pa.Array, new: pa.Array) -> pa.Array:
        """The same of Arrow's arrays."""
        if self.is_all(len(before)):
            return before
        return pa.concat_arrays([before, new]).take(pa.array(self._places(len(before))))

    def moved(self, before: int) -> Rows:
        """(before,) the row that each row of so many has now, -1 for what is gone."""
        moved = np.full(before, -1)
        old = np.flatnonzero(self.rows >= 0)
        moved[self.rows[old]] = old
        return moved

    def _places(self, before: int) -> Rows:
        places = self.rows.copy()
        places[self.new] = before + np.arange(len(self.new))
        return places


class ToStore(NamedTuple):
    """What an object has for `Stored`: columns of films, and tables."""

    columns: dict[str, pa.Array | NDArray[Any]]
    tables: dict[str, NDArray[Any]]


class Lookup:
    """Where texts stand, by the 64 bits of their hashes: a tenth of the memory of a dict."""

    def __init__(self, hashes: Rows, places: NDArray[np.int32] | None = None) -> None:
        """places: of the hashes in ascending order, where they are known."""
        self.hashes = hashes
        self.places = np.argsort(hashes, kind="stable").astype(np.int32) if places is None else places

    def __call__(self, text: str) -> NDArray[np.int32]:
        """The places of this text, ascending; by a chance of one in 2^64 of another one's."""
        [wanted] = hashes([text])
        ends = (find(self.places, wanted, key=self.hashes.__getitem__) for find in (bisect_left, bisect_right))
        return self.places[slice(*ends)]


def hashes(texts: Iterable[str]) -> Rows:
    """(texts,) by which a `Lookup` finds them: the same in every process, unlike Python's own."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return pd.util.hash_array(np.array(encoded, dtype=object), categorize=False).view(np.int64)
