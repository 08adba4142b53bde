"""Films that nobody rated, and films that come between two fits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import LIST_STYLES, Filters, FitConfig, OneCycleConfig, Recommender, slate
from recommender.interactions import LARGEST
from recommender.solver import coordinates
from tests.recommender.people import CLUB_IDS

CONFIGS = {
    "bayesian": FitConfig(factors=3, set_rank=4, samples=6, thinning=1, burn_in=6),
    "one_cycle": OneCycleConfig(factors=5, epochs=5, learning_rate=2e-2),
}
COMEDY, HORROR, PLAIN = 1001, 1000, 50  # ids, one of them among the club's
NEW = pd.DataFrame(
    {
        "movie": [COMEDY, HORROR, PLAIN],
        "title": ["A New Comedy", "A New Horror Film", "Of Which Nothing Is Known"],
        "year": pd.array([2001, 1999, None], dtype="Int64"),
        "genres": ["Comedy", "Horror|Thriller", ""],
    }
)
ALL = [*CLUB_IDS, *NEW["movie"]]
HISTORY = {5: 4.5, 15: 1.0, 25: 5.0, 35: 2.0}


@pytest.fixture(scope="module", params=CONFIGS)
def before(request: pytest.FixtureRequest, club: pd.DataFrame, club_films: pd.DataFrame) -> Recommender:
    return Recommender.fit(club, club_films, config=CONFIGS[request.param], device="cpu")


@pytest.fixture(scope="module")
def after(before: Recommender) -> Recommender:
    return before.with_films(NEW)


def same(one: Recommender, other: Recommender) -> None:
    """Both know the same films and say the same of them."""
    pd.testing.assert_frame_equal(one.movies, other.movies)
    films = one.movies["movie"]
    assert one.predict([0] * len(films), films).tolist() == other.predict([0] * len(films), films).tolist()
    for ours, theirs in zip(one.taste(HISTORY).predict(films), other.taste(HISTORY).predict(films), strict=True):
        assert ours.tolist() == theirs.tolist()
    assert one.taste(HISTORY).recommend(20) == other.taste(HISTORY).recommend(20)


# What is said of them


def test_a_new_film_is_what_a_fit_would_have_made_of_it(
    before: Recommender, after: Recommender, club: pd.DataFrame, club_films: pd.DataFrame
) -> None:
    config = CONFIGS["one_cycle" if before.model.sigmoid_range else "bayesian"]
    same(after, Recommender.fit(club, pd.concat([club_films, NEW]), config=config, device="cpu"))


def test_those_that_were_known_before_are_what_they_were(before: Recommender, after: Recommender) -> None:
    users = [10**18, 10**18 + 7, 404]
    for user in users:
        assert before.predict([user] * 42, CLUB_IDS).tolist() == after.predict([user] * 42, CLUB_IDS).tolist()
    for ours, theirs in zip(
        before.taste(HISTORY).predict(CLUB_IDS), after.taste(HISTORY).predict(CLUB_IDS), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_new_film_is_predicted_by_its_genre(small: Recommender) -> None:
    model = small.with_films(NEW)
    even = model.taste(HISTORY)
    [comedy, horror], _ = even.predict([COMEDY, HORROR])
    assert comedy > horror + 1


def test_of_a_film_that_nobody_rated_more_is_left_open_than_of_any_other(small: Recommender) -> None:
    model = small.with_films(NEW)
    doubts = model.taste(HISTORY).predict_mean(ALL)[1]
    assert doubts[-3:].min() > doubts[:40].max()


def test_its_doubt_is_what_sampling_the_film_and_the_person_finds(small: Recommender) -> None:
    model, rng, size = small.with_films(NEW).model, np.random.default_rng(0), 100_000
    row = model.item_rows(np.array([COMEDY]))
    scores = []
    for draw in range(model.draws):
        mean = coordinates(model.item_samples(row)[0, draw]).double().numpy()
        films = rng.multivariate_normal(mean, model.item_cov[draw].numpy(), size)
        people = rng.multivariate_normal(np.zeros(len(mean)), model.user_cov[draw].numpy(), size)
        scores.append((films[:, :-1] * people[:, :-1]).sum(1) + films[:, -1] + people[:, -1])
    found = small.with_films(NEW).taste({}).predict_mean([COMEDY])[1][0]
    assert found == pytest.approx(np.concatenate(scores).std(), rel=0.02)


def test_a_mean_from_elsewhere_counts_where_the_fit_knew_some(club: pd.DataFrame, club_films: pd.DataFrame) -> None:
    quality = np.linspace(-1, 1, 42)
    ratings = club.assign(rating=(club["rating"] + quality[(club["movie"] - 5) // 10]).clip(0.5, 5))
    films = club_films.assign(outside_mean=6 + quality, outside_votes=1000.0)
    model = Recommender.fit(ratings, films, config=CONFIGS["bayesian"], device="cpu")
    new = NEW.assign(
        genres="", year=pd.array([None] * 3, dtype="Int64"), outside_mean=[7.0, 5.0, 6.0], outside_votes=1e3
    )
    best, worst, middling = (model.with_films(new).average_stars(movie) for movie in (COMEDY, HORROR, PLAIN))
    assert best > middling + 0.3 > worst + 0.6


@pytest.mark.parametrize("known", [{"year": pd.array([None] * 42, dtype="Int64")}, {"genres": "Comedy"}, {}], ids=str)
def test_what_tells_the_films_of_a_fit_apart_in_nothing_tells_nothing_of_new_ones(
    club: pd.DataFrame, club_films: pd.DataFrame, known: dict[str, object]
) -> None:
    films = club_films.assign(year=pd.array([1990] * 42, dtype="Int64"), genres="").assign(**known)
    model = Recommender.fit(club, films, config=CONFIGS["bayesian"], device="cpu").with_films(
        NEW.assign(outside_mean=[9.0, 1.0, np.nan], outside_votes=1e6)
    )
    assert len({model.average_stars(movie) for movie in NEW["movie"]}) == 1


def test_films_that_nobody_rated_change_nothing_for_the_others(
    small: Recommender, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"movie": 10**9 + np.arange(500), "year": 2020, "genres": rng.choice(["War", "Western"], 500)})
    model = Recommender.fit(club, pd.concat([club_films, many]), config=small_config, device="cpu")
    assert model.predict([10**18] * 42, CLUB_IDS).tolist() == small.predict([10**18] * 42, CLUB_IDS).tolist()
    assert [near.movie for near in model.similar(5, 5)] == [near.movie for near in small.similar(5, 5)]
    assert model.info["films"] == 542


# What can be done with them


def test_a_new_film_can_be_rated_and_counts_at_once(small: Recommender) -> None:
    model = small.with_films(NEW)
    loved, hated = (model.taste({COMEDY: stars}).predict([5, 15])[0] for stars in (5.0, 0.5))
    assert loved[0] > hated[0] + 0.1
    assert loved[0] - loved[1] > hated[0] - hated[1]


def test_a_rating_of_a_film_that_nobody_rated_moves_less_than_one_of_another(
    small: Recommender, club: pd.DataFrame
) -> None:
    model = small.with_films(NEW)
    for user in club["user"].unique()[:10]:
        own = club[club["user"] == user]
        history = dict(zip(own["movie"].tolist(), own["rating"].tolist(), strict=True))
        left = [movie for movie in CLUB_IDS[:40:2] if movie not in history]
        rest = [movie for movie in CLUB_IDS[:40] if movie not in history][1:]
        plain, known, new = (
            model.taste({**history, **more}).predict(rest)[0] for more in ({}, {left[0]: 0.5}, {COMEDY: 0.5})
        )
        assert 0 < np.abs(new - plain).mean() < np.abs(known - plain).mean()


def test_a_new_film_is_found_among_others(after: Recommender) -> None:
    assert len(after.catalogue) == len(after.movies) == 45
    assert after.catalogue[COMEDY].label == "A New Comedy (2001)"
    assert after.films.admitted(Filters(genre="Comedy")).sum() == 22
    assert after.count(COMEDY) == 0
    assert np.isfinite(after.average_stars(COMEDY))
    assert len(after.similar(COMEDY, 100)) == 44
    assert {near.movie for near in after.similar(COMEDY, 5)} <= set(
        after.movies["movie"][after.films.admitted(Filters(genre="Comedy"))]
    )
    assert COMEDY not in after.top(100)


def test_a_new_film_can_be_listed_alone_and_among_all_and_explained(after: Recommender) -> None:
    taste = after.taste({**HISTORY, PLAIN: 4.0})
    for style in LIST_STYLES:
        assert {pick.movie for pick in taste.recommend(100, style=style)} == set(ALL) - {*HISTORY, PLAIN}
        alone = [pick.movie for pick in taste.recommend(5, among=[COMEDY, HORROR, PLAIN], style=style)]
        assert sorted(alone) == [HORROR, COMEDY]
    reasons = taste.explain(COMEDY)
    total = reasons.baseline + sum(reasons.contributions.values())
    assert np.clip(total, *after.model.bounds) == pytest.approx(taste.predict([COMEDY])[0][0], abs=1e-4)
    assert taste.seen([PLAIN, COMEDY]).tolist() == [1, pytest.approx(0, abs=0.1)]
    assert all(own.keys() == {*HISTORY, PLAIN} for own in taste.lifts([COMEDY, 45]))
    assert {pick.movie for pick in slate([taste, after.taste({})], 45)} == set(ALL)


@pytest.mark.parametrize("style", LIST_STYLES)
def test_a_list_misses_no_film_that_nobody_rated(small: Recommender, style: str) -> None:
    """A longer list, of all there are, begins with the shorter one; films of one year and kind are worth the same."""
    rng = np.random.default_rng(1)
    many = pd.DataFrame({"movie": 10**9 + np.arange(300), "year": rng.integers(1950, 2020, 300), "genres": "Comedy"})
    taste, year = small.with_films(many).taste(HISTORY), dict(zip(many["movie"], many["year"], strict=True))

    def listed(n: int) -> list[int]:
        return [year.get(pick.movie, pick.movie) for pick in taste.recommend(n, style=style)]

    everything = listed(1000)
    assert len(everything) == 338
    for n in (1, 10, 30, 100):
        assert listed(n) == everything[:n]


def test_a_model_with_new_films_is_the_same_after_it_was_saved(after: Recommender, tmp_path: Path) -> None:
    after.save(tmp_path / "model")
    same(Recommender.load(tmp_path / "model"), after)
    later = pd.DataFrame({"movie": [7], "title": ["Later"], "genres": ["Horror"]})
    same(Recommender.load(tmp_path / "model").with_films(later), after.with_films(later))


def test_a_fit_goes_on_from_a_model_with_new_films(
    after: Recommender, club: pd.DataFrame, club_films: pd.DataFrame
) -> None:
    config = CONFIGS["one_cycle" if after.model.sigmoid_range else "bayesian"]
    more = pd.concat([club, pd.DataFrame({"user": [10**18, 10**18 + 7], "movie": COMEDY, "rating": [4.5, 1.5]})])
    model = Recommender.fit(more, pd.concat([club_films, NEW]), config=config, device="cpu", warm_start=after)
    assert model.count(COMEDY) == 2
    assert model.predict([10**18], [5]) > model.predict([10**18 + 7], [5]) + 1


# How they are told


def test_no_films_change_nothing(after: Recommender) -> None:
    same(after.with_films(NEW[:0]), after)


def test_the_order_does_not_matter_nor_does_it_whether_they_come_at_once(
    before: Recommender, after: Recommender
) -> None:
    same(before.with_films(NEW[::-1]), after)
    same(before.with_films(NEW[:1]).with_films(NEW[1:]), after)
    same(before.with_films(NEW[1:]).with_films(NEW[:2]), after)


def test_the_model_that_was_stays_as_it_was(before: Recommender) -> None:
    stars = before.taste(HISTORY).predict(CLUB_IDS)[0]
    before.with_films(NEW.assign(movie=[5, 405, 6]))
    assert before.taste(HISTORY).predict(CLUB_IDS)[0].tolist() == stars.tolist()
    assert COMEDY not in before.catalogue
    assert before.catalogue[5].title == "Film No. 0"


def test_newer_facts_of_a_known_film_replace_the_old_and_what_was_learned_stays(before: Recommender) -> None:
    facts = pd.DataFrame({"movie": [5], "title": ["Renamed"], "genres": ["Western"], "year": [2020]})
    model = before.with_films(facts)
    film = model.catalogue[5]
    assert (film.title, film.genres, film.year) == ("Renamed", ("Western",), 2020)
    assert model.count(5) == before.count(5)
    for ours, theirs in zip(model.taste(HISTORY).predict([5, 45]), before.taste(HISTORY).predict([5, 45]), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    partly = before.with_films(pd.DataFrame({"movie": [15], "title": ["Only the Title"]})).catalogue[15]
    assert (partly.title, partly.genres, partly.year) == ("Only the Title", ("Horror", "Thriller"), 1971)


def test_newer_facts_of_a_film_that_nobody_rated_say_what_it_would_be_liked_for(small: Recommender) -> None:
    known = small.with_films(NEW)
    corrected = NEW.assign(genres=["Horror|Thriller", "Comedy", ""])
    same(known.with_films(corrected), small.with_films(corrected))


def test_a_genre_that_the_model_never_saw_is_kept_and_passed_over(small: Recommender) -> None:
    odd = NEW.assign(genres=["Comedy|Anime", "Anime", ""], year=2001)
    model, plain = small.with_films(odd), small.with_films(NEW.assign(genres=["Comedy", "", ""], year=2001))
    assert model.catalogue[HORROR].genres == ("Anime",)
    assert model.films.admitted(Filters(genre="Anime")).sum() == 2
    for movie in NEW["movie"]:
        assert model.average_stars(movie) == plain.average_stars(movie)


@pytest.mark.parametrize(
    ("wrong", "trouble"),
    [
        ({"movie": 1.5}, "a column movie of whole numbers"),
        ({"year": 1990.5}, "column year must hold whole numbers"),
        ({"genres": 7}, "column genres must hold texts"),
        ({"stars": 5}, "columns of which nothing is known: stars"),
        ({"outside_votes": -1.0}, "column outside_votes must hold numbers"),
    ],
    ids=str,
)
def test_what_are_no_films_are_refused_by_name(small: Recommender, wrong: dict[str, object], trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        small.with_films(NEW.assign(**wrong))


GENRES = st.lists(st.sampled_from(["Comedy", "Horror", "IMAX", "Anime", "(no genres listed)", ""]), max_size=4)
WILD = st.fixed_dictionaries(
    {
        "movie": st.sampled_from([5, 405, 1]) | st.integers(0, LARGEST),
        "title": st.none() | st.text(),
        "year": st.none() | st.integers(-(10**6), 10**6),
        "genres": st.none() | GENRES.map("|".join),
        "outside_mean": st.none() | st.floats(-1e12, 1e12),
        "outside_votes": st.none() | st.floats(0, 1e12),
    }
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(WILD, max_size=6), columns=st.sets(st.sampled_from(["title", "year", "genres", "outside_mean"])))
def test_whatever_films_come_they_can_be_predicted(
    before: Recommender, rows: list[dict[str, object]], columns: set[str]
) -> None:
    wild = pd.DataFrame(rows, columns=["movie", "title", "year", "genres", "outside_mean", "outside_votes"])
    wild = wild.astype({"movie": "int64", "year": "Int64"}).drop(columns=list(columns))
    model = before.with_films(wild)
    films = model.movies["movie"]
    assert set(films) == {*CLUB_IDS, *wild["movie"]}
    assert films.is_monotonic_increasing
    for history in ({}, dict.fromkeys(films.tolist(), 3.5)):
        stars, sd = model.taste(history).predict(films)
        assert np.isfinite(stars).all()
        assert (np.isfinite(sd) & (sd > 0)).all()


# Films that go


def test_a_film_that_goes_again_leaves_all_others_as_they_were(before: Recommender, after: Recommender) -> None:
    new = set(NEW["movie"]) - set(before.movies["movie"])
    back = after.without_films(new)
    assert back.movies["movie"].tolist() == before.movies["movie"].tolist()
    films = before.movies["movie"]
    assert back.predict([0] * len(films), films).tolist() == before.predict([0] * len(films), films).tolist()


def test_a_film_that_was_rated_goes_too_and_the_others_are_predicted_as_before(before: Recommender) -> None:
    gone = int(CLUB_IDS[3])
    fewer = before.without_films([gone])
    left = [movie for movie in before.movies["movie"] if movie != gone]
    assert gone not in fewer.catalogue
    history = {movie: stars for movie, stars in HISTORY.items() if movie != gone}
    for ours, theirs in zip(fewer.taste(history).predict(left), before.taste(history).predict(left), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
    assert gone not in {pick.movie for pick in fewer.taste(history).recommend(100)}
    assert len(fewer.similar(left[0], 5)) == 5
