"""Do lists and slates look like the people they are for?  python -m benchmarks.personas

personas.tsv has tastes that anyone recognises: eight films each with their stars, and the genre that must show. The six "seen"
ones were looked at while the lists were made, the six "unseen" ones were not. The built-in set is learned from as a whole.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import options as command_line
from benchmarks.expected import siblings
from benchmarks.group_rules import RULES, grouprec
from benchmarks.lists import GAIN_LENGTH, OURS, STYLES, Lists, Question, marquees_lists, peers_lists
from benchmarks.report import Report
from bot import cards, reasons
from recommender import STYLES as SLATE_STYLES
from recommender import Catalogue, GroupPick, Movie, Recommender, Taste, slate
from recommender.datasets import EMBEDDED
from recommender.evaluation.metrics import FAMOUS
from recommender.text import spaced_words

PERSONAS = Path(__file__).parent / "personas.tsv"
SETS = ("seen", "unseen")
REFERENCES = ("ease-likes", "item-knn")
SLATE, GROUPS = 5, (2, 4)  # films; people
BEST, BEST_DAMPING = 25, 50.0  # films with the best damped mean, which has so many ratings of the mean added
SHOWN_SLATES = 3  # of each set, for the largest groups

Films = Sequence[Sequence[int]]
Group = tuple["Persona", ...]


@dataclass(frozen=True)
class Persona:
    """`history`: film id -> stars."""

    set: str
    name: str
    genre: str
    history: dict[int, float]


def main() -> None:
    options = command_line.with_peers(command_line.parser("Lists and slates of known tastes, as Markdown.", seeds=1))
    chosen = options.parse_args()
    data = command_line.load(EMBEDDED, chosen)
    assert data is not None
    with Report("personas", chosen.results, chosen.seeds) as report:
        model = Recommender.fit(data.ratings, data.movies, device="cpu", seed=chosen.seeds[0])
        people = personas(model.catalogue)
        lists = _lists(report, model, data.ratings, people, chosen)
        report.heading(f"{EMBEDDED}: the first {GAIN_LENGTH} of each list")
        famous = {movie for movie, _ in Counter(data.ratings["movie"].tolist()).most_common(FAMOUS)}
        _counts(report, model.catalogue, people, lists, famous)
        tastes = {person.name: model.taste(person.history) for person in people}
        for size in GROUPS:
            groups = [group for each in SETS for group in combinations([p for p in people if p.set == each], size)]
            slates = _slates(model, tastes, groups, with_library=chosen.peers is None)
            _count_slates(report, model.catalogue, data.ratings, groups, slates)
        _read_slates(report, model, tastes, groups)
        for person in people:
            _read(report, model, person)
        _styles(report, model.catalogue, people, lists)


def personas(catalogue: Catalogue, path: Path = PERSONAS) -> list[Persona]:
    """The tastes of the file. ValueError for a title that names no film of the catalogue, or several."""
    named = defaultdict(set)
    for movie in catalogue:
        for name in movie.names:
            named[spaced_words(name)].add(movie)
    found: dict[str, Persona] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            person = Persona(line["set"], line["taste"], line["genre"], {})
            found.setdefault(person.name, person).history[_film(named, line["film"]).id] = float(line["stars"])
    return list(found.values())


def _film(named: Mapping[str, set[Movie]], title: str) -> Movie:
    """A year in brackets decides between films of one title."""
    [asked] = Catalogue(pd.DataFrame({"movie": [0], "title": [title]}))
    films = [film for film in named.get(spaced_words(asked.title), ()) if asked.year in (None, film.year)]
    if len(films) != 1:
        raise ValueError(f"{title!r} names {len(films)} films of the catalogue, not one")
    return films[0]


def own_genre(catalogue: Catalogue, genre: str, films: Sequence[int]) -> float:
    """The share of the films that are of the genre."""
    return sum(genre in catalogue[film].genres for film in films) / len(films)


def famous_and_off(catalogue: Catalogue, genre: str, films: Sequence[int], famous: set[int]) -> int:
    """How many of the films are famous and not of the genre."""
    return sum(film in famous and genre not in catalogue[film].genres for film in films)


def in_common(lists: Films) -> float:
    """How many films two of the lists share, the mean over all pairs."""
    return float(np.mean([len(set(one) & set(other)) for one, other in combinations(lists, 2)]))


def strangers_in_common(groups: Sequence[Group], slates: Films) -> float:
    """The same, over the pairs of groups without a common member."""
    pairs = combinations(
        [({person.name for person in group}, own) for group, own in zip(groups, slates, strict=True)], 2
    )
    return float(np.mean([len(set(own) & set(other)) for (one, own), (two, other) in pairs if not one & two]))


def best_rated(ratings: pd.DataFrame) -> set[int]:
    """The BEST films by damped mean."""
    sums = ratings.groupby("movie")["rating"].agg(["sum", "count"])
    damped = (sums["sum"] + BEST_DAMPING * ratings["rating"].mean()) / (sums["count"] + BEST_DAMPING)
    return set(damped.nlargest(BEST).index.tolist())


def _lists(
    report: Report, model: Recommender, ratings: pd.DataFrame, people: list[Persona], options: argparse.Namespace
) -> dict[str, Lists]:
    rows = [(at, film, stars) for at, person in enumerate(people) for film, stars in person.history.items()]
    given = pd.DataFrame(rows, columns=["list", "movie", "rating"])
    question = Question(ratings, ("8",), given, [set()] * len(people))
    lists = peers_lists(report, question, EMBEDDED, options.seeds[0], options, REFERENCES)
    return lists | marquees_lists(model, [person.history for person in people], STYLES)


def _counts(
    report: Report, catalogue: Catalogue, people: list[Persona], lists: dict[str, Lists], famous: set[int]
) -> None:
    rows = []
    for label, films in lists.items():
        cells = []
        for each in SETS:
            own = [
                (person.genre, first)
                for person, first in zip(people, films[:, :GAIN_LENGTH].tolist(), strict=True)
                if person.set == each
            ]
            shares = [own_genre(catalogue, genre, first) for genre, first in own]
            off = [famous_and_off(catalogue, genre, first, famous) for genre, first in own]
            cells += [f"{np.mean(shares):.2f}", f"{np.mean(off):.1f}", f"{in_common([first for _, first in own]):.1f}"]
        rows.append([label, *cells])
    columns = ("share of the taste's genre", "famous and not of it", "shared by two tastes")
    report.table(["", *(f"{each}: {column}" for each in SETS for column in columns)], rows)


def _slates(
    model: Recommender, tastes: Mapping[str, Taste], groups: Sequence[Group], with_library: bool
) -> dict[str, Films]:
    """Label -> a slate for each group."""
    ids = model.catalogue.ids
    new = [ids[~np.isin(ids, _rated(group))] for group in groups]
    stars = [
        np.stack([tastes[person.name].predict_mean(own)[0] for person in group])
        for group, own in zip(groups, new, strict=True)
    ]
    chosen = {"average": [RULES["average"](own, SLATE) for own in stars]}
    if with_library:
        chosen |= {label: list(rows) for label, rows in grouprec(stars, SLATE).items() if "GFAR" in label}
    slates = {
        label: [own[rows].tolist() for own, rows in zip(new, each, strict=True)] for label, each in chosen.items()
    }
    return slates | {
        f"Marquee, {style}": [[pick.movie for pick in _slate(model, tastes, group, style)] for group in groups]
        for style in SLATE_STYLES
    }


def _count_slates(
    report: Report, catalogue: Catalogue, ratings: pd.DataFrame, groups: Sequence[Group], slates: dict[str, Films]
) -> None:
    """`slates`: label -> a slate for each group."""
    best, series = best_rated(ratings), {row: name for row, (name, _) in siblings(catalogue).items()}
    measures: dict[str, Callable[[Sequence[Group], Films], str]] = {
        f"of the {BEST} best": lambda _, own: f"{np.mean([len(best.intersection(films)) for films in own]):.1f}",
        "shared by two groups": lambda _, own: f"{in_common(own):.1f}",
        "slates with two films of a series": lambda _, own: str(
            sum(has_series_twice([series.get(catalogue.row(film)) for film in films]) for films in own)
        ),
    }
    size = len(groups[0])
    if size == min(GROUPS):  # of six tastes, larger ones always share some
        measures["shared by two without a common member"] = lambda those, own: f"{strangers_in_common(those, own):.1f}"
    sets = {each: [at for at, group in enumerate(groups) if group[0].set == each] for each in SETS}

    def cells(films: Films) -> Iterator[str]:
        for own in sets.values():
            for measure in measures.values():
                yield measure([groups[at] for at in own], [films[at] for at in own])

    report.heading(f"Slates of {SLATE} for all {len(sets[SETS[0]])} groups of {size} different tastes")
    report.table(
        ["", *(f"{each}: {measure}" for each in SETS for measure in measures)],
        [[label, *cells(films)] for label, films in slates.items()],
    )


def _read_slates(report: Report, model: Recommender, tastes: Mapping[str, Taste], groups: Sequence[Group]) -> None:
    for group in groups[:: len(groups) // (SHOWN_SLATES * len(SETS))]:
        report.heading(", ".join(person.name for person in group))
        _read_slate(report, model.catalogue, _slate(model, tastes, group, SLATE_STYLES[0]))


def has_series_twice(series: Sequence[str | None]) -> bool:
    """Whether two of the films are of one series; None is no series."""
    return any(times > 1 for name, times in Counter(series).items() if name is not None)


def _slate(model: Recommender, tastes: Mapping[str, Taste], group: Group, style: str) -> list[GroupPick]:
    """A slate of films that nobody of the group has rated."""
    series = model.films.titles.named_alike
    return slate([tastes[person.name] for person in group], SLATE, exclude=_rated(group), style=style, series=series)


def _rated(group: Group) -> list[int]:
    return [film for person in group for film in person.history]


def _read_slate(report: Report, catalogue: Catalogue, picks: list[GroupPick]) -> None:
    rows = []
    for pick in picks:
        film = catalogue[pick.movie]
        stars, seen = (
            " ".join(f"{value:{form}}" for value in values)
            for values, form in ((pick.stars, ".1f"), (pick.seen, ".0%"))
        )
        rows.append([film.label, cards.genres(film), f"{pick.score:.0%}", stars, seen])
    report.table(["film", "genres", "fits the group", "each one's stars", "each one has seen it"], rows, figures=False)


def _read(report: Report, model: Recommender, person: Persona) -> None:
    """The first ten of the balanced list, as the person would read it."""
    films, taste = model.catalogue, model.taste(person.history)
    picks = taste.recommend(GAIN_LENGTH, **STYLES[OURS])
    seen = taste.seen([pick.movie for pick in picks])
    named = reasons.of_list(taste, [pick.movie for pick in picks], person.history)
    rows = []
    for pick, chance in zip(picks, seen, strict=True):
        reason = cards.because(named[pick.movie], person.history, films) or cards.general(model.count(pick.movie))
        film = films[pick.movie]
        own = [
            film.label,
            cards.genres(film, [person.genre]),
            f"{pick.match:.0%}",
            f"{pick.stars:.1f}",
            f"{chance:.0%}",
        ]
        rows.append([*own, reason])
    rated = ", ".join(f"{films[film].title} {stars:g}" for film, stars in person.history.items())
    report.heading(f"{person.name} ({person.set})")
    report.line(f"Rated: {rated}.")
    report.table(["film", "genres", "match", "stars", "has seen it", "reason"], rows, figures=False)


def _styles(report: Report, catalogue: Catalogue, people: list[Persona], lists: dict[str, Lists]) -> None:
    report.heading(f"The first {GAIN_LENGTH} of the other lists")
    for label, films in lists.items():
        if label != OURS:
            rows = [
                [person.name, ", ".join(catalogue[film].label for film in own)]
                for person, own in zip(people, films[:, :GAIN_LENGTH].tolist(), strict=True)
            ]
            report.table([label, "films"], rows, figures=False)


if __name__ == "__main__":
    main()
