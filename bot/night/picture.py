"""A picture of the club's year: what was watched when, and how it was liked."""

import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

WIDTH, DPI = 8.0, 100
HEIGHT, ROOM = 0.36, 1.0  # inches: each night, and axis and margins
PAPER, INK, STAR = "#2b2d31", "#dbdee1", "#e0a030"
NAME_LENGTH = 40


@dataclass(frozen=True)
class Mark:
    """One night: when, what, and the average stars, None where nobody rated it."""

    at: datetime
    title: str
    stars: float | None


def year(marks: Sequence[Mark]) -> bytes:
    """The nights, given oldest first, as a PNG with the newest on top. It takes a third of a second: not for the event loop."""
    figure = Figure(figsize=(WIDTH, ROOM + HEIGHT * len(marks)), dpi=DPI, facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    places = range(len(marks))
    lengths = [0.0 if mark.stars is None else mark.stars for mark in marks]
    axes.barh(places, lengths, color=STAR, height=0.6)
    for place, mark in enumerate(marks):
        label = "not rated" if mark.stars is None else f"★ {mark.stars:.1f}"
        axes.annotate(label, (lengths[place], place), (4, 0), textcoords="offset points", va="center", color=INK)
    titles = [drawable(mark.title) or f"film no. {len(marks) - place}" for place, mark in enumerate(marks)]
    names = [f"{_short(title)}  {mark.at:%d %b}" for title, mark in zip(titles, marks, strict=True)]
    # matplotlib reads "$" as the start of a formula.
    axes.set_yticks(list(places), [name.replace("$", r"\$") for name in names], color=INK)
    axes.set_ylim(-0.6, len(marks) - 0.4)
    axes.set_xlim(0, 5.7)
    axes.set_xlabel("average stars", color=INK)
    axes.tick_params(colors=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def drawable(title: str) -> str:
    """The title without what the picture's font lacks, with "…" for letters; nothing where no letter is left.

    The font that comes with matplotlib has most alphabets, but neither Chinese, Japanese and Korean nor emoji. One that has
    them is twenty megabytes, for titles that the list above the picture shows in full.
    """
    known = _characters()
    drawn = "".join(
        letter if ord(letter) in known else "…" if letter.isalnum() else " "
        for letter in unicodedata.normalize("NFC", title)
    )
    drawn = " ".join(re.sub("…[… ]*…", "…", drawn).split())
    return drawn if any(map(str.isalnum, drawn)) else ""


@cache
def _characters() -> frozenset[int]:
    """What the picture's font can draw."""
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def _short(title: str) -> str:
    return title if len(title) <= NAME_LENGTH else title[: NAME_LENGTH - 1].rstrip() + "…"
