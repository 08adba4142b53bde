"""Whether a film fits what was typed so far: each typed word is in one of its names, the last one perhaps only begun."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from bot.titles.words import SMALL_WORDS, sound
from recommender.text import singular

# From so many letters on there may be one typing error, and two: in a word, in the beginning of one, in all that was typed.
_WORD, _BEGINNING, _TEXT = (4, 8), (5, 9), (7, 12)
# From so many letters on one may stand for any other, in a shorter word for one that sounds the same, in the shortest for none.
_ANY_LETTER, _ANY_VOWEL = 7, 5
_HEARD = 6  # letters that need only sound right, if no more than a third of them is wrong
_LONG = 10  # letters of a text that is long enough to carry a word with two typing errors
_YEAR, _YEAR_BEGUN = 4, 2  # digits
_READ_ALOUD = frozenset([("4", "for"), ("2", "to"), ("too", "2")])
_SAYS_LITTLE = SMALL_WORDS | {"teh", "over", "with", "from", "by", "movie", "film"}


def fits(typed: list[str], joined: str, names: Iterable[tuple[str, str]], numbers: Collection[str]) -> bool:
    """Whether the typed words are in one of a film's names, or begin it wherever words end, typing errors allowed.

    joined: what was typed, as written, without spaces. names: each as its words, separated by spaces, and without spaces.
    numbers: the film's year and its places in series, which count as words of each name.
    """
    several = len(typed) > 1
    return any(_has(typed, words.split(), numbers) or _goes_on(joined, whole, several) for words, whole in names)


def _has(typed: list[str], name: list[str], numbers: Collection[str]) -> bool:
    """Whether all words that say something are there, or all but one that is like another and beside enough that are right."""
    telling = [word for word in typed if word not in _SAYS_LITTLE] or typed
    strange, certain = "", 0
    for place, word in enumerate(telling):
        if word in name:
            certain += len(word)
        elif not (_is_there(word, name) or (word is typed[-1] and _is_begun(word, name, numbers))):
            # A year may come first, but not a place in a series: "First Man".
            if len(telling) > 1 and word in numbers and (place or len(word) == _YEAR):
                continue
            if strange:
                return False
            strange = word
    if not strange:
        return True
    is_long = sum(map(len, typed)) >= _LONG
    return 0 < certain >= len(strange) // 2 and any(_is_alike(strange, word, is_long) for word in name)


def _is_there(typed: str, name: list[str]) -> bool:
    if any(_is_meant(typed, word) for word in name):
        return True
    return any(typed == first + second for first, second in pairwise(name))  # "spiderman" for "spider man"


def _is_begun(typed: str, name: list[str], numbers: Collection[str]) -> bool:
    years = [number for number in numbers if len(number) == _YEAR] if len(typed) >= _YEAR_BEGUN else []
    return any(_begins(typed, word) for word in name) or any(year.startswith(typed) for year in years)


def _goes_on(text: str, whole: str, several: bool) -> bool:
    """Whether the name has the letters, however they are parted. Of several words there may be typing errors in its beginning."""
    if whole.startswith(text) or (len(text) >= _HEARD and text in whole):
        return True
    errors = _errors(len(text), _TEXT) if several else 0
    ends = _ends(text, whole, errors) if errors and _digits(text) == _digits(whole[: len(text) + errors]) else []
    return any(OSA.distance(text, end, score_cutoff=errors) <= errors for end in ends)


@lru_cache(100_000)
def _is_meant(typed: str, word: str) -> bool:
    """Whether a word is the other with typing errors, its short form ("Fri 13th", "Elm St"), or read like it."""
    if (typed, word) in _READ_ALOUD or typed == word:
        return True
    if typed.isdecimal() or word.isdecimal():
        return False
    shorter = min(len(typed), len(word))
    if (len(typed) > 1 and word.startswith(typed)) or (shorter >= _HEARD and sound(typed) == sound(word)):
        return True
    return singular(typed) == singular(word) or _differs_little(typed, word, _errors(shorter, _WORD))


@lru_cache(100_000)
def _begins(typed: str, word: str) -> bool:
    if typed.isdecimal() or word.isdecimal():
        return len(typed) > 1 and word.startswith(typed)
    if word.startswith(typed):
        return True
    errors, heard, third = _errors(len(typed), _BEGINNING), sound(typed), len(typed) // 3
    if len(heard) >= _HEARD and sound(word).startswith(heard):
        return any(OSA.distance(typed, end) <= third for end in _ends(typed, word, third))
    return any(_differs_little(typed, end, errors) for end in _ends(typed, word, errors))


def _ends(typed: str, word: str, errors: int) -> list[str]:
    """The beginnings of the word that may have been typed with errors, of which the last letter is none."""
    sizes = range(max(len(typed) - errors, 1), min(len(typed) + errors, len(word)) + 1) if errors else ()
    return [word[:size] for size in sizes if size == len(word) or sound(word[size - 1]) == sound(typed[-1])]


def _differs_little(typed: str, word: str, errors: int) -> bool:
    """Whether so many typing errors make one of the other, as people make them: what is left sounds much the same."""
    if not errors or sound(typed[0]) != sound(word[0]):
        return False
    wrong = OSA.distance(typed, word, score_cutoff=errors)
    if wrong > errors or (wrong > 1 and OSA.distance(sound(typed), sound(word)) > 1):
        return False
    replaced = len(typed) == len(word) and sorted(typed) != sorted(word)
    heard = len(typed) >= _ANY_VOWEL and sound(typed) == sound(word)
    return not replaced or len(typed) >= _ANY_LETTER or heard


@lru_cache(100_000)
def _is_alike(typed: str, word: str, is_long: bool) -> bool:
    """Whether one is meant by the other where the rest of a text, a long one or not, is right."""
    if typed.isdecimal() or word.isdecimal() or typed[0] != word[0]:
        return False
    heard, sounds = sound(singular(typed)), sound(singular(word))
    if heard == sounds or min(len(typed), len(word)) < _WORD[0]:
        return heard == sounds
    return OSA.distance(heard, sounds) <= 1 or (is_long and OSA.distance(typed, word) <= 2)


def _errors(length: int, limits: tuple[int, int]) -> int:
    return sum(length >= limit for limit in limits)


def _digits(text: str) -> list[str]:
    return [letter for letter in text if letter.isdecimal()]
