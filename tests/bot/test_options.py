"""Options that are more than text, typed in every way."""

import pytest
from simcord import SetupError

TYPED = ["", " ", "\t\n", "💥", "%_'\";--", "(((", "[a-z]*", "\x00", "éàü", "日本", "a" * 6000, "1", "the " * 50]


def short(text):
    return ascii(text[:10])


@pytest.mark.parametrize("text", TYPED, ids=short)
async def test_whatever_is_typed_choices_are_within_discords_limits(alice, text):
    offered = await alice.types("rate", "movie", text)
    assert len(offered) <= 25
    assert len(set(offered)) == len(offered)
    assert all(1 <= len(label) <= 100 for label in offered)
    assert len(await alice.types("recommend", "genre", text)) <= 25


@pytest.mark.parametrize("text", [text for text in TYPED if text.strip()], ids=short)
async def test_whatever_is_sent_gets_an_answer(alice, text):
    for card in (
        await alice.says("similar", movie=text),
        await alice.says("top", genre=text),
        await alice.says("recommend", without=text[:200]),
        await alice.says("ratings", words=text[:200]),
    ):
        assert card.text


async def test_every_choice_that_is_offered_names_the_film_it_offers(club):
    """A choice is sent back as its label, so a label that names two films would rate the wrong one."""
    titles = club.bot.serving.titles
    assert [film.label for film in club.catalogue if titles.resolve(film.label) != film] == []


async def test_labels_of_the_longest_titles_work_as_buttons(club, alice):
    longest = sorted(club.catalogue, key=lambda film: len(film.label))[-5:]
    for film in longest:
        assert (await alice.says("exclude movie", movie=film.label)).text
    assert {entry.value for entry in await club.store.exclusions(alice.id)} == {str(film.id) for film in longest}


@pytest.mark.parametrize("years", [{"from_year": 1869}, {"to_year": 2101}])
async def test_years_without_films_are_refused_by_discord(alice, years):
    with pytest.raises(SetupError):
        await alice.says("top", **years)


@pytest.mark.parametrize(
    ("typed", "genre"),
    [
        ("science fiction", "Sci-Fi"),
        ("scifi", "Sci-Fi"),
        ("rom", "Romance"),
        ("COMEDY", "Comedy"),
        ("commedy", "Comedy"),
        ("film noir", "Film-Noir"),
        ("kids", "Children"),
        ("Ｃｏｍｅ\u0301\u200bｄｉｅ", "Comedy"),
    ],
)
async def test_a_genre_is_understood_as_people_write_it(club, alice, typed, genre):
    await alice.says("exclude genre", genre=typed)
    assert [entry.value for entry in await club.store.exclusions(alice.id)] == [genre]


@pytest.mark.parametrize("typed", ["star wars", "a", "e", "cowboys"])
async def test_what_is_no_genre_is_refused_with_those_there_are(club, alice, typed):
    card = await alice.says("exclude genre", genre=typed)
    assert "Film-Noir" in card.text
    assert await club.store.exclusions(alice.id) == []


async def test_genres_are_told_as_they_are_written(club, alice, monkeypatch):
    monkeypatch.setattr(club.catalogue, "genres", ("*Noir*", "__War__"))
    card = await alice.says("recommend", genre="cowboys")
    assert r"\*Noir\*, \_\_War\_\_" in card.text
    listed = await alice.says("recommend", count=6)
    request = (await club.store.lists.get(1)).request | {"genre": "*Noir*"}
    saved = await club.store.lists.save(alice.id, "recommend", request, listed.films, club.bot.now())
    assert r"\*Noir\*" in (await alice.forges(listed, f"page:{saved.id}:0")).text


@pytest.mark.parametrize(
    ("command", "option"), [("recommend", "without"), ("exclude words", "text"), ("ratings", "words")]
)
async def test_words_of_more_than_200_characters_are_refused_by_discord(alice, command, option):
    assert (await alice.says(command, **{option: "a" * 200})).text
    with pytest.raises(SetupError):
        await alice.says(command, **{option: "a" * 201})
