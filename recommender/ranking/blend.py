"""What a film is worth to a list: its predicted stars, and what else speaks for or against it."""

from dataclasses import astuple, dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from recommender.cowatching import newcomer
from recommender.model import EmbeddingDotBias


@dataclass(frozen=True)
class Blend:
    """The weights of a list, in stars of the usual scale; ValueError for one below 0 or not finite.

    A film i has this worth to a person with n ratings:

        worth_i = stars_i - caution doubt_i - common bias_i - below_par max(par - stars_i, 0)
                + (1 - new) cowatching likelihood_i + (popularity + new newcomer_popularity) log(1 + ratings_i)

    stars_i is the prediction, and doubt_i the sd that the film's own parameters leave in it. bias_i is the film's bias, in
    stars. par is the prediction for the films that people usually rate. likelihood_i says how likely the film is watched
    next, in sds over the films. ratings_i counts the film's ratings. new = 4 / (4 + n), see `newcomer`.
    A film that is next in a list also loses sameness times its highest cosine with the films before it.
    """

    caution: float = 1.0  # stars for each star of doubt
    # Share of the film's bias that is left out: popularity and co-watching bring up what everybody likes already.
    common: float = 0.7
    below_par: float = 2.0  # stars for each star below par, more than anything else makes up for
    popularity: float = 0.05  # stars for each factor e in the number of ratings
    newcomer_popularity: float = 0.3  # the same, in addition, for somebody without ratings
    cowatching: float = 0.18  # stars for each sd of likelihood, for somebody with many ratings
    sameness: float = 0.25  # stars that a film loses where one exactly like it is in the list already

    def __post_init__(self) -> None:
        if not all(0 <= weight < inf for weight in astuple(self)):
            raise ValueError(f"weights must be finite and not below 0: {self}")

    def worths(
        self,
        model: EmbeddingDotBias,
        stars: NDArray[np.float32],
        likelihood: NDArray[np.float32],
        par: float,
        count: int,
        rows: NDArray[np.int64] | slice,
    ) -> NDArray[np.float32]:
        """(k,) the worth of the films in these rows to somebody with `count` ratings. It rises with `stars` (k,) and with
        `likelihood` (k,)."""
        new = newcomer(count)
        stars, par = stars / np.float32(model.unit), par / model.unit
        return np.asarray(
            stars
            - self.common * (model.slope(model.mu) / model.unit) * model.item_bias[rows]
            - self.below_par * np.maximum(par - stars, 0)
            - self.caution * model.item_doubt.numpy()[rows]
            + self.cowatching * (1 - new) * likelihood
            + (self.popularity + self.newcomer_popularity * new) * model.item_popularity[rows]
        )


SHIPPED = Blend()
LISTS = {
    "familiar": Blend(popularity=0.3),
    "balanced": SHIPPED,
    "adventurous": Blend(popularity=0.0, newcomer_popularity=0.1),
}
LIST_STYLES = tuple(LISTS)


def of_style(style: str) -> Blend:
    """ValueError for an unknown style."""
    if style not in LISTS:
        raise ValueError(f"unknown style {style!r}: choose one of {', '.join(LIST_STYLES)}")
    return LISTS[style]
