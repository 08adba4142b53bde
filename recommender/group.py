"""From several people's tastes to one slate of films for all of them.

The films that people usually watch are the measure of each member: par and spread are the mean and sd of the member's
predicted stars for them, and doubt is the sd that the model leaves open in those predictions. A film's standing with the
member is

    (stars - par) spread / (spread^2 + doubt^2)

so that harsh and generous members count alike, and somebody without ratings, of whom little is known, decides little. As a
percentile of a Normal distribution, a standing can be shown.

What everybody rates highly would stand first with any group. So a film's draw for a member mixes its standing with its place
in the member's own lists: its worth, see `ranking`, in sds above what people usually watch. That shrinks with doubt, as
a standing does. And since an evening wants a film that is new to the people there, the chance that the member has seen it is
taken off:

    (1 - personal) standing + personal fit spread^2 / (spread^2 + doubt^2) - novelty seen

The films of a slate are chosen one by one, best first. One of them is watched, so a member's best ones count most: a slate's
pleasure for a member is a soft maximum of the draws d_p of its films, with weights g_p = 1 / log2(p + 1) as in DCG:

    choosing log(sum_p g_p exp(d_p / choosing) / sum_p g_p)

The next film is the one with which the slate is best for the group by Kolm's equally distributed equivalent (1976, "Unequal
inequalities"), a soft minimum of the members' pleasures x_m with weights w_m of sum 1:

    -tolerance log(sum_m w_m exp(-x_m / tolerance))

So whoever has found least near the top has most to say in what comes next, and a film that somebody would hate is pushed
down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from recommender.model import EmbeddingDotBias, Films
from recommender.ranking.lists import directions
from recommender.taste import Taste

# Extra weight on the film's own bias: among films that none of a group chose for themselves, what everybody likes is the
# better guide.
CONSENSUS = 0.2
# Of each star that a member's par lies below the average, this share is read as being hard to please, the rest as strict use
# of the stars. (Measured: up to 0.4, the least pleased member gains stars by it; in percentiles of
# their own they neither gain nor lose by much.)
HARDER = 0.4
# A film with n ratings loses UNKNOWN HALF_KNOWN / (n + HALF_KNOWN) stars. Caution is not enough to keep out films that nobody
# rated: of thousands, the most overestimated would come first.
UNKNOWN, HALF_KNOWN = 0.5, 20.0
CONTENDERS, FAVOURITES = 1000, 20  # films that can enter a slate: the best for the group, and the best for each member
CHUNK = 4096  # films that are worked out at once
ENJOYED = 3.75  # stars: with half stars, 4 or more are above it
FADING = 0.9  # share of what a member is owed that is left after one more evening
AMENDS = 1.0  # a member who is owed d weighs exp(AMENDS d)
MOST = 2.0  # the largest weight over the least, at most

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _Style:
    tolerance: float = 0.6  # in standings: the smaller, the more the least pleased member decides
    popularity: float = 0.0  # stars that the film with the most ratings gains on one without any, see `_extra_stars`
    caution: float = 0.25  # stars taken off for each star of doubt about the film
    sameness: float = 0.1  # standings taken off a film exactly like one in the slate
    choosing: float = 3.0  # in standings: the smaller, the more a member's best film decides
    personal: float = 0.7  # share of a draw that comes from the member's own lists
    novelty: float = 1.2  # standings taken off a film that the member has seen for sure


_STYLES = {
    "balanced": _Style(),
    "fair": _Style(tolerance=0.25, personal=0.3, novelty=0.6),
    "crowd-pleaser": _Style(tolerance=2.0, popularity=0.5, caution=1.0, choosing=20.0, personal=0.0, novelty=0.0),
    "adventurous": _Style(popularity=-0.8, caution=2.0, sameness=0.4, novelty=1.6),
}
STYLES = ("balanced", "fair", "crowd-pleaser", "adventurous")


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
    board = _Board.of(tastes, style, weights)
    rows = np.flatnonzero(board.model.allowed(exclude, among))
    if n < 1 or not len(rows):
        return []
    draws = _Draws.of(board, _known_seen(board.model, tastes, seen))
    rows = rows[_contenders(draws, rows, n)]

    def beside(place: int) -> NDArray[np.bool_]:
        return np.ones(len(rows), dtype=bool) if series is None else ~series(int(rows[place]))[rows]

    chosen = rows[_chosen(board, draws.of_rows(rows), directions(board.model, rows), beside, n)]
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
    board = _Board.of(tastes, style, weights)
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


@dataclass(frozen=True)
class _Board:
    """What a slate is chosen from."""

    model: EmbeddingDotBias
    tastes: Sequence[Taste]
    standings: NDArray[np.float32]  # (members, films)
    extras: NDArray[np.float32]  # (films,) stars: what else speaks for a film
    levels: NDArray[np.float32]  # (members,) stars: below 0 for a member who is harder to please
    rates: NDArray[np.float32]  # (members,) standings for a star
    trusts: NDArray[np.float32]  # (members,) spread^2 / (spread^2 + doubt^2), 0 to 1
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
        par, spreads, rates = _scales(model, tastes, standings)
        standings -= par[:, None]
        standings *= rates[:, None]
        levels = HARDER * (par - np.float32(model.to_stars(model.mu)))
        extras = np.float32(model.unit) * _extra_stars(model, _STYLES[style])
        shares = _shares(weights, len(tastes))
        return cls(model, tastes, standings, extras, levels, rates, spreads * rates, shares, _STYLES[style])

    def suited(self, rows: Rows, members: slice = slice(None)) -> NDArray[np.float32]:
        """(members, rows) standings + (extras + levels) rates: how well films suit each member, new to them or not."""
        extras = (self.extras[rows] + self.levels[members, None]) * self.rates[members, None]
        return np.asarray(self.standings[members, rows] + extras)

    def together(self, pleasure: NDArray[np.float32]) -> NDArray[np.float32]:
        """(members, films) -> (films,) the equally distributed equivalent. Members without weight are left out."""
        counting = self.weights > 0
        if not counting.all():
            pleasure = pleasure[counting]
        least = pleasure.min(0)
        # The least is subtracted first, so that exp can't overflow.
        soft = self.weights[counting] @ np.exp((least - pleasure) / self.style.tolerance)
        return np.asarray(least - self.style.tolerance * np.log(soft))


@dataclass(frozen=True)
class _Draws:
    """The members' draws to films."""

    board: _Board
    own: NDArray[np.float32]  # (members, films) what the members' own lists and what they have seen add

    @classmethod
    def of(cls, board: _Board, known: Sequence[tuple[Rows, NDArray[np.float32]]]) -> "_Draws":
        """known: for each member the rows of which it is known whether they have seen the film, and 1 or 0 for each."""
        style = board.style
        own = np.zeros_like(board.standings)
        for row, taste, trust, (rows, seen) in zip(own, board.tastes, board.trusts, known, strict=True):
            if style.personal:
                row += np.float32(style.personal * trust) * taste.fits()
            if style.novelty:
                # Of somebody without ratings only what is told counts, or they would decide by what most people have seen.
                chances = taste.seen_of_all() if taste.count else np.zeros_like(row)
                chances[rows] = seen
                row -= np.float32(style.novelty) * chances
        return cls(board, own)

    def of_rows(self, rows: Rows, members: slice = slice(None)) -> NDArray[np.float32]:
        """(members, rows)"""
        suited = np.float32(1 - self.board.style.personal) * self.board.suited(rows, members)
        return np.asarray(suited + self.own[members, rows])


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


