"""Download one file: resumed where it broke off, verified, and under its final name only when it is whole."""

import hashlib
import os
import re
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Progress = Callable[[int, int | None], None]  # bytes done, bytes in all (None where the server does not tell)

TIMEOUT = 30.0  # seconds without a byte
CHUNK = 1 << 18


class DatasetError(ValueError):
    """A data set that cannot be had, or is not what it should be. The message is a sentence to show."""


def published_md5(url: str) -> str | None:
    """The md5 sum that the site publishes beside the file, as `url`.md5; None where it publishes none.

    Raises DatasetError where the site cannot be read.
    """
    try:
        with urlopen(f"{url}.md5", timeout=TIMEOUT) as response:
            text = response.read(1000).decode("ascii", "replace")
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError) and error.code == 404:
            return None
        raise DatasetError(f"The md5 sum of {url} could not be read: {error}.") from error
    # The sites in use write "MD5 (name) = sum" or "sum  name".
    found = re.search(r"\b[0-9a-f]{32}\b", text.lower())
    if found is None:
        raise DatasetError(f"{url}.md5 holds no md5 sum.")
    return found[0]


def download(url: str, target: Path, md5: str | None = None, progress: Progress | None = None) -> None:
    """Fetch `url` to `target`. What a broken download leaves in `target`.part is resumed by the next call.

    Raises DatasetError where the server fails, the body ends early or its md5 sum is not `md5`.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        _receive(url, part, progress)
    except (OSError, HTTPException) as error:
        raise DatasetError(f"{url} could not be downloaded: {error}.") from error
    # A sum also notices a file that the site replaced between two halves of a resumed download.
    if md5 is not None and _md5(part) != md5:
        part.unlink()
        raise DatasetError(f"{url} arrived damaged: its md5 sum is not the published one. It was deleted; try again.")
    publish(part, target)


def publish(part: Path, target: Path) -> None:
    """Give a finished file its final name; after a power cut it is there whole, or not at all."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _receive(url: str, part: Path, progress: Progress | None) -> None:
    held = part.stat().st_size if part.exists() else 0
    with _request(url, held) as response:
        resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {held}-")
        done = held if resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with part.open("ab" if resumed else "wb") as file:
            while chunk := response.read(CHUNK):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
    # Reading in chunks, http.client takes a connection that was cut for the end of the body.
    if total is not None and done < total:
        raise DatasetError(f"{url} broke off after {done:,} of {total:,} bytes. Try again: it goes on from there.")


def _request(url: str, held: int) -> HTTPResponse:
    """Ask for the bytes after the first `held`, or for all where the server has none after them."""
    try:
        request = Request(url, headers={"Range": f"bytes={held}-"} if held else {})
        return cast(HTTPResponse, urlopen(request, timeout=TIMEOUT))
    except HTTPError as error:
        if error.code != 416:
            raise
        return cast(HTTPResponse, urlopen(url, timeout=TIMEOUT))


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
