"""What pictures are drawn with: text as far as the fonts have its letters, and smooth shapes."""

import io
import unicodedata
from bisect import bisect
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Literal

import matplotlib
import noto_cjk_sans_jp_regular
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont

from recommender.text import visible

# Legible on a phone, which shows 1,000 pixels as 400 points or so.
TEXT, HEADING = 28, 36
PAPER, INK, FAINT, LINE, STAR = "#2b2d31", "#dbdee1", "#a3a6ad", "#4a4d54", "#e0a030"
SMOOTH = 2  # a picture is drawn so many times as large, then made smaller: Pillow's shapes have jagged edges

# Matplotlib's own, and one for Chinese, Japanese and Korean; the first that has a letter draws it.
FONTS = (
    str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")),
    str(noto_cjk_sans_jp_regular.FONT_PATH),
)

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Canvas:
    """A picture that is being drawn. Places and sizes are in pixels, from the left and from the top."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def write(
        self,
        x: float,
        middle: float,
        text: str,
        size: int = TEXT,
        colour: str = INK,
        *,
        align: Literal["left", "centre", "right"] = "left",
    ) -> Box:
        """A line of text that begins, has its middle or ends at x; returns the room that it takes."""
        width = length(text, size)
        left = x - width * {"left": 0, "centre": 0.5, "right": 1}[align]
        at = left * SMOOTH
        for face, run in _runs(text, size):
            # "ls": all runs stand on one line, whichever font draws them.
            self._draw.text((at, (middle + size * 0.36) * SMOOTH), run, colour, face, "ls")
            at += face.getlength(run)
        return left, middle - size * 0.7, left + width, middle + size * 0.7

    def bar(self, box: Box, colour: str) -> None:
        left, top, right, bottom = (side * SMOOTH for side in box)
        if right > left and bottom > top:
            self._draw.rectangle((left, top, right - 1, bottom - 1), colour)

    def dot(self, x: float, y: float, radius: float, colour: str, edge: str | None = None) -> None:
        place = (x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse([side * SMOOTH for side in place], colour, edge, 2 * SMOOTH)

    def png(self) -> bytes:
        picture = io.BytesIO()
        # At this level it is larger by a quarter, and takes a third of the time.
        self._image.reduce(SMOOTH).save(picture, "PNG", compress_level=1)
        return picture.getvalue()


def drawable(text: str) -> str:
    """What can be drawn of a text: no letters that the fonts lack, and none that are written from the right, whose shapes depend
    on those around them."""
    return visible("".join(letter for letter in visible(text) if _font_of(letter) is not None))


def length(text: str, size: int = TEXT) -> float:
    """Pixels of a line of text."""
    return sum(face.getlength(run) for face, run in _runs(text, size)) / SMOOTH


def fitting(text: str, room: float, size: int = TEXT, ending: str = "") -> str:
    """What can be drawn of a text, cut to so many pixels, with an ending that is kept."""
    text = drawable(text)
    if length(text + ending, size) <= room:
        return text + ending
    # How much is kept is found by halving: measuring each cut takes seconds where every letter has another font than the next.
    cuts = [f"{text[:kept].rstrip()}…{ending}" for kept in range(len(text) + 1)]
    return cuts[max(bisect(cuts, room, key=lambda cut: length(cut, size)) - 1, 0)]


@cache
def _letters(path: str) -> frozenset[str]:
    """The letters of a font. The larger one's take as long as half a picture, and are read only where the other lacks one."""
    return frozenset(map(chr, FT2Font(path).get_charmap()))


@cache
def _font_of(letter: str) -> str | None:
    if unicodedata.bidirectional(letter) in ("R", "AL"):
        return None
    return next((path for path in FONTS if letter in _letters(path)), None)


@cache
def _face(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size * SMOOTH)


def _runs(text: str, size: int) -> list[tuple[ImageFont.FreeTypeFont, str]]:
    runs = ((path, "".join(letters)) for path, letters in groupby(text, _font_of))
    return [(_face(path, size), run) for path, run in runs if path is not None]
