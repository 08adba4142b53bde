"""How films stand with the members of a group, how strongly each member is drawn to them, and how the members count together.

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
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.model import EmbeddingDotBias
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

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Style:
    """What a slate is chosen by."""

    tolerance: float = 0.6  # in standings: the smaller, the more the least pleased member decides
    popularity: float = 0.0  # stars that the film with the most ratings gains on one without any, see `_extra_stars`
    caution: float = 0.25  # stars taken off for each star of doubt about the film
    sameness: float = 0.1  # standings taken off a film exactly like one in the slate
    choosing: float = 3.0  # in standings: the smaller, the more a member's best film decides
    personal: float = 0.85  # share of a draw that comes from the member's own lists
    novelty: float = 1.2  # standings taken off a film that the member has seen for sure


_STYLES = {
    "balanced": Style(),
    "fair": Style(tolerance=0.25, personal=0.3, novelty=0.6),
    "crowd-pleaser": Style(tolerance=2.0, popularity=0.5, caution=1.0, choosing=20.0, personal=0.0, novelty=0.0),
    "adventurous": Style(popularity=-0.8, caution=2.0, sameness=0.4, novelty=1.6),
}
STYLES = ("balanced", "fair", "crowd-pleaser", "adventurous")


@dataclass(frozen=True)
class Board:
    """What a slate is chosen from."""

    model: EmbeddingDotBias
    tastes: Sequence[Taste]
    standings: NDArray[np.float32]  # (members, films)
    extras: NDArray[np.float32]  # (films,) stars: what else speaks for a film
    levels: NDArray[np.float32]  # (members,) stars: below 0 for a member who is harder to please
    rates: NDArray[np.float32]  # (members,) standings for a star
    trusts: NDArray[np.float32]  # (members,) spread^2 / (spread^2 + doubt^2), 0 to 1
    weights: NDArray[np.float32]  # (members,) of sum 1
    style: Style

    @classmethod
    def of(cls, tastes: Sequence[Taste], style: str, weights: Sequence[float] | None) -> "Board":
        """style: one of STYLES. weights: how much each member counts, in any unit. ValueError for another style, for weights that
        are no weights, for no tastes, and for tastes of different models."""
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

    def suited(self, rows: Rows | slice, members: slice = slice(None)) -> NDArray[np.float32]:
        """(members, rows) standings + (extras + levels) rates: how well films suit each member, new to them or not."""
        extras = (self.extras[rows] + self.levels[members, None]) * self.rates[members, None]
        return np.asarray(self.standings[members, rows] + extras)

    def draws(self, known: Sequence[tuple[Rows, NDArray[np.float32]]]) -> NDArray[np.float32]:
        """(members, films) how strongly each member is drawn to each film. known: for each member the rows of which it is known
        whether they have seen the film, and 1 or 0 for each."""
        style = self.style
        draws = np.zeros_like(self.standings)
        for member, (own, taste, trust, (rows, seen)) in enumerate(
            zip(draws, self.tastes, self.trusts, known, strict=True)
        ):
            if style.personal:
                own += np.float32(style.personal * trust) * taste.fits()
            if style.novelty:
                # Of somebody without ratings only what is told counts, or they would decide by what most people have seen.
                chances = taste.seen_of_all() if taste.count else np.zeros_like(own)
                chances[rows] = seen
                own -= np.float32(style.novelty) * chances
            own += np.float32(1 - style.personal) * self.suited(slice(None), slice(member, member + 1))[0]
        return draws

    def together(self, pleasure: NDArray[np.float32]) -> NDArray[np.float32]:
        """(members, films) -> (films,) Kolm's equally distributed equivalent (1976, "Unequal inequalities"), a soft minimum of
        the members' pleasures x_m with weights w_m of sum 1:

            -tolerance log(sum_m w_m exp(-x_m / tolerance))

        Members without weight are left out."""
        counting = self.weights > 0
        if not counting.all():
            pleasure = pleasure[counting]
        least = pleasure.min(0)
        # The least is subtracted first, so that exp can't overflow.
        soft = self.weights[counting] @ np.exp((least - pleasure) / self.style.tolerance)
        return np.asarray(least - self.style.tolerance * np.log(soft))


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


def _extra_stars(model: EmbeddingDotBias, style: Style) -> NDArray[np.float32]:
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
