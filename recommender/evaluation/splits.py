"""What is learned from, and what is tested on. Nothing but the ratings and the seed decides a split.

Every frame has the columns user, movie, rating and timestamp, as a data set gives them.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.datasets.download import download
from recommender.datasets.identity import renumbered
from recommender.datasets.movielens import COLUMNS, GROUPLENS

NEWCOMERS = 0.2  # share of the users with LEAST_RATINGS who become new members
LEAST_RATINGS = 40
TESTED = 20  # ratings of each new member
GIVEN = (0, 1, 3, 5, 10, 20)  # ratings of a new member that are folded in

RANKED_MEMBERS, RANKED_SHARE = 600, 0.3  # so many, but at most this share of the users with LEAST_RATINGS
RANKED_GIVEN = (1, 5, 10, 20)
LIKED = 4.0  # stars

NEW_FILMS = 0.1  # share of the films with LEAST_RATINGS that become new
FILM_GIVEN = (0, 1, 3, 5, 10)  # ratings of a new film that are learned from
CLUB = 5  # members
CLUB_GIVEN = (0, 1, 2)  # of a club's ratings of a film


@dataclass(frozen=True)
class Split:
    train: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class NewMembers:
    """`train` has no row of the new members. Of `pool`, each one's first k rows are given; `test` is the same at every k."""

    train: pd.DataFrame
    pool: pd.DataFrame
    test: pd.DataFrame

    def given(self, k: int) -> pd.DataFrame:
        """The first k rows of each member."""
        return self.pool.groupby("user", sort=False).head(k)


@dataclass(frozen=True)
class NewFilms:
    """`train` has no row of the new films. Of `pool`, each one's first n rows are given; `test` is the same at every n, and so
    is `elsewhere`: ratings that are neither given nor tested."""

    train: pd.DataFrame
    pool: pd.DataFrame
    test: pd.DataFrame
    elsewhere: pd.DataFrame

    def given(self, n: int) -> pd.DataFrame:
        """What is learned from with n ratings of each new film."""
        return pd.concat([self.train, self.pool[self.pool["place"] < n]]).drop(columns="place")


