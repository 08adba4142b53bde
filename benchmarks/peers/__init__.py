"""The other libraries, each behind one small adapter, and what the tables call them.

An adapter is a module with functions `fit`; what they return does the rest. It runs in the peers' own interpreter
(`__main__`), and `client` asks it from here. This package imports neither torch nor the recommender.

- Rating peers, `fit(train, seed)`, return `predict(test) -> stars`: `train` and `test` are frames with user, movie and
  rating, and of `test` only user and movie may be looked at. `stars` is a float array in the order of `test`.
- Ranking peers, `fit(train, seed, data)` with the data set's name, return `recommend(movies, ratings, n) -> movie ids`, best
  first, for somebody with this history who was not in `train`; nothing from the history.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Predict = Callable[[pd.DataFrame], NDArray[np.float64]]
Recommend = Callable[[NDArray[np.int64], NDArray[np.float64], int], NDArray[np.int64]]

LENGTH = 20  # films in a list

# Seconds: a short run leaves out peers with a longer fit, so that all programs together take half an hour.
PATIENCE = 80.0


@dataclass(frozen=True)
class Peer:
    """`distribution`: the package, None for a few lines of numpy. `adapter`: module:function. `seconds`: data set -> how long a
    fit takes on two cores, roughly; 0 where it is not given."""

    label: str
    distribution: str | None
    adapter: str
    seconds: dict[str, float] = field(default_factory=dict)


RATING = {
    "fastai": Peer("fastai, the tutorial's own lines", "fastai", "fastai_collab:fit", {"ml-100k": 21, "ml-1m": 366}),
    "svd": Peer("Surprise SVD", "scikit-surprise", "surprise_algorithms:fit_svd", {"ml-1m": 10}),
    "svdpp": Peer("Surprise SVD++", "scikit-surprise", "surprise_algorithms:fit_svdpp", {"ml-100k": 11, "ml-1m": 292}),
    "knn": Peer("Surprise KNNBaseline", "scikit-surprise", "surprise_algorithms:fit_knn", {"ml-1m": 15}),
    "lenskit": Peer("LensKit BiasedMF, 50 factors", "lenskit", "lenskit_als:fit", {"ml-1m": 3}),
    "cornac": Peer("cornac MF, 50 factors", "cornac", "cornac_mf:fit", {"ml-1m": 3}),
    "cmfrec": Peer("cmfrec ALS", "cmfrec", "cmfrec_als:fit", {"ml-1m": 4}),
    "myfm": Peer("myFM, rank 10", "myfm", "myfm_gibbs:fit_pairs", {"ml-100k": 5, "ml-1m": 62}),
    "myfm-sets": Peer("myFM + sets of rated films", "myfm", "myfm_gibbs:fit_sets", {"ml-100k": 7, "ml-1m": 87}),
    "myfm-flipped": Peer("myFM + both sets", "myfm", "myfm_gibbs:fit_flipped", {"ml-100k": 9, "ml-1m": 121}),
}
RANKING = {
    "popularity": Peer("most popular", None, "plain_ranking:fit_popularity"),
    "mean": Peer("damped film mean", None, "plain_ranking:fit_mean"),
    "ease-likes": Peer("EASE, likes only", None, "plain_ranking:fit_ease_likes"),
    "ease-all": Peer("EASE, all rated", None, "plain_ranking:fit_ease_all"),
    "item-knn": Peer("item-kNN, cosine", None, "plain_ranking:fit_knn"),
    "rp3beta": Peer("RP3beta", None, "plain_ranking:fit_rp3beta"),
    "als": Peer("implicit ALS", "implicit", "implicit_als:fit"),
}
PEERS = RATING | RANKING
