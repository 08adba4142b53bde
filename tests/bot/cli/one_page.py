"""A server on loopback that has one page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def serving(path: str, page: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """Serves until the end of the block; gives the address that the path is added to."""
    app = web.Application()
    app.router.add_get(path, page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
