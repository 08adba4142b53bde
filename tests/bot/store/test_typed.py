"""Films that members added, in the store."""

import asyncio

import pytest

from bot.store import Store, added_films
from bot.store.typed import A_DAY, MOST_A_DAY, Enough, Taken
from recommender.datasets.identity import TYPED
from tests.bot.store import ANNA, BEN, HEAT
from tests.bot.store.evenings import begun


async def test_a_film_has_an_id_above_all_others_and_is_read_as_it_was_typed(store: Store, path) -> None:
    movie = await store.typed.add(ANNA, "Dune: Part Three", 2026, ["Sci-Fi", "Drama"], at=7)
    assert movie == TYPED + 1
    [film] = await store.typed.films()
    assert (film.movie, film.label, film.genres, film.added_at) == (
        movie,
        "Dune: Part Three (2026)",
        ("Sci-Fi", "Drama"),
        7,
    )
    assert added_films(path) == [film]


async def test_two_members_who_add_one_film_at_once_add_it_once(store: Store) -> None:
    one, other = await asyncio.gather(
        store.typed.add(ANNA, "Dune: Part Three", 2026, ["Drama"], at=7),
        store.typed.add(BEN, "dune  PART three!", 2026, [], at=7),
    )
    assert one == other
    assert len(await store.typed.films()) == 1
    assert await store.typed.add(BEN, "Dune: Part Three", None, [], at=7) != one, "that of another year is another film"


async def test_a_member_adds_five_films_within_a_day(store: Store) -> None:
    films = [await store.typed.add(ANNA, f"Film {number}", None, [], at=number) for number in range(MOST_A_DAY)]
    with pytest.raises(Enough):
        await store.typed.add(ANNA, "One more", None, [], at=A_DAY - 1)
    assert await store.typed.add(ANNA, "Film 1", None, [], at=A_DAY - 1) == films[1], "it is there already"
    await store.typed.remove(films[2])
    with pytest.raises(Enough):
        await store.typed.add(ANNA, "One more", None, [], at=A_DAY - 1)
    await store.typed.add(BEN, "One more", None, [], at=A_DAY - 1)
    await store.typed.add(ANNA, "Yet one more", None, [], at=A_DAY)
    assert len(await store.typed.films()) == MOST_A_DAY + 1


async def test_five_films_within_a_day_are_the_most_also_when_they_come_at_once(store: Store) -> None:
    added = await asyncio.gather(
        *(store.typed.add(ANNA, f"Film {number}", None, [], at=1) for number in range(9)), return_exceptions=True
    )
    assert sum(isinstance(each, Enough) for each in added) == 9 - MOST_A_DAY
    assert len(await store.typed.films()) == MOST_A_DAY


async def test_no_number_is_given_twice(store: Store) -> None:
    first = await store.typed.add(ANNA, "Dune", 2020, [], at=1)
    await store.typed.remove(first)
    assert await store.typed.add(ANNA, "Dune", 2020, [], at=1) == first + 1


async def test_a_film_stays_when_the_data_of_who_added_it_are_deleted(store: Store) -> None:
    await store.typed.add(ANNA, "Dune", 2020, [], at=1)
    assert [row["movie_id"] for row in (await store.export(ANNA))["additions"]] == [TYPED + 1]
    await store.delete(ANNA)
    assert [film.label for film in await store.typed.films()] == ["Dune (2020)"]
    assert not any((await store.export(ANNA)).values())


async def test_a_film_that_is_another_today_is_added_as_that_one(store: Store) -> None:
    dune, heat = [await store.typed.add(ANNA, title, 1995, [], at=1) for title in ("Dune", "Heat")]
    await store.films.move({heat: HEAT})
    assert await store.typed.add(BEN, "Heat", 1995, [], at=1) == HEAT
    assert [(film.id, film.movie) for film in await store.typed.films()] == [(dune, dune), (heat, HEAT)]


async def test_a_film_is_renamed_unless_another_one_is_called_so(store: Store) -> None:
    dune, heat = [await store.typed.add(ANNA, title, 1995, [], at=1) for title in ("Dunne", "Heat")]
    assert await store.typed.rename(dune, "Dune", 2021, ["Sci-Fi"])
    assert (await store.typed.films())[0].label == "Dune (2021)"
    with pytest.raises(Taken) as taken:
        await store.typed.rename(dune, "HEAT", 1995, [])
    assert taken.value.movie == heat
    assert not await store.typed.rename(HEAT, "Heat II", None, [])


