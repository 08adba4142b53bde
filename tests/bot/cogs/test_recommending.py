"""/recommend, /similar and /top, as members use them."""

import re

import pytest
from simcord import SetupError

from bot.cogs.recommending import STYLE
from bot.cogs.upkeep import LIST_DAYS
from recommender import LIST_STYLES
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC, on_both_engines

MOST_COMPONENTS, MOST_TEXT = 40, 4000  # of one message, by Discord's rules


async def all_pages(member, card):
    pages = [card]
    while "More ›" in pages[-1].labels:
        pages.append(await member.presses(pages[-1], "More ›"))
    return pages


def matches_of(*pages):
    """The per cents that cards show, in their order."""
    return [int(percent) for page in pages for percent in re.findall(r"\*\*(\d+)% match\*\*", page.text)]


async def test_the_list_holds_nothing_rated_seen_or_excluded(club, alice):
    unwanted = {club.film(movie) for movie in TASTE}
    await alice.rates(TASTE)
    seen, excluded, *_ = (listed := await alice.says("recommend")).films
    await alice.presses(listed, "Seen it", seen)
    await alice.presses(listed, "Not for me", excluded)
    await alice.says("exclude words", text="star wars")
    await alice.says("exclude genre", genre="Horror")
    pages = await all_pages(alice, await alice.says("recommend", count=25))
    films = [film for page in pages for film in page.films]
    assert len(set(films)) == 25
    assert not {*unwanted, seen, excluded} & set(films)
    assert not [film for film in films if "Star Wars" in club.catalogue[film].title]
    assert not [film for film in films if "Horror" in club.catalogue[film].genres]


async def test_the_list_is_private_unless_shared(alice):
    assert (await alice.says("recommend")).private
    assert not (await alice.says("recommend", share=True)).private


async def test_a_shared_list_says_whose_it_is(alice):
    assert alice.actor.mention in (await alice.says("recommend", share=True)).text


async def test_each_film_has_stars_and_a_reason_that_names_films_the_member_liked(alice):
    await alice.rates(TASTE)
    card = await alice.says("recommend")
    assert len(re.findall(r"match\*\* · ★ \d\.\d · .+ \(±\d\.\d\) · ", card.text)) == 5
    reasons = [line for line in card.text.splitlines() if "Because" in line]
    titles = [label.rpartition(" (")[0] for label, stars in TASTE.items() if stars >= 4]
    assert reasons
    assert all(any(title in line for title in titles) for line in reasons)
    assert "Titanic" not in card.text


async def test_a_list_reads_in_one_order_over_all_its_pages(alice):
    await alice.rates(TASTE)
    first, *others = await all_pages(alice, await alice.says("recommend", count=25))
    assert "Best match first" in first.text
    matches = matches_of(first, *others)
    assert len(matches) == 25
    assert matches == sorted(matches, reverse=True)
    assert max(matches) < 100


async def test_a_list_keeps_its_matches_as_tastes_change(alice):
    first = await alice.says("recommend", count=10)
    await alice.rates(TASTE)
    second = await alice.presses(first, "More ›")
    back = await alice.presses(second, "‹ Back")
    assert matches_of(back) == matches_of(first)
    assert min(matches_of(back)) >= max(matches_of(second))


async def test_a_film_that_was_rated_since_keeps_its_place_and_its_match(club, alice):
    first = await alice.says("recommend", count=10)
    await alice.rates({club.catalogue[first.films[0]].label: 2.0})
    back = await alice.presses(await alice.presses(first, "More ›"), "‹ Back")
    assert f"**{matches_of(first)[0]}% match** · Rated ★★ · " in back.text


async def test_a_list_from_before_there_were_styles_and_matches_still_turns_its_pages(club, alice):
    listed = await alice.says("recommend", count=10)
    request = {"count": 10, "genre": "Drama", "from_year": None, "to_year": None, "without": None}
    request |= {"include_seen": False, "share": False}
    films = [film for page in await all_pages(alice, listed) for film in page.films]
    old = await club.store.lists.save(alice.id, "recommend", request, films, club.bot.now())
    turned = await alice.forges(listed, f"page:{old.id}:1")
    assert turned.films == films[5:]
    assert "match" not in turned.text
    assert turned.text.count("★ ") == 5


