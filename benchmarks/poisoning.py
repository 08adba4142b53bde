"""How far does one member move others, who rates a great many films?  python -m benchmarks.poisoning

A member gives half a star to as many films as there are, and the model is learned anew as the bot does it, from a database. What
counts is how far predictions for everybody else move, and how much of their lists stays. A fit is a draw, so a few ordinary
ratings move them too: the first row says by how much. The gate compares the errors of held-out ratings with those of the model
that serves.
"""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks import options as command_line
from benchmarks.bombing import LENGTH, predictions
from benchmarks.report import Report
from bot.settings import Settings
from bot.store import Store
from bot.training.gate import verdict
from bot.training.retrain import Job, train
from recommender import Recommender
from recommender.datasets import EMBEDDED, MovieLens

ORDINARY = 200  # ratings
MANY, VERY_MANY = 9_000, 100_000
HEAD = (
    "",
    "learned from",
    "others' predictions move by (mean, most; stars)",
    "a newcomer's (mean)",
    f"of their lists of {LENGTH} stay",
    "error before and after",
    "the gate",
)

Stars = dict[int, float]


def main() -> None:
    options = command_line.parser("How far one member who rates very much moves others, as Markdown.", 1).parse_args()
    with Report("poisoning", options.results, options.seeds) as report, tempfile.TemporaryDirectory() as folder:
        data = command_line.load(EMBEDDED, options)
        if data is not None:
            report.table(HEAD, _rows(data, Path(folder), np.random.default_rng(options.seeds[0])))


def _rows(data: MovieLens, folder: Path, chance: np.random.Generator) -> list[list[str]]:
    asyncio.run(_opened(folder / "club.db"))
    before = _learned(folder, {}, folder / "none.safetensors", folder / "serving.safetensors")[0]
    films = data.ratings["movie"].value_counts().index.tolist()  # the best known first
    made_up = range(10**9, 10**9 + VERY_MANY)
    own = data.ratings.sample(ORDINARY, random_state=chance.integers(2**32)).drop_duplicates("movie")
    members: dict[str, Stars] = {
        f"{ORDINARY} ordinary ratings": dict(zip(own["movie"], own["rating"], strict=True)),
        f"{MANY:,} ratings of half a star": dict.fromkeys(films[:MANY], 0.5),
        f"{VERY_MANY:,} ratings of half a star": dict.fromkeys([*films, *made_up][:VERY_MANY], 0.5),
        f"{MANY:,} ratings of 5 stars": dict.fromkeys(films[:MANY], 5.0),
    }
    return [_row(name, data, before, stars, folder) for name, stars in members.items()]


async def _opened(path: Path) -> None:
    async with Store.open(path):
        pass


def _learned(folder: Path, stars: Stars, serving: Path, candidate: Path) -> tuple[Recommender, str, str, int]:
    """The model, its errors before and after, what the gate says, and how many of the member's ratings were learned from."""
    with closing(sqlite3.connect(folder / "club.db")) as db, db:
        db.execute("DELETE FROM ratings")
        db.executemany("INSERT INTO ratings VALUES (1, ?, ?, 1)", stars.items())
    settings = Settings(
        _env_file=None, database=folder / "club.db", data_dir=folder, movielens=EMBEDDED, device="cpu", films="off"
    )
    report = train(Job.of(settings, serving, candidate, data_at=2), lambda *_: None)
    compared = "" if report.errors_before is None else f"{report.errors_before.rmse:.4f}, {report.errors.rmse:.4f}"
    decided = "published" if verdict(report) is None else "refused"
    return Recommender.load(candidate), compared, decided, report.member_ratings


def _row(name: str, data: MovieLens, before: Recommender, stars: Stars, folder: Path) -> list[str]:
    serving, candidate = folder / "serving.safetensors", folder / "candidate.safetensors"
    after, errors, decided, learned = _learned(folder, stars, serving, candidate)
    moved = (predictions(after, data) - predictions(before, data)).abs()
    others = moved.drop(columns=0).to_numpy()
    return [
        name,
        f"{learned:,}",
        f"{others.mean():.3f}, {others.max():.2f}",
        f"{moved[0].mean():.3f}",
        f"{_kept(before, after, data):.1f}",
        errors,
        decided,
    ]


def _kept(before: Recommender, after: Recommender, data: MovieLens) -> float:
    """How many of the films of a real user's list are still in it, on average."""
    kept = []
    for _, own in data.ratings.groupby("user"):
        history = dict(zip(own["movie"], own["rating"], strict=True))
        lists = [{pick.movie for pick in model.taste(history).recommend(LENGTH)} for model in (before, after)]
        kept.append(len(lists[0] & lists[1]))
    return float(np.mean(kept))


if __name__ == "__main__":
    main()
