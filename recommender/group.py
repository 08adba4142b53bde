"""From several people's tastes to one slate of films for all of them.

A member's predicted stars become their standing: how far a film lies above what they would give the films people usually
watch, in units of how much their predictions differ, so that harsh and generous members count alike. Standings are shrunk by
the model's doubt of the member: of somebody without ratings little is known, and they decide little. As a percentile of a
Normal distribution, a standing can be shown.

The films are chosen together, best first, and each for what the slate then is to every member: the standings so far, each
weighted as in DCG by its place. What the members have from it is summed up as Kolm's equally distributed equivalent (1976,
"Unequal inequalities"), a soft minimum: what would be as good if all of them had the same. So whoever has found least near
the top has most to say in what comes next, and a film that somebody would hate is pushed down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from recommender.model import EmbeddingDotBias, Films
from recommender.ranking.lists import directions
from recommender.taste import Taste

# Of what a film is to everybody, this much counts once more: among films that none of a group chose for themselves,
# consensus is the better guide.
CONSENSUS = 0.2
# Harsh and generous members stand alike, with one reserve in what is chosen: of each star that a member gives less than
# others for the films people watch, this much is taken to be because they are harder to please. (Measured: what the least
# member has gains from it up to 0.4 in stars; in percentiles of their own it neither gains nor loses by much.)
HARDER = 0.4
# Stars taken off a film that nobody has rated; of one with `HALF_KNOWN` ratings, half as many. What the model doubts of such
# a film is too little to keep it out, since the most hopeful of thousands comes first.
UNKNOWN, HALF_KNOWN = 0.5, 20.0
# Films on which a member's spread and doubt are measured, and films that can enter a slate.
REFERENCE, CONTENDERS, FAVOURITES = 256, 1000, 20
CHUNK = 4096  # films that are looked at at once
# A rating of 4 stars or more is a rating above this, where stars come in halves.
ENJOYED = 3.75
# This much of what an evening left owing is still owed after the next, and nobody weighs more than this much of another.
FADING, MOST = 0.9, 2.0
# Weight gained, as a factor e, for each unit of satisfaction a member had less than the others.
AMENDS = 1.0

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _Style:
    """tolerance: in standings; the smaller, the more the least pleased member decides. popularity: stars the most rated film
    gains on one without ratings; a film between, as many of all ratings go to films with no more than its own. caution:
    stars taken off for each star of doubt about the film. sameness: standings taken off a film exactly like one in the
    slate."""

    tolerance: float = 0.6
    popularity: float = 0.0
    caution: float = 0.25
    sameness: float = 0.1


_STYLES = {
    "balanced": _Style(),
    "fair": _Style(tolerance=0.25),
    "crowd-pleaser": _Style(tolerance=2.0, popularity=0.5, caution=1.0),
    "adventurous": _Style(popularity=-0.8, caution=2.0, sameness=0.4),
}
STYLES = ("balanced", "fair", "crowd-pleaser", "adventurous")


@dataclass(frozen=True)
class GroupPick:
    """One film for a group. Tuples are in the order of the tastes.

    `score`, 0 to 1, is the group's; ties are broken by it. `percentiles`, 0 to 1: where the film stands among what people
    watch, for each member, shrunk by doubt. `enjoy`: each member's chance of giving it 4 stars or more.
    """

    movie: int
    score: float
    percentiles: tuple[float, ...]
    stars: tuple[float, ...]
    enjoy: tuple[float, ...]


def slate(
    tastes: Sequence[Taste],
    n: int = 5,
    *,
    exclude: Films = (),
    among: Films | None = None,
    style: str = "balanced",
    weights: Sequence[float] | None = None,
) -> list[GroupPick]:
    """The n films for the group, best first: nothing from `exclude`, only from `among` if it is given. What members have
    rated may be in it; put that into `exclude` where they want something new.

    weights: how much each member counts, in any unit. ValueError for an unknown style, for weights that are no weights, and
    for tastes of different models.
    """
    board = _Board.of(tastes, style, weights)
    rows = np.flatnonzero(board.model.allowed(exclude, among))
    if n < 1 or not len(rows):
        return []
    rows = rows[_contenders(board, rows, n)]
    chosen = rows[_chosen(board, board.worths(rows), directions(board.model, rows), n)]
    return _picks(board, board.model.item_ids.numpy()[chosen], chosen)


def judged(
    tastes: Sequence[Taste],
    movies: ArrayLike,
    *,
    style: str = "balanced",
    weights: Sequence[float] | None = None,
) -> list[GroupPick]:
    """The same figures for given film ids, in their order. A film nobody knows is judged neutrally."""
    ids = np.asarray(movies, dtype=np.int64)
    board = _Board.of(tastes, style, weights)
    return _picks(board, ids, board.model.item_rows(ids))


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


@dataclass(frozen=True)
class _Board:
    """What a group's choice is made from: `standings` (members, films), and what else speaks for a film, `extras` (films,) in
    stars, or for sparing a member, `levels` (members,) in stars; a star is worth `rates` (members,)."""

    model: EmbeddingDotBias
    tastes: Sequence[Taste]
    standings: NDArray[np.float32]
    extras: NDArray[np.float32]
    levels: NDArray[np.float32]
    rates: NDArray[np.float32]
    weights: NDArray[np.float32]  # (members,) of sum 1
    style: _Style

    @classmethod
    def of(cls, tastes: Sequence[Taste], style: str, weights: Sequence[float] | None) -> "_Board":
        if style not in _STYLES:
            raise ValueError(f"unknown style {style!r}: choose one of {', '.join(STYLES)}")
        if not tastes:
            raise ValueError("a group needs a member")
        model = tastes[0].model
        if any(taste.model is not model for taste in tastes):
            raise ValueError("the tastes are of different models")
        standings = np.empty((len(tastes), len(model.item_ids)), dtype=np.float32)
        for own, taste in zip(standings, tastes, strict=True):
            own[:] = taste.stars_of_all()
        par, rates = _scales(model, tastes, standings)
        standings -= par[:, None]
        standings *= rates[:, None]
        levels = HARDER * (par - np.float32(model.to_stars(model.mu)))
        extras = np.float32(model.unit) * _extra_stars(model, _STYLES[style])
        shares = _shares(weights, len(tastes))
        return cls(model, tastes, standings, extras, levels, rates, shares, _STYLES[style])

    def worths(self, rows: Rows, members: slice = slice(None)) -> NDArray[np.float32]:
        """(members, rows) the standings with all that counts besides."""
        extras = (self.extras[rows] + self.levels[members, None]) * self.rates[members, None]
        return np.asarray(self.standings[members, rows] + extras)

    def together(self, pleasure: NDArray[np.float32]) -> NDArray[np.float32]:
        """(members, films) -> (films,) the equally distributed equivalent."""
        counting = self.weights > 0
        if not counting.all():
            pleasure = pleasure[counting]
        least = pleasure.min(0)
        # From the least upwards, so that no exponential overflows.
        soft = self.weights[counting] @ np.exp((least - pleasure) / self.style.tolerance)
        return np.asarray(least - self.style.tolerance * np.log(soft))


def _scales(
    model: EmbeddingDotBias, tastes: Sequence[Taste], stars: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(members,) what a member would give the films people watch, and standing for each star above that: one over the
    spread of the predictions, times the share of what they would vary by that is known."""
    shares = model.item_counts.numpy() / model.item_counts.numpy().sum()
    par = stars @ shares
    variance = np.maximum(np.einsum("ij,ij,j->i", stars, stars, shares) - par**2, 1e-6)
    # Films at equal steps through all ratings: each is as likely to be among them as to be watched.
    steps = (np.arange(REFERENCE) + 0.5) / REFERENCE
    watched = model.item_ids.numpy()[
        np.searchsorted(np.cumsum(shares, dtype=np.float64), steps).clip(max=len(shares) - 1)
    ]
    doubts = np.array([np.square(taste.predict_mean(watched)[1]).mean() for taste in tastes], dtype=np.float32)
    return par, np.sqrt(variance) / (variance + doubts)


