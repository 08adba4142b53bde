"""Simkl's backup: a table, or JSON with a list of films, one of series and one of anime."""

from collections.abc import Iterator
from dataclasses import replace

from bot.imports.documents import inside, items, text
from bot.imports.rows import Reading
from bot.imports.telling import Layout, Record, reading

LAYOUT = Layout(
    "Simkl",
    frozenset({"simklid", "title", "type"}),
    {
        **{"title": "title", "year": "year", "kind": "type", "tmdb": "tmdb", "imdb": "imdb"},
        **{"status": "watchlist", "rating": "rating", "at": "watcheddate"},
    },
    statuses={"completed": "seen", "plantowatch": "wanted"},
)
_LISTS = {"movies": "movie", "shows": "show", "anime": "show"}  # and what the film of an entry is called


def is_simkl(said: object) -> bool:
    """Whether a document is a backup of Simkl's."""
    return any(inside(entry, film, "ids") is not None for name, film in _LISTS.items() for entry in items(said, name))


def of_document(said: object) -> Reading:
    """The JSON."""
    parts = (replace(LAYOUT, file=name).of_records(_records(said, name, film)) for name, film in _LISTS.items())
    return reading(LAYOUT.source, *parts)


def _records(said: object, name: str, film: str) -> Iterator[Record]:
    for place, entry in enumerate(items(said, name), 1):
        is_film = name == "movies" or (name == "anime" and text(entry, "anime_type") in ("movie", ""))
        yield (
            place,
            {
                **{each: text(entry, film, each) for each in ("title", "year")},
                **{each: text(entry, film, "ids", each) for each in ("imdb", "tmdb")},
                **{"kind": name if is_film else "tv", "status": text(entry, "status")},
                **{"rating": text(entry, "user_rating"), "added": text(entry, "added_to_watchlist_at")},
                "at": text(entry, "user_rated_at") or text(entry, "last_watched_at"),
            },
        )