@pytest.mark.parametrize("year", [1995, None])
async def test_a_film_may_have_the_name_of_one_that_was_merged_into_it(store: Store, year: int | None) -> None:
    dune, other = [await store.typed.add(ANNA, title, year, [], at=1) for title in ("Dunne", "Dune")]
    assert await store.typed.merge(other, dune) == 0
    assert await store.typed.rename(dune, "DUNE", year, ["Sci-Fi"])
    [film] = await store.typed.films()
    assert (film.id, film.title, film.genres) == (dune, "DUNE", ("Sci-Fi",))
    assert await store.typed.add(BEN, "Dune", year, [], at=2) == dune
    assert await store.films.aliases() == {other: dune}


async def test_of_two_things_done_to_a_film_at_once_one_is_done(store: Store) -> None:
    dune, heat, fargo = [await store.typed.add(ANNA, title, 1995, [], at=1) for title in ("Dune", "Heat", "Fargo")]
    await store.rate(ANNA, dune, 4, at=2)
    assert await asyncio.gather(store.typed.merge(dune, heat), store.typed.merge(dune, fargo)) == [1, None]
    assert await store.typed.merge(heat, dune) is None, "it would be itself"
    assert not await store.typed.remove(dune)
    assert not await store.typed.rename(dune, "Dune: Part Two", 2024, [])
    assert await store.history(ANNA) == {heat: 4}
    assert await store.typed.remove(fargo)
    assert await store.typed.merge(heat, fargo) is None, "it is gone"
    assert [(film.id, film.movie) for film in await store.typed.films()] == [(heat, heat), (dune, heat)]


async def test_a_film_that_is_removed_leaves_its_stars_and_its_title(store: Store) -> None:
    movie = await store.typed.add(ANNA, "Dune", 2021, [], at=1)
    await store.rate(ANNA, movie, 4, at=2)
    await store.unknown.rate(BEN, "Dune (2021)", 2, at=2)
    await store.rate(BEN, movie, 5, at=3)
    await store.mark_seen(BEN, movie, at=3)
    await store.exclude(BEN, "movie", str(movie), at=3)
    night = await begun(store)
    await store.nights.suggest(night.id, ANNA, movie, None)
    assert await store.typed.raters([movie, HEAT]) == {movie: 2, HEAT: 0}
    assert await store.typed.remove(movie)
    assert await store.typed.films() == []
    assert await store.histories([ANNA, BEN]) == {ANNA: {}, BEN: {}}
    assert [(kept.written, kept.stars) for kept in await store.unknown.ratings(ANNA)] == [("Dune (2021)", 4)]
    assert [kept.stars for kept in await store.unknown.ratings(BEN)] == [5], "those for the film"
    assert (await store.seen(BEN), await store.exclusions(BEN)) == ({}, [])
    assert [film.title for film in await store.nights.films(night.id)] == ["Dune (2021)"]
    assert not await store.typed.remove(movie)


async def test_with_a_film_go_those_that_were_merged_into_it(store: Store) -> None:
    dune, dunne = [await store.typed.add(ANNA, title, 2021, [], at=1) for title in ("Dune", "Dunne")]
    await store.films.move({dunne: dune})
    await store.typed.remove(dune)
    assert await store.typed.films() == []


async def test_whoever_put_a_title_in_says_which_film_it_is_until_somebody_votes_for_it(store: Store) -> None:
    night = await begun(store)
    for member, title in ((ANNA, "Dunne"), (BEN, "Heet")):
        await store.nights.suggest(night.id, member, None, title)
    assert not await store.nights.identify(night.id, BEN, "Dunne", HEAT), "it is Anna's"
    assert await store.typed.add(ANNA, "Dune", 2021, [], at=1) == TYPED + 1
    assert await store.nights.identify(night.id, ANNA, "dunne", TYPED + 1)
    [dune, heat] = await store.nights.films(night.id)
    assert (dune.movie, dune.title) == (TYPED + 1, None)
    assert not await store.nights.identify(night.id, BEN, "Heet", TYPED + 1), "the evening has that film"
    await store.nights.change(night.id, ["gathering"], "voting", at=7)
    await store.votes.cast(night.id, ANNA, heat.id)
    assert not await store.nights.identify(night.id, BEN, "Heet", HEAT), "somebody has voted for it"
    assert [film.title for film in await store.nights.films(night.id)] == [None, "Heet"]
