"""What goes wrong, and what is lost by it."""

from benchmarks.tables import Results, markdown

COUNTS = ("injected", "survived", "lost")
# By program and heading.
PARTS = {
    "Discord: errors and slow answers": ("faults_discord", "Errors and slow answers"),
    "Discord: connections that break": ("faults_discord", "Connections that break"),
    "Discord: what is deleted, away or withdrawn": ("faults_discord", "Deleted, away or withdrawn"),
    "the training process killed, in each phase": ("faults_training", "Killed"),
    "hung, or out of memory": ("faults_training", "Hung, or out of memory"),
    "what it brings back is no model, or a bad one": ("faults_training", "What it brings back"),
    "NaN and others for stars": ("faults_training", "What is no rating"),
    "a full disk, at each kind of write": ("faults_disk", ""),
}


def faults(results: Results) -> str:
    """What is survived of Discord, of a retrain and of a full disk."""
    lines = []
    for name, (file, heading) in PARTS.items():
        table = results.table(file, heading)
        lines.append([name, *(f"{table.total(column):.0f}" for column in COUNTS)])
    return markdown(["", *COUNTS], lines)


def poisoning(results: Results) -> str:
    """What one member who rates very much moves."""
    table = results.table("poisoning")
    moved, newcomer = "others' predictions move by (mean, most; stars)", "a newcomer's (mean)"
    rows = (
        "200 ordinary ratings",
        "9,000 ratings of half a star",
        "100,000 ratings of half a star",
        "9,000 ratings of 5 stars",
    )
    lines = [
        [
            row,
            *(f"{table.number(row, column):.3f}" for column in (moved, newcomer)),
            f"{table.number(row, 'of their lists of 10 stay'):.1f}",
            table.text(row, "the gate"),
        ]
        for row in rows
    ]
    head = ["One member with", "others' predictions move by, stars", "a newcomer's", "of their lists of ten stay"]
    return markdown([*head, "the new model"], lines)
