"""When to retrain, the one retrain at a time, and how it ends: a model published, or the serving one left alone."""

import asyncio
import contextlib
import contextvars
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Literal

import discord

from bot import worker
from bot.serving import ModelFolder, Serving
from bot.settings import Settings
from bot.store import Store
from bot.worker import Failure, Job, Progress, Report, verdict
from recommender import Recommender

FIRST_MODEL_PAUSE = 600  # seconds until a failed try is repeated while no model serves
PROGRESS_PAUSE = 0.25  # seconds between two reports of the same phase
CLOSE_SECONDS = 4.0


# From where to where the bar moves in each phase.
PHASES = {
    "reading ratings": (0.0, 0.05),
    "downloading MovieLens": (0.05, 0.4),
    "learning": (0.4, 0.95),
    "checking": (0.95, 1.0),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a retrain ended. `sentence` is for the owner; there is a report only if the worker got to its end."""

    kind: Literal["published", "rejected", "failed", "stopped"]
    sentence: str
    report: Report | None = None


STOPPED = Outcome("stopped", "The retrain was stopped, since the bot is shutting down.")
LEVELS = {"published": logging.INFO, "stopped": logging.INFO, "rejected": logging.WARNING, "failed": logging.ERROR}


class Run:
    """One retrain as it goes on. It changes on the event loop only."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.started = time.time()
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


class AlreadyTraining(Exception):  # noqa: N818 (nothing is wrong)
    """A retrain is running; there is one at a time."""

    def __init__(self, run: Run) -> None:
        super().__init__("a retrain is already running")
        self.run = run


class TrainingProcess:
    """A worker process that has been started; made on the event loop, waited for in a thread."""

    def __init__(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        self._messages, messages_out = context.Pipe(duplex=False)
        self._process = context.Process(target=worker.main, args=(job, messages_out), name="training", daemon=True)
        self._killed: Outcome | None = None
        with messages_out, _ctrl_c_blocked():
            self._process.start()

    def kill(self, outcome: Outcome) -> None:
        """End the process at once, with this outcome unless it has reported before."""
        self._killed = self._killed or outcome
        self._process.kill()

    def wait(self, minutes: float, progress: Callable[[Progress], object]) -> Report | Outcome:
        """Block until the process has ended, killed if it takes longer. `progress` is called some four times a second."""
        too_long = Outcome("failed", f"The retrain took longer than {minutes:g} minutes and was killed.")
        # A timer waits by the system's clock. Connection.poll would by time.monotonic, which a simulation may stop.
        limit = threading.Timer(minutes * 60, self.kill, [too_long])
        limit.daemon = True
        limit.start()
        with self._messages:
            result = self._last_message(progress)
        self._process.join()
        limit.cancel()
        if isinstance(result, Failure):
            return Outcome("failed", result.sentence)
        return result or self._killed or Outcome("failed", f"The training process died: {self._exit()}.")

    def _last_message(self, progress: Callable[[Progress], object]) -> Report | Failure | None:
        result, phase, next_at = None, "", 0.0
        # An OSError: the process was killed in the middle of a message.
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = self._messages.recv()
                if not isinstance(message, Progress):
                    result = message
                elif message.phase != phase or time.perf_counter() >= next_at:
                    progress(message)
                    phase, next_at = message.phase, time.perf_counter() + PROGRESS_PAUSE
        return result

    def _exit(self) -> str:
        code = self._process.exitcode or 0
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


@contextlib.contextmanager
def _ctrl_c_blocked() -> Iterator[None]:
    """A process that is started in here never notices Ctrl+C, which goes to the whole process group: the bot decides."""
    resource_tracker.ensure_running()  # if it were started in here, it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Trainer:
    """Retrains, one at a time, in a process of its own. Serving never waits for it and outlives its crash.

    `serving` gives the model that serves now, or None; `publish` puts a new one in its place, on the event loop.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        folder: ModelFolder,
        serving: Callable[[], Serving | None],
        publish: Callable[[Serving], None],
    ) -> None:
        self.running: Run | None = None
        self._settings = settings
        self._store = store
        self._folder = folder
        self._serving = serving
        self._publish = publish
        self._process: TrainingProcess | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._retry_at = 0.0

    async def start(self, reason: str) -> Run:
        """Start a retrain and return while it runs. Raises AlreadyTraining if one does, OSError if none can start."""
        if self.running is not None:
            raise AlreadyTraining(self.running)
        self._folder.clean()
        job = Job.of(self._settings, self._folder.current, self._folder.candidate, data_at=_now())
        self._process = process = TrainingProcess(job)
        run = self.running = Run(reason)
        try:
            row = await self._store.start_training(reason, _now())
        except BaseException:
            process.kill(STOPPED)
            self.running = None
            raise
        # A plain thread: the loop must not wait for a process that may hang, and neither must its shutdown.
        # In the caller's context, as asyncio.to_thread would have it, since listeners answer as discord.py does in it.
        in_context = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        threading.Thread(target=in_context, args=(self._watch, run, row, process, loop), daemon=True).start()
        return run

    async def due(self) -> str | None:
        """Why a retrain is due now, in a few words; None if it is not."""
        if self.running is not None or _now() < self._retry_at:
            return None
        serving, settings = self._serving(), self._settings
        if serving is None:
            return "there is no model yet"
        info = serving.recommender.info
        if info.get("dataset") != settings.movielens:
            return f"the data set is now {settings.movielens}"
        if info.get("fitted_as") != settings.config:
            return f"the configuration is now {settings.config}"
        new = await self._store.ratings_since(info["data_at"])
        if new >= settings.retrain_ratings:
            return f"{new} new ratings"
        hours = (_now() - info["data_at"]) / 3600
        # Deleted ratings leave no time behind, but they too must be unlearned.
        changed = new > 0 or (await self._store.counts()).ratings != info["ratings_read"]
        if changed and hours >= settings.retrain_hours:
            return f"ratings changed, and the model is {hours:.0f} hours old"
        return None

    async def close(self) -> None:
        """Kill the running retrain. Returns within 5 seconds, with the worker gone and the outcome stored."""
        run = self.running
        if run is None or self._process is None:
            return
        ended = asyncio.Event()
        run.subscribe(lambda run: ended.set() if run.outcome else None)
        self._process.kill(STOPPED)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await ended.wait()
        except TimeoutError:
            log.error("The retrain did not end within %s s of being killed.", CLOSE_SECONDS)

    def _watch(self, run: Run, row: int, process: TrainingProcess, loop: asyncio.AbstractEventLoop) -> None:
        """The thread's work: see the process through, and tell the loop."""
        try:
            result = process.wait(
                self._settings.retrain_minutes, lambda progress: loop.call_soon_threadsafe(run.progressed, progress)
            )
            loop.call_soon_threadsafe(self._ended, run, row, result)
        except RuntimeError:
            # The loop was closed and the trainer was not: nobody waits for the worker any more.
            process.kill(STOPPED)

    def _ended(self, run: Run, row: int, result: Report | Outcome) -> None:
        self._finishing = asyncio.create_task(self._finish(run, row, result), name="finish the retrain")

    async def _finish(self, run: Run, row: int, result: Report | Outcome) -> None:
        """Conclude, record, free the slot, tell: each of them whatever the one before came to."""
        try:
            outcome = await self._conclude(result)
        except Exception as error:
            log.exception("The new model could not be published.")
            outcome = Outcome("failed", f"The new model could not be published: {error}")
        log.log(LEVELS[outcome.kind], "%s", outcome.sentence)
        if outcome.kind in ("failed", "rejected"):
            # Without any model the bot is of no use, and what failed may have been a download.
            pause = self._settings.retrain_hours * 3600 if self._serving() else FIRST_MODEL_PAUSE
            self._retry_at = _now() + pause
        report = outcome.report.to_json() if outcome.report else {}
        try:
            self._folder.clean()
            await self._store.finish_training(row, outcome.kind, {"sentence": outcome.sentence, **report}, _now())
        except Exception:
            log.exception("The retrain's outcome could not be recorded.")
        self.running = None
        run.ended(outcome)

    async def _conclude(self, result: Report | Outcome) -> Outcome:
        if isinstance(result, Outcome):
            return result
        objection = verdict(result)
        if objection is not None:
            return Outcome("rejected", objection, result)
        self._publish(await asyncio.to_thread(self._install))
        before = f"; the one before had {result.errors_before.rmse:.4f}" if result.errors_before else ""
        error = f"its error on held-out ratings is {result.errors.rmse:.4f} stars (RMSE)"
        return Outcome("published", f"A new model serves: {error}{before}.", result)

    def _install(self) -> Serving:
        # Loaded before it is published, so that a damaged candidate never takes a good model's place.
        serving = Serving.of(Recommender.load(self._folder.candidate), before=self._serving())
        self._folder.publish(self._folder.candidate)
        return serving


def _now() -> int:
    return int(discord.utils.utcnow().timestamp())
