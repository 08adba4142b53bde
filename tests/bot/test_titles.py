import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from bot.titles import Suggestions, TitleIndex
from bot.titles.known import namesakes
from bot.titles.words import SMALL_WORDS, plain_words, same_words, sound, sounds
from recommender.catalogue import Catalogue, Movie
from recommender.datasets import load_movielens
from recommender.text import title_key


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(load_movielens("ml-latest-small").movies)


@pytest.fixture(scope="module")
def index(catalogue: Catalogue) -> TitleIndex:
    counts = load_movielens("ml-latest-small").ratings["movie"].value_counts()
    return TitleIndex(catalogue, counts.reindex(catalogue.ids, fill_value=0).to_numpy())


def small_index(*films: tuple[str, int], ratings: list[int] | None = None) -> TitleIndex:
    frame = pd.DataFrame(films, columns=["title", "year"]).assign(movie=range(len(films)))
    return TitleIndex(Catalogue(frame), np.array(ratings or [1] * len(films), dtype=np.int64))


def first(index: TitleIndex, text: str) -> str:
    return index.search(text)[0].movie.label


def test_what_people_type_finds_what_they_mean(index: TitleIndex) -> None:
    queries = some_queries()
    found = {query["query"]: [match.movie.label for match in index.search(query["query"], 5)] for query in queries}
    not_first = [query for query in queries if found[query["query"]][0] != query["label"]]
    not_in_five = [query for query in queries if query["label"] not in found[query["query"]]]
    assert len(queries) >= 150
    assert len(not_first) <= 0.05 * len(queries), not_first
    assert len(not_in_five) <= 0.01 * len(queries), not_in_five


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("shawshenk redemtion", "The Shawshank Redemption (1994)"),  # misspelled
        ("leon", "Léon: The Professional (1994)"),  # no accent
        ("Das Leben der Anderen", "The Lives of Others (2006)"),  # the foreign name
        ("redemption shawshank", "The Shawshank Redemption (1994)"),  # another order
        ("starwars", "Star Wars: Episode IV - A New Hope (1977)"),  # no space
        ("back to the future 2", "Back to the Future Part II (1989)"),  # a Roman numeral
        ("twelve angry men", "12 Angry Men (1957)"),  # a number in words
        ("dumb and dumber", "Dumb & Dumber (1994)"),
        ("et", "E.T. the Extra-Terrestrial (1982)"),  # initials with points
        ("termin", "The Terminator (1984)"),  # the beginning of a word
        ("the empire strikes back", "Star Wars: Episode V - The Empire Strikes Back (1980)"),  # the second half
        ("sabrina 1954", "Sabrina (1954)"),  # a year
        ("harry potter 3", "Harry Potter and the Prisoner of Azkaban (2004)"),  # the third, though no title says so
        ("alien 2", "Aliens (1986)"),
        ("die hard 4", "Live Free or Die Hard (2007)"),  # the series' name comes last
        ("lotr", "The Lord of the Rings: The Fellowship of the Ring (2001)"),
        ("ratatooie", "Ratatouille (2007)"),  # by its sound
    ],
)
def test_the_film_meant_comes_first(index: TitleIndex, typed: str, label: str) -> None:
    assert first(index, typed) == label


def test_the_better_known_of_two_films_with_one_title_comes_first() -> None:
    index = small_index(("Titanic", 1953), ("Titanic", 1997), ratings=[5, 500])
    assert first(index, "titanic") == "Titanic (1997)"


def test_a_year_is_stronger_than_fame() -> None:
    index = small_index(("Titanic", 1953), ("Titanic", 1997), ratings=[5, 500])
    assert first(index, "titanic 1953") == "Titanic (1953)"


def test_a_well_known_film_misspelled_is_likelier_than_one_nobody_knows() -> None:
    index = small_index(("Inglorious Bastards", 1978), ("Inglourious Basterds", 2009), ratings=[2, 300])
    assert first(index, "inglorious bastards") == "Inglourious Basterds (2009)"


@pytest.mark.parametrize("typed", ["ofice", "offiss", "ophice", "offise"])
def test_a_word_spelled_by_its_sound_is_understood(typed: str) -> None:
    index = small_index(("Orifice", 2001), ("The Office", 2002), ("Osiris", 2003))
    assert first(index, typed) == "The Office (2002)"


