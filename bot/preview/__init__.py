"""The preview: the same bot, the same commands, in a page that looks like Discord and needs no account."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import threading
import webbrowser
import zoneinfo
from collections.abc import AsyncIterator
from pathlib import Path

from simcord import ChannelHandle

from bot.app import Marquee, create_bot
from bot.films.tmdb import Tmdb
from bot.preview import club
from bot.preview.live import LiveEnv, LivePreview, WallClock
from bot.settings import Settings
from bot.stopping import when_stopped

WELCOME = (
    "Welcome to the film club! I'm Marquee. Type `/` to see what I can do; `/recommend` is a good start.\n"
    "You are every member of this club: switch with **Viewing as** at the top."
)
NOT_YET = "-# One moment, I'm still getting to know the films."
CAPABILITY_LENGTH = 43


async def run(settings: Settings) -> None:
    """Serve the preview until Ctrl+C, SIGTERM or the page's own "End preview session"."""
    stopped = asyncio.Event()
    when_stopped(stopped.set)
    async with open_preview(settings) as page:
        port = page.url.split(":")[2].split("/")[0]
        if settings.preview_port not in (0, int(port)):
            print(f"Port {settings.preview_port} is taken, so the preview is at port {port}.")
        print(f"\nThe preview is open at {page.url}\nPress Ctrl+C to stop it.\n", flush=True)
        if _has_browser():
            # In a daemon thread: with some browsers the call returns only when they are closed.
            threading.Thread(target=webbrowser.open, args=(page.url,), daemon=True).start()
        ends = [asyncio.create_task(stopped.wait()), asyncio.create_task(page.wait_closed())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        print("Stopping.", flush=True)


@contextlib.asynccontextmanager
async def open_preview(settings: Settings, tmdb: Tmdb | None = None) -> AsyncIterator[LivePreview]:
    """The bot in its film club, and the page. Its data are in a folder of their own, apart from a real bot's. tmdb: see
    `create_bot`."""
    folder = settings.data_dir / "preview"
    folder.mkdir(parents=True, exist_ok=True)
    ours = {
        "owner_ids": frozenset({club.YOU.id}),
        "data_dir": folder,
        "database": folder / "preview.db",
        "model_dir": folder / "models",
        "backup_dir": folder / "backups",
        "backup_hours": 0,
        "metrics_port": None,  # a real bot's
        "shards": None,
        "films": "off",  # what is looked at on one machine needs no network
        "alert_channel": None,
        "alert_webhook": None,
    }
    bot = create_bot(settings.model_copy(update=ours), tmdb)
    env = LiveEnv(bot, shard_count=1)
    # Before the wall clock is set: simcord makes ids from its own, so the channel's and the bot's are the same in every run.
    channel, members = club.found(env)
    pictures = club.faces(env) | club.stars(env)
    env.backend.clock = WallClock()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(env.shutdown)
        stack.push_async_callback(bot.close)
        await env.start()
        page = LivePreview(
            env,
            channel,
            members,
            assets=pictures,
            timezone=_timezone(),
            port=_port(settings.preview_port),
            capability=_capability(folder / "capability"),
            picture=bot.looks.picture if bot.looks else None,
        )
        await stack.enter_async_context(page)
        for work in (page.follow(), _welcome(bot, channel, page)):
            stack.callback(asyncio.create_task(work).cancel)
        yield page


async def _welcome(bot: Marquee, channel: ChannelHandle, page: LivePreview) -> None:
    """Greet, and have all in place before the first command that is not answered with "not yet"."""
    await bot.get_partial_messageable(channel.id).send(WELCOME)
    not_yet = await bot.get_partial_messageable(channel.id).send(NOT_YET)
    await bot.model_ready()
    async with page.turn:
        await club.seed(bot)
        await not_yet.delete()


def _capability(path: Path) -> str:
    """The secret part of the address. It is kept, so that an open page can be reloaded after a restart."""
    kept = path.read_text() if path.exists() else ""
    if len(kept) == CAPABILITY_LENGTH:
        return kept
    path.touch(mode=0o600)
    new = secrets.token_urlsafe(32)
    path.write_text(new)
    return new


def _port(wanted: int) -> int:
    """The wanted port, or 0, which is any free one, if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


def _timezone() -> str:
    """This machine's time zone by name, or UTC if it has none that is known."""
    name = os.environ.get("TZ") or str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return name if name in zoneinfo.available_timezones() else "UTC"


def _has_browser() -> bool:
    """Someone sits here and has a screen. Without one, webbrowser would start a text browser in this terminal."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.stdout.isatty() and bool(screen)
