"""What do eight processes of one machine hold, where one model serves in each?  python -m benchmarks.processes

60,000 films with titles of all kinds, and generated ratings. Each process loads the model's file and answers what members ask of
it: lists, slates, similar films, reasons, questions. What its tables take is what it holds more than a process that has done the
same with a model of hardly any films: its proportional set size, in which a page that n processes share counts as an nth for
each. Then films are added, removed and corrected, which each process works in by itself; and then each maps the file that one of
them has written with these films. Beside that stand the same with the file copied into each process, not mapped; what a process
can share with nobody; and the title index, which each has for itself. Linux only.
"""

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks import options as command_line
from benchmarks.catalogue import made_up
from benchmarks.generated import generated
from benchmarks.report import Report
from benchmarks.speed import CONFIG
from bot.serving import Serving, give_back_memory
from bot.titles import TitleIndex
from recommender import Catalogue, Filters, Recommender, model_file, slate
from recommender.datasets.identity import TYPED
from recommender.devices import limit_threads
from recommender.filters import FilmTable

PROCESSES, LOADS = 8, 3
FILMS, USERS, RATINGS = 60_000, 10_000, 1_000_000
FEW = 40  # films of the model that is hardly any
HISTORY = 200
ADDED, REMOVED, CORRECTED = 20, 5, 5
MAPPED, COPIED, CHANGED, RENEWED = WAYS = (
    "mapped",
    "copied",
    f"mapped, {ADDED} films added since, {REMOVED} removed, {CORRECTED} corrected",
    "then mapped anew with these films",
)
STEPS = ("to load the model and answer", "to build the title index")
CHANGING = "to work the changed films in", "to write the file with them", "to map it in place of the one before"


