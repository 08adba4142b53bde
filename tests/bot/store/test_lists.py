"""Lists that were answered, and are kept for the buttons that turn their pages."""

import pytest

from bot.store import Store
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT


async def test_a_saved_list_comes_back_whole(store: Store) -> None:
    request = {"genre": "Comédie", "without": ["Star Wars"], "share": False, "from_year": None}
    matches = [0.94, 0.9, 1 / 3]
    kept = await store.lists.save(ANNA, "recommend", request, [HEAT, ALIEN, FARGO], at=100, matches=matches)
    saved = await store.lists.get(kept.id)
    assert saved == kept
    assert saved
    assert (saved.member, saved.command, saved.created_at) == (ANNA, "recommend", 100)
    assert (saved.request, saved.movies, saved.matches) == (request, [HEAT, ALIEN, FARGO], matches)


async def test_what_was_recommended_is_known_until_the_list_is_pruned(store: Store) -> None:
    await store.lists.save(ANNA, "recommend", {}, [HEAT, ALIEN], at=1)
    await store.lists.save(ANNA, "recommend", {}, [FARGO, HEAT], at=2)
    await store.lists.save(ANNA, "top", {}, [70], at=2)
    await store.lists.save(BEN, "recommend", {}, [80], at=2)
    assert await store.lists.recommended(ANNA) == {HEAT, ALIEN, FARGO}
    await store.prune(before=2)
    assert await store.lists.recommended(ANNA) == {FARGO, HEAT}


async def test_a_list_that_never_was_is_none(store: Store) -> None:
    assert await store.lists.get(1) is None


async def test_old_lists_are_pruned_and_their_ids_never_used_again(store: Store) -> None:
    old = [await store.lists.save(ANNA, "top", {}, [HEAT], at) for at in (100, 199)]
    kept = await store.lists.save(ANNA, "top", {}, [HEAT], at=200)
    assert await store.prune(before=200) == 2
    assert [await store.lists.get(each.id) for each in old] == [None, None]
    assert await store.lists.get(kept.id)
    await store.delete(ANNA)
    assert (await store.lists.save(BEN, "top", {}, [HEAT], at=300)).id > kept.id


async def test_a_request_that_json_cannot_hold_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="JSON"):
        await store.lists.save(ANNA, "top", {"least": float("nan")}, [], at=1)
