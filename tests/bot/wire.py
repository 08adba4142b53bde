"""A Discord on loopback: as much HTTP and gateway as it takes for discord.py's own client to connect and be used.

Point discord.py at it with `Route.BASE = wire.rest` and `DiscordWebSocket.DEFAULT_GATEWAY = wire.gateway`.
"""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import discord
import yarl
from aiohttp import web

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.GmN0kW.sEcReT-sEcReT-sEcReT"
APPLICATION, GUILD, CHANNEL, ALICE = 100_000_000_000_000_001, 100_000_000_000_000_002, 100_000_000_000_000_003, 101
PATIENCE = 60  # seconds; only a failing test waits this long
COMMAND, AUTOCOMPLETE = 2, 4  # types of interaction
SUBCOMMAND = 1  # type of an option

_DISPATCH, _HEARTBEAT, _IDENTIFY, _RESUME, _INVALID_SESSION, _HELLO, _HEARTBEAT_ACK = 0, 1, 2, 6, 9, 10, 11
_SESSION = "the session"
_ANY_PERMISSION = str(discord.Permissions.all().value)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _user(user: int, name: str, **more: object) -> dict[str, Any]:
    return {"id": str(user), "username": name, "discriminator": "0", "avatar": None, "global_name": None, **more}


def _member(user: int) -> dict[str, Any]:
    person = _user(user, f"member{user}")
    return {"user": person, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False} | {
        "flags": 0,
        "permissions": _ANY_PERMISSION,
    }


BOT = _user(APPLICATION, "Marquee", bot=True)
_CHANNEL = {"id": str(CHANNEL), "guild_id": str(GUILD), "type": 0, "name": "movies", "position": 0}
_EVERYONE = {"id": str(GUILD), "name": "@everyone", "permissions": _ANY_PERMISSION, "position": 0, "flags": 0} | {
    "color": 0,
    "colors": {"primary_color": 0},
    "hoist": False,
    "managed": False,
    "mentionable": False,
}
_LISTS = "members threads emojis stickers voice_states presences stage_instances guild_scheduled_events features"
_NUMBERS = "verification_level default_message_notifications explicit_content_filter mfa_level nsfw_level premium_tier"
_GUILD = (
    {"id": str(GUILD), "name": "Film club", "owner_id": str(ALICE), "member_count": 2, "preferred_locale": "en-US"}
    | {"roles": [_EVERYONE], "channels": [{**_CHANNEL, "permission_overwrites": []}], "afk_timeout": 300}
    | {"system_channel_flags": 0, "premium_progress_bar_enabled": False}
    | {name: [] for name in _LISTS.split()}
    | {name: 0 for name in _NUMBERS.split()}
)


@dataclass(frozen=True)
class Answer:
    """The bot's answer to an interaction, or an edit of it. `seconds`: how long after the interaction it came."""

    data: Mapping[str, Any]
    seconds: float

    @property
    def text(self) -> str:
        """All text on the card, a line each."""
        return "\n".join(_texts(self.data["components"]))

    @property
    def flags(self) -> discord.MessageFlags:
        return discord.MessageFlags._from_value(self.data["flags"])


