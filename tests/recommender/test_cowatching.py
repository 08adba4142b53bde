"""What is liked next, given a few films: the maps against slow computations, and what is made of them."""

from itertools import product
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import torch

from recommender.cowatching import (
    ACTIVITY,
    DAMPING,
    FLOOR,
    GIVEN,
    ITERATIONS,
    LEAST_RIDGE,
    LIKED,
    MANY,
    RIDGE,
    SURPRISE,
    Cowatching,
    CowatchingTables,
    learn,
)
from recommender.interactions import Interactions

Array = np.ndarray[Any, np.dtype[np.float64]]
NONE = np.array([], dtype=np.int64)


def rated(users: int, films: int, seed: int = 0) -> pd.DataFrame:
    """Members of two camps and what they rate, most films by most of them. Some ratings are of less weight."""
    rng = np.random.default_rng(seed)
    user, movie = (grid.ravel() for grid in np.meshgrid(np.arange(users), np.arange(films), indexing="ij"))
    stars = np.where(user % 2 == movie % 2, 4.0, 3.0) + rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0], user.size)
    frame = pd.DataFrame({"user": user, "movie": movie, "rating": stars, "weight": rng.choice([1.0, 0.5], user.size)})
    # The first eight rate every film, so that each has ratings enough, also by weight.
    return frame[(user < 8) | (rng.random(user.size) < 0.6)].reset_index(drop=True)


def taught(ratings: pd.DataFrame, seed: int = 0) -> CowatchingTables:
    return learn(Interactions.from_frame(ratings, (0.5, 5.0)), torch.device("cpu"), seed)


def maps(tables: CowatchingTables) -> Array:
    """(K, films, films)"""
    return (tables.given.double() @ tables.following.double().mT).numpy()


def table(ratings: pd.DataFrame, column: pd.Series) -> Array:
    """(users, films) with 0 where there is no rating."""
    frame = ratings.assign(value=column)
    return frame.pivot_table(index="user", columns="movie", values="value", fill_value=0.0).to_numpy(float)


def values(ratings: pd.DataFrame) -> pd.Series:
    """What each rating is worth: by its surprise, and by its weight."""
    weight, stars = ratings["weight"], ratings["rating"]
    films = (weight * stars).groupby(ratings["movie"]).sum(), weight.groupby(ratings["movie"]).sum()
    means = (films[0] + DAMPING * np.average(stars, weights=weight)) / (films[1] + DAMPING)
    return weight * (1 + SURPRISE * (stars - ratings["movie"].map(means)))


def user_weights(ratings: pd.DataFrame) -> Array:
    weight = ratings.groupby("user")["weight"]
    raw = weight.size() ** -ACTIVITY * weight.mean()
    return np.asarray(raw / raw.mean(), dtype=float)


def by_equations(ratings: pd.DataFrame, k: int) -> tuple[Array, Array]:
    """The map and its constant by the normal equations as they are stated, one user after the other."""
    v, y = table(ratings, values(ratings)), table(ratings, ratings["weight"] * (ratings["rating"] >= LIKED))
    users, films = v.shape
    a = np.diag(np.append(np.full(films, RIDGE * k * (1 + users * k**2 / MANY)), LEAST_RIDGE * users))
    b = np.zeros((films + 1, films))
    for own, liked, w in zip(v, y, user_weights(ratings), strict=True):
        q = min(k / (own != 0).sum(), 0.5)
        a[:-1, :-1] += w * (q**2 * np.outer(own, own) + (q - q**2) * np.diag(own**2))
        a[:-1, -1] += w * q * own
        a[-1, :-1] += w * q * own
        a[-1, -1] += w
        b[:-1] += w * q * (1 - q) * np.outer(own, liked)
        b[-1] += w * (1 - q) * liked
    b[:-1][np.diag_indices(films)] = 0
    solution = np.linalg.solve(a, b)
    return solution[:-1], solution[-1]


def by_all_subsets(ratings: pd.DataFrame, k: int) -> tuple[Array, Array]:
    """The same by ridge regression on every way in which a user's films may be given or asked for."""
    v, y = table(ratings, values(ratings)), table(ratings, ratings["weight"] * (ratings["rating"] >= LIKED))
    users, films = v.shape
    a = np.diag(np.append(np.full(films, RIDGE * k * (1 + users * k**2 / MANY)), LEAST_RIDGE * users))
    b = np.zeros((films + 1, films))
    subsets = np.array(list(product([0, 1], repeat=films)))
    for own, liked, w in zip(v, y, user_weights(ratings), strict=True):
        n = (own != 0).sum()
        q = min(k / n, 0.5)
        given = subsets[(subsets <= (own != 0)).all(1)]
        chance = w * q ** given.sum(1) * (1 - q) ** (n - given.sum(1))
        inputs = np.column_stack([given * own, np.ones(len(given))])
        a += inputs.T @ (chance[:, None] * inputs)
        b += inputs.T @ (chance[:, None] * (1 - given) * liked)
    solution = np.linalg.solve(a, b)
    return solution[:-1], solution[-1]


