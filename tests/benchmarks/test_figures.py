"""The papers' figures come from the benchmarks' tables, and a figure that differs is noticed."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.tables import RESULTS

Run = Callable[..., int]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A paper with the figures of the real tables."""
    path = tmp_path / "paper.md"
    path.write_text("Before\n<!-- figures: typed_titles -->\n<!-- end of figures -->\nafter\n")
    return path


@pytest.fixture
def run(paper: Path) -> Run:
    """The program on the paper; its exit status."""
    return lambda *words, results=RESULTS: figures.main(words, [paper], results)


def test_a_paper_is_renewed_between_its_markers_alone(run: Run, paper: Path) -> None:
    assert run() == 1
    assert run("--write") == 0
    lines = paper.read_text().splitlines()
    assert [lines[0], lines[-1]] == ["Before", "after"]
    assert any("queries" in line for line in lines)
    assert run() == 0


@pytest.mark.parametrize("changed", ["paper", "results"])
def test_a_changed_figure_is_noticed_and_told(
    run: Run, paper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: str
) -> None:
    run("--write")
    results = shutil.copytree(RESULTS, tmp_path / "results")
    path = paper if changed == "paper" else results / "titles.md"
    [was, *_] = re.findall(r"\d\d\.\d%", paper.read_text())
    path.write_text(path.read_text().replace(was, "12.3%"))
    assert run(results=results) == 1
    told = capsys.readouterr().out
    assert "12.3%" in told
    assert was in told
    assert "after" not in told
    run("--write", results=results)
    assert run(results=results) == 0


def test_a_table_that_nothing_makes_is_refused_by_name(run: Run, paper: Path) -> None:
    paper.write_text("<!-- figures: of_another_version -->\n<!-- end of figures -->")
    with pytest.raises(KeyError, match="of_another_version"):
        run()
