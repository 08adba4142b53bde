"""What is stored under a member's id: all of it is exported, all of it is deleted."""

import asyncio
import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.store import MEMBER_TABLES, UNCLEAN, Brought, NightWish, Store, added_films, films_of_members
from bot.store.database import Database
from bot.store.migrate import shipped_scripts
from tests.bot.store import ALIEN, ANNA, BEN, FARGO, HEAT


async def fill_every_table(store: Store, member: int) -> int:
    """Give the member something in each of their tables; returns the number of rows."""
    await store.rate(member, HEAT, 4.5, at=1)
    await store.rate(member, ALIEN, 2, at=2)
    await store.unknown.rate(member, "A film to come", 3, at=2)
    await store.typed.add(member, "A film of mine", member % 100 + 1900, [], at=2)
    await store.mark_seen(member, FARGO, at=3)
    await store.unseen.say(member, 71, at=3)
    await store.watchlists.add(member, 70, at=3)
    await store.exclude(member, "words", "hedgehog-on-stilts", at=4)
    await store.privacy.change(member, clubs=True)
    taken = await store.imports.keep(member, "Letterboxd", "{}", at=5)
    await store.imports.take(member, taken, [Brought("seen", None, "Hedgehog on stilts", None, at=1)], False, at=5)
    await store.imports.keep(member, "IMDb", '{"rows": ["hedgehog-on-stilts"]}', at=5)
    await store.lists.save(member, "recommend", {"count": 2}, [HEAT, ALIEN], at=5)
    night = await store.nights.start(1, member % 1000, NightWish(), None, [member], at=6)
    assert night is not None
    await store.nights.suggest(night.id, member, None, "A film of mine")
    [film] = await store.nights.films(night.id)
    await store.nights.change(night.id, ["gathering"], "voting", at=7)
    await store.votes.cast(night.id, member, film.id)
    return 17


def contents(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_every_table_with_a_member_takes_part_in_export_and_deletion() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        for script in shipped_scripts():
            db.executescript(script)
        columns = db.execute(
            "SELECT t.name, c.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c"
        ).fetchall()
    personal = {(table, column) for table, column in columns if "member" in column or "user" in column}
    assert personal == {(table, "member_id") for table in MEMBER_TABLES}


async def test_a_retrain_knows_the_films_of_every_table_with_a_member(store: Store, path: Path) -> None:
    await fill_every_table(store, ANNA)
    tables = {table: {row.get("movie_id") for row in rows} for table, rows in (await store.export(ANNA)).items()}
    films = {table: some - {None} for table, some in tables.items() if some - {None}}
    assert len(films) >= 4
    assert set.union(*films.values()) <= films_of_members(path) | {film.id for film in added_films(path)}
    for table, some in films.items():
        others = set().union(*(each for other, each in films.items() if other != table))
        assert some - others, f"{table} needs a film of its own, or this test says nothing of it"


async def test_an_export_holds_every_row_of_the_member_and_nobody_elses(store: Store) -> None:
    rows = await fill_every_table(store, ANNA)
    await fill_every_table(store, BEN)
    export = json.loads(json.dumps(await store.export(ANNA)))
    assert set(export) == set(MEMBER_TABLES)
    assert sum(len(table) for table in export.values()) == rows
    assert {row["member_id"] for table in export.values() for row in table} == {str(ANNA)}


def numbers(value: object) -> list[float]:
    """Every number in an export, also in the text columns that are JSON themselves."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    if isinstance(value, str) and value.startswith(("{", "[")):
        return numbers(json.loads(value))
    return [value] if isinstance(value, int | float) else []


async def test_no_number_of_an_export_loses_digits_in_javascript(store: Store) -> None:
    member, guild = 2**53 + 1, 2**62 + 1
    await fill_every_table(store, member)
    await store.lists.save(member, "night history", {"guild": guild}, [], at=8)
    export = await store.export(member)
    assert all(export.values())
    assert [number for number in numbers(export) if float(number) != number] == []
    assert {row["member_id"] for table in export.values() for row in table} == {str(member)}
    assert json.loads(export["lists"][-1]["request"]) == {"guild": str(guild)}


async def test_in_an_export_numbers_stay_numbers_unless_they_are_ids_of_discords(store: Store) -> None:
    await fill_every_table(store, ANNA)
    export = await store.export(ANNA)
    assert export["ratings"][0] == {"member_id": str(ANNA), "movie_id": HEAT, "stars": 4.5, "rated_at": 1}
    assert (export["lists"][0]["request"], export["lists"][0]["movies"]) == ('{"count": 2}', f"[{HEAT}, {ALIEN}]")


async def test_deletion_takes_every_row_of_the_member_and_nobody_elses(store: Store) -> None:
    rows = await fill_every_table(store, ANNA)
    await fill_every_table(store, BEN)
    before = await store.export(BEN)
    assert await store.delete(ANNA) == rows
    assert not any((await store.export(ANNA)).values())
    assert await store.export(BEN) == before
    assert await store.delete(ANNA) == 0


async def test_nothing_deleted_can_be_read_from_the_files(store: Store, path: Path) -> None:
    await fill_every_table(store, ANNA)
    assert b"hedgehog-on-stilts" in contents(path.parent)
    await store.delete(ANNA)
    assert b"hedgehog-on-stilts" not in contents(path.parent)


async def test_what_is_deleted_while_it_is_cleaned_is_cleaned_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.set_meta(UNCLEAN, "by one process")
    clean = Database.clean

    async def slow(database: Database) -> bool:
        is_clean = await clean(database)
        await store.set_meta(UNCLEAN, "by another")
        return is_clean

    with monkeypatch.context() as patch:
        patch.setattr(Database, "clean", slow)
        await store.prune(before=0)
    assert await store.get_meta(UNCLEAN) == "by another"
    await store.prune(before=0)
    assert await store.get_meta(UNCLEAN) is None


async def test_no_page_of_the_files_keeps_a_copy_of_a_deleted_row(store: Store, path: Path) -> None:
    """Rows that come in no order move from page to page, and SQLite leaves copies behind."""
    order = random.Random(5)
    members = [order.randrange(2**59, 2**61) for _ in range(20)]
    ratings = [(member, movie) for member in members for movie in range(150)]
    order.shuffle(ratings)
    with closing(sqlite3.connect(path)) as db:
        db.executemany("INSERT INTO ratings VALUES (?, ?, 4, 1)", ratings)
        db.commit()
    for member in members:
        assert await store.delete(member) == 150
        assert member.to_bytes(8, "big") not in contents(path.parent)


@pytest.mark.parametrize("turns", range(12))
async def test_a_cancelled_deletion_is_whole_or_did_not_happen(store: Store, turns: int) -> None:
    rows = await fill_every_table(store, ANNA)
    deletion = asyncio.create_task(store.delete(ANNA))
    for _ in range(turns):
        await asyncio.sleep(0)
    deletion.cancel()
    await asyncio.wait([deletion])
    left = sum(len(table) for table in (await store.export(ANNA)).values())
    assert left in (0, rows)
    assert await store.delete(ANNA) == left
