"""JSON from elsewhere, within bounds."""

import json

from bot.imports.rows import Unreadable
from bot.imports.tables import ROWS, ROWS_TOO_MANY, decoded, plain

# Values, at most: 50 a row. Each takes up to 72 bytes once it is read, however few it is written with.
VALUES = 1_000_000

UNKNOWN = "I can't tell what that JSON is. Upload Trakt's or Simkl's zip as it is, or the `marquee-data.json` of `/data export`."
DAMAGED = "That JSON is damaged: it ends too early, or is no JSON. Download your export anew, and upload it as it is."


def document(data: bytes) -> object:
    """What a JSON text says. Raises Unreadable for what is damaged or has more than VALUES values."""
    data = plain(data)
    if sum(map(data.count, (b",", b"[", b"{"))) > VALUES:
        raise Unreadable(ROWS_TOO_MANY)
    try:
        return json.loads(decoded(data))
    except (ValueError, RecursionError) as error:  # a number of more than 4,300 digits is a ValueError too
        raise Unreadable(DAMAGED) from error


def inside(value: object, *names: str) -> object:
    """What stands under a name, under the next in that, and so on; None where nothing does."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: object, *names: str) -> str:
    """The same as a table's cell would have it: "" for what is neither a text nor a number."""
    found = inside(value, *names)
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def items(value: object, *names: str) -> list[object]:
    """The same where it is a list, else an empty one. Raises Unreadable for more than ROWS."""
    found = inside(value, *names)
    if not isinstance(found, list):
        return []
    if len(found) > ROWS:
        raise Unreadable(ROWS_TOO_MANY)
    return found
