"""The Recommender: one trained model with its films, and the verbs that serve it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from numpy.typing import ArrayLike, NDArray

from recommender import devices, model_file
from recommender.catalogue import Catalogue, numbers, texts
from recommender.communicator import ALONE, Communicator
from recommender.features import OUTSIDE
from recommender.film_map import FilmMap
from recommender.filters import FilmTable
from recommender.fit import FitConfig, fit
from recommender.interactions import LARGEST, Interactions
from recommender.model import EmbeddingDotBias, Films
from recommender.model_file import ModelFileError
from recommender.one_cycle.model import fit as fit_one_cycle
from recommender.one_cycle.training import OneCycleConfig
from recommender.rows import Stored
from recommender.similar import Neighbour, Neighbourhood
from recommender.taste import Taste

CONFIGS: dict[str, FitConfig | OneCycleConfig] = {
    "default": FitConfig(),
    "accurate": FitConfig(richness=2.2, samples=64),
    "one_cycle": OneCycleConfig(),
}
# Besides a film's id: texts, whole numbers, and what people elsewhere gave it.
TEXTS, WHOLE = ("title", "genres", "others", "language"), ("year", "minutes", "rank", "imdb", "tmdb")
FILM_COLUMNS = ("movie", *TEXTS, *WHOLE, *OUTSIDE)
TENTHS = 10
LARGEST_OUTSIDE = 1e12  # more is no mean and no number of votes, and would overflow
# `top` shows no film that fewer have rated. What is then known of it is mostly what its raters give other films.
TOP_LEAST = 10
# sds that `top` takes off a film's bias: the film is better than that with 98% probability.
TOP_CAUTION = 2.0
# A film's mean from its own ratings alone: they scatter by about a star around it, and films' means by half a star.
RATING_VARIANCE, FILM_VARIANCE = 1.0, 0.25


class Recommender:
    """Films, and a model of who likes them. Make one with `fit` or `load`; nothing changes it afterwards."""

    def __init__(
        self,
        model: EmbeddingDotBias,
        movies: pd.DataFrame | None,
        info: dict[str, Any],
        sha256: str | None = None,
        stored: Stored | None = None,
    ) -> None:
        """movies: FILM_COLUMNS of each of the model's films, in its order; None: they are stored. info: of the fit, JSON; "scale"
        must be there. sha256: of the file that it was read from, if it was; films may have come and gone since. stored: what was
        worked out of these films and this model, and need not be again."""
        self.model = model
        self._movies = movies
        self.info = info
        self.sha256 = sha256
        self._stored = stored
        low, high = info["scale"]
        self.scale = (float(low), float(high))
        self._crowded: NDArray[np.float64] | None = None  # what `neighbourhood` need not work out again

    @classmethod
    def fit(
        cls,
        ratings: pd.DataFrame,
        movies: pd.DataFrame | None = None,
        *,
        config: str | FitConfig | OneCycleConfig = "default",
        device: str = "auto",
        seed: int = 0,
        progress: Callable[[float], None] | None = None,
        warm_start: "Recommender | None" = None,
        spread: Communicator = ALONE,
    ) -> "Recommender":
        """Learn from ratings (columns user, movie, rating, and timestamp if known).

        movies: movie, title, year and genres, as `load_movielens` gives them; films that nobody rated get their prior. And where
        known others (other titles, a line for each), minutes, language, imdb and tmdb (the film's numbers there) and rank (the
        film's place by how known it is elsewhere, 1 the best known), for the catalogue; and outside_mean and outside_votes: what
        people elsewhere gave the film on average, on any scale that is the same for all films, and how many did. They tell a new
        film from one that few care to see; "one_cycle" takes no notice of them.
        A column weight, above 0 to 1, makes ratings count for less. config: "default", "accurate", "one_cycle" (the tutorials'
        recipe), or a configuration. device: "auto" takes a GPU if there is one. progress: called with the share done, 0 to 1.
        warm_start: an earlier model to go on from, if it is of this kind and about this size; else the fit begins anew. The same
        ratings, seed, device and number of threads give the same model. spread: the processes that call this together, each with
        the ratings of its own users; all get the whole model. Raises ValueError, naming the column, for ratings or movies that
        are none.
        """
        chosen = _config(config, spread)
        listed = np.array([], dtype=np.int64) if movies is None else _listed(movies)
        data = Interactions.from_frame(ratings, chosen.scale, spread)
        total = spread.place(len(data.stars))[1]
        films = _films(data.item_ids, movies)
        place = devices.chosen(device)
        started, report = datetime.now(UTC), progress or (lambda share: None)
        start = None if warm_start is None else warm_start.model
        if isinstance(chosen, OneCycleConfig):
            model = fit_one_cycle(data, films, chosen, place, seed, report, start)
        else:
            chosen = chosen.resolved(total, start)
            model = fit(data, films, chosen, place, seed, report, start, spread)
        given = spread.sum(_given(data.stars, chosen.scale[1])).tolist()
        counts = {"ratings": total, "users": len(model.user_ids), "films": len(np.union1d(data.item_ids, listed))}
        learned = cls(model, films, {**counts, "given": given, **_about(chosen, seed, place, started)})
        return learned if movies is None else learned.with_films(movies)

    def with_films(self, movies: pd.DataFrame) -> "Recommender":
        """The same recommender with these films too, which have the columns of `fit`. Those it does not know get what their prior
        says, as a fit does it; of the others what was learned stays, and what is told of them replaces what was known before.

        Raises ValueError, naming the column, for movies that are none.
        """
        ids = np.unique(_listed(movies))
        films, rows = _films(ids, movies), self.model.item_rows(ids)
        known = rows >= 0
        told = movies.drop_duplicates("movie", keep="last").set_index("movie").reindex(ids)
        movies_before = self.movies
        before = movies_before.iloc[rows[known]]
        for name in FILM_COLUMNS[1:]:
            missing = told[name].isna().to_numpy() if name in told else np.ones(len(ids), dtype=bool)
            films.loc[known & missing, name] = before.loc[missing[known], name].array
        kept = np.delete(np.arange(len(movies_before)), rows[known])
        both = pd.concat([movies_before.iloc[kept], films], ignore_index=True)
        both = both.iloc[np.argsort(both["movie"].to_numpy(), kind="stable")].reset_index(drop=True)
        grown = Recommender(self.model.with_films(films), both, self.info, self.sha256)
        grown._crowded = self._known_crowded()
        return grown

    @property
    def is_stored(self) -> bool:
        """Whether all that it has of films is in its file: none came or went since."""
        return self._stored is not None

    @property
    def movies(self) -> pd.DataFrame:
        """FILM_COLUMNS of each of the model's films, in its order. What is stored stays where it is: its texts aren't copied, and
        its numbers only for as long as the frame is used."""
        if self._stored is None:
            assert self._movies is not None
            return self._movies
        films = self._stored.films
        return pd.DataFrame(
            {
                "movie": self.model.item_ids.numpy(),
                **{name: pd.array(films.column(name), dtype="str") for name in TEXTS},
                **{name: pd.array(films.column(name), dtype="Int64") for name in WHOLE},
                **{name: self._stored.column(name) for name in OUTSIDE},
            },
            copy=False,
        )

    @cached_property
    def catalogue(self) -> Catalogue:
        """The films by id, row and label; rows are the model's."""
        return Catalogue(self.movies, stored=self._stored)

    @cached_property
    def films(self) -> FilmTable:
        """The films as arrays, for filters."""
        return FilmTable(self.catalogue, stored=self._stored)

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """What `similar` compares films by."""
        return Neighbourhood(self.model, self.catalogue, self.films, self._crowded, self._stored)

    @cached_property
    def film_map(self) -> FilmMap:
        """Where the films lie, by who likes them."""
        return FilmMap(self.model)

    @property
    def popularity(self) -> NDArray[np.int64]:
        """(films,) ratings each film was learned from, by their weights, rounded."""
        return np.asarray(self.model.item_counts.round().long().numpy())

    @property
    def fame(self) -> NDArray[np.int64]:
        """(films,) the same; or, if that is more, what the film has whose place here is this one's `rank` elsewhere."""
        ranks = self.movies["rank"].to_numpy(np.float64, na_value=np.inf)
        popularity = self.popularity
        ranked = np.append(-np.sort(-popularity), 0)
        place = np.minimum(ranks - 1, len(ranked) - 1).astype(np.int64)
        return np.asarray(np.maximum(popularity, ranked[place]))

    def count(self, movie: int) -> int:
        """How many ratings the film was learned from; KeyError for an unknown film."""
        return round(float(self.model.item_counts[self._row(movie)]))

    def average_stars(self, movie: int) -> float:
        """What an average viewer would give the film; KeyError for an unknown film."""
        return float(self.averages([movie])[0])

    def averages(self, movies: ArrayLike) -> NDArray[np.float64]:
        """The same for film ids (n,)."""
        ids = np.asarray(movies, dtype=np.int64)
        rows = self.model.item_rows(ids)
        if (rows < 0).any():
            raise KeyError(int(ids[rows < 0][0]))
        scores = self.model.mu + self.model.item_bias[rows].astype(np.float64)
        return np.asarray(self.model.to_stars(scores).clip(*self.model.bounds))

    def predict(self, users: ArrayLike, movies: ArrayLike) -> NDArray[np.float64]:
        """Predicted stars for pairs of raw ids of the same length. Unknown ids are no error: they count as the average.
        ValueError for different lengths."""
        left, right = np.asarray(users, dtype=np.int64), np.asarray(movies, dtype=np.int64)
        if left.shape != right.shape:
            raise ValueError(f"users and movies must be of the same length, not {left.size} and {right.size}")
        return self.model.predict(left, right)

    def taste(self, history: Mapping[int, float]) -> Taste:
        """The exact fold-in of any history (film id -> stars), empty too. ValueError for stars off the scale."""
        return Taste(self.model, history, self.scale)

    def similar(self, movie: int, n: int, exclude: Films = (), among: Films | None = None) -> list[Neighbour]:
        """The n films most like this one, best first: nothing from `exclude`, only from `among` if it is given.

        KeyError for an unknown film.
        """
        return self.neighbourhood.nearest(self._row(movie), n, self.model.allowed(exclude, among))

    def top(self, n: int, exclude: Films = (), among: Films | None = None) -> list[int]:
        """Ids of the n best films whatever one's taste, best first; of films with TOP_LEAST ratings, so that there may be
        fewer, or none. They are ordered by a lower bound of the bias of film i, which n_i have rated:

            b_i - TOP_CAUTION / sqrt(1 / FILM_VARIANCE + n_i / RATING_VARIANCE)

        The doubt is that of a mean of which only the film's own ratings tell. The model's is smaller, since it also learns
        from who rated the film; of all films with few ratings, the best would be those that it has most overrated.
        """
        counts = self.model.item_counts.double().numpy()
        bound = self.model.item_bias - TOP_CAUTION / np.sqrt(1 / FILM_VARIANCE + counts / RATING_VARIANCE)
        rows = np.flatnonzero(self.model.allowed(exclude, among) & (counts >= TOP_LEAST))
        best = rows[np.argsort(-bound[rows], kind="stable")][: max(n, 0)]
        return [int(movie) for movie in self.model.item_ids[torch.from_numpy(best)]]

    def _row(self, movie: int) -> int:
        row = self.catalogue.row(movie)
        if row is None:
            raise KeyError(movie)
        return row

    def _known_crowded(self) -> NDArray[np.float64] | None:
        """Of the films that somebody rated, if it was worked out already."""
        return self.neighbourhood.crowded if "neighbourhood" in vars(self) else self._crowded

    def without_films(self, movies: Iterable[int]) -> "Recommender":
        """The same recommender without these films. What ratings of them told of others stays learned."""
        gone = np.fromiter(movies, np.int64)
        kept = self.movies.query("movie not in @gone").reset_index(drop=True)
        fewer = Recommender(self.model.without_films(gone), kept, self.info, self.sha256)
        if (crowded := self._known_crowded()) is not None:
            rated = self.model.item_ids.numpy()[self.model.rated]
            fewer._crowded = crowded[np.isin(rated, gone, invert=True)]
        return fewer

    def without_users(self, users: Iterable[int]) -> "Recommender":
        """The same recommender without these users."""
        ids = np.fromiter(users, np.int64)
        return Recommender(self.model.without_users(ids), self.movies, self.info)

    def with_info(self, **more: Any) -> "Recommender":
        """The same recommender with more in its info. Values must be JSON."""
        return Recommender(self.model, self.movies, {**self.info, **more})

    def save(self, path: str | Path) -> None:
        """Write one file: weights, films, info and a checksum; and what every process that serves would work out of them."""
        model_file.save(Path(path), self.model, {"info": self.info}, self.stored())

    def stored(self) -> Stored:
        """What a file has besides the model: its films, and what takes long to work out of them, or much memory."""
        movies = self.movies
        columns = {
            "movie": pa.array(movies["movie"].to_numpy()),
            **{name: texts(movies, name) for name in TEXTS},
            **{name: numbers(movies, name) for name in WHOLE},
            **{name: pa.array(movies[name].to_numpy()) for name in OUTSIDE},
        }
        told, found = self.catalogue.stored(), self.films.stored()
        films = pa.record_batch({**columns, **told.columns, **found.columns})
        return Stored(films, {**told.tables, **found.tables, **self.neighbourhood.stored()})

    @classmethod
    def load(cls, path: str | Path) -> "Recommender":
        """Read what `save` wrote. Raises ModelFileError if it is damaged or no model, OSError where the file can't be read."""
        model, document, stored, sha256 = model_file.load(Path(path))
        try:
            loaded = cls(model, None, document["info"], sha256, stored)
            _ = loaded.films  # as good a look as any at what is stored
            return loaded
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"{Path(path).name} does not say what its films are: {error}") from error


