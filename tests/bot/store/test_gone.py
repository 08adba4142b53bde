"""A film that members added and the owner removed, while somebody still writes of it: nothing is stored under its id."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.store import Brought, FilmGone, Night, Store, films_of_members
from recommender.datasets.identity import TYPED
from tests.bot.store import ANNA, BEN, HEAT
from tests.bot.store.evenings import begun, opened

TITLE = "Dune: Part Three (2026)"

Write = Callable[[Store, Night, int], Awaitable[object]]


@pytest.fixture
async def night(store: Store) -> Night:
    """An evening of Anna and Ben, of which it was said what they would watch."""
    night = await begun(store)
    await store.nights.suggest(night.id, ANNA, None, TITLE)
    return night


@pytest.fixture
async def movie(store: Store) -> int:
    return await store.typed.add(BEN, "Dune: Part Three", 2026, [], at=1)


async def watched(store: Store, night: Night, movie: int) -> None:
    """It is watched as what it was before."""
    [film, *_] = await opened(store, night, {HEAT: 0.5})
    await store.votes.close(night.id, lambda films, ballots: film.id)
    await store.nights.watched(night.id, movie, {ANNA: 0.5}, at=9)


# Each as it is done with a film that its member has just seen on a card.
WRITES: dict[str, Write] = {
    "rate": lambda store, _, movie: store.rate(ANNA, movie, 4.0, at=9),
    "mark as seen": lambda store, _, movie: store.mark_seen(ANNA, movie, at=9),
    "say it was not seen": lambda store, _, movie: store.unseen.say(ANNA, movie, at=9),
    "want": lambda store, _, movie: store.watchlists.add(ANNA, movie, at=9),
    "exclude": lambda store, _, movie: store.exclude(ANNA, "movie", str(movie), at=9),
    "suggest": lambda store, night, movie: store.nights.suggest(night.id, ANNA, movie, None),
    "identify": lambda store, night, movie: store.nights.identify(night.id, ANNA, TITLE, movie),
    "open a vote": lambda store, night, movie: opened(store, night, {HEAT: 0.9, movie: 0.8}),
    "watch": watched,
}


@pytest.mark.parametrize("alias", [False, True], ids=["by its id", "by an id that became its own"])
@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
async def test_what_is_written_of_it_is_refused_in_a_sentence(
    store: Store, path: Path, night: Night, movie: int, write: Write, alias: bool
) -> None:
    other = await store.typed.add(BEN, "Dune III", None, [], at=1)
    if alias:
        await store.typed.merge(other, movie)
    await store.typed.remove(movie)
    with pytest.raises(FilmGone, match="no longer in my catalogue"):
        await write(store, night, other if alias else movie)
    assert films_of_members(path) <= {HEAT}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
async def test_of_a_film_that_is_there_all_of_it_is_stored(
    store: Store, path: Path, night: Night, movie: int, write: Write
) -> None:
    await write(store, night, movie)
    assert movie in films_of_members(path)


async def test_what_was_removed_while_a_file_waited_is_kept_by_its_title(store: Store, path: Path, movie: int) -> None:
    key = await store.imports.keep(ANNA, "Letterboxd", "{}", at=1)
    await store.typed.remove(movie)
    brought = [Brought("rated", movie, TITLE, 4.5, 7), Brought("rated", HEAT, "Heat (1995)", 3.0, 8)]
    brought += [Brought("wanted", movie, "", None, 9)]  # of which no title is told
    taken = await store.imports.take(ANNA, key, brought, theirs=False, at=10)
    assert taken is not None
    assert (taken.ratings, taken.unknown, taken.wanted) == (1, 1, 0)
    [kept] = await store.unknown.ratings(ANNA)
    assert (kept.written, kept.stars, kept.rated_at) == (TITLE, 4.5, 7)
    assert films_of_members(path) == {HEAT}


async def test_titles_that_turned_out_to_be_it_go_on_waiting(store: Store, path: Path, movie: int) -> None:
    await store.unknown.rate(ANNA, TITLE, 4.5, at=1)
    await store.unknown.rate(ANNA, "Heat (1995)", 3.0, at=1)
    await store.typed.remove(movie)
    assert await store.unknown.settle({("dune part three", 2026): movie, ("heat", 1995): HEAT}) == 1
    assert [entry.written for entry in await store.unknown.ratings(ANNA)] == [TITLE]
    assert films_of_members(path) == {HEAT}


async def test_no_film_becomes_it(store: Store, path: Path, movie: int) -> None:
    await store.rate(ANNA, HEAT, 4.0, at=1)
    await store.typed.remove(movie)
    assert await store.films.moves({HEAT: movie}) == {}
    assert await store.films.move({HEAT: movie}) == 0
    assert films_of_members(path) == {HEAT}
    assert await store.films.aliases() == {}


async def test_an_import_is_undone_whatever_became_of_its_films(store: Store, path: Path, movie: int) -> None:
    await store.rate(ANNA, movie, 2.0, at=1)
    key = await store.imports.keep(ANNA, "Letterboxd", "{}", at=1)
    await store.imports.take(ANNA, key, [Brought("rated", movie, TITLE, 4.5, 7)], theirs=True, at=10)
    await store.typed.remove(movie)
    await store.imports.undo(ANNA, key)
    assert [entry.stars for entry in await store.unknown.ratings(ANNA)] == [2.0]
    assert films_of_members(path) == set()


def test_ids_from_here_on_are_of_such_films() -> None:
    """As the migration has it."""
    assert TYPED == 1_000_000_000_000
