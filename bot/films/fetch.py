"""HTTP for all sources: who asks, how long it may take and how much it may bring, and when to ask again.

Redirects are not followed: the sources have none, and whoever redirects is not the source.
"""

import asyncio
import email.utils
import logging
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC
from importlib import metadata
from pathlib import Path
from typing import Self, TypeVar

import aiohttp

CONNECT_SECONDS = 15.0
SILENT_SECONDS = 60.0  # without a byte
PAUSES = (5.0, 20.0, 60.0)  # seconds before another try where the server doesn't say how long
UNTOLD_WAIT = 60.0  # seconds after a 429 that doesn't say how long
LEAST_WAIT = 1.0  # seconds, whatever a server says
LONGEST_WAIT = 900.0  # seconds; a server that asks for more is left alone until a later update
CHUNK = 1 << 17  # bytes

Received = Callable[[int, int | None], None]  # bytes received, bytes in all (None where the server doesn't tell)
T = TypeVar("T")

log = logging.getLogger(__name__)


class FetchError(Exception):
    """What could not be fetched. The message is a sentence to show."""


class UnreachableError(FetchError):
    """There is no connection, so nothing else on this server can be fetched either."""


class RefusedError(FetchError):
    """The server serves others, and not us."""


class BusyError(FetchError):
    """The server asks to be left alone for `seconds`."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class _Passing(Exception):  # noqa: N818 (a reason to try again)
    """A fault that may be over at the next try; in `wait` seconds, if the server said so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Web:
    """A client, open in `async with`. contact: where whoever runs the bot can be reached. `sleep` and `clock` (seconds since
    1970) are the caller's to replace.

    Everything raises FetchError after some tries with growing pauses, or as soon as there is no use in another.
    """

    def __init__(
        self,
        contact: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._contact = contact
        self.sleep = sleep
        self.clock = clock

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": user_agent(self._contact)}, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(
        self, url: str, data: Mapping[str, str], *, accept: str, most_bytes: int, most_seconds: float
    ) -> bytes:
        """What the server answers to a form, unpacked."""

        async def attempt() -> bytes:
            request = self._session.post(url, data=data, headers={"Accept": accept}, allow_redirects=False)
            # One limit on the whole answer: a server that sends a byte now and then is never silent.
            async with asyncio.timeout(most_seconds), request as response:
                self._check(response)
                return b"".join([chunk async for chunk in limited(response, most_bytes)])

        return await self._patiently(url, attempt)

    async def download(self, url: str, path: Path, *, most_bytes: int, received: Received) -> None:
        """Fetch a file to `path`. What is there of an earlier download of the same file is kept, and the rest fetched."""
        await self._patiently(url, lambda: self._resume(url, path, most_bytes, received))

    async def _resume(self, url: str, path: Path, most_bytes: int, received: Received) -> None:
        version = _version_of(path)
        held, mark = _held(path)
        headers = {"Accept-Encoding": "identity"}
        if held:
            headers |= {"Range": f"bytes={held}-", "If-Range": mark}
        # A file that is itself packed is kept as it lies on the server.
        request = self._session.get(url, headers=headers, allow_redirects=False, auto_decompress=False)
        async with request as response:
            answered = response.headers.get("Content-Range", "")
            if response.status == 416 and answered == f"bytes */{held}":
                return  # all of it is there
            if response.status == 416:
                version.unlink()
                raise _Passing(f"{url} can't be resumed.")
            self._check(response)
            done = held if response.status == 206 and answered.startswith(f"bytes {held}-") else 0
            total = None if response.content_length is None else done + response.content_length
            if not done:
                version.unlink(missing_ok=True)
            with path.open("ab" if done else "wb") as file:
                # The mark of a version is written once nothing of another one is left.
                if not done:
                    version.write_text(_mark(response))
                async for chunk in limited(response, most_bytes - done):
                    file.write(chunk)
                    done += len(chunk)
                    received(done, total)

    def _check(self, response: aiohttp.ClientResponse) -> None:
        """Raises what an answer without a body for us means."""
        status = response.status
        if status in (200, 206):
            return
        sentence = f"{response.url.host} answered {status} {response.reason or ''}".rstrip()
        if status == 429 or status >= 500:
            asked = retry_after(response.headers.get("Retry-After"), self.clock())
            raise _Passing(f"{sentence}.", UNTOLD_WAIT if asked is None and status == 429 else asked)
        if 300 <= status < 400:
            raise FetchError(f"{sentence}: it redirects, which a source of films is not expected to do.")
        raise (RefusedError if status in (401, 403) else FetchError)(f"{sentence}.")

    async def _patiently(self, url: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of the first attempt that has one."""
        for pause in (*PAUSES, None):
            try:
                return await attempt()
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise UnreachableError(f"{url} can't be reached: {error}.") from error
            except (aiohttp.ClientError, TimeoutError, _Passing) as error:
                passing = error if isinstance(error, _Passing) else _Passing(_sentence(url, error))
                asked = passing.wait
                if asked is not None and (asked > LONGEST_WAIT or pause is None):
                    minutes = math.ceil(asked / 60)
                    raise BusyError(f"{passing} It asks to be left alone for {minutes:,} min.", asked) from error
                if pause is None:
                    raise FetchError(str(passing)) from error
                wait = pause if asked is None else asked
                log.info("%s Trying again in %.0f s.", passing, wait)
                await self.sleep(wait)
        raise AssertionError("the last pause is None")


def forget(path: Path) -> None:
    """Remove what a download left."""
    path.unlink(missing_ok=True)
    _version_of(path).unlink(missing_ok=True)


def user_agent(contact: str | None = None) -> str:
    """Who asks, as Wikimedia wants it told: https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy."""
    about = "; ".join(["Discord bot for movie nights", *([contact] if contact else [])])
    return f"Marquee/{metadata.version('marquee')} ({about}) aiohttp/{aiohttp.__version__}"


def retry_after(header: str | None, now: float) -> float | None:
    """How many seconds a Retry-After asks for: it has a number or a date (RFC 9110, 10.2.3). None if it says neither."""
    text = (header or "").strip()
    if re.fullmatch("[0-9]{1,9}", text):
        return max(float(text), LEAST_WAIT)
    try:
        date = email.utils.parsedate_to_datetime(text)
        return max(date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now, LEAST_WAIT)
    except (ValueError, OverflowError):
        return None


def _version_of(path: Path) -> Path:
    """Beside a download: of which version of the file it is."""
    return path.with_name(f"{path.name}.version")


def _held(path: Path) -> tuple[int, str]:
    """How many bytes of which version of a file are there; 0 where that is not known."""
    version = _version_of(path)
    if not path.exists() or not version.exists():
        return 0, ""
    mark = version.read_text()
    return (path.stat().st_size if mark else 0), mark


def _mark(response: aiohttp.ClientResponse) -> str:
    """What tells this version of a file from any other, or nothing. A weak ETag doesn't (RFC 9110, 13.1.5)."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


async def limited(response: aiohttp.ClientResponse, most_bytes: int) -> AsyncIterator[bytes]:
    """An answer's body in chunks. Raises FetchError once it is longer than `most_bytes`."""
    received = 0
    async for chunk in response.content.iter_chunked(CHUNK):
        received += len(chunk)
        if received > most_bytes:
            raise FetchError(f"{response.url.with_query(None)} sends more than the {most_bytes:,} bytes that it may.")
        yield chunk


def _sentence(url: str, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"{url} takes too long."
    return f"{url} broke off: {error or type(error).__name__}."
