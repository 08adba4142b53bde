"""The fold-in: exact, honest about its doubt, and able to give reasons."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import LIST_STYLES, Recommender, Taste
from recommender.ranking.blend import BLENDS
from recommender.ranking.bounded import Bounded
from recommender.ranking.lists import rank
from recommender.ranking.worths import Choice, worths
from recommender.solver import coordinates
from recommender.taste import DRIFT
from tests.recommender.people import CLUB_IDS, EVEN, ODD, UNKNOWN, histories, history_of

TOY_STORY, TOY_STORY_2, ALADDIN = 1, 3114, 588

Array = np.ndarray[Any, np.dtype[np.float64]]


def star(taste: Taste, movie: int) -> float:
    return float(taste.predict([movie])[0][0])


def unclipped(model: Recommender, history: dict[int, float], movie: int) -> float:
    """The same prediction by another road: a dense regression against each draw, averaged, and compressed."""
    parameters = model.model
    row = parameters.item_rows(np.array([movie]))[0]
    people = np.stack([dense(model, history, draw)[0] for draw in range(parameters.draws)])
    projection = parameters.projection.double().numpy()
    person = np.einsum("sk,skc->c", people[:, :-1], projection)
    known = sum(movie in model.catalogue for movie in history)
    item = parameters.item_factors(np.array([row]))[0].astype(np.float64)
    weight = float(parameters.audience_weight(float(known)))
    audience = weight * float(parameters.item_audience[row])
    return float(parameters.mu + item[:-1] @ person + item[-1] + people[:, -1].mean() + audience)


def films_of(model: Recommender, rows: np.ndarray[Any, np.dtype[np.int64]], draw: int) -> Array:
    """(films, D) factors and biases of films in one draw."""
    return np.asarray(coordinates(model.model.item_samples(rows)[:, draw]).double().numpy())


def dense(model: Recommender, history: dict[int, float], draw: int) -> tuple[Array, Array]:
    """Mean and covariance of the person against one draw of the films."""
    parameters = model.model
    rows = parameters.item_rows(np.array(list(history), dtype=np.int64))
    stars, rows = np.array(list(history.values()), dtype=np.float64)[rows >= 0], rows[rows >= 0]
    votes = parameters.item_basis(rows).sum(0, keepdims=True)
    features = parameters.sets.features(votes, np.array([float(len(rows))]))
    precision = np.linalg.inv(parameters.user_cov[draw].double().numpy())
    rhs = precision @ (features @ parameters.set_weights[draw].numpy())[0]
    people, unsure = (part[draw].numpy() for part in (parameters.user_cov, parameters.item_cov))
    variance = np.full(len(rows), 1 / float(parameters.noise_precision[draw]))
    variance[np.isin(rows, parameters.unrated)] += np.trace(people[:-1, :-1] @ unsure[:-1, :-1]) + unsure[-1, -1]
    films = films_of(model, rows, draw)
    x = np.column_stack([films[:, :-1], np.ones(len(rows))])
    weighted = x.T / variance
    precision = precision + weighted @ x
    rhs = rhs + weighted @ (stars - parameters.mu - films[:, -1])
    return np.linalg.solve(precision, rhs), np.linalg.inv(precision)


def worths_of_all(model: Recommender, history: dict[int, float], style: str, **weights: float) -> Array:
    """(films,) what every film is worth in a list of this style, with some of its weights changed."""
    rows, stars = model.model.item_rows(np.array(list(history), dtype=np.int64)), np.array(list(history.values()))
    choice = Choice.of(model.model, rows[rows >= 0], stars[rows >= 0])
    predicted = model.taste(history).stars_of_all()
    bounded = Bounded(predicted.__getitem__, predicted[model.model.rated], float(predicted.max()))
    found = worths(model.model, choice, bounded, replace(BLENDS[style], **weights))
    return np.asarray(found.of(np.arange(len(predicted))), dtype=np.float64)


# Predictions


def test_a_fold_in_gives_a_trained_member_their_trained_predictions(
    trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    train = split[0]
    films = trained.model.item_ids.numpy()
    for user in train["user"].unique()[::30]:
        stars, _ = trained.taste(history_of(train, user)).predict(films)
        assert np.abs(stars - trained.predict(np.full(len(films), user), films)).max() < 1e-4


def test_a_fold_in_is_the_dense_regression(small: Recommender) -> None:
    history = {5: 4.5, 15: 1.0, 25: 5.0, 35: 2.0, UNKNOWN: 3.0}
    for movie in (5, 45, 205, 405):
        expected = np.clip(unclipped(small, history, movie), *small.model.bounds)
        assert star(small.taste(history), movie) == pytest.approx(expected, abs=1e-4)


def test_the_doubt_is_what_sampling_persons_against_the_draws_finds(small: Recommender) -> None:
    history, movie, rng = {5: 4.5, 15: 1.0}, 45, np.random.default_rng(0)
    row = small.model.item_rows(np.array([movie]))
    parts = []
    for draw in range(small.model.draws):
        person = rng.multivariate_normal(*dense(small, history, draw), size=100_000)
        [film] = films_of(small, row, draw)
        parts.append(person[:, :-1] @ film[:-1] + person[:, -1] + film[-1])
    stars = np.concatenate(parts)
    assert small.taste(history).predict_mean([movie])[1][0] == pytest.approx(stars.std(), rel=0.02)
    assert small.taste(history).predict([movie])[1][0] > np.sqrt(
        stars.var() + 0.5 / float(small.model.noise_precision.mean())
    )


def test_the_compressed_average_is_the_average_of_the_draws(trained: Recommender) -> None:
    history, films = {1: 5.0, 296: 3.5, 588: 4.0, 2571: 4.5}, [260, 318, 3114, 8961]
    parameters = trained.model
    samples = coordinates(parameters.item_samples(parameters.item_rows(np.array(films)))).double().numpy()
    people = np.stack([dense(trained, history, draw)[0] for draw in range(parameters.draws)])
    scores = np.einsum("msk,sk->ms", samples[:, :, :-1], people[:, :-1]) + people[:, -1] + samples[:, :, -1]
    exact = parameters.mu + scores.mean(1)
    compressed = np.array([unclipped(trained, history, film) for film in films])
    weight = float(parameters.audience_weight(4.0))
    audience = weight * parameters.item_audience[parameters.item_rows(np.array(films))].double().numpy()
    np.testing.assert_allclose(compressed - audience, exact, atol=0.05)


def test_someone_of_whom_nothing_is_known_is_of_a_films_usual_audience(
    trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    films = split[0].groupby("movie")["rating"].agg(["mean", "count"])
    rated_often = films[films["count"] >= 100]
    stars = trained.taste({}).predict(rated_often.index)[0]
    assert np.abs(stars - rated_often["mean"]).max() < 0.1


def test_four_of_five_unseen_ratings_lie_inside_the_eighty_percent_interval(
    trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    train, test = split
    inside: list[bool] = []
    for user in test["user"].unique():
        own = test[test["user"] == user]
        stars, sd = trained.taste(history_of(train, user)).predict(own["movie"])
        inside.extend(np.abs(own["rating"] - stars) <= 1.2816 * sd)
    assert len(inside) > 4000
    assert np.mean(inside) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("movie", [45, 205, UNKNOWN])
def test_another_days_ratings_vary_more_the_more_the_prediction_follows_the_level_of_the_history(
    small: Recommender, movie: int
) -> None:
    history = {5: 3.5, 15: 2.0, 25: 4.0}
    a_star_higher = small.taste({film: stars + 1 for film, stars in history.items()})
    taste = small.taste(history)
    [same_day], [another_day] = taste.predict([movie])[1], taste.predict([movie], later=True)[1]
    follows = star(a_star_higher, movie) - star(taste, movie)
    assert another_day**2 - same_day**2 == pytest.approx(2 * DRIFT * follows, rel=1e-3)


def test_of_someone_without_ratings_another_day_is_no_less_certain(small: Recommender) -> None:
    taste = small.taste({})
    assert taste.predict([45, UNKNOWN], later=True)[1].tolist() == taste.predict([45, UNKNOWN])[1].tolist()


@pytest.mark.parametrize(("stars", "direction"), [(5.0, 1), (0.5, -1)])
def test_a_new_rating_moves_films_like_it(trained: Recommender, stars: float, direction: int) -> None:
    before, after = trained.taste({}), trained.taste({TOY_STORY: stars})
    for movie in (TOY_STORY, TOY_STORY_2, ALADDIN):
        assert direction * (star(after, movie) - star(before, movie)) > 0.1


def test_ratings_take_doubt_away(small: Recommender) -> None:
    history: dict[int, float] = {}
    doubts = []
    for movie in CLUB_IDS[:8]:
        doubts.append(float(small.taste(history).predict_mean([205])[1][0]))
        history[movie] = 4.5 if (movie - 5) % 20 == 0 else 1.5
    assert doubts[-1] < 0.6 * doubts[0]


def test_ratings_that_scatter_widen_the_interval_and_not_the_doubt(trained: Recommender) -> None:
    films = trained.catalogue.ids[np.argsort(-trained.popularity)[:60]].tolist()
    steady = trained.taste(dict.fromkeys(films, 3.5))
    erratic = trained.taste({film: 0.5 if place % 2 else 5.0 for place, film in enumerate(films)})
    assert erratic.predict([TOY_STORY_2])[1][0] > 1.5 * steady.predict([TOY_STORY_2])[1][0]


def test_the_order_of_a_history_does_not_matter(small: Recommender) -> None:
    history = {5: 4.5, 15: 1.0, 25: 5.0}
    backwards = dict(reversed(history.items()))
    stars = small.taste(history).predict(CLUB_IDS)[0]
    np.testing.assert_allclose(stars, small.taste(backwards).predict(CLUB_IDS)[0], atol=1e-5)


def test_no_history_gives_what_an_unknown_member_gets(small: Recommender) -> None:
    stars, sd = small.taste({}).predict(CLUB_IDS)
    np.testing.assert_allclose(stars, small.predict([404] * len(CLUB_IDS), CLUB_IDS), atol=1e-5)
    assert (sd > 0).all()


def test_films_nobody_knows_neither_teach_nor_trouble(small: Recommender) -> None:
    plain, odd = small.taste({5: 4.5}), small.taste({5: 4.5, UNKNOWN: 0.5, -1: 5.0})
    assert plain.predict(CLUB_IDS)[0].tolist() == odd.predict(CLUB_IDS)[0].tolist()
    (stars,), (sd,) = odd.predict([UNKNOWN])
    assert small.scale[0] <= stars <= small.scale[1]
    assert sd > 0


@pytest.mark.parametrize("stars", [0.0, 5.5, -3.0, float("nan"), float("inf")])
def test_stars_off_the_scale_are_refused(small: Recommender, stars: float) -> None:
    with pytest.raises(ValueError, match=r"for film 15 is off the scale 0\.5 to 5"):
        small.taste({5: 4.0, 15: stars})


# Reasons


@settings(max_examples=25)
@given(history=histories, movie=st.sampled_from(CLUB_IDS))
def test_the_reasons_sum_to_the_prediction(small: Recommender, history: dict[int, float], movie: int) -> None:
    reasons = small.taste(history).explain(movie)
    assert reasons.contributions.keys() == history.keys() - {UNKNOWN}
    total = reasons.baseline + sum(reasons.contributions.values())
    assert total == pytest.approx(unclipped(small, history, movie), abs=1e-4)


@settings(max_examples=25)
@given(history=histories.filter(bool), movie=st.sampled_from(CLUB_IDS))
def test_what_a_rating_is_worth_is_what_leaving_it_out_costs(
    small: Recommender, history: dict[int, float], movie: int
) -> None:
    reasons = small.taste(history).explain(movie)
    for left_out, worth in reasons.without.items():
        rest = {film: stars for film, stars in history.items() if film != left_out}
        assert worth == pytest.approx(unclipped(small, history, movie) - unclipped(small, rest, movie), abs=1e-4)


def test_the_reasons_for_somebody_with_a_thousand_ratings_are_as_exact(
    trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    counts = split[0]["user"].value_counts()
    for user in (counts.idxmax(), counts[counts > 1000].idxmin(), counts[counts > 200].idxmin()):
        history = history_of(split[0], user)
        reasons = trained.taste(history).explain(TOY_STORY_2)
        whole = unclipped(trained, history, TOY_STORY_2)
        assert reasons.baseline + sum(reasons.contributions.values()) == pytest.approx(whole, abs=1e-4)
        for left_out in list(history)[:3]:
            rest = {film: stars for film, stars in history.items() if film != left_out}
            seen = whole - unclipped(trained, rest, TOY_STORY_2)
            assert reasons.without[left_out] == pytest.approx(seen, abs=1e-4)


def test_a_loved_film_speaks_for_its_sequel(trained: Recommender) -> None:
    reasons = trained.taste({TOY_STORY: 5.0, 296: 1.0}).explain(TOY_STORY_2)
    assert reasons.without[TOY_STORY] > 0.2
    assert reasons.without[TOY_STORY] > reasons.without[296]


def test_without_ratings_there_is_only_the_baseline(small: Recommender) -> None:
    reasons = small.taste({}).explain(5)
    assert reasons.baseline == pytest.approx(star(small.taste({}), 5), abs=1e-5)
    assert reasons.contributions == reasons.without == {}


def test_nothing_can_be_said_of_an_unknown_film(small: Recommender) -> None:
    with pytest.raises(KeyError, match=str(UNKNOWN)):
        small.taste({5: 4.0}).explain(UNKNOWN)


# What lifts a film in a list


def lost_without(model: Recommender, history: dict[int, float], style: str, left_out: int) -> Array:
    """(films,) by how much each film's worth falls without one rating, beyond what the films that people usually watch lose.
    What somebody may have seen already is no part of a lift."""
    rest = {film: stars for film, stars in history.items() if film != left_out}
    lost = worths_of_all(model, history, style, novelty=0.0) - worths_of_all(model, rest, style, novelty=0.0)
    return np.asarray(lost - lost[model.model.usual_rows].mean())


@settings(max_examples=40)
@given(history=histories, style=st.sampled_from(LIST_STYLES), movies=st.lists(st.sampled_from(CLUB_IDS), max_size=4))
def test_a_rating_lifts_a_film_by_what_leaving_it_out_costs_more_than_it_costs_usual_films(
    small: Recommender, history: dict[int, float], style: str, movies: list[int]
) -> None:
    lifts = small.taste(history).lifts(movies, style)
    assert [own.keys() for own in lifts] == [history.keys() - {UNKNOWN}] * len(movies)
    rows = small.model.item_rows(np.array(movies, dtype=np.int64))
    for left_out in history.keys() - {UNKNOWN}:
        expected = lost_without(small, history, style, left_out)[rows]
        assert [own[left_out] for own in lifts] == pytest.approx(expected.tolist(), abs=2e-5)


@pytest.mark.parametrize("style", LIST_STYLES)
def test_lifts_are_as_exact_for_somebody_with_hundreds_of_ratings(
    trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame], style: str
) -> None:
    counts = split[0]["user"].value_counts()
    for user in (counts.idxmin(), counts[counts > 60].idxmin(), counts[counts > 300].idxmin()):
        history = history_of(split[0], user)
        taste = trained.taste(history)
        films = [pick.movie for pick in taste.recommend(5, style=style)]
        lifts = taste.lifts(films, style)
        rows = trained.model.item_rows(np.array(films))
        for left_out in list(history)[:3]:
            expected = lost_without(trained, history, style, left_out)[rows]
            assert [own[left_out] for own in lifts] == pytest.approx(expected.tolist(), abs=2e-5)


def test_a_loved_film_lifts_its_sequel_more_than_a_disliked_one_does(trained: Recommender) -> None:
    [lifts] = trained.taste({TOY_STORY: 5.0, 296: 1.0}).lifts([TOY_STORY_2])
    assert lifts[TOY_STORY] > 0.1
    assert lifts[TOY_STORY] > lifts[296]


def test_without_ratings_nothing_lifts_a_film_and_nothing_can_be_said_of_an_unknown_one(small: Recommender) -> None:
    assert small.taste({}).lifts([5, 15]) == small.taste({UNKNOWN: 4.0}).lifts([5, 15]) == [{}, {}]
    assert small.taste({5: 4.0}).lifts([]) == []
    with pytest.raises(KeyError, match=str(UNKNOWN)):
        small.taste({5: 4.0}).lifts([5, UNKNOWN])


# What was seen


@settings(max_examples=40)
@given(history=histories)
def test_what_is_rated_was_seen_and_of_other_films_there_is_a_chance(
    small: Recommender, history: dict[int, float]
) -> None:
    films = [*CLUB_IDS, UNKNOWN, -1]
    chances = dict(zip(films, small.taste(history).seen(films).tolist(), strict=True))
    for movie in CLUB_IDS:
        assert chances[movie] == 1 if movie in history else 0 < chances[movie] < 1
    assert chances[UNKNOWN] == chances[-1] == 0
    assert small.taste(history).seen([]).tolist() == []


@settings(max_examples=40)
@given(history=histories, movies=st.lists(st.sampled_from(CLUB_IDS), max_size=4))
def test_of_a_few_films_the_chances_are_those_among_all(
    small: Recommender, history: dict[int, float], movies: list[int]
) -> None:
    taste = small.taste(history)
    rows = small.model.item_rows(np.array(movies, dtype=np.int64))
    np.testing.assert_allclose(taste.seen(movies), taste.seen_of_all()[rows], atol=1e-6)


def test_famous_films_have_more_probably_been_seen_than_obscure_ones(trained: Recommender) -> None:
    by_popularity = trained.catalogue.ids[np.argsort(-trained.popularity)]
    for history in ({}, {TOY_STORY: 4.0, 296: 4.5}):
        famous, obscure = (
            trained.taste(history).seen(films).mean() for films in (by_popularity[:50], by_popularity[-50:])
        )
        assert famous > 0.2
        assert famous > 10 * obscure


def test_who_loves_a_film_has_more_probably_seen_its_sequel(trained: Recommender) -> None:
    unlike = trained.taste({296: 4.0, 593: 4.0})
    assert trained.taste({TOY_STORY: 5.0, ALADDIN: 5.0}).seen([TOY_STORY_2])[0] > unlike.seen([TOY_STORY_2])[0]


# Lists


@settings(max_examples=50)
@given(history=histories, exclude=st.sets(st.sampled_from([*CLUB_IDS, UNKNOWN])), n=st.integers(0, 60))
def test_a_list_holds_the_wanted_number_of_new_films(
    small: Recommender, history: dict[int, float], exclude: set[int], n: int
) -> None:
    taste = small.taste(history)
    picks = taste.recommend(n, exclude=exclude)
    films = [pick.movie for pick in picks]
    free = set(CLUB_IDS) - history.keys() - exclude
    assert set(films) <= free
    assert len(films) == len(set(films)) == min(n, len(free))
    stars, sd = taste.predict(films)
    assert [pick.stars for pick in picks] == pytest.approx(stars.tolist())
    assert [pick.sd for pick in picks] == pytest.approx(sd.tolist())
    assert all(small.scale[0] <= pick.stars <= small.scale[1] and 0 < pick.sd_mean < pick.sd for pick in picks)


@settings(max_examples=40)
@given(history=histories, style=st.sampled_from(LIST_STYLES), n=st.integers(1, 60))
def test_a_match_never_rises_down_a_list_and_is_that_of_a_shorter_list(
    small: Recommender, history: dict[int, float], style: str, n: int
) -> None:
    whole = [pick.match for pick in small.taste(history).recommend(60, style=style, include_history=True)]
    assert all(before >= after for before, after in pairwise(whole))
    assert all(0 <= match <= 1 for match in whole)
    first = small.taste(history).recommend(n, style=style, include_history=True)
    assert [pick.match for pick in first] == pytest.approx(whole[:n], abs=1e-6)


def test_what_people_usually_watch_matches_by_a_half(trained: Recommender) -> None:
    """Without variety, which takes from a match what the films before it say already."""
    for history in ({}, {TOY_STORY: 5.0, 296: 1.0, ALADDIN: 4.5}):
        alone = replace(BLENDS["balanced"], sameness=0.0)
        picks = trained.taste(history).recommend(len(trained.catalogue.ids), blend=alone, include_history=True)
        matches = {pick.movie: pick.match for pick in picks}
        usual = trained.model.item_ids.numpy()[trained.model.usual_rows]
        assert np.mean([matches[movie] for movie in usual]) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("style", LIST_STYLES)
def test_a_list_misses_no_film_of_thousands(
    trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame], style: str
) -> None:
    """It is the same as if every film had been worked out."""
    model = trained.model
    for user in split[0]["user"].unique()[::60]:
        history = history_of(split[0], user)
        values = worths_of_all(trained, history, style).astype(np.float32)
        allowed = ~model.mask(history)
        rows, _ = rank(
            model, Bounded(values.__getitem__, values[model.rated] + 100, 100), allowed, 20, BLENDS[style].sameness
        )
        picks = trained.taste(history).recommend(20, style=style)
        assert [pick.movie for pick in picks] == model.item_ids.numpy()[rows].tolist()


def test_a_list_is_taken_from_among_the_wanted_films_alone(small: Recommender) -> None:
    taste = small.taste({5: 4.5})
    films = {pick.movie for pick in taste.recommend(10, exclude=[15], among=iter([5, 15, 25, 35, UNKNOWN]))}
    assert films == {25, 35}
    assert taste.recommend(10, among=[]) == []


def test_the_history_is_listed_only_where_it_is_asked_for(small: Recommender) -> None:
    taste = small.taste({5: 4.5, 15: 4.5})
    films = {pick.movie for pick in taste.recommend(100, exclude=[15], include_history=True)}
    assert films == set(CLUB_IDS) - {15}


def test_no_films_are_wanted_and_none_are_given(small: Recommender) -> None:
    assert small.taste({}).recommend(0) == small.taste({}).recommend(-3) == []


def test_the_best_films_for_a_member_are_the_kind_they_love(small: Recommender) -> None:
    even = small.taste({5: 5.0, 25: 4.5, 15: 1.0, 35: 0.5})
    assert [(pick.movie - 5) % 20 for pick in even.recommend(10)] == [0] * 10


@pytest.mark.parametrize("series", ["Star Trek", "Star Wars", "Harry Potter", "Rocky", "Halloween"])
def test_who_loves_a_series_is_not_given_five_of_it_in_a_row(trained: Recommender, series: str) -> None:
    titles = {movie.id: movie.title for movie in trained.catalogue if movie.title.startswith(series)}
    loved = sorted(titles, key=trained.count)[-2:]
    picks = trained.taste(dict.fromkeys(loved, 5.0)).recommend(10)
    of_it = "".join("x" if pick.movie in titles else "-" for pick in picks)
    assert len(titles) >= 5
    assert "xxxxx" not in of_it


def test_three_perfect_ratings_lead_no_list_of_somebody_without_a_taste(
    trained: Recommender, split: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    films = split[0].groupby("movie")["rating"].agg(["count", "min"])
    perfect = set(films.index[(films["min"] == 5.0) & (films["count"] <= 3)])
    assert len(perfect) > 100
    assert not perfect & {pick.movie for pick in trained.taste({}).recommend(25)}
    assert not perfect & set(trained.top(25))


def test_the_rating_that_says_most_is_the_one_that_nobody_would_have_expected(small: Recommender) -> None:
    history = {**dict.fromkeys(EVEN[:6], 5.0), ODD[0]: 5.0}
    telling = small.taste(history).telling()
    assert set(telling) == set(history)
    assert max(telling, key=lambda movie: telling[movie]) == ODD[0]


def test_what_a_rating_says_is_what_leaving_it_out_changes(small: Recommender) -> None:
    history = {EVEN[0]: 5.0, EVEN[1]: 2.5, ODD[0]: 4.0}
    rows = np.unique(small.model.usual_rows)
    whole = small.taste(history).stars_of_all()[rows]
    telling = small.taste(history).telling()
    assert telling.keys() == history.keys()
    for movie, change in telling.items():
        without = small.taste({other: stars for other, stars in history.items() if other != movie})
        lost = whole - without.stars_of_all()[rows]
        assert change == pytest.approx(np.sqrt(np.square(lost).mean()), abs=1e-4)


def test_what_was_to_be_expected_is_what_the_other_ratings_predict(small: Recommender) -> None:
    history = {EVEN[0]: 5.0, EVEN[1]: 2.5, ODD[0]: 4.0}
    foretold = small.taste(history).expected()
    assert foretold.keys() == history.keys()
    for movie, expected in foretold.items():
        without = small.taste({other: stars for other, stars in history.items() if other != movie})
        assert expected == pytest.approx(without.predict_mean([movie])[0][0], abs=1e-4)


def test_nothing_says_anything_of_somebody_without_ratings(small: Recommender) -> None:
    assert small.taste({}).telling() == {}
    assert small.taste({}).expected() == {}
