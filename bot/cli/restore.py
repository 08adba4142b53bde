"""`restore`: which backups there are, and putting one in the database's place."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot import cards
from bot.backups import backups
from bot.cli.typed import typed
from bot.lock import alone_with
from bot.settings import Settings
from bot.store import StoreError, contents, restore

DELETED = (
    "Whoever deleted their data after that backup was made has it here again: tell them to use /data delete once more."
)


def show(settings: Settings) -> int:
    """Print the backups that the bot made, and what to type. Returns the exit status."""
    console, found = Console(), backups(settings.backup_dir)
    if not found:
        console.print(f"There are no backups in {settings.backup_dir} yet.", highlight=False, soft_wrap=True)
        return 0
    # Without lines, and a space apart: so the longest name, which is there to be copied, fits into 80 columns.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("file", no_wrap=True)
    for name in ("made (UTC)", "ratings", "members"):
        table.add_column(name, justify="right")
    for each in found:
        made = datetime.fromtimestamp(each.at, UTC)
        table.add_row(each.path.name, f"{made:%Y-%m-%d %H:%M}", *_held(each.path))
    console.print(f"Backups in {settings.backup_dir}, newest first:\n", highlight=False, soft_wrap=True)
    console.print(table)
    console.print(f"\n{_how(settings, found[0].path)}", highlight=False, soft_wrap=True)
    return 0


def _how(settings: Settings, copy: Path) -> str:
    """What to do to have a backup in the database's place."""
    if settings.database_file is None:
        into = typed(f"copy {copy} postgresql://user:password@host/another")
        return (
            "What is on the server stays as it is. Stop the bot, make another database there, and bring the backup into that:\n\n"
            f"    {into}\n\nThen let MARQUEE_DATABASE name it, and start the bot again.\n{DELETED}"
        )
    return (
        f"To put one in the place of {settings.database}, stop the bot and type:\n\n"
        f"    {typed(f'restore {copy.name}')}\n\nWhat is there now is kept beside it."
    )


def put_back(settings: Settings, file: str) -> int:
    """Restore from a file, or from a backup by its name. Returns the exit status. Raises StoreError, AlreadyRunningError."""
    path, copy = settings.database_file, Path(file)
    if not copy.exists() and (settings.backup_dir / file).exists():
        copy = settings.backup_dir / file
    if path is None:
        contents(copy)  # or what can't be used would be told only once there is a database for it
        print(_how(settings, copy))
        return 1
    aside = path.with_name(f"{path.stem}-replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}{path.suffix}")
    with alone_with(path):
        held = restore(path, copy, aside)
    counts = f"{cards.count(held.counts.ratings, 'rating')} of {cards.count(held.counts.members, 'member')}"
    print(f"Restored {copy}: {path} has {counts} now.")
    if aside.exists():
        print(f"What was there before is kept as {aside}. Remove it once all is well.")
    print(DELETED)
    print("Now start the bot again.")
    return 0


def _held(copy: Path) -> tuple[str, str]:
    try:
        counts = contents(copy).counts
    except StoreError:
        return "damaged", ""
    return f"{counts.ratings:,}", f"{counts.members:,}"
