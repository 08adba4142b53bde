"""From a film to films like it: who likes them, who likes which of them next, what they are, and what they are called."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.content import distinct
from recommender.filters import FilmTable
from recommender.model import EmbeddingDotBias
from recommender.rows import Stored

# The weights were chosen on one half of benchmarks/neighbours.csv and series.csv; benchmarks/similar.py reports the others.
AUDIENCE_WEIGHT = 2.4
NEXT_SHARE = 0.5  # of the audience
WHITENING = 0.5  # 0: taste is the plain cosine of the factors, 1: of the factors scaled to unit covariance
SUPPORT = 8.0  # ratings of both films with which the trust in them is a half
CONTENT_WEIGHT = 0.3
UNRATED_WEIGHT = 0.6
YEAR_SHARE = 0.4  # of the content
YEAR_SPAN = 20.0  # years
YEAR_STEP = 5  # years
SERIES_WEIGHT = 5.0
WORD_POWER = 2.5  # at 2 a word in common brings up films that one person rated, at 3 fewer series are found
# Log odds that two films with a word in common are of one series: what a logistic regression found on the series that the
# weights were chosen on.
SERIES_ODDS, TITLE_ODDS, COMPANY_ODDS = -9.8, 6.0, 2.5
AUDIENCE_ODDS, TRUST_ODDS, GENRES_ODDS, YEARS_ODDS = 7.7, -2.3, 3.0, 3.6
# Without it some films would be near to everything; at 1, films that are near to nothing would come up everywhere.
CROWDING = 0.55
# Of a film that nobody rated only genres and year are known, and they fit a whole shelf of others.
UNKNOWN = 0.25
# A film's nearest are looked for among SAMPLE random films; the NEAREST first of them count.
SAMPLE, NEAREST = 2000, 20
CHUNK = 100  # films that are compared at once
TABLES = ("similar.crowded", "similar.company", "similar.taken_off")


@dataclass(frozen=True)
class Neighbour:
    """A film like another. `score` ranks; `audience` (-1..1) is how alike the two are liked, and liked next, `genres` those of
    both, `title` (0..1) how much their titles, as far as all else supports them, make them a series."""

    movie: int
    score: float
    audience: float
    genres: tuple[str, ...]
    title: float


class Neighbourhood:
    """How alike the films of a model are, one row for each.

    For film i, with n_i ratings, film j has the score

        alike + SERIES_WEIGHT series - CROWDING crowd_j - UNKNOWN / (1 + n_j)^2
        alike = trust AUDIENCE_WEIGHT audience + (CONTENT_WEIGHT + UNRATED_WEIGHT (1 - trust)) content
        trust = sqrt(n_i / (n_i + SUPPORT) n_j / (n_j + SUPPORT))
        audience = (1 - NEXT_SHARE) taste + NEXT_SHARE next
        content = genres^2 (1 - YEAR_SHARE + YEAR_SHARE years)

    taste: the cosine of the factors, whitened in part. next: see `Cowatching.likeness`. genres, years: see `FilmTable`.
    crowd_j: how alike film j is to its own nearest films. series: 0 for titles without a word in common, else

        likely = sigmoid(SERIES_ODDS + TITLE_ODDS title + COMPANY_ODDS company + trust (AUDIENCE_ODDS audience + TRUST_ODDS)
                         + GENRES_ODDS genres + YEARS_ODDS title years)

    and of titles that are not `named_alike`, (trust likely)^WORD_POWER: a single word counts only where those who rated both
    films agree.
    title: the root of the titles' cosine. company: how alike all films are that bear the words that both titles have. Films
    called "Rocky" are, films called "Heat" are not.
    """

    def __init__(
        self,
        model: EmbeddingDotBias,
        catalogue: Catalogue,
        films: FilmTable,
        crowded: NDArray[np.float64] | None = None,
        stored: Stored | None = None,
    ) -> None:
        """crowded (r,): of the films that somebody rated, if it is known from a model to which films were added since. It would
        take most of the time. stored: what a neighbourhood of these films has `stored`."""
        self._catalogue, self._films = catalogue, films
        self._ids = model.item_ids.numpy()
        counts = model.item_counts.numpy()
        self._trust = np.sqrt(counts / (counts + SUPPORT))
        self._rated, self._unrated = model.rated, model.unrated
        factors = model.items.numpy()[:, :-1]
        self._taste = Cosines(factors, self._rated, len(counts), _whitening(factors))
        self._cowatching = model.cowatching
        if stored is not None:
            self.crowded, self._company, self._taken_off = (stored.tables[name] for name in TABLES)
            return
        self._company = films.titles.company(self._coordinates())
        self.crowded = self._crowded(self._rated) if crowded is None else crowded
        of_all = np.empty(len(counts))
        of_all[self._rated], of_all[self._unrated] = self.crowded, self._crowded_by_kind()
        self._taken_off = CROWDING * of_all + UNKNOWN / (1 + counts) ** 2

    def stored(self) -> dict[str, NDArray[np.float64]]:
        """Tables of all films, for a file."""
        return dict(zip(TABLES, (self.crowded, self._company, self._taken_off), strict=True))

    def nearest(self, row: int, n: int, allowed: NDArray[np.bool_]) -> list[Neighbour]:
        """The n allowed films (m,) most like the film in this row, best first."""
        series = self._series(row)
        score = self._alike(np.array([row]), slice(None))[0] + SERIES_WEIGHT * series - self._taken_off
        best = _best(np.flatnonzero(allowed & (np.arange(len(score)) != row)), score, n)
        audience = self._trust[row] * self._trust[best] * self._audience(np.array([row]), best)[0]
        own = self._catalogue.movies[row].genres
        return [
            Neighbour(
                movie=int(self._ids[near]),
                score=float(score[near]),
                audience=float(liked),
                genres=tuple(genre for genre in own if genre in self._catalogue.movies[near].genres),
                title=float(series[near]),
            )
            for near, liked in zip(best, audience, strict=True)
        ]

    def _audience(self, rows: NDArray[np.int64], others: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """(rows, others) -1..1: how alike the films are liked, and liked next."""
        return (1 - NEXT_SHARE) * self._taste.of(rows, others) + NEXT_SHARE * self._cowatching.likeness(rows, others)

    def _alike(self, rows: NDArray[np.int64], others: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """(rows, others) alike, which leaves the titles aside."""
        trust = self._trust[rows][:, None] * self._trust[others]
        years = 1 - YEAR_SHARE + YEAR_SHARE * self._films.years_alike(rows, others, YEAR_SPAN)
        content = self._films.genres_alike(rows, others) ** 2 * years
        rated = trust * AUDIENCE_WEIGHT * self._audience(rows, others)
        return rated + content * (CONTENT_WEIGHT + UNRATED_WEIGHT * (1 - trust))

    def _series(self, row: int) -> NDArray[np.float64]:
        """(m,) how likely the film of this row and each other are of one series, as far as that is known."""
        titles, own = self._films.titles, np.array([row])
        alike, known = titles.likeness(row), titles.likeness(row, self._company)
        near = np.flatnonzero(alike)
        title, trust = np.sqrt(alike[near]), self._trust[row] * self._trust[near]
        odds = SERIES_ODDS + TITLE_ODDS * title + COMPANY_ODDS * known[near] / alike[near]
        odds += trust * (AUDIENCE_ODDS * self._audience(own, near)[0] + TRUST_ODDS)
        odds += GENRES_ODDS * self._films.genres_alike(own, near)[0]
        odds += YEARS_ODDS * title * self._films.years_alike(own, near, YEAR_SPAN)[0]
        series = np.zeros(len(alike))
        likely = 1 / (1 + np.exp(-odds))
        series[near] = np.where(titles.named_alike(row)[near], likely, (trust * likely) ** WORD_POWER)
        return series

    def _coordinates(self) -> Iterator[NDArray[np.floating]]:
        """Vectors of the films, one coordinate (m,) after the other, whose products are trust taste + genres."""
        for coordinate in self._taste.coordinates():
            yield self._trust * coordinate
        yield from self._films.genre_coordinates()

    def _crowded(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(k,) the mean of alike over each film's nearest among those that somebody rated, as in CSLS (Conneau et al. 2018). It
        keeps hubs down: films that are near to many others without being like them (Radovanovic et al. 2010)."""
        sample = self._rated[np.sort(np.random.default_rng(0).permutation(len(self._rated))[:SAMPLE])]
        nearest = max(min(NEAREST, len(sample) - 1), 1)
        means = [np.zeros(0)]
        for part in np.split(rows, range(CHUNK, len(rows), CHUNK)):
            alike = self._alike(sample, part)
            alike[sample[:, None] == part] = -np.inf
            means.append(np.partition(alike, -nearest, axis=0)[-nearest:].mean(0))
        return np.nan_to_num(np.concatenate(means), neginf=0)  # where nobody rated another film

    def _crowded_by_kind(self) -> NDArray[np.float64]:
        """(m - r,) the same of films that nobody rated: as much as any other of their genres and about their year."""
        years = np.nan_to_num(self._films.years[self._unrated]) // YEAR_STEP
        first, kind = distinct(np.column_stack([self._films.genres[self._unrated], years]))
        return np.asarray(self._crowded(self._unrated[first])[kind])


