"""How the commands of this program are typed where it runs."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path


def typed(command: str) -> str:
    """The whole line, with the Python that runs now: no other need have the packages."""
    python = Path(sys.executable)
    if shutil.which("python") == str(python):
        python = Path("python")
    with suppress(ValueError):
        python = python.relative_to(Path.cwd())
    return f"{python} -m bot {command}"
