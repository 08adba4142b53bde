"""A Discord on loopback: as much HTTP and gateway as it takes for discord.py's own client to connect and be used."""

import asyncio
import base64
import itertools
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from weakref import WeakValueDictionary

import discord
import pytest
import yarl
from aiohttp import web
from discord import InteractionType
from discord.gateway import DiscordWebSocket as Op
from discord.http import Route
from simcord.components import walk_components

from bot import Marquee, Settings, create_bot
from tests.bot import wire_payloads as payloads
from tests.bot.patience import patiently
from tests.bot.wire_payloads import ALICE, APPLICATION, CHANNEL, GUILD
from tests.bot.wire_server import Server, failed, reply

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.GmN0kW.a-secret-that-no-log-may-hold"

OK, BROKEN = 200, 0
UNKNOWN_INTERACTION, ALREADY_ANSWERED = 10062, 40060  # Discord's error codes
PRESS, SHOWN, UPDATED = 2, 4, 7  # a button; an answer that is a new message; one in place of what was pressed

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Answer:
    """What the bot answered, or changed its answer to. `seconds`: how long after the interaction that was."""

    data: dict[str, Any]
    seconds: float

    @property
    def text(self) -> str:
        """All text on the card, a line each."""
        return "\n".join(_texts(self.data["components"]))

    @property
    def choices(self) -> list[str]:
        """The names that an autocomplete offers."""
        return [choice["name"] for choice in self.data["choices"]]

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
    """Something that a member did: the bot's answer to it, and the changes of that answer."""

    id: int
    place: int = CHANNEL
    pressed: int | None = None  # the message whose button it was
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    edits: asyncio.Queue[Answer] = field(default_factory=asyncio.Queue)
    _sent: float = field(default_factory=time.perf_counter)

    def answered(self, data: dict[str, Any]) -> Answer:
        return Answer(data, time.perf_counter() - self._sent)


@dataclass
class Failure:
    """What becomes of the next request with this method and end of path: it waits `seconds`, and then is answered with an error,
    or as ever (OK), or it is done and the connection breaks before the answer (BROKEN)."""

    method: str
    path: str
    status: int
    retry_after: float = 0.0
    seconds: float = 0.0


class Session:
    """What the gateway has told one shard; a RESUME brings what was missed."""

    def __init__(self) -> None:
        self.socket: web.WebSocketResponse | None = None
        self._events = deque[dict[str, Any]](maxlen=100)
        self._sequence = 0

    @property
    def is_open(self) -> bool:
        return self.socket is not None and not self.socket.closed

    async def tell(self, kind: str, data: dict[str, Any]) -> None:
        self._sequence += 1
        event = {"op": Op.DISPATCH, "t": kind, "s": self._sequence, "d": data}
        self._events.append(event)
        if self.socket is not None and not self.socket.closed:
            await self.socket.send_json(event)

    async def resume(self, socket: web.WebSocketResponse, after: int) -> None:
        self.socket = socket
        for event in [event for event in self._events if event["s"] > after]:
            await socket.send_json(event)
        await self.tell("RESUMED", {})


