"""Languages by the names that people have for them: "Korean", "한국어" and "ko" are one."""

from collections.abc import Iterator, Sequence
from functools import cache

from babel import Locale, UnknownLocaleError
from rapidfuzz import fuzz, process

from recommender.text import unaccented

# Languages that are known by their own names too: reading such a name takes 7 ms, and 0.7 MB that stay.
OWN_NAMES = 40
# From how many letters a beginning will do, and from which similarity (0 to 100) a name does.
BEGINNING, CUTOFF = 3, 80


def name(code: str) -> str:
    """In English; of a code that is none, the code."""
    return str(Locale("en").languages.get(code, code))


def fitting(codes: Sequence[str], typed: str) -> list[str]:
    """Those of the codes that a text names or begins to name, then those with it in a name; each in the order given."""
    wanted = unaccented(typed)
    names = dict(_names(codes))
    begun = [code for code, own in names.items() if any(each.startswith(wanted) for each in own)]
    within = [code for code, own in names.items() if any(wanted in each for each in own) and code not in begun]
    return begun + within


def meant(codes: Sequence[str], typed: str) -> str | None:
    """The one that a text names, in full, by its beginning or nearly."""
    wanted = unaccented(typed)
    names = {each: code for code, own in reversed(list(_names(codes))) for each in own}
    if wanted in names:
        return names[wanted]
    begun = {code for each, code in names.items() if len(wanted) >= BEGINNING and each.startswith(wanted)}
    if len(begun) == 1:
        return begun.pop()
    alike = process.extractOne(wanted, list(names), scorer=fuzz.ratio, score_cutoff=CUTOFF)
    return names[alike[0]] if alike and len(wanted) >= BEGINNING else None


def _names(codes: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each code with the names that are compared."""
    for place, code in enumerate(codes):
        own = (_own_name(code),) if place < OWN_NAMES else ()
        yield code, tuple(unaccented(each) for each in (name(code), *own, code))


@cache
def _own_name(code: str) -> str:
    """What those who speak it call it."""
    try:
        return str(Locale(code).languages.get(code, code))
    except (UnknownLocaleError, ValueError):
        return code
