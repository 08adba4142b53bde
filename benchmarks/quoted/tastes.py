"""Lists and slates of known tastes."""

from collections.abc import Callable

from benchmarks.quoted.groups import GROUPREC, SLATES
from benchmarks.quoted.lists import EASE, RANKINGS, STYLES
from benchmarks.tables import Results, markdown

# Columns of the tables under results/.
OWN_GENRE = "unseen: share of the taste's genre"
OF_SLATES = ("of the 25 best", "shared by two groups", "slates with two films of a series")


def tastes(results: Results) -> str:
    """What the first ten look like for twelve known tastes."""
    columns = ("share of the taste's genre", "famous and not of it", "shared by two tastes")
    table = results.table("personas", "ml-latest-small", "").text
    rows = {label: row for label, row in (RANKINGS | STYLES).items() if row in (EASE, "item-kNN, cosine")} | STYLES
    return _by_set(table, rows, columns)


def slates(results: Results) -> str:
    """What five films look like for groups of four known tastes."""
    return _slates(results, 4, OF_SLATES)


def slates_of_two(results: Results) -> str:
    """The same for groups of two."""
    return _slates(results, 2, (*OF_SLATES, "shared by two without a common member"))


def _slates(results: Results, size: int, columns: tuple[str, ...]) -> str:
    table = results.table("personas", f"Slates of 5 for all 15 groups of {size}", "").text
    styles = {f"**Marquee, {style}**": f"Marquee, {style}" for style in (*SLATES, "adventurous")}
    return _by_set(table, {"average": "average", "grouprec, GFAR": GROUPREC["grouprec, GFAR"]} | styles, columns)


def _by_set(table: Callable[[str, str], str], rows: dict[str, str], columns: tuple[str, ...]) -> str:
    """Columns for the tastes that were looked at, and the same for those that were not."""
    names = [f"{each}: {column}" for each in ("seen", "unseen") for column in columns]
    return markdown(["", *names], [[label, *(table(row, column) for column in names)] for label, row in rows.items()])
