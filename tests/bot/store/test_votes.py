"""Votes of movie nights in the store: nobody's is lost, and each vote opens and closes once."""

import asyncio

from bot.store import Ballot, NightFilm, Store
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import CHANNEL, CLARA, begun, opened, voting


async def test_a_ballot_is_one_row_that_can_be_changed_until_the_vote_is_over(store: Store) -> None:
    night, [heat, alien] = await voting(store)
    assert await store.votes.cast(night.id, ANNA, heat.id) == Ballot(frozenset([heat.id]), False)
    await store.votes.cast(night.id, ANNA, alien.id)
    assert await store.votes.cast(night.id, ANNA, heat.id) == Ballot(frozenset([alien.id]), False), "taken back"
    ballot = Ballot(frozenset([alien.id]), True)
    assert await store.votes.cast(night.id, ANNA, None) == ballot
    assert await store.votes.ballots(night.id) == {ANNA: ballot}
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=heat.id)
    assert await store.votes.cast(night.id, ANNA, heat.id) is None
    assert await store.votes.ballots(night.id) == {ANNA: ballot}


async def test_films_pressed_at_the_same_time_all_count(store: Store) -> None:
    night, [heat, alien] = await voting(store)
    await asyncio.gather(*(store.votes.cast(night.id, ANNA, film.id) for film in (heat, alien)))
    assert (await store.votes.ballots(night.id))[ANNA].films == {heat.id, alien.id}


async def test_a_vote_opens_once_with_the_reasons_of_its_films(store: Store) -> None:
    night = await begun(store)
    await store.nights.suggest(night.id, ANNA, ALIEN, None)
    why = {HEAT: "fits", FARGO: "is not in"}
    opening = [
        store.votes.open(night.id, {HEAT: 0.9, ALIEN: 0.4}, why, closes_at=100 + n, seed=7, vetoed=n) for n in (0, 1)
    ]
    assert sorted(await asyncio.gather(*opening)) == [False, True]
    found = [(film.movie, film.score, film.why) for film in await store.nights.films(night.id)]
    assert found == [(ALIEN, 0.4, ""), (HEAT, 0.9, "fits")]
    now = await store.nights.get(night.id)
    assert now is not None
    assert (now.state, now.vetoed, now.closes_at) == ("voting", 0, 100)


async def test_a_film_of_another_evening_is_on_no_ballot(store: Store) -> None:
    night, _ = await voting(store)
    other = await begun(store, channel=CHANNEL + 1)
    [foreign] = await opened(store, other, {FARGO: 0.5})
    assert await store.votes.cast(night.id, ANNA, foreign.id) is None
    assert await store.votes.ballots(night.id) == {}


async def test_a_vote_of_all_ends_only_once_all_who_are_in_have_cast(store: Store) -> None:
    night, [heat, alien] = await voting(store)
    counted = []

    def count(films: list[NightFilm], ballots: dict[int, Ballot]) -> int:
        counted.append((films, ballots))
        return alien.id

    for film in (heat.id, None):
        await store.votes.cast(night.id, ANNA, film)
    assert not await store.votes.close(night.id, count, if_all_voted=True)
    await store.votes.cast(night.id, BEN, None)
    await store.nights.join(night.id, [CLARA], 20)
    assert not await store.votes.close(night.id, count, if_all_voted=True), "Clara has just come in"
    await store.nights.leave(night.id, CLARA)
    ends = await asyncio.gather(*(store.votes.close(night.id, count, if_all_voted=True) for _ in range(2)))
    assert sorted(ends) == [False, True]
    ballots = {ANNA: Ballot(frozenset([heat.id]), True), BEN: Ballot(frozenset(), True)}
    assert counted == [([heat, alien], ballots)]
    now = await store.nights.get(night.id)
    assert now is not None
    assert (now.state, now.winner) == ("planned", alien.id)
