"""The picture of a taste: whatever names and films there are, it is whole, and no text leaves its place."""

import io
from dataclasses import replace
from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.drawing import PAPER
from bot.portraits import picture
from bot.portraits.picture import COLOURS, MARGIN, WIDTH, colour, draw
from bot.portraits.taste import Compared, Portrait, Telling
from bot.portraits.words import ALTERNATIVE, alternative, sentences
from recommender import Movie, Region

RNG = np.random.default_rng(0)


def film(number: int, title: str) -> Movie:
    return Movie(number, title, 1999, (), (title,), f"{title} (1999)")


def portrait(titles: list[str], films: int = 12, stars: float = 4.5) -> Portrait:
    """Of somebody whose first films have these titles, and of whom those say most."""
    places = RNG.random((films, 2))
    regions = tuple(
        (Region((column + 0.5) / 3, (row + 0.5) / 3, (), 1), f"Part {row} {column}")
        for row in range(3)
        for column in range(3)
    )
    return Portrait(
        films=tuple((number, stars) for number in range(films)),
        places=places,
        known=np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]),
        regions=regions,
        home=("Part 0 0",),
        mean=stars,
        others_mean=3.5,
        stars=tuple(Compared(str(number), number / 15, 0.2) for number in range(1, 6)),
        genres=tuple(Compared(f"Genre {number}", number / 10, 0.3) for number in range(8)),
        decades=tuple(Compared(f"{number}0s", number / 30, 0.1) for number in range(7)),
        telling=tuple(Telling(film(number, title), stars, 2.5) for number, title in enumerate(titles)),
        club=0,
    )


def pixels(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def edges(image: Image.Image) -> set[tuple[int, ...]]:
    """The colours of a frame of the picture that is narrower than its margin."""
    (width, height), frame = image.size, MARGIN // 2
    sides = (
        (0, 0, width, frame),
        (0, height - frame, width, height),
        (0, 0, frame, height),
        (width - frame, 0, width, height),
    )
    return {colour for side in sides for _, colour in image.crop(side).getcolors(1 << 20)}


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=60), st.lists(st.text(max_size=120), min_size=5, max_size=5))
def test_no_name_and_no_title_leaves_the_picture(name: str, titles: list[str]) -> None:
    image = pixels(draw(portrait(titles), name))
    assert image.width == WIDTH
    assert edges(image) == {tuple(bytes.fromhex(PAPER.removeprefix("#")))}


@pytest.mark.parametrize("long", ["W" * 200, "千" * 200, "💥" * 50])
def test_what_is_too_long_is_cut(long: str) -> None:
    image = pixels(draw(portrait([long] * 5), long))
    assert edges(image) == {tuple(bytes.fromhex(PAPER.removeprefix("#")))}
    assert image.size == pixels(draw(portrait(["Heat"] * 5), "Alice")).size


@settings(max_examples=20)
@given(st.lists(st.sampled_from([(0.0, 0.0), (0.5, 0.5), (0.51, 0.5), (1.0, 1.0)]), min_size=5, max_size=5))
def test_no_film_that_says_much_hides_anothers_number(places: list[tuple[float, float]]) -> None:
    """However near to each other they lie, each of the five numbers is on the map once."""
    taste = replace(portrait(["Heat"] * 5, films=5), places=np.array(places))
    with patch.object(picture, "_numbered", wraps=picture._numbered) as numbered:
        draw(taste, "Alice")
    drawn = [call.args[1:3] for call in numbered.call_args_list[:5]]
    least = min(np.hypot(one[0] - other[0], one[1] - other[1]) for one, other in combinations(drawn, 2))
    assert least > 1.9 * picture.NUMBERED
    assert all(0 < x < WIDTH for x, _ in drawn)


def test_the_same_taste_is_the_same_picture() -> None:
    same = portrait(["Heat"] * 5)
    assert draw(same, "Alice") == draw(same, "Alice")
    assert draw(same, "Alice") != draw(same, "Bob")


def test_films_have_the_colour_of_their_stars() -> None:
    gold, blue = (tuple(bytes.fromhex(COLOURS[place].removeprefix("#"))) for place in (4, 0))
    loved, hated = portrait([], stars=5.0), portrait([], stars=0.5)
    counts = [
        {shade: count for count, shade in pixels(draw(each, "Alice")).crop((0, 150, WIDTH, 700)).getcolors(1 << 20)}
        for each in (loved, hated)
    ]
    assert counts[0][gold] > 100
    assert gold not in counts[1]
    assert counts[1][blue] > 100
    assert blue not in counts[0]


def test_every_half_star_has_a_colour() -> None:
    assert [COLOURS.index(colour(half / 2)) for half in range(1, 11)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_thousands_of_films_fit() -> None:
    assert pixels(draw(portrait(["Heat"] * 5, films=3000), "Alice")).width == WIDTH


def test_shares_of_nobody_are_left_out_and_nothing_is_divided_by_nothing() -> None:
    plain = portrait(["Heat"] * 5)
    unknown = replace(
        plain,
        stars=tuple(replace(each, others=None) for each in plain.stars),
        decades=tuple(Compared(each.name, 0.0, 0.0) for each in plain.decades),
        genres=(),
    )
    assert draw(unknown, "Alice") != draw(plain, "Alice")


def test_the_words_say_what_the_picture_shows() -> None:
    said = " ".join(sentences(portrait(["Heat"] * 5)))
    assert "12 films, 4.5 stars on average" in said
    assert "Part 0 0" in said
    assert "One to five stars: 7%, 13%, 20%, 27% and 33%; everybody: 20%, 20%, 20%, 20% and 20%." in said
    assert "more Genre 7 (70%, not 30%), Genre 6 (60%, not 30%) and Genre 5" in said
    assert "less Genre 0 (0%, not 30%), Genre 1" in said
    assert "everybody" in said
    assert "3 others here" in " ".join(sentences(replace(portrait([]), club=3)))


def test_the_words_of_the_picture_fit_discords_limit() -> None:
    wordy = replace(portrait([]), home=("x" * 300,))
    assert len(alternative(wordy)) == ALTERNATIVE
