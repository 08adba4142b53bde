import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalogue import LABEL_LENGTH, Catalogue, Movie


def movie(title: str, year: int | None = 1999) -> Movie:
    return catalogue((1, title, year))[1]


def catalogue(*rows: tuple[int, str, int | None]) -> Catalogue:
    frame = pd.DataFrame(rows, columns=["movie", "title", "year"])
    return Catalogue(frame.astype({"movie": "int64", "year": "Int64"}))


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Matrix, The", ("The Matrix",)),
        ("Good, the Bad and the Ugly, The", ("The Good, the Bad and the Ugly",)),
        ("Lord of the Rings: The Two Towers, The", ("The Lord of the Rings: The Two Towers",)),
        ("Crow, The: Wicked Prayer", ("The Crow: Wicked Prayer",)),
        ("Eclisse, L' (Eclipse)", ("L'Eclisse", "Eclipse")),
        ("Boot, Das (Boat, The)", ("Das Boot", "The Boat")),
        ("Fists in the Pocket (Pugni in tasca, I)", ("Fists in the Pocket", "I Pugni in tasca")),
        ("Fem benspænd, De", ("De Fem benspænd",)),
        ("City of Lost Children, The (Cité des enfants perdus, La)",
         ("The City of Lost Children", "La Cité des enfants perdus")),
        ("Seven (a.k.a. Se7en)", ("Seven", "Se7en")),
        ("M*A*S*H (a.k.a. MASH)", ("M*A*S*H", "MASH")),
        ("Léon: The Professional (a.k.a. The Professional) (Léon)",
         ("Léon: The Professional", "The Professional", "Léon")),
        ("Godzilla (Gojira) (Godzilla)", ("Godzilla", "Gojira")),
        ("Hip Hop Witch, Da", ("Da Hip Hop Witch",)),
        ("White Balloon, The (Badkonake Sefid )", ("The White Balloon", "Badkonake Sefid")),
    ],
)  # fmt: skip
def test_every_name_reads_as_people_write_it(written: str, names: tuple[str, ...]) -> None:
    film = movie(written)
    assert film.names == names
    assert film.title == names[0]


@pytest.mark.parametrize("comma", [",", ", ", " ,", " , "])
@pytest.mark.parametrize("article", ["The", "A", "Les", "L'", "Der", "El", "Det"])
def test_an_article_is_moved_back_however_its_comma_is_spaced(article: str, comma: str) -> None:
    space = "" if article == "L'" else " "
    assert movie(f"Valachi Papers{comma}{article}", 1972).label == f"{article}{space}Valachi Papers (1972)"
    assert movie(f"Seven (Papers{comma}{article})").names == ("Seven", f"{article}{space}Papers")
    assert movie(f"Crow{comma}{article}: Wicked").title == f"{article}{space}Crow: Wicked"


@pytest.mark.parametrize("also", ["a.k.a. ", "aka ", "AKA: ", "a.k.a ", "a.k.a.", "a. k. a. ", "also known as "])
def test_another_name_is_told_however_it_is_introduced(also: str) -> None:
    assert movie(f"Seven ({also}Se7en)").names == ("Seven", "Se7en")


@pytest.mark.parametrize(
    "title",
    [
        "Akahige",
        "20,000 Leagues Under the Sea",
        "301,302",
        "(500) Days of Summer",
        "E.T. the Extra-Terrestrial",
        "Birdman: Or (The Unexpected Virtue of Ignorance)",
        "Bon Voyage, Charlie Brown (and Don't Come Back!)",
        "Evangelion: 2.0 You Can (Not) Advance",
        "Airplane! (...)",
        "Corrina, Corrina",
        "Eat, Sleep, Live",
        "2001: A Space Odyssey",
        "Pi",
    ],
)
def test_a_title_that_only_looks_special_stays_whole(title: str) -> None:
    assert movie(title).names == (title,)


def test_a_bracket_inside_a_title_survives_a_moved_article() -> None:
    assert movie("Human Centipede II (Full Sequence), The").names == ("The Human Centipede II (Full Sequence)",)


