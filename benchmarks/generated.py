"""Made-up ratings of any size: a few users and films have most of them, and tastes have something to be learned."""

import sqlite3

import numpy as np
import pandas as pd

from recommender.datasets import MovieLens

TASTES = 5
GENRES = ("Action", "Comedy", "Drama", "Horror", "Romance", "Sci-Fi")
# The user or film of rank r, from 0, has a share of the ratings in proportion to (r + flattened)^-power: here flattened, power.
# In the sizes of ml-32m the first user has 7,140 ratings and the median one 46, and half of the films have ten or fewer.
USERS, FILMS = (150, 1.0), (400, 2.0)


def generated(users: int, films: int, ratings: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`ratings` rows (user, movie, rating, timestamp) without a repeated pair, and `films` rows (movie, title, year, genres).

    Not every film has a rating. ValueError for more ratings than a quarter of all pairs.
    """
    if users * films < 4 * ratings:
        raise ValueError(f"{users} users and {films} films are too few for {ratings} ratings")
    rng = np.random.default_rng(seed)
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < ratings:
        more = ratings - len(pairs) + ratings // 10
        drawn = _drawn(rng, users, more, *USERS) * films + _drawn(rng, films, more, *FILMS)
        pairs = np.sort(np.concatenate([pairs, drawn]))  # several times as fast as np.unique
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    pairs = rng.permutation(pairs)[:ratings]
    user, film = pairs // films, pairs % films
    left, right = (rng.normal(size=(count, TASTES)).astype(np.float32) for count in (users, films))
    stars = np.full(ratings, 3.5, dtype=np.float32)
    for taste in range(TASTES):  # one at a time: no (ratings, TASTES) array
        stars += left[user, taste] * right[film, taste] * np.float32(0.25)
    stars += rng.normal(scale=0.4, size=films)[film] + rng.normal(scale=0.4, size=users)[user]
    stars += rng.normal(scale=0.8, size=ratings)
    frame = pd.DataFrame(
        {
            "user": user + 1,
            "movie": film + 1,
            "rating": (np.round(stars * 2) / 2).clip(0.5, 5.0).astype(np.float64),
            "timestamp": rng.integers(10**9, 15 * 10**8, ratings),
        }
    )
    movies = pd.DataFrame(
        {
            "movie": np.arange(films) + 1,
            "title": [f"Film No. {number}" for number in range(1, films + 1)],
            "year": pd.array(rng.integers(1930, 2025, films), dtype="Int64"),
            "genres": ["|".join(pair) for pair in rng.choice(GENRES, (films, 2))],
        }
    )
    return frame, movies


def of_films(data: MovieLens, users: int, ratings: int, seed: int = 0) -> pd.DataFrame:
    """Such ratings of a data set's films, those with the most ratings first; sorted by user and movie."""
    films = data.movies["movie"].to_numpy()
    counts = data.ratings["movie"].value_counts().reindex(films, fill_value=0).to_numpy()
    made, _ = generated(users, len(films), ratings, seed)
    made = made.assign(movie=films[np.argsort(-counts, kind="stable")][made["movie"].to_numpy() - 1])
    return made.sort_values(["user", "movie"])


def insert(db: sqlite3.Connection, ratings: pd.DataFrame) -> None:
    """Into a database of the bot's; its members are the users."""
    db.execute("PRAGMA cache_size = -500000")  # kilobytes: all of it, since the rows come in no order of the indexes
    db.executemany(
        "INSERT INTO ratings (member_id, movie_id, stars, rated_at) VALUES (?, ?, ?, ?)",
        ratings[["user", "movie", "rating", "timestamp"]].itertuples(index=False, name=None),
    )


def _drawn(rng: np.random.Generator, count: int, size: int, flattened: float, power: float) -> np.ndarray:
    weights = (np.arange(count) + flattened) ** -power
    return np.searchsorted(np.cumsum(weights / weights.sum())[:-1], rng.random(size))
