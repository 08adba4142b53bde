"""What people call films beyond their titles: the place in a series ("harry potter 3") and initials ("lotr")."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, takewhile

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

_LONGEST_SERIES = 30  # more films with the same first word, as "American", are no series
_LONGEST_PAUSE = 20  # years; what comes later is a new start, as Planet of the Apes in 2001
# Of the ratings of the best known film, in the series or in all:
_KNOWN = 0.05  # people don't count a film with fewer, nor use its initials
_SHARES=(0.05,0.15)
_HEARD_OF = 0.001  # a film with fewer isn't looked at, which makes the start quick
_PART_WORDS = frozenset(["pt", "vol", "ep", "ch"])


def places(names: Sequence[Sequence[str]], years: Sequence[int | None], ratings: Counts) -> list[list[str]]:
    """For each name of each film the film's place, by year, in the series of that name, as "3", or "" without one.

    A series is the well-known films with names that start with the same words, or end with the whole name of one of
    them ("Live Free or Die Hard"). A number that one of its titles bears is that film's own. The arguments are
    aligned; a name is words separated by spaces.
    """
    whole = {name for own in names for name in own}
    enough = _HEARD_OF * ratings.max(initial=0)
    after: defaultdict[str, dict[int, str]] = defaultdict(dict)  # first words -> row -> the word after them
    for row, own in enumerate(names):
        for name in own if years[row] and ratings[row] >= enough else ():
            starts, words = _starts(name)
            for start, word in zip(starts, [*words, ""][1:], strict=True):
                after[start].setdefault(row, word)
            for end in _ends(name):
                if end in whole:
                    after[_starts(end)[0][-1]].setdefault(row, "")
    series: dict[str, dict[int, str]] = {}
    for start, rows in after.items():
        # Of films with the same name, remakes, only the best known is in the series.
        distinct = {names[row][0]: row for row in sorted(rows, key=ratings.__getitem__)}.values()
        if len(distinct) > 1:
            series[start] = _series(distinct, rows, years, ratings)

    def place(row: int, name: str) -> str:
        phrases = [*_starts(name)[0], *(_starts(end)[0][-1] for end in _ends(name))]
        known = (series[phrase] for phrase in sorted(phrases, key=len, reverse=True) if phrase in series)
        return next((rows[row] for rows in known if row in rows), "")

    return [[place(row, name) if ratings[row] >= enough else "" for name in own] for row, own in enumerate(names)]


def _starts(name: str) -> tuple[list[str], list[str]]:
    """All beginnings of a name, the shortest first, and its words; "Aliens" counts as "Alien"."""
    words = [word.removesuffix("s") for word in name.split() if word not in _PART_WORDS]
    return list(accumulate(words, "{} {}".format)), words


def _ends(name: str) -> list[str]:
    """The ends of a name that are two words or more, the longest first."""
    words = name.split()
    return [" ".join(words[place:]) for place in range(1, len(words) - 1)]


def _series(rows: Iterable[int], after: dict[int, str], years: Sequence[int | None], ratings: Counts) -> dict[int, str]:
    """The films that people count as one series, with their places; empty if there is none."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    best_known = max(ratings[row] for row in rows)
    borne = {word for word in after.values() if word.isdecimal()}
    for share in _SHARES:
        run = _run(((years[row] or 0, row) for row in rows if ratings[row] >= share * best_known), ratings)
        if 1 < len(run) <= _LONGEST_SERIES:
            for place, row in enumerate(run, start=1):
                if str(place) not in borne and not after[row].isdecimal():
                    places[row].append(place)
                else:
                    places[row]
    return {row: " ".join(map(str, own)) for row, own in places.items()}


def _run(films: Iterable[tuple[int, int]], ratings: Counts) -> list[int]:
    """The best known of the runs of films, each a year and a row, without a long pause."""
    runs: list[list[int]] = [[]]
    last = 0
    for year, row in sorted(films):
        if year - last > _LONGEST_PAUSE:
            runs.append([])
        runs[-1].append(row)
        last = year
    return max(runs, key=lambda run: int(ratings[run].sum()))


def initials(names: Sequence[Iterable[str]], ratings: Counts) -> dict[str, str]:
    """Initials of well-known names and of the names of series: {"lotr": "lord of the rings", "t2": "terminator 2"}.

    The best-known name has the initials. Arguments as for `places`.
    """
    known: Counter[str] = Counter()
    best_known = ratings.max(initial=0)
    for own, count in zip(names, ratings.tolist(), strict=True):
        if count >= _HEARD_OF * best_known:
            for phrase in {phrase for name in own for phrase in _phrases(name.split())}:
                known[phrase] += count
    enough = _KNOWN * best_known
    best: dict[str, str] = {}
    for phrase, count in known.most_common():
        if count < enough:
            break
        best.setdefault("".join(word if word.isdecimal() else word[0] for word in phrase.split()), phrase)
    return best


def _phrases(words: list[str]) -> Iterator[str]:
    """A name, the words before its number or "and", and these with the number; one word has no initials."""
    lead = list(takewhile(lambda word: not word.isdecimal() and word not in _PART_WORDS | {"and"}, words))
    numbered = words[: len(lead) + 1]
    for phrase in (words, lead, numbered if numbered[-1:] and numbered[-1].isdecimal() else []):
        if len(phrase) > 1:
            yield " ".join(phrase)
