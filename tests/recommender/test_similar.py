"""Films like a film."""

import numpy as np
import pandas as pd
import pytest

from recommender import FitConfig, Recommender

TOY_STORY, TOY_STORY_2 = 1, 3114
GODFATHER, GODFATHER_2 = 858, 1221


@pytest.mark.parametrize(("movie", "sequel"), [(TOY_STORY, TOY_STORY_2), (GODFATHER, GODFATHER_2)])
def test_a_sequel_is_among_the_first(trained: Recommender, movie: int, sequel: int) -> None:
    assert sequel in [neighbour.movie for neighbour in trained.similar(movie, 5)]


def test_neighbours_come_best_first_and_never_hold_the_film_itself(trained: Recommender) -> None:
    neighbours = trained.similar(TOY_STORY, 100)
    scores = [neighbour.score for neighbour in neighbours]
    assert scores == sorted(scores, reverse=True)
    films = {neighbour.movie for neighbour in neighbours}
    assert len(films) == 100
    assert TOY_STORY not in films


def test_a_neighbour_says_what_it_shares(trained: Recommender) -> None:
    first = trained.similar(TOY_STORY, 1)[0]
    own, others = trained.catalogue[TOY_STORY].genres, trained.catalogue[first.movie].genres
    assert set(first.genres) == set(own) & set(others)
    assert first.genres


def test_taste_is_a_share_of_one_whatever_the_films(trained: Recommender) -> None:
    for movie in trained.model.item_ids[::2000].tolist():
        assert all(-1 <= neighbour.audience <= 1 for neighbour in trained.similar(movie, 10**6))


def test_a_neighbour_says_how_alike_it_is_called(trained: Recommender) -> None:
    titles = {neighbour.movie: neighbour.title for neighbour in trained.similar(TOY_STORY, 10**6)}
    assert titles[TOY_STORY_2] > 0.9
    assert titles[GODFATHER] == 0
    assert all(0 <= title <= 1 for title in titles.values())


def test_of_two_films_alike_in_all_else_the_one_of_the_same_name_comes_first(
    club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    titles = [f"Word{film} Name{film}" for film in range(40)] + ["Alien Dawn", "Alien Dawn Returns"]
    films = club_films.assign(title=titles, year=pd.array([1990] * 42, dtype="Int64"), genres="Comedy")
    assert Recommender.fit(club, films, config=small_config, device="cpu").similar(405, 1)[0].movie == 415


def called(titles: list[str], club: pd.DataFrame, club_films: pd.DataFrame, config: FitConfig) -> Recommender:
    """The club, whose last films, ids 375 to 395 with fifteen ratings or so each, and 405 and 415 with none, have these titles.
    They are all of one genre and year."""
    words = [f"Word{film} Name{film}" for film in range(42 - len(titles))] + titles
    films = club_films.assign(title=words, year=pd.array([1990] * 42, dtype="Int64"), genres="Comedy")
    return Recommender.fit(club, films, config=config, device="cpu")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Heat", "Red Heat"), ("Heat", "The Heat"), ("Alien", "Alien Contamination"), ("Big", "Big Night")],
)
def test_a_shared_word_is_no_evidence_where_the_raters_say_nothing(
    one: str, other: str, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    """Next to a film with ratings one that nobody has rated: it must not come before those that the same people like."""
    first = called([one, "Zebra", other], club, club_films, small_config).similar(395, 15)
    assert 415 not in [neighbour.movie for neighbour in first]


@pytest.mark.parametrize(
    ("one", "other"), [("Alien", "Alien 3"), ("Alien", "Alien: Covenant"), ("Dark Night Falls", "Dark Night Rises")]
)
def test_a_series_is_found_by_its_whole_name_even_where_nobody_rated_the_other(
    one: str, other: str, club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig
) -> None:
    assert called([one, "Zebra", other], club, club_films, small_config).similar(395, 1)[0].movie == 415


@pytest.mark.parametrize(
    ("film", "stranger"),
    [
        ("Heat (1995)", "The Heat (2013)"),
        ("Heat (1995)", "Body Heat (1981)"),
        ("The Thing (1982)", "Swamp Thing (1982)"),
        ("Alien (1979)", "Alien Contamination (1980)"),
        ("Alien (1979)", "Alien Escape (1995)"),
        ("Requiem for a Dream (2000)", "Requiem for a Heavyweight (1962)"),
        ("The Princess Bride (1987)", "The Princess and the Frog (2009)"),
        ("The Mask (1994)", "The Mask of Zorro (1998)"),
        ("The Big Chill (1983)", "Big (1988)"),
    ],
)
def test_films_that_share_only_a_word_are_not_near(trained: Recommender, film: str, stranger: str) -> None:
    one, other = trained.catalogue.by_label(film), trained.catalogue.by_label(stranger)
    assert one is not None
    assert other is not None
    assert other.id not in [neighbour.movie for neighbour in trained.similar(one.id, 10)]


def test_no_film_is_a_neighbour_of_everything(trained: Recommender) -> None:
    """On the average a film is among the first ten of ten others, so among those of one of a tenth of the films."""
    films = trained.catalogue.ids[::10].tolist()
    near = [neighbour.movie for film in films for neighbour in trained.similar(film, 10)]
    assert np.unique(near, return_counts=True)[1].max() <= 15


def test_films_that_nobody_rated_come_up_less_often_than_others(trained: Recommender) -> None:
    """Only their genres and years are known, and those fit many films."""
    unrated = trained.model.item_counts.numpy() == 0
    films = trained.catalogue.ids[::20].tolist()
    near = [trained.catalogue.row(neighbour.movie) for film in films for neighbour in trained.similar(film, 10)]
    assert unrated[near].mean() < unrated.mean()


def test_what_the_same_people_love_is_alike(small: Recommender) -> None:
    assert [(neighbour.movie - 5) % 20 for neighbour in small.similar(5, 10)] == [0] * 10


def test_a_film_nobody_rated_is_like_films_of_its_genres(small: Recommender) -> None:
    assert ["Comedy" in small.catalogue[neighbour.movie].genres for neighbour in small.similar(405, 5)] == [True] * 5


def test_a_rare_film_is_told_by_its_genres_more_than_by_few_ratings(trained: Recommender) -> None:
    rare = int(trained.model.item_ids[int(trained.model.item_counts.argmin())])
    own = set(trained.catalogue[rare].genres)
    neighbours = trained.similar(rare, 10)
    assert len(neighbours) == 10
    assert all(own & set(trained.catalogue[neighbour.movie].genres) for neighbour in neighbours)


@pytest.mark.parametrize(("n", "found"), [(-1, 0), (0, 0), (3, 3), (1000, 41)])
def test_as_many_as_wanted_and_as_there_are(small: Recommender, n: int, found: int) -> None:
    assert len(small.similar(5, n)) == found


def test_an_unknown_film_has_no_neighbours(small: Recommender) -> None:
    with pytest.raises(KeyError, match="404"):
        small.similar(404, 5)