def test_names_sound_together_as_they_do_alone() -> None:
    """A sound of several letters doesn't reach from one name into the next."""
    names = ["bass", "sun", "clip", "high", "", "ace", "c", "eel", "l", "the mummy", "ååå", "日本"]
    assert sounds(names) == [sound(name) for name in names]
    assert sound("ghoost") == sound("goosst") != sound("gas")


@pytest.mark.parametrize("typed", ["fünf freunde", "funf freunde", "fuenf freunde", "FÜNF FREUNDE!"])
def test_umlauts_may_be_typed_in_any_way(typed: str) -> None:
    index = small_index(("Fünf Freunde", 2012), ("Freunde", 2000), ("Fun", 1994))
    assert first(index, typed) == "Fünf Freunde (2012)"


def test_a_sharp_s_is_a_double_s() -> None:
    assert first(small_index(("Der Straßenfeger", 1960), ("Der Strand", 1990)), "strassenfeger").startswith("Der Straß")


def test_titles_in_other_scripts_are_found() -> None:
    index = small_index(("Сталкер", 1979), ("千と千尋の神隠し", 2001), ("Heat", 1995))
    assert first(index, "сталкер") == "Сталкер (1979)"
    assert first(index, "千と千尋") == "千と千尋の神隠し (2001)"


def test_films_count_as_a_series_by_year_unless_a_title_bears_the_number() -> None:
    index = small_index(
        ("Zog: The Beginning", 2001), ("Zog: The Return", 2005), ("Zog: The End", 2003), ("Zog 2", 2010)
    )
    assert first(index, "zog 3") == "Zog: The Return (2005)"
    assert first(index, "zog 2") == "Zog 2 (2010)"


def test_a_revival_long_after_starts_its_own_series() -> None:
    index = small_index(("Zog: Old", 1960), ("Zog: One", 2001), ("Zog: Two", 2004), ratings=[50, 90, 80])
    assert first(index, "zog 2") == "Zog: Two (2004)"


def test_matches_come_best_first(index: TitleIndex) -> None:
    scores = [match.score for match in index.search("star trek")]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 100


def test_a_film_is_listed_once_however_many_of_its_names_fit(index: TitleIndex) -> None:
    found = [match.movie.label for match in index.search("godzilla")]
    assert len(found) == len(set(found)) == 25


@pytest.mark.parametrize("typed", ["", "   ", "?!", "\u200b", "\u3164 \ufeff"])
def test_text_without_words_lists_the_best_known_films(index: TitleIndex, typed: str) -> None:
    assert [match.movie.label for match in index.search(typed, 2)] == ["Forrest Gump (1994)", "Pulp Fiction (1994)"]


def test_every_label_resolves_to_its_film(index: TitleIndex, catalogue: Catalogue) -> None:
    assert all(index.resolve(movie.label) == movie for movie in catalogue)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_every_label_resolves_to_its_film_however_it_is_spelled(
    index: TitleIndex, catalogue: Catalogue, form: Literal["NFC", "NFD", "NFKC", "NFKD"]
) -> None:
    # Letters of ASCII are the same in all forms: a part of those labels is enough, and of one form.
    plain = [movie for movie in catalogue if movie.label.isascii()][::5] if form == "NFC" else []
    movies = [*plain, *(movie for movie in catalogue if not movie.label.isascii())]
    for spelled in (str, str.upper, str.lower):
        labels = {movie: spelled(unicodedata.normalize(form, movie.label)) for movie in movies}
        assert [label for movie, label in labels.items() if index.resolve(label) != movie] == []


@pytest.fixture(scope="module")
def names(catalogue: Catalogue) -> st.SearchStrategy[str]:
    """Names of films, half of them with letters that can be written in several ways."""
    written = [name for movie in catalogue for name in movie.names if not name.isascii()]
    return st.sampled_from(written) | st.sampled_from([movie.title for movie in catalogue])


