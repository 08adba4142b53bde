"""`films`: what the sources know of films, and fetching it now."""

import asyncio
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot import cards
from bot.films.imdb import CREDIT
from bot.films.update import DAILY, OFF, SOURCES, Outcome, shelf_of, update
from bot.settings import Settings


def show(settings: Settings) -> int:
    """Print what each source has told so far, and how old that is. Returns the exit status."""
    shelf = shelf_of(settings)
    table = Table("source", title=f"Films in {shelf.folder}, and of how many minutes and language are known")
    for name in ("films", "minutes", "language", "oldest", "newest", "age"):
        table.add_column(name, justify="right")
    known = {source: about for source in SOURCES if (about := shelf.about(source)) is not None}
    for source, about in known.items():
        films = shelf.read(source)
        minutes, language = (f"{films[fact].notna().mean():.0%}" for fact in ("minutes", "language"))
        days = (datetime.now(UTC) - about.oldest).days
        dates = f"{about.oldest:%Y-%m-%d}", f"{about.newest:%Y-%m-%d}"
        table.add_row(source, f"{len(films):,}", minutes, language, *dates, cards.count(days, "day"))
    console = Console()
    console.print(table if known else "No films have been fetched yet.")
    console.print(f"MARQUEE_FILMS is {settings.films}.", highlight=False)
    if "imdb" in known:
        console.print(CREDIT, highlight=False, soft_wrap=True)
    return 0


def fetch(settings: Settings) -> int:
    """Fetch what is older than a day, with a progress bar. Returns the exit status."""
    if settings.films == "off":
        return _fail(OFF)
    try:
        outcome = asyncio.run(_with_progress(settings))
    except KeyboardInterrupt:
        print("Stopped. What was fetched is kept; the same command goes on from there.", file=sys.stderr)
        return 0
    if outcome.problem is not None:
        return _fail(outcome.problem)
    return show(settings)


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


async def _with_progress(settings: Settings) -> Outcome:
    columns = TextColumn("{task.description:24}"), BarColumn(), TextColumn("{task.fields[share]}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("", total=None, share="")

        def progress(what: str, done: int, total: int | None) -> None:
            share = "" if total is None else f"{done / max(total, 1):.0%}"
            bars.update(TaskID(bar), description=what, completed=done, total=total, share=share)

        return await update(settings, progress, age=DAILY)
