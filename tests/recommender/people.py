"""People and groups, as tests of tastes and slates know them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from recommender import GroupPick, Recommender, Taste

UNKNOWN = 10**9
HALF_STARS = [half / 2 for half in range(1, 11)]
CLUB_IDS = [5 + 10 * film for film in range(42)]
EVEN, ODD = CLUB_IDS[0:40:2], CLUB_IDS[1:40:2]
histories = st.dictionaries(st.sampled_from([*CLUB_IDS, UNKNOWN]), st.sampled_from(HALF_STARS), max_size=25)


def history_of(ratings: pd.DataFrame, user: int) -> dict[int, float]:
    own = ratings[ratings["user"] == user]
    return dict(zip(own["movie"].tolist(), own["rating"].tolist(), strict=True))


def lover(model: Recommender, loved: Sequence[int], hated: Sequence[int] = (), rated: int = 8) -> Taste:
    return model.taste({**dict.fromkeys(loved[:rated], 5.0), **dict.fromkeys(hated[:rated], 1.0)})


def films(picks: list[GroupPick]) -> list[int]:
    return [pick.movie for pick in picks]


def pleased(picks: list[GroupPick], member: int) -> float:
    """What a slate is to a member, in percentiles."""
    return float(np.mean([pick.percentiles[member] for pick in picks]))