@settings(max_examples=25)  # each goes through all films four times
@given(st.data())
def test_a_title_means_the_same_however_it_is_spelled_and_whatever_is_hidden_in_it(
    index: TitleIndex, names: st.SearchStrategy[str], data: st.DataObject
) -> None:
    name = data.draw(names)
    form: Literal["NFC", "NFD", "NFKC", "NFKD"] = data.draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    text = data.draw(st.sampled_from([str, str.upper, str.lower]))(unicodedata.normalize(form, name))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.text("\u200b\u200d\u2060\ufeff\u00ad\u202e\u3164", min_size=1)) + text[at:]
    assert index.resolve(text) == index.resolve(name)
    assert index.fitting(text) == index.fitting(name)


@pytest.mark.parametrize(
    ("typed", "label"),
    [("matrix", "The Matrix (1999)"), ("alien", "Alien (1979)"), ("shawshenk redemtion", "The Shawshank Redemption (1994)"),
     ("se7en", "Seven (1995)"), ("godfather 2", "The Godfather: Part II (1974)"),
     ("toy story", "Toy Story (1995)"), ("titanic", "Titanic (1997)"), ("xmen", "X-Men (2000)")],
)  # fmt: skip
def test_text_that_is_sure_enough_is_a_film(index: TitleIndex, typed: str, label: str) -> None:
    movie = index.resolve(typed)
    assert isinstance(movie, Movie)
    assert movie.label == label


def meant(index: TitleIndex, text: str) -> str | None:
    """The label of the film that a text surely means, None where it asks."""
    answer = index.resolve(text)
    return answer.label if isinstance(answer, Movie) else None


def best_known(catalogue: Catalogue, number: int) -> list[Movie]:
    counts = load_movielens("ml-latest-small").ratings["movie"].value_counts()
    return [catalogue[movie] for movie in counts.index[:number].tolist()]


def words_of(movie: Movie) -> set[str]:
    return {word for name in movie.names for word in same_words(plain_words(name))}


def test_a_number_that_a_film_does_not_bear_is_not_passed_over(index: TitleIndex, catalogue: Catalogue) -> None:
    unnumbered = [
        movie for movie in best_known(catalogue, 350) if not any(word.isdecimal() for word in words_of(movie))
    ]
    texts = {f"{movie.title} {number}": movie for movie, number in zip(unnumbered[:200], cycle(["2", "II", "3"]))}
    assert len(texts) == 200
    assert not [text for text, movie in texts.items() if meant(index, text) == movie.label]


def test_a_word_that_a_film_does_not_have_is_not_passed_over(index: TitleIndex, catalogue: Catalogue) -> None:
    films, rng = best_known(catalogue, 150), np.random.default_rng(0)
    strange = [rng.choice(sorted({word for word in words_of(other) if len(word) > 3} or {"zebra"})) for other in films]
    texts = {f"{movie.title} {word}": movie for movie, word in zip(films, rng.permutation(strange), strict=True)}
    taken = [text for text, movie in texts.items() if meant(index, text) == movie.label]
    assert not [text for text in taken if not words_of(texts[text]) >= set(same_words(plain_words(text)))]


def test_one_word_of_a_longer_name_asks_unless_it_is_famous_and_no_other_film_bears_it(
    index: TitleIndex, catalogue: Catalogue
) -> None:
    bearers = Counter(word for movie in catalogue for word in words_of(movie))
    shared = [word for word, films in bearers.items() if films > 1 and len(word) > 2 and word.isalpha()]
    for word in np.random.default_rng(0).choice(sorted(shared), 150, replace=False).tolist():
        movie = index.resolve(word)
        if isinstance(movie, Movie):
            whole = {
                frozenset(same_words(plain_words(part))) - SMALL_WORDS
                for name in movie.names
                for part in [name, *re.split(r": | - |/", name)]
            }
            assert {word} in whole, (word, movie.label)


