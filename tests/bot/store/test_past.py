"""Evenings that are over, as the store tells of them."""

from bot.store import LaterFilm, Store
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import CHANNEL, CLARA, GUILD, begun, opened, voting


async def test_watched_evenings_come_newest_first_with_what_each_got(store: Store) -> None:
    night, [heat, _] = await voting(store)
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=heat.id)
    assert await store.past.watched(GUILD) == []
    assert await store.nights.watched(night.id, HEAT, {ANNA: 0.8, 404: 0.9}, 40)
    assert not await store.nights.watched(night.id, HEAT, {ANNA: 0.1}, 50)
    assert await store.seen(ANNA) == {HEAT: 40}
    assert await store.seen(404) == {}
    [evening] = await store.past.watched(GUILD)
    assert evening.night.ended_at == 40
    assert (evening.night.id, evening.film.movie, evening.satisfaction) == (night.id, HEAT, {ANNA: 0.8, BEN: 0.5})
    assert await store.past.watched(GUILD + 1) == []


async def test_the_stars_of_a_night_are_those_of_its_film_by_who_was_there(store: Store) -> None:
    night, [heat, _] = await voting(store)
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=heat.id)
    await store.rate(ANNA, HEAT, 4.5, at=1)
    await store.rate(ANNA, ALIEN, 1, at=1)
    await store.rate(CLARA, HEAT, 2, at=1)
    assert await store.past.ratings(GUILD) == {}
    await store.nights.watched(night.id, HEAT, {ANNA: 0.8}, 40)
    assert await store.past.ratings(GUILD) == {night.id: [4.5]}
    await store.rate(BEN, HEAT, 3, at=2)
    assert sorted((await store.past.ratings(GUILD))[night.id]) == [3.0, 4.5]
    assert await store.past.ratings(GUILD + 1) == {}


async def test_films_are_passed_over_that_fewer_than_half_of_the_voters_approved_of(store: Store) -> None:
    night = await begun(store)
    loved, halved, _ = (film.id for film in await opened(store, night, {10: 0.9, 20: 0.8, 30: 0.7}))
    for member, film in ((ANNA, loved), (ANNA, halved), (BEN, loved)):
        await store.votes.cast(night.id, member, film)
    assert await store.past.passed_over(GUILD, 5) == set(), "the vote is still open"
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=loved)
    assert await store.past.passed_over(GUILD, 5) == {30}
    assert await store.past.passed_over(GUILD + 1, 5) == set()
    later = await begun(store, channel=CHANNEL + 1)
    await opened(store, later, {40: 0.5})
    await store.nights.change(later.id, ["voting"], "planned", 50, winner=40)
    assert await store.past.passed_over(GUILD, 1) == set(), "only the last evenings count"


async def test_the_stars_of_a_film_that_was_typed_count_for_its_night(store: Store) -> None:
    night = await begun(store)
    await store.nights.suggest(night.id, ANNA, None, "Our Holiday (2024)")
    [film] = await opened(store, night, {})
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=film.id)
    await store.nights.watched(night.id, None, {}, 40)
    await store.unknown.rate(BEN, "our holiday (2024)", 3.5, at=50)
    await store.unknown.rate(ANNA, "Our Holiday (1999)", 1, at=50)
    await store.unknown.rate(CLARA, "Our Holiday (2024)", 5, at=50)
    assert await store.past.ratings(GUILD) == {night.id: [3.5]}


async def test_a_members_nights_say_what_won_and_what_they_put_in_and_approved_of(store: Store) -> None:
    first = await begun(store)
    await store.nights.suggest(first.id, ANNA, None, "Our Holiday (2024)")
    await store.nights.suggest(first.id, BEN, HEAT, None)
    holiday, heat, alien = await opened(store, first, {ALIEN: 0.8})
    for member, film in ((ANNA, holiday), (ANNA, alien), (BEN, heat)):
        await store.votes.cast(first.id, member, film.id)
    await store.nights.change(first.id, ["voting"], "planned", 30, winner=alien.id)
    second = await begun(store, CLARA, ANNA)
    newer, older = await store.past.of(ANNA)
    assert (newer.night.id, newer.winner, newer.suggested, newer.approved) == (second.id, None, (), ())
    assert (older.night.id, older.winner, older.suggested, older.approved) == (
        first.id,
        alien,
        (holiday,),
        (holiday, alien),
    )


