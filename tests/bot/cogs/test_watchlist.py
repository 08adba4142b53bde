"""/watchlist and what comes of it, as members use it."""

import pytest
from simcord.components import walk_components

from bot.store.watchlists import MOST_WANTED
from tests.bot.cogs.test_recommending import MOST_COMPONENTS, all_pages
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC
from tests.bot.test_looking import posters, thumbnails

__all__ = ["posters"]
FROM_MINE = {"from": "watchlist"}


async def wanted(club, member):
    return club.labels(list(await club.store.watchlists.of(member.id)))


async def fill(club, member, films):
    """The first films of the catalogue on a member's list."""
    for at, film in enumerate(club.catalogue.movies[:films]):
        await club.store.watchlists.add(member.id, film.id, at)


async def test_a_film_is_put_on_the_list_and_taken_off_again(club, alice):
    added = await alice.says("watchlist add", movie="matrix 1999")
    assert added.private
    assert f"**{MATRIX}** is on your watchlist" in added.text
    assert "already" in (await alice.says("watchlist add", movie=MATRIX)).text
    assert await wanted(club, alice) == [MATRIX]
    assert f"**{MATRIX}** is off your watchlist" in (await alice.says("watchlist remove", movie="the matrix")).text
    assert await wanted(club, alice) == []


async def test_each_is_undone_in_its_place(club, alice):
    added = await alice.says("watchlist add", movie=MATRIX)
    removed = await alice.presses(added, "Undo")
    assert removed.message.id == added.message.id
    assert await wanted(club, alice) == []
    await alice.presses(removed, "Undo")
    assert await wanted(club, alice) == [MATRIX]


async def test_a_button_that_is_pressed_twice_does_once_what_it_says(club, alice):
    listed = await alice.says("recommend")
    film = listed.films[0]
    await alice.presses(listed, "Want to see", film)
    again = await alice.presses(listed, "Want to see", film)
    assert "is on your watchlist already" in again.text
    assert list(await club.store.watchlists.of(alice.id)) == [film]
    listed = await alice.says("watchlist list")
    await alice.presses(listed, "Remove")
    assert "isn't on your watchlist any more" in (await alice.presses(listed, "Remove")).text
    assert await club.store.watchlists.of(alice.id) == {}
    await alice.presses(again, "Take it off")
    assert await club.store.watchlists.of(alice.id) == {}


async def test_what_is_not_on_the_list_cannot_be_taken_off(alice):
    await alice.says("watchlist add", movie=MATRIX)
    refused = await alice.says("watchlist remove", movie="<@1> *Gone with the Wind*")
    assert "Nothing like" in refused.text
    assert "/watchlist list" in refused.text
    assert "<@1>" not in refused.text


async def test_only_what_is_on_the_list_is_offered_to_take_off(alice, bob):
    for movie in (MATRIX, ALIEN):
        await alice.says("watchlist add", movie=movie)
    await bob.says("watchlist add", movie=TITANIC)
    assert await alice.types("watchlist remove", "movie", "") == [ALIEN, MATRIX]
    assert await alice.types("watchlist remove", "movie", "MATR") == [MATRIX]
    assert await alice.types("watchlist remove", "movie", "titanic") == []


@pytest.mark.parametrize("how", ["rated", "seen"])
async def test_a_film_that_is_rated_or_seen_leaves_the_list_and_does_not_come_back(club, alice, how):
    await alice.says("watchlist add", movie=MATRIX)
    card = await alice.says("film", movie=MATRIX)
    if how == "rated":
        await alice.says("rate", movie=MATRIX, stars=5)
    else:
        await alice.presses(card, "Seen it")
    assert await wanted(club, alice) == []
    refused = await alice.says("watchlist add", movie=MATRIX)
    assert "You have seen" in refused.text
    assert "/ratings" in refused.text
    assert await wanted(club, alice) == []


async def test_who_takes_stars_or_a_mark_back_can_want_the_film_again(club, alice):
    await alice.says("watchlist add", movie=MATRIX)
    unrated = await alice.presses(await alice.says("rate", movie=MATRIX, stars=5), "Undo")
    assert await wanted(club, alice) == []
    await alice.presses(unrated, "Want to see")
    assert await wanted(club, alice) == [MATRIX]
    marked = await alice.presses(await alice.says("film", movie=MATRIX), "Seen it")
    await alice.presses(await alice.presses(marked, "Undo"), "Want to see")
    assert await wanted(club, alice) == [MATRIX]


async def test_the_list_shows_what_each_film_is_to_the_member(club, alice):
    await alice.rates(TASTE)
    await alice.says("watchlist add", movie="Terminator 2: Judgment Day (1991)")
    await alice.says("watchlist add", movie="Aliens (1986)")
    card = await alice.says("watchlist list")
    assert card.private
    assert "2 films, newest first" in card.text
    assert card.text.index("Aliens (1986)") < card.text.index("Terminator 2")
    assert card.text.count("For you: ★ ") == 2
    seen, *_ = card.films
    await alice.presses(card, "Seen it", seen)
    await alice.presses(await alice.says("watchlist list"), "Remove")
    assert await wanted(club, alice) == []


