"""When the model was learned anew, as the store has it."""

from pathlib import Path

import pytest

from bot.store import Store


async def test_trainings_come_newest_first_with_their_reports(store: Store) -> None:
    first = await store.trainings.start("nightly", at=100)
    await store.trainings.finish(first, "published", {"rmse": 0.87}, at=160)
    second = await store.trainings.start("asked for", at=200)
    running, finished = await store.trainings.latest()
    assert (running.id, running.outcome, running.finished_at, running.report) == (second, None, None, None)
    assert (finished.id, finished.outcome, finished.finished_at) == (first, "published", 160)
    assert (finished.reason, finished.report) == ("nightly", {"rmse": 0.87})
    assert await store.trainings.latest(limit=1) == [running]


async def test_a_training_that_the_end_of_the_process_cut_short_is_interrupted(path: Path) -> None:
    async with Store.open(path) as store:
        finished = await store.trainings.start("nightly", at=100)
        await store.trainings.finish(finished, "published", {}, at=160)
        await store.trainings.start("nightly", at=200)
    async with Store.open(path) as store:
        trainings = await store.trainings.latest()
    assert [(training.outcome, training.finished_at) for training in trainings] == [
        ("interrupted", None),
        ("published", 160),
    ]


async def test_old_trainings_are_pruned_but_the_newest_is_kept_however_old(store: Store) -> None:
    first, second, third = [await store.trainings.start("nightly", at) for at in (100, 200, 300)]
    assert await store.prune(before=200) == 1
    assert [training.id for training in await store.trainings.latest()] == [third, second]
    assert await store.prune(before=1_000) == 1
    assert [training.id for training in await store.trainings.latest()] == [third]
    assert first < second


async def test_finishing_a_training_that_never_started_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="no training 5"):
        await store.trainings.finish(5, "published", {}, at=1)
