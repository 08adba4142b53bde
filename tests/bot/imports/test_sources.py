"""What the exports of IMDb, Trakt, TMDB, Simkl, MovieLens and Criticker say."""

import json

import pytest

from bot.imports.cells import UP_TO
from bot.imports.reading import read
from bot.imports.rows import Unreadable
from recommender import load_movielens
from tests.bot.imports import files
from tests.bot.imports.told import day, marked, one, rated, skipped


def text(content, **options):
    return read(content.encode(), **options)


# IMDb


def test_imdb_has_ids_and_halves_of_ten():
    reading = text(files.IMDB)
    assert reading.source == "IMDb"
    assert rated(reading) == {"Heat": 4.5, "Amélie": 3.5}
    heat = one(reading, "Heat")
    assert (heat.imdb, heat.year, day(heat), heat.line) == (113277, 1995, "2024-01-02", 2)
    assert skipped(reading) == {"Breaking Bad": "not a film", "Pilot": "not a film"}


def test_imdb_as_it_was_before_in_another_language():
    reading = text(files.IMDB_OLD)
    assert rated(reading) == {"Heat": 0.5}
    assert skipped(reading) == {"Breaking Bad": "not a film"}


@pytest.mark.parametrize(
    "kind",
    [
        *("TV Series", "TV Mini Series", "TV Episode", "tvEpisode", "Video Game", "Podcast Series", "Fernsehserie"),
        *(
            "Série télévisée",
            "Épisode télévisé",
            "Jeu vidéo",
            "Serie de TV",
            "Videojuego",
            "Minissérie de TV",
            "Serie TV",
        ),
        *("Dizi", "Сериал", "Serial telewizyjny", "テレビシリーズ", "Fernsehfolge", "TV", "Show"),
        *("टीवी सीरीज़", "टीवी एपिसोड", "वीडियो गेम", "पॉडकास्ट सीरीज़", "Tv-reeks", "Balado", "电视剧", "TV 시리즈"),
    ],
)
def test_a_series_is_no_film_in_any_of_these_languages(kind):
    assert skipped(text(files.IMDB.replace(",Movie,8.3,170", f",{kind},8.3,170")))["Heat"] == "not a film"


@pytest.mark.parametrize(
    "kind",
    [
        *("Movie", "Film", "TV Movie", "Short", "Video", "TV Special", "映画", "Película", "???", ""),
        *("Película de TV", "Corto de TV", "Especial de TV", "Fernsehfilm", "Téléfilm", "Film per la TV", "टीवी मूवी"),
    ],
)
def test_what_may_be_a_film_is_looked_for(kind):
    assert "Heat" in rated(text(files.IMDB.replace(",Movie,8.3,170", f",{kind},8.3,170")))


def test_what_is_unrated_on_an_imdb_list_is_wanted():
    reading = text(files.IMDB_WATCHLIST, name="ratings.csv")
    assert rated(reading) == {"Alien": 5.0}
    assert day(one(reading, "Alien")) == "2023-01-01"
    assert marked(reading, "wanted") == {"Up": "2024-05-06"}


def test_a_film_that_is_rated_twice_counts_by_the_newer():
    twice = files.IMDB + files.IMDB.splitlines()[1].replace(",9,2024", ",2,2023") + "\n"
    reading = text(twice)
    assert rated(reading)["Heat"] == 4.5
    assert ("Heat", "older") in skipped(reading).items()
    assert [each.line for each in reading.skipped] == [4, 5, 6]


@pytest.mark.parametrize(
    ("rating", "reason"),
    [
        *(("11", "out of scale"), ("-1", "out of scale"), ("0", "no rating"), ("", "no rating")),
        *(("great", "no number"), ("nan", "no number"), ("1e1", "no number"), ("9" * 400, "no number")),
    ],
)
def test_a_rating_that_is_none_is_told_with_its_reason(rating, reason):
    assert skipped(text(files.IMDB.replace("tt0113277,9", f"tt0113277,{rating}")))["Heat"] == reason


# Trakt


@pytest.mark.parametrize("folder", ["", "somebody/"])
@pytest.mark.parametrize("layout", [files.TRAKT, files.TRAKT_OLD])
def test_trakt_today_and_before(layout, folder):
    reading = read(files.packed({folder + name: text for name, text in layout.items()}))
    assert reading.source == "Trakt"
    assert rated(reading) == {"Heat": 4.5}
    assert one(reading, "Heat").at == 1704164645
    assert (one(reading, "Heat").imdb, one(reading, "Heat").tmdb) == (113277, 949)
    assert marked(reading, "seen") == {"Alien": "2022-01-01"}
    assert marked(reading, "wanted") == {"Up": "2024-05-06"}
    assert skipped(reading) == {"Breaking Bad": "not a film"}


def test_where_no_watched_films_are_trakts_history_tells_them():
    reading = read(files.packed({name: text for name, text in files.TRAKT.items() if name != "watched-movies.json"}))
    assert marked(reading, "seen") == {"Alien": "2022-01-01"}


@pytest.mark.parametrize(
    ("entries", "kind"),
    [(files.TRAKT_RATINGS, "rated"), (files.TRAKT_HISTORY, "seen"), (files.TRAKT_WATCHLIST, "wanted")],
)
def test_each_of_trakts_files_is_read_alone(entries, kind):
    assert [row.kind for row in text(json.dumps(entries)).rows] == [kind]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_in_any_encoding(encoding):
    entries = json.dumps(files.TRAKT_RATINGS, ensure_ascii=False, indent=1).replace("Heat", "Amélie")
    assert rated(read(entries.encode(encoding))) == {"Amélie": 4.5}


