"""What a member takes along: a zip of everything as JSON, of tables for a spreadsheet, and of a file for Letterboxd."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from bot.store import NightFilm, OwnNight
from recommender import Movie
from recommender.catalogue import name_and_year

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
FilmOf = Callable[[int], Movie | None]

LETTERBOXD_BYTES = 1_000_000  # the most that it imports of one file
# Where a spreadsheet would begin to run a formula: in a cell, or behind the semicolon that parts cells in many countries.
FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@＝＋－＠])")


def archive(member: int, tables: Tables, nights: Sequence[OwnNight], film: FilmOf) -> bytes:
    """A zip of what `Store.export` and `PastNights.of` say of a member. film: what is known of a film by its id, or None."""
    packed, film = io.BytesIO(), cache(film)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        everything = {"member": str(member), "tables": tables}
        pack.writestr("marquee-data.json", json.dumps(everything, indent=2, ensure_ascii=False))
        for name, rows in _sheets(tables, nights, film).items():
            if rows:
                pack.writestr(f"{name}.csv", sheet(rows))
        parts = _parts(_lines(list(_letterboxd(tables, film)), guard=" "))
        for number, part in enumerate(parts, 1):
            pack.writestr("letterboxd.csv" if len(parts) == 1 else f"letterboxd-{number}.csv", part)
    return packed.getvalue()


def sheet(rows: Sequence[Row]) -> bytes:
    """Rows, each heading -> cell, as a CSV for a spreadsheet."""
    return "".join(_lines(rows)).encode("utf-8-sig")  # with a byte order mark: Excel garbles accents without


def _sheets(tables: Tables, nights: Sequence[OwnNight], film: FilmOf) -> dict[str, list[Row]]:
    """Name -> rows to read, each heading -> cell. Every table of films is one, with titles in place of ids; of what an import
    changed they have all that is left."""
    films = {
        table: [_film(row, film) for row in rows]
        for table, rows in tables.items()
        if rows and "movie_id" in rows[0] and table != "import_changes"
    }
    unknown = {
        "ratings": tables["unknown_ratings"],
        "seen": [row for row in tables["unknown_marks"] if row["kind"] == "seen"],
        "watchlist": [row for row in tables["unknown_marks"] if row["kind"] == "wanted"],
    }
    titled = {
        name: [*films.get(name, []), *(_titled(*name_and_year(row["written"]), row) for row in rows)]
        for name, rows in unknown.items()
    }
    return {
        **films,
        **titled,
        "exclusions": [_exclusion(row, film) for row in tables["exclusions"]],
        "evenings": [_evening(own, film) for own in nights],
        "lists": [_list(row, film) for row in tables["lists"]],
    }


def _film(row: Row, film: FilmOf) -> Row:
    known = film(row["movie_id"])
    return _titled(known.title, known.year, row) if known else _titled(_numbered(row["movie_id"]), None, row)


def _titled(title: str, year: int | None, row: Row) -> Row:
    """A film, and what a row says of it: the stars, if it has any, and the day."""
    stars = {"stars": f"{row['stars']:g}"} if "stars" in row else {}
    [at] = [value for name, value in row.items() if name.endswith("_at")]
    return {"title": title, "year": year, **stars, "date": _day(at)}


def _exclusion(row: Row, film: FilmOf) -> Row:
    what = _label(int(row["value"]), film) if row["kind"] == "movie" else row["value"]
    return {"kind": row["kind"], "what": what, "date": _day(row["added_at"])}


def _evening(own: OwnNight, film: FilmOf) -> Row:
    def listed(films: Iterable[NightFilm]) -> str:
        return "; ".join(each.title or "" if each.movie is None else _label(each.movie, film) for each in films)

    night = own.night
    return {
        "date": _day(night.starts_at or night.created_at),
        "name": night.wish.title,
        "state": night.state,
        "film": listed([own.winner] if own.winner else []),
        "you suggested": listed(own.suggested),
        "you approved of": listed(own.approved),
    }


def _list(row: Row, film: FilmOf) -> Row:
    films = "; ".join(_label(movie, film) for movie in json.loads(row["movies"]))
    return {"date": _day(row["created_at"]), "command": f"/{row['command']}", "films": films}


def _letterboxd(tables: Tables, film: FilmOf) -> Iterator[Row]:
    """What was rated or seen, under the headings that Letterboxd reads: it goes by IMDb's number where there is one, and else by
    title and year. There are no days: it would take them for those on which the films were watched."""
    stars = {row["movie_id"]: f"{row['stars']:g}" for row in tables["ratings"]}
    for movie, given in ({row["movie_id"]: "" for row in tables["seen"]} | stars).items():
        if (known := film(movie)) is not None:
            imdb = f"tt{known.imdb:07d}" if known.imdb else ""
            yield {"imdbID": imdb, "Title": known.title, "Year": known.year, "Rating": given}
    seen = [row for row in tables["unknown_marks"] if row["kind"] == "seen"]
    for row in (*tables["unknown_ratings"], *seen):
        title, year = name_and_year(row["written"])
        yield {"imdbID": "", "Title": title, "Year": year, "Rating": f"{row['stars']:g}" if "stars" in row else ""}


def _lines(rows: Sequence[Row], guard: str = "'") -> list[str]:
    """Rows as CSV, the headings first. guard: stands before what a spreadsheet would run. An apostrophe is the usual one, but
    would be part of the title where titles are looked up; a space would not."""
    cells = ([FORMULA.sub(guard, cell) if isinstance(cell, str) else cell for cell in row.values()] for row in rows)
    return [_line(row) for row in [list(rows[0]), *cells]] if rows else []


def _line(cells: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _parts(lines: Sequence[str]) -> list[str]:
    """The lines in as many texts as it takes, each with the headings, none above LETTERBOXD_BYTES."""
    head, parts, size = "".join(lines[:1]), list[list[str]](), LETTERBOXD_BYTES
    for line in lines[1:]:
        if (size := size + len(line.encode())) > LETTERBOXD_BYTES:
            parts.append([head])
            size = len((head + line).encode())
        parts[-1].append(line)
    return ["".join(part) for part in parts]


def _label(movie: int, film: FilmOf) -> str:
    known = film(movie)
    return known.label if known else _numbered(movie)


def _numbered(movie: int) -> str:
    """A film that is no longer known keeps its id."""
    return f"Film {movie}"


def _day(at: int) -> str:
    """The day in UTC: 2026-11-29."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()
