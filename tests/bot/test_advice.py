"""What is recommended to one member, from the store and the model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import advice
from bot.advice import Wish
from bot.refusal import Refusal
from bot.store import Store
from recommender import LIST_STYLES
from tests.bot.simulated import TASTE

ALICE = 2**62


@pytest.fixture
async def store(tmp_path):
    async with Store.open(tmp_path / "club.db") as store:
        yield store


@pytest.fixture
def catalogue(serving):
    return serving.recommender.catalogue


async def films_for(store, serving, member, wish):
    """The ids of what is recommended."""
    return [pick.movie for pick in await advice.recommend(store, serving, member, wish)]


@given(st.text(alphabet=" ,ab\t", max_size=30))
def test_phrases_are_what_stands_between_the_commas_each_once(text):
    found = advice.phrases(text)
    assert len(set(found)) == len(found)
    assert set(found) == {" ".join(part.split()) for part in text.split(",")} - {""}


def test_phrases_keep_their_order_and_case():
    assert advice.phrases("Star Wars,Lord  of the Rings , alien") == ["Star Wars", "Lord of the Rings", "alien"]


async def test_nothing_stored_gives_the_films_most_people_like(store, serving):
    films = await films_for(store, serving, ALICE, Wish(10))
    assert len(set(films)) == 10
    assert min(map(serving.recommender.count, films)) > 50


async def test_the_history_changes_the_list_and_is_not_in_it(store, serving, catalogue):
    before = await films_for(store, serving, ALICE, Wish(25))
    for label, stars in TASTE.items():
        await store.rate(ALICE, catalogue.by_label(label).id, stars, 1)
    after = await films_for(store, serving, ALICE, Wish(25))
    assert after != before
    assert not set(after) & {catalogue.by_label(label).id for label in TASTE}


async def test_include_seen_lifts_the_history_but_no_exclusion(store, serving):
    rated, excluded, seen = await films_for(store, serving, ALICE, Wish(3))
    await store.rate(ALICE, rated, 5, 1)
    await store.exclude(ALICE, "movie", str(excluded), 1)
    await store.mark_seen(ALICE, seen, 1)
    usual = await films_for(store, serving, ALICE, Wish(25))
    everything = await films_for(store, serving, ALICE, Wish(25, include_seen=True))
    assert not {rated, seen, excluded} & set(usual)
    assert {rated, seen} <= set(everything)
    assert excluded not in everything


async def test_exclusions_of_what_the_catalogue_lacks_hide_nothing(store, serving):
    before = await films_for(store, serving, ALICE, Wish(5))
    await store.exclude(ALICE, "movie", "999999", 1)
    await store.exclude(ALICE, "genre", "Telenovela", 1)
    await store.exclude(ALICE, "words", "qqzzxx", 1)
    assert await films_for(store, serving, ALICE, Wish(5)) == before


async def test_a_rating_of_a_film_the_model_lacks_does_no_harm(store, serving):
    before = await films_for(store, serving, ALICE, Wish(5))
    await store.rate(ALICE, 999_999, 5, 1)
    assert await films_for(store, serving, ALICE, Wish(5)) == before


def test_a_wish_survives_being_stored():
    wish = Wish(
        25, "zombie", True, False, "familiar", genre="Drama", from_year=1990, to_year=2000, decade=1990, language="ko"
    )
    assert Wish(**wish.to_json()) == wish


def test_a_wish_from_before_there_were_more_filters_reads_as_it_was():
    stored = {"count": 10, "genre": "Drama", "from_year": None, "to_year": 1999, "without": None, "include_seen": False}
    assert Wish(**stored, share=False, style="familiar") == Wish(10, style="familiar", genre="Drama", to_year=1999)


def test_a_wish_from_before_there_were_styles_is_a_balanced_one():
    stored = Wish(10, genre="Drama").to_json()
    del stored["style"]
    assert Wish(**stored).style == "balanced"


@pytest.mark.parametrize("style", ["", "Familiar", "fair", None])
def test_a_wish_of_a_style_that_is_none_is_refused_with_those_there_are(style):
    with pytest.raises(Refusal, match=", ".join(LIST_STYLES)):
        Wish(style=style)


async def test_styles_give_different_lists_of_the_same_length(store, serving, catalogue):
    for label, stars in TASTE.items():
        await store.rate(ALICE, catalogue.by_label(label).id, stars, 1)
    lists = [tuple(await films_for(store, serving, ALICE, Wish(10, style=style))) for style in LIST_STYLES]
    assert [len(films) for films in lists] == [10, 10, 10]
    assert len(set(lists)) == 3


async def test_matches_never_rise_down_a_list(store, serving):
    matches = [pick.match for pick in await advice.recommend(store, serving, ALICE, Wish(25))]
    assert matches == sorted(matches, reverse=True)