def test_entries_of_trakt_that_are_nothing_are_told():
    wrong = [3, None, [], {}, {"movie": 5}, {"movie": {"title": ["x"], "ids": "y"}, "rating": True}]
    reading = text(json.dumps([*files.TRAKT_RATINGS, *wrong]))
    assert [(each.line, each.reason) for each in reading.skipped[1:]] == [(line, "no film") for line in range(3, 9)]


# Others


def test_tmdb_tells_films_from_series():
    reading = text(files.TMDB)
    assert reading.source == "TMDB"
    assert rated(reading) == {"Heat": 4.5}
    assert (one(reading, "Heat").tmdb, one(reading, "Heat").year) == (949, 1995)
    assert skipped(reading) == {"Breaking Bad": "not a film", "Alien": "no rating"}


def test_simkl_tells_what_is_planned():
    reading = text(files.SIMKL)
    assert reading.source == "Simkl"
    assert rated(reading) == {"Heat": 4.5, "Your Name.": 4.0}
    assert marked(reading, "seen") == {"Alien": "2023-01-02"}
    assert marked(reading, "wanted") == {"Up": None}
    assert skipped(reading) == {"Breaking Bad": "not a film", "Cats": "no rating"}


@pytest.mark.parametrize("zipped", [False, True])
def test_simkls_json_says_the_same(zipped):
    data = json.dumps(files.SIMKL_JSON)
    reading = read(
        files.packed({"SimklBackup.json": data, "SimklBackup.csv": files.SIMKL}) if zipped else data.encode()
    )
    assert reading.source == "Simkl"
    assert rated(reading) == {"Heat": 4.5, "Your Name.": 4.0}
    assert day(one(reading, "Heat")) == "2024-01-02"
    assert one(reading, "Your Name.").tmdb is None
    assert marked(reading, "seen") == {"Alien": "2022-01-01"}
    assert marked(reading, "wanted") == {"Up": "2024-05-06"}
    assert skipped(reading) == {"Breaking Bad": "not a film", "Cowboy Bebop": "not a film", "Cats": "no rating"}
    assert [(each.file, each.line) for each in reading.skipped] == [("movies", 4), ("shows", 1), ("anime", 2)]


def test_an_anime_may_be_a_series_whose_number_at_tmdb_is_a_films_too():
    assert (one(text(files.SIMKL), "Your Name.").tmdb, one(text(files.SIMKL), "Your Name.").imdb) == (None, 5311514)


def test_movielens_org_numbers_films_as_the_data_sets_do():
    reading = text(files.MOVIELENS_ORG)
    assert rated(reading) == {"Heat": 4.5, "Matrix, The": 5.0}
    matrix = one(reading, "Matrix, The")
    assert (matrix.movielens, matrix.imdb, matrix.tmdb, matrix.year) == (2571, 133093, 603, 1999)
    assert skipped(reading) == {"Sudden Death (1995)": "out of scale"}


@pytest.mark.parametrize("content", [files.MOVIELENS, files.MOVIELENS_COLONS])
def test_movielens_data_sets(content):
    reading = text(content)
    assert reading.source == "MovieLens"
    assert [(row.movielens, row.stars, row.at) for row in reading.rows] == [
        (6, 4.5, 978300760),
        (2571, 5.0, 1112484727),
    ]


def test_a_data_sets_ratings_of_many_people_are_nobodys():
    with pytest.raises(Unreadable, match="several people"):
        text(files.MOVIELENS + "8,6,1.0,978300760\n")


def test_a_folder_of_movielens_is_not_taken_for_letterboxd():
    held = {"ml/ratings.csv": files.MOVIELENS, "ml/movies.csv": "movieId,title,genres\n", "ml/README.txt": "x"}
    assert read(files.packed(held)).source == "MovieLens"


def test_criticker_goes_by_rank():
    reading = text(files.CRITICKER)
    assert reading.source == "Criticker"
    assert rated(reading) == {"Heat": 5.0, "Alien": 3.0, "Cats": 2.0}
    assert one(reading, "Heat").at == 1704164640
    assert skipped(reading) == {"Breaking Bad": "not a film"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_critickers_xml_says_the_same(encoding):
    reading = read(files.CRITICKER_XML.encode(encoding))
    assert reading.source == "Criticker"
    assert rated(reading) == {"Heat": 4.0, "Amélie": 3.0}
    assert (one(reading, "Heat").year, day(one(reading, "Heat"))) == (1995, "2024-01-02")


def test_equal_scores_are_equal_stars_on_any_scale_of_ones_own():
    low, high = (
        f"Score,Film Name,Year\n{first},Heat,1995\n{then},Alien,1979\n{then},Cats,2019\n"
        for first, then in ((9, 3), (90, 80))
    )
    assert rated(text(low)) == rated(text(high))
    assert rated(text(low))["Alien"] == rated(text(low))["Cats"] < rated(text(low))["Heat"]


def test_ranks_become_the_stars_that_movielens_has_as_often():
    shares = load_movielens().ratings["rating"].value_counts(normalize=True).sort_index().cumsum()
    assert shares.tolist() == pytest.approx(UP_TO, abs=1e-4)
