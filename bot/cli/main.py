"""Reads the command line, sets up logging, and ends in a sentence whatever goes wrong.

Each command imports what it needs itself: torch and the bot take seconds.
"""

import argparse
import asyncio
import logging
import os
from pathlib import Path

from bot.cli import logs
from bot.settings import Settings, misspelled
from bot.stopping import end_in_time, when_ended, when_stopped

log = logging.getLogger("bot")

STOP_AGAIN_SECONDS = 1.0

# What each does; the first sentence stands beside its name.
COMMANDS = {
    "run": "Connect to Discord, or open the preview if there is no token. Ctrl+C or SIGTERM ends it.",
    "cluster": "Several processes in place of one, for a bot on thousands of servers. It needs PostgreSQL: docs/cluster.md.",
    "preview": "The page in a browser. The same bot on a simulated Discord; it needs no account. Ctrl+C ends it.",
    "setup": "Ask what the bot needs to know. It writes the answers into .env, and asks Discord and TMDB about the tokens.",
    "doctor": "Say whether all is well. It changes nothing, and what is wrong comes with what to do.",
    "train": "Fit a model and publish it. A running bot serves it within half a minute.",
    "evaluate": "Measure the model on held-out ratings. Tables go to the terminal, plots into the data folder.",
    "backup": "Copy the database while the bot runs. The copy is checked, and a damaged one is not kept.",
    "restore": "Put a backup in the database's place, which is kept beside it. Without a file, the backups are listed.",
    "copy": "Bring all data from one database to another. Each is a file or an address of PostgreSQL; the second has to be new. "
    "An address without a password takes it from PGPASSWORD or ~/.pgpass; one with it can be read by others on this machine.",
    "upgrade": "What the next start of this program will change. Nothing is changed yet.",
    "healthcheck": "Say whether the bot that runs with this data folder is well. For Docker and for scripts.",
    "films": "What is known of films, from where and how old. With `update` it is fetched now.",
}
SETTINGS = "Settings come from the environment and from .env: see docs/settings.md. The exit status is 0, or 1 with the reason."


def main() -> int:
    """Returns the exit status: 0, or 1 with a sentence on standard error, below the traceback of what nobody foresaw."""
    options = _parser().parse_args()
    try:
        match options.command:
            case "setup":
                from bot.cli.setup import setup

                return setup()
            case "doctor":
                from bot.cli.doctor import doctor

                return doctor()
        warnings = misspelled()
        settings = Settings()
        command = options.command or "run"
        logs.set_up(settings, is_bot=command in ("run", "cluster", "preview"))
        for warning in warnings:
            log.warning("%s", warning)
        return _do(command, options, settings)
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        from bot.cli.faults import UNKNOWN, sentence

        told = sentence(error)
        if told is None:
            log.critical("an error that nobody foresaw", exc_info=error)
            told = UNKNOWN.format(name=type(error).__name__, error=error)
        return _fail(told)


def _do(command: str, options: argparse.Namespace, settings: Settings) -> int:
    match command:
        case "backup":
            return _backup(settings, options.file)
        case "copy":
            return _copy(options.source, options.target)
        case "restore":
            from bot.cli import restore

            return restore.put_back(settings, options.file) if options.file else restore.show(settings)
        case "upgrade":
            from bot.cli.upgrade import upgrade

            return upgrade(settings)
        case "healthcheck":
            from bot.cli import healthcheck

            return healthcheck.main()
        case "films":
            from bot.cli import films

            return films.fetch(settings) if options.update else films.show(settings)
        case _:
            return _learn_or_answer(command, settings)


def _backup(settings: Settings, file: str) -> int:
    from bot.store import backup

    backup(settings.database, file)
    print(f"Copied {settings.database} to {file}.")
    return 0


def _learn_or_answer(command: str, settings: Settings) -> int:
    import discord

    if settings.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            return _fail("MARQUEE_DEVICE is cuda, but torch finds no GPU here. Set it to auto or cpu.")
    # The bot never speaks in a voice channel, so missing voice libraries need no warning.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    match command:
        case "train":
            from bot.cli.train import train

            return train(settings)
        case "evaluate":
            from bot.cli.evaluate import evaluate

            return evaluate(settings)
        case "run" if settings.discord_token is not None:
            from bot import loop

            loop.run(_connect(settings, settings.discord_token.get_secret_value()))
            return 0
        case "cluster":
            return _cluster(settings)
        case _:
            return _preview(settings)


