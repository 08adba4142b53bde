"""The files of the data folder: a member's id is in the database alone, and after a deletion nowhere."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from bot import create_bot
from bot.store import backup
from tests.bot import tiny_movielens
from tests.bot.drawn_tmdb import drawn_tmdb
from tests.bot.retrains import end
from tests.bot.simulated import TASTE
from tests.bot.store.test_store_personal import fill_every_table

DATABASE = {"club.db", "club.db-wal"}
# The kinds of files that there are, as the bytes in which an id would be found. Add a new one with what it is read by.
KINDS = {
    ".db": Path.read_bytes,
    ".db-wal": Path.read_bytes,
    ".db-shm": Path.read_bytes,
    ".lock": Path.read_bytes,
    ".json": Path.read_bytes,
    ".safetensors": Path.read_bytes,
    ".parquet": lambda path: pd.read_parquet(path).to_csv().encode(),
}


def naming(member: int, folder: Path) -> set[str]:
    """The files that hold a member's id, as text or as a number."""
    traces = [str(member).encode(), *(member.to_bytes(8, order) for order in ("big", "little"))]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix()
        for path in files
        if any(trace in str(path).encode() + KINDS[path.suffix](path) for trace in traces)
    }


@pytest.fixture
async def used(club, alice, bob, tmp_path):
    """A bot that shows posters and has learned anew, and that Alice and Bob have used."""
    for member in (alice, bob):
        await fill_every_table(club.store, member.id)
        for film in range(1, 8):
            await club.store.rate(member.id, film, 4.0, club.bot.now())
    with tiny_movielens.mirror(tmp_path.parent) as url:
        async with drawn_tmdb() as tmdb:
            source = {"movielens": tiny_movielens.NAME, "movielens_url": url, "device": "cpu"}
            await club.is_followed_by(create_bot(club.bot.settings.model_copy(update=source), tmdb))
            await club.bot.model_ready()
            # It may have begun by itself, since the data set is another.
            learned = await end(club.bot.trainer.running or await club.bot.trainer.start("for a test"))
            assert learned.kind == "published"
            for member in (alice, bob):
                for command in ("recommend", "taste", "ratings", "data export"):
                    await member.says(command)
                await member.says("film", movie="Film 9 (2001)")
            yield club


async def test_an_id_is_in_no_file_but_the_database_and_after_a_deletion_in_the_hosts_backup_alone(
    used, alice, bob, tmp_path
):
    held = naming(alice.id, tmp_path)
    assert held
    assert held <= DATABASE
    backup(used.bot.settings.database, tmp_path / "copy.db")
    asked = await alice.says("data delete")
    assert "Backups keep it for a while" in asked.text
    await alice.presses(asked, asked.labels[0])
    assert naming(alice.id, tmp_path) == {"copy.db"}
    assert naming(bob.id, tmp_path) & DATABASE


async def test_no_log_names_a_member(alice, caplog):
    caplog.set_level(logging.DEBUG, "bot")
    await alice.rates(TASTE)
    for command in ("recommend", "taste", "data export", "data delete"):
        await alice.says(command)
    assert str(alice.id) not in caplog.text


@pytest.mark.parametrize("form", ["text", "big", "little", "table", "name"])
def test_a_trace_would_be_found(tmp_path, form):
    member = 10**18 + 7
    if form == "table":
        pd.DataFrame({"who": [member]}).to_parquet(tmp_path / "kept.parquet")
    elif form == "name":
        (tmp_path / f"{member}.db").touch()
    else:
        content = str(member).encode() if form == "text" else member.to_bytes(8, form)
        (tmp_path / "kept.db").write_bytes(b"..." + content)
    assert len(naming(member, tmp_path)) == 1
