"""What a film is worth to a list: how likely it is liked next, how much, and what else speaks for or against it."""

from dataclasses import astuple, dataclass
from math import inf

# early_n is a half at SETTLED ratings; with more STEEPNESS it falls more suddenly.
SETTLED, STEEPNESS = 25.0, 3.0


@dataclass(frozen=True)
class Blend:
    """The weights of a list; ValueError for one below 0 or not finite.

    A film i has this worth to a person with n ratings, in nats:

        worth_i = log next_i + liking (stars_i - caution doubt_i) - novelty seen_i
                + early_n (genres genre_i + decades decade_i - rarity log(1 + ratings_i) - liking bias_i)
        early_n = 1 / (1 + (n / SETTLED)^STEEPNESS)

    next_i is the chance that the person likes the film next, see `cowatching`. stars_i is the prediction, and doubt_i the sd that
    the film's own parameters leave in it, in stars of the usual scale. seen_i is the chance that they have seen the film.
    genre_i and decade_i say how far the film is of the kinds that the person likes, see `content`. ratings_i counts the film's
    ratings, and bias_i is its bias: what everybody is told loses by them. Of somebody with many ratings, next_i knows all this.
    A film that is next in a list also loses sameness times its highest cosine with the films before it.
    """

    rarity: float = 0.22  # nats for each factor e in the number of ratings
    liking: float = 0.5  # nats for each star
    caution: float = 1.0  # stars for each star of doubt
    genres: float = 0.2  # nats for each square of a lift
    decades: float = 0.3  # nats for each lift
    novelty: float = 0.0  # nats that a film loses which has been seen for sure
    sameness: float = 0.4  # nats that a film loses where one exactly like it is in the list already

    def __post_init__(self) -> None:
        if not all(0 <= weight < inf for weight in astuple(self)):
            raise ValueError(f"weights must be finite and not below 0: {self}")


BLENDS = {
    "familiar": Blend(rarity=0.15, genres=0.08, decades=0.1),
    "balanced": Blend(),
    "adventurous": Blend(rarity=0.4, genres=0.25, novelty=0.5),
}
LIST_STYLES = tuple(BLENDS)


def early(count: int) -> float:
    """early_n of `Blend` for somebody with so many ratings: 1 with few, near 0 with a hundred."""
    return float(1 / (1 + (count / SETTLED) ** STEEPNESS))


def of_style(style: str) -> Blend:
    """The weights of one of LIST_STYLES; ValueError for any other."""
    if style not in BLENDS:
        raise ValueError(f"unknown style {style!r}: choose one of {', '.join(LIST_STYLES)}")
    return BLENDS[style]
