"""The tutorials' recipe: what it learns, what that depends on, and its schedule."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

from recommender.evaluation.baselines import baselines
from recommender.evaluation.metrics import errors
from recommender.interactions import Interactions
from recommender.one_cycle.training import (
    Embeddings,
    OneCycleConfig,
    one_cycle,
    stars,
    train,
)

CPU = torch.device("cpu")
QUICK = OneCycleConfig(factors=4, epochs=10, batch_size=32, learning_rate=0.05)
# A step so small that a fit ends where it began.
STANDING_STILL = replace(QUICK, learning_rate=1e-9)


def fitted(
    data: Interactions,
    config: OneCycleConfig = QUICK,
    seed: int = 0,
    start: Embeddings | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Embeddings:
    return train(data, config, CPU, seed, progress, start)


def predictions(
    found: Embeddings, users: NDArray[np.int64], items: NDArray[np.int64], config: OneCycleConfig = QUICK
) -> NDArray[np.float64]:
    """Stars of pairs of rows."""
    left, right = found.users[users], found.items[items]
    raw = (left[:, :-1] * right[:, :-1]).sum(1) + left[:, -1] + right[:, -1]
    return stars(raw, config.sigmoid_range).double().numpy()


def error(found: Embeddings, data: Interactions) -> float:
    """Mean squared error on the ratings it learned from."""
    return errors(predictions(found, data.users, data.items), data.stars.astype(float)).mse


@pytest.fixture(scope="module")
def data(club: pd.DataFrame) -> Interactions:
    return Interactions.from_frame(club, QUICK.scale)


@pytest.fixture(scope="module")
def quick(data: Interactions) -> Embeddings:
    return fitted(data)


# What it learns


def test_a_checkerboard_of_tastes_is_learned() -> None:
    users, films = (grid.ravel() for grid in np.meshgrid(np.arange(60), np.arange(40), indexing="ij"))
    meant = np.where(users % 2 == films % 2, 4.5, 1.5)
    seen = np.random.default_rng(1).random(users.size) < 0.5
    board = pd.DataFrame({"user": users, "movie": films, "rating": meant})
    found = fitted(Interactions.from_frame(board[seen], QUICK.scale))
    off = np.abs(predictions(found, users[~seen], films[~seen]) - meant[~seen])
    assert off.mean() < 0.1
    assert off.max() < 0.5


def test_the_error_on_ratings_it_never_saw_stays_in_its_band(split: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    seen, unseen = split
    unseen = unseen[unseen["movie"].isin(seen["movie"])]
    # Batches four times as large, so a quarter of the steps: four times the decay comes to the same.
    config = OneCycleConfig(batch_size=256, weight_decay=0.4)
    data = Interactions.from_frame(seen, config.scale)
    users, items = np.searchsorted(data.user_ids, unseen["user"]), np.searchsorted(data.item_ids, unseen["movie"])
    predicted = predictions(fitted(data, config), users, items, config)
    rmse = errors(predicted, unseen["rating"].to_numpy(float)).rmse
    assert 0.86 < rmse < 0.88
    assert rmse < min(baseline.rmse for baseline in baselines(seen, unseen).values())


def test_predictions_stay_inside_the_range(quick: Embeddings, data: Interactions) -> None:
    users, items = (grid.ravel() for grid in np.meshgrid(np.arange(len(quick.users)), np.arange(len(quick.items))))
    predicted = predictions(quick, users, items)
    assert predicted.min() > 0
    assert predicted.max() < 5.5
    assert predicted.max() - predicted.min() > 2


def test_the_range_is_wider_than_the_scale_by_a_ninth_on_either_side() -> None:
    assert OneCycleConfig(scale=(0.5, 5.0)).sigmoid_range == pytest.approx((0.0, 5.5))
    assert OneCycleConfig(scale=(1.0, 10.0)).sigmoid_range == pytest.approx((0.0, 11.0))
    assert stars(torch.tensor([-50.0, 0.0, 50.0]), (0.0, 5.5)).tolist() == pytest.approx([0.0, 2.75, 5.5])


@pytest.mark.parametrize("ratings", [1, 2, 4, 7])
def test_a_handful_of_ratings_is_enough(ratings: int) -> None:
    rows = np.arange(ratings)
    data = Interactions.from_frame(pd.DataFrame({"user": rows, "movie": rows, "rating": 4.0}), QUICK.scale)
    config = replace(QUICK, epochs=4, batch_size=7)  # four steps: the warm-up is one of them
    assert error(fitted(data, config), data) < error(fitted(data, STANDING_STILL), data)


# What it depends on


def test_the_same_seed_gives_the_same_embeddings(quick: Embeddings, data: Interactions) -> None:
    again, other = fitted(data), fitted(data, seed=1)
    assert torch.equal(again.users, quick.users)
    assert torch.equal(again.items, quick.items)
    assert not torch.equal(other.users, quick.users)
    assert not torch.equal(other.items, quick.items)


def test_the_seed_decides_where_a_fit_begins_and_the_order_of_the_ratings(
    quick: Embeddings, data: Interactions
) -> None:
    begin, other_begin = fitted(data, STANDING_STILL), fitted(data, STANDING_STILL, seed=1)
    assert (begin.items - other_begin.items).abs().max() > 1e-3
    went_on, other_order = fitted(data, start=quick), fitted(data, start=quick, seed=1)
    assert (went_on.items - other_order.items).abs().max() > 1e-3


def test_rows_follow_the_ids_and_hold_factors_then_bias(data: Interactions) -> None:
    better = data.stars + (data.items >= 20)  # the second half of the films: a star more, whatever one's taste
    found = fitted(replace(data, stars=better.clip(max=5.0)), replace(QUICK, weight_decay=1.0))
    assert found.users.shape == (len(data.user_ids), QUICK.factors + 1)
    assert found.items.shape == (len(data.item_ids), QUICK.factors + 1)
    assert found.items[20:, -1].mean() > found.items[:20, -1].mean() + 0.1


CHANGES: dict[str, Any] = {
    "factors": 2,
    "epochs": 2,
    "batch_size": 64,
    "learning_rate": 0.01,
    "weight_decay": 1.0,
    "scale": (0.0, 10.0),
}


def test_every_field_of_the_configuration_is_tried_here() -> None:
    assert {field.name for field in fields(OneCycleConfig)} == set(CHANGES)


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_of_the_configuration_changes_the_result(quick: Embeddings, data: Interactions, field: str) -> None:
    config = replace(QUICK, **{field: CHANGES[field]})
    changed = fitted(data, config)
    # Raw scores, before the sigmoid: the scale must change what is learned, not only how it is shown.
    raw = replace(QUICK, scale=(0.1, 0.9))
    difference = predictions(changed, data.users, data.items, raw) - predictions(quick, data.users, data.items, raw)
    assert np.abs(difference).max() > 1e-2


@pytest.mark.parametrize(
    "wrong",
    [
        {"factors": 0},
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"weight_decay": -0.1},
        {"weight_decay": float("inf")},
        {"scale": (5.0, 0.5)},
    ],
    ids=str,
)
def test_a_configuration_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a usable configuration"):
        OneCycleConfig(**wrong)


# Going on from earlier embeddings


def test_going_on_begins_where_the_earlier_fit_ended(quick: Embeddings, data: Interactions) -> None:
    cold, warm = fitted(data, STANDING_STILL), fitted(data, STANDING_STILL, start=quick)
    assert error(warm, data) == pytest.approx(error(quick, data), abs=1e-4)
    assert error(warm, data) < error(cold, data) / 4


def test_going_on_teaches_rows_that_are_new(quick: Embeddings, data: Interactions) -> None:
    unknown = Embeddings(quick.users.clone(), quick.items.clone())
    unknown.users[:5] = 0
    of_new = data.users < 5
    rows, given = (data.users[of_new], data.items[of_new]), data.stars[of_new].astype(float)
    before = errors(predictions(unknown, *rows), given).mse
    assert errors(predictions(fitted(data, start=unknown), *rows), given).mse < before / 4


def test_what_a_fit_begins_from_is_left_as_it_was(quick: Embeddings, data: Interactions) -> None:
    users, items = quick.users.clone(), quick.items.clone()
    fitted(data, start=quick)
    assert torch.equal(quick.users, users)
    assert torch.equal(quick.items, items)


def test_embeddings_of_other_rows_are_refused(quick: Embeddings, data: Interactions) -> None:
    with pytest.raises(ValueError, match="other rows or factors"):
        fitted(data, start=Embeddings(quick.users[1:], quick.items))
    with pytest.raises(ValueError, match="other rows or factors"):
        fitted(data, replace(QUICK, factors=5), start=quick)


# The schedule


def test_the_learning_rate_rises_for_a_quarter_of_the_steps_then_falls_to_almost_nothing() -> None:
    rates = [one_cycle(done, peak=0.1)[0] for done in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(0.1 / 25)
    assert rates[25] == pytest.approx(0.1)
    assert rates[100] == pytest.approx(0.1 / 1e5)
    assert rates[:26] == sorted(rates[:26])
    assert rates[25:] == sorted(rates[25:], reverse=True)


def test_the_momentum_goes_the_other_way() -> None:
    momenta = [one_cycle(done, peak=0.1)[1] for done in np.linspace(0, 1, 101)]
    assert (momenta[0], momenta[25], momenta[100]) == pytest.approx((0.95, 0.85, 0.95))
    assert momenta[:26] == sorted(momenta[:26], reverse=True)
    assert momenta[25:] == sorted(momenta[25:])


@pytest.mark.parametrize("total", [100, 5000])
def test_the_schedule_is_the_one_of_torch(total: int) -> None:
    """Torch puts its peak one step earlier, so the two differ by a step's worth."""
    adam = torch.optim.AdamW([torch.zeros(1, requires_grad=True)])
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        adam, max_lr=1.0, total_steps=total, pct_start=0.25, final_div_factor=1e5 / 25
    )
    for step in range(total - 1):
        assert one_cycle(step / total, peak=1.0)[0] == pytest.approx(theirs.get_last_lr()[0], abs=8 / total)
        adam.step()
        theirs.step()