def _scales(
    model: EmbeddingDotBias, tastes: Sequence[Taste], stars: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """(members,) par, spread, and standings for a star: spread / (spread^2 + doubt^2)."""
    shares = model.item_counts.numpy() / model.item_counts.numpy().sum()
    par = stars @ shares
    variance = np.maximum(np.einsum("ij,ij,j->i", stars, stars, shares) - par**2, 1e-6)
    watched = model.item_ids.numpy()[model.usual_rows]
    doubts = np.array([np.square(taste.predict_mean(watched)[1]).mean() for taste in tastes], dtype=np.float32)
    return par, np.sqrt(variance), np.sqrt(variance) / (variance + doubts)


def _extra_stars(model: EmbeddingDotBias, style: _Style) -> NDArray[np.float32]:
    """(films,) stars of the usual scale, less their mean over the films that people watch:

        CONSENSUS bias + popularity known - caution doubt - UNKNOWN HALF_KNOWN / (ratings + HALF_KNOWN)

    known, 0 to 1: the share of all ratings that go to films with no more ratings than this one."""
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


def _contenders(draws: _Draws, rows: Rows, n: int) -> Rows:
    """Places of the rows that can enter a slate: the best for the group, and each member's favourites. Films go in chunks, and
    members one by one: all of both at once would be most of the memory."""
    best = np.zeros(len(rows), dtype=bool)
    parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    group = np.concatenate([draws.board.together(draws.of_rows(part)) for part in parts])
    members = (draws.of_rows(rows, slice(member, member + 1))[0] for member in range(len(draws.own)))
    for values, count in chain([(group, CONTENDERS)], ((own, FAVOURITES) for own in members)):
        most = min(max(count, 4 * n), len(values))
        best[np.argpartition(-values, most - 1)[:most]] = True
    return np.flatnonzero(best)


def _chosen(
    board: _Board,
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


def _picks(board: _Board, ids: Rows, rows: Rows, seen: Sequence[Mapping[int, bool]] | None) -> list[GroupPick]:
    inside = rows >= 0
    standings = np.where(inside, board.standings[:, rows], 0)
    scores = _percentiles(board.together(np.where(inside, board.suited(rows), np.float32(0))))
    stars, sds = (np.stack(part) for part in zip(*(taste.predict(ids) for taste in board.tastes), strict=True))
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
