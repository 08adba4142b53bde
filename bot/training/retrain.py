"""A retrain: it reads the ratings, learns, measures and writes a candidate. The bot decides."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from bot.address import Address
from bot.films.catalogue import FilmCatalogue
from bot.films.sources import all_films, fetched_at
from bot.settings import Settings
from bot.store import added_films, aliases, exists, films_of_members, snapshot
from recommender import ModelFileError, Recommender, load_movielens
from recommender.datasets import MovieLens
from recommender.datasets.identity import TYPED
from recommender.evaluation.baselines import baselines
from recommender.evaluation.metrics import Errors, measure
from recommender.evaluation.splits import held_out

HELD_OUT = 0.02  # share of MovieLens that no published model learns from
LEAST_BACKGROUND = 5  # ratings that every film is taken to have, so that members' ratings count for a film without any


@dataclass(frozen=True)
class Job:
    """What the worker needs to know. `serving` may be missing; `candidate` is where the new model goes."""

    database: Path | Address
    data_dir: Path
    movielens: str
    movielens_url: str | None
    config: str
    device: str
    member_weight: float
    data_at: int  # UTC seconds, by the bot's clock: ratings made later count as new
    serving: Path
    candidate: Path
    films: str = "off"  # the source of films that is chosen

    @classmethod
    def of(cls, settings: Settings, serving: Path, candidate: Path, data_at: int) -> Self:
        return cls(
            database=settings.database,
            data_dir=settings.data_dir,
            movielens=settings.movielens,
            movielens_url=settings.movielens_url,
            config=settings.config,
            device=settings.device,
            member_weight=settings.member_weight,
            data_at=data_at,
            serving=serving,
            candidate=candidate,
            films=settings.films,
        )


@dataclass(frozen=True)
class Report:
    """What a retrain learned from, and the errors on held-out MovieLens ratings: after it, before it, without any model."""

    dataset: str
    data_at: int
    ratings: int  # learned from, members' included
    members: int
    member_ratings: int
    ratings_read: int  # of members, also for films that the data set lacks
    fitted_as: str  # the configuration's name
    errors: Errors
    errors_before: Errors | None  # None: no serving model that learned from this data set
    baselines: dict[str, Errors]
    seconds: float
    device: str
    films_at: int = 0  # UTC seconds: when the newest films of the chosen source were fetched; 0: there are none

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def train(
    job: Job, progress: Callable[[str, float], None], arrived: Callable[[pd.DataFrame], None] = lambda _: None
) -> Report:
    """Learn from MovieLens and the members' ratings, and write the candidate. `progress` gets a phase and its share done.
    `arrived` gets the films that the serving model lacks, before anything is learned; not where it learned from another data set.

    Raises DatasetError if MovieLens can't be had, StoreError if the members' ratings can't be read.
    """
    started = time.perf_counter()
    progress("reading ratings", 0.0)
    # Before MovieLens, whose download may take long, so that `data_at` is about the time of this snapshot.
    members = _members(job.database)
    progress("reading ratings", 1.0)
    data = load_movielens(
        job.movielens,
        job.data_dir,
        job.movielens_url,
        lambda done, total: progress("downloading MovieLens", done / total if total else 0.0),
    )
    films_at = fetched_at(job.data_dir, job.films)
    films = _films(job, data)
    movies = films.movies()
    if len(new := _new_films(job, data.name, films, movies)):
        arrived(new)
    ratings_read = len(members)
    members = _by_film(members, films)
    members = members[members["movie"].isin(movies["movie"])]
    held = held_out(data.ratings, HELD_OUT)
    background, test = _by_film(data.ratings[~held], films).assign(weight=1.0), _by_film(data.ratings[held], films)
    ratings = pd.concat([background, bounded(members, background, job.member_weight)], ignore_index=True)
    learning = partial(progress, "learning")
    learning(0.0)
    model = Recommender.fit(ratings, movies, config=job.config, device=job.device, progress=learning)
    progress("checking", 0.0)
    serving = _serving(job.serving)
    comparable = serving is not None and serving.info.get("dataset") == data.name
    users = members["user"].unique()
    report = Report(
        dataset=data.name,
        data_at=job.data_at,
        ratings=len(ratings),
        members=len(users),
        member_ratings=len(members),
        ratings_read=ratings_read,
        fitted_as=job.config,
        errors=measure(model, test),
        errors_before=measure(serving, test) if serving and comparable else None,
        baselines=baselines(ratings, test),
        seconds=round(time.perf_counter() - started, 1),
        device=model.info["device"],
        films_at=films_at,
    )
    progress("checking", 1.0)
    # Members are always solved from their present ratings, so the file needs no trace of them.
    model.without_users(users).with_info(**report.to_json(), aliases=_aliases(job, films, serving)).save(job.candidate)
    return report


def _films(job: Job, data: MovieLens) -> FilmCatalogue:
    """All films that there are to serve with this data set."""
    if not exists(job.database):  # nobody has started the bot yet
        return all_films(data, job.data_dir, job.films)
    return all_films(
        data,
        job.data_dir,
        job.films,
        films_of_members(job.database),
        aliases(job.database),
        added_films(job.database),
    )


def _new_films(job: Job, dataset: str, films: FilmCatalogue, movies: pd.DataFrame) -> pd.DataFrame:
    """The films that the serving model has under no id. Those that members added come to it without a retrain, and what they
    turn out to be with the new model: until then it would be there twice."""
    serving = _serving(job.serving)
    if serving is None or serving.info.get("dataset") != dataset:
        return movies.iloc[:0]
    known = {films.today(movie) for movie in serving.catalogue.ids.tolist()}
    known |= {movie for old, movie in films.aliases.items() if old >= TYPED}
    return movies[~movies["movie"].isin(known) & (movies["movie"] < TYPED)]


def _aliases(job: Job, films: FilmCatalogue, serving: Recommender | None) -> list[tuple[int, int]]:
    """Ids that films are known by to somebody, a member or a card that was sent, besides their own -> their ids."""
    carried = films_of_members(job.database) if exists(job.database) else set()
    carried.update(old for old in films.aliases if old >= TYPED)  # whoever looks for a film that was added finds it
    if serving is not None:
        carried.update(serving.catalogue.ids.tolist())
    return [(old, movie) for old, movie in films.aliases.items() if old in carried]


def _by_film(ratings: pd.DataFrame, films: FilmCatalogue) -> pd.DataFrame:
    """Ratings under the ids that their films have today."""
    today = pd.Series(films.aliases, dtype="int64")
    movies = ratings["movie"].to_numpy(copy=True)
    moved = np.isin(movies, today.index)
    if not moved.any():  # or a large set would be held twice
        return ratings
    movies[moved] = today.loc[movies[moved]]
    return ratings.assign(movie=movies)


def _members(database: Path | Address) -> pd.DataFrame:
    """The members' ratings with the columns of MovieLens. Ids are negative, so that none is a MovieLens user's."""
    if not exists(database):  # nobody has started the bot yet
        return pd.DataFrame({"user": [], "movie": [], "rating": [], "timestamp": []}, dtype="int64")
    ratings = snapshot(database).rename(columns={"stars": "rating", "rated_at": "timestamp"})
    codes, _ = pd.factorize(ratings["member"])
    return ratings.assign(user=-1 - codes)[["user", "movie", "rating", "timestamp"]]


def bounded(members: pd.DataFrame, background: pd.DataFrame, most: float) -> pd.DataFrame:
    """The members' ratings with weights: on one film they count for at most `most` times as many as the background has, and those
    of one member for no more than the background's busiest user gave.

    weight = min(1, most * background ratings of the film / members' ratings of the film) * min(1, ratings of the busiest user /
    ratings of the member). So a hundred accounts that all give a film 5 stars weigh no more than its other raters, and one
    account that gives every film half a star moves nobody far.
    """
    film, user = members["movie"], members["user"]
    others = film.map(background["movie"].value_counts()).fillna(0).clip(lower=LEAST_BACKGROUND)
    given = film.map(film.value_counts())
    by_film = (most * others / given).clip(upper=1.0)
    busiest = background["user"].value_counts().max()
    return members.assign(weight=by_film * (busiest / user.map(user.value_counts())).clip(upper=1.0))


def _serving(path: Path) -> Recommender | None:
    """The serving model, if there is one."""
    try:
        return Recommender.load(path)
    except (FileNotFoundError, ModelFileError):
        return None
