"""The tables of README.md and benchmarks/README.md, made from the tables under results/. No measured figure is typed here."""

from collections.abc import Callable

from benchmarks.quoted import chosen, crowds, faults, groups, lists, loads, predictions, serving, tastes
from benchmarks.tables import Results

TABLES: tuple[Callable[[Results], str], ...] = (
    chosen.chosen,
    predictions.accuracy,
    predictions.seconds,
    predictions.newcomers,
    predictions.newcomers_peers,
    predictions.certainty,
    predictions.intervals,
    predictions.new_films,
    predictions.rare_films,
    lists.lists,
    lists.lists_beyond,
    lists.series_in_a_row,
    lists.later_likes,
    lists.chances,
    lists.questions,
    tastes.tastes,
    tastes.slates,
    tastes.slates_of_two,
    groups.groups,
    groups.slates_cost,
    groups.memory,
    lists.similar,
    serving.speed,
    serving.many_films,
    serving.typed_titles,
    serving.imported_titles,
    predictions.bombing,
    crowds.crowds,
    loads.requests,
    loads.million,
    loads.engines,
    loads.cluster,
    loads.cluster_kills,
    loads.several_processes,
    loads.processes,
    faults.poisoning,
    faults.faults,
    predictions.variational,
)


def quoted(results: Results) -> dict[str, str]:
    """Name of a table in the papers -> the table."""
    return {table.__name__: table(results) for table in TABLES}
