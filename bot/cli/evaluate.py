"""`evaluate`: how good a fit of the public ratings is."""

import time

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from bot import cards
from bot.settings import Settings
from bot.training.retrain import HELD_OUT
from recommender import Recommender, load_movielens
from recommender.evaluation import newcomers
from recommender.evaluation.baselines import baselines
from recommender.evaluation.metrics import Errors, confusion, measure
from recommender.evaluation.splits import held_out


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
    for given, row in zip(curves.index.tolist(), curves.to_numpy(), strict=True):
        table.add_row(cards.count(given, "rating"), *(f"{figure:.4f}" for figure in row))
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
