"""How alike two members are, and on which films they differ."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import discord
import numpy as np
from discord import ui
from numpy.typing import NDArray

from bot import cards
from bot.app import Marquee
from bot.replies import note
from bot.serving import Serving
from recommender import Likeness, Movie, Taste, likeness

# Films that both rated, from which on there are enough; and how wide the interval may be where there are fewer.
ENOUGH, SURE = 5, 0.2
DIFFERING = 5
APART = 1.0  # stars between them from which they differ on a film, and sds of the predictions
KNOWN = 300  # films among which those are looked for that both didn't rate

Stars = Mapping[int, float]


@dataclass(frozen=True)
class Differing:
    """A film, and the stars that each gave it, or would; `given` says which."""

    movie: Movie
    mine: float
    theirs: float
    given: tuple[bool, bool] = (True, True)


@dataclass(frozen=True)
class Match:
    """How alike two members are, and two strangers. common: how many films both rated, so many stars apart on average."""

    alike: Likeness
    strangers: float
    common: int
    apart: float
    differing: tuple[Differing, ...]

    @property
    def tells(self) -> bool:
        """Whether enough is known for a number."""
        return self.common >= ENOUGH or self.alike.high - self.alike.low <= SURE


async def match(bot: Marquee, member: int, other: int) -> Match:
    """Of a member and another. What both let be seen was checked."""
    serving, histories = bot.serving, await bot.store.histories((member, other))
    catalogue = serving.recommender.catalogue
    mine, theirs = (
        {movie: stars for movie, stars in histories[who].items() if movie in catalogue} for who in (member, other)
    )
    return await asyncio.to_thread(_match, serving, mine, theirs)


def _match(serving: Serving, mine: Stars, theirs: Stars) -> Match:
    recommender = serving.recommender
    taste, other, nobody = (recommender.taste(history) for history in (mine, theirs, {}))
    common = [movie for movie in mine if movie in theirs]
    apart = [abs(mine[movie] - theirs[movie]) for movie in common]
    given = [
        Differing(recommender.catalogue[movie], mine[movie], theirs[movie])
        for movie in sorted(common, key=lambda movie: (-abs(mine[movie] - theirs[movie]), movie))
        if abs(mine[movie] - theirs[movie]) >= APART
    ]
    expected = _expected(serving, (taste, mine), (other, theirs))
    return Match(
        alike=likeness(taste, other),
        strangers=likeness(nobody, nobody).share,
        common=len(common),
        apart=float(np.mean(apart)) if apart else 0.0,
        differing=(*given, *expected)[:DIFFERING],
    )


def _expected(serving: Serving, me: tuple[Taste, Stars], them: tuple[Taste, Stars]) -> list[Differing]:
    """The well-known films on which they would differ most, the surest first, of those that they didn't both rate."""
    recommender = serving.recommender
    films = [movie for movie in recommender.film_map.known[:KNOWN] if not (movie in me[1] and movie in them[1])]
    (mine, doubt), (theirs, their_doubt) = (_stars(*each, films) for each in (me, them))
    gaps = np.abs(mine - theirs)
    surely = gaps / np.sqrt(doubt**2 + their_doubt**2).clip(min=1e-9)
    places = [int(place) for place in np.argsort(-gaps, kind="stable") if min(gaps[place], surely[place]) >= APART]
    found = []
    for place in places[:DIFFERING]:
        given = films[place] in me[1], films[place] in them[1]
        found.append(Differing(recommender.catalogue[films[place]], float(mine[place]), float(theirs[place]), given))
    return found


def _stars(taste: Taste, given: Stars, films: list[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What somebody gave films, or would give, and how sure that is (n,) each."""
    stars, doubt = taste.predict_mean(films)
    rated = np.array([movie in given for movie in films], dtype=bool)
    stars[rated] = [given[movie] for movie in films if movie in given]
    return stars, np.where(rated, 0, doubt)


def card(found: Match, other: discord.abc.User) -> ui.LayoutView:
    """What there is to tell the one who asked."""
    differing = [f"{cards.film(each.movie)}: {_both(each)}" for each in found.differing]
    lines = [f"### You and <@{other.id}>", _likeness(found), _common(found)]
    if differing:
        lines += ["**Where you differ most**", *differing]
    if not found.tells or not differing:
        lines.append("-# The more films you both rate, the more I can tell: `/rate`")
    return note("\n".join(lines), accent=cards.ACCENT)


def _likeness(found: Match) -> str:
    if not found.tells:
        less = ", but probably less than two strangers" if found.alike.high < found.strangers else ""
        return f"How alike you are I can't say yet{less}: too little is known of what you both like."
    low, share, high, strangers = (
        round(100 * part) for part in (found.alike.low, found.alike.share, found.alike.high, found.strangers)
    )
    return (
        f"Of two well-known films, you would prefer the same one **{share} times out of 100** ({low} to {high} is likely). "
        f"Two strangers would {strangers} times."
    )


def _common(found: Match) -> str:
    both = f"You both rated {cards.count(found.common, 'film')}"
    if found.common >= ENOUGH:
        return f"{both}, {found.apart:.1f} stars apart on average."
    return f"{both}: too few to compare your stars."


def _both(each: Differing) -> str:
    mine, theirs = (
        cards.number(stars) if given else f"probably {stars:.1f}"
        for stars, given in zip((each.mine, each.theirs), each.given, strict=True)
    )
    return f"you {mine}, they {theirs}"
