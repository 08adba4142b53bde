"""The sign of life that a running bot leaves in its data folder, and what it says to whoever reads it.

Read twice a minute by a process of its own, so nothing here takes long to import.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

NAME = "heartbeat.json"
SECONDS = 15  # from one to the next
LIVES = 60  # seconds; a bot that has missed four of them hangs, or is no more


class NoHeartbeatError(Exception):
    """There is none that could be read; the message says so."""


@dataclass(frozen=True)
class Heartbeat:
    """How a bot was at a time. `sentence` says it to a person."""

    time: int  # UTC seconds since 1970
    healthy: bool
    sentence: str
    away_since: int | None  # when Discord was lost, or the bot began to look for it; None: it is connected
    database_writable: bool
    model_serves: bool
    version: str
    pid: int

    def write(self, folder: Path) -> None:
        """Replace the last one, as a whole. Raises OSError."""
        part = folder / f"{NAME}.part"
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        part.replace(folder / NAME)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises NoHeartbeatError."""
        path = folder / NAME
        try:
            read: dict[str, Any] = json.loads(path.read_bytes())
            return cls(**read | {"time": int(read["time"])})
        except FileNotFoundError:
            raise NoHeartbeatError(
                f"There is no {path}: no bot runs with this data folder, or it has only just been started. "
                "Another folder is MARQUEE_DATA_DIR."
            ) from None
        except OSError as error:
            raise NoHeartbeatError(f"{path} can't be read: {error.strerror}.") from None
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise NoHeartbeatError(f"{path} is damaged. A bot that runs writes it anew within {SECONDS} s.") from None

    def told(self, now: int) -> tuple[bool, str]:
        """Whether the bot is well at `now`, and a sentence."""
        age = now - self.time
        if age > LIVES:
            return False, f"The last heartbeat is {_span(age)} old: process {self.pid} hangs, or has ended."
        if age < -LIVES:
            return False, f"The last heartbeat is from a time that comes in {_span(-age)}: was the clock put back?"
        return self.healthy is True, str(self.sentence)


def remove(folder: Path) -> None:
    """What a bot that ends does with its own. Raises OSError."""
    (folder / NAME).unlink(missing_ok=True)


def _span(seconds: int) -> str:
    """A span of time as people say it."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s"
    return f"{seconds} seconds"
