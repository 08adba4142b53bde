"""How well are new members predicted from few ratings?  python -m benchmarks.newcomers

The protocol is `splits.new_members`: a fifth of the users with 40 ratings or more are never learned from; k of their
ratings are given, 20 others are tested. Marquee folds the k ratings in; a peer, and Marquee for comparison, learns anew
with them. An interval is that of a paired bootstrap over the members.
"""

import argparse
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.bootstrap import rmse_difference
from benchmarks.peers import PATIENCE as LONGEST_FIT
from benchmarks.peers import RATING, client
from benchmarks.report import Report
from recommender import Recommender
from recommender.datasets import MovieLens
from recommender.evaluation.baselines import DAMPING
from recommender.evaluation.splits import GIVEN, TESTED, NewMembers, new_members

DATA = ("ml-100k", "ml-1m")
# Peers learn anew at each k, so they run at PEERS_K alone, and a peer whose fit takes longer than so many seconds does not run.
PATIENCE = {"ml-100k": 2.0, "ml-1m": 5.0}
PEERS_K = (5, 20)
BASELINE = "film mean + damped member's offset"
FOLD_IN, REFIT = "Marquee, fold-in", "Marquee, refit"
COVERED_K = (1, 5, 20)
INTERVAL = 0.8
TRIED_USERS, TRIED_LEFT_OUT = 100, 10  # users on whom exactness is checked, and ratings of each that are left out

Predictions = dict[str, dict[int, NDArray[np.float64]]]  # who -> k -> stars, in the order of the tested rows
Errors = dict[str, dict[int, float]]  # who -> k -> RMSE


def main() -> None:
    options = _options()
    with Report("newcomers", options.results, options.seeds) as report:
        for data, seeds in command_line.loaded(options):
            name = data.name
            errors = [_of_seed(report, data, name, seed, options, peers=seed == seeds[0]) for seed in seeds]
            labels = [label for label in errors[0] if all(len(own.get(label, ())) == len(GIVEN) for own in errors)]
            mean = {label: {k: float(np.mean([own[label][k] for own in errors])) for k in GIVEN} for label in labels}
            if len(seeds) > 1:
                report.heading(f"{name}, mean of seeds {', '.join(map(str, seeds))}")
                _error_table(report, mean)
            curves = {label: (list(own), list(own.values())) for label, own in mean.items()}
            report.plot(f"newcomers-{name}", curves, "ratings given", "RMSE on 20 others")


def _of_seed(
    report: Report, data: MovieLens, name: str, seed: int, options: argparse.Namespace, *, peers: bool
) -> Errors:
    """The tables of one split. Only the first split has peers: they learn anew at each k, which is slow."""
    split = new_members(data.ratings, seed)
    model = Recommender.fit(split.train, data.movies, device="cpu", seed=seed)
    report.heading(f"{name}, {split.test['user'].nunique()} new members, seed {seed}")
    predictions = {BASELINE: {k: baseline(split, k) for k in GIVEN}}
    if peers:
        predictions |= _peers(split, seed, name, options, report)
    predictions[REFIT] = {k: _refit(split, k, data.movies, seed) for k in GIVEN}
    predictions[FOLD_IN] = {k: fold_in(model, split, k)[0] for k in GIVEN}
    errors = {
        label: {k: float(np.sqrt(_squared(split, stars).mean())) for k, stars in own.items()}
        for label, own in predictions.items()
    }
    _error_table(report, errors)
    _difference_table(report, split, predictions)
    _coverage(report, model, split)
    if peers:
        _exactness(report, model, split.train)
    return errors