def _texts(components: list[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        if "content" in component:
            yield component["content"]
        yield from _texts(component.get("components", []))


@dataclass(eq=False)
class Interaction:
    """What a member did. `answer` is the bot's first answer; `edits` are those of the message that it sent."""

    id: int
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    edits: asyncio.Queue[Answer] = field(default_factory=asyncio.Queue)
    _sent: float = field(default_factory=time.perf_counter)

    def answered(self, data: Mapping[str, Any]) -> Answer:
        return Answer(data, time.perf_counter() - self._sent)


@dataclass
class Failure:
    """What the next request with this method and end of path gets instead of its response."""

    method: str
    path: str
    status: int
    retry_after: float = 0.0


class Wire:
    """The Discord of one application, one server and one channel.

    `commands` are those it knows; `requests` the methods and paths asked for; `identifies` the payloads of IDENTIFY;
    `resumes` counts RESUMEs. What is put into `failures` happens once each, in order.
    """

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []
        self.identifies: list[dict[str, Any]] = []
        self.resumes = 0
        self.failures: list[Failure] = []
        self.connected = asyncio.Event()
        self._interactions: dict[str, Interaction] = {}
        self._socket: web.WebSocketResponse | None = None
        self._events: list[dict[str, Any]] = []  # of this session: RESUME repeats those that were missed
        self._count = itertools.count(1)

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """Serves until the end of the block."""
        wire = cls()
        runner = web.AppRunner(wire._application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            wire.rest, wire.gateway = f"http://127.0.0.1:{port}/api", yarl.URL(f"ws://127.0.0.1:{port}/gateway")
            yield wire
        finally:
            await runner.cleanup()

    rest: str
    gateway: yarl.URL

    # What members do

    async def command(self, name: str, /, *, by: int = ALICE, **options: Any) -> Answer:
        """Use a slash command and wait for the answer."""
        return await self.answer(await self.send(COMMAND, name, options, by=by))

    async def autocomplete(self, name: str, /, *, by: int = ALICE, **options: Any) -> Answer:
        """Type into the last of the options and wait for the choices."""
        return await self.answer(await self.send(AUTOCOMPLETE, name, options, by=by))

    async def send(
        self, kind: int, name: str, options: dict[str, Any], *, by: int = ALICE, late: float = 0.0
    ) -> Interaction:
        """Use a slash command, or type into its last option; the bot hears of it `late` seconds after that."""
        made = datetime.now(UTC) - timedelta(seconds=late)
        interaction = Interaction(discord.utils.time_snowflake(made) + next(self._count) % 2**22)
        self._interactions[str(interaction.id)] = interaction
        await self._dispatch(
            "INTERACTION_CREATE",
            {"id": str(interaction.id), "application_id": str(APPLICATION), "type": kind, "version": 1}
            | {"token": f"token-{interaction.id}", "guild_id": str(GUILD), "channel_id": str(CHANNEL)}
            | {"channel": {**_CHANNEL, "permissions": _ANY_PERMISSION}, "member": _member(by)}
            | {"app_permissions": _ANY_PERMISSION, "attachment_size_limit": 10_485_760, "entitlements": []}
            | {"authorizing_integration_owners": {"0": str(GUILD)}, "context": 0, "locale": "en-US"}
            | {"guild_locale": "en-US", "data": self._command_data(kind, name, options)},
        )
        return interaction

    async def answer(self, interaction: Interaction) -> Answer:
        async with asyncio.timeout(PATIENCE):
            return await interaction.answer

    async def until_connected(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.connected.wait()

    async def drop(self) -> None:
        """Close the bot's socket as Discord does when it wants the bot to resume."""
        assert self._socket is not None
        self.connected.clear()
        await self._socket.close(code=4000)

    def count(self, method: str, path: str) -> int:
        """The requests with this method and this end of their path."""
        return sum(asked == method and at.endswith(path) for asked, at in self.requests)

    def _command_data(self, kind: int, name: str, options: dict[str, Any]) -> dict[str, Any]:
        first, *rest = name.split()
        command = next(command for command in self.commands if command["name"] == first)
        leaf = command
        for word in rest:
            leaf = next(option for option in leaf["options"] if option["name"] == word)
        types = {option["name"]: option["type"] for option in leaf.get("options", [])}
        given = [{"name": key, "type": types[key], "value": value} for key, value in options.items()]
        if kind == AUTOCOMPLETE:
            given[-1]["focused"] = True
        for word in reversed(rest):
            given = [{"name": word, "type": SUBCOMMAND, "options": given}]
        return {"id": command["id"], "name": first, "type": 1, "options": given}

    # HTTP

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._admit])
        application.add_routes(
            [
                web.get("/gateway", self._connect),
                web.get("/api/users/@me", self._me),
                web.get("/api/oauth2/applications/@me", self._about),
                web.get(f"/api/applications/{APPLICATION}/commands", self._commands),
                web.put(f"/api/applications/{APPLICATION}/commands", self._set_commands),
                web.post("/api/interactions/{id}/{token}/callback", self._callback),
                web.patch(f"/api/webhooks/{APPLICATION}/token-{{id}}/messages/@original", self._edit),
            ]
        )
        return application

    @web.middleware
    async def _admit(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        for failure in self.failures:
            if failure.method == request.method and request.path.endswith(failure.path):
                self.failures.remove(failure)
                body = {"message": "as ordered", "retry_after": failure.retry_after, "global": False}
                return _json(body, failure.status, {"Retry-After": str(failure.retry_after)})
        # A gateway connection, an answer and an edit carry their own proof.
        needs_token = request.path.startswith(("/api/users", "/api/oauth2", "/api/applications"))
        if needs_token and request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        return await handler(request)

    async def _me(self, request: web.Request) -> web.Response:
        return _json(BOT)

    async def _about(self, request: web.Request) -> web.Response:
        about = {"id": str(APPLICATION), "name": "Marquee", "icon": None, "description": "", "summary": "", "flags": 0}
        return _json(
            {**about, "bot_public": True, "bot_require_code_grant": False, "verify_key": "", "team": None}
            | {"owner": _user(ALICE, "alice")}
        )

    async def _commands(self, request: web.Request) -> web.Response:
        return _json(self.commands)

    async def _set_commands(self, request: web.Request) -> web.Response:
        self.commands = [
            {"description": "", **command, "id": str(number), "application_id": str(APPLICATION), "version": "1"}
            for number, command in enumerate(await request.json(), start=1)
        ]
        return _json(self.commands)

    async def _callback(self, request: web.Request) -> web.Response:
        body = await request.json()
        interaction = self._interactions[request.match_info["id"]]
        interaction.answer.set_result(interaction.answered(body["data"]))
        about = {"id": str(interaction.id), "type": COMMAND, "response_message_id": str(interaction.id)}
        return _json({"interaction": about, "resource": {"type": body["type"]}})

    async def _edit(self, request: web.Request) -> web.Response:
        interaction = self._interactions[request.match_info["id"]]
        interaction.edits.put_nowait(interaction.answered(await request.json()))
        message = {"id": str(interaction.id), "channel_id": str(CHANNEL), "author": BOT, "type": 20, "content": ""}
        return _json(
            {**message, "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False}
            | {"mention_everyone": False, "mentions": [], "attachments": [], "embeds": [], "pinned": False}
        )

    # Gateway

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": _HELLO, "d": {"heartbeat_interval": 41_250}})
        async for message in socket:
            await self._received(socket, json.loads(message.data))
        return socket

    async def _received(self, socket: web.WebSocketResponse, payload: dict[str, Any]) -> None:
        data = payload["d"]
        match payload["op"]:
            case 1:
                await socket.send_json({"op": _HEARTBEAT_ACK})
            case 2:
                self.identifies.append(data)
                self._events.clear()
                await self._dispatch(
                    "READY",
                    {"v": 10, "user": BOT, "guilds": [{"id": str(GUILD), "unavailable": True}], "session_id": _SESSION}
                    | {"resume_gateway_url": str(self.gateway), "application": {"id": str(APPLICATION), "flags": 0}},
                )
                await self._dispatch("GUILD_CREATE", _GUILD)
                self.connected.set()
            case 6 if data["session_id"] == _SESSION:
                self.resumes += 1
                for event in self._events[data["seq"] :]:
                    await socket.send_json(event)
                await self._dispatch("RESUMED", {})
                self.connected.set()
            case 6:
                await socket.send_json({"op": _INVALID_SESSION, "d": False})

    async def _dispatch(self, kind: str, data: dict[str, Any]) -> None:
        event = {"op": _DISPATCH, "t": kind, "s": len(self._events) + 1, "d": data}
        self._events.append(event)
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_json(event)


def _json(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    # discord.py takes only exactly this type for JSON, and a 429 without Via for one that isn't Discord's.
    exact = {"Content-Type": "application/json", "Via": "1.1 loopback"}
    return web.Response(body=json.dumps(body).encode(), status=status, headers={**(headers or {}), **exact})
