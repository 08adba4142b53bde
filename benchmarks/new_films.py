"""How well are films predicted that few have rated yet?  python -m benchmarks.new_films

The protocols are `splits.new_films` and `splits.club_films`: a tenth of the films with 40 ratings or more lose all of their
ratings but n. All fits learn from the same rows and are tested on the same others. The outside mean of a film is simulated: of a
new film it is the mean of the ratings that are neither given nor tested, of another that of half of its ratings; to both Normal
noise is added. The votes are how many ratings these are. They are of the same people as the tested ratings: expect less of a mean
from elsewhere.

Films that are naturally rare are the check on the other side: ratings held out at random, of films with few others.
"""

import argparse
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.accuracy import RANDOM_SPLITS
from benchmarks.report import Report
from recommender import Recommender
from recommender.datasets import EMBEDDED, MovieLens
from recommender.evaluation.baselines import naive
from recommender.evaluation.metrics import errors
from recommender.evaluation.splits import CLUB_GIVEN, FILM_GIVEN, NewFilms, club_films, new_films, random_split

DATA = ("ml-100k", "ml-1m", EMBEDDED)
NOISE = 0.25  # stars, sd of the noise of an outside mean
OUTSIDE_SHARE = 0.5  # of the ratings of a film that is not new
RARE = ((0, 0), (1, 2), (3, 5), (6, 10))  # ratings that a rare film has to be learned from: from, to
BASELINE, MARQUEE = "film mean + person's offset", "Marquee"
OUTSIDE = f"Marquee, outside mean with noise of {NOISE:g} stars, and votes"

MeanSquares = dict[str, dict[str, float]]  # who -> column -> mean squared error


def main() -> None:
    options = _options()
    with Report("new_films", options.results, options.seeds) as report:
        for data, seeds in command_line.loaded(options):
            report.heading(f"{data.name}, seeds {', '.join(map(str, seeds))}")
            _table(report, "n of a new film's ratings =", [_new(data, seed) for seed in seeds])
            _table(report, "n of a club's ratings =", [_clubs(data, seed) for seed in seeds])
            _table(report, "other ratings of a rare film =", [_rare(data, seed) for seed in seeds])


def _new(data: MovieLens, seed: int) -> MeanSquares:
    split = new_films(data.ratings, seed)
    return _learned(split, FILM_GIVEN, {MARQUEE: data.movies, OUTSIDE: with_outside(data.movies, split, seed)}, seed)


def _clubs(data: MovieLens, seed: int) -> MeanSquares:
    return _learned(club_films(data.ratings, seed), CLUB_GIVEN, {MARQUEE: data.movies}, seed)


def _learned(split: NewFilms, given: Iterable[int], films: dict[str, pd.DataFrame], seed: int) -> MeanSquares:
    """The errors on the tested ratings for each n, of the baseline and of a fit with each description of the films."""
    found: MeanSquares = {}
    for n in given:
        train = split.given(n)
        found.setdefault(BASELINE, {})[str(n)] = errors(_baseline(train, split.test), _stars(split.test)).mse
        for label, movies in films.items():
            predicted = _predicted(train, split.test, movies, seed)
            found.setdefault(label, {})[str(n)] = errors(predicted, _stars(split.test)).mse
    return found


def _rare(data: MovieLens, seed: int) -> MeanSquares:
    """The errors on ratings held out at random, of films of which few others are left."""
    split = random_split(data.ratings, RANDOM_SPLITS[data.name], seed)
    others = split.test["movie"].map(split.train.groupby("movie").size()).fillna(0)
    predictions = {
        BASELINE: _baseline(split.train, split.test),
        MARQUEE: _predicted(split.train, split.test, data.movies, seed),
    }
    found: MeanSquares = {}
    for low, high in RARE:
        rare = others.between(low, high).to_numpy()
        for label, stars in predictions.items():
            column = f"{low}" if low == high else f"{low} to {high}"
            found.setdefault(label, {})[column] = errors(stars[rare], _stars(split.test)[rare]).mse
    return found


def with_outside(movies: pd.DataFrame, split: NewFilms, seed: int) -> pd.DataFrame:
    """The films with what people elsewhere gave them."""
    rng = np.random.default_rng(seed)
    known = split.train.sample(frac=OUTSIDE_SHARE, random_state=rng)
    votes = pd.concat([known, split.elsewhere]).groupby("movie")["rating"].agg(["mean", "size"])
    noisy = votes["mean"] + rng.normal(0, NOISE, len(votes))
    return movies.assign(
        outside_mean=movies["movie"].map(noisy), outside_votes=movies["movie"].map(votes["size"]).astype(float)
    )


def _baseline(train: pd.DataFrame, test: pd.DataFrame) -> NDArray[np.float64]:
    return naive(train, test)["mean of the film + person's offset"]


def _predicted(train: pd.DataFrame, test: pd.DataFrame, movies: pd.DataFrame, seed: int) -> NDArray[np.float64]:
    return Recommender.fit(train, movies, device="cpu", seed=seed).predict(test["user"], test["movie"])


def _stars(rows: pd.DataFrame) -> NDArray[np.float64]:
    return rows["rating"].to_numpy(float)


def _table(report: Report, corner: str, found: list[MeanSquares]) -> None:
    """RMSE over the seeds: the root of the mean of their mean squared errors."""
    columns = list(found[0][BASELINE])
    rows = [
        [label, *(f"{np.mean([own[label][column] for own in found]) ** 0.5:.4f}" for column in columns)]
        for label in found[0]
    ]
    report.table([f"RMSE, {corner}", *columns], rows)


def _options() -> argparse.Namespace:
    parser = command_line.parser("Errors for films that few have rated yet, as Markdown.", seeds=5)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--full", action="store_true", help="more seeds of large data sets")
    return parser.parse_args()


if __name__ == "__main__":
    main()