async def test_an_empty_list_says_how_films_come_onto_it(alice):
    for card in (await alice.says("watchlist list"), await alice.says("recommend", **FROM_MINE)):
        assert "Nothing is on your watchlist yet" in card.text
        assert "/watchlist add" in card.text


async def test_a_long_list_has_pages_that_follow_what_is_on_it(club, alice):
    await fill(club, alice, 12)
    pages = await all_pages(alice, await alice.says("watchlist list"))
    assert [len(page.films) for page in pages] == [5, 5, 2]
    assert len({film for page in pages for film in page.films}) == 12
    second = await alice.presses(await alice.says("watchlist list"), "More ›")
    for film in pages[-1].films:
        await club.store.watchlists.remove(alice.id, film)
    assert (await alice.presses(second, "More ›")).films == second.films


async def test_a_page_with_posters_fits_a_message(club, alice, posters):
    await fill(club, alice, 12)
    card = await alice.says("watchlist list")
    assert len(thumbnails(card)) == 5
    assert len(list(walk_components(card.message.components))) <= MOST_COMPONENTS


async def test_a_film_that_left_the_catalogue_can_be_taken_off(club, alice):
    await club.store.watchlists.add(alice.id, 999_999, at=1)
    card = await alice.says("watchlist list")
    assert "Film 999999" in card.text
    await alice.presses(card, "Remove")
    assert await club.store.watchlists.of(alice.id) == {}


async def test_a_full_list_takes_no_more_and_says_what_to_do(club, alice):
    for film in range(MOST_WANTED):
        await club.store.watchlists.add(alice.id, 10**9 + film, at=film)
    refused = await alice.says("watchlist add", movie=MATRIX)
    assert "full" in refused.text
    assert "/watchlist list" in refused.text


async def test_the_button_on_a_list_acts_for_whoever_presses_and_tells_nobody_else(club, alice, bob):
    shared = await alice.says("recommend", share=True)
    film = shared.films[1]
    pressed = await bob.presses(shared, "Want to see", film)
    assert pressed.private
    assert shared.look_again().text == shared.text
    assert list(await club.store.watchlists.of(bob.id)) == [film]
    assert await club.store.watchlists.of(alice.id) == {}
    await bob.presses(await bob.presses(shared, "Want to see", film), "Take it off")
    assert await club.store.watchlists.of(bob.id) == {}


async def test_the_card_of_a_film_has_the_button_while_it_is_unseen(club, alice):
    await alice.presses(await alice.says("film", movie=MATRIX), "Want to see")
    card = await alice.says("film", movie=MATRIX)
    assert "Want to see" not in card.labels
    await alice.presses(card, "Off my watchlist")
    assert await wanted(club, alice) == []
    await alice.rates({MATRIX: 4})
    assert not {"Want to see", "Off my watchlist"} & set((await alice.says("film", movie=MATRIX)).labels)


async def test_recommendations_from_the_list_are_its_films_best_first(club, alice):
    await alice.rates(TASTE)
    await fill(club, alice, 40)
    card = await alice.says("recommend", count=25, **FROM_MINE)
    assert "from your watchlist" in card.text
    films = [film for page in await all_pages(alice, card) for film in page.films]
    everything = list(await club.store.watchlists.of(alice.id))
    assert len(films) == 25
    assert set(films) <= set(everything)
    assert films != everything[:25]
    comedies = await alice.says("recommend", genre="Comedy", **FROM_MINE)
    assert comedies.films
    assert all("Comedy" in club.catalogue[film].genres for film in comedies.films)


async def test_a_short_list_is_recommended_whole_and_a_shared_card_says_whose_it_is(club, alice):
    await fill(club, alice, 3)
    card = await alice.says("recommend", share=True, **FROM_MINE)
    assert set(card.films) == set(await club.store.watchlists.of(alice.id))
    assert "from their watchlist" in card.text


async def test_where_no_film_of_the_list_fits_the_next_step_is_said(alice):
    await alice.says("watchlist add", movie=MATRIX)
    refused = await alice.says("recommend", genre="Romance", **FROM_MINE)
    assert "No film on your watchlist fits" in refused.text
    assert "`genre`" in refused.text
    await alice.says("exclude movie", movie=MATRIX)
    assert "/exclude list" in (await alice.says("recommend", **FROM_MINE)).text


async def test_lists_work_in_direct_messages(club, alice):
    added = await alice.direct.says("watchlist add", movie=MATRIX)
    await alice.direct.presses(added, "Undo")
    assert "Nothing is on your watchlist yet" in (await alice.direct.says("watchlist list")).text
    await alice.direct.says("watchlist add", movie=ALIEN)
    assert (await alice.direct.says("recommend", **FROM_MINE)).films == [club.film(ALIEN)]
    assert await wanted(club, alice) == [ALIEN]


async def test_nobody_sees_what_another_wants(club, alice, bob):
    await alice.says("watchlist add", movie=MATRIX)
    assert "Nothing is on your watchlist yet" in (await bob.says("watchlist list")).text
    assert await bob.types("watchlist remove", "movie", "") == []
    assert "Off my watchlist" not in (await bob.says("film", movie=MATRIX)).labels
