"""Whether typed text surely names a film: all of it, typing errors allowed, and nothing else."""

from collections.abc import Callable, Collection, Iterable

from rapidfuzz.distance import OSA

from bot.titles.words import SMALL_WORDS, sound
from recommender.catalogue import Movie
from recommender.text import ARTICLES, folded, singular, unaccented

# Typing errors: one in so many letters of the whole text, and in a word of so many letters one or two.
_LETTERS_PER_ERROR = 5
_ONE_ERROR, _TWO_ERRORS = 4, 8
_MOST_ERRORS = 2  # of a text without its spaces: more could be a word
# Shares of the ratings of the best known film. From the first on, two words of a name name the film; from the second on one,
# if no other film bears it.
_WELL_KNOWN, _FAMOUS = 0.05, 0.5
_SIGNS = frozenset("+&")
_OTHER = 9  # stands for the typing errors between two words that are not the same


def is_named(
    typed: list[str], names: Iterable[str], places: Collection[str], share: float, is_alone: Callable[[str], bool]
) -> bool:
    """Whether one of a film's names is meant by the typed words, and no more was typed than it has.

    places: its places in series, one of which may stand for the rest of a name ("harry potter 3"). share: its ratings in those of
    the best known film. is_alone: whether one film alone has a word in its names.
    """
    return any(_means(typed, name.split(), places, share, is_alone) for name in names)


def lacks(movie: Movie, text: str, others: Iterable[Movie]) -> bool:
    """Whether the text has what no name of the film has: an article before a single word, as "The Batman" for "Batman", or a sign
    that one of the others bears, as in "Romeo + Juliet"."""
    article, *rest = folded(text).split() or [""]
    if article in ARTICLES and len(rest) == 1 and not any(article in folded(name).split() for name in movie.names):
        return True
    signs = _SIGNS.intersection(unaccented(text))
    return bool(signs) and not _bears(movie, signs) and any(_bears(other, signs) for other in others)


def _bears(movie: Movie, signs: frozenset[str]) -> bool:
    return any(signs.issubset(name) for name in movie.names)


def _means(
    typed: list[str], name: list[str], places: Collection[str], share: float, is_alone: Callable[[str], bool]
) -> bool:
    """Whether the words are the name, but for small words, or enough of a well-known one. Arguments as for `is_named`."""
    if _is_misspelled(typed, name):
        return True
    found, errors, strange = _paired(typed, name)
    if errors * _LETTERS_PER_ERROR > sum(map(len, typed)):
        return False
    if SMALL_WORDS.issuperset(word for at, word in enumerate(name) if at not in found):
        return not strange  # "Frozen 2" is not "Frozen"
    if strange and not (len(strange) == 1 and strange[0] in places):
        return False
    telling = [name[at] for at in found if name[at] not in SMALL_WORDS]
    if len(found) == 1:
        return share >= _FAMOUS and bool(telling) and is_alone(telling[0])
    return share >= _WELL_KNOWN and bool(telling) and found == sorted(found)


def _paired(typed: list[str], name: list[str]) -> tuple[list[int], int, list[str]]:
    """Where in the name the typed words are, how many typing errors they have, and those that are not in it, but for articles."""
    found: list[int] = []
    errors, strange = 0, []
    for word in typed:
        wrong = {at: _errors(word, other, len(typed) > 1) for at, other in enumerate(name) if at not in found}
        best = min(wrong, key=lambda at: (wrong[at], at < max(found, default=0)), default=None)
        if best is not None and wrong[best] < _OTHER:
            found.append(best)
            errors += wrong[best]
        elif word not in ARTICLES:
            strange.append(word)
    return found, errors, strange


def _errors(typed: str, word: str, beside_others: bool) -> int:
    """How many typing errors make the word of what was typed; _OTHER for another word. beside_others: whether more was typed."""
    if typed == word:
        return 0
    if typed.isdecimal() or word.isdecimal():
        return _OTHER
    if singular(typed) == singular(word):  # "Ferris Bueller" is "Ferris Bueller's Day Off", but "Alien" is not "Aliens"
        return 1 if beside_others else _OTHER
    wrong, shorter = int(OSA.distance(typed, word)), min(len(typed), len(word))
    if wrong <= (shorter >= _ONE_ERROR) + (shorter >= _TWO_ERRORS) or (wrong == 1 and sorted(typed) == sorted(word)):
        return wrong
    return 1 if shorter >= _ONE_ERROR and sound(typed) == sound(word) else _OTHER


def _is_misspelled(typed: list[str], name: list[str]) -> bool:
    """Whether they are one, but for typing errors and where words end."""
    text, whole = "".join(typed), "".join(name)
    if text == whole:
        return True
    digits = [letter for letter in text if letter.isdecimal()] == [letter for letter in whole if letter.isdecimal()]
    moved = len(typed) != len(name)  # an error, too
    errors = min(len(text) // _LETTERS_PER_ERROR - moved, _MOST_ERRORS)
    return digits and singular(text) != singular(whole) and OSA.distance(text, whole) <= errors