def _extra_stars(model: EmbeddingDotBias, style: _Style) -> NDArray[np.float32]:
    """(films,) what speaks for a film whoever the members are, in stars of the usual scale: 0 on the average of what people
    watch."""
    counts = model.item_counts.numpy()
    order = np.argsort(counts, kind="stable")
    known = np.empty_like(counts)
    known[order] = np.cumsum(counts[order], dtype=np.float64) / counts.sum()
    stars = (
        CONSENSUS * (model.slope(model.mu) / model.unit) * model.item_bias
        + style.popularity * known
        - style.caution * model.item_doubt.numpy()
        - UNKNOWN * HALF_KNOWN / (counts + HALF_KNOWN)
    )
    centred: NDArray[np.float32] = stars - stars @ counts / counts.sum()
    return centred


def _shares(weights: Sequence[float] | None, members: int) -> NDArray[np.float32]:
    values = np.ones(members) if weights is None else np.asarray(weights, dtype=np.float64)
    if values.shape != (members,) or not np.isfinite(values).all() or values.min() < 0 or not values.sum():
        raise ValueError(f"weights must be {members} numbers, none below 0 and not all 0, not {weights}")
    return np.asarray(values / values.sum(), dtype=np.float32)


def _contenders(board: _Board, rows: Rows, n: int) -> Rows:
    """Places of the rows that can enter a slate: the best for the group, and each member's favourites. A part of the films, or
    of the members, at a time: all of both would be most of the memory."""
    best = np.zeros(len(rows), dtype=bool)
    parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    group = np.concatenate([board.together(board.worths(part)) for part in parts])
    members = (board.worths(rows, slice(member, member + 1))[0] for member in range(len(board.tastes)))
    for values, count in chain([(group, CONTENDERS)], ((own, FAVOURITES) for own in members)):
        most = min(max(count, 4 * n), len(values))
        best[np.argpartition(-values, most - 1)[:most]] = True
    return np.flatnonzero(best)


