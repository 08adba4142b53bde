"""Reads the command line, sets up logging, and turns known errors into a sentence."""

import argparse
import asyncio
import gc
import logging
import signal
import sys

import aiohttp
import discord
import torch
from pydantic import ValidationError
from rich.console import Console
from rich.logging import RichHandler

from bot.app import create_bot
from bot.cli import films
from bot.cli.evaluate import evaluate
from bot.cli.train import train
from bot.lock import AlreadyRunningError
from bot.settings import Settings
from bot.store import StoreError, backup
from recommender.datasets import DatasetError

log = logging.getLogger("bot")


def main() -> int:
    """Returns the exit status: 0, or 1 with a sentence on standard error."""
    options = _parser().parse_args()
    command = options.command or "run"
    try:
        settings = Settings()
        _log(settings.log_level)
        if command == "backup":
            backup(settings.database, options.file)
            print(f"Copied {settings.database} to {options.file}.")
            return 0
        if command == "films":
            return films.fetch(settings) if options.update else films.show(settings)
        if command in ("train", "evaluate"):
            return {"train": train, "evaluate": evaluate}[command](settings)
        # One thread is enough to answer. With more, they wait for each other while a retrain uses the other cores.
        torch.set_num_threads(1)
        # Python's default is 5 ms: too long a wait for the event loop while another thread installs a model or reads a file.
        sys.setswitchinterval(0.0005)
        # The bot never speaks in a voice channel, so missing voice libraries need no warning.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        if command == "preview" or settings.discord_token is None:
            return _preview(settings)
        return _run(settings)
    except ValidationError as error:
        return _fail("\n".join(f"The setting {e['loc'][0]} can't be used: {e['msg']}" for e in error.errors()))
    except (AlreadyRunningError, StoreError, DatasetError) as error:
        return _fail(str(error))
    except aiohttp.ClientConnectionError as error:
        return _fail(f"Discord can't be reached. Check the connection and start again. ({error})")
    except OSError as error:
        return _fail(f"The folder or file {error.filename} can't be used: {error.strerror}. See MARQUEE_DATA_DIR.")
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Marquee, a Discord bot for movie nights.")
    commands = parser.add_subparsers(dest="command", title="commands", help="run, if none is given")
    commands.add_parser("run", help="connect to Discord, or open the preview if there is no token")
    commands.add_parser("preview", help="the page in a browser")
    commands.add_parser("train", help="fit a model and publish it")
    commands.add_parser("evaluate", help="measure the model on held-out ratings")
    commands.add_parser("backup", help="copy the database while the bot runs").add_argument(
        "file", help="the copy to make"
    )
    known = commands.add_parser("films", help="what is known of films, from where and how old")
    known.add_argument("update", nargs="?", choices=["update"], help="fetch now; stopped and called again, it goes on")
    return parser


def _run(settings: Settings) -> int:
    assert settings.discord_token is not None
    try:
        asyncio.run(_connect(settings, settings.discord_token.get_secret_value()))
    except discord.LoginFailure:
        return _fail("Discord refuses the token. Copy it again from the developer portal (Bot, Reset Token) into .env.")
    return 0


async def _connect(settings: Settings, token: str) -> None:
    bot = create_bot(settings)

    @bot.listen()
    async def on_ready() -> None:
        bot.remove_listener(on_ready)  # Discord sends it again after every lost connection
        print(f"Connected as {bot.user}; invite me to a server: {bot.invite_link()}", file=sys.stderr)

    task = asyncio.current_task()
    assert task is not None
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, task.cancel)
    # What was imported is there to stay. A third of a second, in which nobody is answered, is what looking through it for garbage
    # would take, as often as somebody imports a long file.
    gc.freeze()
    try:
        await bot.start(token)
    except asyncio.CancelledError:
        log.info("stopping")
    finally:
        await bot.close()


def _preview(settings: Settings) -> int:
    # Importing simcord makes a client without intents, which discord.py warns of.
    logging.getLogger("discord.state").setLevel(logging.ERROR)
    try:
        from bot import preview
    except ImportError as error:
        return _fail(
            f"Without DISCORD_TOKEN the preview opens, which needs more packages ({error}): pip install 'marquee[preview]'"
        )
    asyncio.run(preview.run(settings))
    return 0


def _log(level: str) -> None:
    handler: logging.Handler = logging.StreamHandler()
    if sys.stderr.isatty():
        handler = RichHandler(console=Console(stderr=True), show_path=False)
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    # At INFO and DEBUG these log every request and event, with members' ids and interaction tokens.
    for noisy in ("discord.gateway", "discord.http", "discord.client", "discord.webhook", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
