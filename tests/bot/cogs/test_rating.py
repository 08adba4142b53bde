"""/rate and /ratings, as members use them."""

import pytest

from bot.glyphs import TEXT
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC, Member, on_both_engines

SCALE = ["5.0", "4.5", "4.0", "3.5", "3.0", "2.5", "2.0", "1.5", "1.0", "0.5"]


@pytest.mark.parametrize(("typed", "meant"), [("matrx", MATRIX), ("pulp fction", "Pulp Fiction (1994)")])
async def test_a_mistyped_film_is_rated(club, alice, typed, meant):
    card = await alice.says("rate", movie=typed, stars=4.5)
    assert card.private
    assert meant in card.text
    assert "★★★★½" in card.text
    assert await club.store.history(alice.id) == {club.film(meant): 4.5}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", [5, 4.5, 4, 3.5, 3, 2.5, 2, 1.5, 1, 0.5]),
        ("4", [4, 4.5]),
        ("4.", [4, 4.5]),
        ("4.5", [4.5]),
        ("4,5", [4.5]),
        ("4 1/2", [4.5]),
        ("4½", [4.5]),
        (" 4 ½ ", [4.5]),
        ("★★★★½", [4.5]),
        ("★★★★", [4, 4.5]),
        ("***", [3, 3.5]),
        ("4.0", [4]),
        ("5", [5]),
        ("0", [0.5]),
        (".5", [0.5]),
        ("½", [0.5]),
        ("1/2", [0.5]),
        ("1", [1, 1.5]),
        ("6", []),
        ("0.7", []),
        ("4.75", []),
        ("-1", []),
        ("4.5.", []),
        ("four", []),
        ("٤", []),
    ],
)
async def test_stars_are_offered_for_every_way_to_write_them_and_what_they_name_comes_first(alice, typed, offered):
    assert await alice.types("rate", "stars", typed) == offered


@pytest.mark.parametrize("stars", SCALE)
async def test_the_stars_that_are_offered_first_are_the_ones_that_were_typed(club, alice, stars):
    pictured = TEXT.stars(float(stars))
    for typed in (stars, stars.replace(".", ","), stars.removesuffix(".0"), pictured, pictured.replace("½", " 1/2")):
        [first, *_] = await alice.types("rate", "stars", typed)
        await alice.says("rate", movie=MATRIX, stars=first)
        assert await club.store.history(alice.id) == {club.film(MATRIX): float(stars)}


async def test_a_title_of_which_every_word_is_misspelled_is_offered_where_it_would_be_taken(alice):
    assert await alice.types("rate", "movie", "jurasic prk") == ["Jurassic Park (1993)"]


async def test_what_typing_offers_rates_that_film(club, alice):
    offered = await alice.types("rate", "movie", "matrx")
    await alice.says("rate", movie=offered[0], stars=5)
    assert offered[0] == MATRIX
    assert await club.store.history(alice.id) == {club.film(MATRIX): 5}


@pytest.mark.parametrize("command", ["rate", "night suggest"])
async def test_before_anything_is_typed_well_known_films_are_offered_that_the_member_has_not_seen(club, alice, command):
    first, second, *others = await alice.types(command, "movie", "")
    assert len(others) == 23
    await alice.says("rate", movie=first, stars=4)
    await club.store.mark_seen(alice.id, club.film(second), 0)
    offered = await alice.types(command, "movie", " ")
    assert offered[:23] == others
    assert len(offered) == 25


@pytest.mark.parametrize("command", ["rate", "night suggest"])
@pytest.mark.parametrize(
    "typed", ["The Plumbers of Saturn", "Матрица", "qwertyuiop", "Wobbly Quadrilaterals", "日本", "!!!"]
)
async def test_where_no_film_fits_what_is_typed_one_line_says_so_and_sends_the_text(alice, command, typed):
    assert await alice.types(command, "movie", typed) == [typed]
    [choice] = await alice.actor.autocomplete(alice.channel, command, "movie", typed)
    assert choice["name"].startswith("No film like that here. My films end in ")
    assert "I don't know" in (await alice.says("rate", movie=typed, stars=4)).text


async def test_a_second_rating_replaces_the_first(club, alice):
    await alice.says("rate", movie=MATRIX, stars=5)
    card = await alice.says("rate", movie=MATRIX, stars=2)
    assert "it was ★★★★★" in card.text
    assert await club.store.history(alice.id) == {club.film(MATRIX): 2}


@on_both_engines
async def test_undo_takes_a_first_rating_back_and_undo_again_restores_it(club, alice):
    undone = await alice.presses(await alice.says("rate", movie=MATRIX, stars=5), "Undo")
    assert await club.store.history(alice.id) == {}
    await alice.presses(undone, "Undo")
    assert await club.store.history(alice.id) == {club.film(MATRIX): 5}


