"""What a server's club loves, what divides it, and who has seen most."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, pstdev

from discord import ui

from bot import cards, people
from bot.glyphs import Glyphs
from bot.replies import note
from bot.store import Store
from recommender import Catalogue

LISTED = 5
LOVED = 4.0  # stars on average
# The sd of a film's stars from which it divides a club.
DIVIDING = 1.0
# Ratings of the club's mean that count beside a film's own, so that three people's fives aren't above ten people's.
DAMPING = 2.0


@dataclass(frozen=True)
class Rated:
    """A film, and all stars that the club gave it."""

    movie: int
    stars: tuple[float, ...]

    @property
    def mean(self) -> float:
        return fmean(self.stars)

    @property
    def spread(self) -> float:
        return pstdev(self.stars)


@dataclass(frozen=True)
class Club:
    """How many people it has; the films that it loves, the most loved first, and those that divide it; and member -> how many
    films they rated or marked as seen, most first."""

    people: int
    loved: tuple[Rated, ...]
    dividing: tuple[Rated, ...]
    seen: Mapping[int, int]


async def read(store: Store, members: Iterable[int]) -> Club:
    """Of these members. Films count that people.FEWEST of them rated: less would tell what each gave."""
    histories = await store.histories(members)
    seen = await store.seen_by(histories)
    given: defaultdict[int, list[float]] = defaultdict(list)
    for history in histories.values():
        for movie, stars in history.items():
            given[movie].append(stars)
    films = [Rated(movie, tuple(stars)) for movie, stars in given.items() if len(stars) >= people.FEWEST]
    usual = fmean(film.mean for film in films) if films else 0.0
    counts = {member: len(history.keys() | seen[member]) for member, history in histories.items()}
    return Club(
        len(histories),
        tuple(sorted((film for film in films if film.mean >= LOVED), key=lambda film: -_above(film, usual))[:LISTED]),
        tuple(sorted((film for film in films if film.spread >= DIVIDING), key=lambda film: -film.spread)[:LISTED]),
        {
            member: counts[member]
            for member in sorted(counts, key=lambda member: -counts[member])[:LISTED]
            if counts[member]
        },
    )


def _above(film: Rated, usual: float) -> float:
    return (sum(film.stars) + DAMPING * usual) / (len(film.stars) + DAMPING)


def card(club: Club, name: str, catalogue: Catalogue, glyphs: Glyphs) -> ui.LayoutView:
    """What there is to tell of a club. name: the server's."""
    parts = {
        "What you love": [
            f"{cards.film_of(catalogue, film.movie)} · {glyphs.mean(film.mean)} by {len(film.stars)}"
            for film in club.loved
        ],
        "What divides you": [
            f"{cards.film_of(catalogue, film.movie)} · from {cards.number(min(film.stars))} to {cards.number(max(film.stars))}"
            for film in club.dividing
        ],
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
