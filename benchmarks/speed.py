"""How soon does a rating count, and what does serving 60,000 films take?  python -m benchmarks.speed

The films and ratings are generated; many of the films have no rating. Memory is that of a process of its own beside what
torch alone takes, once it has made a list of one genre and found similar films, and once it has made a slate besides.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from benchmarks import options as command_line
from benchmarks.generated import generated
from benchmarks.report import Report
from recommender import Filters, FitConfig, Recommender, slate

HISTORY = 200
CALLS, LONG_CALLS = 1000, 100  # fewer slates, each of which takes a tenth of a second
OF_A_TASTE = "a list of ten, of a taste that is solved"
Call = Callable[[Any], object]
FILMS, USERS, RATINGS = 60_000, 10_000, 1_000_000
# As large as the default's model. What it predicts does not matter here.
CONFIG = FitConfig(burn_in=5, thinning=1)

SERVE = """
import sys
from pathlib import Path

def megabytes():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024

import torch
torch.set_num_threads(1)
alone = megabytes()
from recommender import Filters, Recommender, slate
model = Recommender.load(sys.argv[1])
first = int(model.catalogue.ids[0])
model.taste({first: 5.0}).recommend(10, among=model.films.admitted(Filters(genre="Drama")))
model.similar(first, 10)
lists = megabytes() - alone
slate([model.taste({int(movie): 4.0 for movie in model.catalogue.ids[at : at + 200]}) for at in range(25)])
print(lists, megabytes() - alone, alone)
"""


def main() -> None:
    options = command_line.parser("Milliseconds and memory of serving 60,000 films, as Markdown.", seeds=1).parse_args()
    with Report("speed", options.results, options.seeds) as report, tempfile.TemporaryDirectory() as folder:
        seed = options.seeds[0]
        ratings, movies = generated(USERS, FILMS, RATINGS, seed)
        model = Recommender.fit(ratings, movies, config=CONFIG, device="cpu", seed=seed)
        path = Path(folder) / "model.safetensors"
        model.save(path)
        histories = _histories(ratings, seed)
        calls = _calls(model, histories)
        rows = {label: [label] for label in calls}
        threads = (1, torch.get_num_threads())
        for number in threads:
            torch.set_num_threads(number)
            with threadpool_limits(number):
                for label, call in calls.items():
                    own = histories[:LONG_CALLS] if "slate" in label else histories
                    rows[label] += _times(call, map(model.taste, own) if label == OF_A_TASTE else own)
        report.heading(f"{FILMS:,} films, {RATINGS:,} generated ratings, {HISTORY} ratings a member")
        head = [f"{quantile}, ms, threads: {number}" for number in threads for quantile in ("p50", "p99")]
        report.table(["", *head], list(rows.values()))
        if sys.platform == "linux":
            command = [sys.executable, "-c", SERVE, str(path)]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            lists, slates, torchs = (f"{float(figure):.0f} MB" for figure in output.split())
            report.line(
                f"Memory while serving, beside the {torchs} of torch itself: {lists} after a list and similar films, "
                f"{slates} after a slate for 25 members too."
            )


def _calls(model: Recommender, histories: list[dict[int, float]]) -> dict[str, Call]:
    """What is timed, of a history or, `OF_A_TASTE`, of a taste. Filters and exclusions: what they add to a list of one genre and
    some years, without another genre, a phrase that all titles have, and a whole title. Slates: all members are
    solved anew, as for an evening."""
    films, catalogue = model.films, model.catalogue
    some = int(catalogue.ids[0])
    title = catalogue[some].title
    phrase = " ".join(title.split()[:2])  # all generated titles begin alike
    few, many = histories[:7], histories[:24]

    def filters(history: dict[int, float]) -> None:
        unwanted = films.admitted(Filters(genre="Horror")) | films.with_phrase(phrase) | films.with_phrase(title)
        model.model.allowed(unwanted, films.admitted(Filters(genre="Drama", from_year=1950, to_year=2000)))

    return {
        "fold-in": model.taste,
        OF_A_TASTE: lambda taste: taste.recommend(10),
        "a rating to a new list of ten": lambda history: model.taste(history).recommend(10),
        "the same, of twenty-five": lambda history: model.taste(history).recommend(25),
        "filters and exclusions of a list": filters,
        "ratings of a film": lambda history: model.count(some),
        "the next question": lambda history: model.taste(history).questions(1),
        "ten similar films": lambda history: model.similar(next(iter(history)), 10),
        "a slate for 8 members": lambda history: slate(list(map(model.taste, [history, *few]))),
        "a slate for 25 members": lambda history: slate(list(map(model.taste, [history, *many]))),
        "reasons for a prediction": lambda history: model.taste(history).explain(some),
    }


def _histories(ratings: pd.DataFrame, seed: int) -> list[dict[int, float]]:
    """Histories of `HISTORY` ratings, of random users who have as many."""
    long = ratings.groupby("user").filter(lambda own: len(own) >= HISTORY).groupby("user").head(HISTORY)
    own = [dict(zip(rows["movie"], rows["rating"], strict=True)) for _, rows in long.groupby("user")]
    return [own[index] for index in np.random.default_rng(seed).integers(len(own), size=CALLS)]


def _times(call: Call, subjects: Iterable[Any]) -> list[str]:
    """The median and the 99th percentile of one call, in milliseconds."""
    times = []
    for subject in subjects:
        started = time.perf_counter()
        call(subject)
        times.append((time.perf_counter() - started) * 1000)
    # The first call of a process loads libraries.
    return [f"{figure:.2f}" for figure in np.quantile(times[1:], [0.5, 0.99])]


if __name__ == "__main__":
    main()
