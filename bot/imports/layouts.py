"""The tables whose source is known by their headings, the most particular first."""

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

SIMKL = Layout(
    "Simkl",
    frozenset({"simklid", "title", "type"}),
    {
        **{"title": "title", "year": "year", "kind": "type", "tmdb": "tmdb", "imdb": "imdb"},
        **{"status": "watchlist", "rating": "rating", "at": "watcheddate"},
    },
    statuses={"completed": "seen", "plantowatch": "wanted"},
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

# Scores are on a scale of each person's own: by rank.
CRITICKER = Layout(
    "Criticker",
    frozenset({"score", "filmname"}),
    {
        **{"title": "filmname", "year": "year", "imdb": "imdbid", "kind": "mediatype"},
        **{"rating": "score", "at": "daterated"},
    },
    top=None,
)

LAYOUTS = (IMDB_LIST, IMDB, TMDB, SIMKL, MOVIELENS_ORG, MOVIELENS, CRITICKER)
