"""Which kinds of film somebody likes: genres and decades, against what people usually watch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DECADES = np.arange(1930, 2031, 10)
# A film's nearness to a decade is exp(-((year - decade) / DECADE_WIDTH)^2 / 2), divided by their sum.
DECADE_WIDTH = 7.0
# Films as people usually watch them that count beside a person's own.
USUAL = 8.0
# A film of MIDDLING stars tells nothing; one more star is a like, one less a dislike, which counts DISLIKES times as much.
MIDDLING, DISLIKES = 3.0, 0.5
LEAST_SHARE = 1e-3  # of all ratings: a genre that hardly anybody watches tells little

Array = NDArray[np.float64]
Scored = NDArray[np.float32]
Rows = NDArray[np.int64]
# Weights of a history's films, and of which kinds they are (n, G) -> the weights of each kind, and all of them.
Sums = Callable[[Array, Array], tuple[Array, Array]]


def likings(stars: NDArray[np.floating]) -> Array:
    """Stars on the scale from half a star to five -> -1 for a dislike to 1 for a like."""
    return np.asarray((stars - MIDDLING).clip(-1, 1), dtype=np.float64)


@dataclass(frozen=True)
class Scores:
    """Scores that films of one kind share: `by_kind` (people, kinds), and the `kind` (m,) of each film."""

    by_kind: NDArray[np.float32]
    kind: NDArray[np.integer]

    def of(self, rows: Rows | slice) -> NDArray[np.float32]:
        """(people, k) the scores of some films."""
        return np.asarray(self.by_kind.take(self.kind[rows], axis=1))  # a third of what indexing takes


class Content:
    """The kinds of m films. Kind g has this lift to a person who likes n films, n_g of them of the kind, and dislikes d, d_g of
    them of the kind; a share s_g of all ratings is of the kind:

        l_g = log((n_g + USUAL s_g) / ((n + USUAL) s_g)) - DISLIKES log((d_g + USUAL s_g) / ((d + USUAL) s_g))

    It is the logarithm of how much more often than others the person chooses the kind, as in naive Bayes. A film's genres
    and decades have the scores

        sum_g sign(l_g) l_g^2 over its genres        sum_t l_t (its nearness to decade t)

    The square lets a marked taste count for much, and a hint of one for little.
    """

    def __init__(self, genres: NDArray[np.uint8], years: NDArray[np.int16], counts: NDArray[np.float32]) -> None:
        """genres (m, G): 0 or 1. years (m,): 0 where unknown. counts (m,): ratings."""
        # Films share a few sets of genres and years, so that a score of all films is a lookup.
        first, kind = distinct(np.packbits(genres, axis=1))
        known, year = np.unique(years, return_inverse=True)
        # The smaller the numbers are, the sooner those of a whole catalogue are read.
        self._set, self._year = kind.astype(np.min_scalar_type(len(first))), year.astype(np.min_scalar_type(len(known)))
        sets = genres[first]
        self._genres = sets.astype(np.float64)
        nearness = np.exp(-0.5 * ((known[:, None] - DECADES) / DECADE_WIDTH) ** 2) * (known[:, None] > 0)
        self._decades = nearness / np.maximum(nearness.sum(1, keepdims=True), 1e-12)
        self._usual_genres = _shares(np.bincount(self._set, counts, len(sets)) @ self._genres, counts)
        self._usual_decades = _shares(np.bincount(self._year, counts, len(known)) @ self._decades, counts)

    def lifts(self, rows: Rows, liking: Array) -> tuple[Array, Array]:
        """The films of a history (n,) and `likings` of them (people, n) -> each person's lifts of the genres (people, G) and of
        the decades (people, T)."""
        return self._lifts(rows, lambda weights, kinds: (weights @ kinds, weights.sum(1, keepdims=True)), liking)

    def lifts_without(self, rows: Rows, liking: Array) -> tuple[Array, Array]:
        """The films of a history (n,) and `likings` of them (n,) -> the lifts of genres (n, G) and decades (n, T) where each film
        in turn is left out."""

        def others(weights: Array, kinds: Array) -> tuple[Array, Array]:
            own = weights[:, None] * kinds
            # Of a kind that nothing else is of, rounding would leave a trace.
            return (own.sum(0) - own).clip(min=0), (weights.sum() - weights).clip(min=0)[:, None]

        return self._lifts(rows, others, liking)

    def _lifts(self, rows: Rows, sums: Sums, liking: Array) -> tuple[Array, Array]:
        liked, disliked = liking.clip(min=0), -liking.clip(max=0)

        def lifts(kinds: Array, usual: Array) -> Array:
            return _log_lift(*sums(liked, kinds), usual) - DISLIKES * _log_lift(*sums(disliked, kinds), usual)

        return (
            lifts(self._genres[self._set[rows]], self._usual_genres),
            lifts(self._decades[self._year[rows]], self._usual_decades),
        )

    def genre_scores(self, lifts: Array) -> Scores:
        """Lifts (people, G) -> the films' scores."""
        return Scores((np.sign(lifts) * lifts**2 @ self._genres.T).astype(np.float32), self._set)

    def decade_scores(self, lifts: Array) -> Scores:
        """Lifts (people, T) -> the films' scores."""
        return Scores((lifts @ self._decades.T).astype(np.float32), self._year)

    def scores_of(self, genres: Array, decades: Array, rows: Rows) -> tuple[Scored, Scored]:
        """Lifts of genres (people, G) and decades (people, T) -> both scores of some films (k,), (people, k) each."""
        of_genres = np.sign(genres) * genres**2 @ self._genres[self._set[rows]].T
        return of_genres.astype(np.float32), (decades @ self._decades[self._year[rows]].T).astype(np.float32)


def distinct(rows: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows (n, columns) -> the place of the first of each kind, kinds in order, and each row's kind (n,): what np.unique gives by
    sorting, a hundred times as slow."""
    frame = pd.DataFrame(rows)
    kinds = frame.groupby(list(frame), sort=True).ngroup() if len(frame.columns) else pd.Series(0, index=frame.index)
    numbers = np.asarray(kinds, dtype=np.int64)
    first = np.flatnonzero(~kinds.duplicated())
    return np.asarray(first[np.argsort(numbers[first])], dtype=np.int64), numbers


def _shares(ratings: Array, counts: NDArray[np.float32]) -> Array:
    return np.maximum(ratings / max(float(counts.sum()), 1e-12), LEAST_SHARE)


def _log_lift(found: Array, total: Array, usual: Array) -> Array:
    """found (people, G), total (people, 1) -> (people, G)"""
    return np.asarray(np.log((found + USUAL * usual) / ((total + USUAL) * usual)))
