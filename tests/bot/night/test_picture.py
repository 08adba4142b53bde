"""The picture of a year: every title is drawn as far as it can be, and none as boxes."""

import io
from datetime import datetime

import noto_cjk_sans_jp_regular
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from PIL import Image

from bot.drawing import STAR, drawable, fitting, length
from bot.night.picture import MARGIN, ROW, WIDTH, Mark, year

DAY = datetime(2026, 11, 27)
LETTERS = {
    chr(code)
    for path in (font_manager.findfont("DejaVu Sans"), str(noto_cjk_sans_jp_regular.FONT_PATH))
    for code in FT2Font(path).get_charmap()
}


def picture(*marks: Mark) -> Image.Image:
    return Image.open(io.BytesIO(year(marks))).convert("RGB")


@pytest.mark.parametrize(
    ("title", "drawn"),
    [
        ("Amélie", "Amélie"),
        ("8½", "8½"),
        ("Матрица", "Матрица"),
        ("千と千尋の神隠し", "千と千尋の神隠し"),
        ("기생충", "기생충"),
        ("流浪地球", "流浪地球"),
        ("🎬 Film\u200b night", "Film night"),
        ("שלום", ""),
        ("$5 a day, $10 a week", "$5 a day, $10 a week"),
    ],
)
def test_of_a_title_all_is_drawn_that_the_fonts_can(title: str, drawn: str) -> None:
    assert drawable(title) == drawn


@settings(max_examples=50)
@given(st.text(max_size=120), st.sampled_from([None, 0.5, 5.0]))
def test_no_title_is_drawn_as_boxes_or_leaves_its_place(title: str, stars: float | None) -> None:
    assert set(drawable(title)) <= LETTERS
    drawn = picture(Mark(DAY, title, stars))
    assert drawn.size == (WIDTH, 2 * MARGIN + 2 * ROW)
    paper = drawn.getpixel((0, 0))
    assert {drawn.getpixel((x, y)) for x in (0, WIDTH - 1) for y in range(drawn.height)} == {paper}


def test_what_cant_be_drawn_leaves_the_date() -> None:
    assert picture(Mark(DAY, "🎬", 4.0)).tobytes() == picture(Mark(DAY, "", 4.0)).tobytes()
    assert picture(Mark(DAY, "기생충", 4.0)).tobytes() != picture(Mark(DAY, "", 4.0)).tobytes()


def test_a_bar_is_as_long_as_its_stars() -> None:
    gold = tuple(bytes.fromhex(STAR.removeprefix("#")))
    lengths = []
    for stars in (None, 1.0, 2.0, 5.0):
        drawn = picture(Mark(DAY, "Heat", stars))
        lengths.append(sum(drawn.getpixel((x, MARGIN + ROW // 2)) == gold for x in range(WIDTH)))
    assert lengths[0] == 0
    assert lengths[1] * 2 == pytest.approx(lengths[2], abs=2)
    assert lengths[1] * 5 == pytest.approx(lengths[3], abs=5)


def test_the_newest_night_is_on_top() -> None:
    marks = [Mark(DAY, "Heat", 1.0), Mark(DAY, "Alien", 5.0)]
    assert picture(*marks).tobytes() != picture(*reversed(marks)).tobytes()
    rows = [picture(*marks).crop((0, MARGIN + ROW * at, WIDTH, MARGIN + ROW * (at + 1))) for at in (0, 1)]
    for row, mark in zip(rows, reversed(marks), strict=True):
        assert row.tobytes() == picture(mark).crop((0, MARGIN, WIDTH, MARGIN + ROW)).tobytes()


def test_the_lines_of_a_head_stand_above_the_nights() -> None:
    head = [("2026", ": 1 evening"), ("Picked best: " + "x" * 200, ", ★ 4.0")]
    with_head = Image.open(io.BytesIO(year([Mark(DAY, "Heat", 3.0)], head)))
    alone = picture(Mark(DAY, "Heat", 3.0))
    assert with_head.height == alone.height + 2 * ROW
    below = with_head.convert("RGB").crop((0, MARGIN + 2 * ROW, WIDTH, with_head.height))
    assert below.tobytes() == alone.crop((0, MARGIN, WIDTH, alone.height)).tobytes()


@given(st.text(max_size=200), st.sampled_from(["", ", ★ 4.4", "  27 Nov"]))
def test_a_text_is_cut_before_its_ending(text: str, ending: str) -> None:
    shown = fitting(text, 300, ending=ending)
    assert shown.endswith(ending)
    assert length(shown) <= 300
