"""What suits the people of a night: their tastes, their vetoes, and who is owed something from the nights before."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot import advice, cards
from bot.serving import Serving
from bot.store import Night, Store, WatchedNight
from recommender import GroupPick, Taste, judged, remembered, slate

SLATE = 5
REMEMBERED = 10  # nights
# The smallest group in which a figure about the whole points at nobody.
ANONYMOUS = 4
LIKED = 4.0
LIKELY = 0.5  # chance from which something is likely
FITTING = 0.7  # score of the group from which a film fits it well
CLOSE = 0.4  # likeness of audiences from which films are close


@dataclass(frozen=True)
class Group:
    """The people of a night. All but `style` are in the order of `members`. `told`: film -> whether a member has seen it, where
    they said so without stars."""

    members: tuple[int, ...]
    histories: tuple[dict[int, float], ...]
    tastes: tuple[Taste, ...]
    unwanted: tuple[NDArray[np.bool_], ...]  # (films,) each
    told: tuple[dict[int, bool], ...]
    style: str
    weights: tuple[float, ...] | None

    @property
    def vetoed(self) -> int:
        """How many films somebody excludes; 0 in a group so small that it would tell who."""
        return int(np.any(self.unwanted, axis=0).sum()) if len(self.members) >= ANONYMOUS else 0


async def read_group(store: Store, serving: Serving, night: Night) -> Group:
    """What is known of the night's members."""
    members = await store.nights.members(night.id)
    histories = await store.histories(members)
    tastes = await asyncio.to_thread(_tastes, serving, histories.values())
    excluded = await store.exclusions_of(members)
    seen, unseen = await store.seen_by(members), await store.unseen.of_all(members)
    unwanted = [advice.unwanted_films(serving, excluded[member]) for member in members]
    told = [dict.fromkeys(unseen[member], False) | dict.fromkeys(seen[member], True) for member in members]
    weights = None
    if (await store.nights.settings(night.guild)).fairness:
        past = (await store.past.watched(night.guild))[:REMEMBERED]
        weights = remembered([_satisfactions(each, histories) for each in reversed(past)], members)
    return Group(
        tuple(members),
        tuple(histories.values()),
        tuple(tastes),
        tuple(unwanted),
        tuple(told),
        night.wish.style,
        weights,
    )


def _satisfactions(watched: WatchedNight, histories: Mapping[int, Mapping[int, float]]) -> dict[int, float]:
    """Member who was there -> how satisfied, 0 to 1: the percentile of their rating of the film among all of theirs, or what was
    predicted for those who have not rated it."""
    film, found = watched.film.movie, dict[int, float]()
    for member, predicted in watched.satisfaction.items():
        if (history := histories.get(member)) is not None:
            given = None if film is None else history.get(film)
            found[member] = predicted if given is None or len(history) < 2 else _percentile(given, history)
    return found


def _percentile(stars: float, history: Mapping[int, float]) -> float:
    """The share of a history's ratings that are below, equal ones counted half."""
    given = np.fromiter(history.values(), float, len(history))
    return float(np.mean((given < stars) + 0.5 * (given == stars)))


async def pick(
    serving: Serving,
    night: Night,
    group: Group,
    suggested: Collection[int],
    stale: Collection[int],
    n: int = SLATE,
    among: Collection[int] | None = None,
) -> list[int]:
    """The slate of n films for these people, best first: nothing stale, no film of the series of another or of a suggested one,
    and only from `among` if it is given."""
    wish, series = night.wish, serving.recommender.films.titles.named_alike
    films = serving.recommender.films.admitted(wish)
    if among is not None:
        films = films & serving.recommender.model.mask(among)
    hidden = np.any(group.unwanted, axis=0) | _too_often_seen(serving, group, wish.seen)
    hidden |= serving.recommender.model.mask([*suggested, *stale])
    rows = serving.recommender.model.item_rows(np.fromiter(suggested, np.int64))
    for row in rows[rows >= 0].tolist():
        hidden |= series(row)
    picks = await asyncio.to_thread(
        lambda: slate(
            group.tastes,
            n,
            exclude=hidden,
            among=films,
            style=group.style,
            weights=group.weights,
            seen=group.told,
            series=series,
        )
    )
    return [pick.movie for pick in picks]


