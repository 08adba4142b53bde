"""What a server's club loves, what divides it, and who has seen most."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import fmean

from discord import ui

from bot import cards, people
from bot.glyphs import Glyphs
from bot.replies import note
from bot.store import ClubFilm, Store
from recommender import Catalogue

LISTED = 5
LOVED = 4.0  # stars on average
# The sd of a film's stars from which it divides a club.
DIVIDING = 1.0
# Ratings of the club's mean that count beside a film's own, so that three people's fives aren't above ten people's.
DAMPING = 2.0


@dataclass(frozen=True)
class Club:
    """How many people it has; the films that it loves, the most loved first, and those that divide it; and member -> how many
    films they rated or marked as seen, most first."""

    people: int
    loved: tuple[ClubFilm, ...]
    dividing: tuple[ClubFilm, ...]
    seen: Mapping[int, int]


async def read(store: Store, members: Collection[int]) -> Club:
    """Of these members. Films count that people.FEWEST of them rated: less would tell what each gave."""
    films = await store.clubs.films(members, people.FEWEST)
    usual = fmean(film.mean for film in films) if films else 0.0
    loved = sorted((film for film in films if film.mean >= LOVED), key=lambda film: -_above(film, usual))
    dividing = sorted((film for film in films if film.sd >= DIVIDING), key=lambda film: -film.sd)
    seen = await store.clubs.seen_most(members, LISTED)
    return Club(len(members), tuple(loved[:LISTED]), tuple(dividing[:LISTED]), seen)


def _above(film: ClubFilm, usual: float) -> float:
    return (film.mean * film.ratings + DAMPING * usual) / (film.ratings + DAMPING)


def card(club: Club, name: str, catalogue: Catalogue, glyphs: Glyphs) -> ui.LayoutView:
    """What there is to tell of a club. name: the server's."""
    parts = {
        # Of what divides them too no more than the mean: with the lowest and the highest, three could tell what each gave.
        heading: [
            f"{cards.film_of(catalogue, film.movie)} · {glyphs.mean(film.mean)} by {film.ratings}" for film in films
        ]
        for heading, films in (("What you love", club.loved), ("What divides you", club.dividing))
    } | {
        "Who has seen most": [f"<@{member}> · {cards.count(films, 'film')}" for member, films in club.seen.items()],
    }
    text = [
        f"### {cards.escape(name, 100)}",
        f"-# {cards.count(club.people, 'person', 'people')} who let themselves be counted",
    ]
    for heading, lines in parts.items():
        if lines:
            text += [f"**{heading}**", *lines]
    if not club.loved and not club.dividing:
        text.append(
            "There is no film yet that three of you rated. `/top` has films that many know; `/rate` what you have seen."
        )
    text.append("-# Turn yourself on or off with `/privacy`")
    return note("\n".join(text), accent=cards.ACCENT)