def _given(stars: NDArray[np.floating], most: float) -> torch.Tensor:
    """How many of the ratings are of each tenth of the scale: with five stars at most, of each half star."""
    tenth = np.ceil(np.asarray(stars, dtype=np.float64) * (TENTHS / most)).astype(np.int64) - 1
    return torch.from_numpy(np.bincount(tenth.clip(0, TENTHS - 1), minlength=TENTHS))


def _config(config: str | FitConfig | OneCycleConfig, spread: Communicator) -> FitConfig | OneCycleConfig:
    if isinstance(config, str) and config not in CONFIGS:
        raise ValueError(
            f"unknown config {config!r}: choose one of {', '.join(CONFIGS)}, or give a FitConfig or OneCycleConfig"
        )
    chosen = CONFIGS[config] if isinstance(config, str) else config
    if spread.size > 1 and isinstance(chosen, OneCycleConfig):
        raise ValueError("the tutorials' recipe learns in one process only")
    return chosen


def _about(config: FitConfig | OneCycleConfig, seed: int, place: torch.device, started: datetime) -> dict[str, Any]:
    """How a fit was made that ends now."""
    return {
        "scale": list(config.scale),
        "config": {**{name: value for name, value in asdict(config).items() if name != "scale"}, "seed": seed},
        "device": torch.cuda.get_device_name(place) if place.type == "cuda" else "CPU",
        "seconds": (datetime.now(UTC) - started).total_seconds(),
        "trained_at": int(started.timestamp()),
    }


