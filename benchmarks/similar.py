"""How good are the neighbours of a film?  python -m benchmarks.similar [--data ml-latest-small ml-1m]

Of the neighbours that people would expect (neighbours.csv) the share among the first ten; of the films with siblings in the
catalogue (series.csv) the share with a sibling among the first ten. Beside Marquee the cosine of its factors, EASE, item-kNN and
implicit's models, which run in an environment of their own. Writes Markdown to results/similar.md, with thirty films whose
neighbours are for reading.
"""

import argparse

import numpy as np

from benchmarks import options as command_line
from benchmarks.expected import for_tuning, neighbours, siblings
from benchmarks.neighbours import FIRST, Neighbours, methods
from benchmarks.report import Report
from benchmarks.tables import markdown
from recommender import Recommender
from recommender.datasets import DATASETS, EMBEDDED

READ = 5

# Well known and little known, old and new, of every genre, some with sequels and most without.
SEEDS = (
    "Toy Story (1995)",
    "The Silence of the Lambs (1991)",
    "Pulp Fiction (1994)",
    "The Matrix (1999)",
    "Casablanca (1942)",
    "Annie Hall (1977)",
    "Amelie (2001)",
    "Spirited Away (2001)",
    "Alien (1979)",
    "Manhunter (1986)",
    "Before Sunrise (1995)",
    "A Fistful of Dollars (1964)",
    "Three Colors: Blue (1993)",
    "Groundhog Day (1993)",
    "The Lion King (1994)",
    "Dr. No (1962)",
    "Die Hard (1988)",
    "Psycho (1960)",
    "Seven Samurai (1954)",
    "Singin' in the Rain (1952)",
    "Hoop Dreams (1994)",
    "Requiem for a Dream (2000)",
    "Clueless (1995)",
    "Dumb & Dumber (1994)",
    "Saving Private Ryan (1998)",
    "The Princess Bride (1987)",
    "Schindler's List (1993)",
    "Inception (2010)",
    "Koyaanisqatsi (1983)",
    "Heat (1995)",
)


def recall(near: Neighbours, wanted: dict[int, tuple[str, set[int]]], tuning: bool) -> float:
    """Of the films of one half, the mean share of the wanted rows that are among their first ten, of ten at most."""
    return float(
        np.mean(
            [
                len(others & set(near[row].tolist())) / min(FIRST, len(others))
                for row, (name, others) in wanted.items()
                if for_tuning(name) == tuning
            ]
        )
    )


def hit(near: Neighbours, wanted: dict[int, tuple[str, set[int]]], tuning: bool) -> float:
    """Of the films of one half, the share with at least one of the wanted rows among their first ten."""
    found = [
        bool(others & set(near[row].tolist())) for row, (name, others) in wanted.items() if for_tuning(name) == tuning
    ]
    return float(np.mean(found))


def hubness(near: Neighbours) -> tuple[float, int]:
    """The skewness of N10, how often each film of the catalogue is among the first ten of another (Radovanovic, Nanopoulos and
    Ivanovic 2010), and the largest N10."""
    occurrences = np.bincount(near[near >= 0], minlength=len(near))
    off = occurrences - occurrences.mean()
    return float((off**3).mean() / (off**2).mean() ** 1.5), int(occurrences.max())


def main() -> None:
    options = _options()
    seed = options.seeds[0]
    with Report("similar", options.results, [seed]) as report:
        for name in options.data:
            data = command_line.load(name, options)
            if data is None:
                continue
            model = Recommender.fit(data.ratings, data.movies, device="cpu", seed=seed)
            expected, families = neighbours(model.catalogue), siblings(model.catalogue)
            report.heading(name)
            report.line(_counted(model, expected, families))
            head = [
                *("neighbours: recall", "neighbours: recall, tuning half", "series: hit", "series: hit, tuning half"),
                *("series: recall", "hubness", "largest N10"),
            ]
            rows = []
            for method, near in methods(data, model):
                shares = [
                    *(recall(near, expected, tuning) for tuning in (False, True)),
                    *(hit(near, families, tuning) for tuning in (False, True)),
                    recall(near, families, False),
                ]
                skewness, largest = hubness(near)
                rows.append([method, *(f"{share:.3f}" for share in shares), f"{skewness:.2f}", f"{largest}"])
            report.table(["", *head], rows)
            if name == EMBEDDED:
                _to_read(report, model)


def _counted(model: Recommender, *wanted: dict[int, tuple[str, set[int]]]) -> str:
    expected, families = (sum(not for_tuning(name) for name, _ in films.values()) for films in wanted)
    return (
        f"In the halves that are reported: {expected} films with neighbours, {families} films with siblings. "
        f"{len(model.catalogue):,} films in the catalogue."
    )


def _to_read(report: Report, model: Recommender) -> None:
    report.heading(f"The first {READ} of {len(SEEDS)} films, for reading")
    rows = []
    for label in SEEDS:
        seed = model.catalogue.by_label(label)
        assert seed is not None, label
        near = [model.catalogue[neighbour.movie].label for neighbour in model.similar(seed.id, READ)]
        rows.append([label, ", ".join(near)])
    report.line(markdown(["film", "like it"], rows, figures=False))


def _options() -> argparse.Namespace:
    parser = command_line.parser("Neighbours of films: those expected, series, and hubness, as Markdown.", seeds=1)
    parser.add_argument("--data", nargs="+", choices=DATASETS, default=[EMBEDDED, "ml-1m"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
