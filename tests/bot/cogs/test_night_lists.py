"""Evenings that begin with what people want to see, and what is left for other evenings."""

import pytest

from bot.night.wanted import Wanted
from bot.store import NightWish
from tests.bot.cogs.test_night import choices, start
from tests.bot.cogs.test_services import boss, half, is_even, tmdb
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC

__all__ = ["boss", "tmdb"]
OURS, SERVERS = {"from": "watchlists"}, {"from": "later"}


async def want(club, member, *labels):
    for label in labels:
        await club.store.watchlists.add(member.id, club.film(label), club.bot.now())


async def begun(host, *others, **options):
    """An evening of these people whose vote is open."""
    table = await start(host, **options)
    if others:
        await table.adds(host, *others)
    await table.press(host, "Pick for us")
    return table


def line(table, label):
    """What the card says of a film, below its name."""
    text = table.text
    return text[text.index(f"**{label}**") :].splitlines()[1]


async def test_the_picks_begin_with_what_people_want_to_see(club, alice, bob):
    await want(club, alice, MATRIX, ALIEN)
    await want(club, bob, TITANIC, ALIEN)
    table = await start(alice, **OURS)
    assert "from your watchlists first" in table.text
    await table.press(bob, "Join")
    await table.press(alice, "Pick for us")
    picked = await choices(table, alice)
    assert {MATRIX, ALIEN, TITANIC} < set(picked)
    assert len(picked) == 5


async def test_the_lists_are_those_of_who_is_in_when_the_films_are_picked(club, alice, bob, clara):
    await want(club, alice, MATRIX)
    await want(club, bob, TITANIC)
    await want(club, clara, ALIEN)
    table = await start(alice, **OURS)
    await table.press(bob, "Join")
    await table.press(bob, "Leave")
    await table.press(clara, "Join")
    await table.press(alice, "Pick for us")
    picked = await choices(table, alice)
    assert {MATRIX, ALIEN} < set(picked)
    assert TITANIC not in picked


async def test_what_somebody_there_has_seen_or_excluded_is_not_picked_from_a_list(club, alice, bob):
    await want(club, alice, MATRIX, ALIEN, TITANIC)
    await bob.rates({MATRIX: 4.0})
    await bob.says("exclude movie", movie=ALIEN)
    picked = await choices(await begun(alice, bob, **OURS), alice)
    assert TITANIC in picked
    assert not {MATRIX, ALIEN} & set(picked)


async def test_in_a_small_group_the_card_says_nothing_of_who_wants_what(club, alice, bob):
    await want(club, bob, MATRIX, ALIEN)
    table = await begun(alice, bob, **OURS)
    assert "Picked from your watchlists first, then from all that suits you" in table.text
    assert "wants to see" not in table.text
    assert "picked films" not in table.text


async def test_only_who_allowed_it_is_named_and_only_as_long(club, alice, bob, clara):
    await want(club, alice, MATRIX, ALIEN)
    await want(club, bob, MATRIX)
    await want(club, clara, ALIEN)
    for member in (alice, bob):
        await club.store.privacy.change(member.id, reasons=True)
    table = await begun(alice, bob, clara, **OURS)
    assert line(table, MATRIX).endswith(f"<@{alice.id}> and <@{bob.id}> want to see it")
    assert line(table, ALIEN).endswith(f"<@{alice.id}> wants to see it")
    await club.store.privacy.change(bob.id, reasons=False)
    await bob.presses(await bob.presses(table.card, "Vote"), "Done")
    assert line(table, MATRIX).endswith(f"<@{alice.id}> wants to see it")
    await alice.presses(await alice.says("data delete"), "Delete everything")
    await table.press(bob, "Leave")
    assert "to see it" not in table.text


async def test_an_evening_that_asks_for_no_lists_names_nobody(club, alice):
    await want(club, alice, MATRIX)
    await club.store.privacy.change(alice.id, reasons=True)
    table = await begun(alice)
    assert "to see it" not in table.text
    assert "watchlist" not in table.text


async def test_of_many_who_are_silent_the_card_says_that_somebody_wants_a_film_and_how_many_there_are(
    club, alice, bob, clara, dan
):
    await want(club, bob, MATRIX)
    await want(club, clara, ALIEN)
    table = await begun(alice, bob, clara, dan, **OURS)
    assert "2 of the 5 picked films are from your watchlists; the others suit you besides" in table.text
    for label in (MATRIX, ALIEN):
        assert "somebody here wants to see it" in line(table, label)
    assert table.text.count("wants to see it") == 2


