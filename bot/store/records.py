"""What the store hands out."""

import json
from dataclasses import dataclass
from typing import Any, Literal, Self

from recommender import Filters

Kind = Literal["words", "movie", "genre"]


@dataclass(frozen=True)
class Rating:
    movie: int
    stars: float
    rated_at: int


@dataclass(frozen=True)
class UnknownRating:
    """Stars for a film that no data set knows yet. `written`: its title as somebody wrote it, with its year or without."""

    id: int
    written: str
    stars: float
    rated_at: int


@dataclass(frozen=True)
class UnknownMark:
    """A film that no data set knows yet, and that a member has seen without giving stars, or wants to see. `written`: as in
    `UnknownRating`."""

    id: int
    kind: Literal["seen", "wanted"]
    written: str
    marked_at: int


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import says of a film. movie: None for one that isn't known: it is kept by its title as it is `written`, with its
    year or without. stars: of what is rated. at: since when, UTC seconds since 1970."""

    kind: Literal["rated", "seen", "wanted"]
    movie: int | None
    written: str
    stars: float | None
    at: int


@dataclass(frozen=True)
class WaitingImport:
    """An import that is not taken yet: its plan as JSON, and which films its unclear rows are by their places in it; see
    `Imports.pick`."""

    id: int
    plan: str
    picks: dict[int, int]

    @classmethod
    def of(cls, key: int, plan: str, picks: str) -> Self:
        """From a row of the database."""
        return cls(key, plan, {int(place): movie for place, movie in json.loads(picks).items()})


@dataclass(frozen=True)
class Taken:
    """How many an import brought: ratings that are new, and others that changed; films seen, and wanted; and of any kind, those
    that are kept by their titles. no_room: the films for which the watchlist had none."""

    ratings: int
    changed: int
    seen: int
    wanted: int
    unknown: int
    no_room: frozenset[int]

    @property
    def anything(self) -> bool:
        return any((self.ratings, self.changed, self.seen, self.wanted, self.unknown))


@dataclass(frozen=True)
class LastImport:
    """The import that can be undone."""

    id: int
    source: str
    taken_at: int


@dataclass(frozen=True)
class AddedFilm:
    """A film that a member added under an id of its own. `movie`: the film that it is today, mostly itself."""

    id: int
    movie: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    added_at: int

    @classmethod
    def of(cls, key: int, movie: int, title: str, year: int | None, genres: str, added_at: int) -> Self:
        """From a row of the database."""
        return cls(key, movie, title, year, tuple(filter(None, genres.split("|"))), added_at)

    @property
    def label(self) -> str:
        """Its title, and its year where it is known."""
        return self.title if self.year is None else f"{self.title} ({self.year})"


@dataclass(frozen=True)
class Exclusion:
    """What a member never wants recommended. For the kind "movie", value is the movie's id in digits."""

    id: int
    kind: Kind
    value: str


@dataclass(frozen=True)
class Shown:
    """What a member lets others see. `picture`: others may ask for their `/taste`. `matches`: others may ask for `/match` with
    them. `clubs`: they are counted and named in `/club` and in a year's picture. `reasons`: cards that all see may name them as
    a reason."""

    picture: bool = False
    matches: bool = False
    clubs: bool = False
    reasons: bool = False


@dataclass(frozen=True)
class SavedList:
    """An answer that paging buttons go back to. `id`: None where it could not be kept. `matches`, 0 to 1: how well each film
    fits, or nothing at all."""

    id: int | None
    member: int
    command: str
    request: dict[str, Any]
    movies: list[int]
    matches: list[float]
    created_at: int


@dataclass(frozen=True)
class Training:
    """A run of the trainer. outcome None: it is running. outcome "interrupted", without finished_at: the bot ended meanwhile."""

    id: int
    started_at: int
    finished_at: int | None
    reason: str
    outcome: str | None
    report: dict[str, Any] | None


