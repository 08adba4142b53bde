"""/admin films, as the bot's owner and others use it."""

import pytest

from recommender.datasets.identity import TYPED
from tests.bot.simulated import MATRIX, offered

DUNE = "Dunne: Part Seven"


@pytest.fixture
async def owner(club, alice):
    await club.restart(owner_ids=frozenset({alice.id}))
    await club.bot.model_ready()
    return alice


@pytest.fixture
async def film(club, owner, bob):
    """A film that Bob added and rated."""
    movie = await club.store.typed.add(bob.id, DUNE, 2031, ["Sci-Fi"], club.bot.now())
    await club.bot.renew_films()
    await club.store.rate(bob.id, movie, 4, club.bot.now())
    return movie


async def test_only_the_owner_sees_and_changes_them(club, owner, bob, film):
    assert "Only the bot's owner" in (await bob.says("admin films")).text
    listed = await owner.says("admin films")
    for button in ("Rename", "Merge", "Remove"):
        assert "Only the bot's owner" in (await bob.forges(listed, listed.button(button))).text
    for custom_id in (f"mergeinto:{film}:{club.film(MATRIX)}", f"removefilmnow:{film}"):
        assert "Only the bot's owner" in (await bob.forges(listed, custom_id)).text
    assert await club.store.history(bob.id) == {film: 4.0}


async def test_they_are_listed_with_how_many_rated_them(owner, film):
    listed = await owner.says("admin films")
    assert f"**{DUNE} (2031)**" in listed.text
    assert "Sci-Fi · rated by 1" in listed.text


async def test_where_none_was_added_it_says_so(owner):
    assert "No member has added a film" in (await owner.says("admin films")).text


async def test_films_of_the_same_name_are_told(club, owner, bob):
    await club.store.typed.add(bob.id, "the matrix", 2011, [], club.bot.now())
    await club.bot.renew_films()
    assert f"May be **{MATRIX}**" in (await owner.says("admin films")).text


async def test_a_film_is_renamed_at_once(owner, bob, film):
    form = await owner.opens(await owner.says("admin films"), "Rename")
    assert offered(form) == {"title": DUNE, "year": "2031"}
    renamed = await owner.fills(form, title="Zzyzx Qwertz", year="2030", genres=["Drama"])
    assert "is now **Zzyzx Qwertz (2030)**" in renamed.text
    assert await bob.types("rate", "movie", "zzyzx") == ["Zzyzx Qwertz (2030)"]
    assert await bob.types("rate", "movie", "dunne part seven") != [f"{DUNE} (2031)"]


async def test_a_film_may_have_the_name_of_one_that_was_merged_into_it(club, owner, bob, film):
    other = await club.store.typed.add(bob.id, "Dune: Part Seven", 2031, [], club.bot.now())
    await club.bot.renew_films()
    listed = await owner.says("admin films")
    await owner.forges(listed, f"mergeinto:{other}:{film}")
    form = await owner.opens(await owner.says("admin films"), "Rename")
    renamed = await owner.fills(form, title="Dune: Part Seven", year="2031")
    assert f"**{DUNE} (2031)** is now **Dune: Part Seven (2031)**" in renamed.text
    assert await bob.types("rate", "movie", "dune part seven") == ["Dune: Part Seven (2031)"]


async def test_a_film_may_not_have_the_name_of_another_that_was_added(club, owner, bob, film):
    await club.store.typed.add(bob.id, "Zzyzx Qwertz", 2030, [], club.bot.now())
    await club.bot.renew_films()
    form = await owner.opens(await owner.says("admin films"), "Rename")
    refused = await owner.fills(form, title=DUNE, year="2031")
    assert f"**{DUNE} (2031)** was added too. Merge the two" in refused.text


async def test_a_film_that_was_merged_while_its_form_was_open_is_not_renamed(club, owner, film):
    form = await owner.opens(await owner.says("admin films"), "Rename")
    await owner.forges(await owner.says("admin films"), f"mergeinto:{film}:{club.film(MATRIX)}")
    assert "no longer among" in (await owner.fills(form, title="Zzyzx Qwertz")).text


async def test_a_film_is_merged_into_the_one_that_it_is(club, owner, bob, film):
    form = await owner.opens(await owner.says("admin films"), "Merge")
    asked = await owner.fills(form, title=MATRIX)
    assert "for good" in asked.text
    await owner.presses(asked, MATRIX)
    assert await club.store.history(bob.id) == {club.film(MATRIX): 4.0}
    assert film not in club.bot.serving.recommender.catalogue
    assert "No member has added" in (await owner.says("admin films")).text
    assert "no longer among" in (await owner.forges(asked, asked.button(MATRIX))).text


async def test_a_film_that_is_removed_is_found_no_more_and_its_stars_are_kept(club, owner, bob, film):
    asked = await owner.presses(await owner.says("admin films"), "Remove")
    assert "1 rating" in asked.text
    await owner.presses(asked, "Remove it")
    assert TYPED + 1 not in club.bot.serving.recommender.catalogue
    assert await club.store.history(bob.id) == {}
    assert [(kept.written, kept.stars) for kept in await club.store.unknown.ratings(bob.id)] == [(f"{DUNE} (2031)", 4)]


async def test_a_button_for_a_film_that_became_another_leaves_that_one_alone(club, owner, bob, film):
    other = await club.store.typed.add(bob.id, "Zzyzx Qwertz", 2030, [], club.bot.now())
    await club.bot.renew_films()
    listed = await owner.says("admin films")
    removing = await owner.forges(listed, f"removefilm:{film}")
    await owner.forges(listed, f"mergeinto:{film}:{other}")
    for custom_id in (removing.button("Remove it"), f"removefilm:{film}", f"mergeinto:{film}:{club.film(MATRIX)}"):
        assert "no longer among" in (await owner.forges(listed, custom_id)).text
    assert await club.store.history(bob.id) == {other: 4.0}
