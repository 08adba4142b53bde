"""Which films a wish admits, how many they are, and what is said where there are none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.refusal import Refusal
from bot.serving import Serving
from recommender import Filters

# What a filter asks of a film that many films lack.
FACTS = {"max_minutes": "the length", "language": "the language"}
# A filter on a fact is refused where it is unknown of more than this share of the films.
MOST_LACKING = 0.5
DECADES = range(2020, 1910, -10)
# Of a server's usual: how one evening goes without it.
WITHOUT = {
    "max_minutes": "`max_minutes: 0`",
    "language": "`language: any`",
    "decade": "`decade: any decade`",
}


def admitted(serving: Serving, wish: Filters, usual: Collection[str] = ()) -> NDArray[np.bool_]:
    """(films,) True for those that a wish admits; a Refusal that says why if there are none, or if too little is known to tell.
    usual: filters that are the server's, and that the member didn't ask for."""
    films = serving.recommender.films.admitted(wish)
    if lacking := _lacking(serving, wish):
        raise Refusal(_unknown(serving, wish, lacking) + _usual(lacking, usual))
    if not films.any():
        raise Refusal(_nothing(serving, wish) + _usual(wish.given, usual))
    return films


def usual(usual: Filters, asked: Mapping[str, object]) -> dict[str, Any]:
    """What of a server's usual holds for an evening: what it doesn't say otherwise. asked: filter -> what the evening says; 0 and
    "" say that any film will do, and years stand in the place of a decade."""
    said = {name for name, value in asked.items() if value is not None}
    if said & {"from_year", "to_year"}:
        said.add("decade")
    return {name: getattr(usual, name) for name in usual.given if name not in said}


def counted(serving: Serving, wish: Filters) -> str:
    """How many films a wish admits, and how many are left out because too little is known of them; "" where it admits all."""
    if not wish.given:
        return ""
    films = serving.recommender.films
    fit, lacking = int(films.admitted(wish).sum()), int(films.lacking(wish).sum())
    said = "1 film fits" if fit == 1 else f"{fit:,} films fit"
    if not lacking:
        return said
    facts = " or ".join(FACTS[name] for name in wish.given if name in FACTS)
    left_out = "so it is left out" if lacking == 1 else "so they are left out"
    return f"{said}; of {lacking:,} I don't know {facts}, {left_out}"


def widen(wish: Filters) -> str:
    """Which filters there are to widen: "`max_minutes`, `language` or the years"."""
    return _listed([shown for shown, _ in _parts(wish)], "or")


def _lacking(serving: Serving, wish: Filters) -> list[str]:
    """The filters of which the fact is unknown of most films that would fit by genre and time."""
    films = serving.recommender.films
    others = films.admitted(replace(wish, **dict.fromkeys(FACTS)))
    most = MOST_LACKING * others.sum()
    return [name for name in FACTS if name in wish.given and (others & ~films.known[name]).sum() > most]


def _unknown(serving: Serving, wish: Filters, lacking: Sequence[str]) -> str:
    """That too little is known of the films, and how more comes to be."""
    films = serving.recommender.films
    others = films.admitted(replace(wish, **dict.fromkeys(FACTS)))
    unknown = others & np.any([~films.known[name] for name in lacking], axis=0)
    facts = " or ".join(FACTS[name] for name in lacking)
    options = _listed([f"`{name}`" for name in lacking], "and")
    said = f"I don't know {facts} of {unknown.sum():,} of these {others.sum():,} films, so {options} would hide most of them."
    if not {"from_year", "to_year", "decade"} & set(wish.given):
        found = [f"`decade: {first}s`" for first in DECADES if _works(serving, replace(wish, decade=first))]
        said += f" It works with {_listed(found[:2], 'or')}." if found else ""
    # IMDb's data sets have no languages.
    source = " with `MARQUEE_FILMS=wikidata`" if "language" in lacking else ""
    return (
        f"{said} For more, ask whoever hosts me to run `python -m bot films update`{source}; a retrain does the rest."
    )


def _works(serving: Serving, wish: Filters) -> bool:
    return bool(serving.recommender.films.admitted(wish).any()) and not _lacking(serving, wish)


def _nothing(serving: Serving, wish: Filters) -> str:
    """Why no film fits, and what would help."""
    if wish.from_year is not None and wish.to_year is not None and wish.from_year > wish.to_year:
        return "`from_year` is later than `to_year`. Swap them and try again."
    if wish.from_year is not None and wish.from_year > serving.newest_year:
        return f"My films end in {serving.newest_year}. Choose an earlier `from_year`."
    if wish.to_year is not None and wish.to_year < serving.oldest_year:
        return f"My films begin in {serving.oldest_year}. Choose a later `to_year`."
    parts = list(_parts(wish))
    without = {shown: replace(wish, **dict.fromkeys(names)) for shown, names in parts}
    films = serving.recommender.films
    fit = {shown: int(films.admitted(other).sum()) for shown, other in without.items() if _works(serving, other)}
    helps = [f"{shown} (then {count:,} {'fits' if count == 1 else 'fit'})" for shown, count in fit.items()]
    if helps:
        return f"No film fits. Widen or leave out {_listed(helps, 'or')}."
    return f"No film fits, nor could I tell of any without one of these. Leave out more than one: {widen(wish)}."


def _parts(wish: Filters) -> Iterable[tuple[str, tuple[str, ...]]]:
    """What can be widened: how it is called, and the filters that it consists of."""
    for names in (("max_minutes",), ("language",), ("decade",), ("from_year", "to_year"), ("genre",)):
        if set(names) & set(wish.given):
            yield "the years" if len(names) > 1 else f"`{names[0]}`", names


def _usual(concerned: Collection[str], usual: Collection[str]) -> str:
    """How one evening goes without those filters that are the server's usual."""
    ways = [way for name, way in WITHOUT.items() if name in concerned and name in usual]
    return f" For an evening without this server's usual: `/night start` with {_listed(ways, 'and')}." if ways else ""


def _listed(parts: Sequence[str], word: str) -> str:
    return f" {word} ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
