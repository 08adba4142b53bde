"""Do the papers quote the figures that were measured?  python -m benchmarks.figures [--write]

README.md and benchmarks/README.md have tables between `<!-- figures: NAME -->` and `<!-- end of figures -->`. They are made from
the tables under results/, as `quoted` says. This prints the lines that differ, and its exit status is 1 if there are any; with
--write it renews them.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

from benchmarks.quoted import quoted
from benchmarks.tables import RESULTS, Results

ROOT = Path(__file__).parents[1]
PAPERS = (ROOT / "README.md", ROOT / "benchmarks" / "README.md")
BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end of figures -->)", flags=re.DOTALL)


def main(words: Sequence[str] | None = None, papers: Iterable[Path] = PAPERS, results: Path = RESULTS) -> int:
    """`words`: of the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(
        description="Compare the papers' figures with the tables under benchmarks/results."
    )
    parser.add_argument("--write", action="store_true", help="renew the papers' figures")
    write = parser.parse_args(words).write
    tables, differ = quoted(Results(results)), False
    for paper in papers:
        old = paper.read_text(encoding="utf-8")
        new = renewed(old, tables)
        if write:
            paper.write_text(new, encoding="utf-8")
        elif old != new:
            differ = True
            lines = unified_diff(old.splitlines(), new.splitlines(), str(paper), "as measured", n=0, lineterm="")
            print("\n".join(lines))
    if differ:
        print("To renew them: python -m benchmarks.figures --write", file=sys.stderr)
    return int(differ)


def renewed(paper: str, tables: Mapping[str, str]) -> str:
    """The paper with each table in its place; KeyError for a name that is not among the tables."""
    return BLOCK.sub(lambda block: block[1] + tables[block[2]] + block[3], paper)


if __name__ == "__main__":
    sys.exit(main())
