"""The weights of a list: each does what it says."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from recommender import LIST_STYLES, Blend, Recommender
from recommender.content import Scores
from recommender.ranking.blend import BLENDS, SETTLED, STEEPNESS, early, of_style
from recommender.ranking.bounded import Bounded
from recommender.ranking.worths import LIKED, MOST_SEEN, SPREAD, Choice, worths

HISTORY = {5: 4.5, 15: 1.0, 25: 5.0, 35: 2.0}
NAMES = [field.name for field in fields(Blend)]
NONE = Blend(*[0.0] * len(NAMES))
FILMS = 42


def listed(model: Recommender, blend: Blend) -> list[int]:
    return [pick.movie for pick in model.taste(HISTORY).recommend(FILMS, blend=blend)]


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_changes_a_list(small: Recommender, name: str) -> None:
    # Caution is a part of liking, and counts nothing without it.
    before = replace(NONE, liking=1.0) if name == "caution" else NONE
    assert listed(small, replace(before, **{name: 5.0})) != listed(small, before)


def test_a_list_is_made_by_the_shipped_weights_where_none_are_given(small: Recommender) -> None:
    assert listed(small, Blend()) == [pick.movie for pick in small.taste(HISTORY).recommend(FILMS)]
    assert min(astuple(replace(Blend(), novelty=1.0))) > 0  # all but novelty count


@pytest.mark.parametrize("style", LIST_STYLES)
def test_a_style_is_a_set_of_weights(small: Recommender, style: str) -> None:
    by_style = [pick.movie for pick in small.taste(HISTORY).recommend(FILMS, style=style)]
    assert by_style == listed(small, BLENDS[style])
    assert of_style(style) is BLENDS[style]


@pytest.mark.parametrize("style", ["", "Balanced", "fair"])
def test_a_style_that_is_none_is_refused_with_those_there_are(small: Recommender, style: str) -> None:
    for asked in (
        lambda: small.taste(HISTORY).recommend(5, style=style),
        lambda: small.taste({}).recommend(0, style=style),
        lambda: small.taste(HISTORY).lifts([45], style),
    ):
        with pytest.raises(ValueError, match=f"unknown style '{style}': choose one of {', '.join(LIST_STYLES)}"):
            asked()


def test_the_worth_of_a_film_is_that_of_the_formula(small: Recommender) -> None:
    model, rng, count = small.model, np.random.default_rng(0), 6
    chances, genres, decades, stars = (
        rng.uniform(*ends, FILMS).astype(np.float32) for ends in ((0.01, 0.5), (-1, 4), (-1, 1), (0, 6))
    )
    chances[model.unrated] = 0.02
    kinds = np.arange(FILMS)
    choice = Choice(count, chances, Scores(genres[None], kinds), Scores(decades[None], kinds))
    bias, doubt, ratings = model.item_bias, model.item_doubt.numpy(), model.item_counts.numpy()
    seen = np.minimum(chances * (1 + np.exp(-(stars - LIKED) / SPREAD)), MOST_SEEN)
    expected = (
        np.log(chances)
        + 0.7 * (stars - 1.5 * doubt)
        - 0.6 * seen
        + (0.3 * genres + 0.4 * decades - 0.2 * np.log(1 + ratings) - 0.7 * bias) / (1 + (count / SETTLED) ** STEEPNESS)
    )
    blend = Blend(rarity=0.2, liking=0.7, caution=1.5, genres=0.3, decades=0.4, novelty=0.6, sameness=9)
    most = stars + np.float32(0.5)
    bounded = Bounded(stars.__getitem__, most[model.rated], float(most[model.unrated].max()))
    found = worths(model, choice, bounded, blend)
    rows = np.array([7, 0, 41, 40, 7])
    np.testing.assert_allclose(found.of(rows), expected[rows], atol=1e-5)
    assert (found.most >= expected[model.rated]).all()
    assert (found.others >= expected[model.unrated]).all()


def test_what_a_film_is_counts_for_less_beside_the_chances_the_more_somebody_rated() -> None:
    shares = [early(count) for count in (0, 1, 5, 25, 100, 1000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
    assert early(round(SETTLED)) == 0.5
    assert shares[-1] < 0.01


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_weight_that_makes_no_sense_is_refused(name: str, weight: float) -> None:
    with pytest.raises(ValueError, match="finite and not below 0"):
        Blend(**{name: weight})
