"""The heartbeat, and what it says to whoever asks how the bot is."""

import json
import os
import stat
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.heartbeat import LIVES, NAME, Heartbeat, NoHeartbeatError, left, remove, remove_all, remove_old, told_of_all

NOW = 1_800_000_000
WELL = Heartbeat(
    time=NOW,
    healthy=True,
    sentence="All is well.",
    away_since=None,
    database_writable=True,
    model_serves=True,
    version="1.0",
    pid=4711,
)


def test_what_was_written_is_read(tmp_path):
    WELL.write(tmp_path)
    assert Heartbeat.read(tmp_path) == WELL


def test_it_is_for_the_owners_eyes_alone_and_nothing_else_is_left(tmp_path):
    WELL.write(tmp_path)
    WELL.write(tmp_path)
    assert os.listdir(tmp_path) == [NAME]  # noqa: PTH208
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("passed", [-LIVES, 0, LIVES])
def test_a_bot_that_was_well_a_moment_ago_is_well(passed):
    assert WELL.told(NOW + passed) == (True, "All is well.")


@pytest.mark.parametrize(
    ("passed", "span"), [(61, "61 seconds"), (180, "3 minutes"), (7300, "2 hours"), (20 * 86_400, "20 days")]
)
def test_a_heartbeat_that_is_too_old_is_of_a_bot_that_hangs_or_has_ended(passed, span):
    is_well, sentence = WELL.told(NOW + passed)
    assert not is_well
    assert sentence == f"The last heartbeat is {span} old: process 4711 hangs, or has ended."


def test_a_clock_that_was_put_back_does_not_let_a_dead_bot_live_for_ever():
    is_well, sentence = WELL.told(NOW - 3600)
    assert not is_well
    assert "60 minutes" in sentence
    assert "put back" in sentence


def test_without_a_file_it_says_which_folder_it_looked_into(tmp_path):
    with pytest.raises(NoHeartbeatError, match=rf"no {tmp_path}/{NAME}.*MARQUEE_DATA_DIR"):
        Heartbeat.read(tmp_path)


def test_a_bot_that_ends_takes_its_heartbeat_along_and_no_other_s(tmp_path):
    WELL.write(tmp_path)
    remove(tmp_path, pid=4712)
    assert Heartbeat.read(tmp_path) == WELL
    remove(tmp_path, pid=4711)
    remove(tmp_path, pid=4711)
    assert not (tmp_path / NAME).exists()


def test_of_several_processes_all_have_to_be_well(tmp_path):
    for name in ("0-15", "16-31", None):
        WELL.write(tmp_path, name)
    assert told_of_all(tmp_path, NOW) == (True, "All is well.")
    replace(WELL, healthy=False, sentence="The database can't be written.").write(tmp_path, "0-15")
    replace(WELL, time=NOW - 180).write(tmp_path, "16-31")
    assert told_of_all(tmp_path, NOW) == (
        False,
        "Process 0-15: The database can't be written. "
        "Process 16-31: The last heartbeat is 3 minutes old: process 4711 hangs, or has ended.",
    )


def test_whose_there_are_is_told_by_name_and_that_of_cluster_comes_last(tmp_path):
    assert left(tmp_path) == []
    for name in ("16-31", None, "0-15"):
        WELL.write(tmp_path, name)
    assert left(tmp_path) == ["0-15", "16-31", None]


def test_one_that_cluster_could_not_start_again_is_told(tmp_path):
    WELL.write(tmp_path, "0-15")
    replace(WELL, healthy=False, sentence="Process 16-31 ended by itself.").write(tmp_path)
    assert told_of_all(tmp_path, NOW) == (False, "Process 16-31 ended by itself.")


def test_what_processes_that_were_killed_left_can_be_cleared_away(tmp_path):
    WELL.write(tmp_path)
    WELL.write(tmp_path, "0-15")
    remove_all(tmp_path)
    with pytest.raises(NoHeartbeatError):
        told_of_all(tmp_path, NOW)


def test_what_another_division_of_shards_left_is_cleared_away_and_processes_beside_stay(tmp_path):
    now = int(time.time())
    for name in ("0-15", "16-31"):
        replace(WELL, time=now).write(tmp_path, name)
    os.utime(tmp_path / "heartbeat-0-15.json", (now - 61, now - 61))
    remove_old(tmp_path, now, alone=False)
    assert [path.name for path in tmp_path.iterdir()] == ["heartbeat-16-31.json"]
    remove_old(tmp_path, now, alone=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_in_its_place_is_a_sentence(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(NoHeartbeatError, match="can't be read: Is a directory"):
        Heartbeat.read(tmp_path)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
damaged = (
    st.binary()
    | st.integers(0, 100).map(lambda size: json.dumps(vars(WELL)).encode()[:size])
    | anything.map(lambda value: json.dumps(value).encode())
    | st.sampled_from(sorted(vars(WELL))).map(
        lambda name: json.dumps({key: value for key, value in vars(WELL).items() if key != name}).encode()
    )
    | st.tuples(st.sampled_from(sorted(vars(WELL))), anything.filter(lambda value: value is not None)).map(
        lambda pair: json.dumps({**vars(WELL), pair[0]: [pair[1]]}).encode()
    )
)


@given(damaged)
def test_a_file_that_is_none_of_ours_is_damaged_whatever_it_holds(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    (folder / NAME).write_bytes(content)
    with pytest.raises(NoHeartbeatError, match="is damaged"):
        Heartbeat.read(folder)