@dataclass(frozen=True)
class Counts:
    """How many members have rated, and how many ratings there are."""

    members: int
    ratings: int


SeenRule = Literal["nobody", "few", "any"]
Lists = Literal["watchlists", "later"]  # those of the people who are in, or what lost or was suggested on the server
State = Literal["gathering", "voting", "planned", "watched", "cancelled"]


@dataclass(frozen=True)
class GuildSettings:
    """How a server holds its movie nights. `seen`: a film is left out once somebody has seen it, once half have, or never.
    `region`: its country (ISO 3166-1). `services`: where its people watch films there."""

    time_zone: str = "UTC"
    style: str = "balanced"
    seen: SeenRule = "nobody"
    hosts: Literal["everyone", "managers"] = "everyone"
    reminders: bool = True
    fairness: bool = True
    max_minutes: int | None = None
    language: str | None = None
    decade: int | None = None
    region: str | None = None
    services: tuple[str, ...] = ()

    @property
    def usual(self) -> Filters:
        """What an evening admits that doesn't say otherwise."""
        return Filters(max_minutes=self.max_minutes, language=self.language, decade=self.decade)


@dataclass(frozen=True)
class NightWish(Filters):
    """What was asked for at the start of a night. `minutes`: for which the vote is open, None if nobody said. `lists`: which the
    picks come from first."""

    title: str | None = None
    seen: SeenRule = "nobody"
    style: str = "balanced"
    minutes: int | None = None
    on_our_services: bool = False
    lists: Lists | None = None


@dataclass(frozen=True)
class Night:
    """A movie night.

    starts_at, closes_at, created_at, ended_at: of the night, of its vote, of the record; UTC seconds since 1970. winner: a
    NightFilm's id. vetoed: how many films somebody of a large group excluded when the vote began. fit: how many films the wish
    admits, in words, when the night began and then when its vote did. listed: how many of the picks came from the lists that the
    wish names; None where that isn't said. reminded: the channel was told that it begins soon.
    concluded: all that follows from the vote is done. announced: it has had its event on the server.
    """

    id: int
    guild: int
    channel: int
    message: int | None
    state: State
    wish: NightWish
    starts_at: int | None
    closes_at: int | None
    seed: int | None
    winner: int | None
    event: int | None
    vetoed: int
    fit: str
    reminded: bool
    concluded: bool
    announced: bool
    created_at: int
    ended_at: int | None
    listed: int | None

    @property
    def over(self) -> bool:
        return self.state in ("watched", "cancelled")


@dataclass(frozen=True)
class NightFilm:
    """A candidate: a film of the catalogue, or a title as somebody typed it. `score`: the group's, 0 to 1. `why`: what it was
    for the group when the vote began."""

    id: int
    movie: int | None
    title: str | None
    score: float
    suggested: bool
    why: str = ""


@dataclass(frozen=True)
class Ballot:
    """What one member approves of. `cast`: they said that this is all."""

    films: frozenset[int]
    cast: bool


@dataclass(frozen=True)
class ClubFilm:
    """A film, how many members of a club rated it, and the mean and the sd of their stars."""

    movie: int
    ratings: int
    mean: float
    sd: float


@dataclass(frozen=True)
class LaterFilm:
    """A film that a server may watch later: it lost a vote, or was suggested in an evening that was cancelled. `at`: when that
    evening was, in UTC seconds since 1970; `approvals`: how many approved of it, None if there was no vote."""

    film: NightFilm
    at: int
    approvals: int | None


@dataclass(frozen=True)
class WatchedNight:
    """A night that was watched: the film, and member -> predicted satisfaction, 0 to 1, of those who were there."""

    night: Night
    film: NightFilm
    satisfaction: dict[int, float]


@dataclass(frozen=True)
class OwnNight:
    """A night from one member's side: what won, if the vote is over, and the films that they put in and approved of."""

    night: Night
    winner: NightFilm | None
    suggested: tuple[NightFilm, ...]
    approved: tuple[NightFilm, ...]
