"""Whole lists in generated clubs: people get the films of their own camp, and who has no camp what is known and liked."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from recommender import LIST_STYLES, FitConfig, Recommender

CAMPS = ("Comedy", "Horror")
OWN, FAMOUS, OBSCURE = 25, 6, 20
CONFIG = FitConfig(factors=4, set_rank=6, samples=6, thinning=1, burn_in=6)


@dataclass(frozen=True)
class Club:
    """Each camp has its films, which the other seldom sees and likes less. Famous dramas are seen by nearly all; half of them are
    liked by all, half by few. Obscure dramas are seen by a few, who love them."""

    model: Recommender
    of_camp: dict[str, list[int]]
    liked: list[int]
    disliked: list[int]
    obscure: list[int]


@pytest.fixture(scope="module", params=range(4))
def club(request: pytest.FixtureRequest) -> Club:
    rng = np.random.default_rng(request.param)
    kinds = [*np.repeat(CAMPS, OWN), *["liked"] * (FAMOUS // 2), *["disliked"] * (FAMOUS // 2), *["obscure"] * OBSCURE]
    ids = rng.permutation(1000)[: len(kinds)]
    films = pd.DataFrame({"movie": ids, "title": [f"Film {movie}" for movie in ids], "kind": kinds})
    films["year"] = rng.integers(1960, 2015, len(films))
    films["genres"] = films["kind"].where(films["kind"].isin(CAMPS), "Drama")
    people = pd.DataFrame({"user": np.arange(120), "camp": rng.choice(CAMPS, 120)})
    pairs = people.merge(films, how="cross")
    own, other = pairs["kind"] == pairs["camp"], pairs["kind"].isin(CAMPS) & (pairs["kind"] != pairs["camp"])
    obscure, good = pairs["kind"] == "obscure", pairs["kind"] == "liked"
    chance = np.select([own, other, obscure], [0.4, 0.08, 0.03], 0.8)
    stars = np.select([own, other, obscure, good], [4.0, 2.5, 4.5, 4.5], 2.0) + rng.choice([-0.5, 0.0, 0.5], len(pairs))
    ratings = pairs.assign(rating=stars)[rng.random(len(pairs)) < chance][["user", "movie", "rating"]]
    model = Recommender.fit(ratings, films.drop(columns="kind"), config=CONFIG, device="cpu", seed=request.param)
    named = {kind: own["movie"].tolist() for kind, own in films.groupby("kind")}
    return Club(
        model, {camp: named[camp] for camp in CAMPS}, *(named[kind] for kind in ("liked", "disliked", "obscure"))
    )


@pytest.mark.parametrize("style", LIST_STYLES)
@pytest.mark.parametrize("camp", CAMPS)
@pytest.mark.parametrize("given", [3, 8])
def test_who_likes_the_films_of_a_camp_gets_more_of_them_first(club: Club, camp: str, style: str, given: int) -> None:
    films = club.of_camp[camp]
    history = dict.fromkeys(films[:given], 4.5)
    first = [pick.movie for pick in club.model.taste(history).recommend(10, style=style)]
    # A film that a few saw and love is an adventure.
    others = {*club.liked, *club.obscure} if style == "adventurous" else set(club.liked)
    assert set(first) <= {*films, *others}
    assert len(set(first) & set(films)) >= 7


@pytest.mark.parametrize("style", LIST_STYLES)
def test_dislikes_of_the_other_camp_take_nothing_from_ones_own(club: Club, style: str) -> None:
    comedies, horror = (club.of_camp[camp] for camp in CAMPS)
    history = {**dict.fromkeys(comedies[:3], 5.0), **dict.fromkeys(horror[:3], 1.0)}
    first = [pick.movie for pick in club.model.taste(history).recommend(10, style=style)]
    assert not set(first) & set(horror)


@pytest.mark.parametrize("style", LIST_STYLES)
def test_somebody_without_ratings_gets_what_is_well_known_and_liked(club: Club, style: str) -> None:
    first = [pick.movie for pick in club.model.taste({}).recommend(5, style=style)]
    assert set(club.liked) <= set(first)
    assert not set(first) & {*club.disliked, *club.obscure}


@pytest.mark.parametrize("style", LIST_STYLES)
def test_films_of_a_camp_are_lifted_by_those_of_their_own_and_not_by_the_others(club: Club, style: str) -> None:
    comedies, horror = (club.of_camp[camp] for camp in CAMPS)
    rated = [*comedies[:3], *horror[:3]]
    lifts = club.model.taste(dict.fromkeys(rated, 4.5)).lifts(comedies[3:], style)
    mean = {movie: np.mean([own[movie] for own in lifts]) for movie in rated}
    assert min(mean[movie] for movie in comedies[:3]) > 0 > max(mean[movie] for movie in horror[:3])


def test_people_have_more_probably_seen_the_films_of_their_own_camp(club: Club) -> None:
    own, other = (club.of_camp[camp] for camp in CAMPS)
    taste = club.model.taste(dict.fromkeys(own[:5], 4.0))
    assert taste.seen(own[5:]).mean() > 2 * taste.seen(other).mean()
    assert taste.seen(club.liked).mean() > 2 * taste.seen(club.obscure).mean()
