"""The papers' figures come from the benchmarks' tables, and a figure that differs is noticed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.quoted import met
from benchmarks.report import Report
from benchmarks.tables import RESULTS, Results

Run = Callable[..., int]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A folder with tables as benchmarks write them."""
    with Report("speed", tmp_path) as report:
        report.heading("ml-100k, seed 0")
        report.table(["", "MSE", "fit, s"], [["Marquee", "0.7643 ± 0.0048", "1,234.5"], ["mean", "1.26", ""]])
        report.table(["RMSE at k =", "5"], [["Marquee", "0.9"]])
        report.line("Memory: 270 MB after a list, 305 MB after a slate.")
        report.heading("ml-1m, seed 0")
        report.table(["", "MSE"], [["**Marquee**", "79.8%"]])
    return tmp_path


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


def test_a_cell_is_found_by_file_heading_row_and_column(report: Path) -> None:
    results = Results(report)
    assert results.table("speed", "ml-100k").text("Marquee", "MSE") == "0.7643 ± 0.0048"
    assert results.table("speed", "ml-100k").number("Marquee", "MSE") == 0.7643
    assert results.table("speed", "ml-100k").number("Marquee", "fit, s") == 1234.5
    assert results.table("speed", "ml-100k", "RMSE at k =").number("Marquee", "5") == 0.9
    assert results.table("speed", "ml-1m").number("Marquee", "MSE") == 79.8
    assert results.numbers("speed", r"(\d+ MB) after a list, (\d+ MB)") == [270, 305]


def test_what_is_not_there_or_there_twice_is_refused_by_name(report: Path) -> None:
    results = Results(report)
    with pytest.raises(LookupError, match="2 headings that begin with 'ml'"):
        results.table("speed", "ml")
    with pytest.raises(LookupError, match=r"two cells in row 'Marquee', column 'MSE'"):
        results.table("speed")
    with pytest.raises(LookupError, match=r"speed.md.* no cell in row 'EASE', column 'MSE'"):
        results.table("speed", "ml-1m").text("EASE", "MSE")
    with pytest.raises(LookupError, match="no number in ''"):
        results.table("speed", "ml-100k").number("mean", "fit, s")
    with pytest.raises(LookupError, match="2 places that match"):
        results.numbers("speed", r"(\d+ MB)")


def test_a_target_that_is_missed_is_marked() -> None:
    assert met(0.8821, 0.88) == "0.882 (missed)"
    assert met(0.88, 0.88) == "**0.880**"
    assert met(float("nan"), 0.88) == "nan (missed)"


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
    path.write_text(path.read_text().replace("99.2%", "98.1%"))
    assert run(results=results) == 1
    told = capsys.readouterr().out
    assert "98.1%" in told
    assert "99.2%" in told
    assert "after" not in told
    run("--write", results=results)
    assert run(results=results) == 0


def test_a_table_that_nothing_makes_is_refused_by_name(run: Run, paper: Path) -> None:
    paper.write_text("<!-- figures: of_another_version -->\n<!-- end of figures -->")
    with pytest.raises(KeyError, match="of_another_version"):
        run()