# What is learned


@pytest.mark.parametrize("users", [10, 40], ids=["fewer people than films", "more people than films"])
def test_the_maps_solve_the_normal_equations(users: int) -> None:
    ratings = rated(users, films=12)
    tables = taught(ratings)
    for at, k in enumerate(GIVEN):
        weights, constant = by_equations(ratings, k)
        np.testing.assert_allclose(maps(tables)[at], weights, atol=1e-3)
        np.testing.assert_allclose(tables.constant[at], constant, atol=1e-3)


def test_the_normal_equations_are_those_of_all_subsets_of_everybodys_films() -> None:
    ratings = rated(users=12, films=8)
    for k in GIVEN:
        for stated, slow in zip(by_equations(ratings, k), by_all_subsets(ratings, k), strict=True):
            np.testing.assert_allclose(stated, slow, atol=1e-9)


@pytest.mark.parametrize(("iterations", "worse"), [(ITERATIONS, 0.1), (100, 1e-3)])
def test_of_a_low_rank_the_directions_are_the_best_there_are(iterations: int, worse: float) -> None:
    """Where map k counts k times and each film by 1 / sqrt(the share who like it), as the singular value decomposition would."""
    ratings = rated(users=60, films=20)
    whole = taught(ratings)
    with patch.multiple("recommender.cowatching", RANK=4, ITERATIONS=iterations):
        tables = taught(ratings)
    assert tables.following.shape == (20, 4)
    counts, films = np.sqrt(GIVEN)[:, None, None], 1 / np.sqrt(whole.share.numpy()[:-1])
    error = np.linalg.norm(counts * (maps(whole) - maps(tables)) * films)
    least = np.linalg.norm(np.linalg.svd((counts * maps(whole) * films).reshape(-1, 20), compute_uv=False)[4:])
    assert least <= error * (1 + 1e-4)
    assert error <= (1 + worse) * least


def test_maps_are_of_the_most_rated_films_alone() -> None:
    """Films 5 to 7 have three ratings or fewer."""
    ratings = rated(users=12, films=8)
    seldom = ratings[(ratings["movie"] < 5) | (ratings["user"] < 3)]
    assert taught(seldom).rows.tolist() == [0, 1, 2, 3, 4]
    with patch("recommender.cowatching.MOST_FILMS", 3):
        held = ratings.groupby("movie")["weight"].sum().nlargest(3).index
        assert taught(ratings).rows.tolist() == sorted(held)


def test_of_a_catalogue_of_hardly_any_ratings_something_is_learned_all_the_same() -> None:
    ratings = pd.DataFrame({"user": [1, 1, 2], "movie": [10, 20, 10], "rating": [5.0, 1.0, 4.0]})
    for frame in (ratings, ratings[:1]):
        tables = taught(frame)
        assert all(bool(torch.isfinite(part).all()) for part in tables.fields().values())
        everything = Cowatching(tables, np.arange(len(tables.share)))
        assert (everything.chances(np.zeros((1, tables.following.shape[1]), dtype=np.float32), 0) > 0).all()


def test_ratings_of_hardly_any_weight_teach_hardly_anything() -> None:
    ratings = rated(users=12, films=8)
    more = pd.concat([ratings, rated(users=12, films=8, seed=1).assign(user=lambda frame: frame["user"] + 100)])
    quiet = more.assign(weight=np.where(more["user"] >= 100, 1e-6, more["weight"]))
    loud, whispered, before = (taught(frame) for frame in (more, quiet, ratings))
    torch.testing.assert_close(whispered.means, before.means, atol=1e-3, rtol=0)
    # Who hardly counts has been there all the same.
    torch.testing.assert_close(whispered.share * 25, before.share * 13, atol=1e-3, rtol=0)
    assert not torch.allclose(loud.share * 25, before.share * 13, atol=0.5, rtol=0)


