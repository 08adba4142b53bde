"""Which films a wish admits, and what is said where there are none or where too little is known of them."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import filtering
from bot.refusal import Refusal
from recommender import Catalogue, Filters
from recommender.filters import FilmTable

COLUMNS = ["movie", "title", "year", "genres", "minutes", "language"]


def serving_of(*films):
    """What a wish is put to, of films given as (year, genres, minutes, language)."""
    frame = pd.DataFrame([(number, f"Film {number}", *film) for number, film in enumerate(films, 1)], columns=COLUMNS)
    catalogue = Catalogue(frame.astype({"movie": "int64", "year": "Int64", "minutes": "Int64"}))
    years = [film.year for film in catalogue if film.year] or [0]
    recommender = SimpleNamespace(catalogue=catalogue, films=FilmTable(catalogue))
    return SimpleNamespace(recommender=recommender, newest_year=max(years), oldest_year=min(years))


def refusal(serving, wish=None, usual=(), **filters):
    with pytest.raises(Refusal) as refused:
        filtering.admitted(serving, wish or Filters(**filters), usual)
    return str(refused.value)


FILMS = st.lists(
    st.tuples(
        st.none() | st.integers(1989, 2021),
        st.sampled_from(["", "Drama", "Comedy|Drama"]),
        st.none() | st.integers(0, 200),
        st.sampled_from([None, "", "en", "ko"]),
    ),
    max_size=12,
)
WISHES = st.builds(
    Filters,
    genre=st.none() | st.sampled_from(["Drama", "Western"]),
    from_year=st.none() | st.integers(1989, 2021),
    to_year=st.none() | st.integers(1989, 2021),
    decade=st.none() | st.sampled_from([1990, 2010, 2020]),
    max_minutes=st.none() | st.integers(30, 200),
    language=st.none() | st.sampled_from(["ko", "fr"]),
)


def fits(film, wish):
    """True, False, or None where a fact is unknown and all that is known fits."""
    year, genres, minutes, language = film
    first, last = wish.from_year or 0, wish.to_year or 9999
    by_time = wish.from_year is wish.to_year is None or (year is not None and first <= year <= last)
    by_decade = wish.decade is None or (year is not None and year // 10 * 10 == wish.decade)
    by_genre = wish.genre is None or wish.genre in genres.split("|")
    by_length = wish.max_minutes is None or ((minutes <= wish.max_minutes) if minutes else None)
    by_language = wish.language is None or ((language == wish.language) if language else None)
    facts = (by_time, by_decade, by_genre, by_length, by_language)
    return False if False in facts else None if None in facts else True


@given(FILMS, WISHES)
def test_each_film_fits_or_lacks_a_fact_or_does_not_fit_and_the_counts_say_so(films, wish):
    serving, fitting = serving_of(*films), [fits(film, wish) for film in films]
    table = serving.recommender.films
    assert table.admitted(wish).tolist() == [fit is True for fit in fitting]
    assert table.lacking(wish).tolist() == [fit is None for fit in fitting]
    counted = [
        int(number) for number in re.findall(r"(\d+) (?:films? fit|I don't know)", filtering.counted(serving, wish))
    ]
    if wish.given:
        assert counted == [fitting.count(True), *([fitting.count(None)] if None in fitting else [])]
    else:
        assert filtering.counted(serving, wish) == ""


@given(FILMS, WISHES)
def test_a_wish_is_refused_only_where_no_film_fits_or_most_lack_what_it_asks_for(films, wish):
    serving = serving_of(*films)
    wished = replace(wish, max_minutes=None, language=None)
    others = [film for film in films if fits(film, wished)]
    unknown = {"max_minutes": [not film[2] for film in others], "language": [not film[3] for film in others]}
    lacking = [name for name in wish.given if sum(unknown.get(name, [])) > len(others) / 2]
    fitting = [fits(film, wish) is True for film in films]
    if lacking or not any(fitting):
        assert ("films update" in refusal(serving, wish)) == bool(lacking)
    else:
        assert filtering.admitted(serving, wish).tolist() == fitting


OLD_AND_NEW = serving_of(
    *[(1995, "Drama", None, None)] * 5,
    (2019, "Drama", 132, "ko"),
    (2021, "Comedy", 90, "en"),
    (2022, "Comedy", None, "en"),
    (2022, "Comedy", 100, "fr"),
)


def test_it_never_advises_what_it_would_refuse():
    assert "then" not in refusal(OLD_AND_NEW, max_minutes=90, decade=1950)
    assert "`decade` (then 4 fit)" in refusal(OLD_AND_NEW, from_year=2019, to_year=2024, decade=1950)


def test_the_way_to_languages_is_the_source_that_has_them():
    assert "MARQUEE_FILMS=wikidata" in refusal(OLD_AND_NEW, language="fr")
    assert "MARQUEE_FILMS" not in refusal(OLD_AND_NEW, max_minutes=90)


def test_what_is_unknown_of_most_films_is_not_gone_by_and_it_says_how_it_comes_to_be_known():
    said = refusal(OLD_AND_NEW, max_minutes=100)
    assert "the length of 6 of these 9 films" in said
    assert "ask whoever hosts me" in said
    assert "films update" in said
    assert "`decade: 2020s`" in said
    assert filtering.admitted(OLD_AND_NEW, Filters(max_minutes=100, decade=2020)).sum() == 2
    assert filtering.counted(OLD_AND_NEW, Filters(max_minutes=100, decade=2020)) == (
        "2 films fit; of 1 I don't know the length, so it is left out"
    )


def test_languages_are_had_from_a_source_that_has_them():
    assert "MARQUEE_FILMS=wikidata" in refusal(OLD_AND_NEW, language="ko")
    assert "wikidata" not in refusal(OLD_AND_NEW, max_minutes=100)


def test_where_nothing_fits_it_says_what_to_widen_and_how_many_would_fit_then():
    said = refusal(OLD_AND_NEW, max_minutes=95, language="fr", decade=2020)
    assert "Widen or leave out `max_minutes` (then 1 fits) or `language` (then 1 fits)." in said
    assert "decade" not in said
    assert "Leave out more than one" in refusal(OLD_AND_NEW, genre="Western", language="it", decade=2020)
    assert "genre" in refusal(OLD_AND_NEW, genre="Western")
    assert "Swap" in refusal(OLD_AND_NEW, from_year=2001, to_year=2000)
    assert "end in 2022" in refusal(OLD_AND_NEW, from_year=2030)
    assert "begin in 1995" in refusal(OLD_AND_NEW, to_year=1950)


def test_a_servers_usual_that_lets_nothing_fit_can_be_left_out_for_an_evening():
    assert "`max_minutes: 0`" in refusal(OLD_AND_NEW, usual=["max_minutes"], max_minutes=100)
    assert "`language: any`" in refusal(OLD_AND_NEW, usual=["language", "decade"], language="it", decade=2020)
    assert "/night start" not in refusal(OLD_AND_NEW, max_minutes=100)


def test_what_an_evening_says_stands_in_place_of_the_servers_usual():
    usual = Filters(max_minutes=120, language="ko", decade=2010)
    nothing = dict.fromkeys(["genre", "from_year", "to_year", "max_minutes", "language", "decade"])
    assert filtering.usual(usual, nothing) == {"max_minutes": 120, "language": "ko", "decade": 2010}
    assert filtering.usual(usual, nothing | {"max_minutes": 0, "language": ""}) == {"decade": 2010}
    assert filtering.usual(usual, nothing | {"from_year": 1990}) == {"max_minutes": 120, "language": "ko"}
    assert filtering.usual(Filters(), nothing) == {}
