"""What one member may ask at once, and in ten seconds; nobody else notices."""

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace

import pytest

from bot import limits
from bot.limits import AT_ONCE, LETTERS, USES, WAIT, Limits
from bot.refusal import Refusal
from tests.bot.simulated import MATRIX


@pytest.fixture(autouse=True)
def unlimited():
    """Not here."""


@pytest.fixture
def clock(club, monkeypatch):
    """The time that the limits go by."""

    class Clock:
        seconds = 1000.0

        def monotonic(self):
            return self.seconds

    monkeypatch.setattr(limits, "time", clock := Clock())
    club.bot.limits = Limits()
    return clock


async def test_who_never_stops_is_told_to_wait_and_nobody_else_is(alice, bob, clock):
    for _ in range(USES):
        assert WAIT not in (await alice.says("privacy")).text
    refused = await alice.says("rate", movie=MATRIX, stars=5.0)
    assert refused.text == WAIT
    assert refused.private
    assert MATRIX in (await bob.says("rate", movie=MATRIX, stars=5.0)).text


async def test_what_is_refused_is_not_done(club, alice, clock):
    for _ in range(USES):
        await alice.says("privacy")
    await alice.says("rate", movie=MATRIX, stars=5.0)
    assert await club.store.history(alice.id) == {}


async def test_after_ten_seconds_it_goes_on(alice, clock):
    for _ in range(USES + 5):
        await alice.says("privacy")
    clock.seconds += 10
    assert WAIT not in (await alice.says("privacy")).text


async def test_presses_and_forms_count_too(club, alice, clock):
    listed = await alice.says("recommend")
    pressed = [await alice.presses(listed, "Seen it", film) for film in listed.films for _ in range(USES // 5)]
    assert pressed[-1].text == WAIT
    assert (await alice.submits("unheard:1", [])).text == WAIT


async def test_typing_does_not_count_until_it_is_far_too_much_and_then_offers_nothing(alice, clock):
    for _ in range(LETTERS):
        assert await alice.types("film", "movie", "matrix")
    assert await alice.types("film", "movie", "matrix") == []
    assert WAIT not in (await alice.says("film", movie=MATRIX)).text


def asked_by(member):
    return SimpleNamespace(user=SimpleNamespace(id=member), extras={})


async def test_of_one_member_only_so_much_is_worked_on_at_a_time(monkeypatch):
    monkeypatch.setattr(limits, "PATIENCE", 0.05)
    allowed = Limits()
    async with AsyncExitStack() as working:
        for _ in range(AT_ONCE):
            await working.enter_async_context(allowed.at_work(asked_by(1)))
        with pytest.raises(Refusal, match=WAIT):
            async with allowed.at_work(asked_by(1)):
                pass
        await working.enter_async_context(allowed.at_work(asked_by(2)))
    async with allowed.at_work(asked_by(1)):
        pass


async def test_a_turn_ends_as_the_answer_goes_out_and_what_is_run_after_it_takes_another(monkeypatch):
    monkeypatch.setattr(limits, "PATIENCE", 0.05)
    allowed = Limits()
    async with AsyncExitStack() as working:
        pressed = [asked_by(1) for _ in range(AT_ONCE)]
        for interaction in pressed:
            await working.enter_async_context(allowed.at_work(interaction))
            allowed.answers(interaction)
        for interaction in pressed:
            await working.enter_async_context(allowed.at_work(interaction))
        with pytest.raises(Refusal, match=WAIT):
            async with allowed.at_work(asked_by(1)):
                pass


async def test_what_comes_while_two_are_worked_on_waits_and_is_done():
    allowed, order = Limits(), list[int]()

    async def work(number):
        async with allowed.at_work(asked_by(1)):
            await asyncio.sleep(0)
            order.append(number)

    await asyncio.gather(*map(work, range(10)))
    assert order == list(range(10))


async def test_a_command_that_fails_makes_room_for_the_next(club, alice, clock, monkeypatch):
    async def broken(*_):
        raise Refusal("Not now.")

    monkeypatch.setattr(club.store, "exclusions", broken)
    for _ in range(AT_ONCE + 1):
        assert (await alice.says("top")).text == "Not now."


async def test_a_press_that_says_a_command_counts_once(alice, clock):
    card = await alice.says("film", movie=MATRIX)
    for _ in range(AT_ONCE + 1):
        assert (await alice.presses(card, "More like this")).text != WAIT