def test_shares_are_of_all_people_and_means_are_damped_with_those_of_a_film_that_nobody_rated_in_the_end() -> None:
    ratings = pd.DataFrame({"user": [1, 2, 3, 4], "movie": [7, 7, 7, 8], "rating": [5.0, 4.0, 3.0, 2.0]})
    tables = taught(ratings)
    np.testing.assert_allclose(tables.share, [2.5 / 5, 0.5 / 5, 0.5 / 5], rtol=1e-6)
    average = 3.5
    expected = [(12 + DAMPING * average) / (3 + DAMPING), (2 + DAMPING * average) / (1 + DAMPING), average]
    np.testing.assert_allclose(tables.means, expected, rtol=1e-6)


def test_nothing_depends_on_the_order_of_the_rows_and_the_same_seed_gives_the_same() -> None:
    ratings = rated(users=30, films=12)
    state = torch.get_rng_state()
    first, again = taught(ratings), taught(ratings.sample(frac=1, random_state=1))
    assert torch.equal(torch.get_rng_state(), state)
    for name, part in first.fields().items():
        torch.testing.assert_close(again.fields()[name], part, rtol=0, atol=0)


def test_tables_are_what_they_were_after_they_went_into_a_model() -> None:
    tables = taught(rated(users=12, films=8))
    assert CowatchingTables.of({**tables.fields(), "users": torch.zeros(1)}) == tables


# What is made of it

FILMS, KNOWN, DIRECTIONS = 130, 120, 3


@pytest.fixture
def tables() -> CowatchingTables:
    """Of 130 films the maps know those of an even row, and all from row 110 on."""
    rng = np.random.default_rng(0)
    rows = np.union1d(np.arange(0, FILMS, 2), np.arange(110, FILMS))
    rows = np.union1d(rows, np.arange(1, 1 + 2 * (KNOWN - len(rows)), 2))
    numbers = [rng.normal(0, 0.1, shape) for shape in ((len(GIVEN), KNOWN, DIRECTIONS), (KNOWN, DIRECTIONS))]
    constant, share = rng.uniform(0, 0.2, (len(GIVEN), KNOWN)), rng.uniform(0.01, 0.3, FILMS)
    parts = (torch.from_numpy(part).float() for part in (*numbers, constant, share, rng.uniform(2, 4, FILMS)))
    return CowatchingTables(torch.from_numpy(rows), *parts)


@pytest.fixture
def cowatching(tables: CowatchingTables) -> Cowatching:
    return Cowatching(tables, np.arange(FILMS))


def history(tables: CowatchingTables, count: int) -> tuple[np.ndarray, Array]:
    """So many films that the maps know, and stars for them."""
    rng = np.random.default_rng(count)
    return rng.permutation(tables.rows.numpy())[:count], rng.integers(1, 11, count) / 2


def inputs(tables: CowatchingTables, rows: np.ndarray, stars: Array) -> Array:
    return np.asarray(np.maximum(1 + SURPRISE * (stars - tables.means.numpy()[rows]), 0), dtype=np.float64)


def mixture(count: int) -> Array:
    """(K,) how much each map counts."""
    return np.asarray(
        [np.interp(np.log(max(count, 1)), np.log(GIVEN), one) for one in np.eye(len(GIVEN))], dtype=np.float64
    )


@pytest.mark.parametrize("count", [1, 2, 5, 10, 20, 33, 80, 100])
def test_a_chance_is_the_constant_and_the_sum_of_what_each_film_says(
    tables: CowatchingTables, cowatching: Cowatching, count: int
) -> None:
    """Between the numbers of ratings that were learned from, maps are mixed by the logarithm; beyond, an average counts."""
    rows, stars = history(tables, count)
    parts, counting = cowatching.parts(rows, stars)
    assert counting == count
    given = np.tensordot(mixture(count), tables.given.double().numpy(), 1)
    place = np.searchsorted(tables.rows.numpy(), rows)
    person = inputs(tables, rows, stars) @ given[place] * min(1, 80 / count)
    linear = person @ tables.following.double().numpy().T + mixture(count) @ tables.constant.double().numpy()
    expected = FLOOR * tables.share.double().numpy()
    expected[tables.rows] = np.maximum(linear, expected[tables.rows])
    [found] = cowatching.chances(parts.sum(0, keepdims=True), count)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_no_chance_is_below_a_tenth_of_the_share_who_like_the_film(
    tables: CowatchingTables, cowatching: Cowatching
) -> None:
    against = -100 * tables.following.numpy().sum(0, keepdims=True)
    [found] = cowatching.chances(against, 5)
    least = FLOOR * tables.share.numpy()
    assert (found >= least).all()
    assert (found == least).sum() > FILMS / 3
    unknown = np.setdiff1d(np.arange(FILMS), tables.rows)
    assert not cowatching.holds(unknown).any()
    assert cowatching.holds(tables.rows.numpy()).all()
    assert found[unknown].tolist() == least[unknown].tolist()


