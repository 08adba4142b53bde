"""`healthcheck` as Docker runs it: a process of its own, that must be quick."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.healthcheck import data_folder
from bot.settings import Settings
from tests.bot.test_heartbeat import WELL

ROOT = Path(__file__).parents[3]
HEAVY = ("torch", "numpy", "pandas", "discord", "aiohttp", "pydantic", "sqlite3", "asyncio")


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    monkeypatch.delenv("MARQUEE_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)


def asked(**environment):
    words = [sys.executable, "-X", "importtime", "-m", "bot", "healthcheck"]
    ours = {"PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(words, env=os.environ | ours, capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    return done.returncode, (done.stdout.splitlines() + told), imported


def test_a_bot_that_is_well_is_zero_and_a_sentence():
    Path("data").mkdir()
    replace(WELL, time=int(time.time())).write(Path("data"))
    assert asked()[:2] == (0, ["All is well."])


def test_a_bot_that_is_not_well_is_one_and_the_sentence_that_it_left():
    Path("data").mkdir()
    replace(WELL, time=int(time.time()), healthy=False, sentence="The database can't be written.").write(Path("data"))
    assert asked()[:2] == (1, ["The database can't be written."])


def test_without_a_bot_it_is_one_and_a_sentence():
    status, [sentence], _ = asked()
    assert status == 1
    assert "no bot runs with this data folder" in sentence


def test_it_imports_nothing_that_takes_long():
    _, _, imported = asked()
    assert "bot.heartbeat" in imported
    assert not imported.intersection(HEAVY)


def test_what_else_is_wrong_with_the_settings_is_no_matter(tmp_path):
    replace(WELL, time=int(time.time())).write(tmp_path)
    Path(".env").write_text(f"MARQUEE_DATA_DIR={tmp_path}\nMARQUEE_DEVICE=abacus\n")
    assert asked(MARQUEE_RETRAIN_HOURS="never")[:2] == (0, ["All is well."])


@pytest.mark.parametrize(
    ("environment", "file"),
    [
        ({}, None),
        ({"MARQUEE_DATA_DIR": "/srv/films"}, None),
        ({"marquee_data_dir": "/srv/films"}, None),
        ({"MARQUEE_DATA_DIR": ""}, "MARQUEE_DATA_DIR=/srv/films\n"),
        ({}, "# a note\nmarquee_data_dir='/srv/two words' # and another\n"),
        ({}, "\ufeffMARQUEE_DATA_DIR=/srv/films\n"),
        ({}, "MARQUEE_DATA_DIR=\n"),
        ({"MARQUEE_DATA_DIR": "/srv/films"}, "MARQUEE_DATA_DIR=/srv/others\n"),
    ],
)
def test_it_looks_where_the_bot_keeps_its_data(monkeypatch, environment, file):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if file is not None:
        Path(".env").write_text(file, encoding="utf-8")
    assert data_folder() == Settings().data_dir


def test_a_file_of_settings_that_is_no_text_is_no_traceback():
    Path(".env").write_bytes("MARQUEE_DATA_DIR=/srv/films\n".encode("utf-16"))
    status, [sentence], _ = asked()
    assert status == 1
    assert "MARQUEE_DATA_DIR" in sentence
