"""A member's taste as one picture: a map of films with theirs on it, and what they give and choose beside what others do.

It is dark whatever Discord's theme is, and as wide as a phone: its text is large enough there.
"""

import asyncio
import io
from collections.abc import Sequence
from itertools import combinations

import discord
import numpy as np

from bot.drawing import FAINT, HEADING, INK, LINE, PAPER, STAR, Canvas, fitting, length
from bot.portraits.taste import Compared, Portrait
from recommender.film_map import SIDE

# Pixels.
WIDTH, MARGIN, ROW = 1000, 28, 52
TITLE, PART = 44, 26
HEAD, MAP_HEIGHT = 112, 630
CELL_GAP, CELL_HEAD, CELL_INSET = 6, 46, 14  # between the parts of the map; a part's name; around its films
CELL_PAPER, KNOWN = "#1e1f22", "#41444b"
COLUMN = (WIDTH - 3 * MARGIN) // 2
BARS = 150  # the height of the columns
GENRE_NAMES = 205  # of the column: the longest, Documentary, fits
STARS_WIDTH = 300  # the axis of the films that say most
TICK = 4  # the line that stands for the others
# Radius of a film by how many there are; of one with a number.
RADII, NUMBERED = ((150, 10), (600, 7), (10**9, 5)), 20
ROUNDS = 50  # of moving those apart
EVERYBODY = "everybody"
# One to five stars: blue to grey to gold, which nearly everybody tells apart.
COLOURS = ("#4f8ef7", "#8db1ea", "#b9bcc4", "#e3c07a", STAR)


async def file(portrait: Portrait, name: str) -> discord.File:
    """To be sent: see `draw`."""
    return discord.File(io.BytesIO(await asyncio.to_thread(draw, portrait, name)), "taste.png")


def draw(portrait: Portrait, name: str) -> bytes:
    """A PNG of a few tenths of a second: not for the event loop. name: the member's, as they write it."""
    figures = MARGIN + HEAD + MAP_HEIGHT + ROW // 2
    telling = figures + 2 * (2 * ROW + BARS)
    canvas = Canvas(WIDTH, telling + ROW * (len(portrait.telling) + 2) + MARGIN)
    _head(canvas, portrait, name)
    _map(canvas, portrait, MARGIN + HEAD)
    _figures(canvas, portrait, figures)
    _telling(canvas, portrait, telling)
    return canvas.png()


def colour(stars: float) -> str:
    """Of a film with these stars, half a star to five."""
    return COLOURS[min(max(round(stars + 0.01) - 1, 0), 4)]


def _head(canvas: Canvas, portrait: Portrait, name: str) -> None:
    ending = " in films"
    shown = fitting(name, WIDTH - 2 * MARGIN - length(ending, TITLE), TITLE)
    canvas.write(MARGIN, MARGIN + 22, f"{shown}{ending}" if shown else "A taste in films", TITLE)
    films = f"{len(portrait.films):,} films. Close to each other: liked by the same people"
    canvas.write(MARGIN, MARGIN + 76, films, colour=FAINT)


def _map(canvas: Canvas, portrait: Portrait, top: float) -> None:
    width, height = (WIDTH - 2 * MARGIN) / SIDE, MAP_HEIGHT / SIDE

    def at(place: Sequence[float]) -> tuple[float, float]:
        """Where a place is drawn, which leaves the head of each part free for its name."""
        (column, across), (row, up) = (divmod(min(share * SIDE, SIDE - 1e-6), 1) for share in place)
        x = MARGIN + width * column + CELL_INSET + across * (width - CELL_GAP - 2 * CELL_INSET)
        room = height - CELL_GAP - CELL_HEAD - 2 * CELL_INSET
        return x, top + height * (SIDE - 1 - row) + CELL_HEAD + CELL_INSET + (1 - up) * room

    for region, name in portrait.regions:
        left, up = MARGIN + width * (region.x - 0.5 / SIDE) * SIDE, top + height * (1 - region.y - 0.5 / SIDE) * SIDE
        canvas.bar((left, up, left + width - CELL_GAP, up + height - CELL_GAP), CELL_PAPER)
        shown = _part(name, width - CELL_GAP - 2 * CELL_INSET)
        canvas.write(left + CELL_INSET, up + CELL_HEAD / 2 + 2, shown, PART, FAINT)
    for place in portrait.known.tolist():
        canvas.dot(*at(place), 2, KNOWN)
    radius = next(radius for most, radius in RADII if len(portrait.films) <= most)
    # What was loved or hated lies on top.
    own = sorted(zip(portrait.films, portrait.places.tolist(), strict=True), key=lambda each: abs(each[0][1] - 3))
    for (_, stars), place in own:
        canvas.dot(*at(place), radius, colour(stars), CELL_PAPER)
    places = {movie: place for (movie, _), place in own}
    middles = _apart([at(places[each.movie.id]) for each in portrait.telling], top)
    for number, (each, middle) in enumerate(zip(portrait.telling, middles, strict=True), start=1):
        _numbered(canvas, *middle, number, each.stars)


def _part(name: str, room: float) -> str:
    """The name of a part of the map, of two genres the first alone where both don't fit."""
    return fitting(name if length(name, PART) <= room else name.partition(" · ")[0], room, PART)


