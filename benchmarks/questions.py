"""Which questions teach most about a new member?  python -m benchmarks.questions

The members of `splits.asked_members` are never learned from. A question about a film that they rated is answered with their
stars, any other with "not seen". Half of all films, drawn for each member whether they rated them or not, are never asked
about, so that what can be asked tells nothing. After 5, 10 and 20 questions the ratings of that half are predicted, and lists
of that half are made; a film is right in them if the member gave it 4 stars or more. `lists` has the measures.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import fixed_questions as fixed
from benchmarks import options as command_line
from benchmarks.bootstrap import interval
from benchmarks.lists import GAIN_LENGTH, PROPENSITY, UNFAMILIAR, Question, judged
from benchmarks.peers import LENGTH
from benchmarks.report import Report
from recommender import Recommender
from recommender.datasets import EMBEDDED, MovieLens
from recommender.evaluation.splits import LIKED, NewMembers, askable, asked_members

ASKED = (5, 10, 20)  # questions
MOST_MEMBERS = 300  # of a split
MOST_SPLITS = {"ml-1m": 1}  # each takes minutes
OURS = "Marquee"
RMSE, STARS = "RMSE", "answered with stars"
MEASURES = (f"recall@{LENGTH}", f"NDCG@{GAIN_LENGTH}", PROPENSITY, UNFAMILIAR)
COLUMNS = (RMSE, *MEASURES, STARS)

History = dict[int, float]
# What somebody rated so far, and has not seen, and a mask of the films that they can be asked about -> the next film.
Next = Callable[[History, list[int], NDArray[np.bool_]], int]
Figures = NDArray[
    np.float64
]  # (levels, members, columns): the squared error in place of its root; NaN where a member can't be judged


def main() -> None:
    options = command_line.parser(
        "What new members' answers to 5, 10 and 20 questions are worth, as Markdown.", seeds=5
    )
    options.add_argument("--data", nargs="+", choices=(EMBEDDED, "ml-1m"), default=[EMBEDDED, "ml-1m"])
    chosen = options.parse_args()
    with Report("questions", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is None:
                continue
            seeds = chosen.seeds[: MOST_SPLITS.get(name)]
            found = [_of_seed(data, seed) for seed in seeds]
            everyone = {label: np.concatenate([own[label] for own in found], axis=1) for label in found[0]}
            for level, asked in enumerate(ASKED):
                of_level = {label: figures[level] for label, figures in everyone.items()}
                report.heading(f"{data.name}, after {asked} questions, seeds {', '.join(map(str, seeds))}")
                _tables(report, of_level)


def _of_seed(data: MovieLens, seed: int) -> dict[str, Figures]:
    """Each way of asking -> its figures for each member."""
    split = _fewer(asked_members(data.ratings, seed))
    model = Recommender.fit(split.train, data.movies, device="cpu", seed=seed)
    orders = {
        "most rated": fixed.popularity(split.train),
        "log popularity x entropy": fixed.popularity_and_entropy(split.train),
        "fixed list": fixed.greedy(model, split.train, seed),
        f"random, of the {fixed.MOST} most rated": fixed.at_random(split.train, seed),
    }
    ways: dict[str, Next] = {label: partial(next_of, order, model) for label, order in orders.items()}
    ways[OURS] = partial(_ours, model)
    return {label: _figures(model, split, way, seed) for label, way in ways.items()}


def _fewer(split: NewMembers) -> NewMembers:
    members = split.test["user"].unique()[:MOST_MEMBERS]
    return NewMembers(
        split.train, split.pool[split.pool["user"].isin(members)], split.test[split.test["user"].isin(members)]
    )


def next_of(
    order: NDArray[np.int64], model: Recommender, history: History, unseen: list[int], can: NDArray[np.bool_]
) -> int:
    """The first film of a fixed order that can be asked about and was not."""
    rows = model.model.item_rows(order)
    return next(int(film) for film in order[can[rows]] if film not in history and film not in unseen)


def _ours(model: Recommender, history: History, unseen: list[int], can: NDArray[np.bool_]) -> int:
    return model.taste(history).questions(1, unseen, among=can)[0]


def answers(way: Next, rated: Mapping[int, float], can: NDArray[np.bool_]) -> list[History]:
    """The films with stars after so many questions as ASKED says. rated: film -> stars, of those that can be asked about."""
    history: History = {}
    unseen: list[int] = []
    found = []
    for question in range(1, max(ASKED) + 1):
        film = way(history, unseen, can)
        if film in rated:
            history[film] = rated[film]
        else:
            unseen.append(film)
        if question in ASKED:
            found.append(dict(history))
    return found


def _figures(model: Recommender, split: NewMembers, way: Next, seed: int) -> Figures:
    films = model.catalogue.ids
    pools = {user: dict(zip(own["movie"], own["rating"], strict=True)) for user, own in split.pool.groupby("user")}
    liked = split.test[split.test["rating"] >= LIKED].groupby("user")["movie"].apply(set)
    tested = split.test.groupby("user")
    figures = np.full((len(ASKED), len(tested), len(COLUMNS)), np.nan)
    lists = np.full((len(ASKED), len(liked), LENGTH), -1, dtype=np.int64)
    for at, (user, own) in enumerate(tested):
        can = askable(pd.DataFrame({"user": user, "movie": films}), seed)
        for level, history in enumerate(answers(way, pools.get(user, {}), can)):
            taste = model.taste(history)
            figures[level, at, 0] = ((taste.predict(own["movie"])[0] - own["rating"].to_numpy(float)) ** 2).mean()
            figures[level, at, -1] = len(history) / ASKED[level]
            if user in liked.index:
                picks = taste.recommend(LENGTH, among=~can)
                lists[level, liked.index.get_loc(user), : len(picks)] = [pick.movie for pick in picks]
    nothing = {str(asked): split.pool[:0] for asked in ASKED}  # the lists stand; only what is right is asked of them
    question = Question.of(split.train, nothing, split.test[split.test["rating"] >= LIKED])
    judged_lists = judged(question, {OURS: lists.reshape(-1, LENGTH)}, model.catalogue)[OURS]
    figures[:, [user in liked.index for user in tested.groups], 1:-1] = judged_lists[:, :, : len(MEASURES)]
    return figures


def _tables(report: Report, figures: Mapping[str, Figures]) -> None:
    """The means of one level, and by how much Marquee is ahead, the same members resampled for both."""
    report.table(["", *COLUMNS], [[label, *_means(own)] for label, own in figures.items()])
    rows = []
    for label, own in figures.items():
        if label != OURS:
            ahead = figures[OURS] - own
            ahead[:, 0] *= -1
            columns = (column[~np.isnan(column)] for column in ahead.T)
            rows.append([label, *(interval(column, 0, "+.3f") for column in columns)])
    report.table(["Marquee ahead of (95% intervals)", "mean squared error", *MEASURES, STARS], rows)


def _means(own: Figures) -> list[str]:
    means = np.nanmean(own, axis=0)
    return [f"{np.sqrt(means[0]):.4f}", *(f"{mean:.3f}" for mean in means[1:-1]), f"{means[-1]:.1%}"]


if __name__ == "__main__":
    main()
