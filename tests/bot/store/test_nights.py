"""Movie nights in the store: each change happens once, and nothing that was acknowledged is lost."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.store import GuildSettings, NoRoom, Store
from bot.store.nights import MOST_FILMS, MOST_MEMBERS
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT
from tests.bot.store.evenings import CHANNEL, CLARA, GUILD, WISH, begun, opened, voting


async def test_an_evening_comes_back_as_it_was_started(store: Store) -> None:
    night = await begun(store)
    assert await store.nights.get(night.id) == night
    assert (night.state, night.wish, night.starts_at) == ("gathering", WISH, 5000)
    assert await store.nights.members(night.id) == [ANNA, BEN]


async def test_a_channel_decides_one_evening_at_a_time(store: Store) -> None:
    night = await begun(store)
    assert await store.nights.start(GUILD, CHANNEL, WISH, None, [BEN], 11) is None
    assert await store.nights.start(GUILD, CHANNEL + 1, WISH, None, [BEN], 11) is not None
    await store.nights.change(night.id, ["gathering"], "cancelled", 12)
    assert await store.nights.start(GUILD, CHANNEL, WISH, None, [BEN], 13) is not None


async def test_the_host_is_whoever_has_been_in_the_longest(store: Store) -> None:
    night = await begun(store, ANNA)
    assert await store.nights.join(night.id, [BEN, ANNA, CLARA], 20) == [BEN, CLARA]
    assert await store.nights.leave(night.id, ANNA)
    assert not await store.nights.leave(night.id, ANNA)
    assert await store.nights.members(night.id) == [BEN, CLARA]


async def test_a_film_is_put_in_once_whoever_suggests_it(store: Store) -> None:
    night = await begun(store)
    nights = store.nights
    assert await nights.suggest(night.id, ANNA, HEAT, None) == "added"
    assert await nights.suggest(night.id, BEN, HEAT, None) == "known"
    assert await nights.suggest(night.id, BEN, None, "Our holiday video") == "added"
    assert await nights.suggest(night.id, ANNA, None, "our HOLIDAY video") == "known"
    films = [
        (film.movie, film.title, film.score, film.suggested)
        for film in await opened(store, night, {HEAT: 0.75, ALIEN: 0.5})
    ]
    assert films == [
        (HEAT, None, 0.75, True),
        (None, "Our holiday video", 0.5, True),
        (ALIEN, None, 0.5, False),
    ]


async def test_a_member_may_put_in_three_and_the_list_is_finite(store: Store) -> None:
    night = await begun(store)
    answers = [await store.nights.suggest(night.id, ANNA, movie, None) for movie in (1, 2, 3, 4)]
    assert answers == ["added", "added", "added", "enough"]
    await opened(store, night, dict.fromkeys(range(10, 10 + MOST_FILMS - 3), 0.5))
    assert await store.nights.suggest(night.id, BEN, FARGO, None) == "full"


async def test_a_change_of_state_happens_once_whoever_asks_at_the_same_time(store: Store) -> None:
    night, [heat, alien] = await voting(store)
    closing = [store.nights.change(night.id, ["voting"], "planned", 30, winner=film.id) for film in (heat, alien)]
    assert sorted(await asyncio.gather(*closing)) == [False, True]


async def test_votes_that_fell_due_are_found_also_after_a_restart(store: Store, path: Path) -> None:
    night, _ = await voting(store)
    async with Store.open(path) as again:
        assert await again.nights.due(99) == []
        assert [due.id for due in await again.nights.due(100)] == [night.id]


async def test_a_vote_is_due_until_all_that_follows_from_it_is_done(store: Store) -> None:
    night, [heat, _] = await voting(store)
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=heat.id)
    assert [due.id for due in await store.nights.due(30)] == [night.id]
    await store.nights.set_concluded(night.id)
    assert await store.nights.due(9999) == []


async def test_a_planned_evening_is_reminded_of_once(store: Store) -> None:
    night = await begun(store)
    assert await store.nights.beginning(4999) == []
    assert [soon.id for soon in await store.nights.beginning(5000)] == [night.id], "whether decided or not"
    [heat, _] = await opened(store, night, {HEAT: 0.9, ALIEN: 0.8})
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=heat.id)
    assert await store.nights.beginning(4999) == []
    assert [soon.id for soon in await store.nights.beginning(5000)] == [night.id]
    assert await store.nights.set_reminded(night.id)
    assert not await store.nights.set_reminded(night.id)
    assert await store.nights.beginning(9999) == []
    await store.nights.set_start(night.id, 6000)
    assert [soon.id for soon in await store.nights.beginning(6000)] == [night.id], "it begins at another time"


async def test_a_question_changes_nothing(store: Store, path: Path) -> None:
    night, [heat, _] = await voting(store)
    await store.nights.change(night.id, ["voting"], "planned", 30, winner=heat.id)
    with closing(sqlite3.connect(path)) as db:
        before = list(db.iterdump())
        for at in (0, 30, 9999):
            for ask in (store.nights.due, store.nights.beginning, store.nights.unannounced):
                await ask(at)
        await store.nights.latest(CHANNEL)
        await store.past.watched(GUILD)
        await store.past.ratings(GUILD)
        assert list(db.iterdump()) == before


@pytest.mark.parametrize("there", [1, 20, MOST_MEMBERS])
async def test_of_many_who_join_at_once_as_many_come_in_as_there_is_room(store: Store, there: int) -> None:
    night = await begun(store, *range(1, there + 1))
    crowd = range(1000, 1060)
    came = await asyncio.gather(*(store.nights.join(night.id, [one], 20) for one in crowd), return_exceptions=True)
    assert sum(one == [who] for one, who in zip(came, crowd, strict=True)) == MOST_MEMBERS - there
    assert all(isinstance(one, NoRoom) and one.room == 0 for one in came if not isinstance(one, list))
    assert len(await store.nights.members(night.id)) == MOST_MEMBERS
    assert await store.nights.join(night.id, [1], 30) == [], "who is in needs no room"


async def test_a_group_that_does_not_fit_as_a_whole_stays_out(store: Store) -> None:
    night = await begun(store, *range(1, 24))
    with pytest.raises(NoRoom) as full:
        await store.nights.join(night.id, [100, 101, 102], 20)
    assert full.value.room == 2
    assert await store.nights.join(night.id, [100, 101, 100, 1], 20) == [100, 101]


async def test_whoever_comes_after_the_end_stays_out(store: Store) -> None:
    night, [heat, _] = await voting(store)
    await store.nights.change(night.id, ["voting"], "cancelled", 30)
    assert await store.nights.join(night.id, [CLARA], 40) is None
    assert await store.nights.suggest(night.id, ANNA, FARGO, None) == "over"
    assert await store.votes.cast(night.id, ANNA, heat.id) is None
    assert await store.nights.members(night.id) == [ANNA, BEN]


async def test_whoever_is_not_in_neither_suggests_nor_votes(store: Store) -> None:
    night, [heat, _] = await voting(store)
    assert await store.nights.suggest(night.id, CLARA, FARGO, None) == "stranger"
    assert await store.votes.cast(night.id, CLARA, heat.id) is None
    await store.nights.leave(night.id, BEN)
    assert await store.votes.cast(night.id, BEN, heat.id) is None
    assert await store.votes.ballots(night.id) == {}


async def test_guests_are_those_without_a_rating(store: Store) -> None:
    night = await begun(store, ANNA, BEN)
    assert await store.nights.guests(night.id) == 2
    await store.rate(BEN, HEAT, 3, at=1)
    await store.rate(CLARA, HEAT, 3, at=1)
    assert await store.nights.guests(night.id) == 1


async def test_a_member_who_is_deleted_leaves_the_evening_to_the_others(store: Store) -> None:
    night, [heat, _] = await voting(store)
    await store.nights.suggest(night.id, ANNA, FARGO, None)
    await store.votes.cast(night.id, ANNA, heat.id)
    await store.delete(ANNA)
    assert await store.nights.members(night.id) == [BEN]
    assert await store.votes.ballots(night.id) == {}
    assert [film.movie for film in await store.nights.films(night.id)] == [HEAT, ALIEN, FARGO]


async def test_a_servers_settings_are_its_own(store: Store) -> None:
    assert await store.nights.settings(GUILD) == GuildSettings()
    changed = GuildSettings("Europe/Berlin", "fair", "any", "managers", False, False, 120, "ko", 2010, "DE", ("MUBI",))
    await store.nights.change_settings(GUILD, **asdict(changed))
    assert await store.nights.settings(GUILD) == changed
    assert await store.nights.settings(GUILD + 1) == GuildSettings()


async def test_two_who_change_different_settings_at_once_both_have_their_way(store: Store) -> None:
    await asyncio.gather(
        store.nights.change_settings(GUILD, style="fair"), store.nights.change_settings(GUILD, seen="any")
    )
    assert await store.nights.settings(GUILD) == GuildSettings(style="fair", seen="any")


async def test_an_evening_that_nobody_brought_to_a_vote_makes_way_after_three_days(store: Store) -> None:
    at, days = 100_000, 24 * 3600
    forgotten = await store.nights.start(GUILD, CHANNEL, WISH, at + days, [ANNA], at)
    assert forgotten is not None
    assert await store.nights.start(GUILD, CHANNEL, WISH, None, [BEN], at + 3 * days - 1) is None
    assert await store.nights.start(GUILD, CHANNEL, WISH, None, [BEN], at + 3 * days) is not None
    gone = await store.nights.get(forgotten.id)
    assert gone is not None
    assert gone.state == "cancelled"


async def test_an_evening_whose_time_is_to_come_is_not_forgotten(store: Store) -> None:
    at, days = 100_000, 24 * 3600
    assert await store.nights.start(GUILD, CHANNEL, WISH, at + 5 * days, [ANNA], at) is not None
    assert await store.nights.start(GUILD, CHANNEL, WISH, None, [BEN], at + 4 * days) is None
