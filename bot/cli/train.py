"""`train`: the trainer's work, with the same data and the same gate, and a progress bar."""

import os
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bot.cli import logs
from bot.settings import Settings
from bot.training import gate, retrain
from bot.training.folder import ModelFolder
from bot.training.launched import Launched
from bot.training.process import TrainingProcess
from bot.training.retrain import Job, Report
from bot.training.run import Outcome, not_started


def train(settings: Settings) -> int:
    """Fit with a progress bar, and publish if the gate allows it. Returns the exit status."""
    console = Console()
    folder = ModelFolder(settings.model_dir)
    # A name of its own, since a running bot may be writing its candidate.
    candidate = folder.folder / f"train-{os.getpid()}.safetensors"
    folder.folder.mkdir(parents=True, exist_ok=True)
    report = _with_progress(console, settings, Job.of(settings, folder.current, candidate, data_at=int(time.time())))
    if isinstance(report, Outcome):
        if not report.is_logged:
            logs.tell(report.sentence)
        candidate.unlink(missing_ok=True)
        return 1
    console.print(
        f"Learned from {report.ratings:,} ratings in {report.seconds:.1f} s on {report.device}. "
        f"Held-out RMSE {report.errors.rmse:.4f} stars."
    )
    if (reason := gate.verdict(report)) is not None:
        console.print(reason)
        candidate.unlink()
        return 1
    folder.publish(candidate)
    console.print("Published. A running bot serves it within half a minute.")
    return 0


def _with_progress(console: Console, settings: Settings, job: Job) -> Report | Outcome:
    columns = TextColumn("{task.description:22}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as bars:
        phases: dict[str, TaskID] = {}

        def progress(phase: str, share: float) -> None:
            if phase not in phases:
                phases[phase] = bars.add_task(phase, total=1.0)
            bars.update(phases[phase], completed=share)

        return _learned(settings, job, progress)


def _learned(settings: Settings, job: Job, progress: Callable[[str, float], None]) -> Report | Outcome:
    """By this process, or by those that a command of the host's starts: an Outcome where these come to nothing."""
    if settings.train_command is None:
        return retrain.train(job, progress)
    try:
        worker = Launched(settings.train_command, job, settings.without_secrets(os.environ))
    except OSError as error:
        return not_started(error, settings.train_command)
    return TrainingProcess(worker).wait(
        settings.retrain_minutes, lambda told: progress(told.phase, told.fraction), lambda _: None
    )
