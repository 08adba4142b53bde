"""Files as the services write them, each with films of its own choice."""

import io
import json
import zipfile

# Letterboxd

RATINGS = """\
Date,Name,Year,Letterboxd URI,Rating
2024-01-02,Heat,1995,https://boxd.it/1heat,4.5
2024-02-03,WALL·E,2008,https://boxd.it/1wall,0.5
2024-02-04,"Good, the Bad and the Ugly, The",1966,https://boxd.it/1good,5
"""
WATCHED = """\
Date,Name,Year,Letterboxd URI
2024-01-02,Heat,1995,https://boxd.it/1heat
2023-05-06,Alien,1979,https://boxd.it/1alie
2023-05-07,Amélie,2001,https://boxd.it/1amel
"""
DIARY = """\
Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date
2024-03-01,Alien,1979,https://boxd.it/e1,4,,"space, cat",2020-03-04
2024-03-02,Alien,1979,https://boxd.it/e2,3.5,Yes,,2022-03-04
2024-03-03,Heat,1995,https://boxd.it/e3,1,,,2022-03-04
"""
WATCHLIST = """\
Date,Name,Year,Letterboxd URI
2024-04-05,Up,2009,https://boxd.it/1up
2024-04-06,Alien,1979,https://boxd.it/1alie
"""
LETTERBOXD = {
    "profile.csv": "Date Joined,Username\n2020-01-01,somebody\n",
    "ratings.csv": RATINGS,
    "watched.csv": WATCHED,
    "diary.csv": DIARY,
    "watchlist.csv": WATCHLIST,
    "comments.csv": 'Date,Content,Comment\n2024-01-01,Heat,"never read"\n',
    "reviews.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n",
    "likes/films.csv": "Date,Name,Year,Letterboxd URI\n2024-01-01,Liked,2001,https://boxd.it/1like\n",
    "deleted/diary.csv": DIARY.replace("Alien", "Deleted"),
    "orphaned/diary.csv": DIARY.replace("Alien", "Orphaned"),
    "lists/best.csv": "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n",
}

# IMDb

IMDB = """\
Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors
tt0113277,9,2024-01-02,Heat,Heat,https://www.imdb.com/title/tt0113277,Movie,8.3,170,1995,"Action, Crime",1,1995-12-15,Michael Mann
tt0211915,7,2024-01-03,Amélie,Le fabuleux destin d'Amélie Poulain,https://x,Movie,8.3,122,2001,"Comedy, Romance",1,2001-04-25,Jean-Pierre Jeunet
tt0903747,10,2024-01-04,Breaking Bad,Breaking Bad,https://x,TV Series,9.5,45,2008,Drama,1,2008-01-20,
tt0959621,8,2024-01-05,Pilot,Pilot,https://x,TV Episode,9,58,2008,Drama,1,2008-01-20,Vince Gilligan
"""  # noqa: E501 (one record is one line)
# Before the middle of 2024, of a member who reads German.
IMDB_OLD = """\
Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors
tt0113277,1,2019-01-02,Heat,https://www.imdb.com/title/tt0113277/,Film,8.3,170,1995,Action,1,1995-12-15,Michael Mann
tt0903747,10,2019-01-04,Breaking Bad,https://x,Fernsehserie,9.5,45,2008,Drama,1,2008-01-20,
"""
IMDB_WATCHLIST = """\
Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors,Your Rating,Date Rated
1,tt1049413,2024-05-06,2024-05-06,,Up,Up,https://x,Movie,8.3,96,2009,Animation,1,2009-05-29,Pete Docter,,
2,tt0078748,2024-05-07,2024-05-07,,Alien,Alien,https://x,Movie,8.5,117,1979,Horror,1,1979-05-25,Ridley Scott,10,2023-01-01
"""  # noqa: E501 (one record is one line)

# Trakt


def trakt_film(title, year, imdb, tmdb, **said):
    ids = {"trakt": 1, "slug": f"{title}-{year}".lower(), "imdb": imdb, "tmdb": tmdb}
    return {**said, "movie": {"title": title, "year": year, "ids": ids}}


