"""Slates for groups, and ten evenings of them."""

from benchmarks.tables import Results, markdown

NDCG = "NDCG@5, 95% intervals"  # above the first column of a table under results/
# The rules for groups of a library. The styles of slates whose cost is told.
GROUPREC = {f"grouprec, {rule}": f"grouprec 0.0.3, {rule}" for rule in ("GFAR", "EP-FuzzDA", "LTP")}
SLATES = ("balanced", "fair", "crowd-pleaser")


def groups(results: Results) -> str:
    """Slates for groups."""
    names = ["most popular", "average", "least misery", "average without misery"]
    table = results.table("groups", "ml-1m, seed 0: slates of 5 from 300", NDCG).number
    rows = (
        {name: name for name in names} | GROUPREC | {f"**Marquee, {style}**": f"Marquee, {style}" for style in SLATES}
    )
    columns = {"members' mean": ".3f", "least member": ".3f", "members who like none": ".1%"}
    lines = [
        [label, *(format(table(row, column), form) for column, form in columns.items())] for label, row in rows.items()
    ]
    return markdown(["NDCG@5", *columns], lines)


def slates_cost(results: Results) -> str:
    """What slates give less than the average's."""
    corner = "against the average, 95% intervals"
    table = results.table("groups", "ml-1m, seed 0: slates of 5 from 300", corner).text
    columns = ["members' mean", "least member", "members who like none, points"]
    lines = [[style, *(table(f"Marquee, {style}", column) for column in columns)] for style in SLATES]
    return markdown(["more than the average", *columns], lines)


def memory(results: Results) -> str:
    """What remembering past evenings changes."""
    corner = "satisfaction: percentile among the films, 95% intervals"
    table = results.table("groups", "ml-1m, seed 0: 10 evenings", corner).text
    columns = ["members' mean", "least member", "most less least"]
    ours = {"**Marquee**": "Marquee, balanced", "**Marquee, with memory**": "Marquee, balanced, with memory"}
    rows = {"average": "average"} | GROUPREC | ours
    lines = [[label, *(table(row, column) for column in columns)] for label, row in rows.items()]
    return markdown(["Satisfaction over ten evenings, 0 to 1", *columns], lines)
