"""Films of today, which no public rating is about: a new member finds, rates and gets them."""

from tests.bot.simulated import MATRIX

TYPED = {
    "oppenheimer": ("Oppenheimer (2023)", 4.5),
    "parasite": ("Parasite (2019)", 5),
    "기생충": ("Parasite (2019)", 5),
    "dune part 2": ("Dune: Part Two (2024)", 5),
    "everything everywhere": ("Everything Everywhere All at Once (2022)", 4.5),
    "barbie": ("Barbie (2023)", 3.5),
    "portrait de la jeune fille en feu": ("Portrait of a Lady on Fire (2019)", 4),
    "spider verse": ("Spider-Man: Into the Spider-Verse (2018)", 4.5),
    "godzila minus one": ("Godzilla Minus One (2023)", 4),
    "get out": ("Get Out (2017)", 4.5),
    "anora": ("Anora (2024)", 3),
    "sinners": ("Sinners (2025)", 4.5),
}


async def test_what_a_new_member_types_is_offered_first_and_can_be_rated(club, alice):
    for text, (label, stars) in TYPED.items():
        assert (await alice.types("rate", "movie", text))[0] == label, text
        card = await alice.says("rate", movie=label, stars=stars)
        assert label in card.text.replace("\\", "")
    history = await club.store.history(alice.id)
    assert {club.catalogue[movie].label for movie in history} == {label for label, _ in TYPED.values()}


async def test_a_rating_of_a_film_of_today_moves_what_is_predicted_at_once(club, alice):
    async def predicted():
        taste = club.bot.serving.recommender.taste(await club.store.history(alice.id))
        return taste.predict([club.film("Dune (2021)"), club.film(MATRIX)])[0]

    before = await predicted()
    await alice.rates({"Dune: Part Two (2024)": 5, "Blade Runner 2049 (2017)": 5})
    assert (await predicted() > before).all()


async def test_films_of_today_are_in_lists_of_theirs_and_in_an_evenings_slate(club, alice, bob):
    await alice.rates(dict(TYPED.values()))
    card = await alice.says("recommend", from_year=2017)
    assert len(card.films) == 5
    assert all(club.catalogue[film].year >= 2017 for film in card.films)
    assert not set(card.films) & (await club.store.history(alice.id)).keys()
    night = await alice.says("night start", from_year=2017)
    await bob.presses(night, "Join")
    await alice.presses(night, "Pick for us")
    films = [film.movie for film in await club.store.nights.films((await club.store.nights.latest(club.channel.id)).id)]
    assert len(films) == 5
    assert all(club.catalogue[film].year >= 2017 for film in films)
