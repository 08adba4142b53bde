"""What a server's people can watch on the services that they have: a filter of what is shown. Nothing is learned from it."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot import cards
from bot.app import Marquee
from bot.films.film import as_asked
from bot.films.look import CREDIT, JUSTWATCH, Offers
from bot.films.looks import PATIENCE, Looks
from bot.refusal import Refusal
from recommender.text import spaced_words, visible

NONE = "any"
MOST_SERVICES, LONGEST_NAME = 10, 50
MOST_LOOKED_UP = 60  # films
AT_A_TIME = 20  # as many are looked up before it is seen whether they are enough
CHOICES, LONGEST_VALUE = 25, 100  # Discord's limits
HOW = "Somebody who manages the server can tell me: `/night settings`, with `region` and `services`."

# A service that is had through another: "MUBI Amazon Channel" is MUBI, and no more on Amazon than any other.
_CHANNEL = re.compile(r" (?:amazon|apple tv(?: plus)?|roku(?: premium)?) channel$")


class Where(NamedTuple):
    """Where a server's people watch films."""

    looks: Looks
    region: str
    services: tuple[str, ...]


class Found(NamedTuple):
    """Films that are on a server's services, in the order in which they were looked up, and how many were."""

    movies: list[int]
    looked_up: int


async def where(bot: Marquee, server: int | None) -> Where:
    """A Refusal that says what to do where it isn't known."""
    if server is None:
        raise Refusal("`on_our_services` goes by the services of a server. Use it on a server.")
    if bot.looks is None:
        raise Refusal(
            "I can't see where films can be watched. For that, whoever hosts me sets `TMDB_TOKEN`. Until then, leave "
            "`on_our_services` out."
        )
    settings = await bot.store.nights.settings(server)
    if settings.region is None:
        raise Refusal(f"I don't know in which country this server watches films. {HOW}")
    if not settings.services:
        raise Refusal(f"I don't know which services people have here. {HOW}")
    return Where(bot.looks, settings.region, settings.services)


async def find(bot: Marquee, place: Where, movies: Iterable[int], n: int, language: str) -> Found:
    """The first n films that can be watched there without paying for them; fewer where time runs out, or films do.

    language: in which films are likely to be shown next, as one of Discord's locales.
    """
    catalogue = bot.serving.recommender.catalogue
    films = [film for movie in movies if (film := catalogue.get(movie)) is not None][:MOST_LOOKED_UP]
    clock = asyncio.get_running_loop().time
    until = clock() + PATIENCE
    found, looked_up = list[int](), 0
    for start in range(0, len(films), AT_A_TIME):
        if len(found) >= n or clock() >= until:
            break
        some = films[start : start + AT_A_TIME]
        looks = await place.looks.of_all(list(map(as_asked, some)), language, place.region, patience=until - clock())
        looked_up += sum(look is not None for look in looks)
        found += [
            film.id for film, look in zip(some, looks, strict=True) if look and is_on(look.offers, place.services)
        ]
    if not looked_up:
        raise Refusal(
            "TMDB hasn't told me in time where films can be watched. Try again in a minute, or leave `on_our_services` out."
        )
    return Found(found[:n], looked_up)


def is_on(offers: Offers | None, services: Iterable[str]) -> bool:
    """Whether one of the services has the film, by subscription, free or with ads."""
    if offers is None:
        return False
    names = [f" {_CHANNEL.sub('', _words(name))} " for name in offers.included]
    return any(f" {_words(service)} " in name for service in services for name in names)


def read(text: str) -> tuple[str, ...]:
    """ "Netflix, Disney+" -> its services. "any" -> none. A Refusal for what can't be any."""
    if is_none(text):
        return ()
    services = {_words(name): name for part in re.split("[,;，、]", text) if _words(name := visible(part))}
    if not services or len(services) > MOST_SERVICES or any(len(name) > LONGEST_NAME for name in services.values()):
        raise Refusal(
            f"I can't make out the services. Write up to {MOST_SERVICES} with commas between them: `Netflix, Disney+`. "
            f"`{NONE}` takes them off."
        )
    return tuple(services.values())


def is_none(text: str) -> bool:
    """Whether it takes a setting off."""
    return _words(text) == NONE


def choices(text: str, known: Sequence[str]) -> list[str]:
    """What the text may become, once its last name is one of the known ones."""
    *before, typed = re.split("[,;，、]", text)
    had = {_words(name) for name in before}
    fitting = [name for name in known if _words(typed) in _words(name) and _words(name) not in had]
    whole = (", ".join([*(visible(name) for name in before), name]) for name in fitting)
    return [value for value in whole if len(value) <= LONGEST_VALUE][:CHOICES]


def said(looked_up: int) -> str:
    """That a list is of films on the services, and how far it goes."""
    return f"on our services ({cards.count(looked_up, 'film')} looked up; others may be there too)"


def none_of(found: Found, place: Where) -> str:
    """What to say where no film was found."""
    return (
        f"None of the best {found.looked_up} films is on {told(place.services)}, as far as TMDB knows. Others may be: narrow "
        "the list with `genre` or `from_year`, or leave `on_our_services` out."
        f"\n-# {CREDIT} {JUSTWATCH}."
    )


def told(services: Iterable[str]) -> str:
    """Their names for a sentence, shortened if they are many."""
    return cards.escape(", ".join(services), 80)


def _words(name: str) -> str:
    """As names are compared: "Disney+" is "Disney Plus"."""
    return spaced_words(name.replace("+", " plus ")).strip()