async def test_undo_of_a_changed_rating_brings_the_one_before_back(club, alice):
    await alice.says("rate", movie=MATRIX, stars=5)
    await alice.presses(await alice.says("rate", movie=MATRIX, stars=2), "Undo")
    assert await club.store.history(alice.id) == {club.film(MATRIX): 5}


async def test_undo_of_a_rating_that_is_gone_says_so(club, alice):
    first = await alice.says("rate", movie=MATRIX, stars=5)
    second = await alice.forges(first, first.button("Undo"))
    assert MATRIX in (await alice.forges(second, first.button("Undo"))).text
    assert await club.store.history(alice.id) == {}


async def test_change_asks_for_stars_and_the_answer_takes_the_cards_place(club, alice):
    rated = await alice.says("rate", movie=MATRIX, stars=5)
    asked = await alice.presses(rated, "Change")
    [select] = [part for part in asked.components if part.get("options")]
    assert [option["value"] for option in select["options"]] == SCALE
    changed = await alice.picks(asked, "1.5")
    assert changed.message.id == rated.message.id
    assert "★½" in changed.text
    assert await club.store.history(alice.id) == {club.film(MATRIX): 1.5}


async def test_more_like_this_lists_films_that_are_like_it(club, alice):
    card = await alice.presses(await alice.says("rate", movie="Toy Story (1995)", stars=5), "More like this")
    assert club.film("Toy Story 2 (1999)") in card.films
    assert card.private


@pytest.mark.parametrize("label", ["Change", "Undo", "More like this"])
async def test_the_buttons_are_the_raters_own(club, alice, bob, label):
    card = await alice.says("rate", movie=MATRIX, stars=5)
    answer = await bob.forges(card, card.button(label))
    assert "someone else" in answer.text
    assert answer.private
    assert card.look_again().text == card.text
    assert (await club.store.history(alice.id), await club.store.history(bob.id)) == ({club.film(MATRIX): 5}, {})


async def test_an_unclear_title_is_asked_about_and_the_button_gives_the_same_stars(club, alice):
    asked = await alice.says("rate", movie="the man who", stars=3.5)
    assert 2 <= len(asked.labels) <= 5
    assert await club.store.history(alice.id) == {}
    rated = await alice.presses(asked, "The Man Who Would Be King (1975)")
    assert rated.message.id == asked.message.id
    assert await club.store.history(alice.id) == {club.film("The Man Who Would Be King (1975)"): 3.5}


async def test_an_unclear_title_is_answered_by_the_asker_only(club, alice, bob):
    asked = await alice.says("rate", movie="the man who", stars=3.5)
    await bob.forges(asked, asked.controls[0])
    assert await club.store.history(bob.id) == {}


async def test_no_such_film_says_when_the_catalogue_ends(club, alice):
    card = await alice.says("rate", movie="qqqqzzzz", stars=3)
    assert "2025" in card.text
    assert card.private
    assert await club.store.history(alice.id) == {}


async def test_a_title_of_markdown_is_shown_as_it_is(alice):
    assert r"M\*A\*S\*H" in (await alice.says("rate", movie="mash", stars=5)).text


async def test_what_was_typed_can_mention_nobody_and_forge_no_link(alice):
    dangers = "@everyone", "<@123456789012345678>", "<#123456789012345678>", "https://", "**"
    card = await alice.says("rate", movie=f"{' '.join(dangers)} qqzz", stars=3)
    assert "qqzz" in card.text
    assert not [danger for danger in dangers if danger in card.text]


@pytest.mark.parametrize("stars", [0.0, 5.5, 3.3, -1.0, 1e300])
async def test_stars_off_the_scale_are_refused(club, alice, stars):
    card = await alice.sends("rate", {"movie": MATRIX, "stars": stars})
    assert card.private
    assert await club.store.history(alice.id) == {}


async def test_ratings_count_in_every_server_and_in_direct_messages(club, alice):
    elsewhere = club.env.create_guild("Another club")
    there = Member(club.env, elsewhere.add_member(alice.actor.user), elsewhere.create_text_channel("films"))
    await alice.says("rate", movie=MATRIX, stars=5)
    await there.says("rate", movie=ALIEN, stars=4)
    await alice.direct.says("rate", movie=TITANIC, stars=2)
    for place in (alice, there, alice.direct):
        card = await place.says("ratings")
        assert all(film in card.text for film in (MATRIX, ALIEN, TITANIC))


async def test_without_a_rating_the_list_says_how_to_begin(alice):
    card = await alice.says("ratings")
    assert "/start" in card.text
    assert card.private