def test_the_year_is_read_from_the_title_when_there_is_no_column() -> None:
    written = ["Matrix, The (1999)", "Fawlty Towers (1975-1979) ", "Mona (1983))", "Land Before Time III (1995) (V)"]
    films = Catalogue(pd.DataFrame({"movie": range(4), "title": written}))
    assert [(film.title, film.year) for film in films] == [
        ("The Matrix", 1999),
        ("Fawlty Towers", 1975),
        ("Mona", 1983),
        ("Land Before Time III", 1995),
    ]


def test_a_number_that_no_film_has_as_its_year_is_part_of_the_title() -> None:
    assert Catalogue(pd.DataFrame({"movie": [1], "title": ["Mystery Science Theater (3000)"]}))[1].year is None


def test_a_year_column_wins_over_the_year_in_the_title() -> None:
    assert movie("Matrix, The (1998)", 1999).label == "The Matrix (1999)"


def test_a_film_without_a_year_is_labelled_by_its_title() -> None:
    film = movie("Babylon 5", None)
    assert (film.year, film.label) == (None, "Babylon 5")


def test_a_film_without_a_title_still_has_a_label() -> None:
    films = Catalogue(pd.DataFrame({"movie": [7, 8], "title": [None, " "], "year": [float("nan"), 2001]}))
    assert [film.label for film in films] == ["Untitled", "Untitled (2001)"]


def test_genres_are_split_and_none_listed_is_none() -> None:
    genres = ["Drama|Action", "(no genres listed)", None]
    films = Catalogue(pd.DataFrame({"movie": [1, 2, 3], "title": ["a", "b", "c"], "genres": genres}))
    assert [film.genres for film in films] == [("Drama", "Action"), (), ()]
    assert films.genres == ("Action", "Drama")


def test_films_are_found_by_id_row_and_label() -> None:
    films = catalogue((30, "Heat", 1995), (10, "Pi", 1998))
    assert len(films) == 2
    assert films.ids.tolist() == [30, 10]
    assert films[10].title == "Pi"
    assert films.row(10) == 1
    assert films.by_label("Pi (1998)") == films.get(10)
    assert 30 in films


def test_a_label_is_found_as_people_see_it() -> None:
    films = catalogue((1, "Ame\u0301lie", 2001), (2, "Amelie", 2001), (3, "Alien³", 1992), (4, "Хищник\u200b", 1987))
    assert [film.label for film in films] == ["Amélie (2001)", "Amelie (2001)", "Alien³ (1992)", "Хищник (1987)"]
    assert films.by_label(" Am\u200belie  (2001)") == films[2]
    assert films.by_label("Ame\u0301lie (2001)") == films[1]
    assert films.by_label("ALIEN3 (1992)") == films[3]
    assert films.by_label("хищник (1987)") == films[4]
    assert films.by_label("AMELIE (2001)") is None  # either


def test_an_unknown_film_is_no_surprise() -> None:
    films = catalogue((30, "Heat", 1995))
    assert films.get(99) is None
    assert films.row(99) is None
    assert films.by_label("Nope") is None
    assert 99 not in films
    with pytest.raises(KeyError):
        films[99]


def test_an_empty_catalogue_is_a_catalogue() -> None:
    assert len(catalogue()) == 0


def test_an_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="more than once"):
        catalogue((1, "Heat", 1995), (1, "Pi", 1998))


def test_the_rows_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        catalogue((1, "Heat", 1995)).ids[0] = 2


def test_only_films_that_share_title_and_year_show_their_id() -> None:
    films = catalogue((5, "Hamlet", 2000), (6, "Hamlet", 2000), (7, "Hamlet", 1996))
    assert [film.label for film in films] == ["Hamlet (2000) [5]", "Hamlet (2000) [6]", "Hamlet (1996)"]


def test_a_long_title_is_shortened_and_keeps_its_year() -> None:
    label = movie("Long " * 40).label
    assert len(label) <= LABEL_LENGTH
    assert label.startswith("Long Long")
    assert label.endswith("… (1999)")


