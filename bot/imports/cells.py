"""What single cells say: titles, years, ids and ratings."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from recommender.text import unaccented, visible

TITLE = 300  # characters; the longest title of a film has about 200
KIND = 40  # characters of what something is called that are looked at

_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d\d(?!\d)", re.ASCII)
_IMDB = re.compile(r"(?:^|/)tt(\d{7,9})(?!\d)", re.ASCII)
_ID = re.compile(r"0*([1-9]\d{0,11})(?:\.0)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,6})?", re.ASCII)
_OUT_OF = re.compile(rf"(?P<rating>{_NUMBER.pattern}) ?/ ?(?P<top>5|10|100)", re.ASCII)
_GLYPHS = re.compile("(?P<whole>[★⭐]{0,5})(?P<half>½?)☆{0,5}")
# Parts of words for series, episodes, games and podcasts, unaccented: IMDb writes what a title is in the member's language. What
# has none of them is taken for a film; whether there is one is seen when it is looked for.
_NO_FILM = re.compile(
    ".*(?:seri|episod|epizod|folge|aflevering|avsnitt|afsnit|sarja|jakso|odcinek|dizi|bolum|sorozat|сериал|эпизод|podcast|"
    "game|videospiel|juego|gioco|jogo|jeu video|season|staffel|balado|telenovela|reeks|シリーズ|エピソード|"
    "सीरीज|एपिसोड|गेम|पॉडकास्ट|剧|劇集|影集|드라마|시리즈)|(?:tv )?shows?$|tv$"
)

# The shares of ratings that are below and up to each half star, in MovieLens's ml-latest-small of 2016 (100,004 ratings).
UP_TO = (0.0110, 0.0443, 0.0611, 0.1338, 0.1783, 0.3790, 0.4843, 0.7718, 0.8491, 1.0)


def title(cell: str) -> str | None:
    """A title as people see it, "" for none; None for what is too long to be one."""
    seen = visible(cell)
    return seen if len(seen) <= TITLE else None


def year(cell: str) -> int | None:
    """The first number that can be a film's year: of "1999", "1999-03-31" and "31.03.1999"."""
    found = _YEAR.search(cell)
    return int(found[0]) if found else None


def marked_imdb(cell: str) -> int | None:
    """133093 of "tt0133093", or of an address with it."""
    found = _IMDB.search(cell)
    return int(found[1]) or None if found else None


def imdb(cell: str) -> int | None:
    """The same, or of the digits alone."""
    return marked_imdb(cell) or number_of_film(cell)


def number_of_film(cell: str) -> int | None:
    """An id in digits."""
    found = _ID.fullmatch(cell)
    return int(found[1]) if found else None


def number(cell: str) -> float | None:
    """A number, with a point or a comma."""
    return float(cell.replace(",", ".")) if _NUMBER.fullmatch(cell) else None


def rating(cell: str) -> tuple[float, float | None] | None:
    """A rating, and out of how many it is if the cell says that: "8" doesn't, "8/10" and "★★★½" do. None for what is none."""
    if found := _OUT_OF.fullmatch(cell):
        return float(found["rating"].replace(",", ".")), float(found["top"])
    if cell and (found := _GLYPHS.fullmatch(cell.replace("\ufe0f", ""))):  # the mark of a coloured star
        return len(found["whole"]) + len(found["half"]) / 2, 5.0
    plain = number(cell)
    return None if plain is None else (plain, None)


def is_film(kind: str) -> bool:
    """Whether what a file calls something, in whatever language, may be a film."""
    return _NO_FILM.match(unaccented(kind[:KIND])) is None


def stars(rating: float, top: float) -> float:
    """A rating out of so many as 0.5 to 5 stars: the nearest half, of two the upper."""
    return max(0.5, math.floor(rating * 10 / top + 0.5) / 2)


def stars_by_rank(rating: float, all_sorted: Sequence[float]) -> float:
    """Stars for a rating on somebody's own scale, by its rank among all of theirs, which are sorted.

    Its rank r is the share of ratings below it and half of those equal to it. Its stars are the fewest that as large a share of
    all ratings in MovieLens doesn't exceed: the least s with UP_TO[s] >= r.
    """
    rank = (bisect_left(all_sorted, rating) + bisect_right(all_sorted, rating)) / 2 / len(all_sorted)
    return (bisect_left(UP_TO, rank) + 1) / 2
