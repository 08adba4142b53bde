"""What films are worth to one person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.content import Scores, likings
from recommender.model import EmbeddingDotBias
from recommender.ranking.blend import Blend, early
from recommender.ranking.bounded import Bounded

# The share of people who like a film, of those with predicted stars s who watch it: 1 / (1 + exp(-(s - LIKED) / SPREAD)).
LIKED, SPREAD = 3.75, 1.0
MOST_SEEN = 0.99

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Choice:
    """What a history of `count` films says of which films its owner chooses: `next` (m,) the chance that each is liked next,
    and the scores of the films' genres and decades, see `content`."""

    count: int
    next: Floats
    genres: Scores
    decades: Scores

    @classmethod
    def of(cls, model: EmbeddingDotBias, rows: Rows, stars: NDArray[np.float64]) -> "Choice":
        """rows and stars (n,) of a history; stars of the usual scale."""
        parts, count = model.cowatching.parts(rows, stars)
        genres, decades = model.content.lifts(rows, likings(stars)[None])
        return cls(
            len(rows),
            model.cowatching.chances(parts.sum(0, keepdims=True), count)[0],
            model.content.genre_scores(genres),
            model.content.decade_scores(decades),
        )


def seen(following: Floats, stars: Floats) -> Floats:
    """(k,) the chance that films were seen: that of liking them next (k,), over that of liking them once seen, by their predicted
    stars (k,), of the usual scale."""
    chances: Floats = following * (1 + np.exp(-(stars.clip(min=0) - LIKED) / np.float32(SPREAD)))
    return chances.clip(max=MOST_SEEN)


def worths(model: EmbeddingDotBias, choice: Choice, stars: Bounded, blend: Blend) -> Bounded:
    """The worths of all films, see `Blend`. stars: predicted, not held inside the scale."""
    unit, liking = np.float32(model.unit), np.float32(blend.liking)
    share = early(choice.count)
    kinds = (share * blend.genres, choice.genres), (share * blend.decades, choice.decades)
    off = _off(model, blend, share)

    def fixed(rows: Rows | slice, fame: Floats) -> Floats:
        known = np.log(choice.next[rows])
        for weight, scores in kinds:
            known += np.float32(weight) * scores.of(rows)[0]
        known -= off @ fame
        return np.asarray(known)

    def of(rows: Rows | slice) -> Floats:
        found = stars.of(rows) / unit
        worth = fixed(rows, model.item_fame(rows)) + liking * found
        if blend.novelty:
            worth -= np.float32(blend.novelty) * seen(choice.next[rows], found)
        return np.asarray(worth)

    # Of films that nobody rated each part is bounded for itself. The chance that they are liked next is the same of them all.
    others = sum(weight * float(scores.by_kind.max()) for weight, scores in kinds) + float(liking / unit) * stars.others
    others += float(np.log(choice.next[model.unrated[:1]]).sum() - off @ model.least_fame_of_others)
    return Bounded(of, fixed(model.rated, model.fame_of_rated) + (liking / unit) * stars.most, others)


def _off(model: EmbeddingDotBias, blend: Blend, share: float) -> Floats:
    """(3,) the weights of `item_fame`. early_n takes off what everybody is told, rarity log(1 + ratings) + liking bias; caution
    is for ever. share: early_n."""
    bias = blend.liking * model.slope(model.mu) / model.unit
    return np.array([share * blend.rarity, share * bias, blend.liking * blend.caution], dtype=np.float32)


def losses(
    model: EmbeddingDotBias, blend: Blend, rows: Rows, stars: NDArray[np.float64], wanted: Rows
) -> NDArray[np.float64]:
    """(n, k) by how much the worths of the wanted films (k,) fall where one rating of a history (n,) is left out, but for the
    fall of their stars."""
    history = len(rows)
    full, count = model.cowatching.parts(rows, stars)
    fewer, _ = model.cowatching.parts(rows, stars, fewer=1)
    before = model.cowatching.chances(full.sum(0, keepdims=True), count, wanted)
    after = np.where(
        model.cowatching.holds(rows)[:, None],
        model.cowatching.chances(fewer.sum(0) - fewer, max(count - 1, 0), wanted),
        before,
    )
    liking = likings(stars)
    whole, without = model.content.lifts(rows, liking[None]), model.content.lifts_without(rows, liking)
    genres, decades = (np.concatenate(both) for both in zip(whole, without, strict=True))
    of_genres, of_decades = model.content.scores_of(genres, decades, wanted)
    special = blend.genres * of_genres + blend.decades * of_decades
    full_share, share = early(history), early(max(history - 1, 0))
    special *= np.array([full_share, *[share] * history])[:, None]
    off = (_off(model, blend, full_share) - _off(model, blend, share)) @ model.item_fame(wanted)
    return np.asarray(np.log(before) - np.log(after) + special[:1] - special[1:] - off, dtype=np.float64)
