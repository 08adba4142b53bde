"""Text as it is compared: its normal forms, and words that have a rule of their own."""

import re
import unicodedata

ARTICLES = frozenset(["the", "a", "an"])
PART_WORDS = {"part": "pt", "volume": "vol", "episode": "ep", "chapter": "ch"}  # and their short forms

# What Unicode doesn't decompose. A fraction gets a space, or "8½" would read 81/2. An apostrophe is often left out.
_SPELLED_OUT = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | {"½": " 1/2", "⅓": " 1/3", "¼": " 1/4", "¾": " 3/4", "&": " and ", "+": " and "}
    | dict.fromkeys("'’‘`´", "")
)
_WORD = re.compile(r"[^\W_]+")
_ELISION = re.compile(r"['’](?!(?:s|t|re|ll|ve|m|d)\b)", re.IGNORECASE)  # d'Amélie, but not Schindler's


def folded(text: str) -> str:
    """Lower case, without accents and apostrophes: "Schindler's Amélie & Co." -> "schindlers amelie  and  co."."""
    text = text.lower().translate(_SPELLED_OUT)
    return text if text.isascii() else unaccented(text)


def unaccented(text: str) -> str:
    """Lower case, without accents, all else as it was: "São Tomé" -> "sao tome"."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


def letters(text: str) -> str:
    """Letters and digits alone, in lower case and without accents: "Sci-Fi" -> "scifi"."""
    return "".join(filter(str.isalnum, unaccented(text)))


def spaced_words(text: str) -> str:
    """The folded words with a space around each, so that one text holds another only by whole words: " schindlers list "."""
    return f" {' '.join(_WORD.findall(folded(_ELISION.sub(' ', text))))} "


def singular(word: str) -> str:
    """The word without a final s: "aliens" -> "alien"."""
    return word.removesuffix("s") or word
