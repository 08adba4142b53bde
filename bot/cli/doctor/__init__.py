"""`doctor`: looks at everything that the bot needs, changes nothing, and says what is wrong and what to do.

It needs no network, and it runs beside the bot. A new check is one more function in one of the rooms here.
"""

import io
import shutil
import sys
import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from bot.cli.doctor import data, machine, program, tokens
from bot.cli.doctor.findings import Case, Check, Finding, Mark, bad

CHECKS: dict[str, Check] = {**program.CHECKS, **tokens.CHECKS, **data.CHECKS, **machine.CHECKS}
STYLES = {Mark.GOOD: "green", Mark.WARNING: "yellow", Mark.BAD: "bold red"}
WIDTH = max(map(len, CHECKS))  # of a name


def doctor() -> int:
    """Print a line for each finding. Returns the exit status: 1 if anything is wrong."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a path may have letters that this terminal lacks
    console = Console(highlight=False)
    case, found = Case.taken(), []
    for name, check in CHECKS.items():
        for finding in _findings(check, case):
            _print(console, name, finding)
            found.append(finding.mark)
    wrong, doubtful = found.count(Mark.BAD), found.count(Mark.WARNING)
    console.print(f"\n{wrong} wrong, {doubtful} to look at, {found.count(Mark.GOOD)} well.")
    return 1 if wrong else 0


def _findings(check: Check, case: Case) -> Iterator[Finding]:
    try:
        yield from check(case)
    except Exception as error:
        yield bad(f"This can't be checked: {type(error).__name__}: {error}")


def _print(console: Console, name: str, finding: Finding) -> None:
    mark = finding.mark.value[0 if _shows("✓✗") else 1]
    indent = " " * (WIDTH + 5)
    # A line a finding, for whoever reads it with another program.
    width = shutil.get_terminal_size().columns if console.is_terminal else sys.maxsize
    text = " ".join(finding.text.split())
    lines = textwrap.wrap(text, max(width - len(indent), 20), break_on_hyphens=False, break_long_words=False)
    body = f"\n{indent}".join(lines)
    console.print(Text.assemble((f"{mark:2} ", STYLES[finding.mark]), f"{name:{WIDTH}}  ", body), soft_wrap=True)


def _shows(letters: str) -> bool:
    try:
        letters.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