def _listed(movies: pd.DataFrame) -> NDArray[np.int64]:
    """The ids of the films; ValueError, naming the column, for what is no list of films."""
    if "movie" not in movies or not pd.api.types.is_integer_dtype(movies["movie"]) or movies["movie"].isna().any():
        raise ValueError("movies need a column movie of whole numbers")
    unknown = [str(name) for name in movies if name not in FILM_COLUMNS]
    if unknown:
        known = ", ".join(FILM_COLUMNS)
        raise ValueError(f"movies have columns of which nothing is known: {', '.join(unknown)}; known are {known}")
    if len(movies) and movies["movie"].max() > LARGEST:
        raise ValueError(f"the column movie holds {movies['movie'].max()}; an id may be {LARGEST} at most")
    for name in TEXTS:
        if name in movies and not _are_texts(movies[name].dropna()):
            raise ValueError(f"the column {name} must hold texts")
    return movies["movie"].to_numpy(np.int64)


def _are_texts(values: "pd.Series[Any]") -> bool:
    return values.empty or pd.api.types.is_string_dtype(values)


def _films(item_ids: NDArray[np.int64], movies: pd.DataFrame | None) -> pd.DataFrame:
    """FILM_COLUMNS for each id, in that order; what is not known stays empty."""
    known = pd.DataFrame({"movie": item_ids}) if movies is None else movies.drop_duplicates("movie", keep="last")
    films = known.set_index("movie").reindex(item_ids)
    titles = films["title"] if "title" in films else pd.Series(pd.NA, index=films.index, dtype="object")
    unnamed = pd.Series([f"Film {movie}" for movie in item_ids], index=films.index)
    return pd.DataFrame(
        {
            "movie": item_ids,
            "title": titles.fillna(unnamed).astype(str).array,
            **{name: _texts(films, name) for name in TEXTS[1:]},
            **{name: _whole_numbers(films, name) for name in WHOLE},
            **{name: _outside(films, name) for name in OUTSIDE},
        }
    )


def _texts(films: pd.DataFrame, name: str) -> pd.api.extensions.ExtensionArray:
    """A column of texts, empty where nothing is known."""
    return (films[name] if name in films else pd.Series("", index=films.index)).fillna("").astype(str).array


def _whole_numbers(films: pd.DataFrame, name: str) -> pd.api.extensions.ExtensionArray:
    """A column of whole numbers, all unknown without one."""
    numbers = films[name] if name in films else pd.Series(pd.NA, index=films.index)
    try:
        return numbers.astype("Int64").array
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"the column {name} must hold whole numbers: {error}") from error


def _outside(films: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column of OUTSIDE, NaN where nothing is known."""
    if name not in films:
        return np.full(len(films), np.nan)
    try:
        values = pd.to_numeric(films[name]).to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise ValueError(f"the column {name} must hold numbers: {error}") from error
    if (np.abs(values) > LARGEST_OUTSIDE).any() or (name == "outside_votes" and (values < 0).any()):
        raise ValueError(f"the column {name} must hold numbers up to {LARGEST_OUTSIDE:g}, and votes none below 0")
    return values
