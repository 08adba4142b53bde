"""What a benchmark found: Markdown, printed as it comes, and kept under `benchmarks/results/` with what it ran on."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # files, no windows
from matplotlib import pyplot

from benchmarks.machine import machine
from benchmarks.tables import RESULTS, markdown


class Report:
    """One program's tables and plots. Used in a `with`: what it ran on comes last, and the file is written even if the
    program breaks off, with the tables it had."""

    def __init__(self, name: str, folder: Path = RESULTS, seeds: Sequence[int] = ()) -> None:
        self._name, self._folder = name, folder
        self._seeds = f"; seeds {', '.join(map(str, seeds))}" if seeds else ""
        self._versions: dict[str, str] = {}
        self._text: list[str] = []

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, *_: object) -> None:
        if not self._text:  # no data, so an earlier file stays
            return
        peers = "".join(f", {name} {version}" for name, version in sorted(self._versions.items()))
        self.line(f"{machine('torch', 'numpy')}{peers}{self._seeds}; {datetime.now(UTC):%Y-%m-%d}.")
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{self._name}.md").write_text("\n".join(self._text))

    def ran_with(self, package: str | None, version: str | None) -> None:
        """A package whose version belongs beside the figures."""
        if package and version:
            self._versions[package] = version

    def line(self, text: str) -> None:
        self._add(f"{text}\n")

    def heading(self, text: str) -> None:
        self._add(f"## {text}\n")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], *, figures: bool = True) -> None:
        """The first column holds names, the others figures, or texts where `figures` is False."""
        self._add(markdown(head, rows, figures=figures))

    def plot(self, name: str, curves: dict[str, tuple[Sequence[float], Sequence[float]]], x: str, y: str) -> None:
        """One line for each curve, Marquee's thick, as a PNG beside the tables."""
        figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
        for label, (across, up) in curves.items():
            axes.plot(across, up, marker="o", label=label, linewidth=3 if label.startswith("Marquee") else 1)
        axes.set(xlabel=x, ylabel=y)
        axes.grid(alpha=0.3)
        axes.legend()
        self._folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(self._folder / f"{name}.png", dpi=150)
        pyplot.close(figure)
        self.line(f"![{y}]({name}.png)")

    def _add(self, text: str) -> None:
        print(text, flush=True)
        self._text.append(text)