def held_out(ratings: pd.DataFrame, share: float, salt: int = 0) -> NDArray[np.bool_]:
    """(n,) True for the rows to hold out, a share of 0 to 1. A fixed hash of user and movie chooses them, so a row is held out
    or not whatever else the data holds. Another salt chooses other rows."""
    pair = ratings["user"].to_numpy(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    pair ^= _mixed(ratings["movie"].to_numpy(np.uint64) + np.uint64(salt * 0xD1B54A32D192ED03 % 2**64))
    return _mixed(pair) < np.uint64(min(int(share * 2.0**64), 2**64 - 1))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit of the input moves every bit of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def random_split(ratings: pd.DataFrame, test_share: float, seed: int) -> Split:
    """Random rows are tested, whoever gave them."""
    order = np.random.default_rng(seed).permutation(len(ratings))
    cut = round(len(order) * test_share)
    return Split(ratings.iloc[order[cut:]], ratings.iloc[order[:cut]])


def u1(data_dir: Path, mirror: str | None) -> Split:
    """u1.base and u1.test, the first of the splits that MovieLens 100K brings. They are kept in `data_dir`,
    with the data set's own numbers of films.

    Raises DatasetError where the data set's zip cannot be had.
    """
    files = {name: data_dir / f"ml-100k.{name}.parquet" for name in ("u1.base", "u1.test")}
    if not all(file.exists() for file in files.values()):
        data_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "ml-100k.zip"
            download(f"{(mirror or GROUPLENS).rstrip('/')}/{path.name}", path)
            with zipfile.ZipFile(path) as archive:
                for name, file in files.items():
                    with archive.open(f"ml-100k/{name}") as lines:
                        rows = pd.read_csv(lines, sep="\t", names=COLUMNS["ratings"], dtype={"rating": float})
                    rows.to_parquet(file, index=False)
    return Split(*(renumbered(pd.read_parquet(file)) for file in files.values()))


def new_members(ratings: pd.DataFrame, seed: int) -> NewMembers:
    """A fifth of the users with 40 ratings or more are never learned from; 20 ratings of each are tested."""
    rng = np.random.default_rng(seed)
    enough = _with_enough(ratings, "user")
    members = rng.permutation(enough)[: round(len(enough) * NEWCOMERS)]
    train, own = _apart(ratings, "user", members, rng)
    # The tested rows come first, so that they don't depend on how many are given.
    return NewMembers(train, own[own["place"].between(TESTED, TESTED + max(GIVEN) - 1)], own[own["place"] < TESTED])


def members_in_time(ratings: pd.DataFrame, seed: int, wait: float) -> NewMembers:
    """A fifth of the users with 40 ratings or more whose times are all known are never learned from. The first 20 ratings of each
    may be given, in the order of their times; tested are 20 later ones, drawn from those that came `wait` seconds or more after
    the first rating. Members with fewer such are left out. A time that is not known is 0."""
    rng = np.random.default_rng(seed)
    first = ratings.groupby("user")["timestamp"].min()
    enough = np.intersect1d(_with_enough(ratings, "user"), first.index[first > 0])
    members = rng.permutation(enough)[: round(len(enough) * NEWCOMERS)]
    train, own = _apart(ratings, "user", members, rng)
    # `place` is in random order, which decides between ratings of the same second, and which later ones are tested.
    own = own.sort_values(["user", "timestamp"], kind="stable")
    order = own.groupby("user").cumcount()
    later = own[(order >= max(GIVEN)) & (own["timestamp"] >= own["user"].map(first) + wait)]
    test = later.sort_values(["user", "place"]).groupby("user").head(TESTED)
    test = test[test.groupby("user")["user"].transform("size") == TESTED]
    pool = own[(order < max(GIVEN)) & own["user"].isin(test["user"])]
    return NewMembers(train, pool, test)


def members_at(ratings: pd.DataFrame, share: float) -> NewMembers:
    """A share of the ratings whose times are known, 0 to 1, came before one moment. Members are the users with 20 ratings or more
    before it and any after: the earlier ones may be given, in the order of their times, and all later ones are tested. The
    others' earlier ones are learned from. A time that is not known is 0, and whoever has such is no member and learned from."""
    times = ratings["timestamp"]
    moment = times[times > 0].quantile(share)
    early, late = ratings[times < moment], ratings[times >= moment]
    counts = early[early["timestamp"] > 0].groupby("user").size()
    unknown = early["user"][early["timestamp"] <= 0]
    members = np.setdiff1d(np.intersect1d(counts.index[counts >= max(GIVEN)], late["user"]), unknown)
    train, own = _apart(early, "user", members, np.random.default_rng(0))
    test = late[late["user"].isin(members)].sort_values(["user", "movie"])
    return NewMembers(train, own.sort_values(["user", "timestamp"], kind="stable"), test)


def ranked_members(ratings: pd.DataFrame, seed: int) -> NewMembers:
    """600 users with 40 ratings or more, or three in ten of them if that is fewer, are never learned from; half of their ratings
    may be given, and `test` holds what they liked of the other half."""
    rng = np.random.default_rng(seed)
    enough = _with_enough(ratings, "user")
    members = rng.permutation(enough)[: min(RANKED_MEMBERS, round(len(enough) * RANKED_SHARE))]
    train, own = _apart(ratings, "user", members, rng)
    given = own["place"] < own.groupby("user")["place"].transform("size") // 2
    return NewMembers(train, own[given], own[~given & (own["rating"] >= LIKED)])


def asked_members(ratings: pd.DataFrame, seed: int) -> NewMembers:
    """A fifth of the users with 40 ratings or more are never learned from, in random order. Each can be asked about half of all
    films, by `askable`: `pool` holds their ratings of these, and `test` those of the other half."""
    rng = np.random.default_rng(seed)
    enough = _with_enough(ratings, "user")
    members = rng.permutation(enough)[: round(len(enough) * NEWCOMERS)]
    train, own = _apart(ratings, "user", members, rng)
    can = askable(own, seed)
    return NewMembers(train, own[can], own[~can])


def askable(pairs: pd.DataFrame, seed: int) -> NDArray[np.bool_]:
    """(n,) True where the user can be asked about the movie. Whether they rated it decides nothing."""
    return ~held_out(pairs, 0.5, salt=seed + 1)


def new_films(ratings: pd.DataFrame, seed: int) -> NewFilms:
    """A tenth of the films with 40 ratings or more become new: up to ten of their ratings may be given, half of the others are
    tested, and the other half are what people elsewhere gave."""
    rng = np.random.default_rng(seed)
    enough = _with_enough(ratings, "movie")
    films = rng.permutation(enough)[: round(len(enough) * NEW_FILMS)]
    train, own = _apart(ratings, "movie", films, rng)
    most = max(FILM_GIVEN)
    pool, rest = own[own["place"] < most], own[own["place"] >= most]
    tested = (rest["place"] - most) % 2 == 0
    return NewFilms(train, pool, rest[tested], rest[~tested])


def club_films(ratings: pd.DataFrame, seed: int) -> NewFilms:
    """The same films are new, but only one club has seen each: that of which most members rated it, of clubs of five drawn from
    the users with 40 ratings or more. Up to two of its ratings may be given, the club's others are tested, and `elsewhere` is
    empty. Films that no three members of a club rated are left out."""
    split = new_films(ratings, seed)
    rng = np.random.default_rng(seed)
    people = rng.permutation(_with_enough(ratings, "user"))
    club = dict(zip(people[: len(people) // CLUB * CLUB].tolist(), np.arange(len(people)) // CLUB, strict=False))
    own = pd.concat([split.pool, split.test, split.elsewhere])
    own = own.assign(club=own["user"].map(club)).dropna(subset="club")
    raters = (
        own.groupby(["movie", "club"], as_index=False).size().sort_values(["movie", "size"], ascending=[True, False])
    )
    chosen = raters[raters["size"] > max(CLUB_GIVEN)].drop_duplicates("movie")
    own = own.merge(chosen, on=["movie", "club"])[list(ratings)]
    _, own = _apart(own, "movie", chosen["movie"].to_numpy(), rng)
    given = own["place"] < max(CLUB_GIVEN)
    return NewFilms(split.train, own[given], own[~given], own[:0])


def _with_enough(ratings: pd.DataFrame, key: str) -> np.ndarray:
    """The users or movies with LEAST_RATINGS, by id, so that the order of the rows decides nothing."""
    counts = ratings.groupby(key).size()
    return counts.index[counts >= LEAST_RATINGS].to_numpy()


def _apart(
    ratings: pd.DataFrame, key: str, chosen: np.ndarray, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The others' ratings, and in random order those of the chosen users or movies; the column place counts each one's from 0."""
    is_chosen = ratings[key].isin(chosen)
    own = ratings[is_chosen].sort_values(["user", "movie"])
    own = own.iloc[rng.permutation(len(own))].sort_values(key, kind="stable")
    return ratings[~is_chosen], own.assign(place=own.groupby(key).cumcount())
