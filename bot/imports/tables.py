"""Tables as text: CSV in whatever spelling it arrives.

In memory there is never more than the file, one record of at most RECORD bytes, and the cells that are asked for.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping

from bot.imports.rows import Unreadable
from bot.imports.turns import in_turns
from recommender.text import unaccented

ROWS = 20_000  # of a file, the headings not counted
RECORD = 1 << 18  # bytes, at most
COLUMNS = 100  # that are looked at
CELL = 500  # characters of a cell that are kept

EMPTY = "That file is empty. Download your export anew, and upload that."
BINARY = "That is no text that I can read. Upload the CSV, the JSON or the zip that you exported, as it is."
WEB_PAGE = (
    "That is a web page or XML, which I can't read. Log in to the service, download your export anew, and upload that."
)
ROWS_TOO_MANY = f"That file has more than {ROWS:,} rows. Split it, and import the parts one after another."
NEVER_ENDS = (
    "The row that begins in line {line} never ends: a quotation mark is missing there. "
    "Mend it, or download your export anew."
)

_ZEROS = 20  # of so many bytes in UTF-16 at least one is 0: delimiters and digits are many in a table
_NO_TEXT = re.compile(r"[\0-\x08\x0e-\x1f]")
_DELIMITER_LINE = re.compile(rb'\A"?sep=."?\n', re.IGNORECASE)  # tells Excel what parts the cells
BEYOND = "beyond"  # the name of what a record has behind the last heading

_END = "\0"  # after the last line; no text that is read holds it
_PARTED_BY_COLONS = re.compile(rb"\d{1,9}::\d{1,9}::[\d.]{1,9}::\d{1,12}\s*", re.ASCII)
_COLON_HEADINGS = ["userId", "movieId", "rating", "timestamp"]  # as MovieLens writes them where it parts by commas


def plain(data: bytes) -> bytes:
    """A text in UTF-8, or what isn't as it was, with a "\n" at each line's end and without a byte order mark.

    Raises Unreadable for what is no text.
    """
    if encoding := _utf_16(data):
        data = data.decode(encoding, "replace").encode("utf-8", "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise Unreadable(BINARY)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _utf_16(data: bytes) -> str | None:
    """Which UTF-16 a text is in, by its byte order mark or, without one, by which half of its signs and digits is 0; or None."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    begin = data[:1000]
    halves = (begin[0::2].count(0), begin[1::2].count(0))
    if min(halves) or sum(halves) * _ZEROS < len(begin):
        return None
    encoding = "utf-16-be" if halves[0] else "utf-16-le"
    return None if _NO_TEXT.search(begin.decode(encoding, "replace")) else encoding


def decoded(text: bytes) -> str:
    """UTF-8, or else Windows's Western European: one wrong byte garbles no more than what is decoded together."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def heading(text: str) -> str:
    """As headings are compared: "TMDb ID", "tmdb_id" and "tmdbId " are all "tmdbid"."""
    return "".join(filter(str.isalnum, unaccented(text[:CELL])))


class Table:
    """A table and its `headings`, as they are compared. Raises Unreadable for what can't be one, here or as it is read."""

    def __init__(self, data: bytes) -> None:
        self._data = _DELIMITER_LINE.sub(b"\n", plain(data), count=1)
        begin = self._data.lstrip()[: RECORD + 1]
        if not begin:
            raise Unreadable(EMPTY)
        if begin.startswith(b"<"):
            raise Unreadable(WEB_PAGE)
        first_line = begin.partition(b"\n")[0]
        self._colons = _PARTED_BY_COLONS.fullmatch(first_line) is not None
        self._delimiter = _delimiter(first_line)
        first = _COLON_HEADINGS if self._colons else next((cells for _, cells in self._records() if _says(cells)), [])
        self.headings = [heading(cell) for cell in first[:COLUMNS]]
        self._width = len(first)

    def records(self, columns: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Each record that isn't blank: the line that it begins in, and name -> cell of the columns, which are name -> heading.
        What a record lacks is not in it; one with more cells than there are headings, whose own may then stand in each other's
        places, has a cell BEYOND."""
        places = {name: self.headings.index(title) for name, title in columns.items() if title in self.headings}
        is_heading = not self._colons
        for line, cells in self._records():
            if _says(cells) and not is_heading:
                record = {name: cells[at][:CELL].strip() for name, at in places.items() if at < len(cells)}
                if _says(beyond := cells[self._width :]):
                    record[BEYOND] = "".join(beyond)[:CELL]
                yield line, record
            is_heading = is_heading and not _says(cells)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        lines = _Lines(self._data, self._colons)
        reader, begins = csv.reader(iter(lines), delimiter=self._delimiter, skipinitialspace=True), 1
        try:
            for count, cells in enumerate(in_turns(reader), int(self._colons)):
                if cells == [_END]:
                    return
                if cells and cells[-1].endswith(_END):  # taken for a part of a cell
                    break
                if count > ROWS:
                    raise Unreadable(ROWS_TOO_MANY)
                yield begins, cells
                begins, lines.taken = reader.line_num + 1, 0
        except csv.Error:  # a record is too long, or a cell for csv, which takes 131,072 characters
            pass
        raise Unreadable(NEVER_ENDS.format(line=begins))


class _Lines:
    """The lines of a text, and an end that csv takes for a record of its own, unless a quotation mark is open. `taken`: bytes
    since it was last set to 0; once they are too many there is no further line."""

    def __init__(self, data: bytes, colons: bool) -> None:
        self._file, self._colons, self.taken = io.BytesIO(data), colons, 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(RECORD + 1):
            self.taken += len(line)
            if self.taken > RECORD:
                raise csv.Error("a record is too long")
            yield decoded(line.replace(b"::", b",") if self._colons else line)
        yield _END


def _says(cells: Iterable[str]) -> bool:
    """Whether a record has anything in it."""
    return any(map(str.strip, cells))


def _delimiter(line: bytes) -> str:
    """What parts a line into most cells."""
    return max(",;\t|", key=decoded(line).count)
