"""At the command line: `train`, the trainer's work with the same data and the same gate, and `evaluate`, how good a fit of
the public ratings is."""

import os
import time

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot import worker
from bot.serving import ModelFolder
from bot.settings import Settings
from bot.worker import HELD_OUT, Job, Report
from recommender import Recommender, load_movielens
from recommender.evaluation import newcomers
from recommender.evaluation.baselines import baselines
from recommender.evaluation.metrics import Errors, confusion, measure
from recommender.evaluation.splits import held_out


def train(settings: Settings) -> int:
    """Fit with a progress bar, and publish if the gate allows it. Returns the exit status."""
    console = Console()
    folder = ModelFolder(settings.data_dir / "models")
    # A name of its own, since a running bot may be writing its candidate.
    candidate = folder.folder / f"train-{os.getpid()}.safetensors"
    folder.folder.mkdir(parents=True, exist_ok=True)
    report = _with_progress(console, Job.of(settings, folder.current, candidate, data_at=int(time.time())))
    console.print(
        f"Learned from {report.ratings:,} ratings in {report.seconds:.1f} s on {report.device}. "
        f"Held-out RMSE {report.errors.rmse:.4f} stars."
    )
    if (reason := worker.verdict(report)) is not None:
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

        return worker.train(job, progress)


def evaluate(settings: Settings) -> int:
    """Fit without the held-out ratings and print the errors on them, beside what needs no model, and how good lists are; draw
    error and calibration."""
    from recommender.evaluation import plots  # Imported here because serving never draws, and it takes memory.

    console = Console()
    data = load_movielens(settings.movielens, settings.data_dir, settings.movielens_url)
    held = held_out(data.ratings, HELD_OUT)
    known, test = data.ratings[~held], data.ratings[held]

    def fit(ratings: pd.DataFrame) -> Recommender:
        return Recommender.fit(ratings, data.movies, config=settings.config, device=settings.device)

    started = time.perf_counter()
    model = fit(known)
    seconds = time.perf_counter() - started
    console.print(
        f"{data.name}: {len(known):,} ratings learned in {seconds:.1f} s on {model.info['device']}, {len(test):,} held out"
    )
    console.print(_errors({"Marquee": measure(model, test), **baselines(known, test)}))
    console.print(_confusion(model, test))
    people = newcomers.new_people(fit, known, test)
    curves = newcomers.errors_by_ratings(people)
    console.print(_few_ratings(curves, "RMSE on held-out ratings of new members, in stars"))
    console.print(_few_ratings(newcomers.lists_by_ratings(people), "Lists for new members, 0 to 1"))
    inside = newcomers.coverage(model, known, test)
    console.print(f"80% intervals hold {np.interp(0.8, newcomers.LEVELS, inside):.1%} of held-out ratings.")
    folder = settings.data_dir / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    plots.error_by_ratings(curves, folder / "error.png")
    plots.calibration(inside, folder / "calibration.png")
    console.print(f"Drawn: {folder / 'error.png'}, {folder / 'calibration.png'}")
    return 0


def _few_ratings(curves: pd.DataFrame, title: str) -> Table:
    table = Table("given", *curves.columns, title=title)
    for given, row in curves.iterrows():
        table.add_row(f"{given} ratings", *(f"{figure:.4f}" for figure in row))
    return table


def _errors(rows: dict[str, Errors]) -> Table:
    table = Table(title="Errors on held-out ratings, in stars")
    table.add_column("prediction")
    for name in ("MSE", "RMSE", "MAE"):
        table.add_column(name, justify="right")
    for name, errors in rows.items():
        table.add_row(name, f"{errors.mse:.4f}", f"{errors.rmse:.4f}", f"{errors.mae:.4f}")
    return table


def _confusion(model: Recommender, test: pd.DataFrame) -> Table:
    """Of all ratings of so many stars, the share predicted as each: a row sums to 100."""
    counts = confusion(model, test)
    table = Table(title="Given stars (rows) and predicted stars (columns), % of the row")
    table.add_column("given", justify="right")
    for predicted in counts.columns:
        table.add_column(f"{predicted:g}", justify="right")
    table.add_column("ratings", justify="right")
    for given, row in counts.iterrows():
        shares = (f"{100 * count / row.sum():.0f}" if count else "·" for count in row)
        table.add_row(f"{given:g}", *shares, f"{row.sum():,}")
    return table
