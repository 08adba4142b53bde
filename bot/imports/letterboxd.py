"""Letterboxd's zip, and its files one by one.

ratings.csv is the truth about stars. The diary and the films that were watched say what else was seen, and the diary on which
day; the watchlist says what is wanted. Likes, reviews, comments and the profile are not read. Films are told apart by their
addresses, for two of one year may share a title; the diary has addresses of its own, and goes by title and year.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace

from bot.imports.opening import Pack
from bot.imports.rows import Reading, Skipped, Unreadable
from bot.imports.tables import Table
from bot.imports.telling import Layout, Told, reading, titled

SOURCE = "Letterboxd"
FILES = ("ratings.csv", "diary.csv", "watched.csv", "watchlist.csv")

REVIEWS = "Those are your reviews, which I don't read. Upload `ratings.csv`, or the whole zip that Letterboxd gave you."
WHICH = (
    "Letterboxd writes what you watched, what you want to watch and what you like in the same way. "
    "Upload the whole zip, so that I know which this is."
)

SEVERAL = "That zip holds several exports. Upload them one after another, each as Letterboxd made it."
DAMAGED = (
    "`{file}` in that zip is not as Letterboxd writes it. Export your data there anew, and upload the zip as it is."
)

OTHERS = frozenset({"deleted", "orphaned", "likes", "lists"})  # folders with files of the same names

_COLUMNS = {"title": "name", "year": "year", "at": "date", "film": "letterboxduri"}
RATINGS = Layout(
    SOURCE, frozenset({"letterboxduri", "rating"}), {**_COLUMNS, "rating": "rating"}, top=5, unrated="seen"
)
WATCHED = Layout(SOURCE, frozenset({"letterboxduri", "name"}), _COLUMNS, unrated="seen")
WATCHLIST = replace(WATCHED, unrated="wanted")
DIARY = Layout(
    SOURCE,
    frozenset({"letterboxduri", "watcheddate"}),
    {"title": "name", "year": "year", "at": "watcheddate", "rating": "rating"},
    top=5,
    unrated="seen",
)
# Beside ratings.csv, the diary's stars don't count: they may have been taken back since.
DAYS = replace(DIARY, columns={name: title for name, title in DIARY.columns.items() if name != "rating"})


def is_letterboxd(table: Table) -> bool:
    """Whether a table is one of those in Letterboxd's zip."""
    return WATCHED.fits(table)


def of_table(table: Table, name: str) -> Reading:
    """One file alone. What its content doesn't tell, its name may: watched.csv and watchlist.csv are written alike."""
    if "review" in table.headings:
        raise Unreadable(REVIEWS)
    named = {"watchlist": WATCHLIST, "watched": WATCHED}
    by_name = next((layout for word, layout in named.items() if word in name.lower()), None)
    layout = next((layout for layout in (DIARY, RATINGS) if layout.fits(table)), by_name)
    if layout is None:
        raise Unreadable(WHICH)
    return reading(SOURCE, layout.of_table(table))


def of_pack(pack: Pack) -> Reading | None:
    """A whole zip; None if it is another one's."""
    folder = folder_of(pack.names)
    paths = {file: folder + file for file in FILES if folder + file in pack.names}
    tables = {file: Table(data) for file, path in paths.items() if (data := pack.read(path)).strip()}
    if not any(map(is_letterboxd, tables.values())):
        return None
    for file, table in tables.items():
        if not is_letterboxd(table):
            raise Unreadable(DAMAGED.format(file=file))
    return _joined(tables)


def folder_of(names: Iterable[str]) -> str:
    """Where the files are: "", or the one top folder that has them, as "folder/"."""
    at = [name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in FILES]
    if "" in at:
        return ""
    folders = {folder for folder in at if "/" not in folder and folder not in OTHERS}
    if len(folders) > 1:
        raise Unreadable(SEVERAL)
    return f"{folders.pop()}/" if folders else ""


def _joined(tables: Mapping[str, Table]) -> Reading:
    days = DAYS if "ratings.csv" in tables else DIARY
    layouts = zip(FILES, (RATINGS, days, WATCHED, WATCHLIST), strict=True)
    rated, diary, watched, wanted = (
        list(replace(layout, file=file).of_table(tables[file])) if file in tables else [] for file, layout in layouts
    )
    addresses: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    for told in (*rated, *watched, *wanted):
        if isinstance(told, Told):
            addresses[titled(told.row)].add(told.film)
    return reading(SOURCE, rated, _addressed(diary, addresses), watched, wanted)


def _addressed(
    diary: Iterable[Told | Skipped], addresses: Mapping[Hashable, set[Hashable]]
) -> Iterator[Told | Skipped]:
    """The diary's rows by the films' addresses. Those that may mean either of two films are left out: both are in watched.csv."""
    for told in diary:
        if isinstance(told, Skipped):
            yield told
        elif len(films := addresses.get(titled(told.row), {told.film})) == 1:
            yield Told(next(iter(films)), told.row)
