"""simcord's preview, made to live: a clock that runs, pages that update themselves, actions that wait their turn.

simcord is made for tests. Its clock stands still between the steps of a test, its pages show what the last step
published, and a second action during the first is an error.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

from discord.webhook.async_ import async_context
from simcord import ChannelHandle, Env, MemberActor, SetupError
from simcord._clock import Clock
from simcord.preview import Preview

log = logging.getLogger(__name__)

# simcord may change these in any release, so its version is pinned exactly, and a test looks for each of them.
PRIVATE = {
    "env": (
        "_bot_scope",
        "_capture_errors",
        "_preview",
        "_process_resource_deadlines",
        "_settle_internal",
        "_webhook_adapter",
        "backend.bot_user",
        "backend.clock.now",
        "backend.http_requests",
        "backend.reserve_id",
        "backend.transcript",
        "backend.users",
    ),
    "preview": (
        "_action",
        "_active_action",
        "_advance_presentation_time",
        "_get_page",
        "_publish_message_pages",
    ),
}

ANSWER_SECONDS = 3.2  # Discord itself waits for 3
PUBLISH_SECONDS = 0.25
REFRESH_SECONDS = 30.0  # "2 minutes ago" moves on even if nothing happens


class WallClock(Clock):
    """The time outside."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class LiveEnv(Env):
    """A simulated Discord whose bot runs on the ordinary event loop, with ordinary timers."""

    @contextlib.contextmanager
    def _bot_scope(self) -> Iterator[None]:
        """As simcord's own, without the mark by which it takes a task's timers over."""
        before = async_context.get()
        async_context.set(self._webhook_adapter or before)
        try:
            yield
        finally:
            async_context.set(before)

    def _capture_errors(self) -> None:
        """Errors stay with the bot: one that it answered is no failure of the action, and it logs the others."""

    async def _settle_internal(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 (simcord's signature)
        idle: float = 0.02,
        dispatch: str | None = None,
        _deadline: float | None = None,
    ) -> None:
        """Wait until the bot has answered, not until all its work is done, of which there may be minutes."""
        action = self._preview._active_action if self._preview else None
        end = time.perf_counter() + ANSWER_SECONDS
        while action is not None and action.interaction is not None and time.perf_counter() < end:
            if action.interaction.responded:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(idle)


class LivePreview(Preview):
    """A preview that shows what happens as it happens."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = asyncio.Lock()

    async def _action(self, context_id: str | None, body: Any) -> dict[str, Any]:
        """Actions wait for each other. One from a page that is an update behind counts all the same."""
        async with self._turn:
            if isinstance(body, dict):
                body["published_revision"] = self._get_page(context_id).revision
            return await super()._action(context_id, body)

    async def follow(self) -> None:
        """Keep all pages up to date, for ever."""
        published = 0.0
        while True:
            await asyncio.sleep(PUBLISH_SECONDS)
            try:
                self.env._process_resource_deadlines()
                if self.env.backend.transcript or time.perf_counter() - published > REFRESH_SECONDS:
                    await self._publish_news()
                    published = time.perf_counter()
            except Exception:
                log.exception("The preview's pages could not be updated.")

    async def _publish_news(self) -> None:
        async with self._turn:
            # Emptied, since they would grow as long as the preview runs.
            self.env.backend.transcript.clear()
            self.env.backend.http_requests.clear()
            self._advance_presentation_time()
            self._publish_message_pages(reason="refresh")


@contextlib.asynccontextmanager
async def open_preview(
    env: LiveEnv, channel: ChannelHandle, viewers: list[MemberActor], port: int, capability: str, **looks: Any
) -> AsyncIterator[LivePreview]:
    """The page of one channel, for these members. At `port`, or at any free one if it is taken.

    `capability` is the secret in its address. `looks`: the preview's other options (assets, locale, timezone).
    """
    async with contextlib.AsyncExitStack() as stack:
        page = LivePreview(env, channel, tuple(viewers), port=port, **looks)
        ...
        yield page