HEAT = ("Heat", 1995, "tt0113277", 949)
ALIEN = ("Alien", 1979, "tt0078748", 348)
UP = ("Up", 2009, "tt1049413", 14160)
TRAKT_RATINGS = [
    trakt_film(*HEAT, rated_at="2024-01-02T03:04:05.000Z", rating=9, type="movie"),
    {
        "rated_at": "2024-01-02T03:04:05.000Z",
        "rating": 8,
        "type": "episode",
        "episode": {"season": 1, "number": 1, "title": "Pilot", "ids": {"trakt": 2}},
        "show": {"title": "Breaking Bad", "year": 2008, "ids": {"trakt": 3, "imdb": "tt0903747", "tmdb": 1396}},
    },
]
TRAKT_WATCHED = [
    trakt_film(*HEAT, plays=2, last_watched_at="2023-01-01T00:00:00.000Z"),
    trakt_film(*ALIEN, plays=1, last_watched_at="2022-01-01T20:00:00.000Z"),
]
TRAKT_HISTORY = [
    trakt_film(*ALIEN, id=7, watched_at="2022-01-01T20:00:00.000Z", action="watch", type="movie"),
]
TRAKT_WATCHLIST = [trakt_film(*UP, rank=1, id=9, listed_at="2024-05-06T00:00:00.000Z", notes=None, type="movie")]
TRAKT = {
    "ratings-movies-1.json": json.dumps(TRAKT_RATINGS),
    "ratings-shows.json": "[]",
    "watched-movies.json": json.dumps(TRAKT_WATCHED),
    "watched-history-1.json": json.dumps(TRAKT_HISTORY),
    "lists-watchlist.json": json.dumps(TRAKT_WATCHLIST),
    "user-profile.json": '{"username": "never read"}',
}
TRAKT_OLD = {
    "user/ratings/ratings-movies.json": json.dumps(TRAKT_RATINGS),
    "user/watched/watched-movies.json": json.dumps(TRAKT_WATCHED),
    "user/lists/watchlist.json": json.dumps(TRAKT_WATCHLIST),
    "user/lists/list-1-worst.json": json.dumps(TRAKT_WATCHLIST),
}

# Others

