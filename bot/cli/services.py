"""What Discord and TMDB say of a token, each asked once and not for long.

Not by the bot's own clients, which try again for minutes. No token is in an error's message.
"""

import http.client
import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import discord
from discord.http import Route

from bot.films import tmdb
from bot.films.fetch import user_agent

SECONDS = 4.0  # for one answer, with looking up the name
MOST_BYTES = 1_000_000
REFUSED = 401
# What the developer portal calls them, and the flags of an application that has them: for few servers and for many.
PRIVILEGED = {
    "Presence": ("gateway_presence", "gateway_presence_limited"),
    "Server Members": ("gateway_guild_members", "gateway_guild_members_limited"),
    "Message Content": ("gateway_message_content", "gateway_message_content_limited"),
}
T = TypeVar("T")


class NotReachedError(Exception):
    """A service could not be asked; the message says why in a few words."""


class Application(NamedTuple):
    """The bot's, as Discord knows it."""

    id: int
    name: str
    privileged: tuple[str, ...]  # the privileged intents that are on


class Heard(NamedTuple):
    """Discord's answer."""

    application: Application | None  # None: it refuses the token, or wasn't given one
    ahead: float | None  # seconds by which this machine's clock is ahead of Discord's; None: it didn't tell the time


class _Reply(NamedTuple):
    status: int
    body: Any  # JSON; None where it is none
    ahead: float | None


def looks_like_discords(token: str) -> bool:
    """Three parts, of which the first is a number in base64: https://discord.com/developers/docs/reference#authentication."""
    if re.fullmatch(r"[\w-]+(\.[\w-]+){2}", token, re.ASCII) is None:
        return False
    first = token.partition(".")[0]
    try:
        return urlsafe_b64decode(first + "=" * (-len(first) % 4)).isdigit()
    except ValueError:
        return False


def looks_like_tmdbs(token: str) -> bool:
    """A JSON Web Token (RFC 7519): three parts, of which the first is a JSON object in base64."""
    return re.fullmatch(r"eyJ[\w-]*(\.[\w-]+){2}", token, re.ASCII) is not None


def ask_discord(token: str | None) -> Heard:
    """Which application a token is of; without one, only the time. Raises NotReachedError."""
    path, headers = (
        ("/gateway", {}) if token is None else ("/oauth2/applications/@me", {"Authorization": f"Bot {token}"})
    )
    agent = f"DiscordBot (https://github.com/Rapptz/discord.py, {discord.__version__})"
    reply = _within(lambda: _get(Route.BASE + path, {"User-Agent": agent, **headers}))
    if token is None or reply.status == REFUSED:
        return Heard(None, reply.ahead)
    try:
        flags = int(reply.body.get("flags") or 0)
        on = tuple(name for name, both in PRIVILEGED.items() if any(flags & _bit(flag) for flag in both))
        return Heard(Application(int(reply.body["id"]), str(reply.body["name"]), on), reply.ahead)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise NotReachedError(f"it answered {reply.status}, and nothing that makes sense") from None


def ask_tmdb(token: str) -> bool:
    """Whether TMDB takes the token: https://developer.themoviedb.org/reference/authentication-validate-key. Raises
    NotReachedError."""
    headers = {"Authorization": f"Bearer {token}", "User-Agent": user_agent(), "Accept": "application/json"}
    reply = _within(lambda: _get(f"{tmdb.ADDRESS}/authentication", headers))
    if reply.status not in (http.client.OK, REFUSED):
        raise NotReachedError(f"it answered {reply.status}")
    return reply.status == http.client.OK


def _bit(flag: str) -> int:
    return int(getattr(discord.ApplicationFlags, flag).flag)


def _get(address: str, headers: dict[str, str]) -> _Reply:
    """One request. Redirects are not followed: they would be told the token."""
    place = urlsplit(address)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=SECONDS)
    try:
        connection.request("GET", place.path, headers=headers)
        response = connection.getresponse()
        ahead = _ahead(response.headers.get("Date"), time.time())
        try:
            body = json.loads(response.read(MOST_BYTES))
        except (ValueError, RecursionError):
            body = None
        return _Reply(response.status, body, ahead)
    finally:
        connection.close()


def _ahead(date: str | None, now: float) -> float | None:
    """date: a server's, which leaves out fractions of the second."""
    try:
        return None if date is None else now - parsedate_to_datetime(date).timestamp() - 0.5
    except ValueError:
        return None


def _within(ask: Callable[[], T]) -> T:
    """The result, or NotReachedError. In a thread that nobody waits for longer: looking up a name knows no limit."""
    results = SimpleQueue[T | Exception]()

    def work() -> None:
        try:
            results.put(ask())
        except Exception as error:
            results.put(error)

    Thread(target=work, daemon=True).start()
    try:
        result = results.get(timeout=SECONDS)
    except Empty:
        raise NotReachedError(f"no answer within {SECONDS:.0f} seconds") from None
    if isinstance(result, Exception):
        # A ValueError's text may hold the header with the token.
        why = getattr(result, "strerror", None) or type(result).__name__
        raise NotReachedError(str(why)) from None
    return result
