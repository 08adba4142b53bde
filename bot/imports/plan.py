"""What a file would change of what a member has: shown before it is taken, and kept as JSON until then."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Self, TypeVar

from bot.imports.rows import ANOTHER, KINDS, REASONS, Row, Skipped
from bot.imports.turns import in_turns
from bot.store import Brought
from bot.store.unknown import Title, title_of
from recommender.text import beginning, visible

KEPT, LEFT_OUT = -1, -2  # picked in place of a film: keep the title, or leave the row out
LONGEST_TITLE = 200  # characters of a title that is kept
DOUBLE = "another row is the same film, and counts"
LEFT = "you left it out"
OTHER_ID = "the film that I know by this title has another IMDb id"
NAMELESS = "a film I don't know, and the file doesn't say its title"
NO_ROOM = "your watchlist is full"
UNCLEAR = "it could be several films"

KeyT = TypeVar("KeyT")

_NONE: Mapping[int, int] = {}

_values = attrgetter(*Row.__slots__)


@dataclass(frozen=True)
class Own:
    """What a member has here: movie -> stars, films seen and wanted; and by their titles those that are not known."""

    stars: Mapping[int, float]
    seen: AbstractSet[int]
    wanted: AbstractSet[int]
    unknown_stars: Mapping[Title, float]
    unknown_marks: AbstractSet[Title]


@dataclass(frozen=True)
class Summary:
    """How many films of a plan are what to a member: ratings, films seen and films wanted that are new; ratings that differ;
    what is here already; rows that could be several films; films that are not known; rows of a film that another row is of; rows
    that the member left out, that can't be kept by their title, that are no films, and that can't be read. They add up to the
    rows."""

    rated: int
    seen: int
    wanted: int
    changed: int
    same: int
    unclear: int
    unknown: int
    double: int
    left_out: int
    no_title: int
    not_films: int
    unreadable: int

    @property
    def anything(self) -> bool:
        """Whether taking it could change anything."""
        return any((self.rated, self.seen, self.wanted, self.changed, self.unclear, self.unknown))


@dataclass
class _Films:
    """The rows of a plan by what they are: of a film, of a title that is not known, unclear, or of no use, with the reason."""

    known: dict[int, Row] = field(default_factory=dict)
    unknown: dict[Title, Row] = field(default_factory=dict)
    unclear: list[int] = field(default_factory=list)
    left: list[tuple[Row, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The rows of a file, for each the films that it may mean, and for unclear ones what the member picked: place -> film, KEPT
    or LEFT_OUT."""

    source: str
    rows: Sequence[Row]
    films: Sequence[tuple[int, ...]]
    skipped: Sequence[Skipped]
    picks: Mapping[int, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Without the picks."""
        rows = [[*_values(row), films] for row, films in zip(self.rows, self.films, strict=True)]
        skipped = [[each.line, each.written, each.reason, each.file] for each in self.skipped]
        return json.dumps({"source": self.source, "rows": rows, "skipped": skipped}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, picks: Mapping[int, int], aliases: Mapping[int, int] = _NONE) -> Self:
        """aliases: an id that a film was known by -> its id, for a plan that has waited."""
        said = json.loads(text)
        rows = [Row(*row[:-1]) for row in said["rows"]]
        films = [tuple(dict.fromkeys(aliases.get(film, film) for film in row[-1])) for row in said["rows"]]
        today = {place: aliases.get(film, film) for place, film in picks.items()}
        return cls(said["source"], rows, films, [Skipped(*each) for each in said["skipped"]], today)

    @property
    def asked(self) -> list[int]:
        """The places of rows that could be several films, also where the member picked one."""
        return [place for place, films in enumerate(self.films) if len(films) > 1]

    @property
    def unclear(self) -> list[int]:
        """The places of rows that could be several films, and nothing is picked."""
        return self._sorted.unclear

    def summary(self, own: Own) -> Summary:
        """What it would be to a member with these films."""
        films = self._sorted
        news = Counter((*_news_of_films(films.known, own), *_news_of_titles(films.unknown, own)))
        reasons: Counter[str] = Counter(each.reason for each in self.skipped)
        left = Counter(reason for _, reason in films.left)
        return Summary(
            rated=news["rated"],
            seen=news["seen"],
            wanted=news["wanted"],
            changed=news["changed"],
            same=news["same"],
            unclear=len(films.unclear),
            unknown=news["unknown"],
            double=left[DOUBLE] + reasons["older"],
            left_out=left[LEFT],
            no_title=left[NAMELESS] + left[OTHER_ID],
            not_films=reasons["not a film"],
            unreadable=reasons.total() - reasons["not a film"] - reasons["older"],
        )

    def brought(self, now: int) -> list[Brought]:
        """What is written if it is taken. now: UTC seconds since 1970, for rows without a time of their own, or one to come."""
        films = self._sorted
        known = [(movie, row) for movie, row in films.known.items()]
        unknown = [(None, row) for row in films.unknown.values()]
        return [
            Brought(row.kind, movie, _written(row), row.stars, now if row.at is None else min(row.at, now))
            for movie, row in in_turns((*known, *unknown))
        ]

    def left(self, no_room: AbstractSet[int] = frozenset()) -> list[Mapping[str, str | int]]:
        """What can't be taken, with the reason in each row, in the order of the files. no_room: films that didn't fit the
        watchlist."""
        films = self._sorted
        unclear = [(self.rows[place], UNCLEAR) for place in films.unclear]
        no_place = [(row, NO_ROOM) for movie, row in films.known.items() if movie in no_room]
        left = [
            *((each.file, each.line, each.written, REASONS[each.reason]) for each in self.skipped),
            *((row.file, row.line, _written(row), reason) for row, reason in (*films.left, *unclear, *no_place)),
        ]
        heads = ("file", "line", "title", "reason")
        first = 0 if any(file for file, *_ in left) else 1
        return [dict(zip(heads[first:], row[first:], strict=True)) for row in sorted(left)]

    @cached_property
    def _sorted(self) -> _Films:
        films = _Films()
        for place, row in in_turns(enumerate(self.rows)):
            could_be = self.films[place]
            picked = self.picks.get(place)
            if picked in could_be or picked == KEPT:
                could_be = () if picked == KEPT else (picked,)
            if picked == LEFT_OUT:
                films.left.append((row, LEFT))
            elif could_be == (ANOTHER,):
                films.left.append((row, OTHER_ID))
            elif len(could_be) > 1:
                films.unclear.append(place)
            elif could_be:
                _add(films.known, could_be[0], row, films.left)
            elif written := _written(row):
                _add(films.unknown, title_of(written), row, films.left)
            else:
                films.left.append((row, NAMELESS))
        return films


def _add(rows: dict[KeyT, Row], key: KeyT, row: Row, left: list[tuple[Row, str]]) -> None:
    """Of two rows of a film, stars count before marks and marks before wishes, and then the newer one."""
    other = rows.get(key)
    if other is not None:
        if _weight(row) < _weight(other):
            row, other = other, row
        left.append((other, DOUBLE))
    rows[key] = row


def _weight(row: Row) -> tuple[int, int, int]:
    return -KINDS.index(row.kind), -1 if row.at is None else row.at, row.line


def _written(row: Row) -> str:
    """Its title, with its year if it has one."""
    title = beginning(visible(row.written), LONGEST_TITLE)
    return f"{title} ({row.year})" if title and row.year is not None else title


def _news_of_films(known: Mapping[int, Row], own: Own) -> Iterator[str]:
    for movie, row in known.items():
        if row.kind == "rated":
            stars = own.stars.get(movie)
            yield "rated" if stars is None else "same" if stars == row.stars else "changed"
        else:
            had = movie in own.stars or movie in own.seen or (row.kind == "wanted" and movie in own.wanted)
            yield "same" if had else row.kind


def _news_of_titles(unknown: Mapping[Title, Row], own: Own) -> Iterator[str]:
    for title, row in unknown.items():
        stars = own.unknown_stars.get(title)
        if row.kind == "rated":
            yield "unknown" if stars is None else "same" if stars == row.stars else "changed"
        else:
            yield "same" if stars is not None or title in own.unknown_marks else "unknown"
