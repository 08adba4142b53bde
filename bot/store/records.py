"""What the store hands out."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["words", "movie", "genre"]


@dataclass(frozen=True)
class Rating:
    movie: int
    stars: float
    rated_at: int


@dataclass(frozen=True)
class Exclusion:
    """What a member never wants recommended. For the kind "movie", value is the movie's id in digits."""

    id: int
    kind: Kind
    value: str


@dataclass(frozen=True)
class SavedList:
    """An answer that paging buttons go back to."""

    id: int
    member: int
    command: str
    request: dict[str, Any]
    movies: list[int]
    created_at: int


@dataclass(frozen=True)
class Training:
    """A run of the trainer. No outcome: it is running. No finished_at but an outcome: it was interrupted."""

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
