"""simcord's preview, made to live: a clock that runs, pages that update themselves, actions that wait their turn.

simcord is made for tests. Its clock stands still between a test's steps, its pages show what the last step published,
and a second action during the first is an error.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from discord.webhook.async_ import async_context
from simcord import ChannelHandle, Env, MemberActor
from simcord._clock import Clock
from simcord.components import walk_components
from simcord.http.router import RequestContext
from simcord.preview import Preview, _markdown

log = logging.getLogger(__name__)

# simcord may change these in any release. So its version is pinned exactly, and a test looks for each of them.
PRIVATE = {
    "env": (
        "_bot_scope",
        "_capture_errors",
        "_preview",
        "_process_resource_deadlines",
        "_settle_internal",
        "_webhook_adapter",
        "backend.bot_user.avatar",
        "backend.bot_user.name",
        "backend.clock.now",
        "backend.http_requests.clear",
        "backend.messages",
        "backend.reserve_id",
        "backend.transcript.clear",
        "backend.users",
    ),
    "markdown": ("_markdown_parser",),
    "page": ("revision", "target_id"),
    "preview": (
        "_action",
        "_active_action",
        "_advance_presentation_time",
        "_explicit_assets",
        "_get_page",
        "_pages",
        "_publish",
        "_python",
        "_run_interaction_action",
        "capability",
    ),
}

ANSWER_SECONDS = 3.2  # Discord itself waits for 3
PUBLISH_SECONDS = 0.25
REFRESH_SECONDS = 30.0  # "2 minutes ago" moves on even if nothing happens
KEPT_MESSAGES = 25  # simcord works on all messages of a channel at every update of a page


class WallClock(Clock):
    """The time outside."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class LiveEnv(Env):
    """A simulated Discord whose bot runs on the ordinary event loop, with ordinary timers."""

    @contextlib.contextmanager
    def _bot_scope(self) -> Iterator[None]:
        """As simcord's own, but without the mark by which it takes over a task's timers."""
        before = async_context.get()
        async_context.set(self._webhook_adapter or before)
        try:
            yield
        finally:
            async_context.set(before)

    def _capture_errors(self) -> None:
        """Errors stay with the bot: one that it answered is no failure of the action, and the others it logs."""

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
        interaction = action.interaction if action else None
        end = time.perf_counter() + ANSWER_SECONDS
        while interaction is not None and not interaction.responded and time.perf_counter() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # simcord tells nobody when the answer comes
        await asyncio.sleep(idle)


class LivePreview(Preview):
    """A page that shows what happens as it happens. `capability` is the secret part of its address."""

    def __init__(
        self,
        env: LiveEnv,
        channel: ChannelHandle,
        viewers: Sequence[MemberActor],
        *,
        assets: Mapping[str, tuple[str, bytes]],
        timezone: str,
        port: int,
        capability: str,
        picture: Callable[[str], Awaitable[bytes | None]] | None = None,
    ) -> None:
        super().__init__(
            env,
            channel,
            tuple(viewers),
            layout="channel",
            display="responsive",
            width=960,
            height=720,
            locale="en-GB",
            timezone=timezone,
            presentation_time=None,
            assets=assets,
            port=port,
        )
        self.capability = capability
        self._picture = picture
        self._missed: set[str] = set()  # addresses of pictures that didn't come
        self.turn = asyncio.Lock()  # held while an action runs, or while others must wait

    async def _action(self, context_id: str | None, body: Any) -> dict[str, Any]:
        """Actions wait for each other, and one from a page that is an update behind counts all the same."""
        async with self.turn:
            if isinstance(body, dict):
                body["published_revision"] = self._get_page(context_id).revision
            return await super()._action(context_id, body)

    async def _run_interaction_action(
        self, page: Any, action: Any, cursor: int, awaited: Any, *, republish_all: bool = False
    ) -> dict[str, Any]:
        """Shows the answer on the page of whoever acted. The others see it by `follow`, a moment later."""

        async def answered() -> Any:
            result = await awaited
            if action.interaction.message_id not in (None, action.interaction.source_message_id):
                # A page scrolls to its target: to a new message, as Discord does.
                page.target_id = action.interaction.message_id
            return result

        return await super()._run_interaction_action(page, action, cursor, answered())

    async def follow(self) -> None:
        """Show on all pages what the bot did by itself and what the clock brought. Goes on until it is cancelled."""
        published = time.perf_counter()
        while True:
            await asyncio.sleep(PUBLISH_SECONDS)
            try:
                self.env._process_resource_deadlines()
                is_old = time.perf_counter() > published + REFRESH_SECONDS
                if await self._fetch_pictures() or self.env.backend.transcript or is_old:
                    published = time.perf_counter()
                    await self._publish_news()
            except Exception:
                log.exception("The preview's pages could not be updated.")

    async def _fetch_pictures(self) -> bool:
        """Have the pictures that messages show, as Discord does for its pages; simcord's fetch nothing. True if any came."""
        messages = list(self.env.backend.messages[self.channel.id].values()) if self._picture else []
        shown = {address for message in messages for address in _pictures(message.components)}
        new = list(shown - self._explicit_assets.keys() - self._missed)
        images = await asyncio.gather(*map(self._picture, new)) if self._picture else []
        for address, image in zip(new, images, strict=True):
            if image is None:
                self._missed.add(address)
            else:
                self._explicit_assets[address] = (address.rpartition("/")[2], image)
        return bool(new)

    async def _publish_news(self) -> None:
        async with self.turn:
            # simcord's logs would grow for as long as the preview runs, and nobody reads them.
            self.env.backend.transcript.clear()
            self.env.backend.http_requests.clear()
            messages = self.env.backend.messages[self.channel.id]
            for message in sorted(messages)[:-KEPT_MESSAGES]:
                del messages[message]
            self._advance_presentation_time()
            for page in tuple(self._pages.values()):
                if page is not self._python:  # a page for tests, which nobody looks at
                    self._publish(page, reason="refresh")


def _pictures(components: Any) -> Iterator[str]:
    """The addresses of a message's thumbnails and galleries, without those of its own attachments."""
    for part in walk_components(components):
        for holder in (part, *part.get("items", ())):
            address = (holder.get("media") or {}).get("url", "")
            if address.startswith("http"):
                yield address


def _reused(make: Callable[[Any, dict[str, Any]], Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    """simcord makes a markdown parser for every text, in half of the time that a page takes. One for a kind of text does."""
    parsers: dict[int, tuple[Any, dict[str, Any]]] = {}

    def parser_for(policy: Any, context: Mapping[str, Any]) -> Any:
        if id(policy) not in parsers:
            own: dict[str, Any] = {}
            parsers[id(policy)] = make(policy, own), own
        parser, current = parsers[id(policy)]
        current.clear()
        current.update(context)
        return parser

    return parser_for


_markdown._markdown_parser = _reused(_markdown._markdown_parser)  # type: ignore[assignment]


def _without_pictures(fields: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """simcord refuses a change of an event's picture, of which its pages show nothing. Passing over it is enough here."""

    def passing_over(ctx: Any, *handled: str, ignore: tuple[str, ...] = (), **options: Any) -> dict[str, Any]:
        return fields(ctx, *handled, ignore=(*ignore, "image"), **options)

    return passing_over


RequestContext.fields = _without_pictures(RequestContext.fields)  # type: ignore[method-assign]
