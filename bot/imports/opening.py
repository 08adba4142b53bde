"""What was uploaded, as files in memory. Nothing is unpacked to disk, so no name in a zip ever becomes a path.

What a zip says of its sizes isn't believed: what comes out is counted, and no more than the limits comes out.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from bot.imports.rows import Unreadable

UPLOADED = 10 << 20  # bytes, at most
UNPACKED = 50 << 20  # of all that is read of a zip
ENTRY = 20 << 20  # of one file in it
ENTRIES = 200

LARGE = "That file is larger than 10 MB. Upload the zip as the service made it, or only the file with your ratings."
UNPACKS_LARGE = (
    "That zip unpacks to more than I take: 20 MB a file, and 50 MB in all. Upload the file with your ratings alone."
)
MANY = f"That zip holds more than {ENTRIES} files. Upload the one with your ratings alone."
NESTED = "There is a zip inside that zip. Unpack the outer one, and upload what is in it."
PATHS = "That zip holds names that lead out of it, which no export does. Download yours anew, and upload it as it is."
DAMAGED = "I can't open that zip: it is damaged or protected by a password. Download it anew, and upload it as it is."

_ENTRY_MARK = b"PK\x01\x02"  # before each entry in the zip's list of them
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # LZMA would take as much memory as a file asks for
MALFORMED = (ValueError, EOFError, RuntimeError, OSError, zipfile.BadZipFile, zlib.error)
_LEADS_OUT = re.compile(r"/|[a-z]:|(?:.*/)?\.\.(?:/|$)", re.IGNORECASE | re.DOTALL)
_OF_SYSTEMS = re.compile(r"(?:.*/)?(?:__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE | re.DOTALL)


def is_zip(data: bytes) -> bool:
    """Whether it begins as a zip does."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


class Pack:
    """The files in a zip. `names`: without those that systems put there by themselves."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._opened = opened
        self._left = UNPACKED
        entries = [entry for entry in opened.infolist() if not entry.filename.endswith("/")]
        self._entries = {entry.filename.replace("\\", "/").removeprefix("./"): entry for entry in entries}
        if any(map(_LEADS_OUT.match, self._entries)):
            raise Unreadable(PATHS)
        if any(name.lower().endswith(".zip") for name in self._entries):
            raise Unreadable(NESTED)
        if sum(entry.file_size for entry in entries) > UNPACKED:
            raise Unreadable(UNPACKS_LARGE)
        self.names = [name for name in self._entries if not _OF_SYSTEMS.match(name)]

    def read(self, name: str) -> bytes:
        """What is in a file. Raises Unreadable if that is too much, damaged, or a zip."""
        entry, most = self._entries[name], min(ENTRY, self._left)
        if entry.compress_type not in _METHODS:
            raise Unreadable(DAMAGED)
        try:
            with self._opened.open(entry) as file:
                data = file.read(most + 1)
        except MALFORMED as error:
            raise Unreadable(DAMAGED) from error
        if len(data) > most:
            raise Unreadable(UNPACKS_LARGE)
        if is_zip(data):
            raise Unreadable(NESTED)
        self._left -= len(data)
        return data


@contextmanager
def unpacking(data: bytes) -> Iterator[Pack]:
    """The files in a zip. Raises Unreadable for one that is damaged, or over the limits."""
    # Counted before zipfile makes an object of each.
    if data.count(_ENTRY_MARK) > ENTRIES:
        raise Unreadable(MANY)
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
    except MALFORMED as error:
        raise Unreadable(DAMAGED) from error
    with opened:
        yield Pack(opened)
