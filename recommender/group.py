"""From several people's tastes to one slate of films for all of them.

What draws each member to a film, and how the members count together, is in `standings`. The films of a slate are chosen one by
one, best first. One of them is watched, so a member's best ones count most: a slate's pleasure for a member is a soft maximum of
the draws d_p of its films, with weights g_p = 1 / log2(p + 1) as in DCG:

    choosing log(sum_p g_p exp(d_p / choosing) / sum_p g_p)

The next film is the one with which the slate is best for the group, by a soft minimum of the members' pleasures. So whoever has
found least near the top has most to say in what comes next, and a film that somebody would hate is pushed down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from recommender.model import EmbeddingDotBias, Films
from recommender.ranking.lists import directions
from recommender.standings import Board
from recommender.taste import Taste

CONTENDERS, FAVOURITES = 1000, 20  # films that can enter a slate: the best for the group, and the best for each member
CHUNK = 4096  # films that are worked out at once
ENJOYED = 3.75  # stars: with half stars, 4 or more are above it
FADING = 0.9  # share of what a member is owed that is left after one more evening
AMENDS = 1.0  # a member who is owed d weighs exp(AMENDS d)
MOST = 2.0  # the largest weight over the least, at most

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class GroupPick:
    """One film for a group. Tuples are in the order of the tastes.

    `score`, 0 to 1: how well the film alone suits the group. `percentiles`, 0 to 1: each member's standing. `enjoy`:
    each member's chance of giving the film 4 stars or more. `seen`: each member's chance of having seen it; 1 or 0 where
    that is known.
    """

    movie: int
    score: float
    percentiles: tuple[float, ...]
    stars: tuple[float, ...]
    enjoy: tuple[float, ...]
    seen: tuple[float, ...]


def slate(
    tastes: Sequence[Taste],
    n: int = 5,
    *,
    exclude: Films = (),
    among: Films | None = None,
    style: str = "balanced",
    weights: Sequence[float] | None = None,
    seen: Sequence[Mapping[int, bool]] | None = None,
    series: Callable[[int], NDArray[np.bool_]] | None = None,
) -> list[GroupPick]:
    """The n films for the group, best first: nothing from `exclude`, only from `among` if it is given. What members have
    rated may be in it; put that into `exclude` where they want something new.

    weights: how much each member counts, in any unit. seen: for each member what is known, film id -> whether they have seen
    it; their history counts as seen, and of other films the chance is estimated. series: a film's row -> (films,) True for the
    films of its series, of which only one may be in the slate. ValueError for an unknown style, for weights that are no weights,
    and for tastes of different models.
    """
    board = Board.of(tastes, style, weights)
    rows = np.flatnonzero(board.model.allowed(exclude, among))
    if n < 1 or not len(rows):
        return []
    draws = board.draws(_known_seen(board.model, tastes, seen))
    rows = rows[_contenders(board, draws, rows, n)]

    def beside(place: int) -> NDArray[np.bool_]:
        return np.ones(len(rows), dtype=bool) if series is None else ~series(int(rows[place]))[rows]

    chosen = rows[_chosen(board, draws.take(rows, axis=1), directions(board.model, rows), beside, n)]
    return _picks(board, board.model.item_ids.numpy()[chosen], chosen, seen)


def judged(
    tastes: Sequence[Taste],
    movies: ArrayLike,
    *,
    style: str = "balanced",
    weights: Sequence[float] | None = None,
    seen: Sequence[Mapping[int, bool]] | None = None,
) -> list[GroupPick]:
    """The same figures for given film ids, in their order. An unknown film has a standing of 0 with everybody."""
    ids = np.asarray(movies, dtype=np.int64)
    board = Board.of(tastes, style, weights)
    return _picks(board, ids, board.model.item_rows(ids), seen)


def remembered(evenings: Sequence[Mapping[int, float]], members: Sequence[int]) -> tuple[float, ...]:
    """The members' weights for `slate`, of mean 1: whoever had less than the others of past evenings weighs more.

    evenings: oldest first, how satisfied each member was with the film watched, 0 to 1: the percentile of their rating, or
    the predicted one.
    """
    owed = dict.fromkeys(members, 0.0)
    for evening in evenings:
        there = {member: evening[member] for member in owed if member in evening}
        average = sum(there.values()) / max(len(there), 1)
        owed = {member: FADING * debt + average - there.get(member, average) for member, debt in owed.items()}
    # The largest is at most MOST times the least, so that each is at most MOST times their mean, too.
    raw = np.exp(AMENDS * np.array(list(owed.values()))).clip(MOST**-0.5, MOST**0.5)
    weights = dict(zip(owed, (raw / raw.mean()).tolist(), strict=True)) if owed else {}
    return tuple(weights[member] for member in members)


def _known_seen(
    model: EmbeddingDotBias, tastes: Sequence[Taste], seen: Sequence[Mapping[int, bool]] | None
) -> list[tuple[Rows, NDArray[np.float32]]]:
    """For each member the rows of known films and 1 or 0 for each."""
    found = []
    for own in _told(tastes, seen):
        rows = model.item_rows(np.fromiter(own, np.int64, len(own)))
        values = np.fromiter(own.values(), np.float32, len(own))
        found.append((rows[rows >= 0], values[rows >= 0]))
    return found


def _told(tastes: Sequence[Taste], seen: Sequence[Mapping[int, bool]] | None) -> Sequence[Mapping[int, bool]]:
    """What is known of each member; ValueError for another number of members."""
    if seen is None:
        return [{}] * len(tastes)
    if len(seen) != len(tastes):
        raise ValueError(f"what is seen must be told for {len(tastes)} members, not {len(seen)}")
    return seen


def _contenders(board: Board, draws: NDArray[np.float32], rows: Rows, n: int) -> Rows:
    """Places of the rows that can enter a slate: the best for the group, and each member's favourites. Films go in chunks, and
    members one by one: all of both at once would be most of the memory. draws (members, films): of all films."""
    best = np.zeros(len(rows), dtype=bool)
    parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    group = np.concatenate([board.together(draws.take(part, axis=1)) for part in parts])
    for values, count in chain([(group, CONTENDERS)], ((own[rows], FAVOURITES) for own in draws)):
        most = min(max(count, 4 * n), len(values))
        best[np.argpartition(-values, most - 1)[:most]] = True
    return np.flatnonzero(best)


def _chosen(
    board: Board,
    draws: NDArray[np.float32],
    alike: NDArray[np.float32],
    beside: Callable[[int], NDArray[np.bool_]],
    n: int,
) -> list[int]:
    """Columns of the slate. draws (members, films); alike (films, factors): `directions`; beside: a column -> (films,) False for
    those that may not stand beside it. Ties go to the film that is better on its own, then to the earlier one."""
    choosing = np.float32(board.style.choosing)
    alone = board.together(draws)
    had = np.zeros((len(draws), 1), dtype=np.float32)
    nearest, left = np.zeros(draws.shape[1], dtype=np.float32), np.ones(draws.shape[1], dtype=bool)
    chosen: list[int] = []
    places = 0.0
    for place in range(n):
        if not left.any():
            break
        gain = 1 / np.log2(place + 2)
        places += gain
        different = np.exp((draws - board.style.sameness * nearest) / choosing)
        pleasure = choosing * np.log((had + gain * different) / places)
        total = np.where(left, board.together(pleasure), -np.inf)
        best = int(np.lexsort((-alone, -total))[0])
        chosen.append(best)
        left &= beside(best)
        left[best] = False
        had += gain * np.exp(draws[:, [best]] / choosing)
        nearest = np.maximum(nearest, alike @ alike[best])
    return chosen


def _picks(board: Board, ids: Rows, rows: Rows, seen: Sequence[Mapping[int, bool]] | None) -> list[GroupPick]:
    inside = rows >= 0
    standings = np.where(inside, board.standings[:, rows], 0)
    scores = _percentiles(board.together(np.where(inside, board.suited(rows), np.float32(0))))
    stars, sds = (
        np.stack(part) for part in zip(*(taste.predict(ids, later=True) for taste in board.tastes), strict=True)
    )
    told = _told(board.tastes, seen)
    chances = np.array(
        [
            [known.get(movie, chance) for movie, chance in zip(ids.tolist(), taste.seen(ids).tolist(), strict=True)]
            for taste, known in zip(board.tastes, told, strict=True)
        ]
    ).reshape(len(board.tastes), len(ids))
    columns = (_percentiles(standings), stars, _percentiles((stars - ENJOYED) / np.maximum(sds, 1e-6)), chances)
    members = zip(*(map(tuple, part.T.tolist()) for part in columns), strict=True)
    return [GroupPick(*pick, *each) for *pick, each in zip(ids.tolist(), scores.tolist(), members, strict=True)]


def _percentiles(standings: NDArray[np.floating]) -> Array:
    """The share of a standard Normal distribution that lies below each."""
    return np.asarray(torch.special.ndtr(torch.from_numpy(standings).double()).numpy())