def _chosen(board: _Board, standings: NDArray[np.float32], alike: NDArray[np.float32], n: int) -> list[int]:
    """Columns of the slate. Ties go to what is better alone, then to the earlier."""
    alone = board.together(standings)
    had = np.zeros((len(standings), 1), dtype=np.float32)
    nearest, left = np.zeros(standings.shape[1], dtype=np.float32), np.ones(standings.shape[1], dtype=bool)
    chosen: list[int] = []
    places = 0.0
    for place in range(min(n, standings.shape[1])):
        gain = 1 / np.log2(place + 2)
        places += gain
        different = standings - board.style.sameness * nearest
        total = np.where(left, board.together((had + gain * different) / places), -np.inf)
        best = int(np.lexsort((-alone, -total))[0])
        chosen.append(best)
        left[best] = False
        had += gain * standings[:, [best]]
        nearest = np.maximum(nearest, alike @ alike[best])
    return chosen


def _picks(board: _Board, ids: Rows, rows: Rows) -> list[GroupPick]:
    known = rows >= 0
    standings = np.where(known, board.standings[:, rows], 0)
    scores = _percentiles(board.together(np.where(known, board.worths(rows), np.float32(0))))
    stars, sds = (np.stack(part) for part in zip(*(taste.predict(ids) for taste in board.tastes), strict=True))
    columns = (_percentiles(standings), stars, _percentiles((stars - ENJOYED) / np.maximum(sds, 1e-6)))
    members = zip(*(map(tuple, part.T.tolist()) for part in columns), strict=True)
    return [GroupPick(*pick, *each) for *pick, each in zip(ids.tolist(), scores.tolist(), members, strict=True)]


def _percentiles(standings: NDArray[np.floating]) -> Array:
    """What of a Normal distribution lies below."""
    return np.asarray(torch.special.ndtr(torch.from_numpy(standings).double()).numpy())