def test_long_titles_that_differ_only_at_the_end_keep_different_labels() -> None:
    films = catalogue((1, "x" * 120 + "a", 1999), (2, "x" * 120 + "b", 1999))
    assert len({film.label for film in films}) == 2


wild_titles = st.one_of(
    st.text(max_size=130),
    st.text(alphabet="ab [](),12 9", max_size=20),
    st.sampled_from(["Hamlet", "Hamlet (2000)", "Hamlet (2000) [1]", "Hamlet (2000) [2]", "x" * 100, "x" * 101]),
)


@given(st.lists(st.tuples(wild_titles, st.none() | st.integers(1890, 2030)), max_size=30))
def test_whatever_the_titles_each_label_names_one_film(films: list[tuple[str, int | None]]) -> None:
    wild = catalogue(*((number, title, year) for number, (title, year) in enumerate(films)))
    assert all(0 < len(film.label) <= LABEL_LENGTH for film in wild)
    assert all(wild.by_label(film.label) == film for film in wild)
    assert all(name for film in wild for name in film.names)
    assert np.array_equal(wild.ids, [film.id for film in wild])


def test_other_titles_are_names_too() -> None:
    others = ["Gisaengchung\n기생충\nParasite", "", None]
    films = Catalogue(
        pd.DataFrame({"movie": [1, 2, 3], "title": ["Parasite", "Seven (Se7en)", "Pi"], "others": others})
    )
    assert [film.names for film in films] == [("Parasite", "Gisaengchung", "기생충"), ("Seven", "Se7en"), ("Pi",)]


def test_minutes_and_language_are_told_where_they_are_known() -> None:
    frame = {"movie": [1, 2], "title": ["Parasite", "Pi"], "minutes": [132, None], "language": ["ko", None]}
    films = Catalogue(pd.DataFrame(frame))
    assert [(film.minutes, film.language) for film in films] == [(132, "ko"), (None, None)]
    assert (movie("Pi").minutes, movie("Pi").language) == (None, None)


def test_its_numbers_elsewhere_are_told_where_they_are_known() -> None:
    frame = {"movie": [1, 2], "title": ["The Matrix", "Pi"], "imdb": [133093, None], "tmdb": [603, None]}
    films = Catalogue(pd.DataFrame(frame))
    assert [(film.imdb, film.tmdb) for film in films] == [(133093, 603), (None, None)]


COLUMNS = ["movie", "title", "year", "genres", "others", "minutes"]
frames = st.dictionaries(
    st.integers(0, 12),
    st.fixed_dictionaries(
        {
            "title": wild_titles,
            "year": st.sampled_from([None, 1999, 2000]),
            "genres": st.sampled_from(["", "Drama", "Drama|Comedy", "(no genres listed)"]),
            "others": st.lists(wild_titles, max_size=2).map("\n".join),
            "minutes": st.none() | st.integers(1, 300),
        }
    ),
    max_size=8,
).map(lambda films: pd.DataFrame([{"movie": movie, **facts} for movie, facts in films.items()], columns=COLUMNS))


@given(frames, frames)
def test_films_that_come_or_change_later_are_as_if_they_had_been_there(first: pd.DataFrame, then: pd.DataFrame) -> None:
    whole, grown = Catalogue(then), Catalogue(then, before=Catalogue(first))
    assert list(grown) == list(whole)
    assert grown.genres == whole.genres
    assert all(grown.by_label(film.label) == film for film in whole)
    for film in Catalogue(first):
        assert grown.by_label(film.label) == whole.by_label(film.label)


def test_a_label_that_comes_to_be_another_films_too_names_neither() -> None:
    frame = pd.DataFrame({"movie": [1, 2], "title": ["Dune", "Dune"], "year": [2021, 2021]})
    before = Catalogue(frame[:1])
    grown = Catalogue(frame, before=before)
    assert before.by_label("Dune (2021)") == before[1]
    assert [film.label for film in grown] == ["Dune (2021) [1]", "Dune (2021) [2]"]
    assert grown.by_label("Dune (2021)") is None
