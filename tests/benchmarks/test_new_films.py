"""New films: what people elsewhere are made to have given them."""

import numpy as np
import pandas as pd

from benchmarks.new_films import NOISE, with_outside
from recommender.evaluation.splits import NewFilms

OLD, NEW = range(1, 101), range(101, 201)


def test_what_people_elsewhere_gave_is_never_of_a_rating_that_is_given_or_tested() -> None:
    def rated(films: range, stars: float) -> pd.DataFrame:
        rows = [(user, film, stars) for film in films for user in range(20)]
        return pd.DataFrame(rows, columns=["user", "movie", "rating"])

    split = NewFilms(train=rated(OLD, 4.0), pool=rated(NEW, 1.0), test=rated(NEW, 1.0), elsewhere=rated(NEW, 3.0))
    films = with_outside(pd.DataFrame({"movie": [*OLD, *NEW, 999]}), split, seed=0).set_index("movie")
    means = films["outside_mean"]
    assert abs(means[list(OLD)].mean() - 4.0) < 4 * NOISE / 10
    assert abs(means[list(NEW)].mean() - 3.0) < 4 * NOISE / 10
    assert (films["outside_votes"][list(NEW)] == 20).all()
    assert films["outside_votes"][list(OLD)].sum() == 1000
    assert np.isnan(films.loc[999]).all()
