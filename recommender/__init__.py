"""Marquee's recommender: an embedding-bias model of who likes which film. It knows nothing of Discord."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# The room of each public name.
_ROOMS = {
    "LIST_STYLES": "ranking.blend",
    "STYLES": "standings",
    "Blend": "ranking.blend",
    "Catalogue": "catalogue",
    "Explanation": "taste",
    "Filters": "filters",
    "FitConfig": "fit",
    "GroupPick": "group",
    "LearningRateSweep": "one_cycle.finder",
    "Likeness": "alike",
    "ModelFileError": "model_file",
    "Movie": "catalogue",
    "Neighbour": "similar",
    "OneCycleConfig": "one_cycle.training",
    "Pick": "ranking.lists",
    "Recommender": "recommender",
    "Region": "film_map",
    "Taste": "taste",
    "find_learning_rate": "one_cycle.finder",
    "judged": "group",
    "likeness": "alike",
    "load_movielens": "datasets",
    "remembered": "group",
    "slate": "group",
}

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


def __getattr__(name: str) -> Any:
    """Import a room when it is first asked for (PEP 562): most bring torch, which takes seconds, and whoever copies a database or
    reads a title needs none of it."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
