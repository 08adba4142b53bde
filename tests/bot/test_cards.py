"""How films, stars and reasons look: within Discord's limits, and escaped."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import median
from zoneinfo import ZoneInfo, available_timezones

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import cards
from bot.emojis import SHARES
from bot.glyphs import TEXT, Glyphs
from bot.store import Exclusion
from recommender import Movie, Neighbour, load_movielens
from tests.bot.simulated import ALIEN, MATRIX

WILD = st.text(max_size=200) | st.text(alphabet="*_~`|<>@#:/[]()-\\ e1", max_size=200)
EMOJIS = Glyphs(*(f"<:{name}:1234567890123456789>" for name in SHARES))
MENTIONS = "@everyone", "@here", "<@123456789012345678>", "<@&123456789012345678>", "<#123456789012345678>"


def named(title, year=1999, genres=("Drama",)):
    return Movie(1, title, year, genres, (title,), f"{title} ({year})")


def shown(text):
    """What Discord would show: escapes gone, and what has no width."""
    return discord.utils.remove_markdown(text).replace("\u200b", "")


@given(WILD, st.integers(10, 100))
def test_escaped_text_is_one_short_line_without_live_markdown(text, limit):
    escaped = cards.escape(text, limit)
    assert "\n" not in escaped
    assert "://" not in escaped
    assert len(escaped.replace("\\", "").replace("\u200b", "")) <= limit
    for mark in ("**", "__", "~~", "||", "```"):
        assert mark not in escaped.replace("\\" + mark[0], "")


@given(st.text(alphabet=st.characters(categories=["L", "N", "Zs"]), max_size=50))
def test_harmless_text_stays_as_it_is(text):
    assert cards.escape(text) == text


@pytest.mark.parametrize(
    "mention", [*MENTIONS, "<t:1700000000:R>", "<:smile:123456789012345678>", "</rate:123456789012345678>"]
)
def test_nothing_that_discord_would_turn_into_something_else_is_left(mention):
    assert mention not in cards.escape(f"a {mention} b")


def test_long_text_ends_in_an_ellipsis():
    assert cards.escape("word " * 50, 21) == "word word word word…"


@pytest.mark.parametrize(
    "text", ["https://a/*b*", "http://a.example/_b_~~c~~", "see https://a/`b`||c||", "[a](b) *c* _d_ ~~e~~ (1999)"]
)
def test_markdown_inside_a_link_is_neutralised_too(text):
    escaped = cards.escape(text)
    assert all(escaped[at - 1] in "\\" + escaped[at] for at, letter in enumerate(escaped) if letter in "*_~`|")
    assert "://" not in escaped
    assert "](" not in escaped


@pytest.mark.parametrize("title", ["Heat", "x" * 71, "x" * 72, "x" * 73, "x" * 200])
def test_a_button_holds_80_characters_with_a_mark_and_keeps_the_year(title):
    movie = named(title)
    label = cards.button(movie)
    assert len(f"✓ {label}") <= 80
    assert label.endswith("(1999)")
    assert ("…" in label) == (len(movie.label) > 78)


def test_a_long_title_without_a_year_is_cut_to_fit_a_button():
    assert cards.button(Movie(1, "x" * 90, None, (), ("x" * 90,), "x" * 90)) == "x" * 77 + "…"


def test_every_film_of_the_catalogue_is_shown_with_its_label(serving):
    for movie in serving.recommender.catalogue:
        card = cards.film(movie)
        assert card.startswith("**")
        assert shown(card[2:-2]) == shown(cards.escape(movie.label, cards.TITLE_LENGTH))
        assert len(card) <= 200


def test_the_worst_five_films_fit_one_message():
    worst = named("*" * 500, genres=("|" * 100,) * 5)
    line = f"25. {cards.film(worst)} · {cards.genres(worst)}\n" + cards.match(0.99) + cards.predicted(5, 1, EMOJIS)
    because = "Because you rated " + cards.listing([f"{cards.title(worst)} 4.5"] * 2)
    assert 5 * (len(line) + len(because)) < 3500


@pytest.mark.parametrize(("value", "picture", "number"), [(5, "★★★★★", "5"), (0.5, "½", "0.5"), (3.5, "★★★½", "3.5")])
def test_stars_as_a_picture_and_as_a_number(value, picture, number):
    assert (TEXT.stars(value), cards.number(value)) == (picture, number)


def test_the_less_sure_a_prediction_the_humbler_its_words():
    words = [cards.predicted(4.25, doubt, TEXT).split("·")[1] for doubt in (0.2, 0.3, 0.4, 0.5)]
    assert len(set(words)) == 4
    assert "sure" in words[0]
    assert "guess" in words[-1]


def test_each_word_of_sureness_is_used_for_members_with_enough_ratings(serving):
    ratings = load_movielens("ml-latest-small").ratings
    given = ratings.groupby("user")["movie"].transform("count")
    words = []
    for count in (0, 5, 50, 200):
        doubts = []
        for _, own in islice(ratings[given >= 300].groupby("user"), 10):
            rated = own.sample(count, random_state=1)
            picks = serving.recommender.taste(dict(zip(rated["movie"], rated["rating"], strict=True))).recommend(10)
            doubts += [pick.sd_mean for pick in picks]
        words.append(cards.predicted(4.0, median(doubts), TEXT).split("·")[1].split("(")[0].strip())
    assert words == ["a guess", "a good guess", "fairly sure", "very sure"]


def test_at_most_three_genres_are_named():
    assert cards.genres(named("x", genres=("A", "B", "C", "D"))) == "A, B, C"
    assert cards.genres(named("x", genres=()))


@given(st.lists(st.floats(0, 1), min_size=2))
def test_matches_that_fall_are_shown_as_matches_that_never_rise_nor_reach_100(matches):
    shown = [int(cards.match(share).strip("*").removesuffix("% match")) for share in sorted(matches, reverse=True)]
    assert shown == sorted(shown, reverse=True)
    assert 1 <= shown[-1] <= shown[0] <= 99


def test_a_reason_names_films_with_the_stars_they_were_given(serving):
    catalogue = serving.recommender.catalogue
    alien, matrix = (catalogue.by_label(label).id for label in (ALIEN, MATRIX))
    history = {matrix: 5.0, alien: 4.5}
    assert cards.because([alien, matrix], history, catalogue) == "Because you rated *Alien* 4.5 and *The Matrix* 5"
    assert cards.because([alien], history, catalogue, "they") == "Because they rated *Alien* 4.5"
    assert cards.because([], history, catalogue) is None


@pytest.mark.parametrize(
    ("ratings", "text"), [(1234, "Widely liked: 1,234 ratings"), (3, "For its genres and its years")]
)
def test_without_a_personal_reason_only_a_film_with_many_ratings_is_called_widely_liked(ratings, text):
    assert cards.general(ratings) == text


def test_likeness_is_told_by_audience_genres_and_years():
    near = Neighbour(2, 0.9, 0.8, ("Drama", "War"), 0.0)
    told = cards.alike(near, named("a", 1999), named("b", 2001))
    assert "people" in told
    assert "Drama, War" in told
    assert "2 years" in told
    assert "year" not in cards.alike(near, named("a", 1950), named("b", 2001))
    assert cards.alike(Neighbour(2, 0.9, 0.0, (), 0.0), named("a", 1950), named("b", None))


def test_a_title_is_told_where_it_is_much_alike():
    assert "title" in cards.alike(Neighbour(2, 0.9, 0.0, (), 1.0), named("Alien", 1979), named("Aliens", 1986))
    assert "title" not in cards.alike(
        Neighbour(2, 0.9, 0.8, (), 0.3), named("Alien", 1979), named("Alien Nation", 1988)
    )


def test_an_exclusion_is_told_by_its_kind(serving):
    catalogue = serving.recommender.catalogue
    matrix = str(catalogue.by_label(MATRIX).id)
    told = [cards.exclusion(Exclusion(1, *entry), catalogue) for entry in
            [("movie", matrix), ("movie", "999999"), ("genre", "War"), ("words", "*x*")]]  # fmt: skip
    assert [part in text for part, text in zip((MATRIX, "999999", "War", r"\*x\*"), told, strict=True)] == [True] * 4


@pytest.mark.parametrize(("parts", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_a_listing_reads_like_a_sentence(parts, text):
    assert cards.listing(parts) == text


@given(st.floats(-1, 2))
def test_a_progress_bar_never_leaves_its_frame(share):
    assert len(cards.progress_bar(share).split("`")[1]) == 20


@pytest.mark.parametrize(
    ("moment", "zone", "shown"),
    [
        ("2026-12-04 20:00", "Europe/Berlin", "Fri 4 Dec, 21:00 (Berlin), in 6 days"),
        ("2026-11-29 03:00", "America/New_York", "Sat 28 Nov, 22:00 (New York), in 9 hours"),
        ("2026-11-30 00:00", "Asia/Tokyo", "Mon 30 Nov, 09:00 (Tokyo), tomorrow"),
        ("2026-11-28 19:30", "UTC", "Sat 28 Nov, 19:30 (UTC), in 90 minutes"),
        ("2026-11-28 18:01", "Etc/GMT-2", "Sat 28 Nov, 20:01 (UTC+2), in 1 minute"),
    ],
)
def test_an_evening_is_shown_by_the_clocks_of_its_zone(moment, zone, shown):
    now = datetime(2026, 11, 28, 18, tzinfo=UTC)
    assert cards.evening(datetime.fromisoformat(moment).replace(tzinfo=UTC), ZoneInfo(zone), now) == shown


def test_an_evening_in_any_zone_fits_a_choice():
    now = datetime(2026, 11, 28, 18, tzinfo=UTC)
    for key in available_timezones():
        assert len(cards.evening(now + timedelta(days=300), ZoneInfo(key), now)) <= 100
