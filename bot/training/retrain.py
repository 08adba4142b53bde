"""A retrain: it reads the ratings, learns, measures and writes a candidate. The bot decides."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from bot.address import Address
from bot.films.catalogue import FilmCatalogue
from bot.films.sources import all_films, fetched_at
from bot.settings import Settings
from bot.store import added_films, aliases, exists, films_of_members, snapshot
from recommender import ModelFileError, Recommender, load_movielens
from recommender.communicator import ALONE, Communicator, added
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
    films_dir: Path
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
            films_dir=settings.films_dir,
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
    job: Job,
    progress: Callable[[str, float], None],
    arrived: Callable[[pd.DataFrame], None] = lambda _: None,
    spread: Communicator = ALONE,
) -> Report:
    """Learn from MovieLens and the members' ratings, and write the candidate. `progress` gets a phase and its share done.
    `arrived` gets the films that the serving model lacks, before anything is learned; not where it learned from another data set.

    spread: the processes that call this together. The first reads what is the bot's, gives the others their part, and writes the
    candidate; all read their part of MovieLens from the same `data_dir`, be it on a disk of their machine.

    Raises DatasetError if MovieLens can't be had, StoreError if the members' ratings can't be read.
    """
    started = time.perf_counter()
    progress("reading ratings", 0.0)
    # Before MovieLens, whose download may take long, so that `data_at` is about the time of this snapshot.
    members = _members(job.database, spread)
    progress("reading ratings", 1.0)
    data = _movielens(job, progress, spread)
    films = _films(job, data) if spread.rank == 0 else None
    movies, aliases = _told(films, spread)
    if films is not None and len(new := _new_films(job, data.name, films, movies)):
        arrived(new)
    taught = _taught(job, data, members, movies, aliases, spread)
    learning = partial(progress, "learning")
    learning(0.0)
    model = Recommender.fit(
        taught.ratings, movies, config=job.config, device=job.device, progress=learning, spread=spread
    )
    progress("checking", 0.0)
    serving = _serving(job.serving)
    report = _report(job, data.name, taught, model, serving, spread, started)
    progress("checking", 1.0)
    if films is not None:
        # Members are always solved from their present ratings, so the file needs no trace of them.
        model = model.without_users(_members_of(model))
        model = model.with_info(**report.to_json(), aliases=_aliases(job, films, serving))
        model.save(job.candidate)
    return report


def _report(
    job: Job,
    dataset: str,
    taught: "_Taught",
    model: Recommender,
    serving: Recommender | None,
    spread: Communicator,
    started: float,
) -> Report:
    """started: by `time.perf_counter`."""
    comparable = serving is not None and serving.info.get("dataset") == dataset
    return Report(
        dataset=dataset,
        data_at=job.data_at,
        ratings=model.info["ratings"],
        members=len(_members_of(model)),
        member_ratings=spread.place(int((taught.ratings["user"] < 0).sum()))[1],
        ratings_read=taught.read,
        fitted_as=job.config,
        errors=measure(model, taught.test),
        errors_before=measure(serving, taught.test) if serving and comparable else None,
        baselines=baselines(taught.ratings, taught.test, spread),
        seconds=round(time.perf_counter() - started, 1),
        device=model.info["device"],
        films_at=fetched_at(job.films_dir, job.films),
    )


def _members_of(model: Recommender) -> NDArray[np.int64]:
    """The users that are members: see `_members`."""
    users = model.model.user_ids.numpy()
    return np.asarray(users[users < 0])


def _movielens(job: Job, progress: Callable[[str, float], None], spread: Communicator) -> MovieLens:
    """This process's part of the ratings. The first on each machine fetches the data set; the others wait for it."""

    def load() -> MovieLens:
        return load_movielens(
            job.movielens,
            job.data_dir,
            job.movielens_url,
            lambda done, total: progress("downloading MovieLens", done / total if total else 0.0),
            (spread.rank, spread.size),
        )

    data = load() if spread.local == 0 else None
    spread.wait()
    return data or load()


def _told(films: FilmCatalogue | None, spread: Communicator) -> tuple[pd.DataFrame, pd.Series]:
    """The films, and their ids by former ones, as the first process knows them."""
    movies = pd.DataFrame() if films is None else films.movies()
    aliases = pd.Series({} if films is None else films.aliases, dtype="int64")
    if spread.size > 1:
        movies = pd.read_parquet(BytesIO(spread.told(movies.to_parquet())))
        both = np.array([aliases.index, aliases], dtype=np.int64)
        old, now = np.frombuffer(spread.told(both.tobytes()), dtype=np.int64).reshape(2, -1)
        aliases = pd.Series(now, index=old)
    return movies, aliases


