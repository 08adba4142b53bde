"""From tables whose columns are known to rows, whatever the columns are called."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from bot.imports import cells
from bot.imports.moments import moments
from bot.imports.rows import KINDS, Kind, Reading, Reason, Row, Skipped, Unreadable
from bot.imports.tables import BEYOND, ROWS, ROWS_TOO_MANY, Table
from bot.imports.turns import in_turns
from recommender.catalogue import name_and_year
from recommender.text import beginning, title_key, visible

Cells = Mapping[str, str]
Record = tuple[int, Cells]  # the line it begins in, and name -> cell
Said = tuple[Kind, float | None]  # the kind of a row, and its stars
ToStars = Callable[[float], float | None]  # None: not on the scale

SEVERAL_PEOPLE = "That file holds ratings of several people. Upload one with yours alone."


class Told(NamedTuple):
    """A row, and by what its file knows the film: two rows with the same are about one film."""

    film: Hashable
    row: Row


@dataclass(frozen=True)
class Layout:
    """How a source writes a table.

    known_by: headings that a table of its has, as they are compared. columns: the heading of each of title, year, imdb, tmdb,
    movielens, rating, at (the day of the rating, or the row's), added (the day of a row without a rating), kind (a film or what
    else), season, status, film (what tells films apart) and person, as far as it has them. top: the best rating; None where each
    person has a scale of their own. unrated: what a row without a rating says. statuses: the same, by what the column status
    says. years_in_titles: titles may end in their year. clean: takes off a title what the source put before it. file: see `Row`.
    """

    source: str
    known_by: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    top: float | None = 10
    unrated: Kind | None = None
    statuses: Mapping[str, Kind] = field(default_factory=dict)
    years_in_titles: bool = False
    clean: Callable[[str], str] = str
    file: str = ""

    def fits(self, table: Table) -> bool:
        """Whether a table is of this source."""
        return self.known_by <= set(table.headings)

    def of_table(self, table: Table) -> Iterator[Told | Skipped]:
        """What a table of this source says."""
        return self.of_records(table.records(self.columns))

    def of_records(self, some: Iterable[Record]) -> Iterator[Told | Skipped]:
        """What records say, one by one."""
        records = list(some)
        if len({record["person"] for _, record in records if "person" in record}) > 1:
            raise Unreadable(SEVERAL_PEOPLE)
        to_stars = self._scale(record.get("rating", "") for _, record in records)
        rated_at, added_at = (moments([record.get(name, "") for _, record in records]) for name in ("at", "added"))
        for (line, record), at, added in in_turns(zip(records, rated_at, added_at, strict=True)):
            yield self._row(line, record, self._said(record, to_stars), at, added)

    def _scale(self, ratings: Iterable[str]) -> ToStars:
        if self.top is not None:
            return partial(_on_scale, top=self.top)
        given = sorted(rating for text in ratings if (rating := cells.number(text)) is not None and 0 <= rating <= 100)
        return lambda rating: cells.stars_by_rank(rating, given) if 0 <= rating <= 100 else None

    def _said(self, record: Cells, to_stars: ToStars) -> Said | Reason:
        """What a record says of its film, or why it says nothing."""
        if record.get("season") or not cells.is_film(record.get("kind", "")):
            return "not a film"
        text = record.get("rating", "")
        said = cells.rating(text) if text else (0.0, None)
        if said is None:
            return "no number"
        rating, top = said
        if text and (rating or self.top is None):
            stars = to_stars(rating) if top is None else _on_scale(rating, top)
            return "out of scale" if stars is None else ("rated", stars)
        kind = self.statuses.get(record["status"].lower().replace(" ", "")) if "status" in record else self.unrated
        return "no rating" if kind is None else (kind, None)

    def _row(self, line: int, record: Cells, said: Said | Reason, at: int | None, added: int | None) -> Told | Skipped:
        title = cells.title(self.clean(record.get("title", "")))
        if title is None:
            return Skipped(line, beginning(visible(record["title"]), cells.TITLE), "unreadable", self.file)
        if BEYOND in record:
            return Skipped(line, title, "unreadable", self.file)
        imdb = cells.imdb(record.get("imdb", ""))
        # Simkl's anime are films and series, and TMDB numbers these on their own.
        tmdb = cells.number_of_film(record.get("tmdb", "")) if record.get("kind", "").lower() != "anime" else None
        movielens = cells.number_of_film(record.get("movielens", ""))
        if not (title or imdb or tmdb or movielens):
            return Skipped(line, "", "no film", self.file)
        if isinstance(said, str):
            return Skipped(line, title, said, self.file)
        year = cells.year(record.get("year", ""))
        name, ending = name_and_year(title) if self.years_in_titles else (title, None)
        if year in (None, ending):
            title, year = name, ending
        kind, stars = said
        when = at if at is not None or kind == "rated" else added
        row = Row(line, title, year, kind, stars, when, imdb, tmdb, movielens, self.file)
        return Told(record.get("film") or same_film(row), row)


def same_film(row: Row) -> Hashable:
    """What rows about one film have in common where a file has nothing better."""
    ids = {"imdb": row.imdb, "tmdb": row.tmdb, "movielens": row.movielens}
    return next((each for each in ids.items() if each[1] is not None), titled(row))


def titled(row: Row) -> tuple[str, int | None]:
    """A film by its title, as titles are compared, and its year."""
    return title_key(row.written), row.year


def _on_scale(rating: float, top: float) -> float | None:
    return cells.stars(rating, top) if 0 < rating <= top else None


def reading(source: str, *parts: Iterable[Told | Skipped]) -> Reading:
    """One row a film. What an earlier part says of it counts; within a part a rating before a mark, then the newest, then the
    later row. Raises Unreadable for more rows than ROWS."""
    rows: dict[Hashable, Row] = {}
    skipped: list[Skipped] = []
    for part in parts:
        films: dict[Hashable, Row] = {}
        left_out: list[Skipped] = []
        for told in part:
            if isinstance(told, Skipped):
                left_out.append(told)
                continue
            older, newer = sorted((films.get(told.film, told.row), told.row), key=_counts)
            films[told.film] = newer
            if older is not newer and older.kind == "rated":
                left_out.append(Skipped(older.line, older.written, "older", older.file))
        rows = rows | {film: row for film, row in films.items() if film not in rows}
        skipped += sorted(left_out, key=lambda each: each.line)
    if len(rows) + len(skipped) > ROWS:
        raise Unreadable(ROWS_TOO_MANY)
    return Reading(source, tuple(rows.values()), tuple(skipped))


def _counts(row: Row) -> tuple[int, int]:
    """The more, the rather a row counts."""
    return -KINDS.index(row.kind), -1 if row.at is None else row.at
