"""What discord.py keeps of the answers: nothing, since buttons are known by their ids."""

import asyncio
import gc

import pytest
from discord.ui.view import BaseView

from tests.bot.simulated import MATRIX, TASTE
from tests.bot.test_forged import COMMANDS

ANSWERS = 50


def kept(club):
    """How many views and forms discord.py can give a press to, and how many wait for the end of their time."""
    store = club.bot._connection._view_store
    clocks = [task for task in asyncio.all_tasks() if "timeout_task" in task.get_coro().__qualname__]
    return len(store._views) + len(store._synced_message_views) + len(store._modals) + len(clocks)


def alive():
    gc.collect()
    return sum(issubclass(type(thing), BaseView) for thing in gc.get_objects())


async def private(club):
    await club.alice.says("rate", movie=MATRIX, stars=4.5)


async def shared(club):
    await club.alice.says("recommend", count=1, share=True)


async def in_place(club):
    await club.alice.presses(await club.alice.says("rate", movie=MATRIX, stars=4.5), "Change")


async def refused(club):
    await club.alice.says("rate", movie="Nothing of that name", stars=4.5)


async def deferred(club):
    await club.alice.says("exclude words", text="zombie")
    await club.alice.presses(await club.alice.says("data delete"), "Delete everything")


async def form(club):
    card = await club.alice.says("rate", movie="Zzyzx", stars=4.5)
    await club.alice.fills(await club.alice.opens(card, "Add it"), year="1")


async def in_the_channel(club):
    card = await club.alice.says("night start")
    await club.bob.presses(card, "Join")
    await club.alice.says("night cancel")


@pytest.mark.parametrize("way", [private, shared, in_place, refused, deferred, form, in_the_channel])
async def test_nothing_is_kept_of_an_answer(club, way):
    await way(club)
    before = alive()
    for _ in range(ANSWERS):
        await way(club)
        assert kept(club) == 0
    assert alive() <= before


async def test_nothing_is_kept_of_any_command(club, alice, bob):
    await alice.rates(TASTE)
    await bob.rates(TASTE)
    for name, options in COMMANDS.items():
        await alice.sends(name, {option: value for option, value in options.items() if option in ("movie", "text")})
        assert kept(club) == 0, name
