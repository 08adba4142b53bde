"""An inverted index of character pairs and triples: which texts share the rarest of a query's."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

_LETTERS = 64  # characters are told apart by their last six bits: all of a to z and 0 to 9; others may share
_GRAMS = _LETTERS**2 + _LETTERS**3


class GramIndex:
    """Texts by their character pairs and triples. Lines of a text are apart: no gram goes over the end of a line."""

    def __init__(self, texts: list[str]) -> None:
        self._size = len(texts)
        grams, owners = _grams(texts)
        pairs = grams.astype(np.int64) << 32 | owners
        pairs.sort()  # np.unique takes ten times as long
        pairs = pairs[np.diff(pairs, prepend=-1) != 0]
        self._owners = pairs.astype(np.int32)  # the lower half; those of gram g are at starts[g]:starts[g + 1]
        self._starts = np.searchsorted(pairs >> 32, np.arange(_GRAMS + 1))

    def shared(self, query: str) -> Floats:
        """For each text the share of the query's grams it has, rare ones weighing more, 0 to 1."""
        grams = np.unique(_grams([query])[0])
        starts, ends = self._starts[grams], self._starts[grams + 1]
        counts = ends - starts
        weights = np.log((self._size + 1) / (counts + 1))
        owners = [self._owners[start:end] for start, end in zip(starts, ends, strict=True)]
        sums = np.bincount(np.concatenate(owners), np.repeat(weights, counts), minlength=self._size)
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
