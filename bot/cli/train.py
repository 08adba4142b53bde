"""`train`: the trainer's work, with the same data and the same gate, and a progress bar."""

import os
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bot.settings import Settings
from bot.training import gate, retrain
from bot.training.folder import ModelFolder
from bot.training.retrain import Job, Report


def train(settings: Settings) -> int:
    """Fit with a progress bar, and publish if the gate allows it. Returns the exit status."""
    console = Console()
    folder = ModelFolder(settings.model_dir)
    # A name of its own, since a running bot may be writing its candidate.
    candidate = folder.folder / f"train-{os.getpid()}.safetensors"
    folder.folder.mkdir(parents=True, exist_ok=True)
    report = _with_progress(console, Job.of(settings, folder.current, candidate, data_at=int(time.time())))
    console.print(
        f"Learned from {report.ratings:,} ratings in {report.seconds:.1f} s on {report.device}. "
        f"Held-out RMSE {report.errors.rmse:.4f} stars."
    )
    if (reason := gate.verdict(report)) is not None:
        console.print(reason)
        candidate.unlink()
        return 1
    folder.publish(candidate)
    console.print("Published. A running bot takes it up at its next start.")
    return 0


def _with_progress(console: Console, job: Job) -> Report:
    columns = TextColumn("{task.description:22}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as bars:
        phases: dict[str, TaskID] = {}

        def progress(phase: str, share: float) -> None:
            if phase not in phases:
                phases[phase] = bars.add_task(phase, total=1.0)
            bars.update(phases[phase], completed=share)

        return retrain.train(job, progress)
