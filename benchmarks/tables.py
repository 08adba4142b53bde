"""Tables in Markdown: how they are written, and how the ones under `benchmarks/results/` are read back."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?")
# A table's head, and its other lines without the rule below the head.
TABLE = re.compile(r"^\|(.+)\|\n\|[-:| ]+\|\n((?:\|.+\|\n?)*)", flags=re.MULTILINE)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], *, figures: bool = True) -> str:
    """A table, with a line break at its end. Columns of figures stand to the right, the first column and texts to the left."""
    lines = [head, ["---", *["---:" if figures else "---"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def met(value: float, most: float, form: str = ".3f", unit: str = "") -> str:
    """A figure that should be `most` at most: bold if it is, else marked."""
    return f"**{value:{form}}{unit}**" if value <= most else f"{value:{form}}{unit} (missed)"


class Table:
    """Cells by row and column. `where` says in an error which table it is."""

    def __init__(self, where: str, cells: dict[tuple[str, str], str]) -> None:
        self._where, self._cells = where, cells

    def text(self, row: str, column: str) -> str:
        """The cell as it stands; LookupError, naming it, if there is none."""
        if (row, column) not in self._cells:
            raise LookupError(f"{self._where} has no cell in row {row!r}, column {column!r}")
        return self._cells[row, column]

    def number(self, row: str, column: str) -> float:
        """The first number in the cell: of "0.7643 ± 0.0048" 0.7643, of "79.8%" 79.8."""
        return first_number(self.text(row, column))

    def total(self, column: str) -> float:
        """The sum of the first numbers in a column's cells."""
        return sum(first_number(cell) for (_, name), cell in self._cells.items() if name == column)


class Results:
    """The files that the benchmarks wrote into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def table(self, file: str, heading: str = "", corner: str = "") -> Table:
        """All tables of `file` (without .md) under the heading that begins with `heading`, and with `corner` above their first
        column, as one. LookupError for another number of such headings than one, or two cells at one place."""
        cells: dict[tuple[str, str], str] = {}
        where = f"{file}.md, {heading!r}"
        for head, body in TABLE.findall(self._section(file, heading)):
            columns, rows = _cells(head), [_cells(line.strip().strip("|")) for line in body.splitlines()]
            for name, *own in rows if columns[0] == corner else []:
                for column, cell in zip(columns[1:], own, strict=True):
                    if (name, column) in cells:
                        raise LookupError(f"{where} has two cells in row {name!r}, column {column!r}")
                    cells[name, column] = cell
        return Table(where, cells)

    def numbers(self, file: str, pattern: str) -> list[float]:
        """Of the one place in `file` that matches: the first number of each group. LookupError for more or fewer places."""
        found = list(re.finditer(pattern, self._section(file, "")))
        if len(found) != 1:
            raise LookupError(f"{file}.md has {len(found)} places that match {pattern!r}")
        return [first_number(group) for group in found[0].groups()]

    def _section(self, file: str, heading: str) -> str:
        text = (self._folder / f"{file}.md").read_text(encoding="utf-8")
        sections = [part for part in re.split(r"^#+ ", text, flags=re.MULTILINE) if part.startswith(heading)]
        if heading and len(sections) != 1:
            raise LookupError(f"{file}.md has {len(sections)} headings that begin with {heading!r}")
        return sections[0] if heading else text


def first_number(text: str) -> float:
    """LookupError for a text without one."""
    found = NUMBER.search(text)
    if found is None:
        raise LookupError(f"there is no number in {text!r}")
    return float(found[0].replace(",", ""))


def _cells(line: str) -> list[str]:
    """Without what makes them bold."""
    return [cell.replace("**", "").strip() for cell in line.split("|")]
