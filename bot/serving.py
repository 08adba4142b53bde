"""The model that serves, with all that commands need of it."""

import ctypes
import sys
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa

from bot.store import FilmGone
from bot.titles import TitleIndex
from recommender import Catalogue, Movie, Recommender
from recommender.filters import FilmTable


@dataclass(frozen=True)
class Serving:
    """All that commands need of one model. A retrain replaces it as a whole, so no command sees two models."""

    recommender: Recommender
    titles: TitleIndex

    @property
    def version(self) -> str:
        """The model's, by the time at which it was made."""
        return f"{datetime.fromtimestamp(self.recommender.info['trained_at'], UTC):%Y%m%d-%H%M%S}"

    @classmethod
    def of(cls, recommender: Recommender, before: Self | None = None) -> Self:
        """Build all that the first command would otherwise wait for: seconds for a large set, so not on the event loop.

        What is known of the same films is taken from the model `before`: building it, even in a thread, slows every command.
        """
        if before is not None and not recommender.is_stored:  # what is stored is mapped, and all processes' own
            recommender.catalogue = Catalogue(recommender.movies, before=before.recommender.catalogue)
            recommender.films = FilmTable(recommender.catalogue, before=before.recommender.films)
        _ = recommender.neighbourhood, recommender.film_map
        titles = TitleIndex(recommender.catalogue, recommender.fame, None if before is None else before.titles)
        give_back_memory()
        return cls(recommender, titles)

    def with_films(self, movies: pd.DataFrame, without: Collection[int] = ()) -> Self:
        """The same model with these films too, and `without` some: see `Recommender.with_films`. Not on the event loop."""
        return type(self).of(self.recommender.without_films(without).with_films(movies), self)

    @property
    def newest_year(self) -> int:
        """The year of the newest film."""
        return int(np.nanmax(self.recommender.catalogue.years, initial=0))

    @property
    def oldest_year(self) -> int:
        """The year of the oldest film."""
        years = self.recommender.catalogue.years
        return int(np.nanmin(years)) if np.isfinite(years).any() else 0

    def film(self, movie: int) -> Movie:
        """The film with this id; a button may name one that a later catalogue lacks, which is a Refusal."""
        found = self.recommender.catalogue.get(movie)
        if found is None:
            raise FilmGone
        return found


def give_back_memory() -> None:
    """Let the system have what was freed. Linux's C library would keep it: 200 MB after 300,000 films were read."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not every C library has it
        if trim is not None:
            trim(0)
