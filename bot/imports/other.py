"""Tables of unknown origin: columns that are called what people call them, and a scale that somebody has to tell."""

from collections.abc import Callable, Sequence
from itertools import islice

from bot.imports import cells
from bot.imports.rows import Reading, Unreadable
from bot.imports.tables import Table
from bot.imports.telling import Cells, Layout, reading
from recommender.catalogue import name_and_year

SOURCE = "a table"
HIGHEST = 100  # of the scales that are asked for
SAMPLE = 50  # rows that tell what a column holds

UNKNOWN = (
    "I can't tell what that file is. I read exports of Letterboxd, IMDb, Trakt, TMDB, Simkl, MovieLens and Criticker, "
    "and CSVs with a column for the title, one for the year and one for the rating."
)
NO_COLUMN = "That table has films, but no column that is called `Rating`. Name the one with your ratings so, and upload it again."
NO_RATINGS = "There is no rating in that file that I can read. They should be numbers, out of 5, 10 or 100."

# As headings are compared, in some languages; what stands first is believed first.
_HEADINGS = {
    "rating": "yourrating myrating userrating rating ratings rating10 stars score rate vote grade note bewertung wertung sterne"
    " puntuacion calificacion valoracion voto nota cijfer ocena оценка мояоценка",
    "title": "title movietitle filmtitle name moviename filmname movie film primarytitle titel filmtitel titre titulo titolo"
    " tytul название фильм originaltitle",
    "year": "year releaseyear movieyear filmyear released releasedate jahr annee ano anno jaar rok год",
    "tmdb": "tmdbid tmdb themoviedbid",
    "at": "daterated ratedat ratingdate ratedon watcheddate datewatched watchedat watchedon date datum fecha data",
    "kind": "titletype mediatype type",
}


def of_table(table: Table, scale: float | None) -> Reading:
    """scale: the best rating that the table can have. None asks for it, by a reading without rows, unless each rating says it."""
    layout = _layout(table, HIGHEST if scale is None else scale)
    if scale is None:
        texts = (record.get("rating", "") for _, record in table.records({"rating": layout.columns["rating"]}))
        given = {said for text in texts if (said := cells.rating(text)) is not None and 0 < said[0] <= HIGHEST}
        if not given:
            raise Unreadable(NO_RATINGS)
        if asked := [rating for rating, top in given if top is None]:
            return Reading(SOURCE, (), (), max(asked))
    return reading(SOURCE, layout.of_table(table))


def _layout(table: Table, scale: float) -> Layout:
    """What the columns are. Raises Unreadable where none tells the film, or none its rating."""
    found = {name: [each for each in words.split() if each in table.headings] for name, words in _HEADINGS.items()}
    columns = {name: headings[0] for name, headings in found.items() if headings}
    sample = [record for _, record in islice(table.records({each: each for each in table.headings}), SAMPLE)]
    if ids := [each for each in table.headings if _mostly(cells.marked_imdb, sample, each)]:
        columns["imdb"] = ids[0]
    dated = "title" in columns and ("year" in columns or _mostly(_ends_in_year, sample, columns["title"]))
    if not (dated or "imdb" in columns):
        raise Unreadable(UNKNOWN)
    if "rating" not in columns:
        raise Unreadable(NO_COLUMN)
    return Layout(SOURCE, columns=columns, top=scale, years_in_titles=True)


def _mostly(says: Callable[[str], int | None], sample: Sequence[Cells], heading: str) -> bool:
    """Whether at least half of a column's cells say something, and there are some."""
    said = [says(record[heading]) is not None for record in sample if record.get(heading)]
    return bool(said) and sum(said) * 2 >= len(said)


def _ends_in_year(title: str) -> int | None:
    return name_and_year(title[: cells.TITLE])[1]