def _apart(middles: Sequence[tuple[float, float]], top: float) -> list[tuple[float, float]]:
    """Where numbered films are drawn: moved within the map until none hides another's number."""
    found = np.array(middles).reshape(-1, 2)
    least = [MARGIN + NUMBERED, top + NUMBERED]
    most = [WIDTH - MARGIN - CELL_GAP - NUMBERED, top + MAP_HEIGHT - CELL_GAP - NUMBERED]
    for _ in range(ROUNDS):
        for one, other in combinations(range(len(found)), 2):
            gap = found[other] - found[one]
            distance = float(np.hypot(*gap))
            if distance < 2 * NUMBERED:
                way = gap / distance if distance > 0 else np.array([1.0, 0.0])
                found[one] -= way * (NUMBERED - distance / 2)
                found[other] += way * (NUMBERED - distance / 2)
        found = found.clip(least, most)
    return [(float(x), float(y)) for x, y in found]


def _numbered(canvas: Canvas, x: float, y: float, number: int, stars: float) -> None:
    canvas.dot(x, y, NUMBERED, colour(stars), PAPER)
    canvas.write(x, y, str(number), colour=PAPER, align="centre")


def _figures(canvas: Canvas, portrait: Portrait, top: float) -> None:
    others, right = f"{portrait.club} others here" if portrait.club else EVERYBODY, 2 * MARGIN + COLUMN
    for heading, left, middle, whose in (
        ("Stars", MARGIN, top, EVERYBODY),
        ("Decades", MARGIN, top + 2 * ROW + BARS, others),
        ("Genres", right, top, others),
    ):
        canvas.write(left, middle + ROW / 2, heading, HEADING)
        start, *_ = canvas.write(left + COLUMN, middle + ROW / 2, whose, colour=FAINT, align="right")
        # As it stands in the figure: across columns, and along rows.
        width, height = (TICK, 28) if heading == "Genres" else (28, TICK)
        line = middle + ROW / 2 - height / 2
        canvas.bar((start - 14 - width, line, start - 14, line + height), INK)
    _columns(canvas, portrait.stars, MARGIN, top + ROW, COLOURS)
    _columns(canvas, portrait.decades, MARGIN, top + 3 * ROW + BARS, (STAR,) * len(portrait.decades))
    _rows(canvas, portrait.genres, right, top + ROW)


def _columns(canvas: Canvas, shares: Sequence[Compared], left: float, top: float, colours: Sequence[str]) -> None:
    foot, step = top + BARS, COLUMN / len(shares)
    scale = (BARS - TICK) / _most(shares)
    for place, (each, paint) in enumerate(zip(shares, colours, strict=True)):
        x, right = left + step * (place + 0.1), left + step * (place + 0.9)
        canvas.bar((x, foot - scale * each.own, right, foot), paint)
        if each.others is not None:
            line = foot - scale * each.others
            canvas.bar((x - 3, line - TICK / 2, right + 3, line + TICK / 2), INK)
        canvas.write((x + right) / 2, foot + 22, _short(each.name), align="centre", colour=FAINT)


def _short(name: str) -> str:
    """Of a decade: 1970s -> 70s, 1960s or older -> –60s; of stars, themselves."""
    return name if len(name) < 5 else f"{'–' if ' ' in name else ''}{name[2:5]}"


def _rows(canvas: Canvas, shares: Sequence[Compared], left: float, top: float) -> None:
    start = left + GENRE_NAMES
    scale = (COLUMN - GENRE_NAMES - TICK) / _most(shares)
    for place, each in enumerate(shares):
        middle = top + ROW * (place + 0.5)
        canvas.write(left, middle, fitting(each.name, GENRE_NAMES - 12), colour=FAINT)
        canvas.bar((start, middle - 13, start + scale * each.own, middle + 13), STAR)
        if each.others is not None:
            line = start + scale * each.others
            canvas.bar((line - TICK / 2, middle - 18, line + TICK / 2, middle + 18), INK)


def _most(shares: Sequence[Compared]) -> float:
    """The largest share; 1 where all are 0, as the decades of films without years."""
    return max((max(each.own, each.others or 0) for each in shares), default=0) or 1


def _telling(canvas: Canvas, portrait: Portrait, top: float) -> None:
    canvas.write(MARGIN, top + ROW / 2, "These say most", HEADING)
    left = WIDTH - MARGIN - STARS_WIDTH - 20
    for place, (dot, edge, meaning) in enumerate(((STAR, None, "given"), (PAPER, INK, "expected"))):
        x = left + 150 * place
        canvas.dot(x, top + ROW / 2, 11, dot, edge)
        canvas.write(x + 20, top + ROW / 2, meaning, colour=FAINT)
    for place, each in enumerate(portrait.telling, start=1):
        middle = top + ROW * (place + 0.5)
        _numbered(canvas, MARGIN + NUMBERED, middle, place, each.stars)
        canvas.write(MARGIN + 56, middle, fitting(each.movie.title, left - MARGIN - 80))
        given, expected = (left + STARS_WIDTH * stars / 5 for stars in (each.stars, each.expected))
        canvas.bar((left, middle - 1, left + STARS_WIDTH, middle + 1), LINE)
        canvas.bar((min(given, expected), middle - 2, max(given, expected), middle + 2), FAINT)
        canvas.dot(expected, middle, 10, PAPER, INK)
        canvas.dot(given, middle, 13, colour(each.stars))
    for stars in range(1, 6):
        middle = top + ROW * (len(portrait.telling) + 1.4)
        canvas.write(left + STARS_WIDTH * stars / 5, middle, str(stars), colour=FAINT, align="centre")
