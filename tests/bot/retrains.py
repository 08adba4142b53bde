"""Retrains that wait for a test, and tests that wait for a retrain."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore
from typing import Any
from unittest.mock import patch

from bot.training import process
from bot.training.retrain import Job
from bot.training.run import Outcome, Run
from recommender import Recommender
from tests.bot.patience import patiently


@contextmanager
def held() -> Iterator[Semaphore]:
    """A training process that starts in this block waits before it learns; `release` lets one go on."""
    gate = multiprocessing.get_context("spawn").Semaphore(0)
    with patch.object(process, "main", partial(_held, gate)):
        yield gate


def _held(gate: Semaphore, job: Job, connection: Connection) -> None:
    """The training process's work."""
    fit = Recommender.fit

    def fit_when_told(*args: Any, **options: Any) -> Recommender:
        gate.acquire()
        return fit(*args, **options)

    with patch.object(Recommender, "fit", fit_when_told):
        process.main(job, connection)


async def learning(run: Run) -> None:
    """Returns once the training process is about to learn, which is where it can be held."""
    await _until(run, lambda: run.phase == "learning")


async def end(run: Run) -> Outcome:
    """The outcome, once it is there."""
    await _until(run, lambda: run.outcome is not None)
    assert run.outcome is not None
    return run.outcome


async def _until(run: Run, condition: Callable[[], bool]) -> None:
    happened = asyncio.Event()
    run.subscribe(lambda _: happened.set() if condition() else None)
    if not condition():
        await patiently(happened.wait())