async def test_where_only_a_few_are_silent_nothing_is_said_that_would_give_one_away(club, alice, bob, clara, dan):
    await want(club, alice, ALIEN)
    await want(club, bob, MATRIX)
    for member in (alice, clara, dan):
        await club.store.privacy.change(member.id, reasons=True)
    table = await begun(alice, bob, clara, dan, **OURS)
    assert f"<@{alice.id}> wants to see it" in line(table, ALIEN)
    assert "to see it" not in line(table, MATRIX)
    assert "Picked from your watchlists first" in table.text


@pytest.mark.parametrize(("others", "told"), [(0, True), (1, False), (3, False), (4, True)])
def test_a_number_is_told_of_all_who_are_named_or_of_four_who_are_not(others, told):
    assert Wanted({1: [7]}, frozenset(), others).can_be_counted == told


async def test_without_anything_wanted_the_picks_are_what_suits_all(club, alice, bob, clara, dan):
    await alice.rates(TASTE)
    plain = await choices(await begun(alice, bob, clara, dan), alice)
    await alice.says("night cancel")
    table = await begun(alice, bob, clara, dan, **OURS)
    assert set(await choices(table, alice)) == set(plain)
    assert "None of the 5 picked films are from your watchlists" in table.text


async def test_on_the_servers_services_wanted_films_come_first_too(club, boss, alice, tmdb):
    tmdb.offers = half
    await boss.says("night settings", region="DE", services="Netflix")
    await want(club, alice, MATRIX, ALIEN, TITANIC)
    picked = [
        title.rpartition(" (")[0] for title in await choices(await begun(alice, on_our_services=True, **OURS), alice)
    ]
    assert len(picked) == 5
    assert all(map(is_even, picked))
    assert "The Matrix" in picked


async def test_what_lost_is_listed_for_later_until_it_is_chosen(club, alice, bob):
    assert "/night start" in (await alice.says("night later")).text
    table = await start(alice)
    await table.press(bob, "Join")
    await alice.says("night suggest", movie="Zqxwv *9*")
    await bob.says("night suggest", movie=MATRIX)
    await bob.says("night suggest", movie=ALIEN)
    await table.press(alice, "Pick for us")
    await table.vote(alice, MATRIX)
    await table.vote(bob, MATRIX, ALIEN)
    card = await bob.says("night later")
    assert card.private
    assert "2 films from evenings before" in card.text
    assert f"**{ALIEN}**" in card.text
    assert "suggested · 1 approved" in card.text
    assert "Zqxwv \\*9\\*" in card.text
    assert "suggested · nobody approved" in card.text
    assert MATRIX not in card.text


async def test_a_later_evening_picks_from_the_servers_list_also_what_was_passed_over(club, alice, bob):
    table = await begun(alice, bob)
    for movie in (MATRIX, ALIEN):
        await alice.says("night suggest", movie=movie)
    first = await choices(table, alice)
    await table.vote(alice, MATRIX)
    await table.vote(bob, MATRIX)
    table = await start(alice, **SERVERS)
    assert "from this server's list first" in table.text
    await table.press(alice, "Pick for us")
    picked = await choices(table, alice)
    assert ALIEN in picked
    assert not set(first) - {ALIEN} & set(picked)
    assert "1 of the 5 picked films is from this server's list" in table.text


async def test_an_evening_from_an_empty_list_is_refused(club, alice):
    refused = await alice.says("night start", **SERVERS)
    assert refused.private
    assert "Nothing is on this server's list yet" in refused.text
    assert await club.store.nights.latest(club.channel.id) is None


async def test_a_long_list_for_later_has_pages(club, alice):
    night = await club.store.nights.start(club.guild.id, 1, NightWish(), None, [alice.id], 1)
    for number in range(1, 15):
        await club.store.nights.join(night.id, [number], 1)
        await club.store.nights.suggest(night.id, number, None, f"Film number {number}")
    await club.store.nights.change(night.id, ["gathering"], "cancelled", 2)
    first = await alice.says("night later")
    assert first.text.count("Film number") == 10
    assert (await alice.presses(first, "More ›")).text.count("Film number") == 4


async def test_another_servers_list_is_its_own(club, alice):
    night = await club.store.nights.start(club.guild.id + 1, 1, NightWish(), None, [alice.id], 1)
    await club.store.nights.suggest(night.id, alice.id, club.film(MATRIX), None)
    await club.store.nights.change(night.id, ["gathering"], "cancelled", 2)
    assert MATRIX not in (await alice.says("night later")).text
