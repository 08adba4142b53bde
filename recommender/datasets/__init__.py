"""MovieLens by name: the set that is embedded, and those that GroupLens lets people download."""

from recommender.datasets.download import DatasetError
from recommender.datasets.identity import ml_100k_ids
from recommender.datasets.movielens import DATASETS, EMBEDDED, MovieLens, kept_films, load_movielens

__all__ = ["DATASETS", "EMBEDDED", "DatasetError", "MovieLens", "kept_films", "load_movielens", "ml_100k_ids"]
