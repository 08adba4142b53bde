"""What members bring from elsewhere, in the store: it is written as a whole, and can be undone as one."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Brought, Store, Taken
from bot.store.watchlists import MOST_WANTED
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT

TWIN = 10**9 + 113277  # another id of HEAT
DUNE = "Dune: Part Three (2026)"


def rated(movie: int, stars: float, at: int = 100) -> Brought:
    return Brought("rated", movie, f"Film {movie}", stars, at)


def seen(movie: int, at: int = 100) -> Brought:
    return Brought("seen", movie, f"Film {movie}", None, at)


def wanted(movie: int, at: int = 100) -> Brought:
    return Brought("wanted", movie, f"Film {movie}", None, at)


def unknown(kind: Any, stars: float | None = None, written: str = DUNE, at: int = 100) -> Brought:
    return Brought(kind, None, written, stars, at)


async def bring(
    store: Store, brought: Sequence[Brought], theirs: bool = False, at: int = 1000, member: int = ANNA
) -> Taken:
    key = await store.imports.keep(member, "Letterboxd", "{}", at)
    taken = await store.imports.take(member, key, brought, theirs, at)
    assert taken is not None
    return taken


async def undo(store: Store, member: int = ANNA) -> int | None:
    last = await store.imports.last(member)
    assert last is not None
    return await store.imports.undo(member, last.id)


async def own(store: Store, member: int = ANNA) -> dict[str, list[dict[str, Any]]]:
    """All that a member has, but for what imports remember."""
    tables = await store.export(member)
    return {table: rows for table, rows in tables.items() if not table.startswith("import")}


async def test_ratings_keep_their_own_date_and_marks_theirs(store: Store) -> None:
    taken = await bring(store, [rated(HEAT, 4.5, at=7), seen(ALIEN, at=8), wanted(FARGO, at=9)])
    assert taken == Taken(ratings=1, changed=0, seen=1, wanted=1, unknown=0, no_room=frozenset())
    assert [(r.movie, r.stars, r.rated_at) for r in await store.ratings(ANNA)] == [(HEAT, 4.5, 7)]
    assert await store.seen(ANNA) == {ALIEN: 8}
    assert await store.watchlists.of(ANNA) == {FARGO: 9}


async def test_nothing_is_written_before_it_is_taken(store: Store) -> None:
    before = await own(store)
    key = await store.imports.keep(ANNA, "Letterboxd", '{"rows": []}', at=1)
    assert await own(store) == before
    assert await store.imports.last(ANNA) is None
    waiting = await store.imports.waiting(ANNA, key)
    assert waiting is not None
    assert (waiting.plan, waiting.picks) == ('{"rows": []}', {})


async def test_a_file_waits_for_its_member_alone_until_the_next_one_comes(store: Store) -> None:
    first = await store.imports.keep(ANNA, "Letterboxd", "{}", at=1)
    assert await store.imports.waiting(BEN, first) is None
    assert await store.imports.take(BEN, first, [rated(HEAT, 1)], False, at=2) is None
    second = await store.imports.keep(ANNA, "IMDb", "{}", at=2)
    assert await store.imports.waiting(ANNA, first) is None
    assert await store.imports.take(ANNA, first, [rated(HEAT, 1)], False, at=2) is None
    assert await store.imports.drop(ANNA, second)
    assert not await store.imports.drop(ANNA, second)
    assert await store.history(ANNA) == {}


async def test_two_presses_at_once_take_it_once(store: Store) -> None:
    key = await store.imports.keep(ANNA, "Letterboxd", "{}", at=1)
    took = await asyncio.gather(*(store.imports.take(ANNA, key, [rated(HEAT, 4)], False, at=2) for _ in range(3)))
    assert [each is None for each in took].count(False) == 1


async def test_two_members_who_take_theirs_at_once_both_get_their_own(store: Store) -> None:
    taken = await asyncio.gather(
        bring(store, [rated(HEAT, 4), rated(ALIEN, 3)]), bring(store, [rated(HEAT, 1)], member=BEN)
    )
    assert [each.ratings for each in taken] == [2, 1]
    assert await store.history(ANNA) == {HEAT: 4, ALIEN: 3}
    assert await store.history(BEN) == {HEAT: 1}


async def test_what_a_member_picks_stays_with_the_plan(store: Store) -> None:
    key = await store.imports.keep(ANNA, "Letterboxd", "{}", at=1)
    for place, movie in ((3, HEAT), (12, -1), (3, ALIEN)):
        await store.imports.pick(ANNA, key, place, movie)
    await store.imports.pick(BEN, key, 4, HEAT)
    waiting = await store.imports.waiting(ANNA, key)
    assert waiting is not None
    assert waiting.picks == {3: ALIEN, 12: -1}


@pytest.mark.parametrize(("theirs", "stars"), [(False, 2.0), (True, 5.0)])
async def test_where_both_have_stars_the_member_chooses_whose_count(store: Store, theirs: bool, stars: float) -> None:
    await store.rate(ANNA, HEAT, 2, at=50)
    await store.unknown.rate(ANNA, DUNE, 2, at=50)
    taken = await bring(store, [rated(HEAT, 5), rated(ALIEN, 3), unknown("rated", 5)], theirs)
    assert await store.history(ANNA) == {HEAT: stars, ALIEN: 3}
    assert [entry.stars for entry in await store.unknown.ratings(ANNA)] == [stars]
    assert (taken.ratings, taken.changed, taken.unknown) == (1, int(theirs), int(theirs))


@pytest.mark.parametrize("theirs", [False, True])
async def test_bringing_it_twice_changes_nothing_and_the_first_can_still_be_undone(store: Store, theirs: bool) -> None:
    await store.rate(ANNA, HEAT, 2, at=50)
    before = await own(store)
    brought = [
        rated(HEAT, 5),
        rated(ALIEN, 3),
        seen(FARGO),
        wanted(70),
        unknown("rated", 5),
        unknown("seen", None, "X"),
    ]
    await bring(store, brought, theirs)
    once = await store.export(ANNA)
    again = await bring(store, [Brought(b.kind, b.movie, b.written, b.stars, b.at + 1) for b in brought], theirs, 2000)
    assert not again.anything
    assert await store.export(ANNA) == once
    await undo(store)
    assert await own(store) == before


async def test_a_film_that_was_rated_or_seen_is_neither_wanted_nor_unseen_and_undoing_tells_it_again(
    store: Store,
) -> None:
    await store.watchlists.add(ANNA, HEAT, at=10)
    await store.unseen.say(ANNA, ALIEN, at=11)
    await store.mark_seen(ANNA, FARGO, at=12)
    before = await own(store)
    taken = await bring(store, [rated(HEAT, 4), seen(ALIEN), wanted(FARGO), rated(70, 3), seen(70)])
    assert (taken.ratings, taken.seen, taken.wanted) == (2, 1, 0)
    assert await store.watchlists.of(ANNA) == {}
    assert await store.unseen.of(ANNA) == {}
    assert set(await store.seen(ANNA)) == {ALIEN, FARGO}
    assert await undo(store) == 5
    assert await own(store) == before
    assert await store.imports.last(ANNA) is None


async def test_undoing_leaves_what_the_member_changed_since(store: Store) -> None:
    await store.rate(ANNA, HEAT, 2, at=50)
    await store.rate(ANNA, ALIEN, 2, at=50)
    await store.watchlists.add(ANNA, 70, at=10)
    await bring(store, [rated(HEAT, 5), rated(ALIEN, 5), rated(FARGO, 3), rated(70, 3), wanted(71)], theirs=True)
    await store.rate(ANNA, HEAT, 4, at=2000)  # changed
    await store.unrate(ANNA, ALIEN)  # removed
    await store.mark_seen(ANNA, 71, at=2000)
    await store.rate(ANNA, 72, 1, at=2000)
    await undo(store)
    assert await store.history(ANNA) == {HEAT: 4, 72: 1}
    assert set(await store.seen(ANNA)) == {71}
    assert await store.watchlists.of(ANNA) == {70: 10}


async def test_only_the_last_import_can_be_undone_and_once(store: Store) -> None:
    await bring(store, [rated(HEAT, 5)])
    first = await store.imports.last(ANNA)
    await bring(store, [rated(ALIEN, 5)], at=2000)
    second = await store.imports.last(ANNA)
    assert first is not None
    assert second is not None
    assert await store.imports.undo(ANNA, first.id) is None
    assert await store.imports.undo(BEN, second.id) is None
    assert await store.imports.undo(ANNA, second.id) == 1
    assert await store.imports.undo(ANNA, second.id) is None
    assert await store.history(ANNA) == {HEAT: 5}


async def test_a_watchlist_takes_the_newest_that_it_has_room_for(store: Store) -> None:
    await store.watchlists.add(ANNA, 1, at=1)
    taken = await bring(store, [wanted(movie, at=movie) for movie in range(1, MOST_WANTED + 3)])
    assert taken.wanted == MOST_WANTED - 1
    assert taken.no_room == {2, 3} - set(await store.watchlists.of(ANNA))
    assert len(await store.watchlists.of(ANNA)) == MOST_WANTED


async def test_what_is_not_known_counts_once_it_is_and_is_undone_as_that_film(store: Store) -> None:
    before = await own(store)
    brought = [
        unknown("rated", 4),
        unknown("seen", None, "Solaris Two (2027)"),
        unknown("wanted", None, "Heat II (2028)"),
    ]
    assert (await bring(store, brought)).unknown == 3
    titles = {("dune part three", 2026): HEAT, ("solaris two", 2027): ALIEN, ("heat ii", 2028): FARGO}
    assert set(titles) <= await store.unknown.titles()
    assert await store.unknown.settle(titles) == 1
    assert [(r.movie, r.stars, r.rated_at) for r in await store.ratings(ANNA)] == [(HEAT, 4, 100)]
    assert await store.seen(ANNA) == {ALIEN: 100}
    assert await store.watchlists.of(ANNA) == {FARGO: 100}
    await undo(store)
    assert await own(store) == before


async def test_stars_of_their_own_stay_when_a_title_comes_to_be_known_and_is_undone(store: Store) -> None:
    await bring(store, [unknown("rated", 4)])
    await store.rate(ANNA, HEAT, 1, at=2000)
    await store.unknown.settle({("dune part three", 2026): HEAT})
    assert await store.imports.last(ANNA) is None, "nothing of it is left"
    assert await store.history(ANNA) == {HEAT: 1}


async def test_undoing_follows_a_film_that_turned_out_to_be_another(store: Store) -> None:
    await store.rate(ANNA, TWIN, 2, at=50)
    await bring(store, [rated(TWIN, 5), wanted(ALIEN)], theirs=True)
    await store.films.move({TWIN: HEAT})
    assert await store.history(ANNA) == {HEAT: 5}
    await undo(store)
    assert await store.history(ANNA) == {HEAT: 2}


async def test_an_import_by_an_old_id_is_one_of_its_film(store: Store) -> None:
    await store.films.move({TWIN: HEAT})
    await bring(store, [rated(TWIN, 5)])
    assert await store.history(ANNA) == {HEAT: 5}


@pytest.mark.parametrize("theirs", [False, True])
async def test_of_two_rows_that_are_one_film_today_the_newer_counts(store: Store, theirs: bool) -> None:
    await store.films.move({TWIN: HEAT})
    await bring(store, [rated(HEAT, 2, at=7), rated(TWIN, 5, at=9)], theirs)
    assert [(r.movie, r.stars, r.rated_at) for r in await store.ratings(ANNA)] == [(HEAT, 5, 9)]


async def test_imports_count_as_new_ratings_whatever_their_own_dates_are(store: Store) -> None:
    await store.rate(ANNA, FARGO, 3, at=1500)
    await bring(store, [rated(HEAT, 4, at=7), rated(ALIEN, 4, at=8), seen(70)], at=1000)
    assert await store.ratings_since(900) == 3
    assert await store.ratings_since(1001) == 1


async def test_imports_are_forgotten_with_what_they_changed(store: Store) -> None:
    await bring(store, [rated(HEAT, 4)], at=1000)
    waiting = await store.imports.keep(BEN, "IMDb", "{}", at=1000)
    await store.prune(before=1000)
    assert await store.imports.last(ANNA) is not None
    await store.prune(before=1001)
    assert await store.imports.last(ANNA) is None
    assert await store.imports.waiting(BEN, waiting) is None
    assert not (await store.export(ANNA))["import_changes"]
    assert await store.history(ANNA) == {HEAT: 4}


@pytest.mark.parametrize("wrong", [rated(HEAT, 4.2), rated(-1, 4), rated(HEAT, 4, at=-1)])
async def test_wrong_values_undo_the_whole_import(store: Store, wrong: Brought) -> None:
    key = await store.imports.keep(ANNA, "Letterboxd", "{}", at=1)
    with pytest.raises(ValueError, match="must be"):
        await store.imports.take(ANNA, key, [rated(ALIEN, 3), wrong], False, at=2)
    assert await store.history(ANNA) == {}
    assert await store.imports.waiting(ANNA, key) is not None
    assert await store.imports.take(ANNA, key, [rated(ALIEN, 3)], False, at=2) is not None


@pytest.mark.parametrize("turns", range(0, 60, 6))
async def test_a_cancelled_import_is_whole_or_did_not_happen(store: Store, turns: int) -> None:
    key = await store.imports.keep(ANNA, "Letterboxd", "{}", at=1)
    task = asyncio.create_task(store.imports.take(ANNA, key, [rated(m, 3) for m in range(1, 50)], False, at=2))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    count = len(await store.history(ANNA))
    assert count in (0, 49)
    assert (await store.imports.waiting(ANNA, key) is None) == bool(count)


@pytest.mark.parametrize("theirs", [False, True])
async def test_undoing_gives_back_stars_that_the_import_had_hidden_under_the_films_other_id(
    store: Store, theirs: bool
) -> None:
    await store.rate(ANNA, HEAT, 2, at=50)
    await bring(store, [rated(TWIN, 5)], theirs)
    await store.films.move({TWIN: HEAT})
    assert await store.history(ANNA) == {HEAT: 5}, "the newer ones"
    await undo(store)
    assert [(r.movie, r.stars, r.rated_at) for r in await store.ratings(ANNA)] == [(HEAT, 2, 50)]


async def test_undoing_gives_back_a_title_of_ones_own_that_came_to_be_known_as_what_was_brought(store: Store) -> None:
    await store.unknown.rate(ANNA, DUNE, 2, at=50)
    await bring(store, [rated(HEAT, 5)])
    await store.unknown.settle({("dune part three", 2026): HEAT})
    assert await store.history(ANNA) == {HEAT: 5}
    await undo(store)
    assert await store.history(ANNA) == {HEAT: 2}


async def test_undoing_follows_a_film_that_was_removed_to_its_title(store: Store) -> None:
    movie = await store.typed.add(ANNA, "Solaris Two", 2027, ["Drama"], at=10)
    await store.rate(ANNA, movie, 2, at=50)
    await bring(store, [rated(movie, 5), rated(HEAT, 3)], theirs=True)
    await bring(store, [rated(movie, 4)], member=BEN)
    await store.typed.remove(movie)
    assert [entry.stars for entry in await store.unknown.ratings(ANNA)] == [5]
    await undo(store)
    assert [(entry.written, entry.stars) for entry in await store.unknown.ratings(ANNA)] == [("Solaris Two (2027)", 2)]
    await undo(store, BEN)
    assert await store.unknown.ratings(BEN) == []


stars = st.integers(1, 10).map(lambda n: n / 2)
films = st.integers(1, 6)
does = st.lists(
    st.one_of(
        st.tuples(st.just("rate"), films, stars),
        st.tuples(st.sampled_from(["see", "want", "unsee"]), films, st.just(0.0)),
    ),
    max_size=12,
)
brings = st.lists(
    st.builds(
        lambda kind, movie, given, at: Brought(
            kind, movie or None, f"Film {at % 3}", given if kind == "rated" else None, at
        ),
        st.sampled_from(["rated", "seen", "wanted"]),
        st.integers(0, 6),
        stars,
        st.integers(100, 110),
    ),
    max_size=12,
)


async def do(store: Store, deeds: list[tuple[str, int, float]], at: int) -> None:
    for deed, movie, half in deeds:
        if deed == "rate":
            await store.rate(ANNA, movie, half, at)
        elif deed == "see":
            await store.mark_seen(ANNA, movie, at)
        elif deed == "want":
            await store.watchlists.add(ANNA, movie, at)
        else:
            await store.unseen.say(ANNA, movie, at)


@settings(max_examples=60, deadline=None)
@given(does, brings, st.booleans())
async def test_an_import_that_is_undone_leaves_everything_as_it_was(
    new_database: Path, deeds: list[tuple[str, int, float]], brought: list[Brought], theirs: bool
) -> None:
    with TemporaryDirectory() as folder:
        async with Store.open(shutil.copy(new_database, folder)) as store:
            await do(store, deeds, at=50)
            before = await own(store)
            taken = await bring(store, brought, theirs)
            if taken.anything:
                await undo(store)
            assert await own(store) == before


@settings(max_examples=60, deadline=None)
@given(brings, does)
async def test_what_the_member_does_after_an_import_outlives_its_undoing(
    new_database: Path, brought: list[Brought], deeds: list[tuple[str, int, float]]
) -> None:
    with TemporaryDirectory() as folder:
        async with Store.open(shutil.copy(new_database, folder)) as store:
            taken = await bring(store, brought)
            await do(store, deeds, at=2000)
            if taken.anything:
                await undo(store)
            given = {movie: stars for deed, movie, stars in deeds if deed == "rate"}
            assert await store.history(ANNA) == given


@settings(max_examples=60, deadline=None)
@given(does, brings, st.booleans())
async def test_bringing_anything_twice_changes_nothing(
    new_database: Path, deeds: list[tuple[str, int, float]], brought: list[Brought], theirs: bool
) -> None:
    with TemporaryDirectory() as folder:
        async with Store.open(shutil.copy(new_database, folder)) as store:
            await do(store, deeds, at=50)
            await bring(store, brought, theirs)
            once = await store.export(ANNA)
            assert not (await bring(store, brought, theirs, at=2000)).anything
            assert await store.export(ANNA) == once


TITLES = {("film 0", None): 2, ("film 1", None): 5, ("film 2", None): 10}
named = st.lists(st.tuples(st.integers(0, 2), stars), max_size=3)
moves = st.dictionaries(films, st.integers(1, 8), max_size=4)


@settings(max_examples=150, deadline=None)
@given(does, named, brings, st.booleans(), does, st.permutations(["undo", "move", "settle"]), moves)
async def test_undoing_gives_the_same_before_and_after_films_turn_out_to_be_others(
    new_database: Path,
    deeds: list[tuple[str, int, float]],
    titles: list[tuple[int, float]],
    brought: list[Brought],
    theirs: bool,
    later: list[tuple[str, int, float]],
    order: list[str],
    to: dict[int, int],
) -> None:
    async def after(steps: list[str]) -> dict[str, list[tuple[Any, ...]]]:
        with TemporaryDirectory() as folder:
            async with Store.open(shutil.copy(new_database, folder)) as store:
                await do(store, deeds, at=105)
                for title, half in titles:
                    await store.unknown.rate(ANNA, f"Film {title}", half, at=104)
                await bring(store, brought, theirs)
                await do(store, later, at=2000)
                for step in steps:
                    if step == "move":
                        await store.films.move(to)
                    elif step == "settle":
                        await store.unknown.settle(TITLES)
                    elif (last := await store.imports.last(ANNA)) is not None:
                        await store.imports.undo(ANNA, last.id)
                tables = await own(store)
                return {name: sorted(map(repr, rows)) for name, rows in tables.items()}

    rest = [step for step in order if step != "undo"]
    assert await after(order) == await after(["undo", *rest])
