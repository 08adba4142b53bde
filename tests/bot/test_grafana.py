"""The Grafana board asks for what the bot tells, and for all of it."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
from prometheus_client import ProcessCollector

from bot.metrics import State
from tests.bot.simulated import MATRIX

BOARD = json.loads((Path(__file__).parents[2] / "deploy" / "grafana.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
OF_PROMETHEUS = {"job", "instance"}  # the labels that it adds itself
# What nobody needs to see: the clock of prometheus-client's own, and what the others are made of.
LEFT_OUT = {"process_virtual_memory_bytes", "process_start_time_seconds"}
OF_THE_LANGUAGE = {
    "sum",
    "by",
    "rate",
    "increase",
    "histogram_quantile",
    "topk",
    "time",
    "le",
    "kind",
    "name",
    "outcome",
}


@pytest.fixture
async def told(club, alice, monkeypatch):
    """Metric -> its labels, of all that a bot in use has."""
    await alice.says("rate", movie=MATRIX, stars=5)
    registry = club.bot.meters.registry
    club.bot.meters._answers.labels("command", "rate").observe(0.1)  # a simulation has no requests that could be timed
    club.bot.films_at = 1
    monkeypatch.setattr("bot.backups.newest", lambda folder: 1)
    monkeypatch.setattr(type(club.bot), "latency", 0.1)
    registry.register(State(club.bot))
    ProcessCollector(registry=registry)
    samples = [sample for family in registry.collect() for sample in family.samples]
    return {one.name: set(one.labels) for one in samples if not one.name.endswith("_created")}


def metrics_of(query):
    """Metric -> the labels that are asked of it; those by which a sum is taken are asked of all in it."""
    asked = {}
    for name, selector in re.findall(r"\b((?:marquee|process)_\w+)(?:\{(.*?)\})?", query):
        asked.setdefault(name, set()).update(re.findall(r"(\w+)\s*=~?", selector))
    grouped = {label for labels in re.findall(r"by \((.*?)\)", query) for label in re.split(r"[, ]+", labels)}
    return {name: labels | grouped for name, labels in asked.items()}


async def test_it_asks_for_nothing_that_the_bot_does_not_tell(told):
    for query in QUERIES:
        asked = metrics_of(query)
        assert asked, query
        for name, labels in asked.items():
            assert name in told, query
            assert labels - OF_PROMETHEUS <= told[name], query


async def test_all_that_the_bot_tells_is_on_it_or_left_out_on_purpose(told):
    asked = {name for query in QUERIES for name in metrics_of(query)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told}
    assert families - {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} == LEFT_OUT


async def test_its_legends_name_labels_that_the_metrics_have(told):
    for panel in PANELS:
        for target in panel["targets"]:
            [(name, labels)] = list(metrics_of(target["expr"]).items())[:1]
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= told[name] | labels


@pytest.mark.parametrize("query", QUERIES)
def test_its_queries_are_whole(query):
    assert all(query.count(opening) == query.count(closing) for opening, closing in ("()", "{}", "[]"))
    bare = re.sub(r'"[^"]*"|\{.*?\}|\[.*?\]', "", query)
    words = {word for word in re.findall(r"[a-z_]+", bare) if not word.startswith(("marquee_", "process_"))}
    assert words <= OF_THE_LANGUAGE


def test_its_data_source_is_chosen_where_it_is_imported():
    variables = {variable["name"]: variable for variable in BOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    sources = [part["datasource"] for panel in PANELS for part in (panel, *panel["targets"])]
    assert {source["uid"] for source in sources} == {"${datasource}"}


def test_its_panels_have_a_place_and_a_number_each_and_say_what_they_show():
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert all(panel["title"] and panel["description"] for panel in PANELS)
    places = [
        {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        for place in (panel["gridPos"] for panel in BOARD["panels"])
    ]
    assert not any(one & other for one, other in combinations(places, 2))
    assert max(x for place in places for x, _ in place) < 24