async def judge(serving: Serving, group: Group, movies: list[int]) -> list[GroupPick]:
    """What these people are likely to think of films, in the order of the films."""
    return await asyncio.to_thread(
        lambda: judged(
            group.tastes,
            movies,
            style=group.style,
            weights=group.weights,
            seen=group.told,
        )
    )


async def satisfaction(
    serving: Serving, histories: Mapping[int, Mapping[int, float]], movie: int | None
) -> dict[int, float]:
    """Member -> predicted satisfaction with a film, 0 to 1. Empty for a title that was typed, and for nobody."""
    if movie is None or not histories:
        return {}
    [found] = await asyncio.to_thread(lambda: judged(_tastes(serving, histories.values()), [movie]))
    return dict(zip(histories, found.percentiles, strict=True))


def reasons(serving: Serving, group: Group, picks: Iterable[GroupPick], wanted: Collection[int] = ()) -> dict[int, str]:
    """Film -> a line on why it suits the group. In a small group it says nothing that would give one member away, and nothing
    at all if it would be the same for every film. wanted: films that somebody wants to see, of whom no more may be said."""
    picks = list(picks)
    if len(group.members) < ANONYMOUS:
        fitting = [pick.movie for pick in picks if pick.score >= FITTING]
        return dict.fromkeys(fitting if len(fitting) < len(picks) else (), "fits the group well")
    fans = Counter(film for history in group.histories for film, stars in history.items() if stars >= LIKED)
    shared = {film: number for film, number in fans.items() if number >= 2}
    lines = {}
    for pick in picks:
        likely = sum(chance >= LIKELY for chance in pick.enjoy)
        parts = [f"{likely} of {len(pick.enjoy)} likely to enjoy it"]
        floor = int(min(pick.stars))
        if likely < len(pick.enjoy) and floor >= 3:
            parts.append(f"nobody predicted below {floor} stars")
        if new := sum(chance < LIKELY for chance in pick.seen):
            parts.append(f"probably new to {'all' if new == len(pick.seen) else new} of you")
        if pick.movie in wanted:
            parts.append("somebody here wants to see it")
        if (near := _close_to(serving, shared, pick.movie)) is not None:
            title = cards.title(serving.recommender.catalogue[near])
            # Each liked film is named once, or every line would name the same one.
            parts.append(f"close to *{title}*, which {shared.pop(near)} of you rated 4 or more")
        lines[pick.movie] = " · ".join(parts)
    return lines


def _close_to(serving: Serving, shared: Iterable[int], movie: int) -> int | None:
    """Of the films that several liked, the one most like this film, if it is close."""
    near = serving.recommender.similar(movie, 1, exclude=[movie], among=list(shared))
    return near[0].movie if near and near[0].audience >= CLOSE else None


def _tastes(serving: Serving, histories: Iterable[Mapping[int, float]]) -> list[Taste]:
    return [serving.recommender.taste(history) for history in histories]


def _too_often_seen(serving: Serving, group: Group, rule: str) -> NDArray[np.bool_]:
    """(films,) True for those that the rule leaves out, by what members rated and marked."""
    mask = serving.recommender.model.mask
    times = np.sum(
        [
            mask({*history, *(film for film, seen in told.items() if seen)})
            for history, told in zip(group.histories, group.told, strict=True)
        ],
        axis=0,
    )
    if rule == "any":
        return np.zeros(len(times), dtype=bool)
    return np.asarray(times > 0 if rule == "nobody" else times * 2 >= len(group.members))
