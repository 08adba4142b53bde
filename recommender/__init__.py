"""Marquee's recommender: an embedding-bias model of who likes which film. It knows nothing of Discord."""

from recommender.alike import Likeness, likeness
from recommender.catalogue import Catalogue, Movie
from recommender.datasets import load_movielens
from recommender.film_map import Region
from recommender.filters import Filters
from recommender.fit import FitConfig
from recommender.group import GroupPick, judged, remembered, slate
from recommender.model_file import ModelFileError
from recommender.one_cycle.finder import LearningRateSweep, find_learning_rate
from recommender.one_cycle.training import OneCycleConfig
from recommender.ranking.blend import LIST_STYLES, Blend
from recommender.ranking.lists import Pick
from recommender.recommender import Recommender
from recommender.similar import Neighbour
from recommender.standings import STYLES
from recommender.taste import Explanation, Taste

__all__ = [
    "LIST_STYLES",
    "STYLES",
    "Blend",
    "Catalogue",
    "Explanation",
    "Filters",
    "FitConfig",
    "GroupPick",
    "LearningRateSweep",
    "Likeness",
    "ModelFileError",
    "Movie",
    "Neighbour",
    "OneCycleConfig",
    "Pick",
    "Recommender",
    "Region",
    "Taste",
    "find_learning_rate",
    "judged",
    "likeness",
    "load_movielens",
    "remembered",
    "slate",
]
