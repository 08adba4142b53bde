"""What tests of the command line share."""

import sys
from types import SimpleNamespace

import pytest

from bot.backups import make_if_due
from bot.cli.doctor import CHECKS
from bot.cli.main import main
from bot.settings import Settings
from bot.store import Store
from tests.bot.test_settings import READ

BAD = "✗"
NOW, DAY = 1_790_000_000, 86_400  # seconds
MADE = ["marquee-20260922-141320.db", "marquee-20260921-141320.db"]  # newest first


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A new host's, with nothing in it, and no settings but that no films are fetched."""
    monkeypatch.chdir(tmp_path)
    for name, *_ in READ:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MARQUEE_FILMS", "off")
    return tmp_path


@pytest.fixture
def doctor(folder, monkeypatch, capsys):
    """Runs the program; gives the exit status, and by the name of each check what it found: marks and texts."""

    def doctor():
        monkeypatch.setattr("sys.argv", ["bot", "doctor"])
        status = main()
        printed = capsys.readouterr()
        assert printed.err == ""
        found = {}
        for line in printed.out.splitlines():
            for name in CHECKS:
                if line[3:].startswith(f"{name} "):
                    found.setdefault(name, []).append((line[0], line[3:].removeprefix(name).strip()))
        assert set(found) == set(CHECKS), "each check has its line"
        assert status == any(mark == BAD for lines in found.values() for mark, _ in lines)
        return status, found

    return doctor


@pytest.fixture
def finds(doctor):
    """Runs it; gives the one line of a check."""

    def finds(name):
        [line] = doctor()[1][name]
        return line

    return finds


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs `python -m bot` with these words in a new folder. Gives the exit status, and what was printed on each stream."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["bot", *words])
        status = main()
        printed = capsys.readouterr()
        return SimpleNamespace(status=status, out=" ".join(printed.out.split()), err=printed.err)

    return run


@pytest.fixture
async def host(run):
    """Somebody whose bot has backed up twice, and been used in between and since."""
    settings = Settings()
    async with Store.open(settings.database) as store:
        for day in range(3):
            await store.rate(1, day, 4.5, at=1)
            if day < 2:
                assert make_if_due(settings, NOW + day * DAY)
    return settings
