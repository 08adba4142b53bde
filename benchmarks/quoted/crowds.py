"""Many who ask at once, and one who never stops."""

from benchmarks.tables import Results, markdown, met

ALL, MOST_COMMITS, MOST_OF_OTHERS = 1_000, 50, 500
SHOWN = ("within 3 s", "p50, ms", "p99, ms")


def crowds(results: Results) -> str:
    """Bursts and floods, against what is wanted."""
    burst, flood = results.table("crowd", "A burst", "1,000 × `/rate` at once"), results.table("crowd", "A flood")
    lines = []
    for name in ("once", "and again"):
        answered, stored = burst.number(name, "within 3 s"), burst.number(name, "stored")
        lines.append(
            [
                f"1,000 members rate a film at once, {name}",
                f"**{answered:,.0f}**" if answered == stored == ALL else f"{answered:,.0f} (missed)",
                *(burst.text(name, column) for column in SHOWN[1:]),
                f"{met(burst.number(name, 'commits'), MOST_COMMITS, '.0f')} commits",
            ]
        )
    for name in ("others, alone", "others, beside the flood", "who floods"):
        wanted = MOST_OF_OTHERS if name.endswith("flood") else float("inf")
        p99 = flood.number(name, "p99, ms")
        shown = met(p99, wanted, ",.0f") if wanted < float("inf") else f"{p99:,.0f}"
        lines.append([name, *(flood.text(name, column) for column in SHOWN[:2]), shown, ""])
    return markdown(["", *SHOWN, ""], lines)