TMDB = """\
TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated
949,tt0113277,movie,Heat,1995-12-15,,,7.9,9,2024-01-02T03:04:05Z
1396,tt0903747,tv,Breaking Bad,2008-01-20,,,8.9,10,2024-01-02T03:04:05Z
348,tt0078748,movie,Alien,1979-05-25,,,8.1,,
"""
SIMKL = """\
SIMKL_ID,Title,Type,Year,Watchlist,LastEpWatched,WatchedDate,Rating,Memo,TVDB,TMDB,IMDB
1,Heat,movie,1995,completed,,2024-01-02 03:04:05,9,,,949,tt0113277
2,Alien,movie,1979,completed,,2023-01-02 03:04:05,,,,348,tt0078748
3,Up,movie,2009,plantowatch,,,,,,14160,tt1049413
4,Breaking Bad,tv,2008,completed,s01e01,,10,,81189,1396,tt0903747
5,Your Name.,anime,2016,completed,,,8,,,372058,tt5311514
6,Cats,movie,2019,dropped,,,,,,536869,tt5697572
"""
SIMKL_JSON = {
    "movies": [
        {
            "status": "completed",
            "user_rating": 9,
            "user_rated_at": "2024-01-02T03:04:05Z",
            "last_watched_at": "2023-01-01T00:00:00Z",
            "movie": {"title": "Heat", "year": 1995, "ids": {"simkl": 1, "imdb": "tt0113277", "tmdb": "949"}},
        },
        {
            "status": "completed",
            "user_rating": None,
            "last_watched_at": "2022-01-01T20:00:00Z",
            "movie": {"title": "Alien", "year": 1979, "ids": {"simkl": 2, "imdb": "tt0078748", "tmdb": "348"}},
        },
        {
            "status": "plantowatch",
            "added_to_watchlist_at": "2024-05-06T00:00:00Z",
            "movie": {"title": "Up", "year": 2009, "ids": {"simkl": 3, "imdb": "tt1049413", "tmdb": "14160"}},
        },
        {"status": "dropped", "movie": {"title": "Cats", "year": 2019, "ids": {"simkl": 6, "imdb": "tt5697572"}}},
    ],
    "shows": [
        {
            "status": "watching",
            "user_rating": 10,
            "show": {"title": "Breaking Bad", "year": 2008, "ids": {"simkl": 4, "imdb": "tt0903747", "tmdb": "1396"}},
        },
    ],
    "anime": [
        {
            "status": "completed",
            "user_rating": 8,
            "anime_type": "movie",
            "show": {"title": "Your Name.", "year": 2016, "ids": {"simkl": 5, "imdb": "tt5311514", "tmdb": "372058"}},
        },
        {
            "status": "completed",
            "user_rating": 8,
            "anime_type": "tv",
            "show": {"title": "Cowboy Bebop", "year": 1998, "ids": {"simkl": 7, "imdb": "tt0213338"}},
        },
    ],
}
MOVIELENS_ORG = """\
movie_id,imdb_id,tmdb_id,rating,average_rating,title
6,0113277,949,4.5,3.85,Heat (1995)
2571,0133093,603,5,4.15,"Matrix, The (1999)"
9,0114576,9091,-1,2.9,Sudden Death (1995)
"""
MOVIELENS = "userId,movieId,rating,timestamp\n7,6,4.5,978300760\n7,2571,5.0,1112484727\n"
MOVIELENS_COLONS = "7::6::4.5::978300760\n7::2571::5::1112484727\n"
CRITICKER = """\
Score, Film ID, Film Name, Year, Date Rated, Mini-Review, URL, Media Type, IMDB ID
95, 1, "Heat", 1995, "Jan 02 2024, 03:04", "", https://x, Film, tt0113277
40, 2, "Alien", 1979, "Jan 03 2024, 03:04", "so, so", https://x, Film, tt0078748
0, 3, "Cats", 2019, "Jan 04 2024, 03:04", "", https://x, Film, tt5697572
80, 4, "Breaking Bad", 2008, "Jan 05 2024, 03:04", "", https://x, TV, tt0903747
"""
CRITICKER_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<recentratings>
<film><filmid>1</filmid><filmname>Heat (1995)</filmname><rating>95</rating><quote>so &amp; so</quote>
<reviewdate>Jan 02 2024, 03:04</reviewdate><tier>10</tier></film>
<film><filmid>2</filmid><filmname><![CDATA[Amélie (2001)]]></filmname><rating>40</rating><quote/></film>
</recentratings>
"""


def packed(files, method=zipfile.ZIP_DEFLATED):
    """A zip of name -> text or bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return held.getvalue()


ALL = {
    "letterboxd": packed(LETTERBOXD),
    "letterboxd's ratings": RATINGS.encode(),
    "letterboxd's diary": DIARY.encode(),
    "imdb": IMDB.encode(),
    "imdb before": IMDB_OLD.encode(),
    "imdb's watchlist": IMDB_WATCHLIST.encode(),
    "trakt": packed(TRAKT),
    "trakt before": packed(TRAKT_OLD),
    "trakt's ratings": json.dumps(TRAKT_RATINGS).encode(),
    "tmdb": TMDB.encode(),
    "simkl": SIMKL.encode(),
    "simkl's JSON": json.dumps(SIMKL_JSON).encode(),
    "movielens.org": MOVIELENS_ORG.encode(),
    "movielens": MOVIELENS.encode(),
    "movielens with colons": MOVIELENS_COLONS.encode(),
    "criticker": CRITICKER.encode(),
    "criticker's XML": CRITICKER_XML.encode(),
    "a table": b"Title,Year,Rating\nHeat,1995,8\n",
}
