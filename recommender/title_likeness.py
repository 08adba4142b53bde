"""How alike titles are: "Alien" and "Aliens", or "First Blood" and "Rambo: First Blood Part II", nearly one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.rows import Stored, ToStore, hashes
from recommender.text import ARTICLES, PART_WORDS, singular, words_by_line

# A subtitle tells the parts of a series apart more often than it joins them.
SUBTITLE_WEIGHT = 0.5
# Which word comes first, which follows which, and what the whole of a title or subtitle is, count as words of their own, with
# this weight: a series has its name in front, or one of several words. One word that two titles share tells less.
PHRASE_WEIGHT = 0.7
# No words in a row: "Requiem for" makes no series of "Requiem for a Dream" and "Requiem for a Heavyweight".
_LINKS = frozenset(["of", "for", "in", "on", "to", "from", "with", "and", "at", "by"])
_PART_WORDS = frozenset([*PART_WORDS, "pt", "vol"])  # "ch" may be a name: "Bienvenue chez les Ch'tis"
_NUMBER = re.compile(r"\d+|(?=[ivx])x{0,2}(?:ix|iv|v?i{0,3})")
TOGETHER = 1000  # films whose names are read at once
END = "\n"  # of a line
PREFIX = "titles."
_SUBTITLE = re.compile(": | - ")
# Odd numbers that make hashes of phrases from those of words: of the first word, of two in a row, of a whole line.
FIRST, PAIR, WHOLE = (np.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
WORTHS = (1.0, PHRASE_WEIGHT, PHRASE_WEIGHT, PHRASE_WEIGHT)  # of a word, and of these
PHRASES = (False, False, True, True)  # which of them are more than a word


@dataclass(frozen=True)
class WordTables:
    """The words that more than one of m films has, numbered. Film i has the places of_film[i] to of_film[i + 1] of `words` and
    `weights`; `rows` holds the film at each place. Word w has the places by_word[of_word[w] : of_word[w + 1]], and is_phrase[w]
    is 1 for phrases."""

    rows: NDArray[np.int32]
    words: NDArray[np.int32]
    weights: NDArray[np.float32]
    of_film: NDArray[np.int64]
    by_word: NDArray[np.int32]
    of_word: NDArray[np.int64]
    is_phrase: NDArray[np.float64]

    @classmethod
    def of(cls, found: pa.ListArray) -> "WordTables":
        """found: see `_read`."""
        films = len(found)
        film = np.repeat(np.arange(films, dtype=np.int32), np.diff(found.offsets.to_numpy()))
        hashed, weights, is_phrase = (column.to_numpy(zero_copy_only=False) for column in found.flatten().flatten())
        known, words = np.unique(hashed, return_inverse=True)
        phrases = np.zeros(len(known), dtype=bool)
        phrases[words] = is_phrase
        of_word = np.bincount(words, minlength=len(phrases))
        weights = weights * np.log(films / of_word[words])
        lengths = np.sqrt(np.bincount(film, weights**2, minlength=films))
        shared = of_word > 1  # a word of one film only makes it longer
        kept = shared[words]
        rows, own = film[kept], (np.cumsum(shared) - 1)[words[kept]].astype(np.int32)
        return cls(
            rows,
            own,
            (weights / np.maximum(lengths, 1e-12)[film])[kept].astype(np.float32),
            np.searchsorted(rows, np.arange(films + 1, dtype=np.int32)),
            np.argsort(own, kind="stable").astype(np.int32),
            np.append(0, np.cumsum(of_word[shared])),
            phrases[shared].astype(float),
        )


class TitleLikeness:
    """The words and phrases of all titles as TF-IDF vectors (Salton and Buckley 1988), so that a rare word in common counts
    for more than "love"."""

    def __init__(
        self, catalogue: Catalogue, before: "TitleLikeness | None" = None, stored: Stored | None = None
    ) -> None:
        """before: of an earlier catalogue; what it knows of films that are the same is taken over. stored: what is `stored` of
        these films."""
        self._catalogue = catalogue
        if stored is not None:
            self._found, self._title = stored.films.column("title_words"), stored.column("title_hash")
            self._of = WordTables(**{name: stored.tables[f"{PREFIX}{name}"] for name in TABLES})
            return
        if before is None:
            self._found, self._title = _read(catalogue.names)
        else:
            same = catalogue.kept(before._catalogue)
            found, title = _read(catalogue.names.take(pa.array(same.new)))
            self._found, self._title = same.arrow(before._found, found), same.array(before._title, title)
        self._of = WordTables.of(self._found)

    def stored(self) -> ToStore:
        """What was read of each film, and tables of all."""
        tables = {f"{PREFIX}{name}": getattr(self._of, name) for name in TABLES}
        return ToStore({"title_words": self._found, "title_hash": self._title}, tables)

    def likeness(self, row: int, worth: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """(films,) 0..1: the cosine of each other film's title with this one's. worth (words,): factors of the words'
        products."""
        of = self._of
        own = slice(*of.of_film[row : row + 2])
        weights = of.weights[own] if worth is None else of.weights[own] * worth[of.words[own]]
        cosines = np.zeros(len(self._title))
        for word, weight in zip(of.words[own], weights, strict=True):
            bearers = of.by_word[slice(*of.of_word[word : word + 2])]
            cosines[of.rows[bearers]] += weight * of.weights[bearers]
        return cosines

    def named_alike(self, row: int) -> NDArray[np.bool_]:
        """(films,) True for titles that share two words in a row, or a whole title or subtitle, and are not the same."""
        return np.asarray((self.likeness(row, self._of.is_phrase) > 0) & (self._title != self._title[row]))

    def company(self, vectors: Iterable[NDArray[np.floating]]) -> NDArray[np.float64]:
        """(words,) how alike the films are that share a word: the mean product of two of them.

        vectors: the films' coordinates, (films,) for one after the other. Over n films with vectors x_i the mean product of
        two is (|sum x_i|^2 - sum |x_i|^2) / (n (n - 1)).
        """
        of = self._of
        total = np.zeros(len(of.is_phrase))
        for coordinate in vectors:
            own = coordinate[of.rows].astype(float)
            sums = np.bincount(of.words, own, minlength=len(total))
            total += sums**2 - np.bincount(of.words, own**2, minlength=len(total))
        films = np.diff(of.of_word)
        return np.asarray(total / (films * (films - 1)))


TABLES = tuple(field.name for field in fields(WordTables))


def _read(names: pa.Array) -> tuple[pa.ListArray, NDArray[np.uint64]]:
    """names: of each film, a line for each. -> the words and phrases of each, see `_Text.words`, and the hashes of titles."""
    found, titles = [], []
    for start in range(0, max(len(names), 1), TOGETHER):
        some = names[start : start + TOGETHER].to_pylist()
        text = _Text(some)
        films, *columns = text.words()
        ends = np.searchsorted(films, np.arange(len(some) + 1)).astype(np.int32)
        rows = pa.StructArray.from_arrays(map(pa.array, columns), ["word", "weight", "is_phrase"])
        found.append(pa.ListArray.from_arrays(pa.array(ends), rows))
        titles.append(text.titles(len(some)))
    return pa.concat_arrays(found), np.concatenate(titles)


class _Text:
    """The words of all names, without articles and plurals, in lines: a title and its subtitles are a line each."""

    def __init__(self, names: Sequence[str]) -> None:
        """names: of each film, a line for each name."""
        lines: list[str] = []
        counts: list[int] = []  # of the lines of each name
        named = [own.split("\n") for own in names]
        for name in chain.from_iterable(named):
            parts = _SUBTITLE.split(name) if ": " in name or " - " in name else [name]
            lines += parts
            counts.append(len(parts))
        titles = np.cumsum([0, *map(len, named)])[:-1]  # the first name of each film
        of_name = np.repeat(np.arange(len(counts)), counts)
        films = np.repeat(np.arange(len(names)), list(map(len, named)))[of_name]
        weights = np.where(_is_first(of_name), np.float32(1), np.float32(SUBTITLE_WEIGHT))
        number = {END: 0}
        found = np.fromiter((number.setdefault(word, len(number)) for word in words_by_line(lines)), np.int32)
        line = np.cumsum(found == 0)
        told = np.array([word != END and word not in ARTICLES for word in number])[found]
        found, self._line = found[told], line[told]
        bases = [singular(word) for word in number]
        self._word = hashes(bases)[found].view(np.uint64)
        self._links = np.array([word in _LINKS for word in bases])[found]
        # A number that comes first is a name: "300", "2001".
        of_part = np.array([word in _PART_WORDS or _NUMBER.fullmatch(word) is not None for word in bases])
        self._kept = ~of_part[found] | _is_first(self._line)
        self._film, self._weight = films[self._line], weights[self._line]
        self._is_title = np.isin(of_name, titles)[self._line]

    def titles(self, films: int) -> NDArray[np.uint64]:
        """(films,) the hashes of their titles."""
        found = np.zeros(films, dtype=np.uint64)
        film = self._film[self._is_title]
        found[film[_is_first(film)]] = hashed_together(film, self._word[self._is_title])
        return found

    def words(self) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.float32], NDArray[np.bool_]]:
        """The words and phrases that a sequel may share: of each that a film has the film, ascending, its hash, its greatest
        weight, and whether it is a phrase."""
        of_kept = (part[self._kept] for part in (self._line, self._word, self._film, self._weight, self._links))
        line, word, film, weight, links = of_kept
        begins, joined = np.flatnonzero(_is_first(line)), np.flatnonzero(~links)
        one, other = joined[:-1], joined[1:]
        in_row = line[one] == line[other]
        one, other = one[in_row], other[in_row]
        found = (  # what is found, and at which words
            (word, slice(None)),
            (word[begins] * FIRST, begins),
            ((word[one] * PAIR + word[other]) * PAIR, one),
            (hashed_together(line, word) * WHOLE, begins),
        )
        films = np.concatenate([film[places] for _, places in found])
        words = np.concatenate([own for own, _ in found])
        weights = np.concatenate([weight[places] * worth for worth, (_, places) in zip(WORTHS, found, strict=True)])
        is_phrase = np.repeat(PHRASES, [len(own) for own, _ in found])
        order = np.lexsort((-weights, words, films))
        films, words = films[order], words[order]
        order = order[once := _is_first(films) | _is_first(words)]
        return films[once], words[once], weights[order].astype(np.float32), is_phrase[order]


def hashed_together(groups: NDArray[np.integer], words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of the words of each group, in their order. groups: of each word, ascending."""
    begins = np.flatnonzero(_is_first(groups))
    if not len(begins):
        return words
    places = np.arange(len(groups)) - np.repeat(begins, np.diff(begins, append=len(groups)))
    powers = np.cumprod(np.full(places.max() + 1, PAIR))
    return np.add.reduceat(words * powers[places], begins)


def _is_first(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """(values,) True for those that differ from the one before."""
    return np.append(True, values[1:] != values[:-1])[: len(values)]
