"""How like names are to what was typed: word by word, letter by letter, and as a whole."""

from itertools import chain

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from bot.titles.words import sound, sounds, weight

Floats = npt.NDArray[np.float32]

# The worth of an indirect match beside a direct one.
_BEGINNING = 0.96  # of the last word typed, or of the name
_BEGINNING_OF_EARLIER_WORD = 0.85
_INSIDE = 0.8  # letters from the middle of a name
_YEAR = 4  # digits


def word_by_word(words: list[str], names: list[str], also: list[str]) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """For each name: how much of what was typed it has, how much of it was typed, and whether all numbers are in it.

    `also` has each name's year and place in its series, which count as its words when typed but need not be typed.
    """
    ids: dict[str, int] = {}
    texts = [text.split() for pair in zip(names, also, strict=True) for text in pair]
    flat = [ids.setdefault(word, len(ids)) for word in chain.from_iterable(texts)]
    sizes = np.array([len(text) for text in texts])
    starts = (np.cumsum(sizes) - sizes)[::2]
    vocabulary = list(ids)
    heard = sounds(vocabulary)
    alike = np.stack([_alike(word, vocabulary, heard, word is words[-1]) for word in words])[:, flat]
    best = np.maximum.reduceat(alike, starts, axis=1)
    typed = np.array([weight(word) for word in words], np.float32)
    of_name = np.repeat(np.arange(len(sizes)) % 2 == 0, sizes)
    named = np.array([weight(word) for word in vocabulary], np.float32)[flat] * of_name
    whole = np.add.reduceat(named * alike.max(axis=0), starts) / np.maximum(np.add.reduceat(named, starts), 1)
    numbers = best[[word.isdecimal() for word in words]]
    return typed @ best / typed.sum(), np.asarray(whole, np.float32), np.all(numbers > 0, axis=0)


def _alike(word: str, vocabulary: list[str], heard: list[str], last: bool) -> Floats:
    """How like each word of the vocabulary is, 0 to 1; numbers are either equal or not, but a year may be begun. heard: how the
    words of the vocabulary sound."""
    if word.isdecimal():
        is_begun = last and len(word) > 1
        return np.array([_same_number(word, other, is_begun) for other in vocabulary], np.float32)
    whole, begin = _similarity(word, vocabulary, heard)
    alike = np.maximum(whole, begin * (_BEGINNING if last else _BEGINNING_OF_EARLIER_WORD))
    return np.where(alike > 0.5, alike**1.5, np.float32(0))  # a half is chance


def _same_number(typed: str, other: str, is_begun: bool) -> float:
    if typed == other:
        return 1.0
    return _BEGINNING if is_begun and len(other) == _YEAR and other.startswith(typed) else 0.0


def letter_by_letter(joined: str, names: list[str]) -> tuple[Floats, Floats]:
    """For each name, all without spaces: how like it or its beginning is, and the same for all of it if nearly equal."""
    whole, begin = _similarity(joined, names, sounds(names))
    inside = np.array([_INSIDE if len(joined) > 5 and joined in name else 0.0 for name in names], np.float32)
    like = np.maximum(np.maximum(whole, begin * _BEGINNING), inside)
    return like, np.where(whole > 0.8, whole, np.float32(0))


def in_order(words: str, names: list[str]) -> Floats:
    """For each name how much is in the order typed; whole words at its beginning are nearly as good as all."""
    begins = np.array([0.9 if f"{name} ".startswith(f"{words} ") else 0.0 for name in names], np.float32)
    same = np.asarray(cdist([words], names, scorer=fuzz.ratio)[0] / 100, np.float32)
    return np.maximum(same, begins)


def _similarity(text: str, others: list[str], others_heard: list[str]) -> tuple[Floats, Floats]:
    """How like each of the others is, 0 to 1, and how like its beginning. What sounds the same is half as wrong."""
    heard, size = sound(text), len(text)
    whole = _unedited(text, others)
    begin = np.maximum(*(_unedited(text, [other[:end] for other in others]) for end in (size, size + 1)))
    begin_heard = _unedited(heard, [other[: len(heard)] for other in others_heard])
    return np.maximum(whole, (whole + _unedited(heard, others_heard)) / 2), np.maximum(begin, (begin + begin_heard) / 2)


def _unedited(text: str, others: list[str]) -> Floats:
    return np.asarray(cdist([text], others, scorer=OSA.normalized_similarity)[0], np.float32)