class _Taught(NamedTuple):
    ratings: pd.DataFrame  # what this process learns from
    test: pd.DataFrame  # what all hold out
    read: int  # the members' ratings, in all processes, also of films that the data set lacks


def _taught(
    job: Job,
    data: MovieLens,
    members: pd.DataFrame,
    movies: pd.DataFrame,
    aliases: pd.Series,
    spread: Communicator,
) -> _Taught:
    read = spread.place(len(members))[1]
    members = _by_film(members, aliases)
    members = members[members["movie"].isin(movies["movie"])]
    held = held_out(data.ratings, HELD_OUT)
    background, test = _by_film(data.ratings[~held], aliases).assign(weight=1.0), _by_film(data.ratings[held], aliases)
    ratings = pd.concat([background, bounded(members, background, job.member_weight, spread)], ignore_index=True)
    if spread.size > 1:
        parts = {name: torch.from_numpy(test[name].to_numpy(copy=True)) for name in ("user", "movie", "rating")}
        test = pd.DataFrame({name: spread.gather(part) for name, part in parts.items()})
    return _Taught(ratings, test, read)


def _films(job: Job, data: MovieLens) -> FilmCatalogue:
    """All films that there are to serve with this data set."""
    if not exists(job.database):  # nobody has started the bot yet
        return all_films(data, job.data_dir, job.films_dir, job.films)
    return all_films(
        data,
        job.data_dir,
        job.films_dir,
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


def _by_film(ratings: pd.DataFrame, today: pd.Series) -> pd.DataFrame:
    """Ratings under the ids that their films have today, by former ones."""
    movies = ratings["movie"].to_numpy(copy=True)
    moved = np.isin(movies, today.index)
    if not moved.any():  # or a large set would be held twice
        return ratings
    movies[moved] = today.loc[movies[moved]]
    return ratings.assign(movie=movies)


def _members(database: Path | Address, spread: Communicator) -> pd.DataFrame:
    """The ratings of this process's members, with the columns of MovieLens. The first process reads them all. Ids are negative,
    so that none is a MovieLens user's."""
    if spread.rank == 0 and exists(database):  # or nobody has started the bot yet
        ratings = snapshot(database).rename(columns={"stars": "rating", "rated_at": "timestamp"})
    else:
        ratings = pd.DataFrame({"member": [], "movie": [], "rating": [], "timestamp": []}, dtype="int64").astype(
            {"rating": float}
        )
    # The upper bits of a Discord id are a time in milliseconds; the lower ones are mostly 0.
    owners = torch.from_numpy((ratings["member"].to_numpy(np.int64) >> 22) % spread.size)
    own = {name: spread.shares(torch.from_numpy(ratings[name].to_numpy(copy=True)), owners).numpy() for name in ratings}
    codes, _ = pd.factorize(own["member"])
    return pd.DataFrame({"user": -1 - (codes * spread.size + spread.rank), **own}).drop(columns="member")


def bounded(members: pd.DataFrame, background: pd.DataFrame, most: float, spread: Communicator = ALONE) -> pd.DataFrame:
    """The members' ratings with weights: on one film they count for at most `most` times as many as the background has, and those
    of one member for no more than the background's busiest user gave.

    weight = min(1, most * background ratings of the film / members' ratings of the film) * min(1, ratings of the busiest user /
    ratings of the member). So a hundred accounts that all give a film 5 stars weigh no more than its other raters, and one
    account that gives every film half a star moves nobody far. spread: the processes that both kinds of users are spread over.
    """
    film, user = members["movie"], members["user"]
    others = film.map(added(background["movie"].value_counts(), spread)).fillna(0).clip(lower=LEAST_BACKGROUND)
    given = film.map(added(film.value_counts(), spread))
    by_film = (most * others / given).clip(upper=1.0)
    busiest = int(spread.gather(torch.tensor([background["user"].value_counts().max()])).max())
    return members.assign(weight=by_film * (busiest / user.map(user.value_counts())).clip(upper=1.0))


def _serving(path: Path) -> Recommender | None:
    """The serving model, if there is one."""
    try:
        return Recommender.load(path)
    except (OSError, ModelFileError):
        return None
