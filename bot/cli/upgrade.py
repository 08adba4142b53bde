"""`upgrade`: what the next start of this program will change, said before it does."""

import platform
import shutil
from collections.abc import Iterator
from typing import NamedTuple

from packaging.specifiers import SpecifierSet
from rich.console import Console
from rich.filesize import decimal

from bot.address import Address
from bot.cli.typed import typed
from bot.cli.versions import needs, outdated
from bot.settings import Settings, misspelled
from bot.store import StoreError, contents, exists, size
from bot.store.migrate import changes, shipped_scripts
from bot.training.folder import ModelFolder, problem

FINE, CHANGE, WRONG = "✓", "→", "✗"
# Of the database's size: the copy, and what the change itself writes besides.
ROOM = 2


class Line(NamedTuple):
    mark: str
    text: str


def upgrade(settings: Settings) -> int:
    """Print what the next start will change. Returns the exit status: 1 if something stands in the way."""
    console, marks = Console(), set[str]()
    for line in _lines(settings):
        marks.add(line.mark)
        console.print(f"{line.mark} {line.text}", highlight=False, markup=False, soft_wrap=True)
    if WRONG in marks:
        console.print("Mend what is marked ✗ before you start the bot. Nothing has been changed.")
        return 1
    what = "nothing has been changed yet: the next start does it" if CHANGE in marks else "nothing is to be changed"
    console.print(f"Nothing stands in the way, and {what}.", soft_wrap=True)
    return 0


def _lines(settings: Settings) -> Iterator[Line]:
    yield from _programs()
    yield from (Line(WRONG, sentence) for sentence in misspelled())
    yield from _database(settings)
    yield _model(settings)


def _programs() -> Iterator[Line]:
    """Python and the packages, and what this version of the program needs of them."""
    python, packages = needs()
    if platform.python_version() not in SpecifierSet(python):
        yield Line(WRONG, f"Python is {platform.python_version()}, and this program needs {python}.")
    if old := list(outdated(packages)):
        yield Line(
            WRONG, f"Packages are missing or too old: {', '.join(old)}. Install the program again: `make install`."
        )
    else:
        yield Line(FINE, f"Python {platform.python_version()} and all packages are new enough.")


def _database(settings: Settings) -> Iterator[Line]:
    path, newest = settings.database, len(shipped_scripts())
    try:
        if not exists(path):
            yield Line(CHANGE, f"There is no database at {path} yet: the first start makes one.")
            return
        version = contents(path).version
    except StoreError as error:
        advice = "" if isinstance(path, Address) else f" Put a backup in its place: {typed('restore')}"
        yield Line(WRONG, f"{error}{advice}")
        return
    if version > newest:
        yield Line(WRONG, f"{path} has version {version}, newer than this program's {newest}: use a newer program.")
    elif version == newest:
        yield Line(FINE, f"{path} has version {version}, which is this program's.")
    else:
        yield Line(CHANGE, f"{path} goes from version {version} to {newest}:")
        for number, change in enumerate(changes(version), version + 1):
            yield Line(" ", f"  {number}. {change}")
        yield _copy(settings)


def _copy(settings: Settings) -> Line:
    """The copy that is made first."""
    target, needed = settings.backup_dir, size(settings.database)
    if target.parent == settings.data_dir:
        target = settings.data_dir  # it is made there
    if not target.is_dir():
        return Line(
            WRONG, f"A copy is made first, but there is no folder {target}: make it, or see whether its disk is there."
        )
    free, told = shutil.disk_usage(target).free, f"A copy of {decimal(needed)} is made first, in {settings.backup_dir}"
    if free < ROOM * needed:
        return Line(WRONG, f"{told}, but the disk has only {decimal(free)} left: {decimal(ROOM * needed)} are needed.")
    return Line(CHANGE, f"{told}; the disk has {decimal(free)} left.")


def _model(settings: Settings) -> Line:
    files = ModelFolder(settings.model_dir)
    if (wrong := problem(files.current)) is None:
        return Line(FINE, f"The model {files.current} serves at once.")
    if problem(files.previous) is None:
        return Line(CHANGE, f"The model before the last one serves ({wrong}).")
    return Line(
        CHANGE,
        f"A model is learned at the start, from {settings.movielens} ({wrong}); until then commands have to wait.",
    )
