"""What a file from elsewhere says of films, the same for every source."""

from dataclasses import dataclass
from typing import Literal, get_args

from bot.refusal import Refusal

Kind = Literal["rated", "seen", "wanted"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # a row of a film beats those of a later kind

ANOTHER = -3  # in place of films that a row may mean: its title is one, and its IMDb id says that it isn't that one

Reason = Literal["not a film", "unreadable", "no film", "no number", "out of scale", "no rating", "older"]
# As the file of what wasn't taken tells it.
REASONS: dict[Reason, str] = {
    "not a film": "a series, an episode or something else that is not a film",
    "unreadable": "this row is not like the others",
    "no film": "neither a title nor an id",
    "no number": "the rating is not a number",
    "out of scale": "the rating is not on the scale of this file",
    "no rating": "no rating, and nothing that says it was seen or is wanted",
    "older": "the file rates this film twice; the newer rating counts",
}


class Unreadable(Refusal):
    """A file from which nothing can be read. The message is one sentence or two for the member, with a next step."""


@dataclass(frozen=True, slots=True)
class Row:
    """A film, and what the member says of it.

    line: where it stands in its file, from 1: of a CSV the first line of the record, of JSON its place in the list. written: the
    title as the file writes it, "" if it has none; then there is an id. kind: what the row says. stars: 0.5 to 5 in halves for
    "rated", else None. at: when that was, UTC seconds from 1970 to 2100 (noon where the file has only a day, and not checked
    against today's), None if the file doesn't say. imdb: 133093 for tt0133093. movielens: as in the bot's own film ids. file: in
    which of several files or lists it stands, "" where there is one.
    """

    line: int
    written: str
    year: int | None
    kind: Kind
    stars: float | None = None
    at: int | None = None
    imdb: int | None = None
    tmdb: int | None = None
    movielens: int | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row from which nothing is taken, and why."""

    line: int
    written: str
    reason: Reason
    file: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. source: whose it is, in words for members ("Letterboxd"). rows: at most one a film, as far as the file
    itself tells which films are the same.

    highest: None, or the highest rating of a file that doesn't tell its scale. There are no rows then: ask the member out of how
    many the ratings are (5, 10 or 100, none below `highest`), and read the file again with that `scale`.
    """

    source: str
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...] = ()
    highest: float | None = None
