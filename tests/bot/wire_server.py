"""What the server on the loopback Discord holds: messages in its channels, and scheduled events."""

import itertools
import json
from typing import Any

from aiohttp import web

from tests.bot import wire_payloads as payloads
from tests.bot.wire_payloads import CHANNEL, GUILD, OTHER_CHANNEL

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_EVENT, MISSING_ACCESS = 10003, 10008, 10070, 50001


class Server:
    """`messages` and `events` by their ids, as the bot last made or changed them; it has no access to what is in `closed`."""

    def __init__(self) -> None:
        self.channels = {CHANNEL, OTHER_CHANNEL}
        self.closed: set[int] = set()  # channels
        self.messages: dict[int, dict[str, Any]] = {}
        self.events: dict[int, dict[str, Any]] = {}
        self._ids = itertools.count(200_000_000_000_000_000)

    def routes(self) -> list[web.RouteDef]:
        messages, events = "/api/channels/{channel}/messages", f"/api/guilds/{GUILD}/scheduled-events"
        return [
            web.post(messages, self._send),
            web.patch(messages + "/{message}", self._edit),
            web.post(events, self._make_event),
            web.get(events + "/{event}", self._event),
            web.patch(events + "/{event}", self._change_event),
            web.delete(events + "/{event}", self._delete_event),
        ]

    def keep(self, number: int, place: int, data: dict[str, Any]) -> dict[str, Any]:
        """A message as it is from now on."""
        shown = {key: data[key] for key in ("components", "flags") if key in data}
        before = self.messages.get(number, payloads.message(number, place))
        self.messages[number] = {**before, **shown}
        return self.messages[number]

    async def _send(self, request: web.Request) -> web.Response:
        channel = int(request.match_info["channel"])
        if (refused := self._refused(channel)) is not None:
            return refused
        return reply(self.keep(next(self._ids), channel, await request.json()))

    async def _edit(self, request: web.Request) -> web.Response:
        channel, number = int(request.match_info["channel"]), int(request.match_info["message"])
        if (refused := self._refused(channel)) is not None:
            return refused
        if number not in self.messages:
            return failed(404, UNKNOWN_MESSAGE)
        return reply(self.keep(number, channel, await request.json()))

    def _refused(self, channel: int) -> web.Response | None:
        if channel not in self.channels:
            return failed(404, UNKNOWN_CHANNEL)
        return failed(403, MISSING_ACCESS) if channel in self.closed else None

    async def _make_event(self, request: web.Request) -> web.Response:
        made = payloads.event(next(self._ids), await request.json())
        self.events[int(made["id"])] = made
        return reply(made)

    async def _event(self, request: web.Request) -> web.Response:
        found = self.events.get(int(request.match_info["event"]))
        return failed(404, UNKNOWN_EVENT) if found is None else reply(found)

    async def _change_event(self, request: web.Request) -> web.Response:
        number = int(request.match_info["event"])
        if number not in self.events:
            return failed(404, UNKNOWN_EVENT)
        self.events[number] |= await request.json()
        return reply(self.events[number])

    async def _delete_event(self, request: web.Request) -> web.Response:
        found = self.events.pop(int(request.match_info["event"]), None)
        return failed(404, UNKNOWN_EVENT) if found is None else web.Response(status=204)


def reply(body: object, status: int = 200) -> web.Response:
    # discord.py reads JSON under exactly this type only, and takes a 429 without Via for someone else's than Discord's.
    headers = {"Content-Type": "application/json", "Via": "1.1 loopback"}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers)


def failed(status: int, code: int = 0, retry_after: float = 0.0) -> web.Response:
    return reply({"message": "as ordered", "code": code, "retry_after": retry_after}, status)