async def test_who_left_an_evening_still_has_a_part_in_it(store: Store) -> None:
    night = await begun(store)
    await store.nights.suggest(night.id, ANNA, HEAT, None)
    assert await store.nights.leave(night.id, ANNA)
    [own] = await store.past.of(ANNA)
    assert [film.movie for film in own.suggested] == [HEAT]
    assert await store.past.of(CLARA) == []


def told(films: list[LaterFilm]) -> list[tuple[int | str | None, int | None]]:
    """What each is, and how many approved."""
    return [(later.film.movie or later.film.title, later.approvals) for later in films]


async def test_what_lost_a_vote_or_was_suggested_may_be_watched_later(store: Store) -> None:
    night = await begun(store, at=10)
    await store.nights.suggest(night.id, ANNA, None, "Our Holiday")
    await store.nights.suggest(night.id, BEN, FARGO, None)
    holiday, fargo, heat, alien, _ = await opened(store, night, {FARGO: 0.5, HEAT: 0.9, ALIEN: 0.8, 70: 0.7})
    for film in (heat, fargo, alien):
        await store.votes.cast(night.id, ANNA, film.id)
    await store.votes.cast(night.id, BEN, alien.id)
    assert await store.past.later(GUILD) == [], "the vote is still open"
    await store.votes.close(night.id, lambda films, ballots: alien.id)
    assert told(await store.past.later(GUILD)) == [(FARGO, 1), (HEAT, 1), ("Our Holiday", 0)]
    assert {later.at for later in await store.past.later(GUILD)} == {10}
    assert await store.past.later(GUILD + 1) == []
    await store.nights.change(night.id, ["planned"], "cancelled", 40)
    assert told(await store.past.later(GUILD)) == [(ALIEN, 2), (FARGO, 1), (HEAT, 1), ("Our Holiday", 0)]
    assert holiday.title == "Our Holiday"


async def test_of_a_vote_that_was_called_off_only_what_was_suggested_is_told(store: Store) -> None:
    night = await begun(store)
    for film in (FARGO, 80):
        await store.nights.suggest(night.id, ANNA, film, None)
    *_, last, picked = await opened(store, night, {HEAT: 0.9})
    await store.votes.cast(night.id, ANNA, last.id)
    await store.votes.cast(night.id, ANNA, picked.id)
    await store.nights.change(night.id, ["voting"], "cancelled", 40)
    assert told(await store.past.later(GUILD)) == [(FARGO, None), (80, None)]


async def test_a_film_that_is_chosen_in_an_evening_is_no_longer_for_later(store: Store) -> None:
    for at in (10, 20):
        night = await begun(store, at=at)
        await store.nights.suggest(night.id, ANNA, None, "Our  holiday")
        await store.nights.suggest(night.id, ANNA, FARGO, None)
        _, fargo = await store.nights.films(night.id)
        await store.nights.change(night.id, ["gathering"], "cancelled", at)
    assert [(later.film.movie, later.at) for later in await store.past.later(GUILD)] == [(None, 20), (FARGO, 20)]
    night = await begun(store)
    await store.nights.suggest(night.id, BEN, None, "Our Holiday")
    [holiday] = await store.nights.films(night.id)
    await store.nights.change(night.id, ["gathering"], "planned", 50, winner=holiday.id)
    assert told(await store.past.later(GUILD)) == [(FARGO, None)]
    await store.nights.watched(night.id, None, {}, 60)
    assert told(await store.past.later(GUILD)) == [(FARGO, None)]
    assert fargo.movie == FARGO