def test_two_letters_in_the_wrong_order_never_mean_another_film(index: TitleIndex, catalogue: Catalogue) -> None:
    films, rng = [movie for movie in best_known(catalogue, 150) if len(movie.title) >= 8], np.random.default_rng(0)
    right = 0
    for movie in films:
        at = int(rng.integers(1, len(movie.title) - 1))
        text = movie.title[:at] + movie.title[at + 1] + movie.title[at] + movie.title[at + 2 :]
        label = meant(index, text)
        assert label in (None, movie.label), text
        right += label is not None
    assert right > 0.8 * len(films)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("rocky four", "Rocky IV (1985)"), ("x-men 2", "X2: X-Men United (2003)"), ("alien³", "Alien³ (1992)"),
        ("terminator 2", "Terminator 2: Judgment Day (1991)"),
        ("star wars 5", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ("back to the future two", "Back to the Future Part II (1989)"), ("shrek 3", "Shrek the Third (2007)"),
        ("harry potter 3", "Harry Potter and the Prisoner of Azkaban (2004)"),
        ("indiana jones 2", "Indiana Jones and the Temple of Doom (1984)"), ("die hard 3", "Die Hard: With a Vengeance (1995)"),
        ("pirates of the caribbean 2", "Pirates of the Caribbean: Dead Man's Chest (2006)"),
    ],
)  # fmt: skip
def test_a_number_that_a_film_bears_or_its_place_in_a_series_names_it(
    index: TitleIndex, typed: str, label: str
) -> None:
    assert meant(index, typed) == label


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("ferris bueller", "Ferris Bueller's Day Off (1986)"), ("two towers", "The Lord of the Rings: The Two Towers (2002)"),
        ("shawshank", "The Shawshank Redemption (1994)"), ("usual suspects", "The Usual Suspects (1995)"),
        ("shawshenk redemtion", "The Shawshank Redemption (1994)"), ("forrestgump", "Forrest Gump (1994)"),
        ("dolce vita", "La Dolce Vita (1960)"), ("parasite 1982", "Parasite (1982)"), ("12 monkeys", "Twelve Monkeys (1995)"),
    ],
)  # fmt: skip
def test_the_telling_words_of_a_name_are_enough(index: TitleIndex, typed: str, label: str) -> None:
    assert meant(index, typed) == label


@pytest.mark.parametrize(
    "typed",
    [
        "Frozen 2", "Incredibles 2", "Top Gun 2", "Ant-Man 2", "Jurassic World 2", "Frozen II", "Moana 2", "Gladiator II",
        "Tenet", "Searching", "Migration", "Romeo + Juliet", "Parasite", "Twisters", "The Batman", "Wonka", "Us", "Priscilla",
        "Dune: Part Two", "Top Gun: Maverick", "Alien: Romulus", "Deadpool & Wolverine",
    ],
)  # fmt: skip
def test_a_film_that_is_not_here_is_taken_for_no_other(index: TitleIndex, typed: str) -> None:
    assert meant(index, typed) is None


def test_a_title_that_hardly_anybody_rated_is_asked_about_unless_its_year_is_typed() -> None:
    index = small_index(("Parasite", 1982), ("Heat", 1995), ratings=[1, 300])
    assert index.resolve("parasite") == Suggestions((index.search("parasite")[0].movie,))
    assert meant(index, "parasite 1982") == meant(index, "Parasite (1982)") == "Parasite (1982)"


@pytest.mark.parametrize("typed", ["girl with the dragon tattoo", "star wars", "god", "lord"])
def test_text_that_may_mean_several_films_suggests_them(index: TitleIndex, typed: str) -> None:
    answer = index.resolve(typed)
    assert isinstance(answer, Suggestions)
    assert 2 <= len(answer.movies) <= 5


@pytest.mark.parametrize("typed", ["xyzzy qwerty", "zzzzzz", "everything everywhere all at once", "", "!!!"])
def test_nothing_is_suggested_for_what_is_like_no_film(index: TitleIndex, typed: str) -> None:
    assert index.resolve(typed) == Suggestions(())


