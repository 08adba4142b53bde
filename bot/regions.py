"""Countries by the names that people have for them: ISO 3166-1, in English."""

import re
from functools import cache

from babel import Locale

from bot.refusal import Refusal
from recommender.text import spaced_words

CHOICES = 25
# In babel's list, but no countries: unions, the world's parts, places that a country's own code has as well.
_NO_COUNTRIES = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"))
_ALSO = {"uk": "GB", "usa": "US", "america": "US", "england": "GB", "holland": "NL", "korea": "KR"}


def region(name: str) -> str:
    """The code of the country that people call so, or a Refusal."""
    if (code := found(name)) is not None:
        return code
    likely = " or ".join(f"`{shown(code)}`" for code in region_choices(name)[:3]) if _plain(name) else ""
    hint = f"Did you mean {likely}?" if likely else "Type its English name, and pick it from the list."
    raise Refusal(f"I don't know that country. {hint}")


def found(name: str) -> str | None:
    """The same, or None: by its code, its name, or a beginning of it that no other has."""
    typed = _plain(name)
    whole = [code for code, country in _countries().items() if typed in (code.lower(), _plain(country))]
    fitting = [_ALSO[typed]] if typed in _ALSO else whole or (region_choices(name) if typed else [])
    return fitting[0] if len(fitting) == 1 else None


def shown(code: str) -> str:
    """A country's English name; a code that isn't known is its own."""
    return _countries().get(code, code)


def region_choices(text: str) -> list[str]:
    """At most 25 codes of countries for what has been typed so far: that code first, then names that begin so."""
    typed = _plain(text)
    ranked = [
        (rank, code) for code, name in _countries().items() if (rank := _rank(typed, code, _plain(name))) is not None
    ]
    return [code for _, code in sorted(ranked, key=lambda found: found[0])][:CHOICES]


def _rank(typed: str, code: str, name: str) -> int | None:
    """How well a country fits what was typed, 0 the best."""
    if typed == code.lower() or _ALSO.get(typed) == code:
        return 0
    if name.startswith(typed):
        return 1
    return 2 if f" {typed}" in name else None


@cache
def _countries() -> dict[str, str]:
    """Code -> English name, by name."""
    names = {str(code): str(name) for code, name in Locale("en").territories.items()}
    codes = [code for code in names if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES]
    return {code: names[code] for code in sorted(codes, key=lambda code: _plain(names[code]))}


def _plain(text: str) -> str:
    return spaced_words(text).strip()
