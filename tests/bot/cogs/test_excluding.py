"""/exclude, as members use it."""

import re
from collections import Counter

import pytest

from tests.bot.simulated import ALIEN, MATRIX


async def values(club, member):
    return [entry.value for entry in await club.store.exclusions(member.id)]


async def hides(club, member, title):
    """Whether no wish brings this film up for the member."""
    film = club.catalogue[club.film(title)]
    wish = {"from_year": film.year, "to_year": film.year, "genre": film.genres[-1]}
    card = await member.says("recommend", count=25, **wish)
    films = card.films
    while "More ›" in card.labels:
        card = await member.presses(card, "More ›")
        films += card.films
    return film.id not in films


async def test_commas_separate_phrases_and_spaces_count_once(club, alice):
    card = await alice.says("exclude words", text=" Star  Wars, zombie ,, star trek,zombie")
    assert card.private
    assert await values(club, alice) == ["Star Wars", "zombie", "star trek"]
    assert "Star Wars" in card.text
    assert "12 films" in card.text


async def test_a_phrase_matches_whole_words_in_any_case_and_whatever_the_accents(club, alice):
    assert not await hides(club, alice, "Amelie (2001)")
    assert not await hides(club, alice, "War Horse (2011)")
    await alice.says("exclude words", text="wAr, amélie")
    assert await hides(club, alice, "War Horse (2011)")
    assert await hides(club, alice, "Amelie (2001)")
    assert not await hides(club, alice, "Edward Scissorhands (1990)")


@pytest.mark.parametrize("text", [",", "  ", "!!, ?", ", ,"])
async def test_text_without_words_is_refused(club, alice, text):
    card = await alice.says("exclude words", text=text)
    assert "/exclude words" in card.text
    assert await values(club, alice) == []


@pytest.mark.parametrize("text", ["the", "zombie, the", "of, in, a"])
async def test_words_that_hide_more_than_200_films_are_asked_about_first(club, alice, text):
    asked = await alice.says("exclude words", text=text)
    assert asked.private
    [hidden] = re.findall(r"hide ([\d,]+) films", asked.text)
    assert int(hidden.replace(",", "")) > 200
    assert await values(club, alice) == []
    done = await alice.presses(asked, "Leave them out")
    assert done.message.id == asked.message.id
    assert await values(club, alice) == text.split(", ")


async def test_words_that_hide_200_films_or_fewer_are_not_asked_about(club, alice):
    films = club.bot.serving.recommender.films
    common = Counter(word for film in club.catalogue for word in set(re.findall("[a-z]+", film.title.lower())))
    hides = {word: int(films.with_phrase(word).sum()) for word, _ in common.most_common(50)}
    few = max((word for word in hides if hides[word] <= 200), key=hides.get)
    many = min((word for word in hides if hides[word] > 200), key=hides.get)
    assert f"({hides[few]} films)" in (await alice.says("exclude words", text=few)).text
    assert f"hide {hides[many]} films" in (await club.bob.says("exclude words", text=many)).text
    assert await values(club, alice) == [few]


async def test_words_that_hide_nothing_more_are_not_asked_about_again(club, alice):
    await alice.presses(await alice.says("exclude words", text="the"), "Leave them out")
    again = await alice.says("exclude words", text="THE")
    assert "Leave them out" not in again.labels


async def test_the_question_is_answered_after_a_restart_and_by_its_asker_alone(club, alice, bob):
    asked = await alice.says("exclude words", text="the")
    await club.restart()
    await club.bot.model_ready()
    button = asked.button("Leave them out")
    await bob.forges(asked, button)
    forged = await bob.forges(asked, button.replace(str(alice.id), str(bob.id)))
    assert "/exclude words" in forged.text
    assert await values(club, bob) == []
    await alice.presses(asked, "Leave them out")
    assert await values(club, alice) == ["the"]


async def test_a_question_that_was_forgotten_says_how_to_ask_it_again(club, alice):
    asked = await alice.says("exclude words", text="the")
    await club.store.prune(before=club.bot.now() + 1)
    assert "/exclude words" in (await alice.presses(asked, "Leave them out")).text
    assert await values(club, alice) == []


async def test_a_genre_says_how_many_films_it_hides_and_asks_nothing(club, alice):
    drama = sum("Drama" in film.genres for film in club.catalogue)
    assert f"hides {drama:,} films" in (await alice.says("exclude genre", genre="Drama")).text
    assert await values(club, alice) == ["Drama"]


async def test_a_film_is_excluded_by_any_part_of_its_title(club, alice):
    card = await alice.says("exclude movie", movie="shawshank")
    assert "The Shawshank Redemption (1994)" in card.text
    assert await values(club, alice) == [str(club.film("The Shawshank Redemption (1994)"))]


async def test_an_unclear_film_is_asked_about(club, alice):
    asked = await alice.says("exclude movie", movie="the man who")
    await alice.presses(asked, "The Man Who Would Be King (1975)")
    assert await values(club, alice) == [str(club.film("The Man Who Would Be King (1975)"))]