async def test_reasons_stay_the_same_as_pages_turn_and_do_not_all_name_the_same_films(alice):
    loved = "Aliens (1986)", "The Terminator (1984)", "Heat (1995)", "Fargo (1996)", "Toy Story (1995)", "Amelie (2001)"
    await alice.rates(TASTE | dict.fromkeys(loved, 4.5))
    first = await alice.says("recommend", count=10)
    second = await alice.presses(first, "More ›")
    back = await alice.presses(second, "‹ Back")
    assert back.text == first.text
    reasons = re.findall(r"-# Because you rated (.+)", first.text + second.text)
    assert len(set(reasons)) > len(reasons) / 2


async def test_a_style_changes_the_list_and_is_named_on_each_page(alice):
    await alice.rates(TASTE)
    lists = {
        style: await all_pages(alice, await alice.says("recommend", count=10, style=style)) for style in LIST_STYLES
    }
    for style in ("familiar", "adventurous"):
        assert all(style in page.text for page in lists[style])
    assert len({tuple(film for page in pages for film in page.films) for pages in lists.values()}) == 3
    assert (await alice.says("recommend", count=10)).films == lists["balanced"][0].films


async def test_every_style_is_offered_with_a_word_on_what_it_is(alice):
    assert [choice.value for choice in STYLE] == list(LIST_STYLES)
    assert all(choice.name.startswith(f"{choice.value}: ") for choice in STYLE)


async def stored_with_style(club, member, style):
    """The id of a list that was asked for in this style."""
    request = {"count": 5, "genre": None, "share": False, "style": style}
    saved = await club.store.lists.save(member.id, "recommend", request, [club.film(ALIEN)], club.bot.now())
    return saved.id


async def test_a_style_that_is_none_is_refused_with_those_there_are(club, alice):
    with pytest.raises(SetupError, match="style"):
        await alice.says("recommend", style="fair")
    for card in (
        await alice.sends("recommend", {"style": "fair"}),
        await alice.forges(await alice.says("recommend"), f"page:{await stored_with_style(club, alice, 'fair')}:0"),
    ):
        assert "familiar, balanced, adventurous" in card.text
        assert not card.films


async def test_a_member_without_ratings_gets_popular_films_and_an_invitation(club, alice):
    card = await alice.says("recommend")
    assert "/start" in card.text
    assert min(club.bot.serving.recommender.count(film) for film in card.films) > 100


async def test_a_new_rating_changes_the_next_list_at_once(alice):
    before = await alice.says("recommend")
    await alice.rates({"The Sound of Music (1965)": 5})
    after = await alice.says("recommend")
    assert after.text != before.text
    assert "The Sound of Music" in after.text


async def test_films_that_were_seen_may_come_up_if_wished(club, alice):
    await alice.rates({"The Shawshank Redemption (1994)": 5})
    listed = await alice.says("recommend")
    await alice.presses(listed, "Seen it", listed.films[0])
    again = await alice.says("recommend", include_seen=True)
    assert {club.film("The Shawshank Redemption (1994)"), listed.films[0]} <= set(again.films)
    assert "★★★★★" in again.text


async def test_phrases_are_left_out_of_this_list_only(club, alice):
    everything = await alice.says("recommend", count=25, genre="Sci-Fi")
    without = await alice.says("recommend", count=25, genre="Sci-Fi", without="Star Wars, alien")
    again = await alice.says("recommend", count=25, genre="Sci-Fi")
    titles = [club.catalogue[f].title for page in await all_pages(alice, without) for f in page.films]
    assert len(titles) == 25
    assert not [title for title in titles if "Star Wars" in title or title == "Alien"]
    assert again.films == everything.films


@pytest.mark.parametrize(("typed", "genre"), [("scifi", "Sci-Fi"), ("film noir", "Film-Noir"), ("WESTERNS", "Western")])
async def test_a_loosely_typed_genre_is_understood(club, alice, typed, genre):
    card = await alice.says("recommend", genre=typed)
    assert len(card.films) == 5
    assert all(genre in club.catalogue[film].genres for film in card.films)


async def test_an_unknown_genre_is_answered_with_those_there_are(alice):
    card = await alice.says("recommend", genre="qqq")
    assert "Film-Noir" in card.text
    assert not card.films


async def test_years_limit_the_list_at_both_ends(club, alice):
    for wish in ({"from_year": 1950, "to_year": 1955}, {"to_year": 1930}, {"from_year": 2015}):
        pages = await all_pages(alice, await alice.says("recommend", count=10, **wish))
        years = [club.catalogue[film].year for page in pages for film in page.films]
        assert len(years) == 10
        assert wish.get("from_year", 0) <= min(years) <= max(years) <= wish.get("to_year", 2100)


