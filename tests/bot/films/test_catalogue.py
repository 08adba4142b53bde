"""One film for all that several sources say of it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.films.catalogue import FilmCatalogue
from bot.films.film import Film
from recommender.datasets.identity import IMDB, LISTED, ML_100K, TYPED

ALIEN = Film("Alien", 1979, genres=("Horror",))
HEAT = Film("Heat", 1995)


def joined(*sources: list[tuple[int, Film]], aliases: dict[int, int] | None = None) -> FilmCatalogue:
    catalogue = FilmCatalogue(aliases or {})
    for films in sources:
        catalogue.join(films)
    return catalogue


def ids(catalogue: FilmCatalogue) -> list[int]:
    return catalogue.movies()["movie"].tolist()


def test_a_film_of_two_sources_is_one_by_its_title_and_year() -> None:
    catalogue = joined([(1214, ALIEN), (6, HEAT)], [(IMDB + 78748, Film("ALIEN", 1979, imdb=78748, minutes=117))])
    assert ids(catalogue) == [6, 1214]
    assert catalogue.aliases == {IMDB + 78748: 1214}


def test_the_smallest_id_stays_whichever_source_comes_first() -> None:
    catalogue = joined([(ML_100K + 183, ALIEN)], [(LISTED + 1, ALIEN)], [(1214, ALIEN)])
    assert ids(catalogue) == [1214]
    assert catalogue.aliases == {ML_100K + 183: 1214, LISTED + 1: 1214}


def test_an_imdb_id_says_more_than_a_title() -> None:
    known = [(1214, ALIEN._replace(imdb=78748))]
    assert ids(joined(known, [(IMDB + 78748, Film("Alien: Le huitième passager", 1980, imdb=78748))])) == [1214]
    assert ids(joined(known, [(IMDB + 9, Film("Alien", 1979, imdb=9))])) == [1214, IMDB + 9]


def test_another_title_or_one_in_brackets_is_a_title_too() -> None:
    known = [(29, Film("City of Lost Children, The (Cité des enfants perdus, La)", 1995))]
    assert ids(joined(known, [(IMDB + 1, Film("La cite des enfants perdus", 1995, imdb=1))])) == [29]
    assert ids(joined(known, [(IMDB + 1, Film("Die Stadt", 1995, 1, others=("The City of Lost Children",)))])) == [29]


def test_namesakes_of_one_year_are_told_apart_by_nothing_so_nobody_is_either_of_them() -> None:
    two = [(1, Film("Hamlet", 2000)), (2, Film("Hamlet", 2000))]
    assert ids(joined(two, [(LISTED + 1, Film("Hamlet", 2000))])) == [1, 2, LISTED + 1]
    assert ids(joined([(1, Film("Hamlet", 2000))], [(LISTED + n, Film("Hamlet", 2000)) for n in (1, 2)])) == [
        1,
        LISTED + 1,
        LISTED + 2,
    ]


def test_a_film_that_a_source_has_in_two_rows_is_one_film() -> None:
    catalogue = joined([(6, HEAT)], [(LISTED + 1, HEAT), (LISTED + 1, HEAT._replace(minutes=170))])
    assert (ids(catalogue), catalogue.aliases) == ([6], {LISTED + 1: 6})
    assert catalogue.movies()["minutes"].tolist() == [170]


def test_a_film_of_another_year_or_of_none_is_another() -> None:
    others = [(TYPED + 1, Film("Alien", 1981)), (TYPED + 2, Film("Alien", None))]
    assert ids(joined([(1214, ALIEN)], others)) == [1214, TYPED + 1, TYPED + 2]


def test_the_first_to_say_something_is_believed_and_the_others_add_to_it() -> None:
    movies = joined(
        [(1214, ALIEN)],
        [(IMDB + 7, Film("Alien", 1979, 7, genres=("Sci-Fi",), votes=900, mean=8.5))],
    ).movies()
    row = movies.iloc[0]
    assert (row["title"], row["genres"], row["outside_mean"], row["outside_votes"]) == ("Alien", "Horror", 8.5, 900)


def test_a_film_of_a_source_that_is_the_film_of_another_row_is_that_film() -> None:
    known = [(2, ALIEN._replace(imdb=78748))]
    catalogue = joined(known, [(1, ALIEN._replace(imdb=78748)), (2, ALIEN)])
    assert (ids(catalogue), catalogue.aliases) == ([1], {2: 1})


def test_a_film_written_down_by_hand_may_be_a_year_away_but_no_other() -> None:
    own = [(LISTED + 7, Film("Sound of Metal", 2019))]
    assert ids(joined(own, [(IMDB + 5, Film("Sound of Metal", 2020, imdb=5))])) == [IMDB + 5]
    assert ids(joined([(IMDB + 5, Film("Sound of Metal", 2020, imdb=5))], own)) == [IMDB + 5]
    assert len(ids(joined(own, [(IMDB + 5, Film("Sound of Metal", 2021, imdb=5))]))) == 2
    near = [(IMDB + n, Film("Sound of Metal", 2018 + 2 * n, imdb=n + 1)) for n in (0, 1)]
    assert len(ids(joined(own, near))) == 3, "either could be the one"
    assert ids(joined([(1214, ALIEN)], [(ML_100K + 1, ALIEN._replace(year=1980))])) == [1214, ML_100K + 1]


def test_what_was_one_film_once_stays_one() -> None:
    catalogue = joined([(ML_100K + 183, ALIEN), (6, HEAT)], aliases={ML_100K + 183: 1214})
    assert ids(catalogue) == [6, 1214]


names = st.sampled_from(["Alien", "alien", "Heat", "The Heat", "Big"])
years = st.sampled_from([1979, 1980, 1995, None])
some = st.tuples(names, years, st.none() | st.integers(1, 3)).map(lambda facts: Film(*facts))
sources = st.lists(st.lists(some, max_size=5), max_size=4)


@given(sources)
def test_every_film_is_found_under_one_id_and_no_film_of_a_source_is_lost_or_counted_twice(
    films: list[list[Film]],
) -> None:
    starts = (1, 2, IMDB, LISTED)  # two of MovieLens's sets have the same ids
    given = [[(starts[part] + place, film) for place, film in enumerate(own)] for part, own in enumerate(films)]
    catalogue = joined(*given)
    found = set(ids(catalogue))
    assert {catalogue.today(movie) for part in given for movie, _ in part} == found
    assert not found & catalogue.aliases.keys()
    assert all(movie < old for old, movie in catalogue.aliases.items())
    again = joined(*given, aliases=catalogue.aliases)
    assert (set(ids(again)), again.aliases) == (found, catalogue.aliases), "what is known stays as it is"


def near(film: Film, other: Film) -> bool:
    return film.year is not None and other.year is not None and abs(film.year - other.year) <= 1


@given(sources)
def test_films_become_one_only_by_an_imdb_id_or_a_title_with_its_year(films: list[list[Film]]) -> None:
    starts = (1, IMDB, ML_100K, LISTED)
    given = [[(starts[part] + place, film) for place, film in enumerate(own)] for part, own in enumerate(films)]
    catalogue = joined(*given)
    for part in given:
        for movie, film in part:
            others = [other for rest in given if rest is not part for _, other in rest]
            if catalogue.today(movie) != movie:
                assert any(
                    (film.imdb is not None and film.imdb == other.imdb)
                    or (film.title.lower() == other.title.lower() and near(film, other))
                    for other in others
                )