def test_what_is_offered_for_a_text_is_what_may_be_meant_by_it(index: TitleIndex, catalogue: Catalogue) -> None:
    for movie in best_known(catalogue, 100):
        assert movie in index.fitting(movie.title)
        assert movie in index.fitting(movie.title[: max(8, len(movie.title) // 2)])
    for text in ("oppenheimer", "матрица", "qwertyuiop", "everything everywhere all at once", "", "?!"):
        assert index.fitting(text) == []


def test_what_people_type_is_offered_the_film_they_mean(index: TitleIndex) -> None:
    queries = some_queries()
    missing = [query for query in queries if query["label"] not in labels(index.fitting(query["query"]))]
    assert len(missing) <= 0.005 * len(queries), missing


def test_a_film_is_offered_while_its_label_is_typed_to_the_end(index: TitleIndex, catalogue: Catalogue) -> None:
    films = [movie for movie in catalogue if len(movie.title) >= 4 and movie.label.startswith(movie.title)]
    for movie in np.random.default_rng(0).choice(np.array(films, object), 25, replace=False):
        typed = [movie.label[:end] for end in range(len(movie.title), len(movie.label) + 1)]
        assert [text for text in typed if movie not in index.fitting(text)] == []


@pytest.mark.parametrize(
    "typed", ["sabrina 19", "sabrina 195", "sabrina 1954", "sabrina (", "sabrina (1", "1954 sabrina"]
)
def test_a_film_is_offered_while_its_year_is_typed(index: TitleIndex, typed: str) -> None:
    assert "Sabrina (1954)" in labels(index.fitting(typed))


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("termi", "The Terminator (1984)"),  # the last word is begun
        ("shawsehnk", "The Shawshank Redemption (1994)"), ("terminattor", "The Terminator (1984)"),
        ("gladator", "Gladiator (2000)"), ("spiderman 2", "Spider-Man 2 (2004)"), ("wip lash", "Whiplash (2014)"),
        ("silense of teh lams", "The Silence of the Lambs (1991)"), ("fri 13th", "Friday the 13th (1980)"),
        ("requiem 4 a dream", "Requiem for a Dream (2000)"), ("darkknight", "The Dark Knight (2008)"),
    ],
)  # fmt: skip
def test_typing_errors_are_offered_the_film_that_was_meant(index: TitleIndex, typed: str, label: str) -> None:
    assert label in labels(index.fitting(typed))


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("Barbie", "Barbarella (1968)"), ("Barbie", "Babe (1995)"), ("Tenet", "The Tenant (1976)"), ("Nope", "Rope (1948)"),
        ("Soul", "Soylent Green (1973)"), ("Inside Out 2", "Inside Out (2015)"), ("Wicked", "The Wicker Man (1973)"),
        ("Parasite", "Paradise Now (2005)"), ("First Man", "Spider-Man (2002)"), ("Coda", "Source Code (2011)"),
    ],
)  # fmt: skip
def test_a_film_that_only_looks_like_what_was_typed_is_not_offered(
    index: TitleIndex, catalogue: Catalogue, typed: str, other: str
) -> None:
    assert other in labels(catalogue)
    assert other not in labels(index.fitting(typed))


