"""A picture of the club's year: what was watched when, and how it was liked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.drawing import FAINT, HEADING, INK, STAR, TEXT, Canvas, fitting

# Pixels.
WIDTH, ROW, MARGIN = 1000, 52, 24
NAMES = 510  # for a name and its date
STAR_WIDTH = 66
BAR, GAP = 26, 12


@dataclass(frozen=True)
class Mark:
    """One night: when, what, and the average stars, None where they aren't told."""

    at: datetime
    title: str
    stars: float | None


def year(marks: Sequence[Mark], head: Sequence[tuple[str, str]] = ()) -> bytes:
    """The nights, given oldest first, as a PNG with the newest on top, below the lines of a head, each a text that may be cut
    and an ending that may not. It takes tens of milliseconds: not for the event loop."""
    canvas = Canvas(WIDTH, 2 * MARGIN + ROW * (len(head) + len(marks) + 1))
    for place, (line, ending) in enumerate(head):
        size, colour = (TEXT, FAINT) if place else (HEADING, INK)
        canvas.write(
            MARGIN, MARGIN + ROW * place + ROW // 2, fitting(line, WIDTH - 2 * MARGIN, size, ending), size, colour
        )
    left, top = MARGIN + NAMES + GAP, MARGIN + ROW * len(head)
    for place, mark in enumerate(reversed(marks)):
        middle = top + ROW * place + ROW // 2
        date = f"  {mark.at:%d %b}"
        canvas.write(left - GAP, middle, fitting(mark.title, NAMES, ending=date), align="right")
        bar = STAR_WIDTH * (mark.stars or 0)
        canvas.bar((left, middle - BAR // 2, left + bar, middle + BAR // 2), STAR)
        canvas.write(left + bar + GAP, middle, "too few ratings" if mark.stars is None else f"★ {mark.stars:.1f}")
    for stars in range(6):
        canvas.write(left + STAR_WIDTH * stars, canvas.height - MARGIN - ROW // 2, str(stars), align="centre")
    return canvas.png()
