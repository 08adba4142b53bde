"""What every fit has to keep, whatever it is made of."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender import FitConfig, OneCycleConfig, Recommender
from recommender.evaluate import baselines, held_out, measure

CONFIGS = {
    "bayesian": FitConfig(factors=3, set_rank=4, samples=6, thinning=1, burn_in=6),
    "one_cycle": OneCycleConfig(factors=5, epochs=20, learning_rate=2e-2, weight_decay=0.05),
}
FILMS = [5 + 10 * film for film in range(42)]
HISTORY = {5: 4.5, 15: 1.0, 25: 5.0, 35: 2.0}


@pytest.fixture(scope="module")
def known(club: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The club's ratings: those to learn from, and a tenth to be measured on."""
    held = held_out(club, 0.1)
    return club[~held], club[held]


@pytest.fixture(scope="module", params=CONFIGS)
def model(
    request: pytest.FixtureRequest, known: tuple[pd.DataFrame, pd.DataFrame], club_films: pd.DataFrame
) -> Recommender:
    return Recommender.fit(known[0], club_films, config=CONFIGS[request.param], device="cpu")


class TestEveryFit:
    def test_beats_predictions_that_need_no_model(
        self, model: Recommender, known: tuple[pd.DataFrame, pd.DataFrame]
    ) -> None:
        assert measure(model, known[1]).rmse < 0.8 * min(naive.rmse for naive in baselines(*known).values())

    def test_predicts_inside_the_scale(self, model: Recommender, club: pd.DataFrame) -> None:
        users, films = np.meshgrid(club["user"].unique(), FILMS)
        stars = model.predict(users.ravel(), films.ravel())
        assert 0.5 <= stars.min() <= stars.max() <= 5.0

    def test_has_an_answer_for_unknown_people_and_films(self, model: Recommender) -> None:
        stars = model.predict([404, 404], [5, 10**9])
        assert np.isfinite(stars).all()
        np.testing.assert_allclose(model.taste({}).predict([5])[0], stars[:1], atol=1e-5)

    def test_learns_from_a_history_it_has_not_seen(self, model: Recommender) -> None:
        stars, sd = model.taste(HISTORY).predict([45, 55])
        assert stars[0] > stars[1] + 1
        assert (sd > 0).all()

    def test_gives_reasons_that_sum_to_the_prediction(self, model: Recommender) -> None:
        taste = model.taste(HISTORY)
        for movie in (45, 55, 405):
            reasons = taste.explain(movie)
            total = reasons.baseline + sum(reasons.contributions.values())
            assert np.clip(total, *model.model.bounds) == pytest.approx(taste.predict([movie])[0][0], abs=1e-4)

    def test_says_what_a_prediction_would_lose_without_a_rating(self, model: Recommender) -> None:
        reasons = model.taste(HISTORY).explain(205)
        whole = reasons.baseline + sum(reasons.contributions.values())
        for movie, worth in reasons.without.items():
            rest = model.taste({film: stars for film, stars in HISTORY.items() if film != movie}).explain(205)
            assert worth == pytest.approx(whole - rest.baseline - sum(rest.contributions.values()), abs=1e-4)

    def test_lists_films_of_the_kind_that_is_loved_and_none_of_the_history(self, model: Recommender) -> None:
        films = [pick.movie for pick in model.taste(HISTORY).recommend(8)]
        assert not set(films) & set(HISTORY)
        assert sum((film - 5) % 20 == 0 for film in films) >= 7

    def test_is_the_same_after_it_was_saved(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path / "model.safetensors")
        again = Recommender.load(tmp_path / "model.safetensors")
        assert again.info == model.info
        for ours, theirs in zip(model.taste(HISTORY).predict(FILMS), again.taste(HISTORY).predict(FILMS), strict=True):
            np.testing.assert_array_equal(ours, theirs)

    def test_goes_on_from_where_it_was(
        self, model: Recommender, known: tuple[pd.DataFrame, pd.DataFrame], club_films: pd.DataFrame
    ) -> None:
        config = CONFIGS["one_cycle" if model.model.sigmoid_range else "bayesian"]
        more = pd.concat(known)
        after = Recommender.fit(more, club_films, config=config, device="cpu", warm_start=model)
        assert measure(after, more).rmse < measure(model, more).rmse + 0.02
