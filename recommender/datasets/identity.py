"""One number for a film, whichever data set or source knows it.

Ids of different origin lie in ranges that can't meet. Where several turn out to be one film, the smallest is its id, so the
ranges stand in the order of how lasting they are.
"""

from functools import cache
from importlib import resources

import pandas as pd

# Below: MovieLens's own, which all its sets share but ml-100k.
IMDB = 10**9  # and the number in an IMDb id: tt0133093 is 1_000_133_093
ML_100K = 10**11  # and the id in ml-100k, of a film that no other set has, or that ml-100k has twice
LISTED = 2 * 10**11  # and the number in the list of recent films that comes with the bot
TYPED = 10**12  # and a count: films that members added

FILMS_OF_ML_100K = 1_682  # which it numbers from 1


@cache
def ml_100k_ids() -> dict[int, int]:
    """The id of each film of MovieLens 100K, by the number that it has there."""
    table = resources.files("recommender.datasets") / "embedded" / "ml-100k.ids.tsv"
    with table.open(encoding="ascii") as file:
        elsewhere = pd.read_csv(file, sep="\t", index_col="own")["movie"].to_dict()
    return {own: elsewhere.get(own, ML_100K + own) for own in range(1, FILMS_OF_ML_100K + 1)}


def renumbered(ml_100k: pd.DataFrame) -> pd.DataFrame:
    """Ratings or films of MovieLens 100K, its own numbers in the column movie replaced by the films' ids.

    Raises ValueError for a number that it doesn't have.
    """
    ids = ml_100k["movie"].map(ml_100k_ids())
    if ids.isna().any():
        raise ValueError(f"MovieLens 100K has no film {ml_100k['movie'][ids.isna()].iloc[0]}")
    return ml_100k.assign(movie=ids.astype("int64"))
