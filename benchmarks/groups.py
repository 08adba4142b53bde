"""How good are slates for groups, for all and for the least pleased?  python -m benchmarks.groups

600 users are never learned from (`group_truth.members`). Marquee predicts from their histories; every rule of the literature
is given the same predictions, and so is the library grouprec. What members truly think is known by other means: from their own
ratings of films that all of the group rated, or, more densely, for 300 popular films, from what an item-based neighbours model
makes of the ratings that were kept from Marquee.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import options as command_line
from benchmarks.bootstrap import interval
from benchmarks.group_rules import RULES, Rule, grouprec
from benchmarks.group_truth import KINDS, SIZES, Members, groups, members
from benchmarks.report import Report
from recommender import STYLES, Recommender, Taste, remembered, slate
from recommender.evaluation.splits import LIKED

LENGTH = 5
GROUPS, CLUBS = 60, 20  # of each kind and size; and those that meet on evening after evening
EVENINGS = 10
AVERAGE, MARQUEE = "average", "Marquee, balanced"
WITH_MEMORY = f"{MARQUEE}, with memory"

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """`films`: columns of the candidates; `truth` (members, candidates) stars."""

    kind: str
    size: int
    people: Rows
    films: Rows
    truth: Array


@dataclass
class Club:
    """The members' tastes and predicted stars, each worked out once."""

    model: Recommender
    people: Members
    popularity: Rows = field(init=False)
    _tastes: dict[int, Taste] = field(default_factory=dict)
    _stars: dict[int, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.popularity = self.model.popularity[self.model.model.item_rows(self.people.films)]

    def tastes(self, people: Rows) -> list[Taste]:
        for member in people.tolist():
            if member not in self._tastes:
                self._tastes[member] = self.model.taste(self.people.history(member))
        return [self._tastes[member] for member in people.tolist()]

    def stars(self, people: Rows, films: Rows) -> Array:
        for member, taste in zip(people.tolist(), self.tastes(people), strict=True):
            if member not in self._stars:
                self._stars[member] = taste.predict_mean(self.people.films)[0]
        return np.stack([self._stars[member][films] for member in people.tolist()])


# People and candidates to places among the candidates, best first.
Picker = Callable[[Rows, Rows, int], Rows]


def main() -> None:
    options = command_line.parser("NDCG of slates for groups, as Markdown.", seeds=1)
    options.add_argument("--data", nargs="+", choices=("ml-1m",), default=["ml-1m"])
    chosen = options.parse_args()
    with Report("groups", chosen.results, chosen.seeds) as report:
        for name in chosen.data:
            data = command_line.load(name, chosen)
            if data is not None:
                for seed in chosen.seeds:
                    _compare(report, name, data.ratings, data.movies, seed)


def _compare(report: Report, name: str, ratings: pd.DataFrame, movies: pd.DataFrame, seed: int) -> None:
    people = members(ratings, seed)
    club = Club(Recommender.fit(people.train, movies, device="cpu", seed=seed), people)
    tables(report, club, f"{name}, seed {seed}", seed)


def tables(report: Report, club: Club, title: str, seed: int) -> None:
    pickers = _pickers(club, seed)
    rated, dense = both_truths(club.people, seed)
    for label, formed in (("films that all of a group rated", rated), (f"{len(dense[0].films)} popular films", dense)):
        slates = _slates(club, pickers, formed)
        figures = {name: np.array(list(map(_figures, formed, own))) for name, own in slates.items()}
        report.heading(f"{title}: slates of {LENGTH} from {label}, {len(formed)} groups")
        _quality(report, figures, seed)
        _cost(report, figures, seed)
        _by_kind(report, figures, formed)
    meeting = [group for at, group in enumerate(dense) if at % GROUPS < CLUBS]
    report.heading(f"{title}: {EVENINGS} evenings of {len(meeting)} groups, each with the first film of a slate")
    _evenings(report, club, pickers, meeting, seed)


def both_truths(people: Members, seed: int) -> tuple[list[Group], list[Group]]:
    """The same groups: with the films that all of them rated, and with the popular ones."""
    rated, dense = [], []
    for kind in KINDS:
        for size in SIZES:
            for group in groups(people, kind, size, GROUPS, seed):
                shared = np.flatnonzero(~np.isnan(people.apart[group]).any(0))
                rated.append(Group(kind, size, group, shared, people.apart[np.ix_(group, shared)]))
                truth = people.neighbours[np.ix_(group, people.popular)]
                dense.append(Group(kind, size, group, people.popular, truth))
    return rated, dense


def _pickers(club: Club, seed: int) -> dict[str, Picker]:
    rng = np.random.default_rng(seed)

    def ruled(rule: Rule) -> Picker:
        return lambda people, films, n: rule(club.stars(people, films), n)

    def styled(style: str) -> Picker:
        return lambda people, films, n: marquee(club, people, films, n, style=style)

    return {
        "random": lambda people, films, n: rng.permutation(len(films))[:n],
        "most popular": lambda people, films, n: np.argsort(-club.popularity[films], kind="stable")[:n],
        **{name: ruled(rule) for name, rule in RULES.items()},
        **{f"Marquee, {style}": styled(style) for style in STYLES},
    }


def _slates(club: Club, pickers: dict[str, Picker], formed: list[Group]) -> dict[str, Sequence[Rows]]:
    """Label -> each group's slate."""
    own = {name: [pick(group.people, group.films, LENGTH) for group in formed] for name, pick in pickers.items()}
    return {**own, **grouprec([club.stars(group.people, group.films) for group in formed], LENGTH)}


def marquee(club: Club, people: Rows, films: Rows, n: int, **keywords: object) -> Rows:
    ids = club.people.films[films]
    picks = slate(club.tastes(people), n, among=ids, **keywords)  # type: ignore[arg-type]
    return np.searchsorted(ids, [pick.movie for pick in picks])


def _figures(group: Group, chosen: Rows) -> tuple[float, float, float, float]:
    """Of the slate: the members' mean NDCG, the least member's, the least member's where a film's gain is its percentile in
    place of its stars, and the share of members whom it gives nothing they like."""
    stars, ranks = _ndcg(group.truth, chosen), _ndcg(_percentiles(group.truth), chosen)
    nothing = (group.truth[:, chosen] < LIKED).all(1)
    return float(stars.mean()), float(stars.min()), float(ranks.min()), float(nothing.mean())


def _ndcg(gains: Array, chosen: Rows) -> Array:
    """(members,)"""
    discounts = 1 / np.log2(np.arange(LENGTH) + 2)
    return np.asarray(gains[:, chosen] @ discounts / (-np.sort(-gains, axis=1)[:, :LENGTH] @ discounts))


def _percentiles(truth: Array) -> Array:
    """(members, films) the share of the films that each member likes less, and half of those they like as much."""
    less = (truth[:, :, None] > truth[:, None, :]).mean(2)
    as_much = (truth[:, :, None] == truth[:, None, :]).mean(2)
    return np.asarray(less + as_much / 2)


def _quality(report: Report, figures: dict[str, Array], seed: int) -> None:
    rows = []
    for name, own in figures.items():
        lead = "" if name == MARQUEE else interval(figures[MARQUEE][:, 1] - own[:, 1], seed, "+.4f")
        rows.append([name, *(interval(own[:, at], seed) for at in range(4)), lead])
    head = [
        f"NDCG@{LENGTH}, 95% intervals",
        "members' mean",
        "least member",
        "least, by percentiles",
        "members who like none",
    ]
    report.table([*head, "balanced ahead for the least member"], rows)


def _cost(report: Report, figures: dict[str, Array], seed: int) -> None:
    """By how much Marquee's slates give more than the average's, the same groups resampled for both."""
    average = figures[AVERAGE]
    rows = []
    for name in (f"Marquee, {style}" for style in STYLES):
        more = figures[name] - average
        relative = more[:, :2] / average[:, :2].mean(0)
        rows.append([name, *(interval(column, seed, "+.1%") for column in (*relative.T, more[:, 3]))])
    head = ["against the average, 95% intervals", "members' mean", "least member"]
    report.table([*head, "members who like none, points"], rows)


def _by_kind(report: Report, figures: dict[str, Array], formed: list[Group]) -> None:
    cells = {kind: np.array([group.kind == kind for group in formed]) for kind in KINDS}
    cells |= {f"of {size}": np.array([group.size == size for group in formed]) for size in SIZES}
    rows = [[name, *(f"{own[chosen, 1].mean():.3f}" for chosen in cells.values())] for name, own in figures.items()]
    report.table(["least member, groups", *cells], rows)


def _evenings(report: Report, club: Club, pickers: dict[str, Picker], meeting: list[Group], seed: int) -> None:
    pickers = {name: pick for name, pick in pickers.items() if name == MARQUEE or not name.startswith("Marquee")}
    satisfied = {name: [_meet(group, _forgetful(pick)) for group in meeting] for name, pick in pickers.items()}
    satisfied[WITH_MEMORY] = [_meet(group, _remembering(club)) for group in meeting]
    watched = grouprec([club.stars(group.people, group.films) for group in meeting], 1, EVENINGS)
    for name, films in watched.items():
        satisfied[name] = [_percentiles(group.truth)[:, own].T for group, own in zip(meeting, films, strict=True)]
    rows = []
    for name, own in satisfied.items():
        means = [evenings.mean(0) for evenings in own]
        columns = ([m.mean() for m in means], [m.min() for m in means], [np.ptp(m) for m in means])
        rows.append([name, *(interval(np.array(column), seed) for column in columns)])
    head = ["satisfaction: percentile among the films, 95% intervals", "members' mean", "least member"]
    report.table([*head, "most less least"], rows)


# People, candidates and what members had from past evenings to a place among the candidates.
Host = Callable[[Rows, Rows, list[dict[int, float]]], int]


def _forgetful(pick: Picker) -> Host:
    return lambda people, films, past: int(pick(people, films, 1)[0])


def _remembering(club: Club) -> Host:
    """Whoever had less on past evenings weighs more, as in the bot."""
    return lambda people, films, past: int(
        marquee(club, people, films, 1, weights=remembered(past, people.tolist()))[0]
    )


def _meet(group: Group, host: Host) -> Array:
    """(evenings, members) percentiles of the watched films among all candidates, by each member's truth."""
    percentiles = _percentiles(group.truth)
    left = np.arange(len(group.films))
    past: list[dict[int, float]] = []
    for _ in range(EVENINGS):
        place = host(group.people, group.films[left], past)
        past.append(dict(zip(group.people.tolist(), percentiles[:, left[place]].tolist(), strict=True)))
        left = np.delete(left, place)
    return np.array([list(evening.values()) for evening in past])


if __name__ == "__main__":
    main()
