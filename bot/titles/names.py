"""The names of all films as they are searched: without their articles or with them, whole and in parts."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bot.titles.words import plain_words_by_line, same_words
from recommender.rows import Kept
from recommender.text import ARTICLES

_PARTS = re.compile(r": | [-–—] |/")
_WHOLE, _PART = 1.0, 0.96  # the worth of a match with a name, and with a part of one: "A New Hope"
_TOGETHER = 1000  # films whose names are read at once


class Names(NamedTuple):
    """The names of some films, one after the other."""

    words: list[str]  # of each name, in one spelling, separated by spaces
    joined: list[str]  # as written, without spaces
    worth: npt.NDArray[np.float32]  # of a match with it
    first: npt.NDArray[np.int64]  # (films + 1,) film i has the names first[i] to first[i + 1]

    def by_film(self) -> Iterator[slice]:
        """Where the names of each film are."""
        return map(slice, self.first[:-1].tolist(), self.first[1:].tolist())


class NameTable:
    """The names of films in rows; each film has one or more."""

    def __init__(self, names: pa.ListArray) -> None:
        self._names = names  # of each film the columns of `Names`

    @classmethod
    def of(cls, films: pa.Array) -> "NameTable":
        """films: of each, a line for each name."""
        starts = range(0, max(len(films), 1), _TOGETHER)
        return cls(pa.concat_arrays([_read(films[start : start + _TOGETHER].to_pylist()) for start in starts]))

    def changed(self, kept: Kept, new: "NameTable") -> "NameTable":
        """The names of those of these films that are kept, and of new ones."""
        return NameTable(kept.arrow(self._names, new._names))

    def __len__(self) -> int:
        return len(self._names)

    def at(self, rows: npt.NDArray[np.integer]) -> Names:
        """The names of the films in these rows."""
        found = self._names.take(pa.array(rows))
        words, joined, worth = found.flatten().flatten()
        return Names(words.to_pylist(), joined.to_pylist(), worth.to_numpy(), found.offsets.to_numpy().astype(np.int64))

    def some(self) -> Iterator[Names]:
        """The names of all films, of some at a time."""
        return (
            self.at(np.arange(start, min(start + _TOGETHER, len(self)))) for start in range(0, len(self), _TOGETHER)
        )

    def shortest(self) -> npt.NDArray[np.float32]:
        """(films,) the letters of each film's shortest name."""
        if not len(self):
            return np.empty(0, np.float32)
        letters = pc.utf8_length(self._names.flatten().field("joined")).to_numpy()
        return np.minimum.reduceat(letters, self._names.offsets.to_numpy()[:-1]).astype(np.float32)


def _read(films: Sequence[str]) -> pa.ListArray:
    """films: of each, a line for each name."""
    lines: list[str] = []
    worths: list[float] = []
    ends = [0]  # of the lines of each film
    for names in films:
        for name in names.split("\n"):
            own = parts(name)
            lines += [name, *own]
            worths += [_WHOLE] + [_PART] * len(own)
        ends.append(len(lines))
    found: list[tuple[str, str, float]] = []
    first = [0]  # of the names of each line
    for line, worth, plain in zip(lines, worths, plain_words_by_line(lines), strict=True):
        words, joined = " ".join(same_words(plain)), "".join(plain)
        if worth == _WHOLE or (joined and not joined.isdecimal()):
            found.append((words, joined, worth))
        article, _, rest = line.partition(" ")
        if worth == _WHOLE and rest and article.lower() in ARTICLES:
            found.append((f"{article.lower()} {words}", article.lower() + joined, worth))
        first.append(len(found))
    columns = zip(*found, strict=True) if found else ((), (), ())
    types = (pa.string(), pa.string(), pa.float32())
    rows = pa.StructArray.from_arrays(map(pa.array, columns, types), ["words", "joined", "worth"])
    return pa.ListArray.from_arrays(pa.array(np.array(first, np.int32)[ends]), rows)


def parts(name: str) -> list[str]:
    """The parts of a name, if it has any."""
    found = _PARTS.split(name)
    return found if len(found) > 1 else []
