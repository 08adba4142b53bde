"""When to retrain, the one retrain at a time, and how it ends: a model published, or the serving one left alone."""

import asyncio
import contextvars
import logging
import math
import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import pandas as pd

from bot.serving import Serving
from bot.settings import Settings
from bot.store import Store, Unavailable
from bot.training.folder import ModelFolder
from bot.training.gate import announcement, verdict
from bot.training.launched import Launched
from bot.training.process import Spawned, TrainingProcess
from bot.training.retrain import Job, Report
from bot.training.run import STOPPED, Outcome, Run, not_started
from recommender import Recommender

BY_ORDER = "ordered by /admin retrain"
ORDERED = "retrain ordered"  # in meta, until one begins
PAUSE = 600  # seconds until a retrain that failed is tried again
CLOSE_SECONDS = 3.0

log = logging.getLogger(__name__)
LEVELS = {"published": logging.INFO, "stopped": logging.INFO, "rejected": logging.WARNING, "failed": logging.ERROR}


class AlreadyTraining(Exception):  # noqa: N818 (nothing is wrong)
    """A retrain is running; there is one at a time."""

    def __init__(self, run: Run) -> None:
        super().__init__("a retrain is already running")
        self.run = run


class Trainer:
    """Retrains, one at a time, in a process of its own. Serving never waits for it and outlives its crash.

    `serving` gives the model that serves now, or None; `publish` puts a new one in its place, on the event loop; `add_films` lets
    it serve with films that came since; `now` is the bot's clock, UTC seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        folder: ModelFolder,
        serving: Callable[[], Serving | None],
        publish: Callable[[Serving], Awaitable[None]],
        add_films: Callable[[pd.DataFrame], Awaitable[None]],
        now: Callable[[], int],
    ) -> None:
        self.running: Run | None = None
        self.ended = dict.fromkeys(LEVELS, 0)  # how many retrains ended in which way, since the start
        self._settings = settings
        self._store = store
        self._folder = folder
        self._serving = serving
        self._publish = publish
        self._add_films = add_films
        self._now = now
        self._process: TrainingProcess | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._adding: asyncio.Task[None] | None = None
        self._retry_at = 0.0
        self._failed = 0  # retrains, one after another
        self._unrecorded: Callable[[], Awaitable[None]] | None = None  # an outcome that the store could not take

    async def start(self, reason: str) -> Run:
        """Start a retrain and return while it runs, or at its end where no process can be started. Raises AlreadyTraining."""
        if self.running is not None:
            raise AlreadyTraining(self.running)
        begun = self._begin()
        run = self.running = Run(reason)
        try:
            row = await self._store.trainings.start(reason, self._now())
        except BaseException:
            if isinstance(begun, TrainingProcess):
                begun.kill(STOPPED)
            self.running = None
            raise
        if isinstance(begun, Outcome):
            await self._finish(run, row, begun)
        else:
            # A daemon thread, not an executor: neither the loop nor its shutdown may wait for a process that hangs.
            # In the caller's context, as asyncio.to_thread does: discord.py's webhooks need its context variables.
            in_context = contextvars.copy_context().run
            loop = asyncio.get_running_loop()
            threading.Thread(target=in_context, args=(self._watch, run, row, begun, loop), daemon=True).start()
        with suppress(Unavailable):  # else another one follows
            await self._store.remove_meta(ORDERED)
        return run

    def _begin(self) -> TrainingProcess | Outcome:
        """Start a process, or say why none can be."""
        command = self._settings.train_command
        try:
            self._folder.clean()
            job = Job.of(self._settings, self._folder.current, self._folder.candidate, data_at=self._now())
            environment = self._settings.without_secrets(os.environ)
            self._process = TrainingProcess(Launched(command, job, environment) if command else Spawned(job))
        except OSError as error:
            return not_started(error, command)
        return self._process

    async def order(self) -> None:
        """Let a retrain be due, in whichever process learns."""
        await self._store.set_meta(ORDERED, str(self._now()))

    async def due(self, films_at: int = 0) -> str | None:
        """Why a retrain is due now, in a few words; None if it is not. films_at: when films were last fetched, UTC seconds."""
        if self.running is not None:
            return None
        await self._record()
        if await self._store.get_meta(ORDERED) is not None:
            return BY_ORDER
        if self._now() < self._retry_at:
            return None
        serving, settings = self._serving(), self._settings
        if serving is None:
            return "there is no model yet"
        info = serving.recommender.info
        if info.get("dataset") != settings.movielens:
            return f"the data set is now {settings.movielens}"
        if info.get("fitted_as") != settings.config:
            return f"the configuration is now {settings.config}"
        if films_at > info.get("films_at", 0):
            return "there are new films"
        new = await self._store.ratings_since(info["data_at"])
        if new >= settings.retrain_ratings:
            return f"new ratings: {new:,}"
        hours = (self._now() - info["data_at"]) / 3600
        # Deleted ratings have no time, so they show only in the count. They must be unlearned too.
        changed = new > 0 or (await self._store.counts()).ratings != info["ratings_read"]
        if changed and hours >= settings.retrain_hours:
            return f"ratings changed, and the model is {hours:.0f} h old"
        return None

    async def close(self) -> None:
        """Kill the running retrain. Returns within 3 seconds, with the worker gone and the outcome stored."""
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
                self._settings.retrain_minutes,
                lambda progress: loop.call_soon_threadsafe(run.progressed, progress),
                lambda films: loop.call_soon_threadsafe(self._arrived, films),
            )
            loop.call_soon_threadsafe(self._ended, run, row, result)
        except RuntimeError:
            # The loop is closed, so nobody waits for the worker any more.
            process.kill(STOPPED)

    def _arrived(self, films: pd.DataFrame) -> None:
        self._adding = asyncio.create_task(self._add(films), name="serve films that have arrived")

    async def _add(self, films: pd.DataFrame) -> None:
        try:
            await self._add_films(films)
        except Exception:
            log.exception("New films can't be served before the model has learned with them.")

    def _ended(self, run: Run, row: int, result: Report | Outcome) -> None:
        self._finishing = asyncio.create_task(self._finish(run, row, result), name="finish the retrain")

    async def _finish(self, run: Run, row: int, result: Report | Outcome) -> None:
        """Publish or reject, record the outcome, free the slot, tell the listeners: each even if the one before failed."""
        unforeseen = None
        try:
            outcome = await self._conclude(result)
        except OSError as error:
            outcome = Outcome("failed", f"The new model could not be published: {error.strerror or error}.")
        except Exception as error:
            unforeseen = None if isinstance(error, Unavailable) else error
            outcome = Outcome("failed", f"The new model could not be published: {error}")
        if not outcome.is_logged:
            log.log(LEVELS[outcome.kind], "%s", outcome.sentence, exc_info=unforeseen)
        self.ended[outcome.kind] += 1
        self._failed = self._failed + 1 if outcome.kind == "failed" else 0
        if outcome.kind in ("failed", "rejected"):
            self._retry_at = self._now() + self._pause()
        report = outcome.report.to_json() if outcome.report else {}
        told = {"sentence": outcome.sentence, **report}
        self._unrecorded = partial(self._store.trainings.finish, row, outcome.kind, told, self._now())
        with suppress(OSError):  # the next one begins with it
            self._folder.clean()
        try:
            await self._record()
        except Exception:
            log.exception("The retrain's outcome could not be recorded.")
        self.running = None
        run.ended(outcome)

    def _pause(self) -> float:
        """Seconds until the next try. Without a model the bot is of no use. With one, what failed may pass, as a server that is
        away does, and what was rejected would be again."""
        if self._serving() is None:
            return PAUSE
        longest = self._settings.retrain_hours * 3600
        return min(longest, PAUSE * 2 ** (self._failed - 1)) if self._failed else longest

    async def _record(self) -> None:
        """Record the last outcome. What the store can't take now, it is given again when a retrain may be due."""
        record, self._unrecorded = self._unrecorded, None
        if record is None:
            return
        try:
            await record()
        except Unavailable:  # the store has told the log
            self._unrecorded = record

    async def _conclude(self, result: Report | Outcome) -> Outcome:
        if isinstance(result, Outcome):
            return result
        objection = verdict(result)
        if objection is not None:
            # An error that is no number can't be kept: JSON has none.
            return Outcome("rejected", objection, result if math.isfinite(result.errors.rmse) else None)
        await self._publish(await asyncio.to_thread(self._install))
        return Outcome("published", announcement(result), result)

    def _install(self) -> Serving:
        # Loaded before it is published: a damaged candidate must not replace a good model.
        serving = Serving.of(Recommender.load(self._folder.candidate), before=self._serving())
        self._folder.publish(self._folder.candidate)
        return serving