class Cosines:
    """Cosines between the films in some `rows` (r,) of a catalogue, which have vectors (r, D): less their mean, after `scaling`
    (D, D). The other films are like nothing. No copy of the vectors is made: those of sixty thousand films take 15 MB."""

    def __init__(
        self, vectors: NDArray[np.float32], rows: NDArray[np.int64], films: int, scaling: NDArray[np.float32]
    ) -> None:
        self._vectors, self._scaling = vectors, scaling
        self._centre = centre = vectors.mean(0)
        self._rows, self._place = rows, np.full(films, -1, dtype=np.int32)
        self._place[rows] = np.arange(len(rows))
        lengths = np.empty(len(vectors), dtype=np.float32)
        for start in range(0, len(vectors), CHUNK):
            lengths[start : start + CHUNK] = np.linalg.norm((vectors[start : start + CHUNK] - centre) @ scaling, axis=1)
        self._scale = 1 / np.maximum(lengths, 1e-12)  # zeros are like nothing

    def of(self, rows: NDArray[np.int64], others: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """(rows, others) the cosines; others: rows, or the slice of all."""
        places, other_places = self._place[rows], self._place[others]
        known, others_known = places >= 0, other_places >= 0
        cosines = np.zeros((len(places), len(other_places)), dtype=np.float32)
        if not others_known.any():
            return cosines
        own = places[known]
        other = slice(None) if isinstance(others, slice) else other_places[others_known]
        left = (self._vectors[own] - self._centre) @ self._scaling @ self._scaling.T * self._scale[own, None]
        cosines[np.ix_(known, others_known)] = (
            left @ self._vectors[other].T - left @ self._centre[:, None]
        ) * self._scale[other]
        return cosines

    def coordinates(self) -> Iterator[NDArray[np.float32]]:
        """The coordinates (films,), one after the other, of the vectors brought to length 1."""
        for direction in self._scaling.T:
            coordinates = np.zeros(len(self._place), dtype=np.float32)
            coordinates[self._rows] = (self._vectors @ direction - self._centre @ direction) * self._scale
            yield coordinates


def _whitening(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """A scaling (D, D) of vectors (rows, D) that divides each principal axis by its variance to the power WHITENING / 2.

    Whitened in full, cosines don't depend on how factors are scaled or turned (Steck et al. 2024), but the weakest axes, which
    are mostly noise, count as much as the others."""
    centred = vectors - vectors.mean(0)
    cov = (centred.T @ centred / len(vectors)).astype(np.float64)
    variance, directions = np.linalg.eigh(cov)
    floor = np.maximum(variance, 1e-6 * variance.max(initial=1e-12))
    return np.asarray(directions / floor ** (WHITENING / 2), dtype=np.float32)


def _best(candidates: NDArray[np.int64], score: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """The n candidates with the highest scores, best first. Ties go to the earlier row."""
    if n < 1:
        return candidates[:0]
    if n < len(candidates):
        least = np.partition(score[candidates], -n)[-n]
        candidates = candidates[score[candidates] >= least]
    return candidates[np.argsort(-score[candidates], kind="stable")[:n]]