async def test_ratings_are_listed_newest_first(alice):
    await alice.rates(TASTE)
    card = await alice.says("ratings")
    assert sorted(TASTE, key=card.text.index) == list(reversed(TASTE))


async def test_five_ratings_make_a_page_and_pages_turn_both_ways(club, alice):
    films = [movie.label for movie in club.catalogue.movies[:12]]
    await alice.rates(dict.fromkeys(films, 3))
    first = await alice.says("ratings")
    second = await alice.presses(first, "More ›")
    third = await alice.presses(second, "More ›")
    again = await alice.presses(third, "‹ Back")
    assert [page.labels.count("Remove") for page in (first, second, third)] == [5, 5, 2]
    assert again.text == second.text
    assert "More ›" not in third.labels
    assert "‹ Back" not in first.labels
    assert third.message.id == first.message.id


async def test_words_narrow_the_list_and_stay_in_force_on_the_next_page(club, alice):
    wars = [movie.label for movie in club.catalogue if " war " in f" {movie.title.lower()} "][:6]
    await alice.rates(dict.fromkeys([MATRIX, *wars], 3))
    first = await alice.says("ratings", words="wAr")
    second = await alice.presses(first, "More ›")
    assert MATRIX not in first.text + second.text
    assert all(film in first.text + second.text for film in wars)


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        (None, "4 rated · 3.5 on average · 2 marked as seen"),
        ("star", "4 of your 6 films with “star” in the title · 3.2 on average · 1 marked as seen"),
        ("star wars", "1 of your 6 films with “star wars” in the title · 5.0 on average"),
        ("casino", "1 of your 6 films with “casino” in the title · 1 marked as seen"),
    ],
)
async def test_the_heading_counts_what_is_listed_and_averages_that(club, alice, words, heading):
    stars = {
        "Star Wars: Episode IV - A New Hope (1977)": 5,
        "Star Trek (2009)": 4,
        "Star Trek: Generations (1994)": 0.5,
    }
    await alice.rates({MATRIX: 4.5, **stars})
    for title in ("Casino (1995)", "Star Trek: Nemesis (2002)"):
        await club.store.mark_seen(alice.id, club.film(title), 1)
    card = await alice.says("ratings", **({"words": words} if words else {}))
    assert f"-# {heading}\n" in card.text


async def test_words_that_fit_none_of_the_films_say_so(alice):
    await alice.rates({MATRIX: 5})
    card = await alice.says("ratings", words="casablanca")
    assert MATRIX not in card.text
    assert "/ratings" in card.text


async def test_a_rating_is_changed_from_the_list_and_the_list_stays(club, alice):
    await alice.rates(TASTE)
    shown = await alice.says("ratings")
    await alice.picks(await alice.presses(shown, "Change", club.film(TITANIC)), "4.5")
    assert (await club.store.history(alice.id))[club.film(TITANIC)] == 4.5
    assert MATRIX in shown.look_again().text


async def test_a_rating_is_removed_from_the_list(club, alice):
    await alice.rates(TASTE)
    await alice.presses(await alice.says("ratings"), "Remove", club.film(TITANIC))
    assert TITANIC not in (await alice.says("ratings")).text
    assert len(await club.store.history(alice.id)) == len(TASTE) - 1


async def test_a_page_that_has_vanished_shows_the_last_one(club, alice):
    await alice.rates({**TASTE, "Heat (1995)": 4})
    first = await alice.says("ratings")
    for movie in await club.store.history(alice.id):
        await club.store.unrate(alice.id, movie)
    await alice.rates({MATRIX: 5})
    assert MATRIX in (await alice.presses(first, "More ›")).text


async def test_films_marked_as_seen_are_listed_with_a_way_back(club, alice):
    listed = await alice.says("recommend")
    [film, *_] = listed.films
    await alice.presses(listed, "Seen it", film)
    shown = await alice.says("ratings")
    assert club.labels([film])[0] in shown.text
    await alice.presses(shown, "Not seen", film)
    assert await club.store.seen(alice.id) == {}


async def test_a_film_marked_as_seen_and_then_rated_is_listed_once(club, alice):
    listed = await alice.says("recommend")
    film = listed.films[0]
    marked = await alice.presses(listed, "Seen it", film)
    await alice.picks(marked, "5.0")
    assert (await alice.says("ratings")).text.count(club.labels([film])[0]) == 1


async def test_a_rated_film_that_left_the_catalogue_is_listed_and_can_be_removed(club, alice):
    await club.store.rate(alice.id, 999_999, 4, 1)
    shown = await alice.says("ratings")
    await alice.presses(shown, "Remove", 999_999)
    assert "999999" in shown.text
    assert await club.store.history(alice.id) == {}
