"""The sign of life that a running bot leaves in its data folder, each process its own, and what it says to whoever reads it.

Read twice a minute by a process of its own, so nothing here takes long to import.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self, get_type_hints

NAME = "heartbeat.json"
SECONDS = 15  # from one to the next
LIVES = 60  # seconds; a bot that has missed four of them hangs, or is no more
# discord.py tries again by itself, and pauses for up to a quarter of an hour in between: a restart would not be sooner.
AWAY_SECONDS = 900


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

    def write(self, folder: Path, process: str | None = None) -> None:
        """Replace the process's last one, as a whole. Raises OSError."""
        path = _path(folder, process)
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        part.replace(path)

    @classmethod
    def read(cls, folder: Path, process: str | None = None) -> Self:
        """Raises NoHeartbeatError."""
        path = _path(folder, process)
        try:
            read = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise NoHeartbeatError(
                f"There is no {path}: no bot runs with this data folder, or it has only just been started. "
                "Another folder is MARQUEE_DATA_DIR."
            ) from None
        except OSError as error:
            raise NoHeartbeatError(f"{path} can't be read: {error.strerror}.") from None
        except (ValueError, RecursionError):
            read = None
        kinds = get_type_hints(cls)
        is_whole = isinstance(read, dict) and read.keys() == kinds.keys()
        if not is_whole or not all(isinstance(read[name], kind) for name, kind in kinds.items()):
            raise NoHeartbeatError(f"{path} is damaged. A bot that runs writes it anew within {SECONDS} s.")
        return cls(**read)

    def told(self, now: int) -> tuple[bool, str]:
        """Whether the bot is well at `now`, and a sentence."""
        age = now - self.time
        if age > LIVES:
            return False, f"The last heartbeat is {_span(age)} old: process {self.pid} hangs, or has ended."
        if age < -LIVES:
            return False, f"The last heartbeat is from a time that comes in {_span(-age)}: was the clock put back?"
        return self.healthy, self.sentence


def left(folder: Path) -> list[str | None]:
    """The processes that have left one, by name; at the end None: the only process, or `cluster`, which started them."""
    names = [path.stem.removeprefix(f"{Path(NAME).stem}-") for path in folder.glob(f"{Path(NAME).stem}-*.json")]
    return [*sorted(names), *([None] if _path(folder, None).exists() else [])]


def told_of_all(folder: Path, now: int) -> tuple[bool, str]:
    """Whether all processes of a bot are well, and a sentence about each that isn't. Raises NoHeartbeatError where there are
    none, or one can't be read."""
    if (names := left(folder)) in ([], [None]):
        return Heartbeat.read(folder).told(now)
    told = {f"Process {name}: " if name else "": Heartbeat.read(folder, name).told(now) for name in names}
    troubles = [f"{whose}{sentence}" for whose, (is_well, sentence) in told.items() if not is_well]
    return not troubles, " ".join(troubles) or "All is well."


def remove(folder: Path, pid: int, process: str | None = None) -> None:
    """What is done with that of a process that ends, unless it is another's by now. Raises OSError."""
    with suppress(NoHeartbeatError):
        if Heartbeat.read(folder, process).pid == pid:
            _path(folder, process).unlink(missing_ok=True)


def remove_all(folder: Path) -> None:
    """What `cluster` does with those of one that was killed. Raises OSError."""
    for path in folder.glob(f"{Path(NAME).stem}*.json"):
        path.unlink(missing_ok=True)


def remove_old(folder: Path, now: int, *, alone: bool) -> None:
    """What a process that may run does with those of processes that are no more, such as of another division of shards: all, if
    it is the only one. Raises OSError."""
    for path in folder.glob(f"{Path(NAME).stem}*.json"):
        if alone or now - path.stat().st_mtime > LIVES:
            path.unlink(missing_ok=True)


def _path(folder: Path, process: str | None) -> Path:
    return folder / (NAME if process is None else f"{Path(NAME).stem}-{process}.json")


def _span(seconds: int) -> str:
    """A span of time as people say it."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s"
    return f"{seconds} seconds"
