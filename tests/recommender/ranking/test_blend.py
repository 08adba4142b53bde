"""The weights of a list: each does what it says."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from recommender import Blend, Recommender
from recommender.cowatching import newcomer

HISTORY = {5: 4.5, 15: 1.0, 25: 5.0, 35: 2.0}
NAMES = [field.name for field in fields(Blend)]
NONE = Blend(*[0.0] * len(NAMES))


def listed(model: Recommender, blend: Blend) -> list[int]:
    return [pick.movie for pick in model.taste(HISTORY).recommend(42, blend=blend)]


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_changes_a_list(small: Recommender, name: str) -> None:
    popular = replace(NONE, popularity=1.0)  # ranked by stars alone, par would change no order
    assert listed(small, replace(popular, **{name: 5.0})) != listed(small, popular)


def test_without_weights_a_list_goes_by_predicted_stars(small: Recommender) -> None:
    stars = [pick.stars for pick in small.taste(HISTORY).recommend(42, blend=NONE)]
    assert stars == sorted(stars, reverse=True)


def test_a_list_is_made_by_the_shipped_weights_where_none_are_given(small: Recommender) -> None:
    assert listed(small, Blend()) == [pick.movie for pick in small.taste(HISTORY).recommend(42)]
    assert min(astuple(Blend())) > 0


def test_the_worth_of_a_film_is_that_of_the_formula(small: Recommender) -> None:
    model, row, par, likelihood, count = small.model, 7, 3.6, 1.5, 6
    bias, doubt = float(model.items[row, -1]), float(model.item_doubt[row])
    popularity = np.log(1 + float(model.item_counts[row]))
    new = newcomer(count)
    for stars, below in ((3.1, 0.5), (4.0, 0.0)):
        worth = stars - 2 * doubt - 0.5 * bias - 3 * below
        worth += (1 - new) * 0.4 * likelihood + (0.1 + new * 0.2) * popularity
        blend = Blend(
            caution=2, common=0.5, below_par=3, popularity=0.1, newcomer_popularity=0.2, cowatching=0.4, sameness=9
        )
        figures = (np.array([figure], dtype=np.float32) for figure in (stars, likelihood))
        assert blend.worths(model, *figures, par, count, np.array([row])) == pytest.approx([worth], abs=1e-5)


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_weight_that_makes_no_sense_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="finite and not below 0"):
        Blend(popularity=weight)
