"""What members let others see of them, as it is stored."""

import pytest

from bot.store import Shown, Store
from tests.bot.store import ANNA, BEN


async def test_who_never_chose_shows_nothing(store: Store) -> None:
    assert await store.privacy.of(ANNA) == Shown(picture=False, matches=False, clubs=False, reasons=False)


async def test_a_switch_is_turned_on_and_off_and_leaves_the_others(store: Store) -> None:
    assert await store.privacy.change(ANNA, matches=True) == Shown(matches=True)
    assert await store.privacy.change(ANNA, reasons=True, clubs=True) == Shown(matches=True, clubs=True, reasons=True)
    assert await store.privacy.change(ANNA, matches=False) == Shown(clubs=True, reasons=True)
    assert await store.privacy.of(ANNA) == Shown(clubs=True, reasons=True)


async def test_what_one_shows_says_nothing_of_another(store: Store) -> None:
    await store.privacy.change(ANNA, picture=True)
    assert await store.privacy.of_all([BEN, ANNA]) == {BEN: Shown(), ANNA: Shown(picture=True)}
    assert await store.privacy.of_all([]) == {}


async def test_a_switch_that_is_none_is_an_error(store: Store) -> None:
    with pytest.raises(TypeError, match="stars"):
        await store.privacy.change(ANNA, stars=True)
    assert await store.privacy.of(ANNA) == Shown()
