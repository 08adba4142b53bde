"""Criticker's ratings: a table, or XML with an element for each film. Scores are on a scale of each person's own: by rank."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from bot.imports.rows import Reading, Unreadable
from bot.imports.tables import CELL, ROWS, ROWS_TOO_MANY, decoded
from bot.imports.telling import Layout, reading

TAGS = 25 * ROWS  # of all films, at most

DAMAGED = (
    "That XML is damaged, or not as Criticker writes it. Export your ratings there anew, as CSV if you can choose."
)

LAYOUT = Layout(
    "Criticker",
    frozenset({"score", "filmname"}),
    {
        **{"title": "filmname", "year": "year", "imdb": "imdbid", "kind": "mediatype"},
        **{"rating": "score", "at": "daterated"},
    },
    top=None,
    years_in_titles=True,
)
_ELEMENTS = {"filmname": "title", "rating": "rating", "reviewdate": "at"}
_BEGINS = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<recentratings\b")


def is_criticker(data: bytes) -> bool:
    """Whether a text is XML of Criticker's."""
    return _BEGINS.match(data) is not None


def of_xml(data: bytes) -> Reading:
    """The XML. Raises Unreadable for what is damaged or has more films than ROWS."""
    if data.count(b"<") > TAGS:
        raise Unreadable(ROWS_TOO_MANY)
    if b"<!ENTITY" in data:  # a few of them can stand for gigabytes
        raise Unreadable(DAMAGED)
    parser: ElementTree.XMLParser[list[dict[str, str]]] = ElementTree.XMLParser(target=_Films())
    try:
        parser.feed(decoded(data))
        films = parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise Unreadable(DAMAGED) from error
    return reading(LAYOUT.source, LAYOUT.of_records(enumerate(films, 1)))


class _Films:
    """What a parser tells of films, element by element: no more of it is held than is asked for."""

    def __init__(self) -> None:
        self._films: list[dict[str, str]] = []
        self._text = ""

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        self._text = ""
        if tag == "film":
            self._films.append({})
            if len(self._films) > ROWS:
                raise Unreadable(ROWS_TOO_MANY)

    def data(self, text: str) -> None:
        self._text = (self._text + text)[:CELL]

    def end(self, tag: str) -> None:
        if self._films and tag in _ELEMENTS:
            self._films[-1][_ELEMENTS[tag]] = self._text.strip()

    def close(self) -> list[dict[str, str]]:
        return self._films
