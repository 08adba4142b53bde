"""How far can a hundred accounts push a film?  python -m benchmarks.bombing

They give one film 5 stars and fifty others half a star, and join as members of the bot would. The shared model is fitted
without them, with them, and with them bounded as the bot bounds its members. What counts is how far predictions for
everybody else move, and whose lists the film enters. A fit is a draw, so two fits of the same ratings differ too: the first
row says by how much.
"""

import argparse
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.report import Report
from bot.settings import Settings
from bot.training.retrain import bounded
from recommender import Recommender
from recommender.datasets import EMBEDDED, MovieLens

ACCOUNTS, PANNED = 100, 50
RATED = (5, 50)  # ratings that the pushed film has already: nearly unknown, and well known
BOUND = float(Settings.model_fields["member_weight"].default)
FITS = {"accounts, not bounded": math.inf, f"accounts, bounded ({BOUND:g})": BOUND}
LENGTH, LOOKED_AT = 10, 1000
HEAD = [
    "predictions move by (mean, most; stars)",
    "pushed film",
    "films panned",
    "all other films",
    "pushed film, newcomer",
    f"lists of {LENGTH} with the pushed film",
    "its place for a newcomer",
]


def main() -> None:
    options = _options()
    with Report("bombing", options.results, options.seeds) as report:
        data = command_line.load(EMBEDDED, options)
        if data is None:
            return
        for seed in options.seeds:
            before, again = (_fitted(data.ratings, data, fit) for fit in (seed, seed + 1000))
            for rated in RATED:
                pushed, panned = targets(data.ratings, rated, seed)
                report.heading(f"A film with {rated} ratings, seed {seed}")
                rows = [_row("no accounts, another seed", data, before, again, pushed, panned)]
                for label, most in FITS.items():
                    members = bounded(accounts(pushed, panned), data.ratings, most)
                    ratings = pd.concat([data.ratings.assign(weight=1.0), members], ignore_index=True)
                    rows.append(_row(label, data, before, _fitted(ratings, data, seed), pushed, panned))
                report.table(HEAD, rows)


def targets(ratings: pd.DataFrame, rated: int, seed: int) -> tuple[int, NDArray[np.int64]]:
    """The film to push, with the fewest ratings from `rated` on, and random other films to pan."""
    counts = ratings["movie"].value_counts().sort_index()
    pushed = int(counts[counts >= rated].idxmin())
    others = counts.index.to_numpy(np.int64)
    return pushed, np.random.default_rng(seed).choice(others[others != pushed], PANNED, replace=False)


def accounts(pushed: int, panned: NDArray[np.int64]) -> pd.DataFrame:
    """What the accounts rate; their ids are negative, as the members' are."""
    own = pd.DataFrame({"movie": [pushed, *panned], "rating": [5.0] + [0.5] * len(panned)})
    users = pd.DataFrame({"user": -1 - np.arange(ACCOUNTS)})
    return users.merge(own, how="cross").assign(timestamp=0)


def _fitted(ratings: pd.DataFrame, data: MovieLens, seed: int) -> Recommender:
    return Recommender.fit(ratings, data.movies, device="cpu", seed=seed)


def predictions(model: Recommender, data: MovieLens) -> pd.DataFrame:
    """One row for each film; one column for each real user, and 0 for someone without ratings."""
    films = np.sort(data.movies["movie"].to_numpy(np.int64))
    people = {int(user): model.predict(np.full(len(films), user), films) for user in data.ratings["user"].unique()}
    return pd.DataFrame(people | {0: model.taste({}).predict(films)[0]}, index=films, dtype=np.float32)


def _row(
    label: str, data: MovieLens, before: Recommender, after: Recommender, pushed: int, panned: NDArray[np.int64]
) -> list[str]:
    moved = (predictions(after, data) - predictions(before, data)).abs()
    users = moved.drop(columns=0)
    parts = users.loc[[pushed]], users.loc[panned], users.drop(index=[pushed, *panned])
    return [
        label,
        *(f"{part.to_numpy().mean():.3f}, {part.to_numpy().max():.2f}" for part in parts),
        f"{moved.loc[pushed, 0]:.3f}",
        *_listed(after, data, pushed),
    ]


def _listed(model: Recommender, data: MovieLens, pushed: int) -> tuple[str, str]:
    """How many of the real users have the film in their list, and where somebody without ratings has it."""
    listed = 0
    for _, own in data.ratings.groupby("user"):
        picks = model.taste(dict(zip(own["movie"], own["rating"], strict=True))).recommend(LENGTH)
        listed += pushed in [pick.movie for pick in picks]
    first = [pick.movie for pick in model.taste({}).recommend(LOOKED_AT)]
    place = str(first.index(pushed) + 1) if pushed in first else f"beyond {LOOKED_AT}"
    return f"{listed} of {data.ratings['user'].nunique()}", place


def _options() -> argparse.Namespace:
    return command_line.parser(
        "How far accounts that act together move others' predictions, as Markdown.", seeds=1
    ).parse_args()


if __name__ == "__main__":
    main()