def fold_in(
    model: Recommender, split: NewMembers, k: int, *, later: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted stars and their sd, in the order of the tested rows. later: see `Taste.predict`."""
    given = {user: dict(zip(own["movie"], own["rating"], strict=True)) for user, own in split.given(k).groupby("user")}
    stars = pd.DataFrame({"mean": np.nan, "sd": np.nan}, index=split.test.index)
    for user, own in split.test.groupby("user"):
        mean, sd = model.taste(given.get(user, {})).predict(own["movie"], later=later)
        stars.loc[own.index, "mean"], stars.loc[own.index, "sd"] = mean, sd
    return stars["mean"].to_numpy(), stars["sd"].to_numpy()


def baseline(split: NewMembers, k: int) -> NDArray[np.float64]:
    """The film's damped mean in `train`, plus the damped mean of what the member gave above such means."""
    mean = split.train["rating"].mean()
    above = (split.train["rating"] - mean).groupby(split.train["movie"]).agg(["sum", "count"])
    film = above["sum"] / (above["count"] + DAMPING)
    given = split.given(k)
    left_over = given["rating"] - mean - given["movie"].map(film).fillna(0)
    member = left_over.groupby(given["user"]).agg(["sum", "count"])
    offset = member["sum"] / (member["count"] + DAMPING)
    stars = mean + split.test["movie"].map(film).fillna(0) + split.test["user"].map(offset).fillna(0)
    return stars.clip(split.train["rating"].min(), split.train["rating"].max()).to_numpy(float)


def _peers(
    split: NewMembers, seed: int, data: str, options: argparse.Namespace, report: Report
) -> Iterator[tuple[str, dict[int, NDArray[np.float64]]]]:
    for name in client.chosen(RATING, options.peers, LONGEST_FIT if options.full else PATIENCE[data], data):
        answers = {k: client.rate(name, _with_given(split, k), split.test, seed) for k in PEERS_K}
        for answer in answers.values():
            if answer is not None:
                report.ran_with(RATING[name].distribution, answer.version)
        yield f"{RATING[name].label}, refit", {k: answer.output for k, answer in answers.items() if answer is not None}


def _refit(split: NewMembers, k: int, movies: pd.DataFrame, seed: int) -> NDArray[np.float64]:
    model = Recommender.fit(_with_given(split, k), movies, device="cpu", seed=seed)
    return model.predict(split.test["user"], split.test["movie"])


def _with_given(split: NewMembers, k: int) -> pd.DataFrame:
    return pd.concat([split.train, split.given(k)[list(split.train.columns)]], ignore_index=True)


def _squared(split: NewMembers, stars: NDArray[np.float64]) -> NDArray[np.float64]:
    """(members, tested): the tested rows lie member by member."""
    return ((stars - split.test["rating"].to_numpy()) ** 2).reshape(-1, TESTED)


def _error_table(report: Report, errors: Errors) -> None:
    rows = [[label, *(f"{own[k]:.4f}" if k in own else "" for k in GIVEN)] for label, own in errors.items()]
    report.table(["RMSE at k =", *map(str, GIVEN)], rows)


def _difference_table(report: Report, split: NewMembers, predictions: Predictions) -> None:
    rows = []
    for other in (BASELINE, REFIT):
        cells = []
        for k in GIVEN:
            ours, theirs = (_squared(split, predictions[label][k]) for label in (FOLD_IN, other))
            low, high = rmse_difference(ours, theirs)
            cells.append(f"{np.sqrt(ours.mean()) - np.sqrt(theirs.mean()):+.4f} ({low:+.4f} to {high:+.4f})")
        rows.append([f"fold-in less {other}", *cells])
    report.table(["RMSE, 95% interval, k =", *map(str, GIVEN)], rows)


def _coverage(report: Report, model: Recommender, split: NewMembers) -> None:
    """The share of the tested ratings inside the interval, for some k and for all k together."""
    inside = {k: covered(split, *fold_in(model, split, k)) for k in GIVEN}
    shares = [f"{inside[k]:.1%}" for k in COVERED_K]
    report.table(
        [f"{INTERVAL:.0%} intervals hold, at k =", *map(str, COVERED_K), "all k"],
        [["Marquee, fold-in", *shares, f"{np.mean(list(inside.values())):.1%}"]],
    )


def _exactness(report: Report, model: Recommender, train: pd.DataFrame) -> None:
    """The largest differences between figures that should agree, for users who were learned from."""
    histories = {user: dict(zip(own["movie"], own["rating"], strict=True)) for user, own in train.groupby("user")}
    films = model.catalogue.ids
    trained, sums, left_out = [], [], []
    for user in list(histories)[:: max(len(histories) // TRIED_USERS, 1)]:
        history, taste = histories[user], model.taste(histories[user])
        trained.append(np.abs(taste.predict(films)[0] - model.predict(np.full(len(films), user), films)).max())
        row = user % len(films)
        reasons = taste.explain(int(films[row]))
        total = reasons.baseline + sum(reasons.contributions.values())
        sums.append(abs(total - taste.stars_of_all()[row]))
        for movie in list(history)[:TRIED_LEFT_OUT]:
            rest = {film: stars for film, stars in history.items() if film != movie}
            left_out.append(abs(reasons.without[movie] - (total - model.taste(rest).stars_of_all()[row])))
    rows = {
        "fold-in of a user who was learned from, less what was learned of them": trained,
        "baseline and contributions, less the unclipped prediction": sums,
        "what leaving a rating out costs, said less seen": left_out,
    }
    report.table(
        ["", "compared", "largest difference, stars"],
        [[label, str(len(found)), f"{max(found):.1g}"] for label, found in rows.items()],
    )


def covered(split: NewMembers, mean: NDArray[np.float64], sd: NDArray[np.float64]) -> float:
    """The share of the tested ratings, 0..1, inside the intervals of predicted stars and sd (tested rows,)."""
    reach = NormalDist().inv_cdf((1 + INTERVAL) / 2)
    return float(np.mean(np.abs(split.test["rating"].to_numpy() - mean) <= reach * sd))


def _options() -> argparse.Namespace:
    parser = command_line.with_peers(
        command_line.parser("Errors for new members by the number of their ratings, as Markdown.", seeds=5)
    )
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    return parser.parse_args()


if __name__ == "__main__":
    main()
