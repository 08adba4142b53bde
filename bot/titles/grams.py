"""An inverted index of character pairs and triples: which texts share the rarest of a query's."""

from collections.abc import Iterable
from functools import reduce

import numpy as np
import numpy.typing as npt

from recommender.rows import Kept

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

_LETTERS = 64  # characters are told apart by their last six bits: all of a to z and 0 to 9; others may share
_GRAMS = _LETTERS**2 + _LETTERS**3


class GramIndex:
    """Texts by their character pairs and triples. Lines of a text are apart: no gram goes over the end of a line."""

    def __init__(self, size: int, owners: Ints, starts: npt.NDArray[np.int64]) -> None:
        """size: of texts. owners: those that have gram g are at starts[g]:starts[g + 1]."""
        self._size, self._owners, self._starts = size, owners, starts

    @classmethod
    def of(cls, texts: Iterable[list[str]]) -> "GramIndex":
        """The texts come some at a time."""
        size, parts = 0, [np.empty(0, np.int64)]
        for some in texts:
            grams, owners = _grams(some)
            own = grams.astype(np.int64) << 32 | owners
            own.sort()  # np.unique takes ten times as long
            parts.append(own[np.diff(own, prepend=-1) != 0] + size)
            size += len(some)
        pairs = np.concatenate(parts)
        pairs.sort()
        # The owner is the lower half.
        return cls(size, pairs.astype(np.int32), np.searchsorted(pairs, np.arange(_GRAMS + 1) << 32))

    def changed(self, kept: Kept, new: "GramIndex") -> "GramIndex":
        """The index of those of these texts that are kept, and of new ones."""
        if kept.is_all(self._size):
            return self
        owners, starts = kept.moved(self._size).astype(np.int32)[self._owners], self._starts
        stays = owners >= 0
        if not stays.all():
            owners, starts = owners[stays], np.append(0, np.cumsum(stays))[starts]
        ends = np.repeat(starts[1:], np.diff(new._starts))
        owners = np.insert(owners, ends, kept.new.astype(np.int32)[new._owners])
        return GramIndex(len(kept.rows), owners, starts + new._starts)

    def having(self, text: str) -> Ints:
        """The texts that have all grams of this one."""
        owners = (self._owners[self._starts[gram] : self._starts[gram + 1]] for gram in np.unique(_grams([text])[0]))
        return reduce(np.intersect1d, owners)

    def shared(self, query: str) -> Floats:
        """For each text the share of the query's grams it has, rare ones weighing more, 0 to 1."""
        grams = np.unique(_grams([query])[0])
        starts, ends = self._starts[grams], self._starts[grams + 1]
        weights = np.log((self._size + 1) / (ends - starts + 1))
        sums = np.zeros(self._size)
        for start, end, weight in zip(starts, ends, weights, strict=True):
            np.add.at(sums, self._owners[start:end], weight)  # half the time of np.bincount
        return np.asarray(sums / max(weights.sum(), 1e-9), np.float32)


def _grams(texts: Iterable[str]) -> tuple[Ints, Ints]:
    """The number of each pair and triple, and the position of the text it is in."""
    lines = [text + "\n" for text in texts]
    points = np.frombuffer("".join(lines).encode("utf-32-le", "surrogatepass"), np.uint32)
    letters = (points % _LETTERS).astype(np.int32)
    owners = np.repeat(np.arange(len(lines), dtype=np.int32), [len(line) for line in lines])
    inside = points != ord("\n")
    pairs = letters[:-1] * _LETTERS + letters[1:]
    pair_inside = inside[:-1] & inside[1:]
    triples = _LETTERS**2 + pairs[:-1] * _LETTERS + letters[2:]
    triple_inside = pair_inside[:-1] & inside[2:]
    grams = np.concatenate([pairs[pair_inside], triples[triple_inside]])
    return grams, np.concatenate([owners[:-1][pair_inside], owners[:-2][triple_inside]])
