"""Rows of films in arrays: taken over from earlier ones, and found by a text."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True)
class Kept:
    """Which films were there before, with the same said of them. rows: (films,) the row of each there, -1 for what is new."""

    rows: Rows

    @cached_property
    def new(self) -> Rows:
        """The rows of what is new."""
        return np.flatnonzero(self.rows < 0)

    def array(self, before: NDArray[Value], new: NDArray[Value]) -> NDArray[Value]:
        """What stood in the rows before, and what stands in those of `new` -> (films, ...)."""
        return np.concatenate([before, new])[self._places(len(before))]

    def arrow(self, before: pa.Array, new: pa.Array) -> pa.Array:
        """The same of Arrow's arrays."""
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


class Lookup:
    """Where texts stand, by the 64 bits of their hashes: a tenth of the memory of a dict."""

    def __init__(self, hashes: Rows) -> None:
        self._hashes = hashes
        self._places = np.argsort(hashes, kind="stable").astype(np.int32)

    def __call__(self, text: str) -> NDArray[np.int32]:
        """The places of this text, ascending; by a chance of one in 2^64 of another one's."""
        wanted = hash(text)
        ends = (find(self._places, wanted, key=self._hashes.__getitem__) for find in (bisect_left, bisect_right))
        return self._places[slice(*ends)]


def hashes(texts: Iterable[str]) -> Rows:
    """(texts,) by which a `Lookup` finds them; they differ from one process to the next."""
    return np.fromiter(map(hash, texts), np.int64)
