"""A picture of the club's year: what was watched when, and how it was liked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.drawing import STAR, Canvas, fitting, length

# Pixels.
WIDTH, ROW, MARGIN, FONT = 1000, 44, 24, 20
NAMES = 460  # for a name and its date
STAR_WIDTH = 84
BAR, GAP = 26, 12


@dataclass(frozen=True)
class Mark:
    """One night: when, what, and the average stars, None where nobody rated it."""

    at: datetime
    title: str
    stars: float | None


def year(marks: Sequence[Mark]) -> bytes:
    """The nights, given oldest first, as a PNG with the newest on top. It takes tens of milliseconds: not for the event loop."""
    canvas = Canvas(WIDTH, 2 * MARGIN + ROW * (len(marks) + 1))
    left = MARGIN + NAMES + GAP
    for place, mark in enumerate(reversed(marks)):
        middle = MARGIN + ROW * place + ROW // 2
        date = f"  {mark.at:%d %b}"
        canvas.write(
            left - GAP, middle, fitting(mark.title, NAMES - length(date, FONT), FONT) + date, FONT, align="right"
        )
        bar = STAR_WIDTH * (mark.stars or 0)
        canvas.bar((left, middle - BAR // 2, left + bar, middle + BAR // 2), STAR)
        label = "not rated" if mark.stars is None else f"★ {mark.stars:.1f}"
        canvas.write(left + bar + GAP, middle, label, FONT)
    for stars in range(6):
        canvas.write(left + STAR_WIDTH * stars, canvas.height - MARGIN - ROW // 2, str(stars), FONT, align="centre")
    return canvas.png()
