"""What there is to tell of a member's taste."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import discord
import numpy as np
from numpy.typing import NDArray

from bot import people
from bot.app import Marquee
from bot.refusal import Refusal
from bot.serving import Serving
from recommender import Movie, Region

FEWEST = 5  # films of which there is something to tell
TELLING = 5
LOVED = 4.0
AT_HOME = 2  # regions that are named, and loved films that one must have
CLUB = 100  # others whose ratings are read: as many tell what a club likes
GENRES = 8  # that are shown: those in which the member differs most from the others
# The decades that have a column of their own; all before are one.
FIRST_DECADE, LAST_DECADE = 1970, 2020

Stars = Mapping[int, float]


@dataclass(frozen=True)
class Compared:
    """A share of the member's films, and of the others', 0 to 1; None where it isn't known."""

    name: str
    own: float
    others: float | None

    @property
    def more(self) -> float:
        """By how much the member's is larger."""
        return 0 if self.others is None else self.own - self.others


@dataclass(frozen=True)
class Telling:
    """A film, the stars that the member gave it, and those that their other ratings would have let expect."""

    movie: Movie
    stars: float
    expected: float


@dataclass(frozen=True)
class Portrait:
    """`films`: those of the member that the model knows, with their stars, and where they lie on the map (n, 2); `known`: where
    the best known films do (k, 2). mean, others_mean: the member's stars, and what an average viewer gives the same films.
    home: names of the regions where most of the films lie that they loved. club: with how many people of the server they are
    compared, 0 for everybody whose ratings the model learned from; their stars always with everybody's."""

    films: tuple[tuple[int, float], ...]
    places: NDArray[np.float64]
    known: NDArray[np.float64]
    regions: tuple[tuple[Region, str], ...]
    home: tuple[str, ...]
    mean: float
    others_mean: float
    stars: tuple[Compared, ...]
    genres: tuple[Compared, ...]
    decades: tuple[Compared, ...]
    telling: tuple[Telling, ...]
    club: int


async def films_of(bot: Marquee, member: int) -> Stars:
    """The films that a member rated and the model knows; a Refusal where they are too few."""
    catalogue, history = bot.serving.recommender.catalogue, await bot.store.history(member)
    films = {movie: stars for movie, stars in history.items() if movie in catalogue}
    if len(films) < FEWEST:
        raise Refusal(f"A picture takes {FEWEST} rated films; there are {len(films)} so far. `/rate` adds one.")
    return films


async def portrait(bot: Marquee, guild: discord.Guild | None, member: int, films: Stars) -> Portrait:
    """Of a member who rated these films, beside those who are on the server and let themselves be shown."""
    serving, shown = bot.serving, [] if guild is None else await people.in_club(bot, bot.store, guild)
    others = [person.id for person in shown if person.id != member]
    histories = await bot.store.histories(others[:CLUB])
    club = [history for history in histories.values() if history]
    return await asyncio.to_thread(_portrait, serving, films, club if len(club) >= people.FEWEST else [])


def _portrait(serving: Serving, own: Stars, club: Sequence[Stars]) -> Portrait:
    recommender = serving.recommender
    film_map = recommender.film_map
    places = film_map.places(list(own))
    regions = tuple((region, _name(serving, region)) for region in film_map.regions())
    decades, genres = (_compared(serving, own, club, kinds) for kinds in (_decades, _genres))
    differing = sorted(genres, key=lambda each: -abs(each.more))[:GENRES]
    return Portrait(
        films=tuple(own.items()),
        places=places,
        known=film_map.places(film_map.known),
        regions=regions,
        home=_home(own, places, regions),
        mean=float(np.mean(list(own.values()))),
        others_mean=float(recommender.averages(list(own)).mean()),
        stars=_stars(own, recommender.info.get("given")),
        genres=tuple(sorted(differing, key=lambda each: -each.own)),
        decades=tuple(decades),
        telling=_telling(serving, own),
        club=len(club),
    )


def _name(serving: Serving, region: Region) -> str:
    """What there is most of in a region, or a film that everybody knows."""
    return " · ".join(region.genres) or f"“{serving.recommender.catalogue[region.landmark].title}”"


def _home(own: Stars, places: NDArray[np.float64], regions: Sequence[tuple[Region, str]]) -> tuple[str, ...]:
    centres = np.array([(region.x, region.y) for region, _ in regions])
    loved = places[[stars >= LOVED for stars in own.values()]]
    nearest = np.square(loved[:, None] - centres).sum(2).argmin(1)
    counts = np.bincount(nearest, minlength=len(regions))
    most = np.argsort(-counts, kind="stable")[:AT_HOME]
    return tuple(regions[place][1] for place in most if counts[place] >= AT_HOME)


def _stars(own: Stars, given: Sequence[int] | None) -> tuple[Compared, ...]:
    """The shares of one to five stars, a half counted up. given: everybody's ratings of each half star; models from before that
    was counted lack it."""
    mine = np.bincount(np.ceil(list(own.values())).astype(int), minlength=6)[1:6] / len(own)
    others = None if given is None else np.reshape(given, (5, 2)).sum(1) / max(sum(given), 1)
    return tuple(
        Compared(str(stars), float(mine[stars - 1]), None if others is None else float(others[stars - 1]))
        for stars in range(1, 6)
    )


Kinds = Callable[[Serving], tuple[list[str], NDArray[np.bool_]]]


def _genres(serving: Serving) -> tuple[list[str], NDArray[np.bool_]]:
    """Names, and (films, kinds) which of them a film is of."""
    films = serving.recommender.films
    return list(films.catalogue.genres), films.genres


def _decades(serving: Serving) -> tuple[list[str], NDArray[np.bool_]]:
    """The same; a film without a year is of none."""
    firsts = np.arange(FIRST_DECADE, LAST_DECADE + 1, 10)
    decade = np.floor(serving.recommender.films.years / 10) * 10
    older = decade < FIRST_DECADE
    names = [f"{FIRST_DECADE - 10}s or older", *(f"{first}s" for first in firsts.tolist())]
    return names, np.column_stack([older, decade[:, None] == firsts])


def _compared(serving: Serving, own: Stars, club: Sequence[Stars], kinds: Kinds) -> list[Compared]:
    """Shares of kinds: the member's, and the mean of the club's members', or those of all ratings."""
    names, has = kinds(serving)
    if club:
        others = np.mean([_shares(serving, has, history) for history in club], axis=0)
    else:
        counts = serving.recommender.popularity
        others = counts @ has / max(int(counts.sum()), 1)
    mine = _shares(serving, has, own)
    return [Compared(*each) for each in zip(names, mine.tolist(), others.tolist(), strict=True)]


def _shares(serving: Serving, has: NDArray[np.bool_], movies: Iterable[int]) -> NDArray[np.float64]:
    rows = serving.recommender.model.item_rows(np.fromiter(movies, np.int64))
    rows = rows[rows >= 0]
    return np.asarray(has[rows].sum(0) / max(len(rows), 1))


def _telling(serving: Serving, own: Stars) -> tuple[Telling, ...]:
    """The films whose ratings say most about the member, the first most."""
    recommender, taste = serving.recommender, serving.recommender.taste(own)
    told, expected = taste.telling(), taste.expected()
    most = sorted(told, key=lambda movie: (-told[movie], movie))[:TELLING]
    return tuple(Telling(recommender.catalogue[movie], own[movie], expected[movie]) for movie in most)
