"""How long a test waits for what has to happen: only one that fails waits so long."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

PATIENCE = 600  # seconds

_T = TypeVar("_T")


async def patiently(awaitable: Awaitable[_T]) -> _T:
    """Its result, or a TimeoutError where something that should happen doesn't."""
    async with asyncio.timeout(PATIENCE):
        return await awaitable