class Wire:
    """All of it. The bot is on all `guilds`, and so is everybody; `server` is what the first of them holds; `about` the
    application; `commands` and `emojis` are those it was told, `pictures` those of emojis by name; `requests` the methods and
    paths it was asked for; `identifies` and `resumes` what came with each IDENTIFY and RESUME. Each of the `failures` happens
    once. It asks for so many `shards`."""

    def __init__(self, shards: int = 1) -> None:
        self.shards, self.concurrency = shards, 1
        self.remaining, self.reset_after = 1000, 0  # how often it may connect, and milliseconds until it may again
        self.guilds = [payloads.SERVER]
        self.about = dict(payloads.ABOUT)
        self.rest = ""
        self.gateway = yarl.URL()
        self.commands: list[dict[str, Any]] = []
        self.emojis: list[dict[str, Any]] = []
        self.pictures: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.identifies: list[dict[str, Any]] = []
        self.resumes: list[dict[str, Any]] = []
        self.failures: list[Failure] = []
        self.server = Server()
        self.forgetful = False  # a session can't be resumed
        self._connected = asyncio.Event()
        self._interactions = WeakValueDictionary[str, Interaction]()  # those that somebody still waits for
        self._sessions = [Session() for _ in range(shards)]
        self._count = itertools.count()

    @classmethod
    @asynccontextmanager
    async def open(cls, shards: int = 1) -> AsyncIterator[Self]:
        """Serves until the end of the block."""
        wire = cls(shards)
        runner = web.AppRunner(wire._application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            port = runner.addresses[0][1]
            wire.rest, wire.gateway = f"http://127.0.0.1:{port}/api", yarl.URL(f"ws://127.0.0.1:{port}/gateway")
            yield wire
        finally:
            await runner.cleanup()

    def redirect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Point this process's discord.py here."""
        monkeypatch.setattr(Route, "BASE", self.rest)
        monkeypatch.setattr(Op, "DEFAULT_GATEWAY", self.gateway)

    # What members do

    async def command(self, name: str, by: int = ALICE, **options: Any) -> Answer:
        """Use a slash command and wait for the answer."""
        interaction = await self.send(name, options, by=by)
        return await patiently(interaction.answer)

    async def autocomplete(self, name: str, by: int = ALICE, **options: Any) -> Answer:
        """Type into the last of these options and wait for the choices."""
        interaction = await self.send(name, options, kind=InteractionType.autocomplete, by=by)
        return await patiently(interaction.answer)

    async def send(
        self,
        name: str,
        options: dict[str, Any],
        *,
        kind: InteractionType = InteractionType.application_command,
        late: float = 0.0,
        by: int = ALICE,
        place: int = CHANNEL,
        guild: int = GUILD,
    ) -> Interaction:
        """The same without waiting for an answer. The bot hears of it `late` seconds after the member did it."""
        interaction = self._made(place, late=late)
        data = self._command_data(name, options, focused=kind is InteractionType.autocomplete)
        await self.tell("INTERACTION_CREATE", payloads.interaction(interaction.id, kind.value, data, by, place, guild))
        return interaction

    async def press(self, message: int, label: str) -> Interaction:
        """Press the first button with this label, or one that begins so. Nobody waits for an answer."""
        card = self.server.messages[message]
        interaction = self._made(int(card["channel_id"]), message)
        data = {"custom_id": _button(label, card["components"]), "component_type": PRESS}
        payload = payloads.interaction(interaction.id, InteractionType.component.value, data, ALICE, interaction.place)
        await self.tell("INTERACTION_CREATE", {**payload, "message": card})
        return interaction

    async def forge(self, custom_id: str, by: int, guild: int = GUILD) -> Interaction:
        """Press a button with this custom_id, on a card that has no other. Nobody waits for an answer."""
        interaction = self._made(CHANNEL)
        data = {"custom_id": custom_id, "component_type": PRESS}
        payload = payloads.interaction(interaction.id, InteractionType.component.value, data, by, guild=guild)
        await self.tell("INTERACTION_CREATE", {**payload, "message": payloads.card(interaction.id, custom_id)})
        return interaction

    def _made(self, place: int, pressed: int | None = None, late: float = 0.0) -> Interaction:
        made = datetime.now(UTC) - timedelta(seconds=late)
        interaction = Interaction(discord.utils.time_snowflake(made) + next(self._count), place, pressed)
        self._interactions[str(interaction.id)] = interaction
        return interaction

    async def connected(self) -> None:
        """Returns once a bot is there on all shards to hear of interactions."""
        await patiently(self._connected.wait())

    async def drop(self, code: int = 4000, shard: int = 0) -> None:
        """Close the socket as Discord does when the bot should resume."""
        self._connected.clear()
        await self._socket(shard).close(code=code)

    async def order(self, op: int, data: object) -> None:
        """Tell the bot to connect anew."""
        self._connected.clear()
        await self._socket(0).send_json({"op": op, "d": data})

    async def tell(self, kind: str, data: dict[str, Any]) -> None:
        """An event of the gateway's, to the shard of its server."""
        await self._sessions[self.shard_of(int(data.get("guild_id", GUILD)))].tell(kind, data)

    async def babble(self, text: str) -> None:
        """Send something over the gateway that Discord never would."""
        await self._socket(0).send_str(text)

    def shard_of(self, guild: int) -> int:
        """https://discord.com/developers/docs/events/gateway#sharding."""
        return (guild >> 22) % self.shards

    def _socket(self, shard: int) -> web.WebSocketResponse:
        socket = self._sessions[shard].socket
        assert socket is not None
        return socket

    def asked(self, method: str, path: str) -> int:
        """How many requests had this method and this end of their path."""
        return sum(its_method == method and its_path.endswith(path) for its_method, its_path in self.requests)

    async def until_asked(self, method: str, path: str, times: int = 1) -> None:
        """Returns once it was asked for so often."""

        async def asked() -> None:
            while True:
                if self.asked(method, path) >= times:
                    return
                await asyncio.sleep(0.01)

        await patiently(asked())

    def _command_data(self, name: str, options: dict[str, Any], focused: bool) -> dict[str, Any]:
        root, *words = name.split()
        command = leaf = _named(root, self.commands)
        for word in words:
            leaf = _named(word, leaf["options"])
        given = [
            {"name": option, "type": _named(option, leaf["options"])["type"], "value": value}
            for option, value in options.items()
        ]
        if focused:
            given[-1]["focused"] = True
        for word in reversed(words):
            given = [{"name": word, "type": discord.AppCommandOptionType.subcommand.value, "options": given}]
        return {"id": command["id"], "name": root, "type": 1, "options": given}

    # HTTP

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._admit])
        commands, emojis = (f"/api/applications/{APPLICATION}/{things}" for things in ("commands", "emojis"))
        application.add_routes(
            [
                web.get("/gateway", self._connect),
                web.get("/api/gateway/bot", self._advise),
                web.get("/api/users/@me", self._me),
                web.get("/api/oauth2/applications/@me", self._about),
                web.get(commands, self._list_commands),
                web.put(commands, self._replace_commands),
                web.get(emojis, self._list_emojis),
                web.post(emojis, self._make_emoji),
                web.post("/api/interactions/{id}/{token}/callback", self._answered),
                web.post(f"/api/webhooks/{APPLICATION}/token-{{id}}", self._edited),
                web.get(f"/api/webhooks/{APPLICATION}/token-{{id}}/messages/@original", self._original),
                web.patch(f"/api/webhooks/{APPLICATION}/token-{{id}}/messages/@original", self._edited),
                *self.server.routes(),
            ]
        )
        return application

    @web.middleware
    async def _admit(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        for failure in self.failures:
            if failure.method == request.method and request.path.endswith(failure.path):
                self.failures.remove(failure)
                await asyncio.sleep(failure.seconds)
                if failure.status not in (OK, BROKEN):
                    return failed(failure.status, retry_after=failure.retry_after)
                answer = await handler(request)
                if failure.status == BROKEN and request.transport is not None:
                    request.transport.abort()
                return answer
        # The others carry a token of their own.
        needs_token = request.path.startswith(("/api/users", "/api/oauth2", "/api/applications", "/api/gateway/bot"))
        if needs_token and request.headers.get("Authorization") != f"Bot {TOKEN}":
            return failed(401)
        return await handler(request)

    async def _advise(self, request: web.Request) -> web.Response:
        times = {"remaining": self.remaining, "reset_after": self.reset_after}
        limit = {"total": 1000, "max_concurrency": self.concurrency, **times}
        return reply({"shards": self.shards, "url": str(self.gateway), "session_start_limit": limit})

    async def _me(self, request: web.Request) -> web.Response:
        return reply(payloads.BOT)

    async def _about(self, request: web.Request) -> web.Response:
        return reply(self.about)

    async def _list_commands(self, request: web.Request) -> web.Response:
        return reply(self.commands)

    async def _replace_commands(self, request: web.Request) -> web.Response:
        self.commands = [
            {"description": "", **command, "id": str(number), "application_id": str(APPLICATION), "version": "1"}
            for number, command in enumerate(await request.json(), start=1)
        ]
        return reply(self.commands)

    async def _list_emojis(self, request: web.Request) -> web.Response:
        return reply({"items": self.emojis})

    async def _make_emoji(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.pictures[body["name"]] = base64.b64decode(body["image"].removeprefix("data:image/png;base64,"))
        self.emojis.append(payloads.emoji(len(self.emojis) + 1, body["name"]))
        return reply(self.emojis[-1], 201)

    async def _answered(self, request: web.Request) -> web.Response:
        body = await _body(request)
        number = request.match_info["id"]
        if (interaction := self._interactions.get(number)) is None:  # nobody waits for it any more
            return failed(404, UNKNOWN_INTERACTION)
        if interaction.answer.done():
            return failed(400, ALREADY_ANSWERED)
        data = body.get("data") or {}
        if body["type"] in (SHOWN, UPDATED):
            self.server.keep(
                interaction.pressed if body["type"] == UPDATED else interaction.id, interaction.place, data
            )
        interaction.answer.set_result(interaction.answered(data))
        about = {"id": number, "type": InteractionType.application_command.value, "response_message_id": number}
        return reply({"interaction": about, "resource": {"type": body["type"]}})

    async def _edited(self, request: web.Request) -> web.Response:
        number, data = request.match_info["id"], await _body(request)
        interaction = self._interactions.get(number)
        if interaction is None:  # nobody waits for it any more
            return reply(self.server.keep(int(number), CHANNEL, data))
        interaction.edits.put_nowait(interaction.answered(data))
        return reply(self.server.keep(interaction.id, interaction.place, data))

    async def _original(self, request: web.Request) -> web.Response:
        return reply(self.server.messages[int(request.match_info["id"])])

    # Gateway

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": Op.HELLO, "d": {"heartbeat_interval": 41_250}})
        try:
            async for message in socket:
                payload = json.loads(message.data)
                await self._heard(socket, payload["op"], payload["d"])
        finally:
            self._look()
        return socket

    async def _heard(self, socket: web.WebSocketResponse, op: int, data: Any) -> None:
        match op:
            case Op.HEARTBEAT:
                await socket.send_json({"op": Op.HEARTBEAT_ACK})
            case Op.IDENTIFY:
                self.identifies.append(data)
                await self._begin(socket, data["shard"][0])
            case Op.REQUEST_MEMBERS:
                await self.tell("GUILD_MEMBERS_CHUNK", payloads.people(data))
            case Op.RESUME if self.forgetful:
                await socket.send_json({"op": Op.INVALIDATE_SESSION, "d": False})
            case Op.RESUME:
                self.resumes.append(data)
                await self._sessions[payloads.shard(data["session_id"])].resume(socket, data["seq"])
                self._look()

    async def _begin(self, socket: web.WebSocketResponse, shard: int) -> None:
        session = self._sessions[shard]
        session.socket = socket
        guilds = [guild for guild in self.guilds if self.shard_of(int(guild["id"])) == shard]
        await session.tell("READY", payloads.ready(str(self.gateway), guilds, (shard, self.shards)))
        for guild in guilds:
            await session.tell("GUILD_CREATE", guild)
        self._look()

    def _look(self) -> None:
        if all(session.is_open for session in self._sessions):
            self._connected.set()
        else:
            self._connected.clear()


@asynccontextmanager
async def running(settings: Settings, wire: Wire) -> AsyncIterator[Marquee]:
    """The bot, connected and with its model, until the end of the block. discord.py has to be redirected before."""
    async with create_bot(settings) as bot:
        await bot.login(TOKEN)
        connection = asyncio.create_task(bot.connect())
        # Its own event: the wire may still take the bot before it for connected.
        await patiently(bot.wait_for("connect"))
        await patiently(bot.model_ready())
        yield bot
    await connection


async def _body(request: web.Request) -> dict[str, Any]:
    """What is sent as JSON, beside files or alone."""
    if request.content_type != "multipart/form-data":
        return dict(await request.json())
    return dict(json.loads(str((await request.post())["payload_json"])))


def _button(label: str, components: list[dict[str, Any]]) -> str:
    """The custom_id of the button."""
    buttons = (part for part in walk_components(components) if "label" in part and "custom_id" in part)
    return next(part["custom_id"] for part in buttons if part["label"].startswith(label))


def _named(name: str, things: list[dict[str, Any]]) -> dict[str, Any]:
    return next(thing for thing in things if thing["name"] == name)
