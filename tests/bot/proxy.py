"""A network between a bot and PostgreSQL that can fall silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Proxy:
    """Hands on what comes. After `fall_silent` no side of the connections that there are hears of the other, nor of their ends,
    as where a firewall has forgotten them; new ones are handed on."""

    def __init__(self, to: int) -> None:
        self._to, self.port = to, 0
        self._pumps = set[asyncio.Task[None]]()
        self._silent = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def before(cls, port: int) -> AsyncIterator["Proxy"]:
        proxy = cls(port)
        server = await asyncio.start_server(proxy._join, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            for pump in proxy._pumps:
                pump.cancel()
            await asyncio.gather(*proxy._pumps, return_exceptions=True)

    def fall_silent(self) -> None:
        self._silent.set()
        self._silent = asyncio.Event()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        for source, sink in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pump(source, sink, self._silent))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        try:
            with suppress(OSError):
                while data := await source.read(65536):
                    if silent.is_set():
                        await asyncio.Event().wait()
                    sink.write(data)
                    await sink.drain()
            if silent.is_set():
                await asyncio.Event().wait()
        finally:
            sink.close()
