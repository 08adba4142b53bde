"""The protocols: who is learned from, what is given, what is tested."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender.datasets import MovieLens
from recommender.evaluation.splits import (
    CLUB_GIVEN,
    FILM_GIVEN,
    GIVEN,
    LIKED,
    RANKED_GIVEN,
    TESTED,
    NewMembers,
    club_films,
    held_out,
    members_at,
    members_in_time,
    new_films,
    new_members,
    random_split,
    ranked_members,
    u1,
)
from tests.recommender.datasets.download_site import Site

Pair = tuple[int, int]


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    """100 users with 60 ratings each, and 20 with 10."""
    rng = np.random.default_rng(0)
    counts = [60] * 100 + [10] * 20
    rows = [(user, movie) for user, count in enumerate(counts, 1) for movie in rng.permutation(200)[:count] + 1]
    frame = pd.DataFrame(rows, columns=["user", "movie"])
    return frame.assign(rating=rng.integers(1, 6, len(frame)).astype(float), timestamp=np.arange(len(frame)))


@pytest.fixture(scope="module")
def members(ratings: pd.DataFrame) -> NewMembers:
    return new_members(ratings, seed=0)


def pairs(rows: pd.DataFrame) -> set[Pair]:
    return set(zip(rows["user"], rows["movie"], strict=True))


def test_about_the_wanted_share_is_held_out(movielens: MovieLens) -> None:
    assert held_out(movielens.ratings, 0.2).mean() == pytest.approx(0.2, abs=0.005)


def test_the_share_may_be_nothing_or_all(movielens: MovieLens) -> None:
    assert not held_out(movielens.ratings, 0.0).any()
    assert held_out(movielens.ratings, 1.0).all()


def test_a_row_is_held_out_whatever_else_there_is(movielens: MovieLens) -> None:
    part = movielens.ratings.sample(1000, random_state=0)
    whole = pd.Series(held_out(movielens.ratings, 0.1), index=movielens.ratings.index)
    assert held_out(part, 0.1).tolist() == whole[part.index].tolist()


def test_the_rows_held_out_never_change_from_one_release_to_the_next() -> None:
    pairs = pd.DataFrame({"user": [1, 1, 2, 10**18 + 7, 10**18 + 7], "movie": [2, 3, 2, 318, 296]})
    assert held_out(pairs, 0.5).tolist() == [True, True, True, False, True]


def test_a_larger_share_holds_the_smaller_one(movielens: MovieLens) -> None:
    small, large = held_out(movielens.ratings, 0.02), held_out(movielens.ratings, 0.1)
    assert not (small & ~large).any()


def test_another_salt_holds_out_other_rows(movielens: MovieLens) -> None:
    shares = [held_out(movielens.ratings, 0.2, salt) for salt in (0, 1, 10**6)]
    for other in shares[1:]:
        assert other.mean() == pytest.approx(0.2, abs=0.005)
        assert (shares[0] & other).mean() == pytest.approx(0.04, abs=0.005)


def test_a_random_split_tests_its_share_and_learns_from_the_rest(ratings: pd.DataFrame) -> None:
    split = random_split(ratings, 0.2, seed=0)
    assert len(split.test) == round(0.2 * len(ratings))
    assert pairs(split.train) | pairs(split.test) == pairs(ratings)
    assert not pairs(split.train) & pairs(split.test)


def test_a_seed_gives_one_split_and_another_seed_another(ratings: pd.DataFrame) -> None:
    first, again, other = (random_split(ratings, 0.2, seed) for seed in (0, 0, 1))
    assert first.test.equals(again.test)
    assert pairs(first.test) != pairs(other.test)


def test_new_members_are_a_fifth_of_those_with_enough_ratings_and_never_learned_from(
    ratings: pd.DataFrame, members: NewMembers
) -> None:
    new = set(members.test["user"])
    assert len(new) == 20
    assert new <= set(range(1, 101))
    assert not new & set(members.train["user"])
    assert pairs(members.train) == pairs(ratings[~ratings["user"].isin(new)])


def test_what_is_given_is_nested_and_as_many_for_everyone(members: NewMembers) -> None:
    fewer: set[Pair] = set()
    for k in GIVEN:
        given = members.given(k)
        assert len(given) == len(pairs(given)) == k * 20
        assert (given.groupby("user").size() == k).all()
        assert fewer <= pairs(given)
        fewer = pairs(given)


def test_what_is_tested_is_never_given(members: NewMembers) -> None:
    assert (members.test.groupby("user").size() == TESTED).all()
    assert not pairs(members.test) & pairs(members.pool)


def test_each_members_tested_rows_lie_together(members: NewMembers) -> None:
    assert (
        members.test["user"].to_numpy().reshape(-1, TESTED) == members.test["user"].to_numpy()[::TESTED, None]
    ).all()


def test_the_order_of_the_rows_changes_no_new_member(ratings: pd.DataFrame, members: NewMembers) -> None:
    shuffled = new_members(ratings.sample(frac=1, random_state=1), seed=0)
    assert pairs(shuffled.test) == pairs(members.test)
    assert pairs(shuffled.given(3)) == pairs(members.given(3))


def test_members_in_time_are_given_their_first_ratings_and_tested_on_later_ones(ratings: pd.DataFrame) -> None:
    split = members_in_time(ratings.sample(frac=1, random_state=1), seed=0, wait=0)
    assert not set(split.test["user"]) & set(split.train["user"])
    assert (split.test.groupby("user").size() == TESTED).all()
    first = ratings.sort_values(["user", "timestamp"])
    for k in GIVEN:
        given = split.given(k)
        assert pairs(given) == pairs(first[first["user"].isin(split.test["user"])].groupby("user").head(k))
        assert not pairs(given) & pairs(split.test)


def test_those_with_too_few_ratings_after_the_wait_are_neither_tested_nor_learned_from(ratings: pd.DataFrame) -> None:
    start = ratings.groupby("user")["timestamp"].transform("min")
    slow = ratings.assign(timestamp=1 + start + (ratings["timestamp"] - start) * (1 + ratings["user"] % 2))
    soon, later = (members_in_time(slow, seed=0, wait=wait) for wait in (0, 60))
    assert (later.test["user"] % 2 == 1).all()
    assert set(later.test["user"]) < set(soon.test["user"])
    assert pairs(later.train) == pairs(soon.train)
    first = later.test["user"].map(slow.groupby("user")["timestamp"].min())
    assert (later.test["timestamp"] >= first + 60).all()


def test_who_rated_at_no_known_time_is_no_member_in_time(ratings: pd.DataFrame) -> None:
    times = np.random.default_rng(0).integers(1, 10**6, len(ratings))
    partly = ratings.assign(timestamp=np.where(ratings["user"] % 3 > 0, times, 0))
    for split in (members_in_time(partly, seed=0, wait=0), members_at(partly, 0.6)):
        assert len(split.test)
        assert (split.test["user"] % 3 > 0).all()


def test_before_a_moment_is_learned_from_or_given_and_after_it_tested(ratings: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    split = members_at(ratings.assign(timestamp=rng.integers(1, 10**6, len(ratings))), 0.6)
    moment = split.test["timestamp"].min()
    assert max(split.train["timestamp"].max(), split.pool["timestamp"].max()) < moment
    assert set(split.pool["user"]) == set(split.test["user"])
    assert not set(split.train["user"]) & set(split.test["user"])
    assert (split.pool.groupby("user").size() >= max(GIVEN)).all()
    assert split.pool.groupby("user")["timestamp"].is_monotonic_increasing.all()


def test_lists_are_judged_by_what_was_liked_of_the_half_that_is_never_given(ratings: pd.DataFrame) -> None:
    split = ranked_members(ratings, seed=0)
    assert not set(split.pool["user"]) & set(split.train["user"])
    assert (split.pool.groupby("user").size() == 30).all()
    assert (split.test["rating"] >= LIKED).all()
    assert not pairs(split.test) & pairs(split.pool)
    for k in RANKED_GIVEN:
        assert (split.given(k).groupby("user").size() == k).all()


def test_new_films_are_learned_from_by_their_given_ratings_alone(ratings: pd.DataFrame) -> None:
    many = ratings.assign(movie=ratings["movie"] % 60).drop_duplicates(["user", "movie"])
    split = new_films(many, seed=0)
    new = set(split.test["movie"])
    assert len(new) == 6
    assert not new & set(split.train["movie"])
    for n in FILM_GIVEN:
        learned = split.given(n)
        assert list(learned) == list(many)
        assert (learned[learned["movie"].isin(new)].groupby("movie").size() == n).all()
        assert not pairs(learned) & (pairs(split.test) | pairs(split.elsewhere))
    assert not pairs(split.test) & pairs(split.elsewhere)
    assert pairs(new_films(many.sample(frac=1, random_state=1), seed=0).test) == pairs(split.test)


def test_a_clubs_films_are_given_and_tested_by_its_members_alone(ratings: pd.DataFrame) -> None:
    many = ratings.assign(movie=ratings["movie"] % 60).drop_duplicates(["user", "movie"])
    split = club_films(many, seed=0)
    own = pd.concat([split.pool, split.test]).groupby("movie")["user"]
    assert own.nunique().between(max(CLUB_GIVEN) + 1, 5).all()
    assert (split.pool.groupby("movie").size() == max(CLUB_GIVEN)).all()
    assert not set(own.groups) & set(split.train["movie"])
    assert not pairs(split.pool) & pairs(split.test)


def test_u1_is_read_from_the_zip_and_kept(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ml-100k/u1.base", "1\t2\t3\t4\n1\t5\t1\t7\n")
        archive.writestr("ml-100k/u1.test", "2\t2\t5\t4\n")
    site = Site()
    site.files["/ml-100k.zip"] = content.getvalue()
    split = u1(tmp_path, site.url)
    site.close()
    assert split.train["rating"].tolist() == [3.0, 1.0]
    assert split.train["movie"].tolist() == [10, 22]
    assert pairs(split.test) == {(2, 10)}
    assert u1(tmp_path, "http://127.0.0.1:9/nowhere").train.equals(split.train)