def test_the_steps_follow_the_schedule(data: Interactions) -> None:
    """Under gradients that hardly change, Adam moves a bias by the learning rate times the momentum's weighted mean of ones."""
    peak, steps = 1e-4, 8
    config = replace(QUICK, epochs=steps, batch_size=len(data.stars), learning_rate=peak, weight_decay=0.0)
    average = moved = 0.0
    for step in range(steps):
        rate, momentum = one_cycle(step / steps, peak)
        average = momentum * average + (1 - momentum)
        moved += rate * average / (1 - momentum ** (step + 1))
    change = fitted(data, config).items[:, -1] - fitted(data, STANDING_STILL).items[:, -1]
    assert float(change.abs().max()) == pytest.approx(moved, rel=0.01)


def test_what_nobody_rated_decays_with_the_learning_rate_and_does_nothing_else(club: pd.DataFrame) -> None:
    rated = Interactions.from_frame(club, QUICK.scale)
    data = replace(rated, item_ids=np.append(rated.item_ids, 10**6))
    config = replace(QUICK, epochs=8, batch_size=len(data.stars), weight_decay=3.0)
    left = np.prod([1 - 3.0 * one_cycle(step / 8, config.learning_rate)[0] for step in range(8)])
    begin = Embeddings(torch.ones(len(data.user_ids), 5), torch.ones(len(data.item_ids), 5))
    assert fitted(data, config, start=begin).items[-1].tolist() == pytest.approx([left] * 5, rel=1e-5)


# How it runs


@pytest.mark.parametrize("batch_size", [3, 64, 5000])
def test_progress_rises_to_one(data: Interactions, batch_size: int) -> None:
    shares: list[float] = []
    fitted(data, replace(QUICK, epochs=2, batch_size=batch_size), progress=shares.append)
    assert shares == sorted(set(shares))
    assert shares[0] > 0
    assert shares[-1] == 1.0
    assert len(shares) <= 101


def test_a_fit_leaves_torch_as_it_was(quick: Embeddings) -> None:
    assert torch.tensor(1e-30) * torch.tensor(1e-10) > 0
