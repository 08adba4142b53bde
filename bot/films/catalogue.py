"""What all sources together know: one film for all that they say of it, under one id."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bot.films.film import Film
from recommender.catalogue import names_of
from recommender.datasets.identity import LISTED
from recommender.text import title_key, visible

Key = tuple[str, int]  # a title as titles are compared, and a year


@dataclass(slots=True)
class Entry:
    """A film: of each fact what the first source to know it says, and all of its titles."""

    film: Film
    keys: set[Key]
    rank: int | None  # its place by how known it is in a source, 1 the best known


class FilmCatalogue:
    """Films by their ids, joined from one source after another. Later ones add films, and what earlier ones don't say."""

    def __init__(self, aliases: Mapping[int, int]) -> None:
        """aliases: ids that films were known by -> their ids, from before."""
        self._aliases = dict(aliases)
        self._films: dict[int, Entry] = {}
        self._by_imdb: dict[int, int] = {}
        self._by_key: dict[Key, list[int]] = {}

    @property
    def aliases(self) -> dict[int, int]:
        """All ids that films are known by besides their own -> their ids."""
        return {old: self.today(old) for old in self._aliases}

    def join(self, films: Iterable[tuple[int, Film]]) -> None:
        """Add the films of one source, with the ids that they have there.

        A film is one that is known if it has its id, or its IMDb id, or else one of its titles and its year, where only one known
        film has them, and only one of the source. Films that were written down by hand may be a year away from the others. The
        smaller of the two ids is its id. All others are new: two films of one source are two films.
        """
        rows = [(self.today(movie), film, _keys(film)) for movie, film in films]
        found = [self._known(*row) for row in rows]
        # By ids: a source may have a film in two rows.
        claimed = Counter(
            known for _, known in {(movie, known) for (movie, *_), known in zip(rows, found, strict=True)}
        )
        for (movie, film, keys), known, rank in zip(rows, found, _ranks(films for _, films, _ in rows), strict=True):
            movie = self.today(movie)  # a row before may have been united with it
            if known is not None and (claimed[known] == 1 or self._is(known, movie, film)):
                movie = self._unite(self.today(known), movie)
            self._learn(movie, film, keys, rank)

    def today(self, movie: int) -> int:
        """The id of a film that may have been known by another."""
        while movie in self._aliases:
            movie = self._aliases[movie]
        return movie

    def movies(self) -> pd.DataFrame:
        """The films as `Recommender.fit` takes them, in the order of their ids."""
        ids = sorted(self._films)
        films, ranks = [self._films[movie].film for movie in ids], [self._films[movie].rank for movie in ids]
        return pd.DataFrame(
            {
                "movie": pd.array(ids, dtype="int64"),
                "title": [film.title for film in films],
                "year": pd.array([film.year for film in films], dtype="Int64"),
                "genres": ["|".join(film.genres) for film in films],
                "others": ["\n".join(map(visible, film.others)) for film in films],
                "minutes": pd.array([film.minutes for film in films], dtype="Int64"),
                "rank": pd.array(ranks, dtype="Int64"),
                "imdb": pd.array([film.imdb for film in films], dtype="Int64"),
                "tmdb": pd.array([film.tmdb for film in films], dtype="Int64"),
                "language": pd.array([film.language for film in films], dtype="str"),
                "outside_mean": np.array([film.mean for film in films], dtype=float),
                "outside_votes": np.array([film.votes for film in films], dtype=float),
            }
        )

    def _known(self, movie: int, film: Film, keys: set[Key]) -> int | None:
        """The film that this one is, as far as it alone can tell."""
        if movie in self._films:
            return movie
        if film.imdb is not None and film.imdb in self._by_imdb:
            return self._by_imdb[film.imdb]
        fitting = {known for key in keys for known in self._by_key.get(key, ()) if self._may_be(known, film)}
        if not fitting:
            beside = {(title, year + way) for title, year in keys for way in (-1, 1)}
            fitting = {
                known
                for key in beside
                for known in self._by_key.get(key, ())
                if max(known, movie) >= LISTED and self._may_be(known, film)
            }
        return fitting.pop() if len(fitting) == 1 else None

    def _is(self, known: int, movie: int, film: Film) -> bool:
        """Whether ids say that it is the film, whatever its title."""
        known = self.today(known)
        return known == movie or (film.imdb is not None and self._films[known].film.imdb == film.imdb)

    def _may_be(self, known: int, film: Film) -> bool:
        imdb = self._films[known].film.imdb
        return imdb is None or film.imdb is None or imdb == film.imdb

    def _unite(self, known: int, movie: int) -> int:
        """Two ids are one film's: the smaller one from now on."""
        kept, gone = min(known, movie), max(known, movie)
        if kept != gone:
            self._aliases[gone] = kept
            if gone in self._films:
                entry = self._films.pop(gone)
                self._learn(kept, entry.film, entry.keys, entry.rank)
                for key in entry.keys:
                    self._by_key[key].remove(gone)
        return kept

    def _learn(self, movie: int, film: Film, keys: set[Key], rank: int | None) -> None:
        """Take what is not known of the film yet, its titles, and the best of its ranks."""
        entry = self._films.get(movie)
        if entry is None:
            entry = self._films[movie] = Entry(film, set(), rank)
        else:
            entry.film = _both(entry.film, film)
            entry.rank = min((known for known in (entry.rank, rank) if known is not None), default=None)
        for key in keys - entry.keys:
            self._by_key.setdefault(key, []).append(movie)
        entry.keys |= keys
        if entry.film.imdb is not None:
            self._by_imdb[entry.film.imdb] = movie


def _ranks(films: Iterable[Film]) -> list[int | None]:
    """The places of a source's films by how known they are. Those that are equally known share the last of their places."""
    fame = pd.Series([film.votes if film.fame is None else film.fame for film in films], dtype="float64")
    return [None if pd.isna(rank) else int(rank) for rank in fame.rank(ascending=False, method="max")]


def _keys(film: Film) -> set[Key]:
    """By which titles a film is found. One without a year fits no other."""
    if film.year is None:
        return set()
    names = {title_key(name) for title in (film.title, *film.others) for name in names_of(title)}
    return {(name, film.year) for name in names if name}


def _both(film: Film, more: Film) -> Film:
    """The film with what the other says besides."""
    known = film._asdict()
    facts = {name: value for name, value in more._asdict().items() if known[name] is None or known[name] == ()}
    others = dict.fromkeys((*film.others, more.title, *more.others))
    others.pop(film.title, None)
    return film._replace(**facts | {"others": tuple(others)})
