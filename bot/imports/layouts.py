"""The sources that write one table, known by its headings, the most particular first."""

from dataclasses import replace

from bot.imports.telling import Layout

IMDB = Layout(
    "IMDb",
    frozenset({"const", "yourrating"}),
    {
        **{"imdb": "const", "title": "title", "year": "year", "kind": "titletype"},
        **{"rating": "yourrating", "at": "daterated"},
    },
)
# Its watchlist, and other lists in the same form: what has no rating is wanted.
IMDB_LIST = replace(
    IMDB, known_by=frozenset({"const", "created"}), columns={**IMDB.columns, "added": "created"}, unrated="wanted"
)

TMDB = Layout(
    "TMDB",
    frozenset({"tmdbid", "imdbid", "yourrating"}),
    {
        **{"tmdb": "tmdbid", "imdb": "imdbid", "title": "name", "year": "releasedate", "kind": "type"},
        **{"season": "seasonnumber", "rating": "yourrating", "at": "daterated"},
    },
)

MOVIELENS_ORG = Layout(
    "MovieLens",
    frozenset({"movieid", "imdbid", "tmdbid", "rating"}),
    {"movielens": "movieid", "imdb": "imdbid", "tmdb": "tmdbid", "title": "title", "rating": "rating"},
    top=5,
    years_in_titles=True,
)

MOVIELENS = Layout(
    "MovieLens",
    frozenset({"userid", "movieid", "rating"}),
    {"person": "userid", "movielens": "movieid", "rating": "rating", "at": "timestamp"},
    top=5,
)

LAYOUTS = (IMDB_LIST, IMDB, TMDB, MOVIELENS_ORG, MOVIELENS)