@pytest.mark.parametrize("command", ["recommend", "top", "night start"])
@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"from_year": 2000, "to_year": 1990}, "Swap them"),
        ({"from_year": 2030}, "My films end in 2025"),
        ({"genre": "Drama", "from_year": 2026, "to_year": 2100}, "My films end in 2025"),
        ({"from_year": 1870, "to_year": 1871}, "My films begin in 1902"),
        ({"genre": "film noir", "to_year": 1930}, "No film fits. Widen or leave out the years"),
    ],
)
async def test_a_wish_that_no_film_can_meet_is_answered_with_the_reason(alice, command, wish, reason):
    card = await alice.says(command, **wish)
    assert reason in card.text
    assert card.private
    assert not card.controls


@pytest.mark.parametrize("count", [1, 4, 5, 6, 25])
async def test_as_many_films_as_asked_for_come_five_a_page(alice, count):
    pages = await all_pages(alice, await alice.says("recommend", count=count))
    assert sum(len(page.films) for page in pages) == count
    assert [len(page.films) for page in pages[:-1]] == [5] * ((count - 1) // 5)


@pytest.mark.parametrize("command", ["recommend", "similar"])
@pytest.mark.parametrize("count", [0, 26])
async def test_discord_is_told_the_range_of_count(alice, command, count):
    with pytest.raises(SetupError, match="count"):
        await alice.says(command, count=count)


@pytest.mark.parametrize(("command", "options"), [("recommend", {}), ("similar", {"movie": MATRIX}), ("top", {})])
async def test_every_page_of_25_films_fits_a_message(alice, command, options):
    await alice.rates(TASTE)
    pages = await all_pages(alice, await alice.says(command, **({} if command == "top" else {"count": 25}), **options))
    assert len(pages) == 5
    assert max(len(page.components) for page in pages) <= MOST_COMPONENTS
    assert max(len(page.text) for page in pages) <= MOST_TEXT


async def test_pages_turn_in_place_and_back(alice):
    first = await alice.says("recommend", count=10)
    second = await alice.presses(first, "More ›")
    back = await alice.presses(second, "‹ Back")
    assert back.message.id == second.message.id == first.message.id
    assert (back.films, back.text) == (first.films, first.text)
    assert not set(first.films) & set(second.films)


async def test_a_page_that_is_turned_later_shows_the_same_films_with_todays_predictions(alice):
    first = await alice.says("recommend", count=10)
    second = await alice.presses(first, "More ›")
    await alice.rates(TASTE)
    back = await alice.presses(second, "‹ Back")
    assert back.films == first.films
    assert back.text != first.text


async def test_only_the_asker_turns_the_pages_of_a_shared_list(alice, bob):
    shared = await alice.says("recommend", count=10, share=True)
    refused = await bob.presses(shared, "More ›")
    assert refused.private
    assert not refused.films
    assert shared.look_again().films == shared.films


async def test_the_buttons_of_a_shared_list_act_for_whoever_presses(club, alice, bob):
    shared = await alice.says("recommend", share=True)
    rated, seen, excluded, *_ = shared.films
    await bob.picks(await bob.presses(shared, "Seen it", rated), "4.0")
    await bob.presses(shared, "Seen it", seen)
    await bob.presses(shared, "Not for me", excluded)
    assert await club.store.history(bob.id) == {rated: 4}
    assert set(await club.store.seen(bob.id)) == {rated, seen}
    assert [entry.value for entry in await club.store.exclusions(bob.id)] == [str(excluded)]
    assert not {rated, seen, excluded} & set((await bob.says("recommend", count=10)).films)
    assert (await alice.says("recommend")).films == shared.films


@pytest.mark.parametrize("label", ["Seen it", "Want to see", "Not for me"])
async def test_a_slip_on_a_list_is_undone(alice, label):
    listed = await alice.says("recommend")
    confirmed = await alice.presses(listed, label)
    assert confirmed.private
    await alice.presses(confirmed, "Undo")
    assert (await alice.says("recommend")).films == listed.films


async def test_lists_work_in_direct_messages(club, alice):
    await alice.direct.rates(TASTE)
    first = await alice.direct.says("recommend", count=10)
    second = await alice.direct.presses(first, "More ›")
    await alice.direct.presses(second, "Seen it", second.films[0])
    assert list(await club.store.seen(alice.id)) == [second.films[0]]


async def test_lists_work_for_a_user_who_installed_the_bot(club, alice):
    """In a server without the bot, and in a group conversation."""
    installed = {"authorizing_integration_owners": {"1": str(alice.id)}}
    elsewhere = {"id": "77", "guild_id": "88", "name": "x", "type": 0, "position": 0, "permissions": "0"}
    server = {"context": 0, "guild_id": "88", "channel": elsewhere, **installed}
    user = {"id": str(alice.id), "username": "alice", "discriminator": "0", "avatar": None, "global_name": None}
    group = {"context": 2, "channel": {"id": "99", "type": 3, "recipients": []}, "user": user, **installed}
    for place in (server, group):
        listed = await alice.sends("recommend", {"count": 10}, **place)
        assert len(listed.films) == 5
        assert listed.private
        turned = await alice.forges(listed, listed.button("More ›"), **place)
        assert len(turned.films) == 5


@on_both_engines
async def test_an_old_list_turns_its_pages_after_a_restart(club, alice):
    first = await alice.says("recommend", count=10)
    await club.restart()
    second = await alice.presses(first, "More ›")
    assert len(second.films) == 5
    assert not set(first.films) & set(second.films)


async def test_a_list_that_was_forgotten_says_so_and_stays(club, alice):
    first = await alice.says("recommend", count=10)
    await club.store.prune(club.bot.now() + LIST_DAYS)
    answer = await alice.presses(first, "More ›")
    assert answer.private
    assert not answer.films
    assert first.look_again().films == first.films


@on_both_engines
async def test_similar_films_come_with_a_reason_each(club, alice):
    card = await alice.says("similar", movie="toy story", count=7)
    assert card.private
    assert club.film("Toy Story 2 (1999)") in card.films
    assert "Animation" in card.text
    assert card.text.count("-# ") == 5
    assert len((await alice.presses(card, "More ›")).films) == 2


async def test_a_film_is_not_similar_to_itself(club, alice):
    pages = await all_pages(alice, await alice.says("similar", movie=ALIEN, count=25))
    films = [film for page in pages for film in page.films]
    assert len(set(films)) == 25
    assert club.film(ALIEN) not in films


async def test_similar_films_are_shared_if_wished(alice):
    assert not (await alice.says("similar", movie=ALIEN, share=True)).private


async def test_an_unclear_title_keeps_the_other_options_of_the_command(alice):
    asked = await alice.says("similar", movie="the man who", count=7)
    listed = await alice.presses(asked, "The Man Who Would Be King (1975)")
    assert "The Man Who Would Be King" in listed.text
    assert len((await alice.presses(listed, "More ›")).films) == 2


async def test_the_best_films_are_well_known_ones(club, alice):
    pages = await all_pages(alice, await alice.says("top"))
    counts = [club.bot.serving.recommender.count(film) for page in pages for film in page.films]
    assert len(counts) == 25
    assert min(counts) > 3


async def test_the_best_films_are_the_same_for_everyone(alice, bob):
    await alice.rates(TASTE)
    assert (await alice.says("top")).films == (await bob.says("top")).films


async def test_the_best_films_of_a_genre_and_some_years(club, alice):
    card = await alice.says("top", genre="western", from_year=1960, to_year=1979)
    films = [club.catalogue[film] for film in card.films]
    assert len(films) == 5
    assert all("Western" in film.genres and 1960 <= film.year <= 1979 for film in films)


@pytest.mark.parametrize("genre", ["Horror", "Thriller", "War", "Romance"])
@pytest.mark.parametrize("command", ["recommend", "top"])
async def test_the_genre_that_was_asked_for_stands_on_every_line(alice, command, genre):
    card = await alice.says(command, genre=genre)
    assert [genre in line for line in card.text.splitlines() if "★" in line] == [True] * 5


async def test_typing_a_genre_offers_those_with_the_letters(alice):
    assert await alice.types("recommend", "genre", "fi") == ["Film-Noir", "Sci-Fi"]


async def test_a_disliked_film_gives_no_reason(alice):
    await alice.rates({TITANIC: 1, MATRIX: 5})
    assert "rated Titanic" not in (await alice.says("recommend", count=5)).text
