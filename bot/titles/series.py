"""What people call films beyond their titles: the place in a series ("harry potter 3") and initials ("lotr")."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, takewhile

import numpy as np
import numpy.typing as npt

from recommender.text import PART_WORDS, singular

Counts = npt.NDArray[np.int64]

_LONGEST_SERIES = 30  # films; a first word that more share, such as "American", makes no series
_LONGEST_PAUSE = 20  # years; what comes later is a new start, as Planet of the Apes in 2001
# Shares of the ratings of the best known film, of the series or of all films.
_KNOWN = 0.05  # people don't use the initials of a film with fewer
# A film with fewer is not counted as a part of its series. Whether Alien Nation is an Alien film depends on the share, so both
# ways of counting are kept.
_COUNTED = 0.05, 0.15
_HEARD_OF = 0.001  # a film with fewer isn't looked at, which makes the start quick
_PART_WORDS = frozenset(PART_WORDS.values())


def heard_of(ratings: Counts) -> Counts:
    """The rows of the films that are known well enough to be looked at. ratings: of each film."""
    return np.flatnonzero(ratings >= _HEARD_OF * ratings.max(initial=0))


def places(names: Sequence[Sequence[str]], years: Sequence[int | None], ratings: Counts) -> list[list[str]]:
    """For each name of each film its places, by year, in the series of that name, as "3", "3 4" or "" without one.

    A series is the well-known films with names that start with the same words, or end with the whole name of one of
    them ("Live Free or Die Hard"). A number that one of its titles bears is that film's own. The arguments are
    aligned, of the films that are `heard_of`; a name is words separated by spaces.
    """
    known = [row for row, year in enumerate(years) if year]
    whole = {" ".join(_stems(name)) for row in known for name in names[row]}
    after: defaultdict[str, dict[int, str]] = defaultdict(dict)  # shared words -> row -> the word after them
    for row in known:
        for name in names[row]:
            for shared, word in _shared(name, whole).items():
                after[shared].setdefault(row, word)
    series: dict[str, dict[int, str]] = {}
    for shared, rows in after.items():
        # Of films with the same name, remakes, only the best known is in the series.
        distinct = {names[row][0]: row for row in sorted(rows, key=ratings.__getitem__)}.values()
        bare = {row for row in distinct if " ".join(_stems(names[row][0])) == shared}
        # One word alone makes no series: Top Gun is not the second Top Secret.
        if len(distinct) > 1 and (bare or " " in shared):
            series[shared] = _series(distinct, bare, rows, years, ratings)

    found = [[""] * len(own) for own in names]
    for row in known:
        for position, name in enumerate(names[row]):
            own = (series.get(shared, {}) for shared in sorted(_shared(name, whole), key=len, reverse=True))
            found[row][position] = next((rows[row] for rows in own if row in rows), "")
    return found


def _shared(name: str, whole: set[str]) -> dict[str, str]:
    """What a name may share with a series, all its beginnings and the ends that are in `whole`; each with the word after it."""
    words = _stems(name)
    ends = (" ".join(words[place:]) for place in range(1, len(words) - 1))
    beginnings = zip(accumulate(words, "{} {}".format), [*words, ""][1:], strict=True)
    return {end: "" for end in ends if end in whole} | dict(beginnings)


def _stems(name: str) -> list[str]:
    """The words that tell series apart; "Aliens" belongs with "Alien"."""
    return [singular(word) for word in name.split() if word not in _PART_WORDS]


def _series(
    rows: Collection[int], bare: Collection[int], after: dict[int, str], years: Sequence[int | None], ratings: Counts
) -> dict[int, str]:
    """The films that people count as one series, with their places; empty if there is none. `bare`: those whose name is no
    more than what all share. One of these begins a series, or has no part in it: Frozen is not the second Frozen Planet."""
    best_known = max(ratings[row] for row in rows)
    borne = {word for word in after.values() if word.isdecimal()}
    places: defaultdict[int, list[str]] = defaultdict(list)
    for share in _COUNTED:
        run = _run([row for row in rows if ratings[row] >= share * best_known], years, ratings)
        run = [row for row in run if row not in bare or run[0] in bare]
        if 1 < len(run) <= _LONGEST_SERIES:
            for place, row in enumerate(run, start=1):
                places[row] += [str(place)] if str(place) not in borne and not after[row].isdecimal() else []
    return {row: " ".join(own) for row, own in places.items()}


def _run(rows: Iterable[int], years: Sequence[int | None], ratings: Counts) -> list[int]:
    """The films in order of year; those before or after a long pause only if they are the better known."""
    runs: list[list[int]] = [[]]
    last = 0
    for year, row in sorted((years[row] or 0, row) for row in rows):
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
