"""What a film is worth to a list: how likely it is liked next, how much, and what else speaks for or against it."""

from dataclasses import astuple, dataclass
from math import inf

SETTLED = 20.0  # ratings with which the genres count half


@dataclass(frozen=True)
class Blend:
    """The weights of a list; ValueError for one below 0 or not finite.

    A film i has this worth to a person, in nats:

        worth_i = log next_i - rarity log(1 + ratings_i) + liking (stars_i - bias_i - caution doubt_i)
                + genres genre_i SETTLED / (SETTLED + n) + decades decade_i - novelty seen_i

    next_i is the chance that the person likes the film next, see `cowatching`. ratings_i counts the film's ratings. stars_i is
    the prediction, bias_i the film's bias, which next_i holds already, and doubt_i the sd that the film's own parameters leave
    in the prediction, in stars of the usual scale. genre_i and decade_i say how far the film is of the kinds that the
    person likes, see `content`; of somebody with many ratings n, next_i knows the kinds. seen_i is the chance that they have
    seen the film.
    A film that is next in a list also loses sameness times its highest cosine with the films before it.
    """

    rarity: float = 0.25  # nats for each factor e in the number of ratings
    liking: float = 0.5  # nats for each star
    caution: float = 1.0  # stars for each star of doubt
    genres: float = 0.26  # nats for each square of a lift
    decades: float = 0.3  # nats for each lift
    novelty: float = 0.0  # nats that a film loses which has been seen for sure
    sameness: float = 0.4  # nats that a film loses where one exactly like it is in the list already

    def __post_init__(self) -> None:
        if not all(0 <= weight < inf for weight in astuple(self)):
            raise ValueError(f"weights must be finite and not below 0: {self}")


BLENDS = {
    "familiar": Blend(rarity=0.15, genres=0.1, decades=0.1),
    "balanced": Blend(),
    "adventurous": Blend(rarity=0.4, genres=0.3, novelty=0.5),
}
LIST_STYLES = tuple(BLENDS)


def of_style(style: str) -> Blend:
    """The weights of one of LIST_STYLES; ValueError for any other."""
    if style not in BLENDS:
        raise ValueError(f"unknown style {style!r}: choose one of {', '.join(LIST_STYLES)}")
    return BLENDS[style]