async def test_a_genre_is_excluded_however_it_is_typed(club, alice):
    await alice.says("exclude genre", genre="scifi")
    assert await values(club, alice) == ["Sci-Fi"]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("exclude words", {"text": "zombie"}),
        ("exclude movie", {"movie": MATRIX}),
        ("exclude genre", {"genre": "Horror"}),
    ],
)
async def test_an_exclusion_is_kept_once_and_its_undo_button_takes_it_back(club, alice, command, options):
    first = await alice.says(command, **options)
    second = await alice.says(command, **options)
    assert len(await values(club, alice)) == 1
    assert second.text
    await alice.presses(first, "Undo")
    assert await values(club, alice) == []


async def test_undo_twice_says_that_it_is_gone(club, alice):
    card = await alice.says("exclude movie", movie=MATRIX)
    undone = await alice.presses(card, "Undo")
    again = await alice.forges(undone, card.button("Undo"))
    assert "/exclude list" in again.text


async def test_nobody_else_takes_an_exclusion_back(club, alice, bob):
    card = await alice.says("exclude movie", movie=MATRIX)
    await bob.forges(card, card.button("Undo"))
    await bob.forges(card, card.button("Undo").replace(str(alice.id), str(bob.id)))
    assert await values(club, alice) == [str(club.film(MATRIX))]


async def test_the_list_shows_each_exclusion_with_a_way_to_remove_it(club, alice):
    await alice.says("exclude words", text="zombie, *stars*")
    await alice.says("exclude movie", movie=MATRIX)
    await alice.says("exclude genre", genre="Horror")
    card = await alice.says("exclude list")
    assert card.private
    assert all(name in card.text for name in ("zombie", r"\*stars\*", MATRIX, "Horror"))
    assert card.labels == ["Remove"] * 4
    await alice.presses(card, "Remove")
    assert await values(club, alice) == ["*stars*", str(club.film(MATRIX)), "Horror"]


async def test_an_empty_list_says_how_to_fill_it(alice):
    assert "/exclude words" in (await alice.says("exclude list")).text


async def test_a_long_list_has_pages(club, alice):
    await alice.says("exclude words", text=", ".join(f"word{number}" for number in range(20)))
    first = await alice.says("exclude list")
    second = await alice.presses(first, "More ›")
    third = await alice.presses(second, "More ›")
    assert sum(page.labels.count("Remove") for page in (first, second, third)) == 20
    assert "word0" in first.text
    assert "word19" in third.text


async def test_exclusions_are_removed_by_what_typing_offers(club, alice):
    await alice.says("exclude words", text="zombie")
    await alice.says("exclude movie", movie=ALIEN)
    await alice.says("exclude genre", genre="Horror")
    assert await alice.types("exclude remove", "entry", "") == ["zombie", ALIEN, "Horror"]
    [offered] = await alice.types("exclude remove", "entry", "lie")
    card = await alice.says("exclude remove", entry=offered)
    assert ALIEN in card.text
    assert await values(club, alice) == ["zombie", "Horror"]


@pytest.mark.parametrize("text", ["AME\u0301LIE", "Ame\u200blie\u0301", "ａｍｅｌｉｅ"], ids=ascii)
async def test_words_count_however_they_are_spelled(club, alice, text):
    await alice.says("exclude words", text=f"zombie，{text}")
    assert await hides(club, alice, "Amelie (2001)")
    assert len(await alice.types("exclude remove", "entry", "amélie")) == 1
    await alice.says("exclude remove", entry="Amel\u200bie")
    assert await values(club, alice) == ["zombie"]


async def test_one_phrase_spelled_in_two_ways_is_one_exclusion(club, alice):
    await alice.says("exclude words", text="Que\u0301b, QUÉB")
    await alice.says("exclude words", text="QUE\u0301\u200bB")
    assert await values(club, alice) == ["QUÉB"]


async def test_words_that_nobody_sees_are_none(club, alice):
    assert "Give me some words" in (await alice.says("exclude words", text="\u200b, \u3164")).text
    assert not await values(club, alice)


async def test_an_exclusion_is_removed_by_about_what_it_is_called(club, alice):
    await alice.says("exclude words", text="zombie")
    await alice.says("exclude remove", entry="zombies")
    assert await values(club, alice) == []


async def test_what_was_never_excluded_is_not_removed(club, alice):
    await alice.says("exclude words", text="zombie")
    card = await alice.says("exclude remove", entry="casablanca")
    assert "/exclude list" in card.text
    assert await values(club, alice) == ["zombie"]


async def test_one_members_exclusions_are_nothing_to_another(club, alice, bob):
    await alice.says("exclude words", text="zombie")
    assert await bob.types("exclude remove", "entry", "") == []
    await bob.says("exclude remove", entry="zombie")
    assert await values(club, alice) == ["zombie"]


async def test_the_longest_input_fits_the_answer(alice):
    long = ", ".join(f"{'*' * 36}{number}" for number in range(10, 15))
    assert 190 < len(long) <= 200, "the option takes no longer text"
    for card in (await alice.says("exclude words", text=long), await alice.says("exclude list")):
        assert 0 < len(card.text) <= 4000


async def test_a_film_that_left_the_catalogue_is_listed_and_can_be_removed(club, alice):
    await club.store.exclude(alice.id, "movie", "999999", 1)
    card = await alice.says("exclude list")
    assert "999999" in card.text
    await alice.presses(card, "Remove")
    assert await values(club, alice) == []
