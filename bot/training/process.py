"""The process that a retrain runs in: its own side, and the bot's."""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import parent_process, resource_tracker
from multiprocessing.connection import Connection
from typing import Protocol

import pandas as pd
import torch

from bot.store import StoreError
from bot.training.messages import Arrived, Failure, Message, whole
from bot.training.retrain import Job, Report, train
from bot.training.run import Outcome, Progress
from recommender.communicator import PartedError
from recommender.devices import limit_threads

PROGRESS_PAUSE = 0.25  # seconds between two reports of the same phase
FORESEEN = PartedError, StoreError  # their messages say all: no traceback says more

log = logging.getLogger(__name__)


class ToTheBot(logging.Handler):
    """Sends what is logged here to the bot: of one log, one process alone writes the lines, so that each is whole."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):  # where the bot is gone, or no memory is left, the work itself fails too
            self._send(whole(record))


def main(job: Job, connection: Connection) -> None:
    """The worker process: sends Progress, Arrived and what it logs as it goes, and at the end a Report or a Failure."""
    begin(connection.send, threads=max(1, (os.cpu_count() or 1) - 1))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        report = train(
            job,
            lambda phase, fraction: connection.send(Progress(phase, fraction)),
            lambda films: connection.send(Arrived(films)),
        )
        connection.send(report)
    except Exception as error:
        connection.send(failure(error))


def begin(send: Callable[[Message], None], threads: int) -> None:
    """Log to the bot, and give way to it. One core should be left to it: torch's threads spin while they wait for each other, so
    a fit on all cores beside one other busy process takes ten times as long."""
    logging.basicConfig(level=logging.INFO, handlers=[ToTheBot(send)])
    logging.captureWarnings(True)
    os.nice(10)
    limit_threads(threads)


def failure(error: Exception) -> Failure:
    """Log an error that ends the retrain, and say it in a sentence."""
    sentence = f"The retrain failed: {_reason(error)}"
    log.error("%s", sentence, exc_info=None if isinstance(error, FORESEEN) else error)
    return Failure(sentence)


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return "it would take more memory than there is."
    if isinstance(error, PartedError):
        return f"{error}. The log has what its processes wrote."
    if isinstance(error, FORESEEN):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _end_with_parent() -> None:
    """A bot that is killed can't stop its worker, so the worker waits for its end."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


class Worker(Protocol):
    """What does the work of a retrain: the bot's own process, or what a command started."""

    def receive(self) -> object | None:
        """The next message; None after the last one. Raises whatever reading a damaged one raises."""

    def kill(self) -> None:
        """End it at once."""

    def join(self) -> int:
        """Wait for its end: the exit code, minus the signal that killed it."""


class Spawned:
    """A process of the bot's own, which has been started; made on the event loop."""

    def __init__(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        self._messages, messages_out = context.Pipe(duplex=False)
        self._process = context.Process(target=main, args=(job, messages_out), name="training", daemon=True)
        with messages_out, _ctrl_c_blocked():
            self._process.start()

    def receive(self) -> object | None:
        try:
            message: object = self._messages.recv()
            return message
        except (EOFError, OSError):  # an OSError: the process was killed in the middle of a message
            return None

    def kill(self) -> None:
        self._process.kill()

    def join(self) -> int:
        self._messages.close()
        self._process.join()
        return self._process.exitcode or 0


class TrainingProcess:
    """A worker that has been started; waited for in a thread."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._killed: Outcome | None = None

    def kill(self, outcome: Outcome) -> None:
        """End the process at once, with this outcome unless it has reported before."""
        self._killed = self._killed or outcome
        self._worker.kill()

    def wait(
        self, minutes: float, progress: Callable[[Progress], object], arrived: Callable[[pd.DataFrame], object]
    ) -> Report | Outcome:
        """Block until the process has ended, killed if it takes longer. `progress` is called some four times a second, `arrived`
        once at most."""
        too_long = Outcome("failed", f"The retrain took longer than its limit of {minutes:g} min and was killed.")
        # Not Connection.poll: it waits by time.monotonic, which stands still in a simulation: nothing would time out.
        limit = threading.Timer(minutes * 60, self.kill, [too_long])
        limit.daemon = True
        limit.start()
        try:
            result = self._result(progress, arrived)
        finally:
            code = self._worker.join()
        limit.cancel()
        if isinstance(result, Failure):
            return Outcome("failed", result.sentence, is_logged=True)
        return result or self._killed or Outcome("failed", f"The training process died: {_exit(code)}.")

    def _result(
        self, progress: Callable[[Progress], object], arrived: Callable[[pd.DataFrame], object]
    ) -> Report | Failure | None:
        result, phase, next_at = None, "", 0.0
        while (message := self._next_message()) is not None:
            if isinstance(message, logging.LogRecord):
                _write(message)
            elif isinstance(message, Arrived):
                arrived(message.films)
            elif isinstance(message, Report | Failure):
                result = result or message  # where several processes fail, the first did so of itself
            elif message.phase != phase or time.perf_counter() >= next_at:
                progress(message)
                phase, next_at = message.phase, time.perf_counter() + PROGRESS_PAUSE
        return result

    def _next_message(self) -> Message | None:
        """None after the last one."""
        try:
            message = self._worker.receive()
        except Exception as error:  # whatever reading a damaged message raises
            message = error
        if message is None or isinstance(message, Message):
            return message
        self.kill(Outcome("failed", f"The training process sent what I can't read, and was killed: {message!r:.200}"))
        return None


def _exit(code: int) -> str:
    if -code == signal.SIGKILL:
        return "killed by SIGKILL, as a system does that runs out of memory"
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _write(record: logging.LogRecord) -> None:
    """As if it had been logged here."""
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


@contextlib.contextmanager
def _ctrl_c_blocked() -> Iterator[None]:
    """A process started in here ignores Ctrl+C, which the terminal sends to the whole process group: the bot ends its worker."""
    resource_tracker.ensure_running()  # started later, it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
