"""What every fit has to keep, whatever it is made of."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender import LIST_STYLES, Explanation, FitConfig, OneCycleConfig, Recommender, slate
from recommender.evaluation.baselines import baselines, naive
from recommender.evaluation.metrics import errors, measure
from recommender.evaluation.splits import held_out

CONFIGS = {
    "bayesian": FitConfig(factors=3, set_rank=4, samples=6, thinning=1, burn_in=6),
    "one_cycle": OneCycleConfig(factors=5, epochs=20, learning_rate=2e-2, weight_decay=0.05),
}
FILMS = [5 + 10 * film for film in range(42)]
HISTORY = {5: 4.5, 15: 1.0, 25: 5.0, 35: 2.0}
UNKNOWN = 10**9
HALF_STARS = [half / 2 for half in range(1, 11)]
histories = st.dictionaries(st.sampled_from([*FILMS, UNKNOWN]), st.sampled_from(HALF_STARS), max_size=20)


def total(reasons: Explanation) -> float:
    return reasons.baseline + sum(reasons.contributions.values())


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

    def test_foretells_what_a_stranger_gives_from_their_history(
        self, model: Recommender, known: tuple[pd.DataFrame, pd.DataFrame]
    ) -> None:
        train, test = known
        stars = np.empty(len(test))
        for user, places in test.groupby("user").indices.items():
            own = train[train["user"] == user]
            taste = model.taste(dict(zip(own["movie"].tolist(), own["rating"].tolist(), strict=True)))
            stars[places] = taste.predict(test["movie"].iloc[places])[0]
        found = errors(stars, test["rating"].to_numpy(float)).rmse
        assert found < 0.6 * baselines(train, test)["mean of the film"].rmse

    def test_learns_nothing_from_an_unknown_film_and_has_no_reasons_for_it(self, model: Recommender) -> None:
        plain, odd = model.taste({5: 4.5}), model.taste({UNKNOWN: 0.5, 5: 4.5})
        assert plain.predict(FILMS)[0].tolist() == odd.predict(FILMS)[0].tolist()
        assert plain.explain(25) == odd.explain(25)
        with pytest.raises(KeyError, match=str(UNKNOWN)):
            odd.explain(UNKNOWN)

    @settings(max_examples=25)
    @given(history=histories)
    def test_predicts_inside_the_scale_whatever_the_history(
        self, model: Recommender, history: dict[int, float]
    ) -> None:
        stars, sd = model.taste(history).predict([*FILMS, UNKNOWN])
        assert 0.5 <= stars.min() <= stars.max() <= 5.0
        assert np.isfinite(sd).all()
        assert (sd > 0).all()

    @settings(max_examples=25)
    @given(history=histories, movie=st.sampled_from(FILMS))
    def test_gives_reasons_that_sum_to_the_prediction(
        self, model: Recommender, history: dict[int, float], movie: int
    ) -> None:
        taste = model.taste(history)
        reasons = taste.explain(movie)
        assert reasons.contributions.keys() == reasons.without.keys() == history.keys() - {UNKNOWN}
        assert np.clip(total(reasons), *model.model.bounds) == pytest.approx(taste.predict([movie])[0][0], abs=1e-4)

    @settings(max_examples=25)
    @given(history=histories.filter(bool), movie=st.sampled_from(FILMS))
    def test_says_what_a_prediction_would_lose_without_a_rating(
        self, model: Recommender, history: dict[int, float], movie: int
    ) -> None:
        reasons = model.taste(history).explain(movie)
        for left_out, worth in reasons.without.items():
            rest = {film: stars for film, stars in history.items() if film != left_out}
            assert worth == pytest.approx(total(reasons) - total(model.taste(rest).explain(movie)), abs=1e-4)

    @settings(max_examples=25)
    @given(history=histories, style=st.sampled_from(LIST_STYLES))
    def test_says_what_lifts_a_film_in_a_list_and_whether_it_was_seen(
        self, model: Recommender, history: dict[int, float], style: str
    ) -> None:
        taste = model.taste(history)
        lifts = taste.lifts(FILMS, style)
        assert all(own.keys() == history.keys() - {UNKNOWN} for own in lifts)
        assert np.isfinite([value for own in lifts for value in own.values()]).all()
        seen = dict(zip(FILMS, taste.seen(FILMS), strict=True))
        assert all(0 < chance <= 1 for chance in seen.values())
        assert {movie for movie, chance in seen.items() if chance == 1} == history.keys() - {UNKNOWN}

    @pytest.mark.parametrize("history", [{}, {UNKNOWN: 5.0}], ids=["no ratings", "of an unknown film"])
    def test_serves_somebody_of_whom_nothing_is_known(self, model: Recommender, history: dict[int, float]) -> None:
        taste = model.taste(history)
        for style in LIST_STYLES:
            picks = taste.recommend(10, style=style)
            assert len({pick.movie for pick in picks}) == 10
            assert all(0 <= pick.match <= 1 and np.isfinite(pick.sd) for pick in picks)
            assert taste.lifts(FILMS, style) == [{}] * len(FILMS)
        assert ((taste.seen(FILMS) > 0) & (taste.seen(FILMS) < 1)).all()
        assert taste.seen([UNKNOWN]).tolist() == [0]
        together = slate([taste, model.taste({}), model.taste(HISTORY)], 5)
        assert len({pick.movie for pick in together}) == 5
        assert all(0 <= chance <= 1 for pick in together for chance in pick.seen)

    @settings(max_examples=25)
    @given(history=histories, n=st.integers(0, 50), style=st.sampled_from(LIST_STYLES))
    def test_lists_nothing_of_the_history(
        self, model: Recommender, history: dict[int, float], n: int, style: str
    ) -> None:
        films = [pick.movie for pick in model.taste(history).recommend(n, style=style)]
        free = set(FILMS) - history.keys()
        assert set(films) <= free
        assert len(films) == len(set(films)) == min(n, len(free))

    @pytest.mark.parametrize("style", LIST_STYLES)
    def test_lists_films_of_the_kind_that_is_loved_and_none_of_the_history(
        self, model: Recommender, style: str
    ) -> None:
        films = [pick.movie for pick in model.taste(HISTORY).recommend(8, style=style)]
        assert not set(films) & set(HISTORY)
        assert sum((film - 5) % 20 == 0 for film in films) >= 7

    def test_is_the_same_after_it_was_saved(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path / "model.safetensors")
        again = Recommender.load(tmp_path / "model.safetensors")
        assert again.info == model.info
        users, films = (grid.ravel() for grid in np.meshgrid([10**18, 10**18 + 7, 404], FILMS))
        np.testing.assert_array_equal(again.predict(users, films), model.predict(users, films))
        for ours, theirs in zip(model.taste(HISTORY).predict(FILMS), again.taste(HISTORY).predict(FILMS), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert again.taste(HISTORY).recommend(20) == model.taste(HISTORY).recommend(20)

    def test_is_moved_less_by_ratings_of_less_weight(
        self, model: Recommender, club: pd.DataFrame, club_films: pd.DataFrame
    ) -> None:
        config = CONFIGS["one_cycle" if model.model.sigmoid_range else "bayesian"]
        loud = pd.concat([club, pd.DataFrame({"user": range(100), "movie": 5, "rating": 5.0})]).assign(weight=1.0)
        quiet = loud.assign(weight=np.where(loud["user"] < 100, 0.01, 1.0))
        before, moved, damped = (
            Recommender.fit(ratings, club_films, config=config, device="cpu") for ratings in (club, loud, quiet)
        )
        assert moved.average_stars(5) > before.average_stars(5) + 0.3
        step = moved.average_stars(5) - before.average_stars(5)
        assert damped.average_stars(5) - before.average_stars(5) < 0.5 * step
        assert (moved.count(5), damped.count(5)) == (before.count(5) + 100, before.count(5) + 1)

    def test_goes_on_from_where_it_was(
        self, model: Recommender, known: tuple[pd.DataFrame, pd.DataFrame], club_films: pd.DataFrame
    ) -> None:
        config = CONFIGS["one_cycle" if model.model.sigmoid_range else "bayesian"]
        more = pd.concat(known)
        after = Recommender.fit(more, club_films, config=config, device="cpu", warm_start=model)
        assert measure(after, more).rmse < measure(model, more).rmse + 0.02


def predicted(name: str, train: pd.DataFrame, test: pd.DataFrame) -> NDArray[np.float64]:
    if name in CONFIGS:
        model = Recommender.fit(train, config=CONFIGS[name], device="cpu")
        return model.predict(test["user"], test["movie"])
    return naive(train, test)[name]


@pytest.mark.parametrize(
    "name", [*CONFIGS, "mean of all ratings", "mean of the film", "mean of the film + person's offset"]
)
class TestEveryPrediction:
    """Of a fit or of what needs none."""

    def test_is_a_number_and_the_same_each_time(self, name: str, known: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        first, again = predicted(name, *known), predicted(name, *known)
        assert np.isfinite(first).all()
        np.testing.assert_array_equal(first, again)

    def test_takes_the_unknown_for_the_average(self, name: str, club: pd.DataFrame) -> None:
        [stars] = predicted(name, club, pd.DataFrame({"user": [404], "movie": [UNKNOWN]}))
        assert stars == pytest.approx(club["rating"].mean(), abs=0.3 if name in CONFIGS else 1e-6)

    def test_does_not_depend_on_the_order_of_the_rows(
        self, name: str, known: tuple[pd.DataFrame, pd.DataFrame]
    ) -> None:
        train, test = known
        shuffled = train.sample(frac=1, random_state=1)
        np.testing.assert_allclose(predicted(name, shuffled, test), predicted(name, train, test), rtol=1e-9)
