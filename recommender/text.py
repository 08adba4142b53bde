"""Text as people see it, and as it is compared. Which of these a comparison takes:

- `visible`: what somebody wrote, to be kept and shown;
- `unaccented`: the whole of it is compared, signs too: a label, a time, a time zone;
- `folded`: a title, in which signs that people leave out or spell don't count;
- `spaced_words`: whole words are looked for, wherever they are;
- `title_key`: whole titles, as the words that they are.

Each builds on the one before, none minds how Unicode spells a character, and what nobody sees doesn't count.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

ARTICLES = frozenset(["the", "a", "an"])
PART_WORDS = {"part": "pt", "volume": "vol", "episode": "ep", "chapter": "ch"}  # and their short forms

_UNSEEN = frozenset(["Cc", "Cf", "Cs"])  # categories: controls, such as a space without width, and halves of a pair
_BLANK = re.compile(  # letters and marks that are drawn as nothing
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# What joins two letters or signs, or chooses the shape of the one before: a family of emoji, a flag, a heart in colour.
_JOINERS = "\u200c\u200d\ufe0e\ufe0f\U000e0020-\U000e007f"
_JOINER = re.compile(f"[{_JOINERS}]")
_IDLE_JOINERS = re.compile(rf"(^|[\x00-\x7f\s])[{_JOINERS}]+")
_ADDED = re.compile(f"[{_JOINERS}\U0001f3fb-\U0001f3ff]")  # the last five are colours of skin
_JOINING = re.compile("\u200d.|[\U0001f1e6-\U0001f1ff]{2}", re.DOTALL)  # a family goes on; two letters are a flag

# Canonical combining classes of accents, and of the points that Hebrew and Arabic leave out. The others make another letter:
# nukta, virama, the voicing of kana (7 to 9), Thai tones.
_ACCENTS = frozenset([*range(10, 37), *range(200, 256)])
# What Unicode doesn't decompose.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_FRACTION = re.compile("(\\d)\u2044")  # gets a space, or "8½" would read 81/2
_SIGNS = {"&": " and ", "+": " and "} | dict.fromkeys("'’‘ʼ`", "")  # an apostrophe is often left out
_WORD = re.compile(r"[^\W_]+")
_LINES = 1000  # that are looked at together
_WORD_OR_END = re.compile(r"[^\W_]+|\n")
_ELISION = re.compile(r"['’ʼ](?!(?:s|t|re|ll|ve|m|d)\b)")  # d'amelie, but not schindler's


def visible(text: str) -> str:
    """Text as people see it: each character composed (NFC), single spaces, nothing invisible: "\\u200b" -> ""."""
    if not _is_plain(text):
        kept = "".join(letter for letter in text if _is_seen(letter) or _JOINER.match(letter))
        text = unicodedata.normalize("NFC", _IDLE_JOINERS.sub(r"\1", kept))
    return " ".join(text.split())


def beginning(text: str, length: int) -> str:
    """At most so many characters of a text; one of several parts, as an accented letter or a family, is there or not."""
    end = min(length, len(text))
    while end and _is_inside(text, end):
        end -= 1
    return text[: end or length].rstrip()


def unaccented(text: str) -> str:
    """Lower case, no accents, single spaces, nothing invisible; all else in one spelling (NFKC): "São  Tomé™" -> "sao tometm"."""
    if _is_plain(text):
        text = text.lower()
    else:
        seen = "".join(filter(_is_seen, text)).casefold().translate(_LETTERS)
        decomposed = unicodedata.normalize("NFKD", seen).replace(" \u0301", "'")  # an acute for an apostrophe
        kept = "".join(letter for letter in decomposed if unicodedata.combining(letter) not in _ACCENTS)
        text = unicodedata.normalize("NFKC", kept.casefold())
    return " ".join(text.split())


def folded(text: str) -> str:
    """Unaccented, without apostrophes, and "and" spelled out: "Schindler's Amélie & Co." -> "schindlers amelie  and  co."."""
    return _without_signs(unaccented(text))


def spaced_words(text: str) -> str:
    """The folded words with a space around each, so that one text holds another only by whole words: " schindlers list ".
    An elided article is a word: " d amelie "."""
    return f" {' '.join(_WORD.findall(_without_signs(_ELISION.sub(' ', unaccented(text)))))} "


def title_key(text: str) -> str:
    """A title as whole titles are compared: without case, accents and signs, unless it is made of signs alone."""
    return spaced_words(text).strip() or unaccented(text).strip()


def words_by_line(lines: Sequence[str]) -> Iterator[str]:
    """The words of `spaced_words` of each line, and a "\n" after them: quicker where there are many lines."""
    for start in range(0, len(lines), _LINES):
        text = _unaccented_lines(lines[start : start + _LINES])
        yield from _WORD_OR_END.findall(_without_signs(_ELISION.sub(" ", text)))


def folded_lines(lines: Iterable[str]) -> str:
    """Each line `folded`, with a "\n" after it: quicker where there are many. The lines are `visible`."""
    return _without_signs(_unaccented_lines(lines))


def _unaccented_lines(lines: Iterable[str]) -> str:
    return "".join([f"{line.lower() if line.isascii() else unaccented(line)}\n" for line in lines])


def singular(word: str) -> str:
    """The word without a final s: "aliens" -> "alien"."""
    return word.removesuffix("s") or word


def _without_signs(text: str) -> str:
    if "\u2044" in text:
        text = _FRACTION.sub(r" \1/", text)
    for sign, spelled in _SIGNS.items():  # a tenth of what translate takes
        text = text.replace(sign, spelled)
    return text


def _is_plain(text: str) -> bool:
    """Whether no character has anything to it: most titles, and they are many."""
    return text.isascii() and text.isprintable()


@lru_cache(4096)  # the letters of all titles are a few thousand
def _is_seen(letter: str) -> bool:
    return letter.isspace() or not (unicodedata.category(letter) in _UNSEEN or _BLANK.match(letter))


def _is_inside(text: str, at: int) -> bool:
    """Whether a cut there would go through a character, or a row of flags."""
    after = text[at : at + 1]
    return bool(after) and (
        unicodedata.category(after).startswith("M")
        or _ADDED.match(after) is not None
        or _JOINING.match(text, at - 1) is not None
    )
