"""Titles and typed text as plain words, so that two ways to write the same name become equal."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from recommender.text import ARTICLES, PART_WORDS, folded_lines, visible

_INITIALS = re.compile(r"\b(?:[^\W\d_][.*]){2,}[^\W\d_]?(?!\w)")  # E.T., M*A*S*H
_THOUSANDS = re.compile(r"(\d),(?=\d{3})")
_ORDINAL_ENDING = re.compile(r"(\d)(?:st|nd|rd|th)\b")
_WORD_OR_END = re.compile(r"\d+|[^\W\d_]+|\n")

# English as it is misspelled: vowels are alike, c is k or s, h and the gh of night are silent,
# and letters double at will.
_SOFT_C = re.compile("c(?=[eiy])")
_SOUNDS = str.maketrans(dict.fromkeys("aeiouy", "a") | {"c": "k", "q": "k", "x": "ks", "z": "s", "h": ""})
_DOUBLED = re.compile(r"(.)(?=\1)")

_ROMAN = {roman: value for value, roman in enumerate(
    ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"], start=1
)}  # fmt: skip
_NUMBERS = {word: value for value, word in enumerate(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
     "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
)}  # fmt: skip
_NUMBERS |= {word: value * 10 for value, word in enumerate(
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
)}  # fmt: skip
_NUMBERS |= {"hundred": 100, "thousand": 1000}
_ORDINALS = {word: value for value, word in enumerate(
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
     "twelfth", "thirteenth"], start=1
)}  # fmt: skip
_SHORT = PART_WORDS | {
    "doctor": "dr", "mister": "mr", "saint": "st",
    "boulevard": "blvd", "versus": "vs", "junior": "jr",
    "private": "pvt", "n": "and", "u": "you", "ur": "your", "xmas": "christmas",
}  # fmt: skip
_OTHERWISE_SPELLED = frozenset(_ROMAN | _NUMBERS | _ORDINALS | _SHORT)
SMALL_WORDS = ARTICLES | set(PART_WORDS.values()) | {
    "and", "of", "in", "on", "to", "for", "at", "or", "la", "le", "les", "el", "il", "der", "die", "das", "de",
}  # fmt: skip


def plain_words(text: str) -> list[str]:
    """Lower-case words and numbers without accents or punctuation; a leading English article is left out.

    >>> plain_words("L'Été: Part II")
    ['lete', 'part', 'ii']
    """
    return next(plain_words_by_line([visible(text)]))


def plain_words_by_line(lines: Sequence[str]) -> Iterator[list[str]]:
    """The `plain_words` of each, which are `visible`: quicker where there are many."""
    text = folded_lines(lines).replace("and a half", "1/2")
    if "." in text or "*" in text:
        text = "\n".join([_without_points(line) for line in text.split("\n")])
    if "," in text:
        text = _THOUSANDS.sub(r"\1", text)
    words = _WORD_OR_END.findall(_ORDINAL_ENDING.sub(r"\1", text))
    for line in " ".join(words).split("\n")[:-1]:
        own = line.split()
        yield own[1:] if len(own) > 1 and own[0] in ARTICLES else own


def _without_points(line: str) -> str:
    """The line with initials as words: "e.t. comes" -> "et  comes"."""
    if "." not in line and "*" not in line:
        return line
    return _INITIALS.sub(lambda initials: re.sub("[.*]", "", initials[0]) + " ", line)


def same_words(plain: list[str]) -> list[str]:
    """Numbers, ordinals too, as digits and common words in one spelling: "Part II" and "pt. two" are the same.

    >>> same_words(["kill", "bill", "volume", "two"]), same_words(["twenty", "eight", "days", "later"])
    (['kill', 'bill', 'vol', '2'], ['28', 'days', 'later'])
    """
    return plain if _OTHERWISE_SPELLED.isdisjoint(plain) else list(_digits(plain))


@lru_cache(100_000)
def sound(text: str) -> str:
    """The text roughly as it sounds, equal for likely spellings of a word.

    >>> sound("inglorious bastards") == sound("inglourious basterds")
    True
    """
    return _sounded(text)


def sounds(texts: Iterable[str]) -> list[str]:
    """The `sound` of each, none of which has a line's end: quicker where there are many."""
    return _sounded("\n".join(texts)).split("\n")


def _sounded(text: str) -> str:
    return _DOUBLED.sub("", _SOFT_C.sub("s", text.replace("ph", "f").replace("igh", "i")).translate(_SOUNDS))


@lru_cache(100_000)
def weight(word: str) -> float:
    """How much a word says about which film is meant."""
    return 1.0 if word in SMALL_WORDS else 3.0 if word.isdecimal() else float(min(len(word), 6))


def _digits(plain: list[str]) -> Iterator[str]:
    number: int | None = None  # the spelled number being read
    for place, word in enumerate(plain):
        value = _NUMBERS.get(word)
        together = None if number is None or value is None else _together(number, value)
        if number is not None and together is None:
            yield str(number)
        number = value if together is None else together
        if value is None:
            # A single letter that comes first is more often a word: "I, Robot", "V for Vendetta".
            roman = _ROMAN.get(word) if place or len(word) > 1 else None
            yield str(roman or _ORDINALS.get(word) or _SHORT.get(word, word))
    if number is not None:
        yield str(number)


def _together(number: int, value: int) -> int | None:
    """The spelled number that `number` and then `value` make together, or None if they are two numbers."""
    if value >= 100:
        return number * value if 0 < number < value else None
    if number >= 100 and number % 100 == 0:
        return number + value
    return number + value if number % 100 >= 20 and number % 10 == 0 and 0 < value < 10 else None