def _copy(source: str, target: str) -> int:
    from rich.console import Console

    from bot import cards
    from bot.address import located
    from bot.lock import alone_with
    from bot.store import StoreError, copy

    try:
        places = located(source), located(target)
    except ValueError as error:
        raise StoreError(str(error)) from error
    # Of a backup on a disk that is only read no bot is running.
    taken = [
        place
        for place in places
        if isinstance(place, Path) and (place == places[1] or os.access(place.parent, os.W_OK))
    ]
    with alone_with(*taken), Console().status("Copying") as shown:
        rows = copy(*places, lambda table, done: shown.update(f"Copying {table}: {done:,} rows"))
    counted = f"{cards.count(sum(rows.values()), 'row')}, {rows['ratings']:,} of them ratings"
    print(f"Copied {counted}, from {places[0]} to {places[1]}.")
    print("All was read again and compared. The first is as it was; MARQUEE_DATABASE says which of them the bot uses.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot", description="Marquee, a Discord bot for movie nights.", epilog=SETTINGS
    )
    commands = parser.add_subparsers(dest="command", title="commands", help="run, if none is given")
    known = {
        name: commands.add_parser(
            name, help=about[0].lower() + about.partition(". ")[0][1:], description=about, epilog=SETTINGS
        )
        for name, about in COMMANDS.items()
    }
    known["backup"].add_argument("file", help="the copy to make")
    known["copy"].add_argument("source", help="where it comes from")
    known["copy"].add_argument("target", help="where it goes: no file yet, or a database with nothing in it")
    known["restore"].add_argument("file", nargs="?", help="the backup: a file, or a name from the list")
    known["films"].add_argument(
        "update", nargs="?", choices=["update"], help="fetch now; stopped and called again, it goes on"
    )
    return parser


async def _connect(settings: Settings, token: str) -> None:
    from bot.app import create_bot
    from bot.cli.cluster import PARENT

    bot = create_bot(settings)

    @bot.listen()
    async def on_ready() -> None:
        bot.remove_listener(on_ready)  # Discord sends it again after every lost connection
        logs.tell(f"Connected as {bot.user}; invite me to a server: {bot.invite_link()}", logging.INFO)

    task = asyncio.current_task()
    assert task is not None

    def stop() -> None:
        if not bot.is_stopping:  # Python 3.11's wait_for swallows a cancellation that comes as it is done
            task.cancel()
            asyncio.get_running_loop().call_later(STOP_AGAIN_SECONDS, stop)

    when_stopped(stop)
    if PARENT in os.environ:  # which would start another in this one's place, and has migrated itself what it was to
        bot.may_migrate = False
        when_ended(int(os.environ[PARENT]), stop)
    try:
        await bot.start(token)
    except asyncio.CancelledError:
        log.info("stopping")
    finally:
        end_in_time()  # also where Discord, or what could not be opened, ends it
        await bot.close()
    if bot.ended_by is not None:
        raise bot.ended_by


def _cluster(settings: Settings) -> int:
    if settings.discord_token is None:
        return _fail("A cluster needs DISCORD_TOKEN: the preview is one process.")
    if settings.database_file is not None:
        return _fail(
            "Several processes need PostgreSQL: set MARQUEE_DATABASE to its address; docs/cluster.md says how."
        )
    from bot.cli import cluster

    # Not by `loop`, which imports torch: 190 MB, for a process that answers nobody.
    asyncio.run(cluster.run(settings, settings.discord_token.get_secret_value()))
    return 0


def _preview(settings: Settings) -> int:
    # Importing simcord makes a client without intents, which discord.py warns of.
    logging.getLogger("discord.state").setLevel(logging.ERROR)
    try:
        from bot import loop, preview
    except ImportError as error:
        return _fail(
            f"Without DISCORD_TOKEN the preview opens, which needs more packages ({error}): pip install 'marquee[preview]'"
        )
    loop.run(preview.run(settings), pythons_own=True)
    return 0


def _fail(sentence: str) -> int:
    logs.tell(sentence)
    return 1
