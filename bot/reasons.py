"""Which of a member's own films speak for a film in a list, and which lower its stars."""

from collections import Counter
from collections.abc import Iterable, Mapping

from recommender import Taste

# Own films that a reason names at most.
NAMED = 2
# What a rating must add to a film's place to be named, in nats, see `Taste.lifts`: it makes the film 10% likelier.
TELLING = 0.1
# The share of a film's largest lift from which another may be named just as well.
NEARLY = 0.6
# Stars below which nobody is said to have liked a film, however low their own mean is.
LIKED = 3.0
# Stars by which a rating must lower a film's predicted stars to be named.
LOWERING = 0.1


def of_list(
    taste: Taste, movies: Iterable[int], history: Mapping[int, float], style: str = "balanced"
) -> dict[int, list[int]]:
    """For each film of a list of this style that is not rated itself: the own films that speak for it; see `speaking`."""
    unrated = [movie for movie in movies if movie not in history]
    found = speaking(taste.lifts(unrated, style), history)
    return dict(zip(unrated, found, strict=True))


def speaking(lifts: Iterable[Mapping[int, float]], history: Mapping[int, float]) -> list[list[int]]:
    """For each film of a list, from its first: up to two liked films of the history whose ratings lift it most, the strongest
    first. Of those that lift it nearly as much as the strongest, the ones named least often so far go before the others.

    lifts: for each film, see `Taste.lifts`. What a film is given depends on those above it alone, so the beginning of
    a list has the same reasons as the whole.
    """
    liked = max(LIKED, sum(history.values()) / max(len(history), 1))
    times: Counter[int] = Counter()
    chosen = []
    for own in lifts:
        telling = {movie: lift for movie, lift in own.items() if lift >= TELLING and history[movie] >= liked}
        least = NEARLY * max(telling.values(), default=0)
        near = [movie for movie, lift in telling.items() if lift >= least]
        named = sorted(near, key=lambda movie: (times[movie], -telling[movie], movie))[:NAMED]
        times.update(named)
        chosen.append(sorted(named, key=lambda movie: (-telling[movie], movie)))
    return chosen


def lowering(taste: Taste, movie: int, history: Mapping[int, float]) -> list[int]:
    """Up to two films of the history that were not liked: those whose ratings lower a film's predicted stars most, most first."""
    without = taste.explain(movie).without
    telling = [own for own, stars in without.items() if stars <= -LOWERING and history[own] < LIKED]
    return sorted(telling, key=lambda own: (without[own], own))[:NAMED]
