"""What suits the people of an evening: their tastes, their vetoes, and who is owed something from the evenings before."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot import advice, cards
from bot.serving import Serving
from bot.store import Evening, GuildSettings, Night, Store
from recommender import GroupPick, Taste, judged, remembered, slate

SLATE = 5
REMEMBERED = 10  # evenings
# From so many people on, what is said of a group tells nothing about one of them.
ANONYMOUS = 4
LIKED = 4.0
LIKELY = 0.5
CLOSE = 0.35  # likeness of audiences from which films are close


@dataclass(frozen=True)
class Company:
    """The people of an evening, in its order."""

    members: tuple[int, ...]
    histories: tuple[dict[int, float], ...]
    unwanted: tuple[NDArray[np.bool_], ...]  # (films,) each
    seen: tuple[NDArray[np.bool_], ...]
    style: str
    weights: tuple[float, ...] | None

    @property
    def vetoed(self) -> int:
        """How many films somebody excludes."""
        return int(np.any(self.unwanted, axis=0).sum()) if self.unwanted else 0


async def company(store: Store, serving: Serving, night: Night, members: list[int], settings: GuildSettings) -> Company:
    """Read what is known of the members."""
    mask = serving.recommender.model.mask
    histories = {member: await store.history(member) for member in members}
    unwanted = [advice.unwanted_films(serving, await store.exclusions(member)) for member in members]
    seen = [mask({*histories[member], *await store.seen(member)}) for member in members]
    weights = None
    if settings.fairness:
        evenings = (await store.nights.evenings(night.guild))[:REMEMBERED]
        past = [_satisfactions(evening, histories) for evening in reversed(evenings)]
        weights = remembered(past, members)
    return Company(
        tuple(members), tuple(histories.values()), tuple(unwanted), tuple(seen), night.wish["style"], weights
    )


def _satisfactions(evening: Evening, histories: dict[int, dict[int, float]]) -> dict[int, float]:
    """Of the members with these histories, those who were there -> 0 to 1: where their rating of the film stands among their
    own, or what was predicted if they gave none."""
    found = {}
    for member, predicted in evening.satisfaction.items():
        if member in histories:
            history = histories[member]
            given = None if evening.film.movie is None else history.get(evening.film.movie)
            if given is None or len(history) < 2:
                found[member] = predicted
            else:
                found[member] = _percentile(given, list(history.values()))
    return found


def _percentile(value: float, values: list[float]) -> float:
    """The share of the values below, equal ones counted half."""
    return float(np.mean([(other < value) + 0.5 * (other == value) for other in values]))


async def pick(serving: Serving, night: Night, present: Company, exclude: Iterable[int]) -> dict[int, float]:
    """Film -> the group's score: the slate for these people, in its order, without the films in `exclude`."""
    wish = night.wish
    films = serving.recommender.films.admitted(wish["genre"], wish["from_year"], wish["to_year"])
    hidden = np.any(present.unwanted, axis=0) | _too_often_seen(present, wish["seen"])
    hidden |= serving.recommender.model.mask(exclude)
    picks = await asyncio.to_thread(
        lambda: slate(
            _tastes(serving, present),
            SLATE,
            exclude=hidden,
            among=films,
            style=present.style,
            weights=present.weights,
        )
    )
    return {pick.movie: pick.score for pick in picks}


async def judge(serving: Serving, present: Company, movies: list[int]) -> dict[int, GroupPick]:
    """What these people are likely to think of films."""
    picks = await asyncio.to_thread(
        lambda: judged(
            _tastes(serving, present),
            movies,
            style=present.style,
            weights=present.weights,
        )
    )
    return {pick.movie: pick for pick in picks}


def reasons(serving: Serving, present: Company, picks: Iterable[GroupPick]) -> dict[int, str]:
    """Film -> a line on what it is for the group; of a small one, nothing that would be about one of its members."""
    if len(present.members) < ANONYMOUS:
        return {
            pick.movie: "fits the group well" if pick.score >= 0.7 else "a fair choice for the group" for pick in picks
        }
    fans = Counter(film for history in present.histories for film, stars in history.items() if stars >= LIKED)
    shared = {film: number for film, number in fans.items() if number >= 2}
    lines = {}
    for pick in picks:
        likely = sum(chance >= LIKELY for chance in pick.enjoy)
        parts = [f"{likely} of {len(pick.enjoy)} likely to enjoy it"]
        floor = int(min(pick.stars))
        if floor >= 3:
            parts.append(f"nobody below {floor}")
        if (near := _close_to(serving, shared, pick.movie)) is not None:
            title = cards.title(serving.recommender.catalogue[near])
            # Named once: said of every film it would tell them nothing apart.
            parts.append(f"close to *{title}*, which {shared.pop(near)} of you rated 4 or more")
        lines[pick.movie] = " · ".join(parts)
    return lines


def _close_to(serving: Serving, shared: Iterable[int], movie: int) -> int | None:
    """The most alike of the films that several liked, if it is close."""
    near = serving.recommender.similar(movie, 1, exclude=[movie], among=list(shared))
    return near[0].movie if near and near[0].audience >= CLOSE else None


def _tastes(serving: Serving, present: Company) -> list[Taste]:
    return [serving.recommender.taste(history) for history in present.histories]


def _too_often_seen(present: Company, rule: str) -> NDArray[np.bool_]:
    times = np.sum(present.seen, axis=0)
    if rule == "any":
        return np.zeros(len(times), dtype=bool)
    return np.asarray(times > 0 if rule == "nobody" else times * 2 >= len(present.members))
