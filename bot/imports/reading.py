"""From the bytes of a file to what it says.

Its content tells whose it is; its name, at most, which of two tables that are written alike.
"""

import re

from bot.imports import criticker, documents, letterboxd, other, own, simkl, trakt
from bot.imports.layouts import LAYOUTS
from bot.imports.opening import LARGE, UPLOADED, Pack, is_zip, unpacking
from bot.imports.rows import Reading, Unreadable
from bot.imports.tables import Table, plain
from bot.imports.telling import reading

_OF_RATINGS = re.compile(r"(?:[^/]+-)?ratings(?:-[^/]+)?\.(?:csv|json|xml)|SimklBackup\.json", re.IGNORECASE)

NOTHING = "I find no ratings in that zip. Upload it as the service made it, or only the file with your ratings."
SPREADSHEET = "That is a spreadsheet's own file. Save it as CSV, and upload that."


def read(data: bytes, scale: float | None = None, name: str = "") -> Reading:
    """What a file says that a member uploaded.

    scale: out of how many its ratings are, for a file whose reading asked for it (`Reading.highest`). name: what the file is
    called. Pure and bounded, for a thread: at most 20,000 rows come of it. Raises Unreadable with a sentence for the member.
    """
    if len(data) > UPLOADED:
        raise Unreadable(LARGE)
    if is_zip(data):
        with unpacking(data) as pack:
            return _of_pack(pack, scale)
    return _of_file(data, scale, name)


def _of_pack(pack: Pack, scale: float | None) -> Reading:
    for of_pack in (own.of_pack, letterboxd.of_pack, trakt.of_pack):
        if (found := of_pack(pack)) is not None:
            return found
    if "[Content_Types].xml" in pack.names:
        raise Unreadable(SPREADSHEET)
    # One file that was zipped by hand, or the one with ratings of several, in a folder for MovieLens's.
    ratings = letterboxd.folder_of(pack.names) + letterboxd.FILES[0]
    names = [name for name in pack.names if name == ratings or _OF_RATINGS.fullmatch(name)]
    if len(pack.names) == 1:
        names = pack.names
    if len(names) != 1:
        raise Unreadable(NOTHING)
    return _of_file(pack.read(names[0]), scale, names[0])


def _of_file(data: bytes, scale: float | None, name: str) -> Reading:
    text = plain(data)
    if criticker.is_criticker(text):
        return criticker.of_xml(text)
    if text[:1000].lstrip().startswith((b"[", b"{")):
        return _of_document(documents.document(text))
    return _of_table(Table(text), scale, name)


def _of_document(said: object) -> Reading:
    if own.is_own(said):
        return own.of_document(said)
    if trakt.is_trakt(said):
        return trakt.of_document(said)
    if simkl.is_simkl(said):
        return simkl.of_document(said)
    raise Unreadable(documents.UNKNOWN)


def _of_table(table: Table, scale: float | None, name: str) -> Reading:
    if letterboxd.is_letterboxd(table):
        return letterboxd.of_table(table, name)
    if (found := own.of_table(table, name)) is not None:
        return found
    for layout in (*LAYOUTS, simkl.LAYOUT, criticker.LAYOUT):
        if layout.fits(table):
            return reading(layout.source, layout.of_table(table))
    return other.of_table(table, scale)
