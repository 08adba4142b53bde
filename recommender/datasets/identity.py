"""One number for a film, whichever data set or source knows it.

Ids of different origin lie in ranges that can't meet. Where several turn out to be one film, the smallest is its id, so the
ranges stand in the order of how lasting they are.
"""

from bisect import bisect

# Below: MovieLens's own, which all its sets share but ml-100k.
IMDB = 10**9  # and the number in an IMDb id: tt0133093 is 1_000_133_093
ML_100K = 10**11  # and the id in ml-100k, of a film that no other set has, or that ml-100k has twice
LISTED = 2 * 10**11  # and the number in the list of recent films that comes with the bot
TYPED = 10**12  # and a count: films that members added


def origin(movie: int) -> int:
    """The range that an id lies in. Two films of one range are two films."""
    return bisect((IMDB, ML_100K, LISTED, TYPED), movie)
