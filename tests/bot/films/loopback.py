"""Wikidata's query service and IMDb's files on loopback, in the shapes of the real ones, with what can go wrong."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
WIKIDATA = "http://www.wikidata.org/entity/"


class Loopback:
    """The server. Each of the `faults` answers one request, whatever that asks for; None lets one through."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[web.Request] = []
        self.queries: list[str] = []
        self.faults: list[Fault | None] = []
        self.items: list[Item] = []
        self.files: dict[str, bytes] = {}
        self.tag: str | None = '"first"'
        self.hanging = asyncio.Event()  # a request hangs
        self.ended = asyncio.Event()  # what hangs, hangs until then

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """Serves until the end of the block."""
        here = cls()
        app = web.Application()
        app.add_routes([web.post("/sparql", here._sparql), web.get("/{name}", here._file)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            here.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield here
        finally:
            here.ended.set()
            await runner.cleanup()

    async def hangs(self, request: web.Request) -> web.StreamResponse:
        self.hanging.set()
        await self.ended.wait()
        return web.Response()

    async def _sparql(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        query = (await request.post())["query"]
        assert isinstance(query, str)
        self.queries.append(query)
        if self.faults and (fault := self.faults.pop(0)) is not None:
            return await fault(request)
        if dates := re.findall(r'"(\d{4}-\d\d-\d\d)T', query):
            start, end = dates[:2]
            rows = [{"film": item.term} for item in self.items if start <= min(item.published) < end]
            return sparql(["film"], rows)
        asked = set(re.findall(r"wd:(Q\d+)", query))
        return sparql(
            ["film", "fact", "value"], [row for item in self.items if item.name in asked for row in item.rows()]
        )

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.faults and (fault := self.faults.pop(0)) is not None:
            return await fault(request)
        name = request.match_info["name"]
        if name not in self.files:
            return web.Response(status=404)
        body, headers = self.files[name], {"Accept-Ranges": "bytes"} | ({"ETag": self.tag} if self.tag else {})
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if asked is None or request.headers.get("If-Range", self.tag) != self.tag:
            return web.Response(body=body, headers=headers)
        first = int(asked[1])
        if first >= len(body):
            return web.Response(status=416, headers=headers | {"Content-Range": f"bytes */{len(body)}"})
        return web.Response(
            status=206,
            body=body[first:],
            headers=headers | {"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"},
        )


@dataclass
class Item:
    """A film in Wikidata, every fact as a list of terms."""

    name: str
    published: list[str]
    facts: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    @property
    def term(self) -> dict[str, str]:
        return {"type": "uri", "value": f"{WIKIDATA}{self.name}"}

    def rows(self) -> Iterable[dict[str, dict[str, str]]]:
        dates = [typed("dateTime", f"{day}T00:00:00Z") for day in self.published]
        for fact, values in {**self.facts, "published": dates}.items():
            yield from ({"film": self.term, "fact": plain(fact), "value": value} for value in values)


def film(number: int, name: str, *published: str, **facts: list[dict[str, str]]) -> Item:
    """A film whose item and IMDb id have this number."""
    known = {"imdb": [plain(f"tt{number:07d}")], "title": [worded("en", name)], "sitelinks": [typed("integer", "40")]}
    return Item(f"Q{number}", list(published), known | facts)


def plain(value: str) -> dict[str, str]:
    return {"type": "literal", "value": value}


def worded(language: str, value: str) -> dict[str, str]:
    return {"xml:lang": language, "type": "literal", "value": value}


def typed(kind: str, value: str) -> dict[str, str]:
    return {"datatype": f"http://www.w3.org/2001/XMLSchema#{kind}", "type": "literal", "value": value}


def document(variables: list[str], rows: list[dict[str, Any]]) -> bytes:
    """A result in SPARQL's JSON."""
    return json.dumps({"head": {"vars": variables}, "results": {"bindings": rows}}).encode()


def sparql(variables: list[str], rows: list[dict[str, Any]]) -> web.Response:
    return web.Response(body=document(variables, rows), content_type="application/sparql-results+json")


def tsv(*rows: Iterable[object]) -> bytes:
    """A file as IMDb packs it."""
    return gzip.compress("".join("\t".join(map(str, row)) + "\n" for row in rows).encode(), 1)


def status(code: int, body: bytes = b"", **headers: str) -> Fault:
    """An answer with this status, and these headers: retry_after="5"."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, body=body, headers=named)

    return answer


def cut_off(body: bytes, length: int, **headers: str) -> Fault:
    """Announces `length` bytes, sends these and closes the connection."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(length), **headers})
        await response.prepare(request)
        await response.write(body)
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


async def enormous(request: web.Request) -> web.StreamResponse:
    """Never ends, and comes packed: a thousand times as much once it is unpacked."""
    response = web.StreamResponse(headers={"Content-Encoding": "gzip"})
    await response.prepare(request)
    packed = gzip.compress(b" " * 10_000_000)
    while True:
        await response.write(packed)