def test_what_is_offered_for_a_film_that_is_not_here_has_its_words(index: TitleIndex) -> None:
    titles = [row["title"] for row in rows("unknown_titles.tsv")][::2]
    strange = {
        title: labels(others)
        for title in titles
        if (others := [movie for movie in index.fitting(title) if least_wrong(title, movie) > len(title) // 4])
    }
    assert len(titles) >= 200
    assert len(strange) <= 0.01 * len(titles), strange


def least_wrong(text: str, movie: Movie) -> int:
    """How many letters are wrong if the words of a text, small ones aside, are words of one of a film's names, or begin them."""
    telling = [word for word in plain_words(text) if word not in SMALL_WORDS]
    return min(
        sum(
            min(
                OSA.distance(word, other[:end])
                for other in (*words, "".join(words))
                for end in range(1, len(other) + 1)
            )
            for word in telling
        )
        for words in map(plain_words, movie.names)
        if words
    )


def labels(movies: Iterable[Movie]) -> list[str]:
    return [movie.label for movie in movies]


def some_queries() -> list[dict[str, str]]:
    """A third of them; `benchmarks.titles` goes through all."""
    return rows("title_queries.csv")[::3]


def rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t" if name.endswith(".tsv") else ","))


def test_the_best_known_films_come_by_their_ratings() -> None:
    index = small_index(("Heat", 1995), ("Pi", 1998), ("Alien", 1979), ratings=[5, 1, 9])
    assert [movie.title for movie in index.best_known()] == ["Alien", "Heat", "Pi"]


def test_an_empty_catalogue_finds_nothing() -> None:
    index = small_index()
    assert index.search("matrix") == []
    assert index.search("") == []
    assert index.resolve("matrix") == Suggestions(())


def test_a_title_without_a_single_word_does_no_harm() -> None:
    index = small_index(("???", 1999), ("Heat", 1995))
    assert first(index, "heat") == "Heat (1995)"
    assert isinstance(index.resolve("??? (1999)"), Movie)


def test_films_that_nobody_rated_are_found() -> None:
    assert first(small_index(("Heat", 1995), ("Pi", 1998), ratings=[0, 0]), "pi") == "Pi (1998)"


@given(st.text() | st.text(st.characters(codec=None), max_size=40), st.integers(1, 25))
def test_whatever_is_typed_a_search_answers(index: TitleIndex, text: str, limit: int) -> None:
    matches = index.search(text, limit)
    assert 0 < len(matches) <= limit
    assert all(0 <= match.score <= 100 for match in matches)
    assert isinstance(index.resolve(text), Movie | Suggestions)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.text(max_size=20))
def test_whatever_the_titles_a_search_answers(titles: list[str], text: str) -> None:
    index = small_index(*((title, 2000) for title in titles))
    assert len(index.search(text)) == len(titles)


@pytest.mark.parametrize("typed", ["Frozen 2", "Top Gun 2", "Ant-Man 2"])
def test_films_that_share_a_first_word_are_no_series(index: TitleIndex, typed: str) -> None:
    name = typed.removesuffix(" 2")
    assert name not in {movie.title for movie in index.fitting(typed)}


ROMANS = (
    "Zog",
    "Zog: The Return",
    "Zog II",
    "The Zog",
    "Blade Runner",
    "Blade Runner 2049",
    "The Lord of the Zogs",
    "Zog / Gog",
    "",
)
some_films = st.dictionaries(
    st.integers(0, 9), st.tuples(st.sampled_from(ROMANS), st.sampled_from([1999, 2001]), st.integers(0, 3)), max_size=7
)
SOME_TEXTS = (
    "zog",
    "zog 2",
    "the zog",
    "zgo",
    "blade",
    "blade runer 2049",
    "lotz",
    "gog",
    "zog 1999",
    "Zog (1999)",
    "",
)


@settings(max_examples=25)  # each builds three indices
@given(some_films, some_films)
def test_what_is_found_does_not_depend_on_when_a_film_came(
    first: dict[int, tuple[str, int, int]], then: dict[int, tuple[str, int, int]]
) -> None:
    def build(films: dict[int, tuple[str, int, int]], before: TitleIndex | None = None) -> TitleIndex:
        rows = [(movie, title, year) for movie, (title, year, _) in films.items()]
        catalogue = Catalogue(pd.DataFrame(rows, columns=["movie", "title", "year"]))
        return TitleIndex(catalogue, np.array([count**4 for *_, count in films.values()], np.int64), before)

    whole, grown = build(then), build(then, build(first))
    for text in SOME_TEXTS:
        assert grown.search(text) == whole.search(text)
        assert grown.fitting(text) == whole.fitting(text)
        assert grown.resolve(text) == whole.resolve(text)


def test_a_film_that_came_a_minute_ago_is_found_by_typing(index: TitleIndex, catalogue: Catalogue) -> None:
    movies = load_movielens("ml-latest-small").movies
    new = pd.DataFrame({"movie": [10**12], "title": ["Oppenheimer"], "year": [2023]})
    later = Catalogue(pd.concat([movies, new]), before=catalogue)
    counts = load_movielens("ml-latest-small").ratings["movie"].value_counts()
    grown = TitleIndex(later, counts.reindex(later.ids, fill_value=0).to_numpy(), before=index)
    assert index.fitting("oppenheimer") == []
    assert labels(grown.fitting("openheim")) == ["Oppenheimer (2023)"]
    assert meant(grown, "oppenheimer 2023") == "Oppenheimer (2023)"
    assert first(grown, "matrix") == "The Matrix (1999)"


def test_films_are_found_by_each_of_their_names_as_if_all_were_gone_through(serving):
    films = serving.recommender.films
    named = {}
    for film in films.catalogue:
        for name in set(map(title_key, film.names)):
            named.setdefault(name, []).append(film)
    shared = [name for name, own in named.items() if len(own) > 1]
    assert len(shared) > 100
    for name in [*shared, *list(named)[::20]]:
        assert namesakes(films, name) == named[name], name
