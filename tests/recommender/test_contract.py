"""What every kind of model promises, however it was learned."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Explanation, FitConfig, OneCycleConfig, Recommender
from recommender.evaluate import baselines, errors, held_out, measure, naive

UNKNOWN = 10**9
CLUB_IDS = [5 + 10 * film for film in range(42)]
HALF_STARS = [half / 2 for half in range(1, 11)]
histories = st.dictionaries(st.sampled_from([*CLUB_IDS, UNKNOWN]), st.sampled_from(HALF_STARS), max_size=20)
several = settings(max_examples=25)

Split = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def club_split(club: pd.DataFrame) -> Split:
    """What the models learn from, and the fifth they never see."""
    unseen = held_out(club, 0.2)
    return club[~unseen], club[unseen]


def total(reasons: Explanation) -> float:
    return reasons.baseline + sum(reasons.contributions.values())


CONFIGS = {
    "bayesian": FitConfig(factors=3, set_rank=4, samples=6, thinning=1, burn_in=6),
    "one_cycle": OneCycleConfig(factors=4, epochs=10, batch_size=32, learning_rate=0.05),
}


@pytest.fixture(scope="module", params=CONFIGS)
def model(request: pytest.FixtureRequest, club_split: Split, club_films: pd.DataFrame) -> Recommender:
    return Recommender.fit(club_split[0], club_films, config=CONFIGS[request.param], device="cpu")


class TestEveryModel:
    def test_is_better_than_the_naive_predictions(self, model: Recommender, club_split: Split) -> None:
        naive_errors = baselines(*club_split)
        assert measure(model, club_split[1]).rmse < 0.6 * min(error.rmse for error in naive_errors.values())

    def test_learns_as_much_of_a_history_that_it_has_not_seen_before(
        self, model: Recommender, club_split: Split
    ) -> None:
        train, test = club_split
        strangers = Recommender(model.model.without_users(train["user"].unique()), model.movies, model.info)
        stars = np.empty(len(test))
        for user, places in test.groupby("user").indices.items():
            own = train[train["user"] == user]
            history = dict(zip(own["movie"].tolist(), own["rating"].tolist(), strict=True))
            stars[places] = strangers.taste(history).predict(test["movie"].iloc[places])[0]
        found = errors(stars, test["rating"].to_numpy(float)).rmse
        assert found < 0.6 * baselines(train, test)["mean of the film"].rmse

    def test_takes_an_unknown_member_for_one_without_a_history(self, model: Recommender) -> None:
        stars, sd = model.taste({}).predict(CLUB_IDS)
        np.testing.assert_allclose(stars, model.predict([404] * len(CLUB_IDS), CLUB_IDS), atol=1e-5)
        assert (sd > 0).all()

    def test_predicts_something_for_an_unknown_film(self, model: Recommender) -> None:
        stars, sd = model.taste({5: 4.5, 15: 1.0}).predict([UNKNOWN, 25])
        assert model.scale[0] <= stars[0] <= model.scale[1]
        assert model.scale[0] <= model.predict([10**18], [UNKNOWN])[0] <= model.scale[1]
        assert sd[0] > sd[1]

    def test_has_no_reasons_for_an_unknown_film(self, model: Recommender) -> None:
        with pytest.raises(KeyError, match=str(UNKNOWN)):
            model.taste({5: 4.0}).explain(UNKNOWN)

    def test_learns_nothing_from_an_unknown_film(self, model: Recommender) -> None:
        plain, odd = model.taste({5: 4.5}), model.taste({UNKNOWN: 0.5, 5: 4.5})
        assert plain.predict(CLUB_IDS)[0].tolist() == odd.predict(CLUB_IDS)[0].tolist()
        assert plain.explain(25) == odd.explain(25)

    @several
    @given(history=histories)
    def test_stays_inside_the_scale(self, model: Recommender, history: dict[int, float]) -> None:
        stars, sd = model.taste(history).predict([*CLUB_IDS, UNKNOWN])
        assert stars.min() >= model.scale[0]
        assert stars.max() <= model.scale[1]
        assert np.isfinite(sd).all()

    @several
    @given(history=histories, n=st.integers(0, 50))
    def test_recommends_nothing_of_the_history(self, model: Recommender, history: dict[int, float], n: int) -> None:
        films = [pick.movie for pick in model.taste(history).recommend(n)]
        free = set(CLUB_IDS) - history.keys()
        assert set(films) <= free
        assert len(films) == len(set(films)) == min(n, len(free))

    @several
    @given(history=histories, movie=st.sampled_from(CLUB_IDS))
    def test_has_reasons_that_sum_to_the_prediction(
        self, model: Recommender, history: dict[int, float], movie: int
    ) -> None:
        taste = model.taste(history)
        reasons = taste.explain(movie)
        assert reasons.contributions.keys() == reasons.without.keys() == history.keys() - {UNKNOWN}
        expected = float(np.clip(total(reasons), *model.model.bounds))
        assert float(taste.predict([movie])[0][0]) == pytest.approx(expected, abs=1e-4)

    @several
    @given(history=histories.filter(bool), movie=st.sampled_from(CLUB_IDS))
    def test_loses_by_a_rating_left_out_what_its_reasons_say(
        self, model: Recommender, history: dict[int, float], movie: int
    ) -> None:
        reasons = model.taste(history).explain(movie)
        for left_out, worth in reasons.without.items():
            rest = {film: stars for film, stars in history.items() if film != left_out}
            assert worth == pytest.approx(total(reasons) - total(model.taste(rest).explain(movie)), abs=1e-4)

    def test_is_the_same_after_it_was_saved_and_loaded(
        self, model: Recommender, club: pd.DataFrame, tmp_path: Path
    ) -> None:
        model.save(tmp_path / "model")
        loaded = Recommender.load(tmp_path / "model")
        assert loaded.info == model.info
        assert loaded.predict(club["user"], club["movie"]).tolist() == (
            model.predict(club["user"], club["movie"]).tolist()
        )
        history = {5: 4.5, 15: 1.0, 35: 2.0}
        after, before = loaded.taste(history).predict(CLUB_IDS), model.taste(history).predict(CLUB_IDS)
        np.testing.assert_allclose(after, before, atol=1e-5)
        assert loaded.taste(history).explain(25) == model.taste(history).explain(25)


def test_naive_predictions_take_unknown_members_and_films_for_the_average(club: pd.DataFrame) -> None:
    mean = club["rating"].mean()
    for predicted in naive(club, pd.DataFrame({"user": [404], "movie": [UNKNOWN]})).values():
        assert predicted.tolist() == pytest.approx([mean])
