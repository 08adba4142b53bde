"""Cells of the benchmarks' tables are found again, and one that is not there is refused."""

from pathlib import Path

import pytest

from benchmarks.report import Report
from benchmarks.tables import Results, met


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


def test_a_cell_is_found_by_file_heading_row_and_column(report: Path) -> None:
    results = Results(report)
    assert results.table("speed", "ml-100k").text("Marquee", "MSE") == "0.7643 ± 0.0048"
    assert results.table("speed", "ml-100k").number("Marquee", "MSE") == 0.7643
    assert results.table("speed", "ml-100k").number("Marquee", "fit, s") == 1234.5
    assert results.table("speed", "ml-100k", "RMSE at k =").number("Marquee", "5") == 0.9
    assert results.table("speed", "ml-1m").number("Marquee", "MSE") == 79.8
    assert results.numbers("speed", r"(\d+ MB) after a list, (\d+ MB)") == [270, 305]


def test_a_column_is_added_up(report: Path) -> None:
    assert Results(report).table("speed", "ml-100k").total("MSE") == pytest.approx(0.7643 + 1.26)


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
