"""Match the films of MovieLens 100K, which numbers them in its own way, with MovieLens's other sets; print what to read and
write the table that Marquee ships.

Run by hand, with GroupLens's zips; the result is committed:

    python scripts/match_ml_100k.py ml-100k.zip ml-1m.zip
"""

import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from recommender.catalogue import names_of
from recommender.datasets import load_movielens
from recommender.datasets.layouts import dat, ml_100k
from recommender.text import title_key

TARGET = Path(__file__).resolve().parent.parent / "recommender" / "datasets" / "embedded" / "ml-100k.ids.tsv"

# Plainly the same film, looked at one by one. ml-100k calls it: the others call it.
BY_HAND = {
    50: 260,  # Star Wars: Star Wars: Episode IV - A New Hope
    172: 1196,  # The Empire Strikes Back: Star Wars: Episode V - The Empire Strikes Back
    181: 1210,  # Return of the Jedi: Star Wars: Episode VI - Return of the Jedi
    314: 1739,  # 3 Ninjas: High Noon At Mega Mountain: 3 Ninjas: High Noon On Mega Mountain
    424: 1105,  # Children of the Corn: The Gathering: Children of the Corn IV: The Gathering
    1427: 1119,  # Drunks (1995): the same, but 1997 in ml-1m
    # Only in larger sets.
    563: 26887,  # Stephen King's The Langoliers: The Langoliers
    600: 26948,  # Daniel Defoe's Robinson Crusoe (1996): the same, as another name of Robinson Crusoe (1997)
    # ml-1m has the film under a number that the later sets gave up for this one.
    211: 5060,  # M*A*S*H; 1294 in ml-1m
    587: 6531,  # The Hour of the Pig; 578 in ml-1m
    617: 4970,  # The Blue Angel; 978 in ml-1m
    909: 2563,  # Dangerous Beauty; 1758 in ml-1m
}
# "Magnificent Seven, The (1954)", a western. Seven Samurai had that name too, but people gave 3.9 stars here and 4.6 there.
LEFT_OUT = frozenset([510])


class Form(NamedTuple):
    """How a set writes a film."""

    title: str
    year: int

    def __str__(self) -> str:
        return f"{self.title} ({self.year})"


Forms = dict[int, set[Form]]  # of each film
Keys = Callable[[Form], set[Hashable]]


def main_name(form: Form) -> set[Hashable]:
    return {(title_key(names_of(form.title)[0]), form.year)}


def any_name(form: Form) -> set[Hashable]:
    return {(title_key(name), form.year) for name in names_of(form.title)}


def any_name_of_any_year(form: Form) -> set[Hashable]:
    return {title_key(name) for name in names_of(form.title)}


def forms_of(*sets: pd.DataFrame) -> Forms:
    """A film without a year has none: it can't be told from others of its title."""
    forms: Forms = defaultdict(set)
    for movies in sets:
        for film, title, year in movies[["movie", "title", "year"]].dropna().itertuples(index=False):
            forms[int(film)].add(Form(title, int(year)))
    return forms


def without_twins(own: Forms, rated: pd.Series) -> Forms:
    """Of a film that is listed twice, the one that more people rated."""
    twins = defaultdict(list)
    for film, forms in own.items():
        twins[frozenset(key for form in forms for key in main_name(form))].append(film)
    return {film: own[film] for films in twins.values() for film in [max(films, key=lambda f: (rated[f], -f))]}


def alone(films: Forms, keys: Keys) -> dict[Hashable, int]:
    """The film of each key that only one film has."""
    having = defaultdict(set)
    for film, forms in films.items():
        for key in set().union(*map(keys, forms)):
            having[key].add(film)
    return {key: min(films) for key, films in having.items() if len(films) == 1}


def matched(own: Forms, known: Forms, keys: Keys) -> dict[int, int]:
    """The pairs that share a key which no other film has, their years at most one apart."""
    ours, theirs = alone(own, keys), alone(known, keys)
    pairs = {(ours[key], theirs[key]) for key in ours.keys() & theirs.keys()}
    films, others = ([pair[side] for pair in pairs] for side in (0, 1))
    return {
        film: other
        for film, other in sorted(pairs)
        if films.count(film) == others.count(other) == 1
        and min(abs(a.year - b.year) for a in own[film] for b in known[other]) <= 1
    }


def main() -> None:
    with zipfile.ZipFile(sys.argv[1]) as archive:
        ratings, movies = ml_100k(archive, "ml-100k")
    with zipfile.ZipFile(sys.argv[2]) as archive:
        known = forms_of(load_movielens().movies, dat("latin-1")(archive, "ml-1m")[1])
    listed = forms_of(movies)
    own = without_twins(listed, ratings["movie"].value_counts())
    pairs = dict(BY_HAND)
    for keys in (main_name, any_name, any_name_of_any_year):
        found = {film: other for film, other in matched(own, known, keys).items() if film not in pairs}
        found = {film: other for film, other in found.items() if other not in pairs.values() and film not in LEFT_OUT}
        pairs |= found
        differing = {film: other for film, other in found.items() if not own[film] <= known[other]}
        print(f"\n{keys.__name__}: {len(found):,} pairs, of which these differ as they are written")
        for film, other in differing.items():
            print(film, *own[film], "=", other, " or ".join(map(str, known[other])))
    print(f"\n{len(pairs):,} pairs, {len(BY_HAND)} of them by hand. Without a pair:")
    for film, title in movies[["movie", "title"]].itertuples(index=False):
        if film not in pairs:
            print(film, title, "(a twin)" if film in listed and film not in own else "")
    table = pd.DataFrame(sorted(pairs.items()), columns=["own", "movie"])
    table.to_csv(TARGET, sep="\t", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