def test_the_chances_of_some_films_are_those_of_all(tables: CowatchingTables, cowatching: Cowatching) -> None:
    people = np.random.default_rng(1).normal(0, 1, (4, DIRECTIONS)).astype(np.float32)
    wanted = np.array([129, 3, 0, 109, 3])
    everything = cowatching.chances(people, 12)
    np.testing.assert_allclose(cowatching.chances(people, 12, wanted), everything[:, wanted], rtol=1e-5)


def test_films_that_no_map_knows_say_nothing_and_are_not_counted(
    tables: CowatchingTables, cowatching: Cowatching
) -> None:
    unknown = np.setdiff1d(np.arange(FILMS), tables.rows)
    parts, count = cowatching.parts(unknown, np.full(len(unknown), 5.0))
    assert count == 0
    assert not parts.any()
    rows, stars = history(tables, 7)
    mixed, counting = cowatching.parts(np.append(rows, unknown), np.append(stars, np.full(len(unknown), 1.0)))
    assert counting == 7
    np.testing.assert_array_equal(mixed[:7], cowatching.parts(rows, stars)[0])


def test_somebody_without_ratings_is_given_the_constant(tables: CowatchingTables, cowatching: Cowatching) -> None:
    parts, count = cowatching.parts(NONE, np.array([]))
    assert (parts.shape, count) == ((0, DIRECTIONS), 0)
    [found] = cowatching.chances(parts.sum(0, keepdims=True), count)
    rows = tables.rows.numpy()
    least = FLOOR * tables.share.numpy()[rows]
    np.testing.assert_array_equal(found[rows], np.maximum(tables.constant[0].numpy(), least))


def test_two_films_are_as_alike_as_each_speaks_for_the_other_after_a_long_history(
    tables: CowatchingTables, cowatching: Cowatching
) -> None:
    given, following = (
        table / np.linalg.norm(table, axis=1, keepdims=True)
        for table in (tables.given[-1].double().numpy(), tables.following.double().numpy())
    )
    one_way = given @ following.T
    expected = np.zeros((FILMS, FILMS))
    expected[np.ix_(tables.rows, tables.rows)] = (one_way + one_way.T) / 2
    everything = np.arange(FILMS)
    np.testing.assert_allclose(cowatching.likeness(everything, slice(None)), expected, atol=1e-5)
    some = np.array([129, 3, 0, 109, 3])
    np.testing.assert_allclose(cowatching.likeness(some, everything[::-1]), expected[some, ::-1], atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 6, 30, 81, 100])
def test_the_parts_of_a_history_with_one_less_are_those_of_the_rest(
    tables: CowatchingTables, cowatching: Cowatching, count: int
) -> None:
    rows, stars = history(tables, count)
    fewer, counting = cowatching.parts(rows, stars, fewer=1)
    assert counting == count - 1
    for out in (0, count - 1):
        rest, counted = cowatching.parts(np.delete(rows, out), np.delete(stars, out))
        assert counted == counting
        np.testing.assert_allclose(np.delete(fewer, out, axis=0), rest, rtol=1e-5)


def test_a_film_speaks_by_how_much_better_than_its_mean_it_is_rated_and_never_against(
    tables: CowatchingTables, cowatching: Cowatching
) -> None:
    row = tables.rows[:1].numpy()
    mean = float(tables.means[row[0]])
    usual, liked, hated = (cowatching.parts(row, np.array([mean + above]))[0][0] for above in (0.0, 2.0, -2 / SURPRISE))
    np.testing.assert_allclose(liked, (1 + 2 * SURPRISE) * usual, rtol=1e-5)
    assert not hated.any()


def test_of_very_many_people_every_second_is_enough() -> None:
    ratings = rated(users=40, films=10)
    with patch("recommender.cowatching.MOST_USERS", 20):
        some = taught(ratings)
    others = ratings["user"] % 2 == 1
    alone = taught(ratings[~others])
    assert some.rows.tolist() == alone.rows.tolist()
    # Shares and means are of everybody; the maps are of every second.
    assert (some.share != alone.share).any()
    with patch("recommender.cowatching.SURPRISE", 0.0):
        with patch("recommender.cowatching.MOST_USERS", 20):
            some = taught(ratings)
        alone = taught(ratings[~others])
    np.testing.assert_allclose(some.constant.numpy(), alone.constant.numpy(), atol=1e-5)
