"""One retrain, from its first step to its outcome."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.training.retrain import Report

# Start and end of each phase on the progress bar.
PHASES = {
    "reading ratings": (0.0, 0.05),
    "downloading MovieLens": (0.05, 0.4),
    "learning": (0.4, 0.95),
    "checking": (0.95, 1.0),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """Where the worker is. `fraction` 0 to 1 is the share of this phase that is done."""

    phase: str
    fraction: float


@dataclass(frozen=True)
class Outcome:
    """How a retrain ended. `sentence` is for the owner; there is a report only if the worker got to its end. is_logged: the log
    has the sentence already, from the worker."""

    kind: Literal["published", "rejected", "failed", "stopped"]
    sentence: str
    report: Report | None = None
    is_logged: bool = False


def not_started(error: OSError, command: str | None) -> Outcome:
    """Of a retrain for which no process could be started, by `command` or without one."""
    what = "The training process" if command is None else "MARQUEE_TRAIN_COMMAND"
    where = f"{error.filename}: " if error.filename else ""  # there is none where memory or processes ran out
    return Outcome("failed", f"{what} can't be started: {where}{error.strerror}.")


STOPPED = Outcome("stopped", "The retrain was stopped, since the bot is shutting down.")


class Run:
    """One retrain as it goes on. It changes on the event loop only."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.phase = "starting"
        self.fraction = 0.0  # of this phase, 0 to 1
        self.outcome: Outcome | None = None  # None while it runs
        self._listeners: list[Callable[[Run], None]] = []

    @property
    def share(self) -> float:
        """How much of the whole is done, 0 to 1; it never goes back."""
        begin, end = PHASES.get(self.phase, (0.0, 0.0))
        return begin + (end - begin) * self.fraction

    def subscribe(self, listener: Callable[["Run"], None]) -> None:
        """Call the listener on the event loop at every change, and at the end."""
        self._listeners.append(listener)

    def progressed(self, progress: Progress) -> None:
        self.phase, self.fraction = progress.phase, progress.fraction
        self._changed()

    def ended(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._changed()

    def _changed(self) -> None:
        for listener in self._listeners:
            try:
                listener(self)
            except Exception:
                log.exception("A listener of the retrain failed.")
