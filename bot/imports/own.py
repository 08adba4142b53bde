"""This bot's own export (bot/export.py): the zip, all of it as JSON, or its tables one by one.

The JSON has ids and exact times, the tables have titles. In the zip both say the same in the same order.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, repeat

from bot.imports.documents import UNKNOWN, document, inside, items, text
from bot.imports.opening import Pack
from bot.imports.rows import Reading, Unreadable
from bot.imports.tables import CELL, Table
from bot.imports.telling import Cells, Layout, Record, reading
from recommender.catalogue import name_and_year
from recommender.datasets.identity import IMDB, ML_100K, TYPED
from recommender.text import visible

DATA = "marquee-data.json"
WHICH = "That table doesn't say whether these films were seen or are wanted. Upload the whole zip of `/data export`."

_GUARD = re.compile(r"(?:^|(?<=[;\t\r\n]))'(?=\s*[=+\-@＝＋－＠])")  # see FORMULA in bot/export.py

RATINGS = Layout(
    "Marquee",
    frozenset({"title", "year", "stars", "date"}),
    {"title": "title", "year": "year", "rating": "stars", "at": "date"},
    top=5,
    statuses={"seen": "seen", "watchlist": "wanted"},
    clean=lambda title: _GUARD.sub("", title),
)
_MARKS = {"title": "title", "year": "year", "at": "date"}
FOR_LETTERBOXD = Layout(
    "Marquee",
    frozenset({"imdbid", "title", "year", "rating"}),
    {"imdb": "imdbid", "title": "title", "year": "year", "rating": "rating"},
    top=5,
    unrated="seen",
)


def of_table(table: Table, name: str) -> Reading | None:
    """One table alone; None if it is another one's. What its content doesn't tell, its name may."""
    if table.headings == list(_MARKS.values()):
        status = next((status for status in RATINGS.statuses if status in name.lower()), None)
        if status is None:
            raise Unreadable(WHICH)
        records = ((line, {**cells, "status": status}) for line, cells in table.records(_MARKS))
        return reading(RATINGS.source, RATINGS.of_records(records))
    if RATINGS.fits(table):
        return reading(RATINGS.source, RATINGS.of_table(table))
    if table.headings == list(FOR_LETTERBOXD.columns.values()):
        told = reading(FOR_LETTERBOXD.source, FOR_LETTERBOXD.of_table(table))
        # Others write these headings too, and have other scales.
        return None if any(skipped.reason == "out of scale" for skipped in told.skipped) else told
    return None


def of_pack(pack: Pack) -> Reading | None:
    """A whole zip; None if it is another one's."""
    path = next((name for name in pack.names if name.rpartition("/")[2] == DATA), None)
    if path is None:
        return None
    said, folder = document(pack.read(path)), path.removesuffix(DATA)
    if not is_own(said):
        raise Unreadable(UNKNOWN)
    names = {table: f"{folder}{table}.csv" for table in ("ratings", *RATINGS.statuses)}
    tables = {table: Table(pack.read(name)) for table, name in names.items() if name in pack.names}
    return of_document(said, tables)


def is_own(said: object) -> bool:
    """Whether a document is an export of this bot's."""
    return isinstance(inside(said, "tables"), dict) and inside(said, "member") is not None


def of_document(said: object, tables: Mapping[str, Table] | None = None) -> Reading:
    """The JSON, and the tables that lie beside it."""
    marks = items(said, "tables", "unknown_marks")
    waiting = {
        "ratings": items(said, "tables", "unknown_ratings"),
        "seen": [row for row in marks if inside(row, "kind") == "seen"],
        "watchlist": [row for row in marks if inside(row, "kind") == "wanted"],
    }
    films = {table: items(said, "tables", table) for table in ("ratings", *RATINGS.statuses)}
    titles = {name: _titles(table, len(films[name]) + len(waiting[name])) for name, table in (tables or {}).items()}
    records = {name: list(_records(name, rows, titles.get(name, []))) for name, rows in films.items()}
    for name, rows in waiting.items():
        records[name] += [(place, _waiting(name, row)) for place, row in enumerate(rows, 1)]
    return reading(RATINGS.source, *(replace(RATINGS, file=name).of_records(rows) for name, rows in records.items()))


def _titles(table: Table, count: int) -> Sequence[Cells]:
    """A table's titles and years, if it has as many rows as the JSON: a table that was changed may be in another order."""
    cells = [cells for _, cells in table.records({"title": "title", "year": "year"})]
    return cells if len(cells) == count else []


def _records(table: str, rows: Iterable[object], titles: Iterable[Cells]) -> Iterator[Record]:
    """What rows about films of the catalogue say."""
    time = {"ratings": "rated_at", "seen": "marked_at", "watchlist": "added_at"}[table]
    for place, (row, named) in enumerate(zip(rows, chain(titles, repeat({})), strict=False), 1):
        movie = inside(row, "movie_id")
        if named.get("title") == f"Film {movie}":  # what bot/export.py calls a film that it doesn't know
            named = {}
        yield (
            place,
            {
                **named,
                **_ids(movie),
                **{"rating": text(row, "stars"), "at": _time(inside(row, time)), "status": table},
            },
        )


def _waiting(table: str, row: object) -> Cells:
    """What a row about a film that nobody knew says."""
    title, year = name_and_year(visible(text(row, "written")[:CELL]))
    at = _time(inside(row, "rated_at" if table == "ratings" else "marked_at"))
    return {"title": title, "year": text(year), "rating": text(row, "stars"), "at": at, "status": table}


def _ids(movie: object) -> Cells:
    """A film by the ids that mean the same wherever the bot runs: those of films that members typed don't."""
    if not isinstance(movie, int) or movie >= TYPED:
        return {}
    return {"imdb": str(movie - IMDB)} if IMDB < movie < ML_100K else {"movielens": str(movie)}


def _time(at: object) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat() if isinstance(at, int) else ""
    except (ValueError, OverflowError, OSError):
        return ""