class Process:
    """One that serves a model."""

    def __init__(self, path: Path, way: str) -> None:
        command = [sys.executable, "-m", "benchmarks.processes", str(path), way]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def told(self) -> float:
        """What it has to tell next: how many seconds its last step took."""
        assert self.process.stdout is not None
        return float(json.loads(self.process.stdout.readline()))

    def goes_on(self) -> None:
        assert self.process.stdin is not None
        print(flush=True, file=self.process.stdin)

    def megabytes(self, of: str) -> float:
        """Pss: its proportional set size; Anonymous: what it can share with nobody."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(rollup.partition(f"\n{of}:")[2].split()[0]) / 1024


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[2] in WAYS:
        _serve(Path(sys.argv[1]), sys.argv[2])
        return
    options = command_line.parser("Memory of processes that serve one model, as Markdown.", seeds=1).parse_args()
    with Report("processes", options.results, options.seeds[:1]) as report, tempfile.TemporaryDirectory() as folder:
        large, small = (Path(folder) / f"{name}.safetensors" for name in ("large", "small"))
        _model(FILMS, USERS, RATINGS, options.seeds[0]).save(large)
        _model(FEW, FEW, FEW * FEW // 8, options.seeds[0]).save(small)
        changing = [_renew(path) for path in (small, large)][1]
        subprocess.run(["sync"], check=True)  # a page that is still to be written counts as private
        report.heading(f"{FILMS:,} films, {RATINGS:,} generated ratings, a file of {large.stat().st_size / 1e6:.0f} MB")
        head = "the file is", "one process, MB", f"{PROCESSES} in all, MB", "times one"
        report.table(head, [[way, *_tables(large, small, way)] for way in WAYS])
        alone = {way: [_alone(path, way) for path in (large, small)] for way in (MAPPED, CHANGED, RENEWED)}
        own = [[way, *(f"{big - few:.1f}" for big, few in zip(*of, strict=True))] for way, of in alone.items()]
        report.table(("its own, shared with nobody", "of the tables, MB", "the title index, MB"), own)
        times = [_seconds(large) for _ in range(LOADS)]
        rows = [*zip(STEPS, map(median, zip(*times, strict=True)), strict=True), *zip(CHANGING, changing, strict=True)]
        report.table(("", "seconds"), [[step, f"{seconds:.1f}"] for step, seconds in rows])


def _model(films: int, users: int, ratings: int, seed: int) -> Recommender:
    movies = made_up(FILMS)[0].iloc[:films]
    own, _ = generated(users, films, ratings, seed)
    own = own.assign(movie=movies["movie"].to_numpy()[own["movie"].to_numpy() - 1])
    return Recommender.fit(own, movies, config=CONFIG, device="cpu", seed=seed)


def _changes(recommender: Recommender) -> tuple[pd.DataFrame, list[int]]:
    """Films that came or are told of anew, and those that went."""
    ids = recommender.catalogue.ids
    known = ids[np.linspace(0, len(ids) - 1, REMOVED + CORRECTED).astype(np.int64)]
    added = pd.DataFrame({"movie": TYPED + np.arange(ADDED), "title": [f"Zorblax {part}" for part in range(ADDED)]})
    told = pd.concat([added, pd.DataFrame({"movie": known[REMOVED:], "title": "Zorblax the Corrected"})])
    return told.assign(year=2026, genres="Comedy"), known[:REMOVED].tolist()


def _renew(path: Path) -> list[float]:
    """Write the file with the changed films beside it. The seconds of each step."""
    before = Serving.of(Recommender.load(path))
    times = [perf_counter()]
    changed = before.with_films(*_changes(before.recommender))
    times.append(perf_counter())
    changed.recommender.save(_renewed(path))
    times.append(perf_counter())
    Serving.of(Recommender.load(_renewed(path)), changed)
    times.append(perf_counter())
    return np.diff(times).tolist()


def _renewed(path: Path) -> Path:
    return path.with_stem(f"{path.stem}-renewed")


def _tables(large: Path, small: Path, way: str) -> list[str]:
    """What the tables take in one process, and in several."""
    one, many = (_held(large, way, count) - _held(small, way, count) for count in (1, PROCESSES))
    return [f"{one:.0f}", f"{many:.0f}", f"{many / one:.2f}"]


def _held(path: Path, way: str, count: int) -> float:
    """Megabytes of so many processes in all, once all have answered."""
    with _serving(path, way, count) as processes:
        return sum(process.megabytes("Pss") for process in processes)


def _alone(path: Path, way: str) -> tuple[float, float]:
    """Megabytes that a process can share with nobody: once it has answered, and what its title index adds."""
    with _serving(path, way, 1) as [process]:
        before = process.megabytes("Anonymous")
        process.goes_on()
        process.told()
        return before, process.megabytes("Anonymous") - before


def _seconds(path: Path) -> tuple[float, float]:
    process = Process(path, MAPPED)
    with process.process:
        first = process.told()
        process.goes_on()
        second = process.told()
        process.process.kill()
    return first, second


@contextmanager
def _serving(path: Path, way: str, count: int) -> Iterator[Sequence[Process]]:
    """So many processes that have loaded the model and answered."""
    with ExitStack() as stack:
        processes = [Process(path, way) for _ in range(count)]
        for process in processes:
            stack.enter_context(process.process)
            stack.callback(process.process.kill)
        for process in processes:
            process.told()
        yield processes


def _serve(path: Path, way: str) -> None:
    """The process's own side: tells how long loading and answering took, waits, makes a title index, tells that, and waits."""
    limit_threads(1)  # as the bot does
    if way == COPIED:
        model_file.BACKEND = "pread"
    started = perf_counter()
    recommender = Recommender.load(path)
    if way in (CHANGED, RENEWED):
        _answer(recommender)
        recommender = _changed(recommender)
    if way == RENEWED:
        _answer(recommender)
        recommender = Recommender.load(_renewed(path))
    _answer(recommender)
    _tell(started)
    started = perf_counter()
    index = TitleIndex(recommender.catalogue, recommender.fame)
    index.fitting("the mat")
    index.resolve("star wars")
    _tell(started)


def _changed(before: Recommender) -> Recommender:
    """As `Serving` does it, but for the title index."""
    told, gone = _changes(before)
    changed = before.without_films(gone).with_films(told)
    changed.catalogue = Catalogue(changed.movies, before=before.catalogue)
    changed.films = FilmTable(changed.catalogue, before=before.films)
    return changed


def _answer(recommender: Recommender) -> None:
    """What members ask."""
    ids = recommender.catalogue.ids
    some = [int(movie) for movie in ids[np.linspace(0, len(ids) - 1, min(HISTORY, len(ids) // 2)).astype(np.int64)]]
    taste = recommender.taste(dict.fromkeys(some, 4.0))
    picks = taste.recommend(10, among=recommender.films.admitted(Filters(genre="Drama")))
    movies = [pick.movie for pick in picks]
    taste.explain(some[0])
    taste.lifts(movies)
    taste.seen(movies)
    taste.questions(1)
    slate([taste, recommender.taste({some[0]: 1.0})])
    recommender.similar(some[0], 10)
    recommender.top(10)
    recommender.films.with_phrase("star wars")
    recommender.film_map.regions()
    _ = recommender.catalogue.by_label(recommender.catalogue.movies[0].label)


def _tell(started: float) -> None:
    seconds = perf_counter() - started
    gc.collect()
    give_back_memory()
    print(json.dumps(seconds), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
