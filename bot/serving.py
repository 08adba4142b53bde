"""The model that serves, with all that commands need of it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import pandas as pd

from bot.refusal import Refusal
from bot.titles import TitleIndex
from recommender import Movie, Recommender


@dataclass(frozen=True)
class Serving:
    """All that commands need of one model. A retrain replaces it as a whole, so no command sees two models."""

    recommender: Recommender
    titles: TitleIndex

    @classmethod
    def of(cls, recommender: Recommender, before: Self | None = None) -> Self:
        """Build all that the first command would otherwise wait for: seconds for a large set, so not on the event loop.

        What does not change with a retrain is taken from the model `before`: building it, even in a
        thread, slows every command.
        """
        if before is not None and (shared := recommender.sharing_films(before.recommender)) is not recommender:
            _ = shared.neighbourhood
            return cls(shared, before.titles)
        _ = recommender.neighbourhood
        return cls(recommender, TitleIndex(recommender.catalogue, recommender.popularity))

    def with_films(self, movies: pd.DataFrame, without: Collection[int] = ()) -> Self:
        """The same model with other films, and `without` some: see `Recommender.with_films`. Takes as long as `of`."""
        return type(self).of(self.recommender.without_films(without).with_films(movies))

    @property
    def newest_year(self) -> int:
        """The year of the newest film."""
        return max((movie.year for movie in self.recommender.catalogue if movie.year is not None), default=0)

    @property
    def oldest_year(self) -> int:
        """The year of the oldest film."""
        return min((movie.year for movie in self.recommender.catalogue if movie.year is not None), default=0)

    def film(self, movie: int) -> Movie:
        """The film with this id; a button may name one that a later catalogue lacks, which is a Refusal."""
        found = self.recommender.catalogue.get(movie)
        if found is None:
            raise Refusal("That film is no longer in my catalogue. Look for it with `/rate`.")
        return found
