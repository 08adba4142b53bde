"""Titles as people's files have them, among the films that come with the bot."""

import csv
from pathlib import Path

import pytest

from benchmarks.imports import TITLES, catalogue_of, outcome_of, outcomes, shipped

Titles = list[dict[str, str]]


@pytest.fixture(scope="module")
def titles() -> Titles:
    with TITLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_nearly_all_titles_are_found_and_none_is_taken_for_another_film(titles: Titles, tmp_path: Path) -> None:
    films, ratings = shipped(tmp_path)
    table, index = catalogue_of(films, ratings, len(films), titles)
    assert all(title["film"] == "" or table.catalogue.by_label(title["film"]) for title in titles)
    counted = {way: list(map(int, own)) for way, *own in outcomes(titles, table, index)}
    known = counted["all that are known"]
    assert sum(known) == 500
    assert known[0] >= 0.98 * 500, counted
    assert all(wrong == 0 for *_, wrong in counted.values()), counted


def test_a_film_is_found_only_if_it_is_the_one_that_was_meant() -> None:
    assert outcome_of("Heat (1995)", ["Heat (1995)"]) == "found"
    assert outcome_of("Heat (1995)", ["Heat (1986)"]) == outcome_of("", ["Heat (1986)"]) == "wrong"
    assert outcome_of("Heat (1995)", ["Heat (1995)", "Heat (1986)"]) == "unclear"
    assert outcome_of("Heat (1995)", []) == "not found"
