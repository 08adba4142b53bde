"""What may be stored: each value is checked before it is written, and a wrong one is a ValueError that names it."""

import json
import operator

LARGEST = 2**63 - 1  # SQLite's largest number


def member(value: int) -> int:
    """An id of Discord's."""
    return _integer(value, "member", least=1)


def movie(value: int) -> int:
    """A film's id."""
    return _integer(value, "movie", least=0)


def seconds(value: int) -> int:
    """UTC seconds since 1970."""
    return _integer(value, "at", least=0)


def stars(value: float) -> float:
    """Half a star to five."""
    if not (0.5 <= value <= 5 and float(value * 2).is_integer()):
        raise ValueError(f"stars must be 0.5 to 5 in half steps, not {value}")
    return float(value)


def json_text(value: object) -> str:
    """What fits JSON, as text."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _integer(value: int, name: str, least: int) -> int:
    number = operator.index(value)  # to Python's int: sqlite3 would store numpy's as bytes
    if not least <= number <= LARGEST:
        raise ValueError(f"{name} must be a whole number from {least} to 2^63 - 1, not {value}")
    return number
